// The line that a person is typing, as a terminal shows it: text and cursor, the keys that change them, and the drawing.
//
// Only what every terminal knows is sent: carriage return, backspace, ESC [ K, C, D, H and 2 J. The line takes one row:
// of a longer one the part around the cursor is shown. A code point is taken for one column.
//
// There is no prompt until the first line was begun: who only listens sees nothing of all this.

import { drawByte, isLineDrawn, mayDrawLine, setLineDrawn } from './console';
import { historyBytes, historyCount, historyText, keepInHistory } from './history';
import { Key } from './keys';
import { steers } from './names';
import { askWidth, escape, forgetWidth, LEFT, lineColumns, moveCursor, RIGHT, takeWidth } from './terminal';
import { decodePoint, pointBytes, REPLACEMENT } from './utf8';

/** What a key has led to. */
export const enum Edited {
  Nothing,
  /** A line was ended: `lineText`, `endedBytes`, until the next key or `drawLine`. */
  Line,
  /** Ctrl-C: what runs is to end. */
  Stop,
  /** Tab. */
  Complete,
}

/** The longest line, in bytes. */
const MOST_LINE: i32 = 255;
const SPACE: i32 = 0x20;
const BELL: i32 = 0x07;
const RETURN: i32 = 0x0d;
const NEWLINE: i32 = 0x0a;
const BACKSPACE: i32 = 0x08;

const text = memory.data(256);
/** What was typed before a line from the history took its place. */
const draft = memory.data(256);
/** The bytes so far of a code point. */
const pending = memory.data(4);

let length: i32 = 0;
let cursor: i32 = 0;
/** The first byte that is shown. */
let first: i32 = 0;
let isActive = false;
/** The line was ended, and is cleared with the next key. */
let isOver = false;
/** The last key was a carriage return: a newline behind it ends no other line. */
let wasReturn = false;
let pendingBytes: i32 = 0;
let draftBytes: i32 = 0;
/** The number of the line in the history that is shown; `historyCount`: none. */
let place: i32 = 0;

/** The line, UTF-8. */
export function lineText(): usize {
  return text;
}
/** Its length in bytes. */
export function lineBytes(): i32 {
  return isOver ? 0 : length;
}
/** Where the cursor is, in bytes. */
export function lineCursor(): i32 {
  return isOver ? 0 : cursor;
}
/** The bytes of the line that was just ended. */
export function endedBytes(): i32 {
  return length;
}

/** Draws the line when it is due. Call it in every step in which a line may be typed. */
export function drawLine(): void {
  if (!isActive || (isLineDrawn() ? !takeWidth() : !mayDrawLine())) return;
  if (isOver) begin();
  draw();
}

/** Does what a key asks for. */
export function editKey(key: i32): Edited {
  if (isOver) begin();
  const isSecond = wasReturn && key === NEWLINE;
  wasReturn = key === RETURN;
  if (isSecond) return Edited.Nothing;
  if (key >= 0x80 && key < 0x100) {
    isActive = true;
    takeByte(key);
    return Edited.Nothing;
  }
  pendingBytes = 0;
  if (key >= SPACE && key < Key.Backspace) {
    isActive = true;
    store<u8>(pending, key);
    insert(pending, 1);
    return Edited.Nothing;
  }
  return controlKey(key);
}

function controlKey(key: i32): Edited {
  switch (key) {
    case RETURN:
    case NEWLINE:
      end();
      return Edited.Line;
    case 0x03: // Ctrl-C
      abandon();
      return Edited.Stop;
    case 0x09:
      return Edited.Complete;
    case 0x01: // Ctrl-A
    case Key.Home:
      moveTo(0);
      break;
    case 0x05: // Ctrl-E
    case Key.End:
      moveTo(length);
      break;
    case 0x02: // Ctrl-B
    case Key.Left:
      moveTo(before(cursor));
      break;
    case 0x06: // Ctrl-F
    case Key.Right:
      moveTo(after(cursor));
      break;
    case Key.WordLeft:
      moveTo(wordBefore());
      break;
    case Key.WordRight:
      moveTo(wordAfter());
      break;
    case BACKSPACE:
    case Key.Backspace:
      remove(before(cursor), cursor);
      break;
    case 0x04: // Ctrl-D
    case Key.Delete:
      remove(cursor, after(cursor));
      break;
    case 0x0b: // Ctrl-K
      remove(cursor, length);
      break;
    case 0x15: // Ctrl-U
      remove(0, cursor);
      break;
    case 0x17: // Ctrl-W
      remove(wordBefore(), cursor);
      break;
    case 0x0c: // Ctrl-L
      clearScreen();
      break;
    case Key.Up:
      recall(place - 1);
      break;
    case Key.Down:
      recall(place + 1);
      break;
    default:
      break;
  }
  return Edited.Nothing;
}

/** Replaces the bytes from `from` to the cursor, as completion does. */
export function replaceBefore(from: i32, ptr: usize, bytes: i32): void {
  if (length - (cursor - from) + bytes > MOST_LINE) {
    drawByte(BELL);
    return;
  }
  memory.copy(text + from, text + cursor, length - cursor);
  length -= cursor - from;
  cursor = from;
  put(ptr, bytes);
  redraw();
}

/** Tells that there is nothing to complete. */
export function ringBell(): void {
  drawByte(BELL);
}

function begin(): void {
  isOver = false;
  length = 0;
  cursor = 0;
  first = 0;
  place = historyCount;
}

