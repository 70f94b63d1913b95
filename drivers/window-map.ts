// What the drivers keep in the DMA window, as a chain: each offset is the end of the one before. The window is
// `info(Info.DmaBytes)` long; drivers grow from its start, so whoever needs memory of their own there (a crash
// record, say) takes it from the end, above WINDOW_USED and below the capture's descriptor. This file is compiled into
// the firmware by asc and imported by the host, which follows the ring.

/** Blocks that the jack's ring holds, and stereo pairs of 32-bit words in each at most. */
export const SLOTS = 128;
export const SLOT_PAIRS = 512;
/** A block's header, which only a capture through memory gets; with it and its words a block has SLOT_BYTES at most. */
export const SLOT_HEADER_BYTES = 32;
export const SLOT_BYTES = SLOT_HEADER_BYTES + SLOT_PAIRS * 8;
/** Control blocks of one slot, 32 bytes each: data, stamp, progress. */
export const SLOT_BLOCKS_BYTES = 96;

/** One message of the property mailbox, in cache lines of its own. */
export const MAILBOX = 0;
export const MAILBOX_BYTES = 512;
/** State of the ring for a module that comes later (jack-header.ts). */
export const JACK_HEADER = MAILBOX + MAILBOX_BYTES;
export const JACK_HEADER_BYTES = 128;
/** The number of the last block played; the engine writes it. */
export const JACK_PROGRESS = JACK_HEADER + JACK_HEADER_BYTES;
export const JACK_PROGRESS_BYTES = 64;
/** For each slot the number of the block in it, which its progress control block copies to JACK_PROGRESS. */
export const JACK_NUMBERS = JACK_PROGRESS + JACK_PROGRESS_BYTES;
/** For each slot the system timer at its end, written by the engine (on a board; a capture has them in its log). */
export const JACK_STAMPS = JACK_NUMBERS + SLOTS * 4;
export const JACK_BLOCKS = JACK_STAMPS + SLOTS * 4;
export const JACK_DATA = JACK_BLOCKS + SLOTS * SLOT_BLOCKS_BYTES;
/** What a module leaves for the one after it (`Info.StateBase`); written as firmware/swap/state.ts has it. */
export const STATE = JACK_DATA + SLOTS * SLOT_BYTES;
export const STATE_BYTES = 4096;
/** The numbers of the serial line's session (firmware/link/session-record.ts). */
export const LINK_STATE = STATE + STATE_BYTES;
export const LINK_STATE_BYTES = 64;
/** Where another kernel image is put together for `chain`. */
export const NEXT_IMAGE = LINK_STATE + LINK_STATE_BYTES;
export const NEXT_IMAGE_BYTES = 1024 * 1024;
/** The report of the last fault, which outlives a warm reset (boot/crash.S): words at these offsets, then its text. */
export const CRASH = NEXT_IMAGE + NEXT_IMAGE_BYTES;
export const CRASH_BYTES = 4096;
/** CRASH_WHOLE when there is one. */
export const CRASH_MARK = 0;
export const CRASH_LENGTH = 4;
/** CRC-32 of the text. */
export const CRASH_SUM = 8;
/** CRASH_RESTART when a fault is to restart the board; the program writes it. */
export const CRASH_RULE = 12;
export const CRASH_TEXT = 16;
export const CRASH_TEXT_BYTES = CRASH_BYTES - CRASH_TEXT;
export const CRASH_WHOLE = 0x4d434153;
export const CRASH_RESTART = 0x4d525354;
export const WINDOW_USED = CRASH + CRASH_BYTES;
