// player.ini, the boot settings: a line each, `key = value`, `#` begins a comment. What a line sets is valid for all
// that follow; the last one wins. A line that is not understood is noted with its number and changes nothing.
//
//   jack      = auto | pwm1 | capture    which output; auto: by what is found on the board
//   pace      = real | free              capture only: at the speed of sound, or as fast as it is taken
//   volume_db = -100.0 ... 0             at start, in decibels; default -20, so that the first sound is never loud
//   records   = on | off                 print records for programs beside the text for people
//   crc       = on | off                 sum the decoded frames of each track
//   at_end    = stay | exit              after the last track
//   demo      = on | off                 play the firmware's own piece where there are no tracks

import { JackSetting } from '../drivers/jack-probe';

/** What is wrong with a line. */
export const enum SettingProblem {
  UnknownKey = 1,
  BadValue = 2,
  /** Neither empty nor a comment nor `key = value`. */
  NotASetting = 3,
  TooLong = 4,
}

/** What is wrong with a line, for people. */
export function settingProblemText(problem: SettingProblem): string {
  if (problem === SettingProblem.UnknownKey) return 'unknown key';
  if (problem === SettingProblem.BadValue) return 'value not allowed';
  if (problem === SettingProblem.NotASetting) return 'not "key = value"';
  return 'line too long';
}

/** Bytes of a line, spaces and comment left out. */
const MAX_LINE: i32 = 128;
/** Problems that are kept; the rest are only counted. */
export const MAX_PROBLEMS: i32 = 16;
/** Bytes of one kept problem: line number, SettingProblem, where the line begins, its bytes. */
const PROBLEM_BYTES: i32 = 16;
const kept = memory.data(16 * 16);

const DEFAULT_VOLUME: i32 = -200;
const LOWEST_VOLUME: i32 = -1000;
const NO_VALUE: i32 = i32.MIN_VALUE;

/** The settings, and what was wrong with the text they came from. */
export class Settings {
  jack: JackSetting = JackSetting.Auto;
  /** `pace = free`. */
  free: bool = false;
  /** Tenths of a decibel, -1000 to 0. */
  volumeTenths: i32 = DEFAULT_VOLUME;
  records: bool = false;
  crc: bool = false;
  /** `at_end = exit`. */
  exitAtEnd: bool = false;
  demo: bool = true;
  /** How many lines were wrong; the first MAX_PROBLEMS of them are described below. */
  problems: i32 = 0;

  private text: usize = 0;

  /** Puts everything back and reads `length` bytes of UTF-8 at `text`, which must stay until problems are told. */
  parse(text: usize, length: i32): void {
    this.jack = JackSetting.Auto;
    this.free = false;
    this.volumeTenths = DEFAULT_VOLUME;
    this.records = false;
    this.crc = false;
    this.exitAtEnd = false;
    this.demo = true;
    this.problems = 0;
    this.text = text;
    const end = text + length;
    // Editors on Windows begin a file with a byte order mark.
    let at = text;
    if (length >= 3 && load<u16>(text) === 0xbbef && load<u8>(text, 2) === 0xbf) at += 3;
    for (let line = 1; at < end; line++) {
      const start = at;
      while (at < end && load<u8>(at) !== 0x0a) at++;
      const problem = this.parseLine(start, at);
      if (problem) this.note(line, problem, start, <i32>(at - start));
      at++;
    }
  }

  /** Number of the line with the problem `index`, the first is 1. */
  problemLine(index: i32): i32 {
    return load<i32>(kept + index * PROBLEM_BYTES);
  }

  problem(index: i32): SettingProblem {
    return load<i32>(kept + index * PROBLEM_BYTES, 4);
  }

  /** Where the line stands in the text that was parsed, and its bytes, without the line end. */
  problemStart(index: i32): usize {
    return this.text + load<i32>(kept + index * PROBLEM_BYTES, 8);
  }

  problemBytes(index: i32): i32 {
    return load<i32>(kept + index * PROBLEM_BYTES, 12);
  }

  private note(line: i32, problem: i32, start: usize, bytes: i32): void {
    if (this.problems < MAX_PROBLEMS) {
      const at = kept + this.problems * PROBLEM_BYTES;
      store<i32>(at, line);
      store<i32>(at, problem, 4);
      store<i32>(at, <i32>(start - this.text), 8);
      store<i32>(at, bytes - (bytes > 0 && load<u8>(start + bytes - 1) === 0x0d ? 1 : 0), 12);
    }
    this.problems++;
  }

