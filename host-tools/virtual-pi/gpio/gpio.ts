// The pins. BCM2711 ARM Peripherals, 5 (General Purpose I/O); where it is silent on edges, BCM2835 ARM Peripherals, 6.1.
// A pin's level is what drives it: its output latch, or the outside, or its pull; a floating pin reads low.
//
// The outside drives through `drive`, also for a pin whose alternate function is a device's output.

import { Line, type Chip, type Device } from '../device.js';
import type { Rule } from '../findings.js';
import { Gpio as Offset, PULL_RESETS, REGISTERS } from './gpio-registers.js';
import { NEVER, type Time } from '../time.js';
import type { Alarm } from '../timeline.js';

const PINS = 58;
const INPUT = 0;
const OUTPUT = 1;
/** What GPSET and GPCLR read as. */
const BLOCK_TAG = 0x6770696f;
/** Two periods of the 500 MHz that synchronous edges are sampled with: "011" and "100" need the level so long. */
const SYNCHRONOUS: Time = 27;
/** Wired on the board: 28 and 29 Ethernet's MDIO, 30-39 Bluetooth and WiFi, 43-57 boot flash, I2C and Ethernet. */
const reserved = (pin: number): boolean => (pin >= 28 && pin < 40) || pin >= 43;
/** Bluetooth's UART, which a program must take off the PL011's receiver to use it on the header: inputs are allowed. */
const releasable = (pin: number): boolean => pin === 32 || pin === 33;
/** Pins 28 to 31 in the first word of GPEDS, and 46 to 57 in the second: where interrupt groups begin within a word. */
const FROM_28 = 0xf0000000;
const FROM_46 = 0x03ffc000;

export class Gpio implements Device {
  readonly name = 'GPIO';
  readonly base = 0xfe200000;
  readonly bytes = 0xf4;
  readonly registers = REGISTERS;
  /** Interrupts 145 to 148: pins 0-27, pins 28-45, pins 46-57 (as Linux' pinctrl-bcm2835 has them), any pin. */
  readonly interrupts: readonly Line[] = [new Line(), new Line(), new Line(), new Line()];
  /** An output pin has got this level, or a pin with it has become an output. */
  onLevel: (pin: number, level: boolean, at: Time) => void = () => undefined;

  private readonly functions = new Uint8Array(PINS);
  private readonly pulls = new Uint8Array(PINS);
  private readonly latches = new Uint32Array(2);
  private readonly levels = new Uint32Array(2);
  private readonly events = new Uint32Array(2);
  /** GPREN, GPFEN, GPHEN, GPLEN, GPAREN, GPAFEN: two words each. */
  private readonly enables = new Uint32Array(12);
  private readonly outside: (boolean | undefined)[] = new Array<undefined>(PINS).fill(undefined);
  /** When a changed level has been sampled often enough; NEVER when it has. */
  private readonly settles = new Float64Array(PINS).fill(NEVER);
  private readonly settled = new Uint32Array(2);
  private readonly alarm: Alarm;

  constructor(private readonly chip: Chip) {
    this.alarm = chip.timeline.alarm((now) => this.settle(now));
    for (let pin = 0; pin < PINS; pin++) {
      this.pulls[pin] = ((PULL_RESETS[pin >>> 4] ?? 0) >>> ((pin & 15) * 2)) & 3;
      if (this.padLevel(pin)) this.levels[pin >>> 5] = (this.levels[pin >>> 5] ?? 0) | (1 << (pin & 31));
    }
    this.settled.set(this.levels);
  }

  /** FSEL: 0 input, 1 output, 4, 5, 6, 7, 3, 2 alternate functions 0 to 5. */
  functionOf(pin: number): number {
    return this.functions[pin] ?? 0;
  }

  /** 0 none, 1 up, 2 down. */
  pullOf(pin: number): number {
    return this.pulls[pin] ?? 0;
  }

  levelOf(pin: number): boolean {
    return bitOf(this.levels, pin);
  }

