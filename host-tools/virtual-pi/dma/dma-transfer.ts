// The transfer that a loaded control block describes: words from source to destination at their times, with the live
// registers as far as it has come. Nothing here allocates: music is 88,200 words a second.
//
// The manual gives no times. Known is that an engine of 250 MHz chips writes neighbouring words to GPIO registers some
// 50 ns apart, and 100 ns with a stride between them (hzeller/rpi-gpio-dma-demo, oscilloscope); the numbers below are
// assumed for the 500 MHz of this chip and much shorter than anything that music waits for.

import { shapeOf, Word, type Words } from './dma-block.js';
import { DmaBus, Place, type Paced } from './dma-bus.js';
import { burstOf, permapOf, Ti, waitsOf } from './dma-registers.js';
import type { DreqSource } from '../device.js';
import { NEVER, SECOND, type Time } from '../time.js';
import type { Timeline } from '../timeline.js';

/** A clock of the bus: 500 MHz, assumed. */
const BUS_CLOCK: Time = SECOND / 500_000_000;
/** From the moment an address is in CONBLK_AD until the block's words are in the registers. Assumed. */
export const BLOCK_LOAD: Time = 100 * BUS_CLOCK;
/** Reading a word until it can be written. Assumed. */
export const WORD_READ: Time = 20 * BUS_CLOCK;
/** From a word's arrival until the engine has its response. Assumed. */
export const WRITE_RESPONSE: Time = 16 * BUS_CLOCK;
/** Between words that do not wait for responses. Assumed. */
const WORD_PIPELINED: Time = 4 * BUS_CLOCK;
/**
 * Words that still arrive after a DREQ has fallen, without WAIT_RESP: "several writes may be in flight before the
 * peripheral receives any data and withdraws its DREQ" (4.2.1.3). How many no section says; the one number is that of
 * CS.WAIT_FOR_OUTSTANDING_WRITES, which pauses at "more than 13". What may be in flight here always is.
 */
export const WRITES_IN_FLIGHT = 13;

/** A DREQ that nobody drives. */
const SILENT: DreqSource = {
  dreq: -1,
  dreqAt: () => NEVER,
  dmaWrite: () => undefined,
  dmaRead: () => 0,
};

/** How `move` ended. */
export const Moved = {
  /** All words have arrived; `landed` is when the last did. */
  All: 0,
  /** Goes on at `at`. */
  Later: 1,
  /** Goes on when the source asks, which it has not said when. */
  Blocked: 2,
  /** A read ended with a bus error. */
  Failed: 3,
} as const;
export type Moved = (typeof Moved)[keyof typeof Moved];

export class Transfer {
  /** The words of the block as loaded. */
  readonly words: Words = new Uint32Array(8);
  /** SOURCE_AD and DEST_AD. */
  source = 0;
  destination = 0;
  /** Bytes left of the row, and rows left with it. */
  rowLeft = 0;
  rowsLeft = 0;
  /** When the next word can arrive. */
  at: Time = 0;
  /** When the last one arrived. */
  landed: Time = 0;
  /** Held by its DREQ. */
  held = false;
  /** The source of the DREQ that PERMAP selects. */
  selected: DreqSource | undefined;
  private readyAt: Time = 0;
  private transfer = 0;
  private permap = 0;
  private row = 0;
  private step: Time = 0;
  /** What gates words; undefined without pacing. */
  private gate: DreqSource | undefined;
  /** Words of a burst that go without asking. */
  private burst = 0;
  private burstLeft = 0;
  private flightMost = 0;
  private inFlight = 0;
  /** A register is touched, which has the time of the timeline, or perhaps nothing at all. */
  private exact = false;
  /** Words of the window to one register with a DREQ: the short loop. */
  private stream = false;
  private target: Paced | undefined;

  constructor(
    private readonly bus: DmaBus,
    private readonly timeline: Timeline,
    private readonly lite: boolean,
  ) {}

  get interrupts(): boolean {
    return (this.transfer & Ti.INTEN) !== 0;
  }

  get waitsForResponse(): boolean {
    return (this.transfer & Ti.WAIT_RESP) !== 0;
  }

  get next(): number {
    return this.words[Word.NEXT] ?? 0;
  }

  set next(address: number) {
    this.words[Word.NEXT] = address & ~31;
  }

  /** TXFR_LEN, "the data left to transfer". */
  get length(): number {
    const twoD = !this.lite && this.transfer & Ti.TDMODE;
    return twoD ? ((this.rowsLeft << 16) | this.rowLeft) >>> 0 : this.rowLeft;
  }

  /** Begins with the loaded `words` at `at`. */
  begin(at: Time): void {
    const { words, lite } = this;
    const transfer = (words[Word.TI] ?? 0) & (lite ? ~(Ti.TDMODE | Ti.SRC_IGNORE | Ti.DEST_IGNORE) : ~0);
    this.transfer = transfer;
    this.source = words[Word.SOURCE] ?? 0;
    this.destination = words[Word.DESTINATION] ?? 0;
    this.next = words[Word.NEXT] ?? 0;
    const { row, rows } = shapeOf(words, lite);
    this.row = this.rowLeft = row;
    this.rowsLeft = row === 0 ? 0 : rows;
    if (rows === 0) this.rowLeft = 0;
    this.permap = permapOf(transfer);
    this.selected = this.permap ? (this.bus.sourceOf(this.permap) ?? SILENT) : undefined;
    const paced = transfer & (Ti.SRC_DREQ | Ti.DEST_DREQ);
    this.gate = paced ? this.selected : undefined;
    this.burst = transfer & Ti.SRC_DREQ ? Math.max(0, burstOf(transfer) - 1) : 0;
    this.flightMost = transfer & Ti.DEST_DREQ && !(transfer & Ti.WAIT_RESP) ? WRITES_IN_FLIGHT : 0;
    const wide = transfer & Ti.SRC_WIDTH && transfer & Ti.DEST_WIDTH ? 4 : 1;
    const read = WORD_READ / wide;
    this.step = (this.waitsForResponse ? read + WRITE_RESPONSE : WORD_PIPELINED) + 2 * waitsOf(transfer) * BUS_CLOCK;
    this.at = at + read;
    this.landed = at;
    this.held = false;
    this.burstLeft = this.inFlight = 0;
    this.classify();
  }

