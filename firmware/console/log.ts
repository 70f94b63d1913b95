// The last lines that were printed, kept for the command `log` and for a host that asks. Records for programs are left out.

/** A power of two. */
export const LOG_BYTES: i32 = 4096;
const RECORD: i32 = 0x1e;
const NEW_LINE: i32 = 0x0a;

const kept = memory.data(4096);
/** The end of what was kept, in bytes since the program started, modulo 2^32. */
export let logEnd: u32 = 0;
let isOn = true;
let isRecord = false;

/** Whether what is printed is kept: not what people ask for again and again. */
export function setLogging(on: bool): void {
  isOn = on;
}

/** Keeps a byte that was printed. */
export function logByte(byte: i32): void {
  if (!isOn) return;
  if (byte === RECORD) isRecord = true;
  if (!isRecord) store<u8>(kept + (logEnd++ & (LOG_BYTES - 1)), byte);
  if (byte === NEW_LINE) isRecord = false;
}

/** Where the last `lines` begin that are kept whole; they end at `logEnd`. */
export function logStart(lines: i32): u32 {
  const oldest = logEnd > <u32>LOG_BYTES ? logEnd - LOG_BYTES : 0;
  let from = logEnd;
  let start = logEnd;
  while (from > oldest) {
    from--;
    // What was before the oldest byte is written over.
    if (from === 0 || (from > oldest && loggedAt(from - 1) === NEW_LINE)) {
      start = from;
      if (--lines <= 0) break;
    }
  }
  return start;
}

/** The byte at a position between `logStart` and `logEnd`. */
export function loggedAt(at: u32): i32 {
  return <i32>load<u8>(kept + (at & (LOG_BYTES - 1)));
}
