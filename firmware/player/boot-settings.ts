// player.ini on its way into Settings, and what is said about its wrong lines.

import { endLine, print, printByte, printLine, printNumber } from '../console/console';
import { printName } from '../console/names';
import { MAX_PROBLEMS, Settings, settingProblemText } from '../settings';
import { Bytes } from '../storage/bytes';
import { fsErrorText } from '../storage/fat/fs-error';

/** player.ini */
export const SETTINGS_NAME = memory.data<u8>([0x70, 0x6c, 0x61, 0x79, 0x65, 0x72, 0x2e, 0x69, 0x6e, 0x69]);
export const SETTINGS_NAME_BYTES: i32 = 10;
/** Of a longer file only so much is read, in whole lines. */
const MOST_BYTES: i32 = 16384;
const text = memory.data(MOST_BYTES);

let isCut = false;

/**
 * Reads the settings from a file, which may be empty: all are then at their defaults. So they are when it returns false:
 * the file cannot be read.
 */
export function readSettings(settings: Settings, file: Bytes): bool {
  const got = file.read(0, text, MOST_BYTES);
  let length = max(got, 0);
  isCut = length > 0 && file.size > MOST_BYTES;
  // Half a line may mean something else: -4 of -40.
  while (isCut && length && load<u8>(text + length - 1) !== 0x0a) length--;
  settings.parse(text, length);
  return got >= 0;
}

/**
 * Prints a line for each that was not understood, and one if there were too many to read. `error`: an FsError when the
 * file could not be read.
 */
export function reportSettings(settings: Settings, error: i32): void {
  if (error) {
    print('player.ini cannot be read (');
    print(fsErrorText(error));
    printLine('): defaults are used');
  }
  if (isCut) printLine('player.ini is longer than 16384 bytes: the rest is not read');
  const told = min(settings.problems, MAX_PROBLEMS);
  for (let i = 0; i < told; i++) {
    print('player.ini line ');
    printNumber(settings.problemLine(i));
    print(': ');
    print(settingProblemText(settings.problem(i)));
    print(': ');
    printName(settings.problemStart(i), settings.problemBytes(i));
    endLine();
  }
  if (told < settings.problems) {
    printByte(0x2b);
    printNumber(settings.problems - told);
    print(' more wrong lines');
    endLine();
  }
}
