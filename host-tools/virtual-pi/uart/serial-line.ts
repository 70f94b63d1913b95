// The wire from the other end of a serial line to the receiver, as a level in time: whoever samples it with another
// baud rate gets what one gets on the board, wrong bits and framing errors, and not a rule about percents.

import type { Random } from '../random.js';
import { NEVER, SECOND, type Time } from '../time.js';

export type Parity = 'none' | 'even' | 'odd';

/** How the other end sends. */
export interface Peer {
  baud: number;
  /** Error of its clock, in parts a million; positive is fast. */
  ppm: number;
  dataBits: number;
  parity: Parity;
  stopBits: 1 | 2;
}

/** Words sent without a gap, lowest bit first; start and stop bits are in them. */
interface Run {
  readonly start: Time;
  readonly end: Time;
  /** How long a bit is. */
  readonly bit: Time;
  readonly bits: number;
  readonly words: Uint16Array;
}

const oddOnes = (value: number): number => {
  let odd = 0;
  for (let rest = value; rest; rest >>>= 1) odd ^= rest & 1;
  return odd;
};

export class SerialLine {
  readonly peer: Peer = { baud: 115200, ppm: 0, dataBits: 8, parity: 'none', stopBits: 1 };
  /** How likely a bit is turned over on its way, 0 to 1. */
  noise = 0;
  private runs: Run[] = [];
  private freeAt: Time = 0;

  constructor(private readonly random: Random) {}

  private get bit(): Time {
    return SECOND / (this.peer.baud * (1 + this.peer.ppm / 1e6));
  }

  /** Sends bytes from `now`, or when those before have left. Answers when the last has. */
  send(bytes: ArrayLike<number>, now: Time): Time {
    const { dataBits, parity, stopBits } = this.peer;
    const bits = 1 + dataBits + (parity === 'none' ? 0 : 1) + stopBits;
    const mask = (1 << dataBits) - 1;
    const words = Uint16Array.from(bytes, (byte) => {
      const data = byte & mask;
      const check = parity === 'none' ? 3 : (oddOnes(data) ^ (parity === 'odd' ? 1 : 0)) | 6;
      return this.disturbed((data << 1) | (check << (1 + dataBits)), bits);
    });
    return this.append(now, this.bit, bits, words);
  }

  /** Holds the line low; then it is high for a bit at least. */
  sendBreak(duration: Time, now: Time): Time {
    const end = this.append(now, duration, 1, Uint16Array.of(0));
    this.freeAt += this.bit;
    return end;
  }

  private disturbed(word: number, bits: number): number {
    if (this.noise === 0) return word;
    let noisy = word;
    for (let i = 0; i < bits; i++) if (this.random.next() < this.noise) noisy ^= 1 << i;
    return noisy;
  }

  private append(now: Time, bit: Time, bits: number, words: Uint16Array): Time {
    const start = Math.max(now, this.freeAt);
    this.freeAt = start + bit * bits * words.length;
    if (words.length) this.runs.push({ start, end: this.freeAt, bit, bits, words });
    return this.freeAt;
  }

  /** Whether the wire is high. */
  level(at: Time): boolean {
    for (const run of this.runs) {
      if (at < run.start) return true;
      if (at < run.end) return levelOf(run, Math.floor((at - run.start) / run.bit));
    }
    return true;
  }

  /** When the wire falls next, at `from` or later; NEVER as far as is known. */
  fallsAt(from: Time): Time {
    let endBefore = -1;
    let highBefore = true;
    for (const run of this.runs) {
      const count = run.bits * run.words.length;
      if (run.end > from) {
        let k = Math.max(0, Math.ceil((from - run.start) / run.bit));
        let high = k > 0 ? levelOf(run, k - 1) : highBefore || run.start > endBefore;
        for (; k < count; k++) {
          const now = levelOf(run, k);
          if (high && !now) return run.start + k * run.bit;
          high = now;
        }
      }
      endBefore = run.end;
      highBefore = levelOf(run, count - 1);
    }
    return NEVER;
  }

  /** What ended before is not asked for again. */
  forget(before: Time): void {
    while (this.runs[0] && this.runs[0].end <= before) this.runs.shift();
  }
}

const levelOf = ({ bits, words }: Run, k: number): boolean =>
  (((words[Math.floor(k / bits)] ?? 0) >>> (k % bits)) & 1) === 1;