  private classify(): void {
    const { transfer, source, destination, permap, bus } = this;
    const from = bus.placeOf(source, permap);
    const to = bus.placeOf(destination, permap);
    const reads = !(transfer & Ti.SRC_IGNORE);
    const writes = reads && !(transfer & Ti.DEST_IGNORE);
    const exact = (place: Place, increments: number): boolean =>
      place === Place.Register || place === Place.Nothing || (place === Place.Paced && increments !== 0);
    this.exact = (reads && exact(from, transfer & Ti.SRC_INC)) || (writes && exact(to, transfer & Ti.DEST_INC));
    const plain =
      !(transfer & (Ti.TDMODE | Ti.SRC_DREQ | Ti.DEST_INC)) && ((source | destination | this.row) & 3) === 0;
    this.stream =
      plain &&
      writes &&
      (transfer & Ti.SRC_INC) !== 0 &&
      from === Place.Window &&
      bus.placeOf(source + this.row - 4, permap) === Place.Window &&
      to === Place.Paced;
    this.target = this.stream ? bus.pacedAt(destination, permap) : undefined;
  }

  /** Time has passed without it: it goes on at `at` or later, and no write is in flight any more. */
  resume(at: Time): void {
    const from = this.held ? this.readyAt : this.at;
    this.at = Math.max(from, at);
    this.held = false;
    this.inFlight = 0;
  }

  /**
   * Moves words that arrive at `now`, or before `quiet`.
   * After it `at` and `held` tell what it waits for.
   */
  move(now: Time, quiet: Time): Moved {
    if (this.stream) return this.moveStream(now, quiet);
    while (this.rowsLeft > 0) {
      const { at } = this;
      if (at > now && (this.exact || at >= quiet || at >= this.timeline.nextAt)) return Moved.Later;
      if (this.gate && !this.asked(this.gate, at)) {
        if (this.at === NEVER) return Moved.Blocked;
        continue;
      }
      if (!this.moveWord(at)) return Moved.Failed;
      this.landed = at;
      this.at = at + this.step;
    }
    return Moved.All;
  }

  /** Whether a word may go at `at`; if not, `at` is when it may. */
  private asked(gate: DreqSource, at: Time): boolean {
    if (this.burstLeft > 0) {
      this.burstLeft--;
      return true;
    }
    const when = gate.dreqAt(at);
    if (when <= at) {
      this.held = false;
      this.burstLeft = this.burst;
      this.inFlight = this.flightMost;
      return true;
    }
    if (this.inFlight > 0) {
      this.inFlight--;
      return true;
    }
    if (!this.held) this.readyAt = at;
    this.held = true;
    this.at = when;
    return false;
  }

  private moveStream(now: Time, quiet: Time): Moved {
    const { timeline, step, gate, destination, target: paced } = this;
    if (!paced) return Moved.Failed;
    const offset = (destination & 0x00ffffff) - (paced.base & 0x00ffffff);
    const target = paced.source;
    const words = this.bus.memory.engineWords;
    const first = DmaBus.indexOf(this.source);
    const end = first + (this.rowLeft >>> 2);
    let index = first;
    let moved: Moved = Moved.All;
    while (index < end) {
      const { at } = this;
      if (at > now && (at >= quiet || at >= timeline.nextAt)) {
        moved = Moved.Later;
        break;
      }
      if (gate && !this.asked(gate, at)) {
        if (this.at !== NEVER) continue;
        moved = Moved.Blocked;
        break;
      }
      target.dmaWrite(offset, words[index] ?? 0, at);
      index++;
      this.landed = at;
      this.at = at + step;
    }
    this.source += (index - first) * 4;
    this.rowLeft = (end - index) * 4;
    if (index === end) this.rowsLeft = 0;
    return moved;
  }

  private moveWord(at: Time): boolean {
    const { source, destination, transfer, bus, permap } = this;
    const shift = (source & 3) * 8;
    const into = (destination & 3) * 8;
    const bytes = Math.min(4 - Math.max(shift, into) / 8, this.rowLeft);
    if (!(transfer & Ti.SRC_IGNORE)) {
      const word = bus.read(source, bus.placeOf(source, permap), permap, at);
      if (bus.readFailed) {
        bus.readFailed = false;
        return false;
      }
      if (!(transfer & Ti.DEST_IGNORE)) {
        const mask = bytes === 4 ? -1 : ((1 << (bytes * 8)) - 1) << into;
        bus.write(destination, bus.placeOf(destination, permap), permap, (word >>> shift) << into, mask, at);
      }
    }
    if (transfer & Ti.SRC_INC) this.source = (source + bytes) >>> 0;
    if (transfer & Ti.DEST_INC) this.destination = (destination + bytes) >>> 0;
    this.rowLeft -= bytes;
    if (this.rowLeft === 0) this.endRow();
    return true;
  }

  private endRow(): void {
    this.rowsLeft--;
    if (!(this.transfer & Ti.TDMODE)) return;
    const stride = this.words[Word.STRIDE] ?? 0;
    this.source = (this.source + ((stride << 16) >> 16)) >>> 0;
    this.destination = (this.destination + (stride >> 16)) >>> 0;
    if (this.rowsLeft > 0) this.rowLeft = this.row;
  }
}
