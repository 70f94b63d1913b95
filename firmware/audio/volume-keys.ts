// The keys + and - for a volume, and what they say. For any program that has an Output.

import { print, printFixed, printLine } from '../console/console';
import { Output } from './output';

/** What one key press changes, and the softest that keys reach, in tenths of a decibel; the loudest is the output's. */
export const STEP_TENTHS: i32 = 20;
const SOFTEST: i32 = -600;

/** Changes the volume when `key` is + (or =, the same key without shift) or -, and prints it. False for other keys. */
export function volumeKey(output: Output, key: i32): bool {
  const louder = key === 0x2b || key === 0x3d;
  if (!louder && key !== 0x2d) return false;
  turnVolume(output, louder ? STEP_TENTHS : -STEP_TENTHS);
  return true;
}

/** Changes the volume by some tenths of a decibel, within limits, and prints it. */
export function turnVolume(output: Output, by: i32): void {
  const now = output.tenthsDb;
  // A boot setting may lie below what keys reach: softer must not become louder.
  output.setVolume(by > 0 ? now + by : min(now, max(SOFTEST, now + by)));
  printVolume(output);
}

/** Prints the volume on a line of its own, and whether keys reach no further. */
export function printVolume(output: Output): void {
  const now = output.tenthsDb;
  print('volume ');
  printFixed(now, 1);
  printLine(now >= output.mostTenths ? ' dB, the most' : now <= SOFTEST ? ' dB, the least' : ' dB');
}