  /** 0, or what is wrong with the line from `start` to `end`. */
  private parseLine(start: usize, end: usize): i32 {
    start = skipSpaces(start, end);
    let stop = start;
    let equals: usize = 0;
    for (; stop < end; stop++) {
      const byte = load<u8>(stop);
      if (byte === 0x23) break;
      if (byte === 0x3d && !equals) equals = stop;
    }
    stop = trimSpaces(start, stop);
    if (start === stop) return 0;
    if (stop - start > <usize>MAX_LINE) return SettingProblem.TooLong;
    const keyEnd = equals ? trimSpaces(start, equals) : start;
    if (keyEnd === start) return SettingProblem.NotASetting;
    return this.assign(start, keyEnd, skipSpaces(equals + 1, stop), stop);
  }

  private assign(key: usize, keyEnd: usize, value: usize, end: usize): i32 {
    let chosen = 0;
    if (isWord(key, keyEnd, 'jack')) {
      chosen = choice(value, end, 'auto', 'pwm1', 'capture');
      if (chosen >= 0)
        this.jack = chosen === 0 ? JackSetting.Auto : chosen === 1 ? JackSetting.Pwm1 : JackSetting.Capture;
    } else if (isWord(key, keyEnd, 'pace')) {
      chosen = choice(value, end, 'real', 'free', '');
      if (chosen >= 0) this.free = chosen === 1;
    } else if (isWord(key, keyEnd, 'at_end')) {
      chosen = choice(value, end, 'stay', 'exit', '');
      if (chosen >= 0) this.exitAtEnd = chosen === 1;
    } else if (isWord(key, keyEnd, 'volume_db')) {
      const tenths = parseTenths(value, end);
      if (tenths < LOWEST_VOLUME || tenths > 0) return SettingProblem.BadValue;
      this.volumeTenths = tenths;
    } else {
      chosen = choice(value, end, 'off', 'on', '');
      if (isWord(key, keyEnd, 'records')) this.records = chosen < 0 ? this.records : chosen === 1;
      else if (isWord(key, keyEnd, 'crc')) this.crc = chosen < 0 ? this.crc : chosen === 1;
      else if (isWord(key, keyEnd, 'demo')) this.demo = chosen < 0 ? this.demo : chosen === 1;
      else return SettingProblem.UnknownKey;
    }
    return chosen < 0 ? SettingProblem.BadValue : 0;
  }
}

function isSpace(byte: u8): bool {
  return byte === 0x20 || byte === 0x09 || byte === 0x0d;
}

function skipSpaces(start: usize, end: usize): usize {
  while (start < end && isSpace(load<u8>(start))) start++;
  return start;
}

function trimSpaces(start: usize, end: usize): usize {
  while (end > start && isSpace(load<u8>(end - 1))) end--;
  return end;
}

function isWord(start: usize, end: usize, word: string): bool {
  if (<i32>(end - start) !== word.length) return false;
  for (let i = 0; i < word.length; i++) {
    if (<i32>load<u8>(start + i) !== word.charCodeAt(i)) return false;
  }
  return true;
}

/** Which of the words it is; -1 for none. An empty word matches nothing, for values are not empty. */
function choice(start: usize, end: usize, first: string, second: string, third: string): i32 {
  if (start >= end) return -1;
  if (isWord(start, end, first)) return 0;
  if (isWord(start, end, second)) return 1;
  return isWord(start, end, third) ? 2 : -1;
}

/** A decimal number in tenths, rounded to the nearest; NO_VALUE if it is none or beyond a thousand. */
function parseTenths(start: usize, end: usize): i32 {
  const negative = start < end && load<u8>(start) === 0x2d;
  if (negative || (start < end && load<u8>(start) === 0x2b)) start++;
  let tenths = 0;
  let digits = 0;
  let decimals = -1; // before the point
  for (; start < end; start++) {
    const digit = <i32>load<u8>(start) - 0x30;
    if (digit === -2 && decimals < 0) {
      decimals = 0;
      continue;
    }
    if (digit < 0 || digit > 9) return NO_VALUE;
    digits++;
    if (decimals < 0) {
      tenths = tenths * 10 + digit * 10;
    } else if (decimals === 0) {
      tenths += digit;
      decimals = 1;
    } else if (decimals === 1) {
      if (digit >= 5) tenths++;
      decimals = 2;
    }
    if (tenths > 10000) return NO_VALUE;
  }
  if (digits === 0) return NO_VALUE;
  return negative ? -tenths : tenths;
}
