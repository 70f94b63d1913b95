// Cuts a native FLAC stream into its frames. A frame does not tell its length: it ends where a header follows that
// is whole (CRC-8), counts on from this one, and before which the frame's own CRC-16 holds.
// Layout: RFC 9639 section 9.1 (frame header), 9.3 (footer).

const MAX_HEADER = 16;
const FOOTER = 2;
/** Two channels of 65536 samples with 33 bits take a little over 512 KiB. */
const MAX_FRAME = 1 << 20;

const CRC8 = crcTable(8, 0x07);
const CRC16 = crcTable(16, 0x8005);

function crcTable(width: 8 | 16, polynomial: number): Uint16Array {
  const mask = 2 ** width - 1;
  const top = 2 ** (width - 1);
  return Uint16Array.from({ length: 256 }, (_, byte) => {
    let crc = byte << (width - 8);
    for (let bit = 0; bit < 8; bit++) crc = (crc & top ? (crc << 1) ^ polynomial : crc << 1) & mask;
    return crc;
  });
}

interface Header {
  bytes: number;
  /** Of the first sample in a stream with variable block size, else of the frame. */
  number: number;
  variable: boolean;
  samples: number;
}

function headerAt(bytes: Buffer, at: number): Header | undefined {
  if (bytes[at] !== 0xff || ((bytes[at + 1] ?? 0) & 0xfe) !== 0xf8 || at + 6 > bytes.length) return undefined;
  const variable = ((bytes[at + 1] as number) & 1) === 1;
  const blockCode = (bytes[at + 2] as number) >> 4;
  const rateCode = (bytes[at + 2] as number) & 15;
  if (blockCode === 0 || rateCode === 15 || (bytes[at + 3] as number) & 1) return undefined;
  // The coded number has UTF-8's shape, up to 7 bytes.
  const lead = bytes[at + 4] as number;
  const length = lead < 0x80 ? 1 : Math.clz32(~(lead << 24));
  if (length > 7 || (lead >= 0x80 && length < 2)) return undefined;
  let number = lead < 0x80 ? lead : lead & (0x7f >> length);
  for (let i = 1; i < length; i++) number = number * 64 + ((bytes[at + 4 + i] ?? 0) & 0x3f);
  let end = at + 4 + length;
  let samples = blockCode === 1 ? 192 : blockCode < 6 ? 144 << blockCode : 1 << blockCode;
  if (blockCode === 6) samples = (bytes[end++] ?? 0) + 1;
  else if (blockCode === 7) {
    samples = (((bytes[end] ?? 0) << 8) | (bytes[end + 1] ?? 0)) + 1;
    end += 2;
  }
  if (rateCode === 12) end += 1;
  else if (rateCode > 12) end += 2;
  if (end >= bytes.length) return undefined;
  let crc = 0;
  for (let i = at; i < end; i++) crc = CRC8[crc ^ (bytes[i] as number)] as number;
  return crc === bytes[end] ? { bytes: end + 1 - at, number, variable, samples } : undefined;
}

/** Where a stream stopped being FLAC: a frame that is broken, or one that is cut off by the end of the file. */
export interface Flaw {
  offset: number;
  cut: boolean;
}

/** Yields the frames from `start` on; returns the flaw when something but frames follows. Nothing comes after one. */
export function* splitFlac(bytes: Buffer, start: number): Generator<Buffer, Flaw | undefined> {
  let at = start;
  let header = headerAt(bytes, at);
  while (header) {
    const wanted = header.number + (header.variable ? header.samples : 1);
    const end = frameEnd(bytes, at, header, wanted);
    if (end === undefined) break;
    yield bytes.subarray(at, end);
    at = end;
    header = headerAt(bytes, at);
  }
  // An ID3v1 tag of 128 bytes may stand behind the last frame.
  const whole = at === bytes.length || bytes.toString('latin1', at, at + 3) === 'TAG';
  return whole ? undefined : { offset: at, cut: header !== undefined && !follows(bytes, at, header) };
}

function frameEnd(bytes: Buffer, from: number, header: Header, wanted: number): number | undefined {
  let crc = 0;
  let at = from;
  const body = from + header.bytes;
  const limit = Math.min(bytes.length, from + MAX_FRAME);
  for (; at < limit; at++) {
    // A CRC over a message and its CRC is 0.
    if (crc === 0 && at >= body + FOOTER && bytes[at] === 0xff && headerAt(bytes, at)?.number === wanted) return at;
    crc = ((crc << 8) & 0xffff) ^ (CRC16[(crc >> 8) ^ (bytes[at] as number)] as number);
    if (crc === 0 && at >= body + FOOTER && isTail(bytes, at + 1)) return at + 1;
  }
  return undefined;
}

const isTail = (bytes: Buffer, at: number): boolean =>
  at === bytes.length || (at === bytes.length - 128 && bytes.toString('latin1', at, at + 3) === 'TAG');

/** Whether another frame header stands somewhere behind this one: then it is damaged, not cut off. */
function follows(bytes: Buffer, at: number, header: Header): boolean {
  for (
    let i = bytes.indexOf(0xff, at + header.bytes);
    i >= 0 && i < bytes.length - MAX_HEADER;
    i = bytes.indexOf(0xff, i + 1)
  ) {
    const next = headerAt(bytes, i);
    if (next && next.number > header.number && next.number - header.number < 1 << 16) return true;
  }
  return false;
}
