// player.ini, the settings: a line each, `key = value`, `#` begins a comment. What a line sets is valid for all that
// follow; the last one wins. A line that is not understood is noted with its number and changes nothing. Which keys there
// are, what they mean and allow: player/player.ini.
//
// A pin can serve one thing only. When all is read, of two keys with the same pin the one from the later line goes back
// to its default.

import { JackSetting } from '../drivers/jack-probe';
import { Pull } from '../drivers/gpio';
import { Order, Repeat } from './player/play-mode';
import { MAX_FOLDERS, isPlaylist, isWithin, keepPath, pathAt, pathBytes, readPath } from './setting-paths';
import {
  NO_VALUE,
  Setting,
  allowedValue,
  defaultValue,
  findSetting,
  isPin,
  setDefaults,
  setValue,
  settingValue,
} from './setting-values';

/** What is wrong with a line. */
export const enum SettingProblem {
  UnknownKey = 1,
  BadValue = 2,
  /** Neither empty nor a comment nor `key = value`. */
  NotASetting = 3,
  TooLong = 4,
  /** The pin serves another key already. */
  PinTaken = 5,
  /** `resume` was given as often as it may be. */
  TooMany = 6,
}

/** What is wrong with a line, for people. */
export function settingProblemText(problem: SettingProblem): string {
  if (problem === SettingProblem.UnknownKey) return 'unknown key';
  if (problem === SettingProblem.BadValue) return 'value not allowed';
  if (problem === SettingProblem.NotASetting) return 'not "key = value"';
  if (problem === SettingProblem.PinTaken) return 'pin in use';
  if (problem === SettingProblem.TooMany) return 'too many';
  return 'line too long';
}

/** Bytes of a line, spaces and comment left out. */
const MAX_LINE: i32 = 512;
/** Problems that are kept; the rest are only counted. */
export const MAX_PROBLEMS: i32 = 16;
/** Bytes of one kept problem: line number, SettingProblem, where the line begins, its bytes. */
const PROBLEM_BYTES: i32 = 16;
const kept = memory.data(16 * 16);
/** For each key of a pin, the line that has set it: number, where it begins, its bytes, unused. All 0: by default. */
const pinLines = memory.data(8 * 16);
const PIN_LINE_BYTES: i32 = 16;

/** The settings, and what was wrong with the text they came from. There can be only one. */
export class Settings {
  /** How many lines were wrong; the first MAX_PROBLEMS of them are described below. */
  problems: i32 = 0;

  private text: usize = 0;

  constructor() {
    setDefaults();
  }

  get jack(): JackSetting {
    return settingValue(Setting.Jack);
  }
  /** `pace = free`. */
  get free(): bool {
    return settingValue(Setting.Pace) !== 0;
  }
  /** `volume_db` as it stands there, in tenths of a decibel, -1000 to 0. */
  get volumeDbTenths(): i32 {
    return settingValue(Setting.VolumeDb);
  }
  /** The same as it is obeyed: -1000 to `volumeLimitTenths`. */
  get volumeTenths(): i32 {
    return min(this.volumeDbTenths, this.volumeLimitTenths);
  }
  /** The most that keys and buttons reach, in tenths of a decibel, -1000 to 0. */
  get volumeLimitTenths(): i32 {
    return settingValue(Setting.VolumeLimitDb);
  }
  get records(): bool {
    return settingValue(Setting.Records) !== 0;
  }
  get crc(): bool {
    return settingValue(Setting.Crc) !== 0;
  }
  /** `at_end = exit`. */
  get exitAtEnd(): bool {
    return settingValue(Setting.AtEnd) !== 0;
  }
  get demo(): bool {
    return settingValue(Setting.Demo) !== 0;
  }
  get order(): Order {
    return settingValue(Setting.Order);
  }
  get repeat(): Repeat {
    return settingValue(Setting.Repeat);
  }
  /** The playlist's path from the card's root, UTF-8, without a leading slash; it stays until the next `parse`. */
  get playlist(): usize {
    return pathAt(0);
  }
  /** 0 without a playlist. */
  get playlistBytes(): i32 {
    return settingValue(Setting.Playlist) ? pathBytes(0) : 0;
  }
  get buttonPull(): Pull {
    return settingValue(Setting.ButtonPull);
  }
  /** Whether a pressed button makes its pin high. */
  get buttonHigh(): bool {
    return settingValue(Setting.ButtonActive) !== 0;
  }
  get encoderPull(): Pull {
    return settingValue(Setting.EncoderPull);
  }
  /** Whether the LED is lit while its pin is high. */
  get ledHigh(): bool {
    return settingValue(Setting.LedActive) !== 0;
  }
  get debounceMs(): i32 {
    return settingValue(Setting.DebounceMs);
  }
  get holdMs(): i32 {
    return settingValue(Setting.HoldMs);
  }
  get repeatMs(): i32 {
    return settingValue(Setting.RepeatMs);
  }
  /** Transitions of the encoder from one detent to the next: 1, 2 or 4. */
  get encoderSteps(): i32 {
    return 1 << settingValue(Setting.EncoderSteps);
  }
  /** What a detent changes, in tenths of a decibel. */
  get encoderTenths(): i32 {
    return settingValue(Setting.EncoderDb);
  }

  /** Whether the line may bring another program. */
  get linkModules(): bool {
    return settingValue(Setting.LinkModules) !== 0;
  }
  /** Whether the console has `peek` and `poke`. */
  get linkPeek(): bool {
    return settingValue(Setting.LinkPeek) !== 0;
  }

