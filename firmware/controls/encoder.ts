// A rotary encoder: two contacts in quadrature. Turned clockwise, A changes before B.
//
//   A  ‾‾\___/‾‾    Between two detents lie 1, 2 or 4 transitions. The position counts them; the encoder rests where
//   B  ‾‾‾‾\___/    it is at the beginning. A detent counts when the position has reached it, so a contact that bounces
//                   there and back, at rest or on the way, adds up to nothing.
//
// Where both contacts have changed between two samples, a transition was missed. It went the way that the encoder turns:
// that of the first transition after a rest, for nobody turns back within REST_MS. A bounce, one transition back, does
// not change the way, two do. So at 1 kHz nearly 2000 transitions a second count. Where the first one after a rest was
// missed, the way is the one that it has gone two transitions further.

/** Without a transition for so long it is at rest. So long at the beginning pulls may take to raise the pins. */
export const REST_MS: i32 = 20;

/** The phase of the levels, B the higher bit: 0, 1, 3, 2 clockwise. */
// prettier-ignore
const PHASES = memory.data<u8>([0, 1, 3, 2]);

/** An encoder and what it was turned by. */
export class Encoder {
  /** Detents that it was turned by, clockwise above 0, since the user of this field has last set it to 0. */
  turns: i32 = 0;

  private a: i32 = 0;
  private b: i32 = 0;
  private steps: i32 = 0;
  private phase: i32 = 0;
  /** Transitions from the last detent. */
  private position: i32 = 0;
  /** Which way it turns, 1 or -1, 0 before it does; transitions back since it went farthest that way. */
  private way: i32 = 0;
  private back: i32 = 0;
  /** Whether two transitions went a way not known yet, and how far it went since. */
  private isUnknown: bool = false;
  private since: i32 = 0;
  /** When it was turned last, and the ticks of REST_MS. */
  private tick: i64 = 0;
  private rest: i64 = 0;
  /** Before it nothing counts. */
  private firstTick: i64 = 0;

  /**
   * Begins at a tick on two pins (-1: never turns) at rest; `steps` are the transitions of a detent, `rest` the ticks of
   * REST_MS.
   */
  begin(a: i32, b: i32, steps: i32, rest: i64, levels: u32, tick: i64): void {
    this.a = a;
    this.b = b;
    this.steps = a < 0 || b < 0 ? 0 : steps;
    this.turns = 0;
    this.position = 0;
    this.way = 0;
    this.back = 0;
    this.isUnknown = false;
    this.since = 0;
    this.rest = rest;
    this.firstTick = tick + rest;
    this.phase = this.phaseOf(levels);
  }

  /** Takes levels that were sampled at a tick. */
  sample(levels: u32, tick: i64): void {
    if (!this.steps) return;
    const phase = this.phaseOf(levels);
    const moved = (phase - this.phase) & 3;
    if (!moved) return;
    this.phase = phase;
    if (tick < this.firstTick) return;
    if (tick - this.tick > this.rest) {
      if (this.since) this.learn();
      this.way = 0;
    }
    this.tick = tick;
    if (moved === 2) this.skip();
    else if (this.isUnknown) this.follow(moved === 1 ? 1 : -1);
    else this.move(moved === 1 ? 1 : -1);
  }

  /** Two transitions at once. */
  private skip(): void {
    if (this.way) {
      this.move(2 * this.way);
      return;
    }
    this.isUnknown = !this.isUnknown;
    this.position += this.since;
    this.since = 0;
  }

  private follow(by: i32): void {
    this.since += by;
    if (abs(this.since) === 2) this.learn();
  }

  /** Takes the two transitions for the way it went since. */
  private learn(): void {
    const by = this.since > 0 ? this.since + 2 : this.since - 2;
    this.isUnknown = false;
    this.since = 0;
    this.move(by);
  }

  private move(by: i32): void {
    if (!this.way) {
      this.way = by > 0 ? 1 : -1;
      this.back = 0;
    }
    this.back = max(0, this.back - by * this.way);
    if (this.back >= 2) {
      this.way = -this.way;
      this.back = 0;
    }
    this.position += by;
    while (this.position >= this.steps) {
      this.position -= this.steps;
      this.turns++;
    }
    while (this.position <= -this.steps) {
      this.position += this.steps;
      this.turns--;
    }
  }

  private phaseOf(levels: u32): i32 {
    return load<u8>(PHASES + (((levels >>> this.a) & 1) | (((levels >>> this.b) & 1) << 1)));
  }
}