  /** What the firmware has left before the program begins; no findings. */
  preset(pin: number, kind: number, pull: number): void {
    this.functions[pin] = kind;
    this.pulls[pin] = pull;
    this.changed(pin);
  }

  /** Drives a pin from outside; undefined lets it go. A pin that is an output keeps its own level. */
  drive(pin: number, level: boolean | undefined): void {
    this.outside[pin] = level;
    this.changed(pin);
  }

  private padLevel(pin: number): boolean {
    if (this.functions[pin] === OUTPUT) return bitOf(this.latches, pin);
    return this.outside[pin] ?? this.pulls[pin] === 1;
  }

  private changed(pin: number): void {
    const level = this.padLevel(pin);
    if (level === bitOf(this.levels, pin)) return;
    setBit(this.levels, pin, level);
    const { now } = this.chip.timeline;
    // Not synchronised with a clock: this edge counts however soon the next comes.
    if (this.enabled(level ? Offset.Gparen : Offset.Gpafen, pin)) setBit(this.events, pin, true);
    this.settles[pin] = level === bitOf(this.settled, pin) ? NEVER : now + SYNCHRONOUS;
    this.setAlarm();
    if (this.functions[pin] === OUTPUT) this.onLevel(pin, level, now);
    this.update();
  }

  private setAlarm(): void {
    const next = this.settles.reduce((a, b) => Math.min(a, b), NEVER);
    if (next === NEVER) this.alarm.clear();
    else this.alarm.set(next);
  }

  private settle(now: Time): void {
    for (let pin = 0; pin < PINS; pin++) {
      if ((this.settles[pin] ?? NEVER) > now) continue;
      this.settles[pin] = NEVER;
      const level = bitOf(this.levels, pin);
      setBit(this.settled, pin, level);
      if (this.enabled(level ? Offset.Gpren : Offset.Gpfen, pin)) setBit(this.events, pin, true);
    }
    this.setAlarm();
    this.update();
  }

  private enabled(register: number, pin: number): boolean {
    return (((this.enables[enableIndex(register) + (pin >>> 5)] ?? 0) >>> (pin & 31)) & 1) === 1;
  }

  /** Levels that are detected set their events again and again; the interrupts follow. */
  private update(): void {
    for (let bank = 0; bank < 2; bank++) {
      const levels = this.levels[bank] ?? 0;
      const high = this.enables[enableIndex(Offset.Gphen) + bank] ?? 0;
      const low = this.enables[enableIndex(Offset.Gplen) + bank] ?? 0;
      this.events[bank] = (this.events[bank] ?? 0) | (levels & high) | (~levels & low);
    }
    const [low = 0, high = 0] = this.events;
    const [first, second, third, any] = this.interrupts;
    first?.set((low & ~FROM_28) !== 0);
    second?.set((low & FROM_28) !== 0 || (high & ~FROM_46) !== 0);
    third?.set((high & FROM_46) !== 0);
    any?.set((low | high) !== 0);
  }

  read(offset: number): number {
    return this.peek(offset);
  }

  peek(offset: number): number {
    if (offset <= Offset.Gpfsel5) {
      let value = 0;
      for (let i = 0; i < 10; i++) value |= (this.functions[(offset / 4) * 10 + i] ?? 0) << (i * 3);
      return value;
    }
    if (offset < Offset.Gplev) return BLOCK_TAG;
    const bank = bankOf(offset);
    if (offset <= Offset.Gplev + 4) return this.levels[bank] ?? 0;
    if (offset <= Offset.Gpeds + 4) return this.events[bank] ?? 0;
    if (offset <= Offset.Gpafen + 4) return this.enables[enableIndex(offset)] ?? 0;
    if (offset === Offset.PinMux) return 1;
    if (offset < Offset.Pulls) return 0;
    let value = 0;
    for (let i = 0; i < 16; i++) value |= (this.pulls[(offset - Offset.Pulls) * 4 + i] ?? 0) << (i * 2);
    return value >>> 0;
  }