  /** `on_fault = restart`. */
  get restartsOnFault(): bool {
    return settingValue(Setting.OnFault) === 0;
  }

  /** The pin of a key (`Setting.PinPlay` to `Setting.PinLed`), -1 when it is off. */
  pin(key: i32): i32 {
    return settingValue(key);
  }

  /** How many folders resume; their paths: setting-paths.ts, from 1. */
  get resumeFolders(): i32 {
    return settingValue(Setting.Resume);
  }

  /** Whether the track with this path (from the card's root, no leading slash) is in a folder that resumes. */
  resumes(path: usize, bytes: i32): bool {
    for (let folder = this.resumeFolders; folder > 0; folder--) {
      if (isWithin(folder, path, bytes)) return true;
    }
    return false;
  }

  /** Puts everything back and reads `length` bytes of UTF-8 at `text`, which must stay until problems are told. */
  parse(text: usize, length: i32): void {
    setDefaults();
    memory.fill(pinLines, 0, 8 * PIN_LINE_BYTES);
    this.problems = 0;
    this.text = text;
    const end = text + length;
    // Editors on Windows begin a file with a byte order mark.
    let at = text;
    if (length >= 3 && load<u16>(text) === 0xbbef && load<u8>(text, 2) === 0xbf) at += 3;
    for (let line = 1; at < end; line++) {
      const start = at;
      while (at < end && load<u8>(at) !== 0x0a) at++;
      const problem = this.parseLine(line, start, at);
      if (problem) this.note(line, problem, start, <i32>(at - start));
      at++;
    }
    let isTaken = true;
    while (isTaken) isTaken = this.freePin();
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

  /** Keeps a problem in its place by line, if it is one of the first. */
  private note(line: i32, problem: i32, start: usize, bytes: i32): void {
    let index = min(this.problems++, MAX_PROBLEMS);
    for (; index && this.problemLine(index - 1) > line; index--) {
      if (index < MAX_PROBLEMS)
        memory.copy(kept + index * PROBLEM_BYTES, kept + (index - 1) * PROBLEM_BYTES, PROBLEM_BYTES);
    }
    if (index === MAX_PROBLEMS) return;
    const at = kept + index * PROBLEM_BYTES;
    store<i32>(at, line);
    store<i32>(at, problem, 4);
    store<i32>(at, <i32>(start - this.text), 8);
    store<i32>(at, bytes - (bytes > 0 && load<u8>(start + bytes - 1) === 0x0d ? 1 : 0), 12);
  }

  /** Puts one key back whose pin serves another; false when there is none. Ends, for defaults are all different. */
  private freePin(): bool {
    for (let key = <i32>Setting.PinPlay; key <= Setting.PinLed; key++) {
      for (let other = <i32>Setting.PinPlay; other < key; other++) {
        if (this.pin(key) < 0 || this.pin(key) !== this.pin(other)) continue;
        const later = load<i32>(pinLine(key)) > load<i32>(pinLine(other)) ? key : other;
        const at = pinLine(later);
        this.note(load<i32>(at), SettingProblem.PinTaken, load<usize>(at, 4), load<i32>(at, 8));
        setValue(later, defaultValue(later));
        memory.fill(at, 0, PIN_LINE_BYTES);
        return true;
      }
    }
    return false;
  }

  /** 0, or what is wrong with the line from `start` to `end`. */
  private parseLine(line: i32, start: usize, end: usize): i32 {
    const whole = start;
    const wholeEnd = end;
    start = skipSpaces(start, end);
    let stop = start;
    let equals: usize = 0;
    // In quotes a # is itself.
    let quoted = false;
    for (; stop < end; stop++) {
      const byte = load<u8>(stop);
      if (byte === 0x22) quoted = !quoted;
      if (byte === 0x23 && !quoted) break;
      if (byte === 0x3d && !equals) equals = stop;
    }
    stop = trimSpaces(start, stop);
    if (start === stop) return 0;
    if (stop - start > <usize>MAX_LINE) return SettingProblem.TooLong;
    const keyEnd = equals ? trimSpaces(start, equals) : start;
    if (keyEnd === start) return SettingProblem.NotASetting;
    const key = findSetting(start, keyEnd);
    if (key < 0) return SettingProblem.UnknownKey;
    start = skipSpaces(equals + 1, stop);
    if (key === Setting.Playlist || key === Setting.Resume) return assignPath(key, start, stop);
    const value = allowedValue(start, stop);
    if (value === NO_VALUE) return SettingProblem.BadValue;
    setValue(key, value);
    if (isPin(key)) {
      store<i32>(pinLine(key), line);
      store<usize>(pinLine(key), whole, 4);
      store<i32>(pinLine(key), <i32>(wholeEnd - whole), 8);
    }
    return 0;
  }
}

/** 0, or what is wrong with a path. */
function assignPath(key: i32, start: usize, end: usize): i32 {
  if (!readPath(start, end) || (key === Setting.Playlist && !isPlaylist())) return SettingProblem.BadValue;
  let slot = 0;
  if (key === Setting.Resume) {
    slot = settingValue(key) + 1;
    if (slot > MAX_FOLDERS) return SettingProblem.TooMany;
  }
  keepPath(slot);
  setValue(key, max(slot, 1));
  return 0;
}

function pinLine(key: i32): usize {
  return pinLines + (key - Setting.PinPlay) * PIN_LINE_BYTES;
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
