// A card in the socket of the virtual Pi, and a program that drives it.

import assert from 'node:assert/strict';
import { SdCard, type SdCardOptions } from '../../../host-tools/virtual-pi/sd/sd-card.js';
import type { SdSlot } from '../../../host-tools/virtual-pi/sd/sd-slot.js';
import { MemorySectors } from '../../../host-tools/virtual-pi/sd/sector-store.js';
import { MILLISECOND } from '../../../host-tools/virtual-pi/time.js';
import { BLOCKS, SdCall, TEXT } from '../assembly/calls.js';
import type { Rig } from './rig.js';

export const NO_CARD = -1;
export const GONE = -3;
export const CHANGED = -4;
export const CRC = -5;
export const TIMEOUT = -6;
export const PROTECTED = -7;
export const RANGE = -8;
export const CARD = -9;
export const CONTROLLER = -10;
export const UNSUPPORTED = -2;

export const SDSC_64M = 131_072;
export const SDHC_4G = 8_388_608;
export const WORDS = 128;
export const PATTERN_SECTORS = 96;

/** Words of a sector, different in every one. */
export const words = (sector: number, salt = 0): number[] =>
  Array.from({ length: WORDS }, (_, i) => (Math.imul(sector * WORDS + i + 1, 0x9e37_79b1) ^ salt) >>> 0);

const image = new Uint8Array(
  Uint32Array.from(Array.from({ length: PATTERN_SECTORS }, (_, sector) => words(sector)).flat()).buffer,
);

export interface Given extends Partial<Omit<SdCardOptions, 'store'>> {
  readonly sectors?: number;
}

/** A card with the pattern on its first sectors. */
export function cardOf({ sectors = SDHC_4G, ...options }: Given = {}): { card: SdCard; store: MemorySectors } {
  const store = new MemorySectors(sectors, image);
  return { card: new SdCard({ store, ...options }), store };
}

export class Sd {
  readonly card: SdCard;
  readonly store: MemorySectors;
  readonly slot: SdSlot;

  constructor(
    readonly rig: Rig,
    given: Given = {},
    on: 'emmc1' | 'emmc2' = 'emmc2',
  ) {
    ({ card: this.card, store: this.store } = cardOf(given));
    this.slot = rig.pi.blocks[on].slot;
    this.slot.insert(this.card);
  }

  open(): this {
    assert.equal(this.rig.call(SdCall.Open), 0);
    return this;
  }

  read(sector: number, count = 1): number {
    this.rig.lay(BLOCKS, Array<number>(count * WORDS).fill(0xdead));
    return this.rig.call(SdCall.Read, sector, Math.floor(sector / 2 ** 32), count);
  }

  /** Reads what must be there. */
  reads(sector: number, count = 1, salt?: number): this {
    assert.equal(this.read(sector, count), 0);
    assert.deepEqual(this.bytes(count), sectorsOf(sector, count, salt));
    return this;
  }

  bytes(count: number): number[] {
    return this.rig.words(BLOCKS, count * WORDS);
  }

  write(sector: number, count = 1, salt = 1): number {
    this.rig.lay(BLOCKS, sectorsOf(sector, count, salt));
    return this.rig.call(SdCall.Write, sector, Math.floor(sector / 2 ** 32), count);
  }

  writes(sector: number, count = 1, salt = 1): this {
    assert.equal(this.write(sector, count, salt), 0);
    this.holds(sector, count, salt);
    return this;
  }

  /** What lies on the card. */
  holds(sector: number, count: number, salt = 0): void {
    for (let i = 0; i < count; i++) assert.deepEqual(onCard(this.store, sector + i), words(sector + i, salt));
  }

  get(call: SdCall): number {
    return this.rig.call(call);
  }

  text(what: number, error = 0): string {
    const bytes = this.rig.call(SdCall.Text, what, error);
    const all = this.rig.words(TEXT, 16);
    return String.fromCharCode(...new Uint8Array(Uint32Array.from(all).buffer).subarray(0, bytes));
  }

  /** Something that happens while the program runs. */
  in(ms: number, act: () => void): void {
    this.rig.pi.timeline.alarm(act).set(this.rig.now + ms * MILLISECOND);
  }
}

/** A card that was put in is not yet what the driver takes it for: it has no way to know. */
export function forgiveSwap(rig: Rig): void {
  const { list } = rig.pi.findings;
  const known = /^a clock above the 400 kHz of the card's state|^data on 4 lines, the card uses 1/;
  assert.deepEqual(
    list.filter(({ text }) => !known.test(text)),
    [],
  );
  rig.forgive();
}

const sectorsOf = (sector: number, count: number, salt?: number): number[] =>
  Array.from({ length: count }, (_, i) => words(sector + i, salt)).flat();

const onCard = (store: MemorySectors, sector: number): number[] => {
  const bytes = store.read(sector).slice();
  return [...new Uint32Array(bytes.buffer)];
};

/** Within a step's two seconds, with room for what else the step does. */
const STEP_US = 1_700_000;

export function bounded(rig: Rig, wanted: number, call: SdCall, ...parameters: number[]): number {
  const { answer, us } = rig.timed(call, ...parameters);
  assert.equal(answer, wanted);
  assert.ok(us < STEP_US, `${us} µs`);
  return us;
}
