// The small drivers, one call a step: the host puts a call into the DMA window and lets the step run.

import { copyOut, read32, send, write32 } from '../../../drivers/board';
import { clockHz, startPwmClock, stopClock, uartClockHz } from '../../../drivers/clock-manager';
import * as dma from '../../../drivers/dma';
import * as gpio from '../../../drivers/gpio';
import { jackMode, jackSigns } from '../../../drivers/jack-probe';
import * as mailbox from '../../../drivers/mailbox';
import * as uart from '../../../drivers/pl011';
import * as power from '../../../drivers/power';
import { Pwm, PWM1 } from '../../../drivers/pwm';
import * as revision from '../../../drivers/revision';
import * as timer from '../../../drivers/timer';
import { windowAddress } from '../../../drivers/window';
import { ANSWER, ARGUMENTS, CALL, Call, TEXT } from './calls';

const FIFO: u32 = 0xfe20c818;
const block = memory.data(128, 16);
const engine = new dma.DmaChannel(5);
const pwm = new Pwm(PWM1);

function arg(index: u32): i32 {
  return read32(windowAddress(ARGUMENTS) + index * 4);
}

function wide(index: u32): i64 {
  return (<i64>(<u32>arg(index))) | ((<i64>arg(index + 1)) << 32);
}

function clocks(call: i32): i64 {
  switch (call) {
    case Call.StartPwmClock:
      return startPwmClock();
    case Call.StopClock:
      return stopClock(arg(0));
    case Call.ClockHz:
      return clockHz(arg(0), arg(1));
    default:
      return uartClockHz();
  }
}

function dmaEngine(call: i32): i64 {
  switch (call) {
    case Call.BusAddress:
      return dma.busAddress(arg(0));
    case Call.BusRegister:
      return dma.busRegister(arg(0));
    case Call.IsLite:
      return dma.isLite(arg(0)) ? 1 : 0;
    case Call.DmaDebug:
      return dma.dmaDebug(arg(0));
    case Call.ArmEngine:
      return dma.armEngine(arg(0));
    case Call.WriteBlock: {
      const error = dma.writeControlBlock(arg(0), block, arg(2), arg(3), arg(4), arg(5), arg(6));
      if (!error) copyOut(arg(1), block, dma.CONTROL_BLOCK_BYTES);
      return error;
    }
    case Call.EngineUse:
      engine.use(arg(0));
      return 0;
    case Call.EngineSetUp:
      return engine.setUp();
    case Call.EngineStart:
      engine.start(arg(0));
      return 0;
    case Call.EngineActive:
      return engine.active ? 1 : 0;
    case Call.EngineTakeError:
      return engine.takeError() ? 1 : 0;
    case Call.EngineStop:
      return engine.stop();
    default:
      return engine.tearDown();
  }
}

function pins(call: i32): i64 {
  switch (call) {
    case Call.PinAllowed:
      return gpio.pinAllowed(arg(0)) ? 1 : 0;
    case Call.SetPinFunction:
      return gpio.setPinFunction(arg(0), arg(1)) ? 1 : 0;
    case Call.SetPinPull:
      return gpio.setPinPull(arg(0), arg(1)) ? 1 : 0;
    case Call.SetPin:
      return gpio.setPin(arg(0), arg(1) !== 0) ? 1 : 0;
    case Call.PinLevel:
      return gpio.pinLevel(arg(0)) ? 1 : 0;
    case Call.StartLed:
      gpio.startLed();
      return 0;
    default:
      gpio.setLed(arg(0) !== 0);
      return 0;
  }
}

function videoCore(call: i32): i64 {
  switch (call) {
    case Call.BoardRevision:
      return mailbox.boardRevision();
    case Call.SerialNumber:
      return mailbox.serialNumber();
    case Call.ArmMemory:
      return mailbox.armMemoryBytes();
    case Call.FirmwareDate:
      return mailbox.firmwareDate();
    case Call.DmaChannels:
      return mailbox.dmaChannels();
    case Call.ClockRate:
      return mailbox.clockRate(arg(0));
    case Call.ClockMeasured:
      return mailbox.clockMeasured(arg(0));
    case Call.ClockMax:
      return mailbox.clockMax(arg(0));
    case Call.SetClockRate:
      return mailbox.setClockRate(arg(0), arg(1));
    case Call.Temperature:
      return mailbox.temperature();
    default:
      return mailbox.throttled();
  }
}

