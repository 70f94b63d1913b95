// The property mailbox: questions to the VideoCore's firmware. Registers and message form as in the Raspberry Pi
// documentation (mailbox property interface) and circle; channel 8.
//
// One question a message: a tag that fails ends the firmware's walk. The message lies in the DMA window, so no cache
// has to be cleaned. The emulator answers all of these.

import { read32, ticks, write32 } from './board';
import { busAddress } from './dma';
import { microseconds, waitFor } from './timer';
import { MAILBOX, windowAddress } from './window';

const MBOX: u32 = 0xfe00b880;
const READ: u32 = MBOX + 0x00;
const READ_STATUS: u32 = MBOX + 0x18;
const WRITE: u32 = MBOX + 0x20;
const WRITE_STATUS: u32 = MBOX + 0x38;
const EMPTY: u32 = 1 << 30;
const FULL: u32 = 1 << 31;
const PROPERTY_CHANNEL: u32 = 8;
/** An answer takes far less; a program that asks several times in one step must not come to its two seconds. */
const TIMEOUT_US: i64 = 100_000;
const REST_US: i64 = 1_000_000;
/** Messages of others that may lie before the answer. */
const STALE_MOST: i32 = 16;

/** Words of a message: size, code, tag, value size, value length, values, end. */
const CODE: u32 = 4;
const TAG: u32 = 8;
const VALUE_BYTES: u32 = 12;
const VALUE_LENGTH: u32 = 16;
const VALUES: u32 = 20;
const REQUEST: u32 = 0;
const SUCCESS: u32 = 0x80000000;
const ANSWERED: u32 = 1 << 31;

/** What questions answer instead of a value, all negative. */
export const enum MailboxError {
  None = 0,
  /** The mailbox stayed full, or no answer came, within a tenth of a second. */
  Silent = -1,
  /** The firmware could not read the message. */
  Refused = -2,
  /** The firmware does not know this question. */
  Unknown = -3,
}

const enum Tag {
  FirmwareDate = 0x00000001,
  BoardRevision = 0x00010002,
  Serial = 0x00010004,
  ArmMemory = 0x00010005,
  ClockGet = 0x00030002,
  ClockMax = 0x00030004,
  Temperature = 0x00030006,
  Throttled = 0x00030046,
  ClockMeasured = 0x00030047,
  ClockSet = 0x00038002,
  DmaChannels = 0x00060001,
}

/** Clocks by their id. */
export const enum Clock {
  Emmc = 1,
  Uart = 2,
  Arm = 3,
  Core = 4,
  Pwm = 10,
  Emmc2 = 12,
}

/** Bits of `throttled`; the same 16 higher: since boot. */
export const enum Throttled {
  UnderVoltage = 1,
  Capped = 2,
  Throttled = 4,
  SoftLimit = 8,
}

/** Word `index` of the last answer's value. */
function value(index: u32): u32 {
  return read32(windowAddress(MAILBOX) + VALUES + index * 4);
}

/** Until this tick a VideoCore that did not answer is not asked again: each question would wait. */
let restsUntil: i64 = 0;

function rest(): i32 {
  restsUntil = ticks() + microseconds(REST_US);
  return MailboxError.Silent;
}

/** Takes out what others left, and an answer that came too late: it looks like the next question's. */
function dropStale(): void {
  for (let i = 0; i < STALE_MOST && !(read32(READ_STATUS) & EMPTY); i++) read32(READ);
}

/** Asks `tag` with up to three value words, in a value of `words` words. 0 or a MailboxError. */
function ask(tag: u32, words: u32, first: u32 = 0, second: u32 = 0, third: u32 = 0): i32 {
  if (ticks() < restsUntil) return MailboxError.Silent;
  const message = windowAddress(MAILBOX);
  const bytes = words * 4;
  write32(message, VALUES + bytes + 4);
  write32(message + CODE, REQUEST);
  write32(message + TAG, tag);
  write32(message + VALUE_BYTES, bytes);
  write32(message + VALUE_LENGTH, 0);
  for (let i: u32 = 0; i <= words; i++) write32(message + VALUES + i * 4, 0);
  write32(message + VALUES, first);
  if (words > 1) write32(message + VALUES + 4, second);
  if (words > 2) write32(message + VALUES + 8, third);

  const sent = busAddress(message) | PROPERTY_CHANNEL;
  dropStale();
  if (!waitFor(WRITE_STATUS, FULL, 0, TIMEOUT_US)) return rest();
  write32(WRITE, sent);
  for (let i = 0; ; i++) {
    if (i === STALE_MOST || !waitFor(READ_STATUS, EMPTY, 0, TIMEOUT_US)) return rest();
    if (read32(READ) === sent && read32(message + CODE) !== REQUEST) break;
  }
  if (read32(message + CODE) !== SUCCESS) return MailboxError.Refused;
  return read32(message + VALUE_LENGTH) & ANSWERED ? MailboxError.None : MailboxError.Unknown;
}

/** Asks and returns word `index` of the answer, or a MailboxError. */
function askWord(tag: u32, words: u32, index: u32, first: u32 = 0, second: u32 = 0, third: u32 = 0): i64 {
  const error = ask(tag, words, first, second, third);
  return error < 0 ? error : <i64>value(index);
}

/** The revision code (revision.ts takes it apart), or a MailboxError. */
export function boardRevision(): i64 {
  return askWord(Tag.BoardRevision, 1, 0);
}

/** The serial number, or a MailboxError. */
export function serialNumber(): i64 {
  const error = ask(Tag.Serial, 2);
  return error < 0 ? error : ((<i64>value(0)) | ((<i64>value(1)) << 32)) & i64.MAX_VALUE;
}

/** Bytes of memory that are the ARM's in the low bank (from address 0), or a MailboxError. */
export function armMemoryBytes(): i64 {
  return askWord(Tag.ArmMemory, 2, 1);
}

/** The firmware's date in seconds since 1970, or a MailboxError. */
export function firmwareDate(): i64 {
  return askWord(Tag.FirmwareDate, 1, 0);
}

/** The channels that are the ARM's, of the 7 full DMA engines, as bits; or a MailboxError. */
export function dmaChannels(): i64 {
  const channels = askWord(Tag.DmaChannels, 1, 0);
  return channels < 0 ? channels : channels & 0x7f;
}

/** The rate in Hz that a clock is set to; 0 = the firmware does not know. Or a MailboxError. */
export function clockRate(clock: Clock): i64 {
  return askWord(Tag.ClockGet, 2, 1, clock);
}

/** The rate in Hz that a clock was measured at, or a MailboxError. */
export function clockMeasured(clock: Clock): i64 {
  return askWord(Tag.ClockMeasured, 2, 1, clock);
}

/** The highest rate in Hz of a clock, or a MailboxError. */
export function clockMax(clock: Clock): i64 {
  return askWord(Tag.ClockMax, 2, 1, clock);
}

/** Sets a clock and returns the rate in Hz that it has then, or a MailboxError. The emulator changes nothing. */
export function setClockRate(clock: Clock, hz: u32): i64 {
  return askWord(Tag.ClockSet, 3, 1, clock, hz);
}

/** The chip's temperature in thousandths of a degree Celsius, or a MailboxError. */
export function temperature(): i64 {
  return askWord(Tag.Temperature, 2, 1);
}

/** Why the ARM runs slower than it might, as Throttled bits, or a MailboxError. */
export function throttled(): i64 {
  return askWord(Tag.Throttled, 1, 0);
}
