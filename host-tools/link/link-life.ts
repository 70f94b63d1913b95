// Whether the other end of a session lives: when it was heard, when it is asked, and when it is given up.

import { Link as Numbers } from '../../firmware/link/protocol.js';
import { Problem } from '../problem.js';
import type { Transport } from './transport.js';

/** Nothing that was sent arrives for so long, though the other side is heard: short frames pass a line that longer ones do not. */
const STUCK_MS = 60_000;
/** Bytes that are no frames, and none that is, for so long: the board was reset and speaks at another rate. */
const BABBLE_MS = 2500;
/** Between two Pings while nothing is heard. */
const PING_AGAIN_MS = 250;

export class LinkLife {
  /** When a frame of the session came, and when any bytes did. */
  heardAt: number;
  bytesAt: number;
  private pingedAt = -Infinity;

  constructor(
    private readonly transport: Transport,
    now: number,
  ) {
    this.heardAt = this.bytesAt = now;
  }

  /** When a Ping is due, if this side has sent its last frame at `sentAt`. */
  pingAt(sentAt: number): number {
    const quietAt = Math.min(this.heardAt, sentAt) + Numbers.PingMs;
    const isSilent = this.pingedAt > this.heardAt;
    return Math.max(quietAt, this.pingedAt + (isSilent ? PING_AGAIN_MS : Numbers.PingMs));
  }

  /** Whether a Ping is to be sent now, and is. */
  takePing(now: number, sentAt: number): boolean {
    if (now < this.pingAt(sentAt)) return false;
    this.pingedAt = now;
    return true;
  }

  /** Why the session is to be given up; `stuckSince` as of SendWindow. Undefined: it lives. */
  problem(now: number, stuckSince: number, isChanging: boolean): Problem | undefined {
    const { baud, isPaced, name } = this.transport;
    const silent = now - this.heardAt;
    const isBabbling = isPaced && baud !== Numbers.Baud && this.bytesAt > this.heardAt && silent > BABBLE_MS;
    if (silent >= Numbers.SilenceMs || (isBabbling && !isChanging))
      return new Problem('link-lost', 'nothing is heard from the board any more', {
        file: name,
        hint: 'is it switched on and still connected? try again',
      });
    if (now - stuckSince >= STUCK_MS)
      return new Problem('link-lost', 'the line damages nearly all that is sent', {
        file: name,
        hint: 'try a slower --baud or another cable; mirleft doctor looks closer',
      });
    return undefined;
  }
}
