// The buttons and the encoder of a music box, as player.ini wires them, and what their users ask for.
//
// What happened is told in the order of its ticks: a level is looked at when all that fell due before it was told.

import { info, ticks, Info } from '../../drivers/board';
import { LevelQueue } from '../../drivers/gpio-levels';
import { PinFunction, setPinFunction, setPinPull } from '../../drivers/gpio';
import { addLed } from '../led';
import { Setting } from '../setting-values';
import { Settings } from '../settings';
import { Button, ButtonEvent } from './button';
import { Encoder, REST_MS } from './encoder';

/** What is asked for. */
export const enum Control {
  None = 0,
  PlayPause = 1,
  Next = 2,
  Previous = 3,
  VolumeUp = 4,
  VolumeDown = 5,
  /** Next or previous is held: again and again. */
  SeekForward = 6,
  SeekBack = 7,
  /** The encoder was turned: `turns`. */
  Turn = 8,
  /** Play is held, once: fade out and close the jack. */
  Stop = 9,
}

/** Buttons in the order of their settings, from Setting.PinPlay. */
const BUTTONS: i32 = 5;
/** For each button what ButtonEvent.Press, Click, Hold and Repeat ask for: a Control each. */
// prettier-ignore
const CONTROLS = memory.data<i32>([
  Control.None, Control.PlayPause, Control.Stop, Control.None,
  Control.None, Control.Next, Control.SeekForward, Control.SeekForward,
  Control.None, Control.Previous, Control.SeekBack, Control.SeekBack,
  Control.VolumeUp, Control.None, Control.VolumeUp, Control.VolumeUp,
  Control.VolumeDown, Control.None, Control.VolumeDown, Control.VolumeDown,
]);

/** The controls; made once. */
export class Controls {
  /** After Control.Turn: the detents, clockwise above 0. */
  turns: i32 = 0;

  private readonly levels: LevelQueue = new LevelQueue();
  private readonly buttons: StaticArray<Button> = new StaticArray<Button>(BUTTONS);
  private readonly encoder: Encoder = new Encoder();
  /** Whether any pin is used: otherwise nothing is watched. */
  private isUsed: bool = false;
  /** Levels that wait for what falls due before them. */
  private isWaiting: bool = false;
  /** A bit a button pin: what to flip so that a 1 is a pressed button. */
  private flip: u32 = 0;

  constructor() {
    for (let i = 0; i < BUTTONS; i++) unchecked((this.buttons[i] = new Button()));
  }

  /** Sets up the pins that the settings name, with their pulls and the LED's; from now on controls are watched. */
  start(settings: Settings): void {
    addLed(settings.pin(Setting.PinLed), settings.ledHigh);
    this.flip = settings.buttonHigh ? 0 : -1;
    this.isUsed = false;
    this.isWaiting = false;
    this.turns = 0;
    for (let i = 0; i < BUTTONS; i++) this.prepare(settings.pin(Setting.PinPlay + i), settings.buttonPull);
    const a = settings.pin(Setting.PinEncoderA);
    const b = settings.pin(Setting.PinEncoderB);
    if (a >= 0 && b >= 0) {
      this.prepare(a, settings.encoderPull);
      this.prepare(b, settings.encoderPull);
    }
    if (!this.isUsed) return;
    this.levels.watch();
    const ms = info(Info.TickRate) / 1000;
    for (let i = 0; i < BUTTONS; i++) {
      const pin = settings.pin(Setting.PinPlay + i);
      const isDown = pin >= 0 && (((this.levels.levels ^ this.flip) >>> pin) & 1) !== 0;
      const button = unchecked(this.buttons[i]);
      button.begin(pin, isDown, settings.debounceMs * ms, settings.holdMs * ms, settings.repeatMs * ms);
    }
    this.encoder.begin(a, b, settings.encoderSteps, REST_MS * ms, this.levels.levels, this.levels.tick);
  }

  /** The next thing that is asked for, Control.None when there is nothing more. */
  next(): Control {
    if (!this.isUsed) return Control.None;
    while (true) {
      // Before the queue: what was sampled until now is then in it.
      const now = ticks();
      if (!this.isWaiting) this.isWaiting = this.levels.next();
      const button = this.first();
      const due = unchecked(this.buttons[button]).due;
      if (due <= (this.isWaiting ? this.levels.tick : now)) {
        // What was turned before comes before.
        if (this.encoder.turns) return this.turn();
        const event = unchecked(this.buttons[button]).fall();
        if (!event) continue;
        const control = load<i32>(CONTROLS + (button * 4 + event - ButtonEvent.Press) * 4);
        if (control) return control;
      } else if (this.isWaiting) {
        this.sample();
        this.isWaiting = false;
      } else {
        return this.encoder.turns ? this.turn() : Control.None;
      }
    }
  }

  /** The tick by which `next` has something to tell though no level changes. */
  service(): i64 {
    return this.isUsed ? unchecked(this.buttons[this.first()]).due : i64.MAX_VALUE;
  }

  private prepare(pin: i32, pull: i32): void {
    if (pin < 0) return;
    setPinFunction(pin, PinFunction.Input);
    setPinPull(pin, pull);
    this.isUsed = true;
  }

  private sample(): void {
    const down = this.levels.levels ^ this.flip;
    for (let i = 0; i < BUTTONS; i++) {
      const button = unchecked(this.buttons[i]);
      button.sample((down & button.bit) !== 0, this.levels.tick);
    }
    this.encoder.sample(this.levels.levels, this.levels.tick);
  }

  private turn(): Control {
    this.turns = this.encoder.turns;
    this.encoder.turns = 0;
    return Control.Turn;
  }

  /** The button at which something falls due first. */
  private first(): i32 {
    let first = 0;
    for (let i = 1; i < BUTTONS; i++) {
      if (unchecked(this.buttons[i]).due < unchecked(this.buttons[first]).due) first = i;
    }
    return first;
  }
}
