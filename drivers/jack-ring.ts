// The ring of the jack: slots in the DMA window, played by one DMA engine in the order they were appended.
//
// A block is three control blocks. *Data* moves the words to the FIFO at the pace of its DREQ. *Stamp* copies the
// system timer, into the window or, for a capture, to a register that the log shows. *Progress* copies the block's
// number to one word of the window; its NEXT is 0 until another block follows. In a capture through memory data goes
// there, with a header before it, and the stamp into that header (jack-memory.ts); nothing else differs.
//
// The chain is always finite. To append: write the block, link it from the progress block before it, and look at the
// engine. It may have read that link before it was written; then it has stopped or will stop at the block's end. So
// an idle engine with blocks left is started at the first block *not played*, which need not be the one appended.
// `restart` does that, at each append and in each step until the ring is drained.
// CS is read before the progress word: an engine seen idle stays idle, so its progress is final.

import { copyOut, read32, write32 } from './board';
import { busAddress, CONTROL_BLOCK_BYTES, DmaChannel, Dreq, writeControlBlock } from './dma';
import { TI_DEST_DREQ, TI_DEST_INC, TI_PERMAP_SHIFT, TI_SRC_INC, TI_WAIT_RESP } from './dma';
import { BlockHeader, BlockKind, RingHeader } from './jack-keys';
import { JackMemory } from './jack-memory';
import { SYSTEM_TIMER_LOW_BUS } from './timer';
import { JACK_BLOCKS, JACK_DATA, JACK_HEADER, JACK_NUMBERS, JACK_PROGRESS, JACK_STAMPS } from './window';
import { SLOT_BLOCKS_BYTES, SLOT_BYTES, SLOT_HEADER_BYTES, SLOT_PAIRS, SLOTS, windowAddress } from './window';

const PAIR_BYTES: i32 = 8;
const DATA_TRANSFER: u32 = (Dreq.Pwm1 << TI_PERMAP_SHIFT) | TI_WAIT_RESP | TI_DEST_DREQ | TI_SRC_INC;
const MEMORY_TRANSFER: u32 = TI_WAIT_RESP | TI_DEST_INC | TI_SRC_INC;
const WORD_TRANSFER: u32 = TI_WAIT_RESP;
const STAMP_OFFSET: u32 = CONTROL_BLOCK_BYTES;
const PROGRESS_OFFSET: u32 = 2 * CONTROL_BLOCK_BYTES;
const NEXT_OFFSET: u32 = 20;

/** The three control blocks being written. */
const triple = memory.data(96, 16);
/** For each slot, as i64: pairs and pairs of tracks appended up to its end. */
const ends = memory.data(1024, 8);
const trackEnds = memory.data(1024, 8);

function slotOf(number: u32): u32 {
  return number & (SLOTS - 1);
}

function blocksOf(slot: u32): u32 {
  return windowAddress(JACK_BLOCKS) + slot * SLOT_BLOCKS_BYTES;
}

export class JackRing {
  /** Number of the last block appended; blocks count from 1, modulo 2^32. */
  last: u32 = 0;
  /** Pairs appended since `start`, and those of them that were tracks'. */
  pairs: i64 = 0;
  trackPairs: i64 = 0;
  /** How often the engine was started. */
  starts: u32 = 0;
  /** Where blocks go instead of the FIFO, when a host offers it. */
  readonly memory: JackMemory = new JackMemory();
  fifo: u32 = 0;
  stamps: u32 = 0;

  constructor(private readonly engine: DmaChannel) {}

  /**
   * Empties the ring; the engine must be idle. `fifo` is the bus address that words go to. `stamps` is the bus
   * address of the stamp register for BlockKind 0, the next kind's 4 above it; 0: into the window, a word a slot.
   */
  start(fifo: u32, stamps: u32): void {
    this.fifo = fifo;
    this.stamps = stamps;
    this.last = 0;
    this.pairs = 0;
    this.trackPairs = 0;
    this.starts = 0;
    store<i64>(ends, 0);
    store<i64>(trackEnds, 0);
    write32(windowAddress(JACK_PROGRESS), 0);
  }

  /** Goes on with a ring that others have appended to, up to block `last`; targets as for `start`. */
  adopt(fifo: u32, stamps: u32, last: u32, pairs: i64, trackPairs: i64): void {
    this.fifo = fifo;
    this.stamps = stamps;
    this.last = last;
    this.pairs = pairs;
    this.trackPairs = trackPairs;
    for (let number = last; last - number < <u32>SLOTS; number--) {
      const slot = slotOf(number);
      store<i64>(ends + (slot << 3), pairs);
      store<i64>(trackEnds + (slot << 3), trackPairs);
      if (!number) return;
      const room = windowAddress(JACK_DATA) + slot * SLOT_BYTES;
      const count = <i64>read32(room + BlockHeader.Pairs);
      pairs -= count;
      if ((read32(room + BlockHeader.Kind) & 0xff) === BlockKind.Track) trackPairs -= count;
    }
  }

