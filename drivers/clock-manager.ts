// Clock generators. BCM2711 ARM Peripherals, 5.4 (General Purpose GPIO Clocks) gives the registers' form; the PWM and
// UART generators and this chip's sources are as Linux (bcm2711.dtsi, clk-bcm2835) and circle use them.

import { read32, write32 } from './board';
import { waitFor } from './timer';

const CM: u32 = 0xfe101000;
const CM_PWMCTL: u32 = CM + 0xa0;
const CM_PWMDIV: u32 = CM + 0xa4;
const CM_UARTCTL: u32 = CM + 0xf0;
const CM_UARTDIV: u32 = CM + 0xf4;
const CM_EMMC2CTL: u32 = CM + 0x1d0;
const CM_EMMC2DIV: u32 = CM + 0x1d4;

/** Every write carries it, or is ignored. */
const PASSWD: u32 = 0x5a000000;
/** CM_xCTL. */
const SRC_MASK: u32 = 15;
const ENAB: u32 = 1 << 4;
const KILL: u32 = 1 << 5;
const BUSY: u32 = 1 << 7;
const MASH_MASK: u32 = 3 << 9;
/** CM_xDIV: 12 bits integer above 12 bits fraction. */
const DIVI_SHIFT: u32 = 12;
const DIV_MASK: u32 = 0xffffff;

/** Clock sources (CM_xCTL SRC) and their rates on a BCM2711. */
const SRC_OSCILLATOR: u32 = 1;
const SRC_PLLD: u32 = 6;
const OSCILLATOR_HZ: i64 = 54_000_000;
const PLLD_HZ: i64 = 750_000_000;

/** PLLD / 6 = 125 MHz for the jack: an integer divisor, as a fractional one jitters the carrier. */
const PWM_DIVI: u32 = 6;

/** How long a generator may take to stop, in microseconds. */
const STOP_US: i64 = 10_000;

export const enum ClockError {
  None = 0,
  /** BUSY stayed set, even after KILL. */
  StaysBusy = -1,
}

/**
 * Stops a generator: ENAB off with source and MASH kept, which must not change while it is busy; KILL only if BUSY stays.
 * 0 or a ClockError.
 */
export function stopClock(control: u32): i32 {
  const source = read32(control) & (SRC_MASK | MASH_MASK);
  write32(control, PASSWD | source);
  if (waitFor(control, BUSY, 0, STOP_US)) return ClockError.None;
  write32(control, PASSWD | KILL | source);
  const stopped = waitFor(control, BUSY, 0, STOP_US);
  write32(control, PASSWD | source);
  return stopped ? ClockError.None : ClockError.StaysBusy;
}

/** Stops a generator, sets divisor and source, and starts it. 0 or a ClockError; then it stands still. */
function startClock(control: u32, divisor: u32, source: u32, integer: u32): i32 {
  const stopped = stopClock(control);
  if (stopped < 0) return stopped;
  write32(divisor, PASSWD | (integer << DIVI_SHIFT));
  write32(control, PASSWD | source);
  write32(control, PASSWD | source | ENAB);
  return ClockError.None;
}

/** Whether the PWM generator already runs as `startPwmClock` would have it. */
function pwmClockRuns(): bool {
  return (
    (read32(CM_PWMCTL) & (ENAB | SRC_MASK | MASH_MASK)) === (ENAB | SRC_PLLD) &&
    (read32(CM_PWMDIV) & DIV_MASK) === PWM_DIVI << DIVI_SHIFT
  );
}

/** Runs the clock of PWM0 and PWM1 at PWM_CLOCK_HZ; leaves it alone if it does already. 0 or a ClockError. */
export function startPwmClock(): i32 {
  return pwmClockRuns() ? ClockError.None : startClock(CM_PWMCTL, CM_PWMDIV, SRC_PLLD, PWM_DIVI);
}

/**
 * The rate of a generator in Hz from its own registers, 0 when it stands still or its source is not known.
 * `control` and `divisor` are the addresses of its two registers.
 */
export function clockHz(control: u32, divisor: u32): i32 {
  const state = read32(control);
  if (!(state & ENAB)) return 0;
  const source = state & SRC_MASK;
  const hz = source === SRC_PLLD ? PLLD_HZ : source === SRC_OSCILLATOR ? OSCILLATOR_HZ : 0;
  const parts = <i64>(read32(divisor) & DIV_MASK);
  return parts ? <i32>((hz * 4096 + parts / 2) / parts) : 0;
}

/** The PL011s' clock in Hz, 0 when unknown. For a board whose mailbox answers 0. */
export function uartClockHz(): i32 {
  return clockHz(CM_UARTCTL, CM_UARTDIV);
}

/** EMMC2's base clock in Hz, 0 when unknown. */
export function emmc2ClockHz(): i32 {
  return clockHz(CM_EMMC2CTL, CM_EMMC2DIV);
}