/** Whether the bytes from `at` on go on with a code point. */
function isInside(at: i32): bool {
  return at < length && (load<u8>(text + at) & 0xc0) === 0x80;
}

function before(at: i32): i32 {
  if (at > 0) at--;
  while (at > 0 && isInside(at)) at--;
  return at;
}

function after(at: i32): i32 {
  if (at < length) at++;
  while (isInside(at)) at++;
  return at;
}

function isSpaceAt(at: i32): bool {
  return load<u8>(text + at) === SPACE;
}

function wordBefore(): i32 {
  let at = cursor;
  while (at > 0 && isSpaceAt(at - 1)) at--;
  while (at > 0 && !isSpaceAt(at - 1)) at--;
  return at;
}

function wordAfter(): i32 {
  let at = cursor;
  while (at < length && isSpaceAt(at)) at++;
  while (at < length && !isSpaceAt(at)) at++;
  return at;
}

/** Takes a byte of a code point of several, and the whole one when it is there. */
function takeByte(byte: i32): void {
  const isFirst = byte >= 0xc2 && byte <= 0xf4;
  if (isFirst) pendingBytes = 0;
  else if (!pendingBytes) return;
  store<u8>(pending + pendingBytes++, byte);
  const lead = <i32>load<u8>(pending);
  if (pendingBytes < (lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4)) return;
  const bytes = pendingBytes;
  pendingBytes = 0;
  const point = decodePoint(pending, bytes);
  if (pointBytes === bytes && point !== REPLACEMENT && !steers(point)) insert(pending, bytes);
}

function put(ptr: usize, bytes: i32): void {
  memory.copy(text + cursor + bytes, text + cursor, length - cursor);
  memory.copy(text + cursor, ptr, bytes);
  cursor += bytes;
  length += bytes;
}

function insert(ptr: usize, bytes: i32): void {
  if (length + bytes > MOST_LINE) {
    drawByte(BELL);
    return;
  }
  put(ptr, bytes);
  if (!isLineDrawn()) return;
  if (cursor === length && columns(first, length) <= lineColumns) drawBytes(cursor - bytes, cursor);
  else draw();
}

function remove(from: i32, to: i32): void {
  if (from === to) return;
  const isLast = to === length && columns(from, to) === 1 && cursor > from && first < from;
  memory.copy(text + from, text + to, length - to);
  length -= to - from;
  cursor = from;
  if (!isLineDrawn()) return;
  if (!isLast) {
    draw();
    return;
  }
  drawByte(BACKSPACE);
  drawByte(SPACE);
  drawByte(BACKSPACE);
}

function moveTo(to: i32): void {
  if (to === cursor) return;
  const from = cursor;
  cursor = to;
  if (!isLineDrawn()) return;
  if (to < first || columns(first, to) > lineColumns) draw();
  else if (to < from) moveCursor(columns(to, from), LEFT);
  else moveCursor(columns(from, to), RIGHT);
}

/** Shows a line of the history, or behind the last the one that was typed. */
function recall(number: i32): void {
  if (number < 0 || number > historyCount) return;
  if (place === historyCount) {
    draftBytes = length;
    memory.copy(draft, text, length);
  }
  place = number;
  isActive = true;
  const isDraft = number === historyCount;
  length = isDraft ? draftBytes : historyBytes(number);
  memory.copy(text, isDraft ? draft : historyText(number), length);
  cursor = length;
  first = 0;
  redraw();
}

/** Enter: the line is over, and kept. */
function end(): void {
  // What was typed while there was no room for it is seen at last.
  if (isActive && !isLineDrawn() && length) draw();
  if (isLineDrawn()) nextRow();
  isActive = true;
  isOver = true;
  keepInHistory(text, length);
}

/** Ctrl-C: the line is given up. */
function abandon(): void {
  if (isLineDrawn()) {
    drawByte(0x5e);
    drawByte(0x43);
    nextRow();
  }
  begin();
}

function nextRow(): void {
  drawByte(RETURN);
  drawByte(NEWLINE);
  setLineDrawn(false);
}

function clearScreen(): void {
  isActive = true;
  forgetWidth();
  escape(2, 0x4a);
  escape(0, 0x48);
  setLineDrawn(false);
}

function redraw(): void {
  if (isLineDrawn()) draw();
}

/** Columns of the bytes from `from` to `to`. */
function columns(from: i32, to: i32): i32 {
  let count = 0;
  for (let at = from; at < to; at++) if (!isInside(at)) count++;
  return count;
}

/** Draws the whole row over what is there, and leaves the terminal's cursor where ours is. */
function draw(): void {
  takeWidth();
  if (cursor < first) first = cursor;
  while (columns(first, cursor) > lineColumns) first = after(first);
  // What was scrolled out comes back as soon as it fits.
  while (first > 0 && columns(before(first), length) <= lineColumns) first = before(first);
  let end = first;
  for (let column = 0; column < lineColumns && end < length; column++) end = after(end);
  drawByte(RETURN);
  askWidth(columns(0, length));
  drawByte(0x3e);
  drawByte(SPACE);
  drawBytes(first, end);
  escape(0, 0x4b);
  moveCursor(columns(cursor, end), LEFT);
  setLineDrawn(true);
}

function drawBytes(from: i32, to: i32): void {
  for (let at = from; at < to; at++) drawByte(<i32>load<u8>(text + at));
}
