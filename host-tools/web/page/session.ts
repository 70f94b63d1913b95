// The machine behind the page, from power on to power off: the virtual Pi, its jack's pins made into samples, and
// everything the page shows of it. It knows neither threads nor a clock, so a test in Node runs the very same.

import { PinFilter } from '../../virtual-pi/pwm/pin-filter.js';
import type { ProgramSource } from '../../virtual-pi/board/program.js';
import type { Device } from '../../virtual-pi/device.js';
import { formatFinding } from '../../virtual-pi/findings.js';
import { MILLISECOND, SECOND, toMs, type Time } from '../../virtual-pi/time.js';
import { VirtualPi } from '../../virtual-pi/virtual-pi.js';
import { FirstChange } from './first-change.js';
import type { DeviceShown, Status } from './messages.js';

/** Virtual time passes in pieces that end at multiples of it: so the samples are the same however fast they are wanted. */
const GRAIN: Time = 2 * MILLISECOND;
/** Of a period of the jack, no more: what is later than this is known. */
const KNOWN_AFTER: Time = MILLISECOND;
/** The coupling capacitor with what hangs on it. */
const HIGH_PASS_HZ = 10;
/** The activity LED, lit by a high level. */
const LED = 42;
const PINS = 28;
/** A step of the program is looked for so long. */
const STEP_PATIENCE: Time = SECOND;

export interface SessionOptions {
  program: ProgramSource;
  buildId: string;
  ramDisk?: Uint8Array | undefined;
  /** Of the samples. */
  rateHz: number;
  /** Samples of the jack from power on; the arrays are only valid in the call. */
  samples: (left: Float32Array, right: Float32Array) => void;
  console: (bytes: Uint8Array) => void;
}

export class Session {
  readonly pi: VirtualPi;
  private readonly filter: PinFilter;
  private readonly change: FirstChange;
  private ledLitFor: Time = 0;
  private ledSince: Time | undefined;
  private toldAt: Time = 0;
  private toldFindings = 0;

  /** Powers on. Throws what a broken module makes WebAssembly throw. */
  constructor(options: SessionOptions) {
    this.filter = new PinFilter({ rateHz: options.rateHz, highPassHz: HIGH_PASS_HZ }, options.samples);
    this.change = new FirstChange(this.filter);
    this.pi = new VirtualPi({ ...options, pins: this.change, onConsole: options.console });
    this.pi.blocks.gpio.onLevel = (pin, level, at) => {
      if (pin === LED) this.light(level, at);
    };
  }

  /** Lets time pass to the next multiple of GRAIN. */
  advance(): void {
    this.runTo((Math.floor(this.pi.now / GRAIN) + 1) * GRAIN);
  }

  /** Lets time pass to `target`, or somewhat further to the end of a step. A machine that has ended goes on in silence. */
  runTo(target: Time): void {
    this.pi.runTo(target);
    if (this.pi.ended && this.pi.now < target) {
      this.pi.timeline.runTo(target);
      this.pi.blocks.settle(target);
    }
    this.filter.settle(this.pi.now - KNOWN_AFTER);
  }

  /** Runs to the end of the program's next step; false when none came within a second. */
  stepProgram(): boolean {
    const stepped = this.pi.runStep(this.pi.now + STEP_PATIENCE);
    this.filter.settle(this.pi.now - KNOWN_AFTER);
    return stepped;
  }

  /** Keys, from now on; `clicked` is when the person pressed them, in virtual time. */
  type(bytes: Uint8Array, clicked = this.pi.now): void {
    this.change.click(clicked);
    this.pi.type(bytes);
  }

  /** A button at a pin; undefined lets it go. */
  drive(pin: number, level: boolean | undefined, clicked = this.pi.now): void {
    this.change.click(clicked);
    this.pi.blocks.gpio.drive(pin, level);
  }

  /** What the page shows; findings are those since the last time. */
  status(): Status {
    const { pi } = this;
    const { gpio } = pi.blocks;
    const { fill, ahead, carrierHz } = pi.jack;
    const findings = pi.findings.list.slice(this.toldFindings).map((finding) => ({
      rule: finding.rule,
      text: formatFinding(finding),
      places: finding.places.map(({ file, line, column, function: name }) => ({ file, line, column, name })),
    }));
    this.toldFindings += findings.length;
    return {
      virtualMs: toMs(pi.now),
      steps: pi.steps,
      led: this.ledSinceTold(),
      pins: Array.from({ length: PINS }, (_, pin) => ({
        level: gpio.levelOf(pin),
        kind: gpio.functionOf(pin),
        pull: gpio.pullOf(pin),
      })),
      fillMs: carrierHz > 0 ? (ahead * 1000) / carrierHz : undefined,
      fillRangeMs: fill ? [fill.lowestMs, fill.highestMs] : undefined,
      hardwareUnderruns: pi.hardwareUnderruns,
      clickMs: this.change.lastMs,
      findings,
      findingCount: pi.findings.count,
      ended: pi.ended && { kind: pi.ended.kind, status: pi.ended.status },
    };
  }

  /** Every block with the description of its registers. */
  devices(): DeviceShown[] {
    return this.pi.blocks.bus.devices.map(({ name, base, registers }) => ({ name, base, registers: [...registers] }));
  }

  /** The values of a block's registers in the order of their description. */
  registers(name: string): number[] | undefined {
    const device: Device | undefined = this.pi.blocks.bus.devices.find((each) => each.name === name);
    return device?.registers.map(({ offset }) => device.peek(offset) >>> 0);
  }

  private light(level: boolean, at: Time): void {
    if (level) this.ledSince ??= at;
    else if (this.ledSince !== undefined) {
      this.ledLitFor += at - this.ledSince;
      this.ledSince = undefined;
    }
  }

  /** How bright it looked since it was asked for: 0 to 1. */
  private ledSinceTold(): number {
    const { now } = this.pi;
    const passed = now - this.toldAt;
    const lit = this.ledLitFor + (this.ledSince === undefined ? 0 : now - this.ledSince);
    this.toldAt = now;
    this.ledLitFor = 0;
    if (this.ledSince !== undefined) this.ledSince = now;
    return passed > 0 ? Math.min(1, lit / passed) : this.ledSince === undefined ? 0 : 1;
  }
}
