// What a program without a console tells a test.

import { send } from '../../drivers/board';

const line = memory.data(64);

/** Sends `name` and the number as a line. `name` ends in whatever is to stand between them, `=` mostly. */
export function say(name: string, value: i64): void {
  let at = String.UTF8.encodeUnsafe(changetype<usize>(name), name.length, line);
  const text = value.toString();
  at += String.UTF8.encodeUnsafe(changetype<usize>(text), text.length, line + at);
  store<u8>(line + at, 10);
  send(line, <i32>at + 1);
}
