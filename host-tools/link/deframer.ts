// Takes the line's bytes apart: frames between zero bytes, and text (docs/link.md, Text and frames).

import { Link } from '../../firmware/link/protocol.js';
import { readFrame, STUFFED_BYTES, type Frame } from './frames.js';

export interface DeframerEvents {
  frame(frame: Frame): void;
  /** Bytes that stood between frames. */
  text(bytes: Uint8Array): void;
}

const NEWLINE = 10;
/** A frame that stood still for so long is not gone on with: the board has stopped, or has begun anew. */
const STOPPED_MS = 1000;

export class Deframer {
  /** What stood between zero bytes and was no frame. */
  damaged = 0;
  private readonly collected = new Uint8Array(STUFFED_BYTES);
  private count = 0;
  private inFrame = false;
  /** How much was collected when nothing came for a while, as `silence` tells; 0: it went on without a pause. */
  private paused = 0;
  /** Whether nothing has come since. */
  private isSilent = false;

  constructor(private readonly events: DeframerEvents) {}

  /** Whether a zero byte was seen and no whole frame since. */
  get collecting(): boolean {
    return this.inFrame;
  }

  /** So long after the last byte `silence` is to be called; Infinity: not at all. */
  get patienceMs(): number {
    return !this.inFrame ? Infinity : this.isSilent ? STOPPED_MS : Link.IdleMs;
  }

  push(bytes: Uint8Array): void {
    this.isSilent = false;
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
        }
        continue;
      }
      const room = STUFFED_BYTES - this.count;
      if (zero - at > room) {
        this.collected.set(bytes.subarray(at, at + room), this.count);
        this.count += room;
        at += room;
        this.drop(this.text);
        this.inFrame = false;
        continue;
      }
      this.collected.set(bytes.subarray(at, zero), this.count);
      this.count += zero - at;
      at = zero;
      if (at === bytes.length) return;
      at++;
      if (this.count === 0) continue;
      const frame = readFrame(this.collected.subarray(0, this.count));
      if (frame) {
        this.inFrame = false;
        this.count = this.paused = 0;
        this.events.frame(frame);
      } else this.drop(this.paused > 0 ? this.text : NOTHING);
    }
  }

  /**
   * No more of the frame that was begun has come for `patienceMs`. A board that was only held up sends the rest later; one
   * that stopped within a frame says why in text behind it, which is passed on.
   */
  silence(): void {
    const isText = this.paused > 0 && this.count > this.paused && this.text.length >= this.count - this.paused;
    if (this.count === 0 || this.isSilent || isText) this.end();
    this.isSilent = this.inFrame;
    this.paused = this.count;
  }

  /** Nothing more comes at all. */
  end(): void {
    if (this.count > 0) this.drop(this.text);
    this.inFrame = false;
  }

  /** What was collected is no frame, but ends with text. */
  private drop(text: Uint8Array): void {
    this.count = this.paused = 0;
    this.damaged++;
    if (text.length > 0) this.events.text(text.slice());
  }

  /** Text that was taken for more of a frame: whole lines at the end, or all that came behind a pause. */
  private get text(): Uint8Array {
    const { count, paused } = this;
    const bytes = this.collected.subarray(0, count);
    let from = count;
    while (from > 0 && isText(bytes[from - 1] ?? 0)) from--;
    const newline = bytes.indexOf(NEWLINE, from);
    const line = newline < 0 ? count : newline + 1;
    return bytes.subarray(paused > 0 && from <= paused ? Math.min(line, paused) : line);
  }
}

const NOTHING = new Uint8Array(0);
const isText = (byte: number): boolean => (byte >= 0x20 && byte < 0x7f) || byte === 10 || byte === 13 || byte === 9;