function serial(call: i32): i64 {
  switch (call) {
    case Call.UartClock:
      return uart.uartClock(wide(0));
    case Call.UartDivisor:
      return uart.uartDivisor(arg(0), arg(1));
    case Call.UartBaud:
      return uart.uartBaud(arg(0), arg(1));
    case Call.SetUartBaud:
      return uart.setUartBaud(arg(0), arg(1), arg(2));
    case Call.TakeUartErrors:
      return uart.takeUartErrors();
    case Call.UartLost:
      return uart.uartLost();
    case Call.UartSent:
      return uart.isUartSent();
    case Call.UartIdle:
      return uart.isUartIdle();
    default:
      for (let i = 0; i < arg(0); i++) store<u8>(block + i, 97 + i);
      return send(block, arg(0));
  }
}

function ends(call: i32): i64 {
  switch (call) {
    case Call.ResetCause:
      return power.resetCause();
    case Call.ArmWatchdog:
      power.armWatchdog(arg(0));
      return 0;
    case Call.FeedWatchdog:
      power.feedWatchdog(arg(0));
      return 0;
    case Call.StopWatchdog:
      power.stopWatchdog();
      return 0;
    case Call.RestartNow:
      power.restartNow();
      return 0;
    case Call.Restart:
      power.restart();
      return 0;
    case Call.PowerOff:
      power.powerOff();
      return 0;
    default:
      power.end(arg(0));
      return 0;
  }
}

function waves(call: i32): i64 {
  switch (call) {
    case Call.PwmStart:
      pwm.start(arg(0));
      return 0;
    case Call.PwmStop:
      pwm.stop();
      return 0;
    case Call.PwmClearFifo:
      pwm.clearFifo();
      return 0;
    case Call.PwmTakeFlags:
      return pwm.takeFlags();
    case Call.PwmClearFlags:
      pwm.clearFlags();
      return 0;
    default:
      write32(FIFO, arg(0));
      return 0;
  }
}

function revisions(call: i32): i64 {
  switch (call) {
    case Call.BoardType:
      return revision.boardType(arg(0));
    case Call.BoardMemory:
      return revision.boardMemoryMiB(arg(0));
    case Call.BoardMinor:
      return revision.boardMinor(arg(0));
    case Call.IsSupported:
      return revision.isSupported(arg(0)) ? 1 : 0;
    default: {
      const name = revision.boardName(arg(0));
      const bytes = <i32>String.UTF8.encodeUnsafe(changetype<usize>(name), name.length, block);
      copyOut(windowAddress(TEXT), block, 64);
      return bytes;
    }
  }
}

function times(call: i32): i64 {
  switch (call) {
    case Call.TickRate:
      return timer.tickRate();
    case Call.Microseconds:
      return timer.microseconds(wide(0));
    case Call.Milliseconds:
      return timer.milliseconds(wide(0));
    case Call.ToMicroseconds:
      return timer.toMicroseconds(wide(0));
    case Call.SystemMicroseconds:
      return timer.systemMicroseconds();
    case Call.Delay:
      timer.delay(wide(0));
      return 0;
    default:
      return timer.waitFor(arg(0), arg(1), arg(2), arg(3)) ? 1 : 0;
  }
}

function answerOf(call: i32): i64 {
  if (call < Call.BusAddress) return clocks(call);
  if (call < Call.PinAllowed) return dmaEngine(call);
  if (call < Call.BoardRevision) return pins(call);
  if (call < Call.UartClock) return videoCore(call);
  if (call < Call.ResetCause) return serial(call);
  if (call < Call.PwmStart) return ends(call);
  if (call < Call.BoardType) return waves(call);
  if (call < Call.TickRate) return revisions(call);
  if (call < Call.JackSigns) return times(call);
  return call === Call.JackSigns ? jackSigns() : jackMode(arg(0), arg(1));
}

export function start(_generation: i32): void {}

export function step(_events: i32): i64 {
  const at = windowAddress(CALL);
  const call = read32(at);
  if (!call) return 0;
  const answer = answerOf(call);
  write32(windowAddress(ANSWER), <u32>answer);
  write32(windowAddress(ANSWER) + 4, <u32>(answer >> 32));
  write32(at, Call.None);
  return 0;
}
