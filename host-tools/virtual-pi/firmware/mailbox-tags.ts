// The firmware's answers to property messages. Raspberry Pi documentation, mailbox property interface.
//
// A message: bytes of all, code, tags, a zero. A tag: number, bytes of its value, bytes of the request, value. The
// answer takes the request's place: code 0x80000000 (0x80000001: could not be read), and in each tag that is known bit
// 31 and the answer's length.

import { EXPANDER_FIRST, EXPANDER_LAST, Expander, POWER_DEVICES, type FirmwareState } from './firmware-state.js';
import { inWindow, type Memory } from '../memory.js';

const DONE = 0x80000000;
const FAILED = 0x80000001;
const HEADER_BYTES = 8;
const TAG_BYTES = 12;

const enum Tag {
  FirmwareDate = 0x00000001,
  BoardModel = 0x00010001,
  BoardRevision = 0x00010002,
  Serial = 0x00010004,
  ArmMemory = 0x00010005,
  VideoMemory = 0x00010006,
  PowerGet = 0x00020001,
  PowerSet = 0x00028001,
  ClockGet = 0x00030002,
  ClockSet = 0x00038002,
  ClockMost = 0x00030004,
  ClockLeast = 0x00030007,
  ClockMeasured = 0x00030047,
  Temperature = 0x00030006,
  TemperatureLimit = 0x0003000a,
  ExpanderGet = 0x00030041,
  ExpanderSet = 0x00038041,
  Throttled = 0x00030046,
  NotifyReboot = 0x00030048,
  RebootFlagsGet = 0x00030064,
  RebootFlagsSet = 0x00038064,
  DmaChannels = 0x00060001,
}

/** Whether a message, as it stands in memory, lies in the DMA window from its first byte to its last. */
export function liesInWindow(memory: Memory, physical: number): boolean {
  if (!inWindow(physical, HEADER_BYTES + 4)) return false;
  return inWindow(physical, memory.engineRead(physical) ?? 0);
}

/**
 * Answers the message at `physical`, which lies in the DMA window as a whole. Tells what is wrong with it, as it stands
 * in memory, or undefined.
 */
export function answer(memory: Memory, physical: number, state: FirmwareState): string | undefined {
  const word = (offset: number): number => memory.engineRead(physical + offset) ?? 0;
  const put = (offset: number, value: number): boolean => memory.engineWrite(physical + offset, value >>> 0);
  const fail = (text: string): string => {
    put(4, FAILED);
    return text;
  };
  const bytes = word(0);
  if (bytes & 3 || bytes < HEADER_BYTES + 4) return fail(`a message of ${bytes} bytes`);
  if (word(4) !== 0) return fail('the code of a request is 0');
  let fault: string | undefined;
  let at = HEADER_BYTES;
  for (;;) {
    if (at + 4 > bytes) return fail('a message without the zero at its end');
    const tag = word(at);
    if (tag === 0) break;
    const size = at + TAG_BYTES <= bytes ? word(at + 4) : bytes;
    if (size & 3 || at + TAG_BYTES + size > bytes) return fail(`tag 0x${tag.toString(16)} does not fit the message`);
    const request = Array.from({ length: size / 4 }, (_, i) => word(at + TAG_BYTES + i * 4));
    const reply = replyTo(tag, request, state);
    fault ??= reply?.fault;
    reply?.words.slice(0, size / 4).forEach((value, i) => put(at + TAG_BYTES + i * 4, value));
    if (reply && !reply.unmarked) put(at + 8, DONE | (reply.words.length * 4));
    at += TAG_BYTES + size;
  }
  put(4, DONE);
  return fault;
}

interface Reply {
  readonly words: readonly number[];
  /** Bit 31 of the tag's length stays clear. */
  readonly unmarked?: boolean;
  readonly fault?: string;
}

function replyTo(tag: number, [first = 0, second = 0]: readonly number[], state: FirmwareState): Reply | undefined {
  const words = (...values: number[]): Reply => ({ words: values });
  switch (tag) {
    case Tag.FirmwareDate:
      return words(state.firmwareDate);
    case Tag.BoardModel:
      return words(0);
    case Tag.BoardRevision:
      return words(state.boardRevision);
    case Tag.Serial:
      return words(Number(state.serial & 0xffffffffn), Number(state.serial >> 32n));
    case Tag.ArmMemory:
      return words(state.armMemory.base, state.armMemory.bytes);
    case Tag.VideoMemory:
      return words(state.videoMemory.base, state.videoMemory.bytes);
    case Tag.DmaChannels:
      return words(state.dmaChannels);
    case Tag.Temperature:
      return words(first, state.temperature());
    case Tag.TemperatureLimit:
      return words(first, state.temperatureLimit);
    case Tag.Throttled:
      return words(state.throttled);
    case Tag.NotifyReboot:
      state.rebootNotified = true;
      return words();
    case Tag.RebootFlagsGet:
      return words(state.rebootFlags);
    case Tag.RebootFlagsSet:
      state.rebootFlags = first;
      return words(first);
    case Tag.ClockGet:
    case Tag.ClockMeasured:
      return words(first, state.clocks.get(first)?.rate ?? 0);
    case Tag.ClockMost:
      return words(first, state.clocks.get(first)?.most ?? 0);
    case Tag.ClockLeast:
      return words(first, state.clocks.get(first)?.least ?? 0);
    case Tag.ClockSet:
      return words(first, setClock(state, first, second));
    case Tag.PowerGet:
      return words(first, first < POWER_DEVICES ? (state.power[first] ?? 0) : 2);
    case Tag.PowerSet:
      return words(first, setPower(state, first, second));
    case Tag.ExpanderGet:
    case Tag.ExpanderSet:
      return expander(tag === Tag.ExpanderSet, first, second, state);
    default:
      return undefined;
  }
}

function setClock(state: FirmwareState, id: number, rate: number): number {
  const clock = state.clocks.get(id);
  if (!clock) return 0;
  clock.rate = Math.min(Math.max(rate, clock.least), clock.most);
  return clock.rate;
}

/** Bit 0: on; in the answer bit 1: there is no such device. */
function setPower(state: FirmwareState, device: number, value: number): number {
  if (device >= POWER_DEVICES) return 2;
  state.power[device] = value & 1;
  return value & 1;
}

/** The first word of an answer is 0 where it was done; SET leaves its tag unmarked all the same. */
function expander(set: boolean, pin: number, value: number, state: FirmwareState): Reply {
  if (pin < EXPANDER_FIRST || pin > EXPANDER_LAST) return { words: [1, 0], unmarked: true };
  const index = pin - EXPANDER_FIRST;
  if (!set) return { words: [0, state.expander[index] ?? 0] };
  state.expander[index] = value & 1;
  const reply = { words: [0, value], unmarked: true };
  if (index === Expander.GlobalReset) return { ...reply, fault: 'GLOBAL_RESET of the expander resets the board' };
  if (index === Expander.SdVoltage && value & 1)
    return { ...reply, fault: 'VDD_SD_IO_SEL at 1.8 V makes the next reset a full power cycle' };
  return reply;
}
