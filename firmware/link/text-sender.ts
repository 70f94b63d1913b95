// A text that a host has asked for, in pieces; an empty one ends it.

import { ticks } from '../../drivers/board';
import { milliseconds } from '../../drivers/timer';
import { linkSession, sendMessage } from './link';
import { Channel, Link } from './protocol';

const piece = memory.data(1024);

export class TextSender {
  /** The session that has asked; 0: none. */
  private session: i32 = 0;
  private text: usize = 0;
  private sent: i32 = 0;
  private bytes: i32 = 0;

  /** `op` is the first byte of each piece. */
  constructor(
    private readonly channel: Channel,
    private readonly op: i32,
  ) {}

  /** Begins with a text, which stays where it is until all was sent. */
  begin(text: usize, bytes: i32): void {
    this.session = linkSession();
    this.text = text;
    this.bytes = bytes;
    this.sent = 0;
  }

  /** Sends a piece; returns the tick by which to call it again. */
  service(): i64 {
    if (!this.session) return i64.MAX_VALUE;
    if (this.session !== linkSession()) {
      this.session = 0;
      return i64.MAX_VALUE;
    }
    const bytes = min(this.bytes - this.sent, <i32>Link.PayloadBytes - 1);
    store<u8>(piece, this.op);
    memory.copy(piece + 1, this.text + this.sent, bytes);
    if (!sendMessage(this.channel, piece, bytes + 1)) return ticks() + milliseconds(1);
    this.sent += bytes;
    if (!bytes) this.session = 0;
    return 0;
  }
}
