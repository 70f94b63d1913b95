// The keys of player.ini with what each allows, and the values that lines have given them. `player/player.ini`
// explains the same keys to people.

/** The keys, in the order of SYNTAX. */
export const enum Setting {
  Jack,
  Pace,
  VolumeDb,
  Records,
  Crc,
  AtEnd,
  Demo,
  Order,
  Repeat,
  Playlist,
  Resume,
  VolumeLimitDb,
  PinPlay,
  PinNext,
  PinPrevious,
  PinVolumeUp,
  PinVolumeDown,
  PinEncoderA,
  PinEncoderB,
  PinLed,
  ButtonPull,
  ButtonActive,
  EncoderPull,
  LedActive,
  DebounceMs,
  HoldMs,
  RepeatMs,
  EncoderSteps,
  EncoderDb,
  LinkModules,
  LinkPeek,
  OnFault,
  Count,
}

/**
 * A line a key: its name, its kind, its default, what it allows.
 *
 *   =  one of the words; the value is its number, from 0
 *   !  a decimal number from least to most, rounded to tenths; the value and these are tenths
 *   ,  a whole number from least to most
 *   #  a pin of the header, or `off`: -1
 *   /  a path, kept elsewhere; the value counts those given
 */
const SYNTAX = `jack=0 auto pwm1 capture
pace=0 real free
volume_db!-200 -1000 0
records=0 off on
crc=0 off on
at_end=0 stay exit
demo=1 off on
order=0 natural shuffle
repeat=0 off all one
playlist/0
resume/0
volume_limit_db!0 -1000 0
pin_play#17
pin_next#27
pin_previous#22
pin_volume_up#23
pin_volume_down#24
pin_encoder_a#5
pin_encoder_b#6
pin_led#-1
button_pull=1 none up down
button_active=0 low high
encoder_pull=1 none up down
led_active=1 low high
debounce_ms,10 1 100
hold_ms,700 200 5000
repeat_ms,200 50 2000
encoder_steps=2 1 2 4
encoder_db!10 1 60
link.modules=1 off on
link.peek=1 off on
on_fault=0 restart stop
`;

const NEWLINE: u16 = 0x0a;
const SPACE: u16 = 0x20;
/** What stands between words and numbers comes before it, and the dot, which is part of keys. */
const ZERO: u8 = 0x30;
const DOT: u8 = 0x2e;
const WORDS: u16 = 0x3d;
const PIN: u16 = 0x23;
const TENTHS: u16 = 0x21;
const PATH: u16 = 0x2f;

/** Pins that a header has for others: 0 and 1 are the HAT's memory, 14 and 15 the console. */
const LAST_PIN: i32 = 27;
const TAKEN_PINS: i32 = (1 << 0) | (1 << 1) | (1 << 14) | (1 << 15);
/** What a number has at most before it is held against its limits. */
const LARGEST: i32 = 1000000;

/** What the functions below answer to a value that is not allowed. */
export const NO_VALUE: i32 = i32.MIN_VALUE;

const values = memory.data(4 * 32);
/** A character of SYNTAX: the place that is being read. */
let cursor: usize = 0;

/** The value of a key; see SYNTAX for its unit. */
export function settingValue(key: i32): i32 {
  return load<i32>(values + (key << 2));
}

/** Gives a key a value, which must be allowed. */
export function setValue(key: i32, value: i32): void {
  store<i32>(values + (key << 2), value);
}

/** True for keys of pins. */
export function isPin(key: i32): bool {
  return key >= Setting.PinPlay && key <= Setting.PinLed;
}

/** Puts every key at its default. */
export function setDefaults(): void {
  cursor = changetype<usize>(SYNTAX);
  for (let key = 0; key < Setting.Count; key++) {
    toKind();
    setValue(key, nextNumber());
    toNextLine();
  }
}

/** The default of a key. */
export function defaultValue(key: i32): i32 {
  cursor = changetype<usize>(SYNTAX);
  while (key--) toNextLine();
  toKind();
  return nextNumber();
}

