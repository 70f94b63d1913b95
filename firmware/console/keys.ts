// Single keys from the console: bytes as a terminal sends them, arrow keys put together from their sequences
// (ESC [ D or ESC O D; parameters, as in ESC [ 1 ; 5 D, are read over).
//
// A loop on `nextKey` ends after a few bytes even when there are more: a pasted file must not hold up a step. The rest
// stays with the board, whose event is then still set, so the next step comes at once.

import { Queue, take } from '../../drivers/board';

/** What `nextKey` returns beside a character's own code. */
export const enum Key {
  None = 0,
  Up = 0x141,
  Down = 0x142,
  Right = 0x143,
  Left = 0x144,
}

const enum State {
  Plain,
  Escape,
  Sequence,
}

/** Bytes that one loop sees at most. */
const LOOP_BYTES: i32 = 8;
const received = memory.data(8);
let next: i32 = 0;
let count: i32 = 0;
let state: i32 = State.Plain;

/** The next key that was pressed, or Key.None when there is none, or as many were told as one step should obey. */
export function nextKey(): i32 {
  while (true) {
    if (next === count) {
      const told = count;
      next = 0;
      count = told ? 0 : take(Queue.Uart, received, LOOP_BYTES);
      if (!count) return Key.None;
    }
    const byte = <i32>load<u8>(received + next++);
    if (state === State.Escape && (byte === 0x5b || byte === 0x4f)) {
      state = State.Sequence;
    } else if (state === State.Sequence) {
      if (byte < 0x40) continue; // a parameter
      state = State.Plain;
      if (byte >= 0x41 && byte <= 0x44) return 0x100 | byte;
    } else if (byte === 0x1b) {
      state = State.Escape;
    } else if (byte) {
      state = State.Plain;
      return byte;
    }
  }
}

/** True while keys wait that were taken from the board already. */
export function keysWaiting(): bool {
  return next < count;
}
