// The line editor by itself: keys go in, what a terminal gets comes out.

import { endLine, flushConsole, print, printNumber } from '../../../firmware/console/console';
import { drawLine, Edited, editKey, endedBytes, lineText } from '../../../firmware/console/editor';
import { nextKey } from '../../../firmware/console/keys';

export { lineBytes, lineCursor, lineText } from '../../../firmware/console/editor';
export { consoleRoom, printLog } from '../../../firmware/console/console';

const ended = memory.data(256);
let bytes: i32 = -1;
let stops: i32 = 0;

/** A step of a program with nothing else to do. True while a line was ended that was not taken. */
export function step(): bool {
  while (bytes < 0) {
    const key = nextKey();
    if (!key) break;
    const edited = editKey(key);
    if (edited === Edited.Stop) stops++;
    if (edited !== Edited.Line) continue;
    bytes = endedBytes();
    memory.copy(ended, lineText(), bytes);
  }
  flushConsole();
  drawLine();
  flushConsole();
  return bytes >= 0;
}

/** Takes the line that was ended: how long it is. */
export function takeEnded(): i32 {
  const taken = bytes;
  bytes = -1;
  return taken;
}
export function endedAt(): usize {
  return ended;
}

/** How often Ctrl-C came. */
export function stopCount(): i32 {
  return stops;
}

/** Prints a line as a program does. */
export function say(number: i32): void {
  print('line ');
  printNumber(number);
  endLine();
}
