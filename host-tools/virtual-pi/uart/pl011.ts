// UART0. BCM2711 ARM Peripherals, 11 (UART), and ARM DDI 0183 (PL011), whose sections the findings name. FIFOs are 32
// deep on this chip. Not modelled: loopback, modem lines, sending a break, DMA.
//
// Stricter than the manual in one thing, as the chip is (measured on a board): whoever disables it, or changes its
// clock, while a byte is on the wire has wedged the transmitter until the next reset.

import { Line, type Chip, type Device } from '../device.js';
import type { Rule } from '../findings.js';
import { Received, Receiver, type Format } from './pl011-receiver.js';
import { Interrupt, REGISTERS, Uart } from './pl011-registers.js';
import { Random } from '../random.js';
import { SerialLine, type Peer } from './serial-line.js';
import { NEVER, type Time } from '../time.js';
import type { Alarm } from '../timeline.js';

const DEPTH = 32;
const UARTEN = 1;
const TXE = 1 << 8;
const RXE = 1 << 9;
const BUSY = 1 << 3;
const RXFE = 1 << 4;
const TXFF = 1 << 5;
const RXFF = 1 << 6;
const TXFE = 1 << 7;
const PEN = 1 << 1;
const EPS = 1 << 2;
const STP2 = 1 << 3;
const FEN = 1 << 4;
const SPS = 1 << 7;
const RSR_OVERRUN = 1 << 3;
/** IFLS's levels: bytes of the FIFO. */
const LEVELS = [4, 8, 16, 24, 28];
/** Bit periods of silence. */
const TIMEOUT = 32;

export class Pl011 implements Device {
  readonly name = 'UART0';
  readonly base = 0xfe201000;
  readonly bytes = 0x200;
  readonly registers = REGISTERS;
  /** Interrupt 153, shared with the other PL011s. */
  readonly irq = new Line();
  /** A byte has left, with its last stop bit. */
  onSend: (byte: number, at: Time) => void = () => undefined;

  private readonly line: SerialLine;
  private readonly receiver: Receiver;
  private readonly txAlarm: Alarm;
  private readonly timeoutAlarm: Alarm;

  private ibrd = 0;
  private fbrd = 0;
  /** 64ths; what LCRH has latched. */
  private divisor = 0;
  private latched = true;
  private lcrh = 0;
  private cr = 0x300;
  private ifls = 0x12;
  private imsc = 0;
  private ris = 0;
  private rsr = 0;

  private readonly tx = new Uint8Array(DEPTH);
  private txFirst = 0;
  private txCount = 0;
  private shifting = -1;
  private wedged = false;
  private readonly rx = new Uint16Array(DEPTH);
  private rxFirst = 0;
  private rxCount = 0;
  private overrun = false;

  /** `period` is that of UARTCLK in units of time, NEVER while it stands still; `seed` is for the line's noise. */
  constructor(
    private readonly chip: Chip,
    private readonly period: () => Time,
    seed = 1,
  ) {
    this.line = new SerialLine(new Random(seed));
    this.receiver = new Receiver(
      chip.timeline,
      this.line,
      () => this.format(),
      (character) => this.push(character),
    );
    this.txAlarm = chip.timeline.alarm((now) => this.sent(now));
    this.timeoutAlarm = chip.timeline.alarm(() => this.raise(Interrupt.Rt));
  }

  /** How the other end sends; a change holds for what is sent after it. */
  get peer(): Peer {
    return this.line.peer;
  }

  /** How likely a bit to the receiver is turned over, 0 to 1, in what is sent after. */
  set noise(probability: number) {
    this.line.noise = probability;
  }

  /** The other end sends bytes, one after another at its own rate. Answers when the last has left it. */
  receive(bytes: ArrayLike<number>): Time {
    const end = this.line.send(bytes, this.chip.timeline.now);
    this.receiver.search();
    return end;
  }

  /** The other end holds the line low, after what it still sends. */
  receiveBreak(duration: Time): Time {
    const end = this.line.sendBreak(duration, this.chip.timeline.now);
    this.receiver.search();
    return end;
  }

  /** To be called when UARTCLK stops, starts or has another rate. */
  clockChanged(): void {
    if (!(this.cr & UARTEN)) return;
    this.find('changed-while-running', 'CR', 'the clock was changed while the UART is enabled (DDI 0183 2.4.2)');
    if (this.shifting >= 0) this.wedge();
    this.receiver.search();
  }

