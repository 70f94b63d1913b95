// What the drivers keep in the DMA window, as a chain: each offset is the end of the one before. The window is
// `info(Info.DmaBytes)` long; drivers grow from its start, so whoever needs memory of their own there (a crash
// record, say) takes it from the end, above WINDOW_USED and below the capture's descriptor.

import { Info, info } from './board';
import { BLOCK_HEADER_BYTES, BLOCK_PAIRS, DESCRIPTOR_FROM_END, LARGEST_BLOCK_BYTES } from './jack-keys';

/** Blocks that the jack's ring holds, and stereo pairs of 32-bit words in each at most. */
export const SLOTS: u32 = 128;
export const SLOT_PAIRS: i32 = BLOCK_PAIRS;
/** A block's header, which only a capture through memory gets, and its words. */
export const SLOT_HEADER_BYTES: u32 = BLOCK_HEADER_BYTES;
export const SLOT_BYTES: u32 = LARGEST_BLOCK_BYTES;
/** Control blocks of one slot, 32 bytes each: data, stamp, progress. */
export const SLOT_BLOCKS_BYTES: u32 = 96;

/** One message of the property mailbox, in cache lines of its own. */
export const MAILBOX: u32 = 0;
export const MAILBOX_BYTES: u32 = 512;
/** State of the ring for a module that comes later (jack-header.ts). */
export const JACK_HEADER: u32 = MAILBOX + MAILBOX_BYTES;
export const JACK_HEADER_BYTES: u32 = 128;
/** The number of the last block played; the engine writes it. */
export const JACK_PROGRESS: u32 = JACK_HEADER + JACK_HEADER_BYTES;
export const JACK_PROGRESS_BYTES: u32 = 64;
/** For each slot the number of the block in it, which its progress control block copies to JACK_PROGRESS. */
export const JACK_NUMBERS: u32 = JACK_PROGRESS + JACK_PROGRESS_BYTES;
/** For each slot the system timer at its end, written by the engine (on a board; a capture has them in its log). */
export const JACK_STAMPS: u32 = JACK_NUMBERS + SLOTS * 4;
export const JACK_BLOCKS: u32 = JACK_STAMPS + SLOTS * 4;
export const JACK_DATA: u32 = JACK_BLOCKS + SLOTS * SLOT_BLOCKS_BYTES;
export const WINDOW_USED: u32 = JACK_DATA + SLOTS * SLOT_BYTES;

let base: u32 = 0;

/** Physical address of `offset` in the DMA window. */
export function windowAddress(offset: u32): u32 {
  if (!base) base = <u32>info(Info.DmaBase);
  return base + offset;
}

/** Physical address of the descriptor that a host may have put into the window's last KiB (jack-memory.ts). */
export function descriptorAddress(): u32 {
  return windowAddress(<u32>info(Info.DmaBytes) - DESCRIPTOR_FROM_END);
}
