// ustar archives, as the RAM disk holds them: what is put in decides every byte (no dates, no owners).
// Layout: POSIX.1-2017, pax utility, "ustar Interchange Format": 512-byte headers, contents padded to 512 bytes,
// two blocks of zeros at the end. The header's prefix field holds folders; there are none here.

const BLOCK = 512;
const NAME_BYTES = 100;

/** Bytes of the end mark. */
export const TAR_END_BYTES = 2 * BLOCK;

/** What a member of `bytes` takes in the archive. */
export const memberBytes = (bytes: number): number => BLOCK + Math.ceil(bytes / BLOCK) * BLOCK;

/** The header of a regular file; `name` as `fitName` gives it. */
export function tarHeader(name: Buffer, bytes: number): Buffer {
  const header = Buffer.alloc(BLOCK);
  name.copy(header, 0);
  writeOctal(header, 100, 8, 0o644);
  writeOctal(header, 108, 8, 0); // owner and group
  writeOctal(header, 116, 8, 0);
  writeOctal(header, 124, 12, bytes);
  writeOctal(header, 136, 12, 0); // date
  header.write('        0', 148, 'latin1'); // the checksum's field counts as blanks; a regular file
  header.write('ustar\x0000', 257, 'latin1');
  let sum = 0;
  for (const byte of header) sum += byte;
  writeOctal(header, 148, 7, sum);
  return header;
}

function writeOctal(header: Buffer, at: number, bytes: number, value: number): void {
  header.write(`${value.toString(8).padStart(bytes - 1, '0')}\0`, at, 'latin1');
}

/** Zeros that bring a member's contents to whole blocks. */
export const tarPadding = (bytes: number): Buffer => Buffer.alloc((BLOCK - (bytes % BLOCK)) % BLOCK);

/** A name as the header holds it. */
export interface FittedName {
  name: Buffer;
  /** Whether something had to be cut out. */
  shortened: boolean;
}

/**
 * Makes a name fit. Slashes and zero bytes, which no file name has, become underscores; a longer name loses bytes
 * from its middle (never part of a UTF-8 character), so that its ending stays. `.` and `..` get an underscore.
 */
export function fitName(given: Buffer): FittedName {
  let name = Buffer.from(given);
  for (let i = 0; i < name.length; i++) if (name[i] === 0x2f || name[i] === 0) name[i] = 0x5f;
  if (/^\.{0,2}$/.test(name.toString('latin1'))) name = Buffer.concat([name, Buffer.from('_')]);
  if (name.length <= NAME_BYTES) return { name, shortened: false };
  const mark = Buffer.from('~');
  const tail = characterStart(name, name.length - 20, 1);
  const head = characterStart(name, NAME_BYTES - mark.length - (name.length - tail), -1);
  return {
    name: Buffer.concat([name.subarray(0, head), mark, name.subarray(tail)]),
    shortened: true,
  };
}

/** The nearest place from `at` in the given direction that does not split a UTF-8 character. */
function characterStart(bytes: Buffer, at: number, direction: 1 | -1): number {
  for (let i = 0; i < 3 && ((bytes[at] ?? 0) & 0xc0) === 0x80; i++) at += direction;
  return at;
}