  /** How long a bit is; NEVER without a clock or a divisor. */
  get bit(): Time {
    return this.divisor >= 64 ? (this.period() * this.divisor) / 4 : NEVER;
  }

  private format(): Format {
    return { bit: this.bit, dataBits: this.dataBits, parity: this.parity };
  }

  private get dataBits(): number {
    return 5 + ((this.lcrh >>> 5) & 3);
  }

  private get parity(): ((odd: number) => number) | undefined {
    if (!(this.lcrh & PEN)) return undefined;
    const even = (this.lcrh & EPS) !== 0;
    if (this.lcrh & SPS) return () => (even ? 0 : 1);
    return even ? (odd) => odd : (odd) => 1 - odd;
  }

  private get depth(): number {
    return this.lcrh & FEN ? DEPTH : 1;
  }

  private get txLevel(): number {
    return this.lcrh & FEN ? (LEVELS[this.ifls & 7] ?? 16) : 0;
  }

  private get rxLevel(): number {
    return this.lcrh & FEN ? (LEVELS[(this.ifls >>> 3) & 7] ?? 16) : 1;
  }

  private find(rule: Rule, register: string, text: string, value?: number): void {
    this.chip.findings.add({ rule, device: this.name, register, text, ...(value === undefined ? {} : { value }) });
  }

  private raise(bits: number): void {
    this.ris |= bits;
    this.irq.set((this.ris & this.imsc) !== 0);
  }

  private lower(bits: number): void {
    this.ris &= ~bits;
    this.irq.set((this.ris & this.imsc) !== 0);
  }

  read(offset: number): number {
    return offset === Uart.Dr ? this.pull() : this.peek(offset);
  }

  peek(offset: number): number {
    if (offset === Uart.Dr) return this.rxCount ? (this.rx[this.rxFirst] ?? 0) : 0;
    if (offset === Uart.Rsrecr) return this.rsr;
    if (offset === Uart.Fr) return this.flags;
    if (offset === Uart.Ibrd) return this.ibrd;
    if (offset === Uart.Fbrd) return this.fbrd;
    if (offset === Uart.Lcrh) return this.lcrh;
    if (offset === Uart.Cr) return this.cr;
    if (offset === Uart.Ifls) return this.ifls;
    if (offset === Uart.Imsc) return this.imsc;
    if (offset === Uart.Ris) return this.ris;
    return offset === Uart.Mis ? this.ris & this.imsc : 0;
  }

  private get flags(): number {
    return (
      (this.shifting >= 0 || this.txCount > 0 ? BUSY : 0) |
      (this.rxCount === 0 ? RXFE : 0) |
      (this.txCount >= this.depth ? TXFF : 0) |
      (this.rxCount >= this.depth ? RXFF : 0) |
      (this.txCount === 0 ? TXFE : 0)
    );
  }

  write(offset: number, value: number): void {
    if (offset === Uart.Dr) this.put(value);
    else if (offset === Uart.Rsrecr) this.rsr = 0;
    else if (offset === Uart.Ibrd || offset === Uart.Fbrd) {
      this.checkIdle(offset === Uart.Ibrd ? 'IBRD' : 'FBRD', value);
      if (offset === Uart.Ibrd) this.ibrd = value & 0xffff;
      else this.fbrd = value & 0x3f;
      this.latched = false;
    } else if (offset === Uart.Lcrh) this.setLine(value);
    else if (offset === Uart.Cr) this.setControl(value);
    else if (offset === Uart.Ifls) {
      if ((value & 7) > 4 || ((value >>> 3) & 7) > 4)
        this.find('forbidden', 'IFLS', 'levels 5 to 7 are reserved (DDI 0183 3.3.9)', value);
      this.ifls = value & 0x3f;
    } else if (offset === Uart.Imsc) {
      this.imsc = value & Interrupt.All;
      this.raise(0);
    } else if (offset === Uart.Icr) this.lower(value);
  }

  private checkIdle(register: string, value: number): void {
    const enabled = (this.cr & UARTEN) !== 0;
    if (!enabled && this.shifting < 0 && !this.receiver.busy) return;
    const state = enabled ? 'enabled' : 'still completing a byte';
    this.find('changed-while-running', register, `changed while the UART is ${state} (DDI 0183 3.3.7)`, value);
  }

