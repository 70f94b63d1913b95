// Reads the words of the jack out of QEMU's log of accesses to devices that it does not have.
//
// In the emulator, where no host offers memory for a capture, the jack driver writes to the unused I2S block instead of
// the PWM (docs/board.md), and with `-d unimp` each write is one line of 80 bytes:
//   bcm2835-i2s: unimplemented device write (size 4, offset 0x18, value 0x00001234)
// Offsets up to 0x24 are the PWM's registers; 0x40 and up exist only here: a stamp closes the words before it as a
// block of a kind, notes tell what the next words are.
//
// The lines are read where they lie in the chunks of the pipe, without strings: some 10 million a second. Lines of
// other devices, reads and anything else are skipped.

import { JackRegister } from '../../drivers/jack-keys.js';
import type { WordEvents } from '../../host-tools/capture/ring.js';

/** Places in a line. */
const OFFSET_AT = 58;
const VALUE_AT = 70;
const LINE = 80;
const NEWLINE = 10;
/** A line longer than this is not ours; what is kept of a cut one stays below it. */
const KEEP = 4096;

/** Hex digits to their value, everything else to 255. */
const HEX = new Uint8Array(256).fill(255);
for (const [value, digit] of [...'0123456789abcdef'].entries()) HEX[digit.charCodeAt(0)] = value;
for (const [value, digit] of [...'ABCDEF'].entries()) HEX[digit.charCodeAt(0)] = value + 10;

export class LogReader {
  /** Words that no stamp has closed yet. */
  private open = new Uint32Array(1 << 14);
  private openWords = 0;
  /** The beginning of a line whose end is in the next chunk. */
  private rest: Buffer = Buffer.alloc(0);
  /** All FIFO words so far. */
  words = 0;

  constructor(private readonly events: WordEvents) {}

  /** Takes the next bytes of the log. */
  push(chunk: Buffer): void {
    let at = 0;
    if (this.rest.length > 0) {
      const end = chunk.indexOf(NEWLINE);
      if (end < 0) {
        this.keep(Buffer.concat([this.rest, chunk]));
        return;
      }
      const line = Buffer.concat([this.rest, chunk.subarray(0, end + 1)]);
      this.rest = Buffer.alloc(0);
      this.scan(line, 0);
      at = end + 1;
    }
    const done = this.scan(chunk, at);
    if (done < chunk.length) this.keep(Buffer.from(chunk.subarray(done)));
  }

  /** Words that came after the last stamp: a run that was cut off in a block. */
  unstamped(): Uint32Array {
    return this.open.subarray(0, this.openWords);
  }

  private keep(rest: Buffer): void {
    this.rest = rest.length > KEEP ? rest.subarray(0, KEEP) : rest;
  }

  /** Reads whole lines from `at`; returns where the first cut one begins. */
  private scan(bytes: Buffer, start: number): number {
    const length = bytes.length;
    let at = start;
    let open = this.open;
    let count = this.openWords;
    while (at + LINE <= length) {
      // The characters that tell our lines from all others of this form: `i2s:`, `w`, `4`, `x`, `,`, `x`, `)`, the end.
      const other =
        ((bytes[at + 8] as number) ^ 0x69) |
        ((bytes[at + 9] as number) ^ 0x32) |
        ((bytes[at + 10] as number) ^ 0x73) |
        ((bytes[at + 11] as number) ^ 0x3a) |
        ((bytes[at + 34] as number) ^ 0x77) |
        ((bytes[at + 46] as number) ^ 0x34) |
        ((bytes[at + 57] as number) ^ 0x78) |
        ((bytes[at + 60] as number) ^ 0x2c) |
        ((bytes[at + 69] as number) ^ 0x78) |
        ((bytes[at + 78] as number) ^ 0x29) |
        ((bytes[at + 79] as number) ^ NEWLINE);
      const o1 = HEX[bytes[at + OFFSET_AT] as number] as number;
      const o0 = HEX[bytes[at + OFFSET_AT + 1] as number] as number;
      const v = at + VALUE_AT;
      const v7 = HEX[bytes[v] as number] as number;
      const v6 = HEX[bytes[v + 1] as number] as number;
      const v5 = HEX[bytes[v + 2] as number] as number;
      const v4 = HEX[bytes[v + 3] as number] as number;
      const v3 = HEX[bytes[v + 4] as number] as number;
      const v2 = HEX[bytes[v + 5] as number] as number;
      const v1 = HEX[bytes[v + 6] as number] as number;
      const v0 = HEX[bytes[v + 7] as number] as number;
      if (other !== 0 || (o1 | o0 | v7 | v6 | v5 | v4 | v3 | v2 | v1 | v0) > 15) {
        const end = bytes.indexOf(NEWLINE, at);
        if (end < 0) break;
        at = end + 1;
        continue;
      }
      const offset = (o1 << 4) | o0;
      const value = ((v7 << 28) | (v6 << 24) | (v5 << 20) | (v4 << 16) | (v3 << 12) | (v2 << 8) | (v1 << 4) | v0) >>> 0;
      at += LINE;
      if (offset === JackRegister.Fifo) {
        if (count === open.length) this.open = open = grown(open);
        open[count++] = value;
        continue;
      }
      if (offset >= JackRegister.Stamps && offset < JackRegister.NoteRate) {
        this.words += count;
        const block = open.subarray(0, count);
        count = 0;
        this.openWords = 0;
        this.events.block(block, (offset - JackRegister.Stamps) >> 2, value);
      } else {
        this.openWords = count;
        this.events.register(offset, value);
      }
    }
    this.openWords = count;
    return at;
  }
}

function grown(words: Uint32Array): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(words.length * 2);
  larger.set(words);
  return larger;
}
