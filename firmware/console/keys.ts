// Single keys from the console: bytes as a terminal sends them, other keys put together from their sequences: ESC [ D
// or ESC O D, with parameters as in ESC [ 1 ; 5 D and ESC [ 3 ~.
//
// A loop on `nextKey` ends after a few bytes even when there are more: a pasted file must not hold up a step. The rest
// stays with the board, whose event is then still set, so the next step comes at once.
//
// A terminal's report of where its cursor is (ESC [ row ; column R) is no key: it tells how wide the terminal is.

import { takeInput } from './input';

/** What `nextKey` returns beside a character's own code. */
export const enum Key {
  None = 0,
  Backspace = 0x7f,
  Up = 0x141,
  Down = 0x142,
  Right = 0x143,
  Left = 0x144,
  End = 0x146,
  Home = 0x148,
  Delete = 0x183,
  PageUp = 0x185,
  PageDown = 0x186,
  /** Right and left with Ctrl or Alt, or Alt-f and Alt-b. */
  WordRight = 0x1c3,
  WordLeft = 0x1c4,
}

const enum State {
  Plain,
  Escape,
  Sequence,
}

/** A report of fewer columns is F3 with Ctrl, Alt or Shift, which some terminals send the same way. */
const LEAST_COLUMNS: i32 = 20;

/** The terminal's columns, as far as it has told them, 255 at most; 0: it has not. */
export let terminalColumns: i32 = 0;

/** What the terminal has told does not count any more. */
export function forgetColumns(): void {
  terminalColumns = 0;
}

/** Bytes that one loop sees at most. */
const LOOP_BYTES: i32 = 8;
const received = memory.data(8);
let next: i32 = 0;
let count: i32 = 0;
let state: i32 = State.Plain;
/** Parameters of a sequence: the first, and the last of several, which tells Ctrl, Alt and Shift. */
let first: i32 = 0;
let last: i32 = 0;
let separators: i32 = 0;

/** The next key that was pressed, or Key.None when there is none, or as many were told as one step should obey. */
export function nextKey(): i32 {
  while (true) {
    if (next === count) {
      const told = count;
      next = 0;
      count = told ? 0 : takeInput(received, LOOP_BYTES);
      if (!count) return Key.None;
    }
    const byte = <i32>load<u8>(received + next++);
    if (state === State.Escape && (byte === 0x5b || byte === 0x4f)) {
      state = State.Sequence;
      first = 0;
      last = 0;
      separators = 0;
    } else if (state === State.Sequence) {
      if (byte < 0x40) {
        takeParameter(byte);
        continue;
      }
      state = State.Plain;
      const key = sequenceKey(byte);
      if (key) return key;
    } else if (byte === 0x1b) {
      state = State.Escape;
    } else if (byte) {
      const isAlt = state === State.Escape;
      state = State.Plain;
      if (isAlt && byte === 0x62) return Key.WordLeft;
      if (isAlt && byte === 0x66) return Key.WordRight;
      return byte;
    }
  }
}

function takeParameter(byte: i32): void {
  if (byte === 0x3b) {
    separators++;
    last = 0;
    return;
  }
  if (byte < 0x30 || byte > 0x39) return;
  last = min(last * 10 + byte - 0x30, 255);
  if (!separators) first = last;
}

/** The key of a sequence by its last byte, Key.None for one that is not known. */
function sequenceKey(byte: i32): i32 {
  // 1 and 2 are no modifier and Shift.
  if (separators && last > 2 && (byte === 0x43 || byte === 0x44)) return 0x180 | byte;
  if ((byte >= 0x41 && byte <= 0x44) || byte === 0x46 || byte === 0x48) return 0x100 | byte;
  if (byte === 0x52 && separators === 1 && last >= LEAST_COLUMNS) terminalColumns = last;
  if (byte !== 0x7e) return Key.None;
  if (first === 1 || first === 7) return Key.Home;
  if (first === 4 || first === 8) return Key.End;
  return first === 3 || first === 5 || first === 6 ? 0x180 | first : Key.None;
}

/** True while keys wait that were taken from the board already. */
export function keysWaiting(): bool {
  return next < count;
}
