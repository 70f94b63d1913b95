// One button: debounced, told whether it was clicked, held, or is held still. It knows time only from the ticks of the
// levels that it is given, so that a click is a click however late it is looked at.
//
// A level counts once it has been the same for the debounce time. A button that is down from the beginning does nothing
// until it was up: nobody knows since when it is down, and a jammed one must not play.

/** What has become of a button. */
export const enum ButtonEvent {
  None = 0,
  Press = 1,
  /** It was released before it was held. */
  Click = 2,
  /** It has been down for the hold time. */
  Hold = 3,
  /** The repeat time has passed again. */
  Repeat = 4,
}

const enum State {
  Up = 0,
  Down = 1,
  Held = 2,
  /** Down since before the beginning. */
  Ignored = 3,
}

const NEVER: i64 = i64.MAX_VALUE;

/** A button and its times, in ticks. */
export class Button {
  /** Its bit in the levels; 0 when there is no such button. */
  bit: u32 = 0;

  private state: State = State.Up;
  /** The level that was sampled last, not yet debounced. */
  private isDown: bool = false;
  /** When the level will have been the same for long enough, and when a hold begins or goes on; or NEVER. */
  private settledAt: i64 = NEVER;
  private heldAt: i64 = NEVER;
  private debounce: i64 = 0;
  private hold: i64 = 0;
  private repeat: i64 = 0;

  /** Begins on a pin (-1: never does anything) that is or is not down; times in ticks. */
  begin(pin: i32, isDown: bool, debounce: i64, hold: i64, repeat: i64): void {
    this.bit = pin < 0 ? 0 : (<u32>1) << pin;
    this.state = isDown ? State.Ignored : State.Up;
    this.isDown = isDown;
    this.settledAt = NEVER;
    this.heldAt = NEVER;
    this.debounce = debounce;
    this.hold = hold;
    this.repeat = repeat;
  }

  /**
   * The tick at which `fall` has something to tell if no other level comes before. A release counts from its first
   * level on, so while it settles nothing is repeated.
   */
  @inline
  get due(): i64 {
    return this.settledAt !== NEVER ? this.settledAt : this.heldAt;
  }

  /** Takes a level that was sampled at a tick; what is due by then must have been told. */
  sample(isDown: bool, tick: i64): void {
    if (isDown === this.isDown) return;
    this.isDown = isDown;
    // Back where it was: that was bounce.
    this.settledAt = isDown === (this.state !== State.Up) ? NEVER : tick + this.debounce;
  }

  /** Tells what falls due at the tick `due`. */
  fall(): ButtonEvent {
    const settled = this.settledAt;
    if (settled === NEVER) {
      const event = this.state === State.Held ? ButtonEvent.Repeat : ButtonEvent.Hold;
      this.state = State.Held;
      this.heldAt += this.repeat;
      return event;
    }
    const before = this.state;
    this.settledAt = NEVER;
    if (this.isDown) {
      this.state = State.Down;
      this.heldAt = settled - this.debounce + this.hold;
      return ButtonEvent.Press;
    }
    this.state = State.Up;
    this.heldAt = NEVER;
    return before === State.Down ? ButtonEvent.Click : ButtonEvent.None;
  }
}
