// Single keys from the console: bytes as a terminal sends them, arrow keys put together from their sequences
// (ESC [ D or ESC O D; parameters, as in ESC [ 1 ; 5 D, are read over).

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

const received = memory.data(64);
let next: i32 = 0;
let count: i32 = 0;
let state: i32 = State.Plain;

/** The next key that was pressed, or Key.None when the board has no more bytes. */
export function nextKey(): i32 {
  while (true) {
    if (next === count) {
      count = take(Queue.Uart, received, 64);
      next = 0;
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
