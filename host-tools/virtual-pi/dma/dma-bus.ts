// What a DMA engine reaches, by bus addresses: the DMA window and the RAM disk through the uncached alias 0xC0000000,
// peripherals at 0x7E…… (BCM2711 ARM Peripherals 4.1: "the DMA controller must be set-up to use the Legacy Master
// addresses of the peripherals").

import { DMA_WINDOW } from '../../../boot/memory-map.js';
import { BusAbort, type Bus } from '../bus.js';
import type { DreqSource } from '../device.js';
import { inRamDisk, inWindow, type Memory } from '../memory.js';
import type { Time } from '../time.js';

/** A peripheral with a DREQ, and where the ARM sees its registers. */
export interface Paced {
  readonly source: DreqSource;
  readonly base: number;
  readonly bytes: number;
}

export interface Peripherals {
  /** Registers without a DREQ are read and written through it. */
  readonly bus: Bus;
  /** Words of an engine to any register of these blocks go to their source. */
  readonly paced: readonly Paced[];
}

/** What lies at an address. */
export const Place = {
  /** The DMA window. */
  Window: 0,
  RamDisk: 1,
  /** Memory that is not the program's: reads give 0 here, writes are lost. */
  Ram: 2,
  /** A peripheral with a DREQ. */
  Paced: 3,
  Register: 4,
  /** Nothing answers: a bus error. */
  Nothing: 5,
} as const;
export type Place = (typeof Place)[keyof typeof Place];

const RAM_ALIAS = 3;
const PERIPHERALS = 0x7e;

/** The ARM's address of a peripheral. */
const armAddress = (address: number): number => ((address & 0x00ffffff) | 0xfe000000) >>> 0;
const physicalAddress = (address: number): number => address & 0x3fffffff;

export class DmaBus {
  /** A read ended with a bus error; the reader clears it. */
  readFailed = false;
  private readonly words: Uint32Array;
  private lastPaced: Paced | undefined;

  constructor(
    readonly memory: Memory,
    private readonly peripherals: Peripherals,
  ) {
    this.words = memory.engineWords;
  }

  /** The source of a DREQ by its number (PERMAP). */
  sourceOf(dreq: number): DreqSource | undefined {
    return this.peripherals.paced.find(({ source }) => source.dreq === dreq)?.source;
  }

  /** The block with a DREQ at a bus address; of several the one of this number. */
  pacedAt(address: number, dreq: number): Paced | undefined {
    const at = armAddress(address);
    const here = (paced: Paced): boolean => at >= paced.base && at < paced.base + paced.bytes;
    const { lastPaced } = this;
    if (lastPaced && lastPaced.source.dreq === dreq && here(lastPaced)) return lastPaced;
    const all = this.peripherals.paced.filter(here);
    this.lastPaced = all.find(({ source }) => source.dreq === dreq) ?? all[0];
    return this.lastPaced;
  }

  placeOf(address: number, dreq: number): Place {
    if (address >>> 24 === PERIPHERALS) {
      if (this.pacedAt(address, dreq)) return Place.Paced;
      return this.peripherals.bus.find(armAddress(address)) ? Place.Register : Place.Nothing;
    }
    // 0x7C and 0x7D are peripherals' too.
    if (address >>> 25 === 0x3e) return Place.Nothing;
    const physical = physicalAddress(address);
    if (inWindow(physical, 1)) return Place.Window;
    return inRamDisk(physical, 1) ? Place.RamDisk : Place.Ram;
  }

  /** What a program must not do with these bytes, as a sentence; undefined when all is well. */
  complaint(address: number, bytes: number, write: boolean, page: number): string | undefined {
    const hex = `0x${(address >>> 0).toString(16)}`;
    if (address >>> 24 === PERIPHERALS) {
      const there = this.placeOf(address, 0) !== Place.Nothing;
      return there ? undefined : `no peripheral is modelled at ${hex}`;
    }
    if (address >>> 30 !== RAM_ALIAS) return `${hex} is not an address of the uncached alias 0xC0000000`;
    if (page) return `${hex} lies in page ${page}, beyond the first GiB (ENABLE)`;
    const physical = physicalAddress(address);
    if (inWindow(physical, bytes) || (!write && inRamDisk(physical, bytes))) return undefined;
    const what = address >>> 24 === 0xfe ? ', which is memory: the peripherals are at 0x7E……' : '';
    return `${bytes} bytes at ${hex} lie outside the DMA window${what}`;
  }

  /** The index in `memory.engineWords` of a word of the window. */
  static indexOf(address: number): number {
    return (physicalAddress(address) - DMA_WINDOW) >>> 2;
  }

  /** The word that holds the byte at `address`. Registers without a DREQ have the time of the timeline. */
  read(address: number, place: Place, dreq: number, at: Time): number {
    const word = (address & ~3) >>> 0;
    switch (place) {
      case Place.Window:
        return this.words[DmaBus.indexOf(word)] ?? 0;
      case Place.RamDisk:
        return this.memory.engineRead(physicalAddress(word)) ?? 0;
      case Place.Paced: {
        const paced = this.pacedAt(address, dreq);
        return paced ? paced.source.dmaRead(armAddress(word) - paced.base, at) >>> 0 : 0;
      }
      case Place.Register:
        return this.readRegister(armAddress(word));
      case Place.Nothing:
        this.readFailed = true;
        return 0;
      default:
        return 0;
    }
  }

  private readRegister(address: number): number {
    try {
      return this.peripherals.bus.read(address);
    } catch (error) {
      if (!(error instanceof BusAbort)) throw error;
      this.readFailed = true;
      return 0;
    }
  }

  /** Writes the bytes of `mask` of the word that holds the byte at `address`. */
  write(address: number, place: Place, dreq: number, value: number, mask: number, at: Time): void {
    const word = (address & ~3) >>> 0;
    if (place === Place.Window) {
      const physical = physicalAddress(word);
      const old = mask === -1 ? 0 : (this.words[DmaBus.indexOf(word)] ?? 0);
      this.memory.engineWrite(physical, ((old & ~mask) | (value & mask)) >>> 0);
    } else if (place === Place.Paced) {
      const paced = this.pacedAt(address, dreq);
      paced?.source.dmaWrite(armAddress(word) - paced.base, value >>> 0, at);
    } else if (place === Place.Register) this.peripherals.bus.write(armAddress(word), value >>> 0);
  }
}
