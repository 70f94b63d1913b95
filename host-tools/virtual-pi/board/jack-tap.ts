// Follows the jack's ring from outside: which words the engine moved to the FIFO, and what each block of them carries.
// What it tells is what a capture of the emulator tells (WordEvents), so the same reader makes sound of both.
//
// The driver writes the ring's header into the DMA window with each block it appends (drivers/jack-header.ts): that is
// where the kind of a block stands. The words are read when the engine has moved them.

import { DMA_WINDOW } from '../../../boot/memory-map.js';
import { BlockKind, JackRegister, RingHeader } from '../../../drivers/jack-keys.js';
import {
  JACK_DATA,
  JACK_HEADER,
  JACK_HEADER_BYTES,
  SLOT_BYTES,
  SLOT_HEADER_BYTES,
  SLOTS,
} from '../../../drivers/window-map.js';
import type { WordEvents } from '../../capture/ring.js';
import type { Memory } from '../memory.js';
import { MICROSECOND, type Time } from '../time.js';

/** A block as the header described it when it was appended. */
interface Appended {
  kind: BlockKind;
  rateHz: number;
  repeat: number;
  range: number;
  track: number;
  /** Pairs appended up to its end. */
  end: number;
}

/** How full the ring was while a track was under way, its end left out, in milliseconds of sound. */
export interface RingFill {
  lowestMs: number;
  highestMs: number;
}

const HEADER = DMA_WINDOW + JACK_HEADER;
const DATA = DMA_WINDOW + JACK_DATA;
const PAIR_BYTES = 8;

export class JackTap {
  /** While tracks played; undefined before the first. */
  fill: RingFill | undefined;
  /** Pairs ahead of the engine's last finished block, now, and the ring's carrier in pairs a second. */
  ahead = 0;
  carrierHz = 0;
  private readonly slots: (Appended | undefined)[] = [];
  private pairs = 0;
  private trackPairs = 0;
  private told: Partial<Appended> = {};
  /** The least that was ahead since a block of a track was appended; counts when another of that track follows. */
  private low = Infinity;
  private lowOf = -1;

  constructor(
    private readonly memory: Memory,
    private readonly events: WordEvents,
  ) {}

  /** The program has stored to the window. */
  stored(physical: number, bytes: number): void {
    if (physical > HEADER || physical + bytes < HEADER + JACK_HEADER_BYTES) return;
    const field = (offset: RingHeader): number => this.memory.loadWord(HEADER + offset);
    const number = field(RingHeader.Last);
    if (number === 0) return;
    if (number === 1) [this.pairs, this.trackPairs, this.told] = [0, 0, {}];
    const pairs = field(RingHeader.Pairs);
    const trackPairs = field(RingHeader.TrackPairs);
    this.carrierHz = field(RingHeader.RateHz) * field(RingHeader.Repeat);
    const kind = trackPairs === this.trackPairs ? BlockKind.Level : BlockKind.Track;
    this.slots[number % SLOTS] = {
      kind,
      rateHz: field(RingHeader.RateHz),
      repeat: field(RingHeader.Repeat),
      range: field(RingHeader.Range),
      track: field(RingHeader.Track),
      end: pairs,
    };
    this.ahead = number === 1 ? pairs : this.ahead + pairs - this.pairs;
    [this.pairs, this.trackPairs] = [pairs, trackPairs];
    if (kind === BlockKind.Track) this.noteFill(field(RingHeader.Track));
  }

  /** The engine has moved `bytes` bytes from bus address `source` to the FIFO. */
  moved(source: number, bytes: number, now: Time): void {
    const physical = source & 0x3fffffff;
    const slot = Math.floor((physical - DATA) / SLOT_BYTES);
    const block = this.slots[slot];
    if (!block || (physical - DATA) % SLOT_BYTES !== SLOT_HEADER_BYTES) return;
    this.tell(block);
    const words = new Uint32Array(bytes / 4);
    for (let i = 0; i < words.length; i++) words[i] = this.memory.engineRead(physical + i * 4) ?? 0;
    this.ahead = Math.max(0, this.ahead - bytes / PAIR_BYTES);
    this.low = Math.min(this.low, this.ahead);
    this.events.block(words, block.kind, Math.floor(now / MICROSECOND) >>> 0);
  }

  private noteFill(track: number): void {
    const toMs = 1000 / this.carrierHz;
    const highest = this.ahead * toMs;
    const lowest = (track === this.lowOf ? this.low : this.ahead) * toMs;
    this.fill ??= { lowestMs: lowest, highestMs: highest };
    if (lowest < this.fill.lowestMs) this.fill.lowestMs = lowest;
    if (highest > this.fill.highestMs) this.fill.highestMs = highest;
    [this.low, this.lowOf] = [this.ahead, track];
  }

  /** Tells what of the jack has changed since the last block. */
  private tell(block: Appended): void {
    const { told, events } = this;
    if (block.rateHz !== told.rateHz) events.register(JackRegister.NoteRate, block.rateHz);
    if (block.repeat !== told.repeat) events.register(JackRegister.NoteRepeat, block.repeat);
    if (block.range !== told.range) {
      events.register(JackRegister.Range1, block.range);
      events.register(JackRegister.Range2, block.range);
    }
    if (block.track !== told.track && (block.track | 0) >= 0) events.register(JackRegister.NoteTrack, block.track);
    this.told = block;
  }
}
