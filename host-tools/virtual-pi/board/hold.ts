// boot/hold.S on the models: holds the jack's level when the module is late. A jack on the virtual Pi is PWM1's; the
// captures that only the emulator has are left alone.

import { DMA_WINDOW } from '../../../boot/memory-map.js';
import { BLOCK_MAGIC, BlockHeader, BlockKind, RingHeader } from '../../../drivers/jack-keys.js';
import * as map from '../../../drivers/window-map.js';
import type { Bus } from '../bus.js';
import type { Memory } from '../memory.js';

const HEADER = DMA_WINDOW + map.JACK_HEADER;
const PROGRESS = DMA_WINDOW + map.JACK_PROGRESS;
const HEADER_WORDS = map.JACK_HEADER_BYTES / 4;
const RING_MAGIC = 0x4b43414a;
const JACK_OPEN = 1;
const JACK_PWM1 = 1;
/** 10 ms. */
const LEFT_A_SECOND = 100;
const ENOUGH_A_SECOND = 8;
const SYSTEM_TIMER = 0xfe003004;
const SYSTEM_TIMER_BUS = 0x7e003004;
const CONTROL_BLOCK = 32;
const NEXT = 20;
const WAIT_RESP = 8;
const CONBLK = 4;
const START = 0x10f10007;

const busOf = (physical: number): number => (physical | 0xc0000000) >>> 0;

export class JackHold {
  constructor(
    private readonly memory: Memory,
    private readonly bus: Bus,
  ) {}

  /** jack_unlock. */
  unlock(): void {
    this.memory.storeWord(HEADER + RingHeader.Busy, 0);
    this.memory.barrier();
  }

  private field(offset: RingHeader): number {
    return this.memory.loadWord(HEADER + offset);
  }

  private slot(number: number): number {
    return DMA_WINDOW + map.JACK_DATA + (number % map.SLOTS) * map.SLOT_BYTES;
  }

  private blocks(number: number): number {
    return DMA_WINDOW + map.JACK_BLOCKS + (number % map.SLOTS) * map.SLOT_BLOCKS_BYTES;
  }

  private words(at: number, words: readonly number[]): void {
    this.memory.store(at, new Uint8Array(Uint32Array.from(words).buffer));
  }

  /** jack_hold. */
  hold(): void {
    if (this.field(RingHeader.Magic) !== RING_MAGIC || this.field(RingHeader.State) !== JACK_OPEN) return;
    if (this.field(RingHeader.Busy) !== 0 || this.field(RingHeader.Mode) !== JACK_PWM1) return;
    const last = this.field(RingHeader.Last);
    if (last !== 0 && this.isNearlyEmpty(last)) this.append(last);
  }

  private isNearlyEmpty(last: number): boolean {
    const { memory, bus } = this;
    const carrier = this.field(RingHeader.RateHz) * this.field(RingHeader.Repeat);
    const played = memory.loadWord(PROGRESS);
    if (played === last || played === 0) return false;
    let left = 0;
    for (let number = last; number !== played; number--) {
      left += memory.loadWord(this.slot(number) + BlockHeader.Pairs);
      if (left >= Math.floor(carrier / ENOUGH_A_SECOND)) return false;
    }
    const stamp = memory.loadWord(DMA_WINDOW + map.JACK_STAMPS + (played % map.SLOTS) * 4);
    const micros = (bus.read(SYSTEM_TIMER) - stamp) >>> 0;
    left -= Math.min(left, Math.floor((micros * carrier) / 1_000_000));
    return left < Math.floor(carrier / LEFT_A_SECOND);
  }

  private append(last: number): void {
    const { memory, bus } = this;
    const number = last + 1;
    const [before, slot, blocks] = [this.slot(last), this.slot(number), this.blocks(number)];
    const pairs = this.field(RingHeader.HoldPairs);
    const copied = [BlockHeader.RateHz, BlockHeader.Repeat, BlockHeader.Range, BlockHeader.Track].map((offset) =>
      memory.loadWord(before + offset),
    );
    this.words(slot, [BLOCK_MAGIC | BlockKind.Level, pairs, ...copied, number]);
    const level = [this.field(RingHeader.FirstWord), this.field(RingHeader.SecondWord)];
    this.words(slot + map.SLOT_HEADER_BYTES, Array.from({ length: pairs }, () => level).flat());

    const index = (number % map.SLOTS) * 4;
    const numberWord = DMA_WINDOW + map.JACK_NUMBERS + index;
    memory.storeWord(numberWord, number);
    const [transfer, target] = [memory.loadWord(this.blocks(last)), memory.loadWord(this.blocks(last) + 8)];
    const stamp = busOf(DMA_WINDOW + map.JACK_STAMPS + index);
    const next = (block: number): number => busOf(blocks + block * CONTROL_BLOCK);
    this.words(blocks, [
      ...[transfer, busOf(slot + map.SLOT_HEADER_BYTES), target, pairs * 8, 0, next(1), 0, 0],
      ...[WAIT_RESP, SYSTEM_TIMER_BUS, stamp, 4, 0, next(2), 0, 0],
      ...[WAIT_RESP, busOf(numberWord), busOf(PROGRESS), 4, 0, 0, 0, 0],
    ]);

    // The header at once, as the driver writes it: who follows the ring from outside sees a block.
    const header = new Uint32Array(Array.from({ length: HEADER_WORDS }, (_, i) => memory.loadWord(HEADER + i * 4)));
    header[RingHeader.Last / 4] = number;
    const total = new BigUint64Array(header.buffer, RingHeader.Pairs, 1);
    total[0] = (total[0] ?? 0n) + BigInt(pairs);
    header[RingHeader.Held / 4] = this.field(RingHeader.Held) + 1;
    this.words(HEADER, [...header]);
    memory.barrier();
    memory.storeWord(this.blocks(last) + 2 * CONTROL_BLOCK + NEXT, busOf(blocks));
    memory.barrier();

    const engine = this.field(RingHeader.Engine);
    if (bus.read(engine) & 1) return;
    const played = memory.loadWord(PROGRESS);
    if (played === number) return;
    bus.write(engine + CONBLK, busOf(this.blocks(played + 1)));
    bus.write(engine, START);
  }
}
