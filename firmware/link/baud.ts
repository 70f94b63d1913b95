// The line's rate in a session: asked for by the host, tried with a pattern, kept or given up (docs/link.md, Rate).
// While it changes nothing but the answers to the trial goes out.

import { ticks } from '../../drivers/board';
import { Clock, clockRate } from '../../drivers/mailbox';
import { isUartIdle, setUartBaud, uartBaud, uartClock, uartDivisor, UartError } from '../../drivers/pl011';
import { milliseconds } from '../../drivers/timer';
import { holdText, lineBaud, lineFreeAt, lineUnpaced, setLineBaud } from '../console/line';
import { Link } from './protocol';

/** What comes for so long after a change is no byte of the new rate. */
const SETTLE_MS: i64 = 2;
const LINGER_MS: i64 = 50;
/** A made rate may be off by one part in so many. */
const TOLERANCE: i32 = 50;
/** The UART takes 16 cycles of its clock a bit at least. */
const CYCLES_A_BIT: i32 = 16;

const enum State {
  Steady,
  /** To `wanted` when all has left; it is then tried. */
  Leaving,
  /** To `wanted` when all has left; it stays. */
  Returning,
  Trying,
}

let state: i32 = State.Steady;
let wanted: i32 = 0;
let before: i32 = 0;
let until: i64 = 0;
let deafUntil: i64 = 0;
let clock: i32 = 0;

function clockHz(): i32 {
  if (!clock) clock = uartClock(clockRate(Clock.Uart));
  return clock;
}

/** The highest rate that the UART makes. */
export function highestBaud(): i32 {
  return clockHz() / CYCLES_A_BIT;
}

/** Whether frames of data and text must wait. */
export function isBaudChanging(): bool {
  return state !== State.Steady;
}

/** Whether a change waits for all to leave. */
function isBaudLeaving(): bool {
  return state === State.Leaving || state === State.Returning;
}

/** Whether what is received now comes from the change of the rate. */
export function isDeaf(now: i64): bool {
  return now < deafUntil;
}

/** The host asks for a rate. The one that it will be, once the answer has left; 0 when it cannot. */
export function askBaud(baud: i32): i32 {
  if (lineUnpaced) return 0;
  const divisor = uartDivisor(clockHz(), baud);
  if (divisor < 0) return 0;
  const made = uartBaud(clockHz(), divisor);
  if (abs(<i64>made - baud) > baud / TOLERANCE) return 0;
  if (state !== State.Trying) before = lineBaud;
  wanted = made;
  state = State.Leaving;
  holdText(true);
  return made;
}

/** Whether a rate is being tried; patterns are then answered. */
export function isBaudTried(): bool {
  return state === State.Trying;
}

/** The host keeps the rate that is being tried. Whether that is the one in use. */
export function keepBaud(baud: i32): bool {
  if (baud !== lineBaud || isBaudLeaving()) return false;
  steady();
  return true;
}

/** The session is over: the rate at power on holds again, a little later, so that a second goodbye is understood. */
export function resetBaud(now: i64): void {
  if (lineBaud === Link.Baud) {
    steady();
    return;
  }
  wanted = Link.Baud;
  until = now + milliseconds(LINGER_MS);
  state = State.Returning;
  holdText(true);
}

function steady(): void {
  state = State.Steady;
  holdText(false);
}

/** Does what is due; the tick of the next thing. */
export function serviceBaud(now: i64): i64 {
  if (state === State.Steady) return i64.MAX_VALUE;
  if (state !== State.Leaving && now < until) return until;
  if (state === State.Trying) {
    wanted = before;
    state = State.Returning;
  }
  if (now < lineFreeAt() || !isUartIdle()) return now + milliseconds(1);
  if (setUartBaud(clockHz(), lineBaud, wanted) !== UartError.None) return now + milliseconds(1);
  setLineBaud(wanted);
  const changed = ticks();
  deafUntil = changed + milliseconds(SETTLE_MS);
  until = changed + milliseconds(Link.BaudMs);
  if (state === State.Returning) {
    steady();
    return i64.MAX_VALUE;
  }
  state = State.Trying;
  return until;
}
