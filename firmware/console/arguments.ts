// What stands behind a command: words divided by spaces, numbers, or all the rest as one path.

/** What `wordNumber` answers to a word that is no number. */
export const NO_NUMBER: i64 = i64.MIN_VALUE;
const SPACE: u8 = 0x20;
const QUOTE: u8 = 0x22;
/** More digits than any number has that a command takes. */
const MOST_DIGITS: i32 = 12;

let at: usize = 0;
let stop: usize = 0;
/** The last word or path; 0 bytes long when there was none. */
export let wordText: usize = 0;
export let wordBytes: i32 = 0;

/** Begins with a line, which must stay. */
export function beginArguments(ptr: usize, bytes: i32): void {
  at = ptr;
  stop = ptr + bytes;
  while (stop > at && load<u8>(stop - 1) === SPACE) stop--;
}

/** Goes on to the next word; false at the end. */
export function nextWord(): bool {
  skipSpaces();
  wordText = at;
  while (at < stop && load<u8>(at) !== SPACE) at++;
  wordBytes = <i32>(at - wordText);
  return wordBytes > 0;
}

/** Takes all the rest as one word, without quotes around it; false when there is nothing. */
export function restAsWord(): bool {
  skipSpaces();
  wordText = at;
  wordBytes = <i32>(stop - at);
  at = stop;
  if (wordBytes > 1 && load<u8>(wordText) === QUOTE && load<u8>(stop - 1) === QUOTE) {
    wordText++;
    wordBytes -= 2;
  }
  return wordBytes > 0;
}

/** Whether nothing is left. */
export function noMore(): bool {
  skipSpaces();
  return at === stop;
}

function skipSpaces(): void {
  while (at < stop && load<u8>(at) === SPACE) at++;
}

/** Whether the last word is this one, in letters of ASCII. */
export function isWord(text: string): bool {
  if (text.length !== wordBytes) return false;
  for (let i = 0; i < wordBytes; i++) if (<i32>load<u8>(wordText + i) !== text.charCodeAt(i)) return false;
  return true;
}

/** The last word as a number: decimal with a sign, or hexadecimal behind 0x. */
export function wordNumber(): i64 {
  const end = wordText + wordBytes;
  const isHex = wordBytes > 2 && (load<u16>(wordText) | 0x2000) === 0x7830;
  return isHex ? hexadecimal(wordText + 2, end) : decimal(wordText, end, 0);
}

/** The last word as a number with up to `decimals` digits behind the point, times 10^`decimals`. */
export function wordFixed(decimals: i32): i64 {
  return decimal(wordText, wordText + wordBytes, decimals);
}

/** The last word as a time, in seconds: 90, 1:30 or 1:01:30. */
export function wordSeconds(): i64 {
  return secondsOf(wordText, wordText + wordBytes);
}

/** What stands behind the last word's first character as a time, in seconds. */
export function wordSecondsBehindSign(): i64 {
  return secondsOf(wordText + 1, wordText + wordBytes);
}

function secondsOf(from: usize, end: usize): i64 {
  let total: i64 = 0;
  let parts = 0;
  while (true) {
    let colon = from;
    while (colon < end && load<u8>(colon) !== 0x3a) colon++;
    const value = decimal(from, colon, 0);
    if (value < 0 || load<u8>(from) === 0x2b || ++parts > 3 || (parts > 1 && value > 59)) return NO_NUMBER;
    total = total * 60 + value;
    if (colon === end) return total;
    from = colon + 1;
  }
}

function hexadecimal(from: usize, end: usize): i64 {
  let value: i64 = 0;
  if (<i32>(end - from) > MOST_DIGITS) return NO_NUMBER;
  for (; from < end; from++) {
    const byte = <i32>load<u8>(from);
    const letter = (byte | 0x20) - 0x61;
    const digit = <u32>(byte - 0x30) < 10 ? byte - 0x30 : <u32>letter < 6 ? letter + 10 : -1;
    if (digit < 0) return NO_NUMBER;
    value = (value << 4) | digit;
  }
  return value;
}

function decimal(from: usize, end: usize, decimals: i32): i64 {
  const isNegative = from < end && load<u8>(from) === 0x2d;
  if (isNegative || (from < end && load<u8>(from) === 0x2b)) from++;
  if (from === end || <i32>(end - from) > MOST_DIGITS) return NO_NUMBER;
  let value: i64 = 0;
  let behind = -1;
  let digits = 0;
  for (; from < end; from++) {
    const digit = <i32>load<u8>(from) - 0x30;
    if (digit === -2 && behind < 0 && decimals > 0) {
      behind = 0;
      continue;
    }
    if (<u32>digit > 9 || behind === decimals) return NO_NUMBER;
    value = value * 10 + digit;
    digits++;
    if (behind >= 0) behind++;
  }
  if (!digits) return NO_NUMBER;
  for (let missing = max(behind, 0); missing < decimals; missing++) value *= 10;
  return isNegative ? -value : value;
}
