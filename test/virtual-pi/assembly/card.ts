// A card as a block device, one call a step: the host puts a call into the DMA window and lets the step run.

import { blockErrorCode, blockErrorText, SECTOR_BYTES, Waiter } from '../../../drivers/block-device';
import { copyIn, copyOut, read32, ticks, write32 } from '../../../drivers/board';
import { SdCard } from '../../../drivers/sd-card';
import { delay, toMicroseconds } from '../../../drivers/timer';
import { windowAddress } from '../../../drivers/window';
import { ANSWER, ARGUMENTS, BLOCKS, CALL, SdCall, TEXT } from './calls';

const MOST: i32 = 128;
const buffer = memory.data(65536, 8);

/** Counts, as an audio pump would run. */
class Pump extends Waiter {
  calls: i32 = 0;
  longest: i64 = 0;
  takes: i64 = 0;
  last: i64 = 0;

  whileWaiting(): void {
    this.calls++;
    const now = ticks();
    if (now - this.last > this.longest) this.longest = now - this.last;
    if (this.takes) delay(this.takes);
    this.last = ticks();
  }
}

const pump = new Pump();
const card = new SdCard();
card.waiter = pump;

function arg(index: u32): i32 {
  return read32(windowAddress(ARGUMENTS) + index * 4);
}

function move(call: i32): i64 {
  const sector = (<i64>(<u32>arg(0))) | ((<i64>arg(1)) << 32);
  const count = arg(2);
  const bytes = count > 0 && count <= MOST ? count * SECTOR_BYTES : 0;
  pump.last = ticks();
  if (call === SdCall.Write) {
    copyIn(windowAddress(BLOCKS), buffer, bytes);
    return card.write(sector, buffer, count);
  }
  const error = card.read(sector, buffer, count);
  copyOut(windowAddress(BLOCKS), buffer, bytes);
  return error;
}

function text(what: i32, error: i32): i64 {
  const string =
    what === 0
      ? card.controllerName
      : what === 1
        ? card.productName
        : what === 2
          ? blockErrorCode(error)
          : blockErrorText(error);
  const bytes = <i32>String.UTF8.encodeUnsafe(changetype<usize>(string), string.length, buffer);
  copyOut(windowAddress(TEXT), buffer, 64);
  return bytes;
}

function answerOf(call: i32): i64 {
  switch (call) {
    case SdCall.Open:
      pump.last = ticks();
      return card.open();
    case SdCall.Read:
    case SdCall.Write:
      return move(call);
    case SdCall.Flush:
      return card.flush();
    case SdCall.Sectors:
      return card.sectors;
    case SdCall.IsWritable:
      return card.isWritable ? 1 : 0;
    case SdCall.BusWidth:
      return card.busWidth;
    case SdCall.IsHighSpeed:
      return card.isHighSpeed ? 1 : 0;
    case SdCall.ClockHz:
      return card.clockHz;
    case SdCall.IsBlockAddressed:
      return card.isBlockAddressed ? 1 : 0;
    case SdCall.SerialNumber:
      return card.serialNumber;
    case SdCall.Retries:
      return card.retries;
    case SdCall.CrcErrors:
      return card.crcErrors;
    case SdCall.Waits: {
      const calls = pump.calls;
      pump.calls = 0;
      return calls;
    }
    case SdCall.LongestWait: {
      const longest = toMicroseconds(pump.longest);
      pump.longest = 0;
      return longest;
    }
    case SdCall.WaiterTakes:
      pump.takes = arg(0);
      return 0;
    default:
      return text(arg(0), arg(1));
  }
}

export function start(_generation: i32): void {}

export function step(_events: i32): i64 {
  const at = windowAddress(CALL);
  const call = read32(at);
  if (!call) return 0;
  const answer = answerOf(call);
  write32(windowAddress(ANSWER), <u32>answer);
  write32(windowAddress(ANSWER) + 4, <u32>(answer >> 32));
  write32(at, SdCall.None);
  return 0;
}