  write(offset: number, value: number): void {
    if (offset <= Offset.Gpfsel5) this.select(offset, value);
    else if (offset < Offset.Gplev) this.setLatches(offset, value);
    else if (offset < Offset.Gpeds) return;
    else if (offset <= Offset.Gpeds + 4) {
      const bank = bankOf(offset);
      this.events[bank] = (this.events[bank] ?? 0) & ~value;
      this.update();
    } else if (offset <= Offset.Gpafen + 4) {
      this.enables[enableIndex(offset)] = value;
      this.update();
    } else if (offset >= Offset.Gppud && offset <= Offset.Gppudclk + 4) {
      const text = 'pulls of this chip are in GPIO_PUP_PDN_CNTRL_REG, GPPUD does nothing (5.2)';
      this.find('forbidden', offset === Offset.Gppud ? 'GPPUD' : 'GPPUDCLK', text, value);
    } else if (offset >= Offset.Pulls) this.setPulls(offset, value);
  }

  private find(rule: Rule, register: string, text: string, value: number): void {
    this.chip.findings.add({ rule, device: this.name, register, text, value });
  }

  private checkReserved(pin: number, register: string, value: number): void {
    if (reserved(pin)) this.find('forbidden', register, `pin ${pin} belongs to the board and was changed (5.3)`, value);
  }

  private select(offset: number, value: number): void {
    const register = `GPFSEL${offset / 4}`;
    for (let i = 0; i < 10; i++) {
      const pin = (offset / 4) * 10 + i;
      const kind = (value >>> (i * 3)) & 7;
      const before = this.functions[pin];
      if (before === undefined || kind === before) continue;
      if (!(kind === INPUT && releasable(pin))) this.checkReserved(pin, register, value);
      if (before !== INPUT && kind !== INPUT) {
        const text = `pin ${pin} went from one function to another and not by way of input (5.2)`;
        this.find('forbidden', register, text, value);
      }
      this.functions[pin] = kind;
      if (kind === OUTPUT && this.padLevel(pin) === bitOf(this.levels, pin))
        this.onLevel(pin, this.padLevel(pin), this.chip.timeline.now);
      this.changed(pin);
    }
  }

  private setLatches(offset: number, value: number): void {
    const bank = bankOf(offset);
    const before = this.latches[bank] ?? 0;
    const after = offset >= Offset.Gpclr ? before & ~value : before | value;
    this.latches[bank] = after;
    for (let differs = before ^ after; differs; differs &= differs - 1) {
      const pin = bank * 32 + 31 - Math.clz32(differs & -differs);
      if (pin < PINS) this.changed(pin);
    }
  }

  private setPulls(offset: number, value: number): void {
    const index = (offset - Offset.Pulls) / 4;
    const register = `GPIO_PUP_PDN_CNTRL_REG${index}`;
    for (let i = 0; i < 16; i++) {
      const pin = index * 16 + i;
      const pull = (value >>> (i * 2)) & 3;
      if (pin >= PINS || pull === this.pulls[pin]) continue;
      this.checkReserved(pin, register, value);
      if (pull === 3) this.find('forbidden', register, `pull 3 of pin ${pin} is reserved (5.2)`, value);
      this.pulls[pin] = pull;
      this.changed(pin);
    }
  }
}

/** Pairs of registers begin at 0x1c and stand 12 bytes apart. */
const bankOf = (offset: number): number => ((offset - Offset.Gpset) % 12) / 4;
const enableIndex = (offset: number): number => Math.floor((offset - Offset.Gpren) / 12) * 2 + bankOf(offset);
const bitOf = (words: Uint32Array, pin: number): boolean => (((words[pin >>> 5] ?? 0) >>> (pin & 31)) & 1) === 1;

function setBit(words: Uint32Array, pin: number, on: boolean): void {
  const word = words[pin >>> 5] ?? 0;
  words[pin >>> 5] = on ? word | (1 << (pin & 31)) : word & ~(1 << (pin & 31));
}
