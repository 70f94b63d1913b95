// Entries of a FAT directory: short names, and the long ones that stand before them in pieces.
// Source: Microsoft, FAT32 File System Specification 1.03, "Long Directory Entries".

export const ENTRY_BYTES = 32;
const SHORT_BYTES = 11;
const DELETED = 0xe5;
/** Stands for a first byte that would mean a deleted entry. */
const KANJI_E5 = 0x05;
/** Bits of the byte at 12: letters of the name, or of its ending, are small (Windows NT). */
const SMALL_NAME = 0x08;
const SMALL_ENDING = 0x10;
const LONG_NAME = 0x0f;
const FOLDER = 0x10;
const LABEL = 0x08;
const HIDDEN = 0x02;
const SYSTEM = 0x04;
const LAST_PART = 0x40;
const MOST_PARTS = 20;
const PART_UNITS = 13;
/** Where a part's UTF-16 units stand. */
const UNITS: readonly (readonly [from: number, count: number])[] = [
  [1, 5],
  [14, 6],
  [28, 2],
];

export interface DirectoryEntry {
  name: string;
  /** The 8.3 name, 11 letters. */
  short: string;
  isHidden: boolean;
  isFolder: boolean;
  cluster: number;
  bytes: number;
}

function checksum(entry: Buffer): number {
  let sum = 0;
  for (let i = 0; i < SHORT_BYTES; i++) sum = (((sum & 1) << 7) + (sum >> 1) + (entry[i] ?? 0)) & 0xff;
  return sum;
}

function shortName(entry: Buffer): string {
  const flags = entry[12] ?? 0;
  const bytes = Buffer.from(entry.subarray(0, SHORT_BYTES));
  if (bytes[0] === KANJI_E5) bytes[0] = DELETED;
  const part = (from: number, to: number, small: number): string => {
    const text = bytes.toString('latin1', from, to).trimEnd();
    return flags & small ? text.toLowerCase() : text;
  };
  const [stem, ending] = [part(0, 8, SMALL_NAME), part(8, SHORT_BYTES, SMALL_ENDING)];
  return ending === '' ? stem : `${stem}.${ending}`;
}

/** Collects the parts of a long name; they stand before their entry, the last part first. */
class LongName {
  private parts: string[] = [];
  private expected = 0;
  private sum = 0;

  take(entry: Buffer): void {
    const order = entry[0] ?? 0;
    const number = order & (LAST_PART - 1);
    if (order & LAST_PART) {
      this.parts = [];
      this.expected = number;
      this.sum = entry[13] ?? 0;
    }
    if (number === 0 || number > MOST_PARTS || number !== this.expected || entry[13] !== this.sum) {
      this.forget();
      return;
    }
    this.expected--;
    this.parts.unshift(UNITS.map(([from, count]) => entry.toString('utf16le', from, from + 2 * count)).join(''));
  }

  forget(): void {
    this.parts = [];
    this.expected = -1;
  }

  /** The name, if all of it was there and belongs to this entry. */
  of(entry: Buffer): string | undefined {
    if (this.expected !== 0 || this.parts.length === 0 || checksum(entry) !== this.sum) return undefined;
    const text = this.parts.join('');
    const end = text.indexOf('\0');
    // Only the last part is filled up.
    const full = end < 0 ? text.length : end;
    return full > (this.parts.length - 1) * PART_UNITS ? text.slice(0, full) : undefined;
  }
}

/** The files and folders of a directory's bytes, in their order; its own and its parent's entry and labels left out. */
export function directoryEntries(bytes: Buffer, bits: number): DirectoryEntry[] {
  const found: DirectoryEntry[] = [];
  const long = new LongName();
  for (let at = 0; at + ENTRY_BYTES <= bytes.length; at += ENTRY_BYTES) {
    const entry = bytes.subarray(at, at + ENTRY_BYTES);
    const attributes = entry[11] ?? 0;
    if (entry[0] === 0) break;
    if (entry[0] === DELETED) long.forget();
    else if ((attributes & LONG_NAME) === LONG_NAME) long.take(entry);
    else {
      const isDots = entry[0] === 0x2e;
      if (!isDots && !(attributes & LABEL))
        found.push({
          name: long.of(entry) ?? shortName(entry),
          short: entry.toString('latin1', 0, SHORT_BYTES),
          isHidden: (attributes & (HIDDEN | SYSTEM)) !== 0,
          isFolder: (attributes & FOLDER) !== 0,
          cluster: entry.readUInt16LE(26) + (bits === 32 ? entry.readUInt16LE(20) * 2 ** 16 : 0),
          bytes: entry.readUInt32LE(28),
        });
      long.forget();
    }
  }
  return found;
}