/** The key named by the bytes from `start` to `end`, or -1. `allowedValue` then reads a value of it. */
export function findSetting(start: usize, end: usize): i32 {
  cursor = changetype<usize>(SYNTAX);
  for (let key = 0; key < Setting.Count; key++) {
    if (isNext(start, end) && !isLetter(load<u16>(cursor))) return key;
    toNextLine();
  }
  return -1;
}

/** The value in the bytes from `start` to `end` of the key that was found last; NO_VALUE if not allowed, or a path. */
export function allowedValue(start: usize, end: usize): i32 {
  const kind = load<u16>(cursor);
  nextNumber();
  if (kind === WORDS) return wordNumber(start, end);
  if (kind === PATH) return NO_VALUE;
  if (kind === PIN) {
    if (<i32>(end - start) === 3 && load<u16>(start) === 0x666f && load<u8>(start, 2) === 0x66) return -1;
    const pin = parseNumber(start, end, false);
    return pin < 0 || pin > LAST_PIN || (TAKEN_PINS >> pin) & 1 ? NO_VALUE : pin;
  }
  // What is out of range must not come into it by rounding.
  const isTenths = kind === TENTHS;
  const scale = isTenths ? 10 : 1;
  const value = parseNumber(start, end, isTenths);
  const least = nextNumber() * scale;
  if (value < least || value > nextNumber() * scale) return NO_VALUE;
  return isTenths ? (value + (value < 0 ? -5 : 5)) / 10 : value;
}

/** Which of the words after the cursor it is. */
function wordNumber(start: usize, end: usize): i32 {
  for (let word = 0; load<u16>(cursor) !== NEWLINE; word++) {
    cursor += 2;
    if (isNext(start, end) && load<u16>(cursor) <= SPACE) return word;
    while (load<u16>(cursor) > SPACE) cursor += 2;
  }
  return NO_VALUE;
}

/** Whether SYNTAX goes on with this word, of one letter or more; if so the cursor stands behind it. */
function isNext(start: usize, end: usize): bool {
  if (start === end) return false;
  let at = cursor;
  for (; start < end; start++) {
    const byte = load<u8>(start);
    if ((byte < ZERO && byte !== DOT) || <u16>byte !== load<u16>(at)) return false;
    at += 2;
  }
  cursor = at;
  return true;
}

function isLetter(char: u16): bool {
  return char >= 0x5f || char === DOT;
}

function toKind(): void {
  while (isLetter(load<u16>(cursor))) cursor += 2;
}

function toNextLine(): void {
  while (load<u16>(cursor) !== NEWLINE) cursor += 2;
  cursor += 2;
}

/** The number behind the character at the cursor, which then stands behind the number. */
function nextNumber(): i32 {
  cursor += 2;
  const negative = load<u16>(cursor) === 0x2d;
  if (negative) cursor += 2;
  let value = 0;
  while (true) {
    const digit = <i32>load<u16>(cursor) - 0x30;
    if (<u32>digit > 9) return negative ? -value : value;
    value = value * 10 + digit;
    cursor += 2;
  }
}

/**
 * A decimal number in hundredths, one more if anything follows a hundredth of 0; or a whole one. NO_VALUE if it is none
 * or very large.
 */
function parseNumber(start: usize, end: usize, inHundredths: bool): i32 {
  const negative = start < end && load<u8>(start) === 0x2d;
  if (negative || (start < end && load<u8>(start) === 0x2b)) start++;
  const one = inHundredths ? 100 : 1;
  let value = 0;
  let digits = 0;
  let decimals = -1; // before the point
  for (; start < end; start++) {
    const digit = <i32>load<u8>(start) - 0x30;
    if (digit === -2 && decimals < 0 && inHundredths) {
      decimals = 0;
      continue;
    }
    if (digit < 0 || digit > 9) return NO_VALUE;
    digits++;
    if (decimals < 0) {
      value = value * 10 + digit * one;
    } else if (decimals === 0) {
      value += digit * 10;
      decimals = 1;
    } else if (decimals === 1) {
      value += digit;
      decimals = 2;
    } else if (digit && value % 10 === 0) {
      value++;
    }
    if (value > LARGEST) return NO_VALUE;
  }
  if (digits === 0) return NO_VALUE;
  return negative ? -value : value;
}
