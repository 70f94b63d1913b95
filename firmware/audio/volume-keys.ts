// The keys + and - for a volume, and what they say. For any program that has an Output.

import { print, printFixed, printLine } from '../console/console';
import { Output } from './output';

/** What one key press changes, and the softest and loudest that keys reach, in tenths of a decibel. */
const STEP: i32 = 20;
const SOFTEST: i32 = -600;
const LOUDEST: i32 = 0;

/** Changes the volume when `key` is + (or =, the same key without shift) or -, and prints it. False for other keys. */
export function volumeKey(output: Output, key: i32): bool {
  const louder = key === 0x2b || key === 0x3d;
  if (!louder && key !== 0x2d) return false;
  const now = output.tenthsDb;
  // A boot setting may lie below what keys reach: softer must not become louder.
  output.setVolume(louder ? min(LOUDEST, now + STEP) : min(now, max(SOFTEST, now - STEP)));
  printVolume(output);
  return true;
}

/** Prints the volume on a line of its own. */
export function printVolume(output: Output): void {
  print('volume ');
  printFixed(output.tenthsDb, 1);
  printLine(' dB');
}