  private setLine(value: number): void {
    this.checkIdle('LCRH', value);
    if ((value ^ this.lcrh) & FEN) {
      this.txCount = this.rxCount = 0;
      this.timeoutAlarm.clear();
    }
    this.lcrh = value & 0xff;
    this.divisor = this.ibrd * 64 + this.fbrd;
    this.latched = true;
    this.receiver.search();
  }

  private setControl(value: number): void {
    const before = this.cr;
    this.cr = value & 0xff87;
    if (value & UARTEN && !(before & UARTEN)) this.checkEnabling(value);
    if (before & UARTEN && !(value & UARTEN) && this.shifting >= 0) {
      const text = 'disabled while a byte is on the wire, which wedges the transmitter; wait for BUSY = 0 (11.5 FR)';
      this.find('changed-while-running', 'CR', text, value);
      this.wedge();
    }
    this.receiver.listen((this.cr & UARTEN) !== 0 && (this.cr & RXE) !== 0);
    this.shift();
  }

  private checkEnabling(value: number): void {
    if (!this.latched)
      this.find('forbidden', 'CR', 'IBRD and FBRD hold only after a write of LCRH (DDI 0183 3.3.6)', value);
    else if (this.divisor < 64 || this.divisor > 0xffff * 64)
      this.find('forbidden', 'CR', 'the divisor must be from 1 to 65535 (DDI 0183 3.3.6)', value);
    if (this.period() === NEVER) this.find('unclocked', 'CR', 'UARTCLK stands still (DDI 0183 2.4.2)', value);
  }

  private wedge(): void {
    this.wedged = true;
    this.txAlarm.clear();
  }

  private put(value: number): void {
    if (this.txCount >= this.depth) {
      this.find('forbidden', 'DR', 'written while TXFF is set: the byte is lost (11.5 FR)', value);
      return;
    }
    this.tx[(this.txFirst + this.txCount++) % DEPTH] = value;
    if (this.txCount > this.txLevel) this.lower(Interrupt.Tx);
    this.shift();
  }

  /** Takes the next byte into the shift register when that is free. */
  private shift(): void {
    if (this.shifting >= 0 || this.txCount === 0 || this.wedged || (this.cr & (UARTEN | TXE)) !== (UARTEN | TXE))
      return;
    const { bit } = this;
    if (bit === NEVER) return;
    this.shifting = (this.tx[this.txFirst] ?? 0) & ((1 << this.dataBits) - 1);
    this.txFirst = (this.txFirst + 1) % DEPTH;
    const bits = 1 + this.dataBits + (this.lcrh & PEN ? 1 : 0) + (this.lcrh & STP2 ? 2 : 1);
    this.txAlarm.set(this.chip.timeline.now + bits * bit);
    if (--this.txCount === this.txLevel) this.raise(Interrupt.Tx);
  }

  private sent(now: Time): void {
    const byte = this.shifting;
    this.shifting = -1;
    this.shift();
    this.onSend(byte, now);
  }

  /** A character from the receiver. */
  private push(character: number): void {
    this.timeoutAlarm.set(this.receiver.lastAt + TIMEOUT * this.bit);
    if (this.rxCount >= this.depth) {
      this.overrun = true;
      this.rsr |= RSR_OVERRUN;
      this.raise(Interrupt.Oe);
      return;
    }
    this.rx[(this.rxFirst + this.rxCount++) % DEPTH] = character | (this.overrun ? Received.Overrun : 0);
    this.overrun = false;
    const errors = (character >>> 1) & (Interrupt.Fe | Interrupt.Pe | Interrupt.Be);
    this.raise(errors | (this.rxCount === this.rxLevel ? Interrupt.Rx : 0));
  }

  private pull(): number {
    if (this.rxCount === 0) {
      this.find('forbidden', 'DR', 'read while RXFE is set: what is read means nothing (11.5 FR)');
      return 0;
    }
    const character = this.rx[this.rxFirst] ?? 0;
    this.rxFirst = (this.rxFirst + 1) % DEPTH;
    this.rxCount--;
    this.rsr = (this.rsr & RSR_OVERRUN) | ((character >>> 8) & 7);
    let done = this.rxCount < this.rxLevel ? Interrupt.Rx : 0;
    if (this.rxCount === 0) {
      done |= Interrupt.Rt;
      this.timeoutAlarm.clear();
    }
    if (done) this.lower(done);
    return character;
  }
}
