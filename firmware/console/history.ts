// The lines that were typed, the last ones first to be asked for again.

/** How many are kept, and the bytes of one: its length, then at most 255 bytes. */
const LINES: i32 = 16;
const LINE_BYTES: i32 = 256;
const lines = memory.data(LINES * LINE_BYTES);

/** How many are kept; number 0 is the oldest. */
export let historyCount: i32 = 0;

function lineAt(number: i32): usize {
  return lines + number * LINE_BYTES;
}

/** The text of a line, UTF-8. */
export function historyText(number: i32): usize {
  return lineAt(number) + 1;
}
/** Its length in bytes. */
export function historyBytes(number: i32): i32 {
  return <i32>load<u8>(lineAt(number));
}

/** Keeps a line of at most 255 bytes as the newest one, and the same one from before no longer. */
export function keepInHistory(ptr: usize, bytes: i32): void {
  if (!bytes) return;
  let number = 0;
  while (number < historyCount && !isSame(number, ptr, bytes)) number++;
  if (number === historyCount && number < LINES) {
    historyCount++;
  } else {
    if (number === LINES) number = 0;
    const after = historyCount - 1 - number;
    memory.copy(lineAt(number), lineAt(number + 1), after * LINE_BYTES);
    number = historyCount - 1;
  }
  store<u8>(lineAt(number), bytes);
  memory.copy(historyText(number), ptr, bytes);
}

function isSame(number: i32, ptr: usize, bytes: i32): bool {
  return historyBytes(number) === bytes && !memory.compare(historyText(number), ptr, bytes);
}
