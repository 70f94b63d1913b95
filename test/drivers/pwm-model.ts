// PWM1 of a board (BCM2711 ARM Peripherals, 8.6, and bcm2711 notes on clicks), fed by the model of the DMA engines.
// `pins` is what an ear would get: every word that the FIFO played, and 0 where it ran empty.

import type { BoardModel, RegisterBlock } from '../support/board-model.js';
import type { DmaEngines } from './engine-model.js';
import type { ClockGenerators } from './models.js';

const CTL = 0x00;
const STA = 0x04;
const PWEN = 0x101;
const USEF = 0x2020;

export class PwmModel implements RegisterBlock {
  readonly base = 0xfe20c800;
  readonly bytes = 0x28;
  readonly violations: string[] = [];
  readonly pins: number[] = [];
  readonly words = new Map<number, number>();
  /** Flags to appear at the next look, as if the hardware had raised them. */
  raise = 0;
  /** How often the FIFO was cleared. */
  clears = 0;
  engines: DmaEngines | undefined;
  private flags = 0;
  private lastWrite = -1n;
  private ranDry = true;
  private uncleared = true;

  constructor(
    private readonly board: BoardModel,
    private readonly clocks: ClockGenerators,
  ) {}

  /** A word from the engine. */
  push(value: number): void {
    if (((this.words.get(CTL) ?? 0) & USEF) !== USEF) this.violations.push('word for a FIFO that is not used');
    if (this.uncleared) this.violations.push('word for a FIFO that was not cleared after its channels were set');
    if (value > this.range) this.violations.push('word above the range');
    this.pins.push(value);
    this.ranDry = false;
  }

  get range(): number {
    return this.words.get(0x10) ?? 0;
  }

  private get level(): number {
    return this.pins.at(-1) ?? 0;
  }

  advance(now: bigint): void {
    const engines = this.engines;
    const used = ((this.words.get(CTL) ?? 0) & USEF) === USEF;
    if (!used || !engines || engines.running) return;
    if (this.ranDry) {
      this.flags |= 0x28; // GAPO2, RERR: as long as it is used and empty
      return;
    }
    // 16 words keep it going for 8 pairs.
    if (now < engines.stoppedAt + (8n * this.board.tickRate) / 44100n) return;
    this.ranDry = true;
    if (this.level !== 0) this.pins.push(0, 0);
    this.flags |= 0x28;
  }

  private touch(): void {
    if (!(this.clocks.read(0xa0) & 0x10)) this.violations.push('touched without a clock');
  }

  read(offset: number): number {
    this.touch();
    if (offset !== STA) return this.words.get(offset) ?? 0;
    this.flags |= this.raise;
    this.raise = 0;
    const empty = !this.engines?.running ? 2 : 0;
    return this.flags | empty;
  }

  write(offset: number, value: number): void {
    this.touch();
    if (offset === STA) {
      this.flags &= ~value;
      return;
    }
    if ([0x00, 0x10, 0x14, 0x20, 0x24].includes(offset)) {
      // 8.6, BERR: "when a write is attempted too soon after another".
      if (this.lastWrite >= 0n && this.board.now < this.lastWrite + this.board.tickRate / 100_000n) {
        this.violations.push('written too soon');
      }
      this.lastWrite = this.board.now;
      if (this.level !== 0 && value !== (this.words.get(offset) ?? 0)) this.atLevel(offset, value);
    }
    // "channel 2 ignored the first FIFO word until CLRF was written with the channel configured".
    if (offset === CTL && (value ^ (this.words.get(CTL) ?? 0)) & (PWEN | USEF)) this.uncleared = true;
    else if (offset === CTL && value & 0x40) this.uncleared = false;
    this.words.set(offset, offset === CTL ? value & ~0x40 : value);
  }

  private atLevel(offset: number, value: number): void {
    if (offset !== CTL) this.violations.push('RNG or DAT changed above duty 0');
    const changed = value ^ (this.words.get(CTL) ?? 0);
    if (changed & PWEN) this.violations.push('PWEN edge above duty 0');
    if (changed & USEF) this.violations.push('USEF changed above duty 0');
    if (value & 0x40) this.clears++;
  }
}
