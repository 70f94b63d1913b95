// Takes the line's bytes apart: frames between zero bytes, and text (docs/link.md, Text and frames).

import { readFrame, STUFFED_BYTES, type Frame } from './frames.js';

export interface DeframerEvents {
  frame(frame: Frame): void;
  /** Bytes that stood between frames. */
  text(bytes: Uint8Array): void;
}

const NEWLINE = 10;

export class Deframer {
  /** What stood between zero bytes and was no frame. */
  damaged = 0;
  private readonly collected = new Uint8Array(STUFFED_BYTES);
  private count = 0;
  private inFrame = false;

  constructor(private readonly events: DeframerEvents) {}

  /** Whether a zero byte was seen and no whole frame since. */
  get collecting(): boolean {
    return this.inFrame;
  }

  push(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      const found = bytes.indexOf(0, at);
      const zero = found < 0 ? bytes.length : found;
      if (!this.inFrame) {
        if (zero > at) this.events.text(bytes.subarray(at, zero));
        at = zero;
        if (at < bytes.length) {
          at++;
          this.inFrame = true;
          this.count = 0;
        }
        continue;
      }
      const room = STUFFED_BYTES - this.count;
      if (zero - at > room) {
        this.collected.set(bytes.subarray(at, at + room), this.count);
        this.count += room;
        at += room;
        this.giveUp();
        continue;
      }
      this.collected.set(bytes.subarray(at, zero), this.count);
      this.count += zero - at;
      at = zero;
      if (at === bytes.length) return;
      at++;
      if (this.count === 0) continue;
      const frame = readFrame(this.collected.subarray(0, this.count));
      this.count = 0;
      if (frame) {
        this.inFrame = false;
        this.events.frame(frame);
      } else this.damaged++;
    }
  }

  /**
   * No more of the frame that was begun comes. A board that stops within a frame says why in text behind it: whole
   * lines of printable text at the end are passed on.
   */
  giveUp(): void {
    const { count } = this;
    this.count = 0;
    this.inFrame = false;
    if (count === 0) return;
    this.damaged++;
    const text = printableTail(this.collected.subarray(0, count));
    if (text.length > 0) this.events.text(text.slice());
  }
}

function printableTail(bytes: Uint8Array): Uint8Array {
  let from = bytes.length;
  while (from > 0 && isText(bytes[from - 1] ?? 0)) from--;
  const newline = bytes.indexOf(NEWLINE, from);
  return newline < 0 ? new Uint8Array(0) : bytes.subarray(newline + 1);
}

const isText = (byte: number): boolean => (byte >= 0x20 && byte < 0x7f) || byte === 10 || byte === 13 || byte === 9;