  /** Number of the last block that was played to its end. */
  get played(): u32 {
    return read32(windowAddress(JACK_PROGRESS));
  }

  /** Pairs up to the end of a block that is still in its slot. */
  endOf(number: u32): i64 {
    return load<i64>(ends + (slotOf(number) << 3));
  }

  /** Pairs of tracks up to the end of a block that is still in its slot. */
  trackEndOf(number: u32): i64 {
    return load<i64>(trackEnds + (slotOf(number) << 3));
  }

  /** The system timer's low word at the end of a played block, when stamps go to the window. */
  stampOf(number: u32): u32 {
    return read32(windowAddress(JACK_STAMPS) + slotOf(number) * 4);
  }

  /**
   * Appends 1 to SLOT_PAIRS pairs of words. `header` points at JACK_HEADER_BYTES bytes that go to the window with
   * it. The caller sees to it that a slot is free: at most SLOTS - 1 blocks are not played.
   */
  append(kind: BlockKind, words: usize, pairs: i32, header: usize, headerBytes: i32): void {
    const number = this.last + 1;
    const slot = slotOf(number);
    const blocks = blocksOf(slot);
    const blocksBus = busAddress(blocks);
    const room = windowAddress(JACK_DATA) + slot * SLOT_BYTES;
    const numberWord = windowAddress(JACK_NUMBERS) + slot * 4;
    const progress = busAddress(windowAddress(JACK_PROGRESS));
    let transfer = DATA_TRANSFER;
    let data = room + SLOT_HEADER_BYTES;
    let bytes = min(pairs, SLOT_PAIRS) * PAIR_BYTES;
    let target = this.fifo;
    let stamp = this.stamps ? this.stamps + <u32>kind * 4 : busAddress(windowAddress(JACK_STAMPS) + slot * 4);
    copyOut(data, words, bytes);
    const memory = this.memory;
    memory.describe(room, kind, pairs, number);
    if (memory.bytes) {
      target = busAddress(memory.append(pairs));
      transfer = MEMORY_TRANSFER;
      data = room;
      bytes += SLOT_HEADER_BYTES;
      stamp = target + BlockHeader.Stamp;
    }
    write32(numberWord, number);
    const stampBus = blocksBus + STAMP_OFFSET;
    const progressBus = blocksBus + PROGRESS_OFFSET;
    this.block(triple, transfer, busAddress(data), target, bytes, stampBus);
    this.block(triple + STAMP_OFFSET, WORD_TRANSFER, SYSTEM_TIMER_LOW_BUS, stamp, 4, progressBus);
    this.block(triple + PROGRESS_OFFSET, WORD_TRANSFER, busAddress(numberWord), progress, 4, 0);
    copyOut(blocks, triple, SLOT_BLOCKS_BYTES);

    this.pairs += pairs;
    if (kind === BlockKind.Track) this.trackPairs += pairs;
    store<i64>(ends + (slot << 3), this.pairs);
    store<i64>(trackEnds + (slot << 3), this.trackPairs);
    const before = this.last;
    this.last = number;
    if (headerBytes) {
      store<u32>(header, memory.appended, RingHeader.Appended);
      copyOut(windowAddress(JACK_HEADER), header, headerBytes);
    }

    // The first block has none before it: the slot of number 0 holds nothing that the engine reads.
    write32(blocksOf(slotOf(before)) + PROGRESS_OFFSET + NEXT_OFFSET, blocksBus);
    // A link may lie in the store buffer until something drains it, and after the last block nothing would.
    copyOut(windowAddress(JACK_HEADER), header, 0);
    this.restart();
    if (memory.bytes) this.restart(); // which tells the host, when the block is already there
  }

  private block(ptr: usize, transfer: u32, source: u32, destination: u32, bytes: u32, next: u32): void {
    writeControlBlock(this.engine.channel, ptr, transfer, source, destination, bytes, next);
  }

  /** Starts an idle engine at the first block not played. True when there was one. */
  restart(): bool {
    if (this.engine.active) return false;
    const played = this.played;
    if (played === this.last) {
      this.memory.publish();
      return false;
    }
    this.engine.start(busAddress(blocksOf(slotOf(played + 1))));
    this.starts++;
    return true;
  }

  /** Whether every block was played and the engine is idle. */
  get drained(): bool {
    return !this.engine.active && this.played === this.last;
  }
}
