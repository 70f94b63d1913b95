// The DMA controller: BCM2711 ARM Peripherals, chapter 4. Channels 0 to 10 are modelled; 11 to 14 answer, and starting
// one is a finding. Not modelled: the arbiter's priorities, the debug pause, FIFO_ERROR and READ_LAST_NOT_SET_ERROR,
// channel 15.

import { sharedLine, type Chip, type Device, type Line } from '../device.js';
import { DmaBus, type Peripherals } from './dma-bus.js';
import { DmaChannel, type LoadedBlock } from './dma-channel.js';
import {
  CHANNEL_BYTES,
  CHANNELS_END,
  DMA_BASE,
  DMA_BYTES,
  dmaRegisters,
  ENABLE,
  ENABLE_RESET,
  INT_STATUS,
  LITE_FIRST,
  WIDE_CS_RESET,
  WIDE_DEBUG,
  WIDE_DEBUG_RESET,
  WIDE_FIRST,
} from './dma-registers.js';
import type { Memory } from '../memory.js';
import type { Time } from '../time.js';

/** The ARM's channels by default: brcm,dma-channel-mask of the device tree; 1 and 3 are the VideoCore's. */
const ARM_CHANNELS = 0x7f5;

export interface DmaOptions {
  /** A bit for each channel that the ARM may use. */
  readonly channels?: number;
}

/** Called when a block is loaded and when its transfer ends, at the time of the timeline. */
export interface DmaObserver {
  onBlock(channel: number, address: number, block: LoadedBlock, what: 'load' | 'end', at: Time): void;
}

/** An interrupt of the GIC. */
export interface Interrupt {
  readonly id: number;
  readonly line: Line;
}

/** GIC ids (6.2.4): channels 0 to 6 have one each, 7 and 8 share one, 9 and 10 too. */
const FIRST_INTERRUPT = 112;
const interruptOf = (channel: number): number =>
  FIRST_INTERRUPT + (channel < LITE_FIRST ? channel : LITE_FIRST + ((channel - LITE_FIRST) >> 1));

export class DmaController implements Device {
  readonly name = 'DMA';
  readonly base = DMA_BASE;
  readonly bytes = DMA_BYTES;
  readonly registers = dmaRegisters;
  /** CS.INT of each channel. */
  readonly lines: readonly Line[];
  readonly interrupts: readonly Interrupt[];
  observer: DmaObserver | undefined;
  private readonly channels: readonly DmaChannel[];
  private readonly wide = new Map<number, number>();
  private enabled = ENABLE_RESET;

  constructor(
    private readonly chip: Chip,
    memory: Memory,
    peripherals: Peripherals,
    { channels: own = ARM_CHANNELS }: DmaOptions = {},
  ) {
    const bus = new DmaBus(memory, peripherals);
    const shared = {
      chip,
      bus,
      onBlock: (channel: number, address: number, block: LoadedBlock, what: 'load' | 'end', at: Time): void =>
        this.observer?.onBlock(channel, address, block, what, at),
    };
    this.channels = Array.from(
      { length: WIDE_FIRST },
      (_, index) => new DmaChannel(index, ((own >> index) & 1) === 1, shared),
    );
    this.lines = this.channels.map(({ interrupt }) => interrupt);
    this.interrupts = interruptsOf(this.lines);
    for (const { source } of peripherals.paced)
      source.onDreq = () => {
        for (const channel of this.channels) channel.wake(source);
      };
    const before = memory.onStore;
    memory.onStore = (physical, bytes) => {
      before(physical, bytes);
      for (const channel of this.channels) channel.stored(physical, bytes);
    };
  }

  /** A fault on demand: the channel does nothing for so long. */
  stall(channel: number, time: Time): void {
    this.channels[channel]?.stall(time);
  }

  read(offset: number): number {
    return this.peek(offset);
  }

  peek(offset: number): number {
    if (offset === INT_STATUS)
      return this.lines.reduce((bits, { level }, channel) => bits | (level ? 1 << channel : 0), 0);
    if (offset === ENABLE) return this.enabled;
    const channel = this.channels[Math.floor(offset / CHANNEL_BYTES)];
    if (channel) return channel.read(offset % CHANNEL_BYTES) >>> 0;
    return this.wide.get(offset) ?? wideReset(offset);
  }

  write(offset: number, value: number): void {
    if (offset === ENABLE) return this.enable(value);
    const index = Math.floor(offset / CHANNEL_BYTES);
    const channel = this.channels[index];
    if (channel) channel.write(offset % CHANNEL_BYTES, value);
    else if (index < CHANNELS_END) this.writeWide(index, offset, value);
  }

  private enable(value: number): void {
    this.enabled = (value & 0xff007fff) >>> 0;
    for (const channel of this.channels)
      channel.enable(((value >>> channel.index) & 1) === 1, (value >>> (channel.lite ? 28 : 24)) & 15);
  }

  private writeWide(index: number, offset: number, value: number): void {
    const register = offset % CHANNEL_BYTES;
    if (register === 0 && value & 1)
      this.chip.findings.add({
        rule: 'forbidden',
        device: `DMA${index}`,
        register: 'CS',
        value,
        text: 'started, but the 40-bit engines are not modelled (4.6)',
      });
    if (register === 0) this.wide.set(offset, ((value & 0x30ff0000) | WIDE_CS_RESET) >>> 0);
    else if (register === 4) this.wide.set(offset, value);
  }
}

function wideReset(offset: number): number {
  if (offset >= CHANNELS_END * CHANNEL_BYTES) return 0;
  const register = offset % CHANNEL_BYTES;
  if (register === 0) return WIDE_CS_RESET;
  return register === WIDE_DEBUG ? WIDE_DEBUG_RESET : 0;
}

function interruptsOf(lines: readonly Line[]): Interrupt[] {
  const ids = [...new Set(lines.map((_, channel) => interruptOf(channel)))];
  return ids.map((id) => ({ id, line: sharedLine(lines.filter((_, channel) => interruptOf(channel) === id)) }));
}
