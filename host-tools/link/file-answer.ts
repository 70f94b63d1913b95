// An answer of the device about files, read field by field (docs/link.md, Files).

import { Problem } from '../problem.js';

/** Bytes of the request's number and the error, before the fields. */
export const ANSWER_HEAD = 2;

/** A little-endian reader of an answer; one that is too short is a broken device's. */
export class Answer {
  private readonly view: DataView;
  at = ANSWER_HEAD;
  constructor(
    readonly bytes: Uint8Array,
    private readonly name: string,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  private advance(count: number): number {
    const { at } = this;
    if (at + count > this.bytes.length)
      throw new Problem('refused', 'the device sent an answer that is cut off', { file: this.name });
    this.at += count;
    return at;
  }
  get isAtEnd(): boolean {
    return this.at >= this.bytes.length;
  }
  u8(): number {
    return this.view.getUint8(this.advance(1));
  }
  u32(): number {
    return this.view.getUint32(this.advance(4), true);
  }
  u64(): number {
    return Number(this.view.getBigUint64(this.advance(8), true));
  }
  text(count: number): string {
    const at = this.advance(count);
    return new TextDecoder().decode(this.bytes.subarray(at, at + count));
  }
}

/** A FAT date and time, which know no time zone. */
export function fatDate(word: number): Date | undefined {
  const [date, time] = [word >>> 16, word & 0xffff];
  // 1 January 1980, 0:00: what a board writes that has no clock.
  if (date <= 0x21 && time === 0) return undefined;
  const [year, month, day] = [1980 + (date >>> 9), ((date >>> 5) & 15) - 1, date & 31];
  return new Date(year, month, day, time >>> 11, (time >>> 5) & 63, (time & 31) * 2);
}
