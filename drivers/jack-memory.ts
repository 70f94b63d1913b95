// A capture through memory: in the emulator the host can offer a ring in memory that it shares, and blocks then go there
// instead of to the stand-in's register, where each word costs a line of the log. The same control blocks move them; a
// block is one transfer, its header before its words.
//
// The host writes a descriptor into the DMA window before the start (jack-keys.ts). A board has none: two magic words
// and a ring that lies where one can lie are asked for, and only a jack that is a capture looks at all.

import { copyOut, Info, info, read32, write32 } from './board';
import { BLOCK_MAGIC, BlockHeader, BlockKind, Descriptor, DESCRIPTOR_MAGIC_0, DESCRIPTOR_MAGIC_1 } from './jack-keys';
import { LEAST_RING_BYTES, NO_TRACK, RESERVE_BYTES } from './jack-keys';
import { descriptorAddress, SLOT_BYTES, SLOT_HEADER_BYTES } from './window';

/** DMA with 32-bit bus addresses reaches the first GiB; its end is the VideoCore's. */
const HIGHEST: u32 = 0x3e000000;
const PAIR_BYTES: u32 = 8;

const blockHeader = memory.data(32, 16);

export class JackMemory {
  /** Bytes of the ring; 0: none is offered. */
  bytes: u32 = 0;
  private base: u32 = 0;
  private ahead: u32 = 0;
  /** Counts of bytes, modulo 2^32: appended, of them told to the host, and read by it as far as known. */
  appended: u32 = 0;
  private written: u32 = 0;
  private read: u32 = 0;

  /** Looks for a descriptor; one that does not make sense is none. */
  find(): void {
    this.bytes = 0;
    const at = descriptorAddress();
    if (read32(at + Descriptor.Magic0) !== DESCRIPTOR_MAGIC_0) return;
    if (read32(at + Descriptor.Magic1) !== DESCRIPTOR_MAGIC_1) return;
    const base = read32(at + Descriptor.Base);
    const bytes = read32(at + Descriptor.Bytes);
    const ahead = read32(at + Descriptor.Ahead);
    const lowest = <u32>(info(Info.RamDiskBase) + info(Info.RamDiskBytes));
    if (base & 31 || base < lowest || base >= HIGHEST) return;
    if (bytes < <u32>LEAST_RING_BYTES || bytes & (bytes - 1) || bytes > HIGHEST - base) return;
    if (ahead > bytes - RESERVE_BYTES) return;
    this.base = base;
    this.bytes = bytes;
    this.ahead = ahead;
    this.written = read32(at + Descriptor.Written);
    this.read = this.written - bytes; // as if nothing had been read, until the host's count is there
  }

  /** The jack opens: what was appended and not played is given up, and no track is noted. */
  begin(rateHz: u32, repeat: u32, range: u32): void {
    this.appended = this.written;
    store<u32>(blockHeader, rateHz, BlockHeader.RateHz);
    store<u32>(blockHeader, repeat, BlockHeader.Repeat);
    store<u32>(blockHeader, range, BlockHeader.Range);
    this.noteTrack(<u32>NO_TRACK);
  }

  /** The track of the blocks that follow. */
  noteTrack(index: u32): void {
    store<u32>(blockHeader, index, BlockHeader.Track);
  }

  /** Writes the header of the next block to `slot` in the window. */
  describe(slot: u32, kind: BlockKind, pairs: u32, number: u32): void {
    store<u32>(blockHeader, BLOCK_MAGIC | kind, BlockHeader.Kind);
    store<u32>(blockHeader, pairs, BlockHeader.Pairs);
    store<u32>(blockHeader, number, BlockHeader.Number);
    copyOut(slot, blockHeader, SLOT_HEADER_BYTES);
  }

  /** The physical address that a block goes to which was described. */
  append(pairs: u32): u32 {
    let offset = this.appended & (this.bytes - 1);
    const left = this.bytes - offset;
    if (left < <u32>SLOT_BYTES) {
      this.appended += left;
      offset = 0;
    }
    this.appended += SLOT_HEADER_BYTES + pairs * PAIR_BYTES;
    return this.base + offset;
  }

  /** All blocks appended are in the ring: tells the host. */
  publish(): void {
    if (this.written === this.appended) return;
    this.written = this.appended;
    write32(descriptorAddress() + Descriptor.Written, this.written);
  }

  /** Whether the host is behind, so that nothing more may be made for now. */
  get full(): bool {
    if (!this.bytes || this.appended - this.read <= this.ahead) return false;
    const at = descriptorAddress();
    const read = read32(at + Descriptor.Read);
    // A number that is half old and half new, or beyond what was written, is none.
    if (read32(at + Descriptor.NotRead) === ~read && this.appended - read <= this.bytes) this.read = read;
    return this.appended - this.read > this.ahead;
  }
}
