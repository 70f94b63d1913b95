// RAM as far as a program and the DMA engines use it: the DMA window and the RAM disk.
//
// The window exists twice, as the CPU sees it and as DMA engines do. A store of the program lies in its store buffer
// until a barrier, and here as long as it may: what hardware does sometimes happens always, so a program that forgets
// the barrier is found.

import { DMA_WINDOW, DMA_WINDOW_BYTES, RAM_DISK, RAM_DISK_BYTES } from '../../boot/memory-map.js';

interface Store {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** Whether an address with so many bytes lies in the DMA window. */
export const inWindow = (physical: number, bytes: number): boolean =>
  physical >= DMA_WINDOW && bytes >= 0 && physical + bytes <= DMA_WINDOW + DMA_WINDOW_BYTES;

export const inRamDisk = (physical: number, bytes: number): boolean =>
  physical >= RAM_DISK && bytes >= 0 && physical + bytes <= RAM_DISK + RAM_DISK_BYTES;

export class Memory {
  /** Called when the program has stored to the window; the bytes are in the CPU's view, not yet in the engines'. */
  onStore: (physical: number, bytes: number) => void = () => undefined;
  private readonly cpu = new Uint8Array(DMA_WINDOW_BYTES);
  private readonly engines = new Uint8Array(DMA_WINDOW_BYTES);
  /** The window's words as DMA engines read them; they stay the memory's. */
  readonly engineWords = new Uint32Array(this.engines.buffer);
  private readonly cpuView = new DataView(this.cpu.buffer);
  private readonly enginesView = new DataView(this.engines.buffer);
  private readonly stores: Store[] = [];

  /**
   * `ramDisk` is what lies at the RAM disk's beginning; it stays the caller's and is not changed. `window` is what the DMA
   * window holds at first, DMA_WINDOW_BYTES bytes; default: zeros.
   */
  constructor(
    private readonly ramDisk: Uint8Array = new Uint8Array(0),
    window?: Uint8Array,
  ) {
    if (!window) return;
    this.cpu.set(window);
    this.engines.set(window);
  }

  /** A copy of the DMA window as the program sees it. */
  copyWindow(): Uint8Array {
    return this.cpu.slice();
  }

  /** Copies `bytes` bytes out of the window or the RAM disk; undefined when they lie in neither. */
  copyFrom(physical: number, bytes: number): Uint8Array | undefined {
    if (inWindow(physical, bytes)) return this.cpu.slice(physical - DMA_WINDOW, physical - DMA_WINDOW + bytes);
    if (!inRamDisk(physical, bytes)) return undefined;
    const copy = new Uint8Array(bytes);
    copy.set(this.ramDisk.subarray(physical - RAM_DISK, physical - RAM_DISK + bytes));
    return copy;
  }

  /** A word of the window as the program sees it; the address must lie in it. */
  loadWord(physical: number): number {
    return this.cpuView.getUint32(physical - DMA_WINDOW, true);
  }

  /** A store of the program; the address must lie in the window. Takes `bytes` over. */
  store(physical: number, bytes: Uint8Array): void {
    const offset = physical - DMA_WINDOW;
    this.cpu.set(bytes, offset);
    this.stores.push({ offset, bytes });
    this.onStore(physical, bytes.length);
  }

  storeWord(physical: number, value: number): void {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, value, true);
    this.store(physical, bytes);
  }

  /** All stores of the program reach memory (`dsb sy`). */
  barrier(): void {
    for (const { offset, bytes } of this.stores) this.engines.set(bytes, offset);
    this.stores.length = 0;
  }

  /** Whether a store to these bytes is still on its way. */
  pending(physical: number, bytes: number): boolean {
    const from = physical - DMA_WINDOW;
    return this.stores.some(({ offset, bytes: { length } }) => offset < from + bytes && from < offset + length);
  }

  /** A word as an engine reads it; undefined outside of what there is. */
  engineRead(physical: number): number | undefined {
    if (inWindow(physical, 4)) return this.enginesView.getUint32(physical - DMA_WINDOW, true);
    if (!inRamDisk(physical, 4)) return undefined;
    const at = physical - RAM_DISK;
    const byte = (index: number): number => this.ramDisk[at + index] ?? 0;
    return (byte(0) | (byte(1) << 8) | (byte(2) << 16) | (byte(3) << 24)) >>> 0;
  }

  /** A word that an engine writes: both see it at once. False outside the window. */
  engineWrite(physical: number, value: number): boolean {
    if (!inWindow(physical, 4)) return false;
    this.enginesView.setUint32(physical - DMA_WINDOW, value, true);
    this.cpuView.setUint32(physical - DMA_WINDOW, value, true);
    return true;
  }
}
