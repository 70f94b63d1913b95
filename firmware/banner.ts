// What a program says when it starts: which program of which version, on which board, and how that board runs.
// Asking the mailbox takes a while on a board, so a player opens its jack first.

import { Exit, exit, Info, info } from '../drivers/board';
import { Jack, JackMode, JackSign } from '../drivers/jack';
import { armMemoryBytes, boardRevision, Clock, clockRate, temperature } from '../drivers/mailbox';
import { boardMemoryMiB, boardMinor, boardName, isSupported } from '../drivers/revision';
import { delay } from '../drivers/timer';
import {
  endLine,
  flushConsole,
  print,
  printByte,
  printFixed,
  printHex,
  printLine,
  printNumber,
} from './console/console';
import { beginRecord, endRecord, recordHex, recordNumber, recordText } from './console/records';

/** How long a refusal may take to reach the board's queue; it is the first thing in it. */
const FLUSH_MS: i32 = 1000;

let revision: i64 = -1;

/**
 * Ends the program, with a line and status 1, on a board that the library is not for. Call it first, in `start`:
 * nothing else of such a board may be touched.
 */
export function requireBoard(): void {
  revision = boardRevision();
  // A board that does not tell its revision may still be the right one.
  if (revision < 0 || isSupported(<u32>revision)) return;
  print('This firmware is for a Raspberry Pi 4, 400 or Compute Module 4. This is ');
  print(boardName(<u32>revision));
  print(' (revision ');
  printHex(revision, 6);
  printLine('): nothing is started.');
  for (let ms = 0; ms < FLUSH_MS && !flushConsole(); ms++) delay(1000);
  exit(Exit.End, 1);
}

/** `package.json`'s version, given by the compiler (host-tools/build/compile.ts): 0x000102 is 0.1.2. */
function printVersion(): void {
  const version: i32 = MIRLEFT_VERSION;
  printNumber(version >> 16);
  printByte(0x2e);
  printNumber((version >> 8) & 255);
  printByte(0x2e);
  printNumber(version & 255);
}

/**
 * Prints a few lines about program and board; of a module that was sent one line, for the board is the same, and the build
 * is that of the image that was booted. After `requireBoard`.
 */
export function printBanner(program: string): void {
  print('Mirleft ');
  printVersion();
  printByte(0x20);
  print(program);
  const generation = info(Info.Generation);
  if (generation > 1) {
    print(', module ');
    printNumber(generation);
    endLine();
    return;
  }
  print(', build ');
  printHex(info(Info.BuildId), 16);
  endLine();

  let arm: i64 = -1;
  let core: i64 = -1;
  let heat: i64 = -1;
  let memory: i64 = -1;
  if (revision >= 0) {
    arm = clockRate(Clock.Arm);
    core = clockRate(Clock.Core);
    heat = temperature();
    const low = armMemoryBytes();
    memory = boardMemoryMiB(<u32>revision);
    print(boardName(<u32>revision));
    print(' 1.');
    printNumber(boardMinor(<u32>revision));
    print(' (');
    printHex(revision, 6);
    print('), ');
    printNumber(memory);
    print(' MiB (');
    if (low >= 0) printNumber(low >> 20);
    else printByte(0x3f);
    print(' low), ');
  } else {
    print('board unknown: the mailbox is silent, ');
  }
  print('entered in EL');
  printNumber(info(Info.EntryLevel));
  endLine();

  print('ARM ');
  printMegahertz(arm);
  print(', core ');
  printMegahertz(core);
  print(', timer ');
  printFixed(info(Info.TickRate) / 100_000, 1);
  print(' MHz, ');
  if (heat >= 0) printFixed(heat / 100, 1);
  else printByte(0x3f);
  printLine(' C');

  if (!beginRecord('board')) return;
  recordText('program', program);
  recordHex('build', info(Info.BuildId), 16);
  recordHex('revision', revision, 6);
  recordNumber('memoryMiB', memory);
  recordNumber('armHz', arm);
  recordNumber('coreHz', core);
  recordNumber('milliCelsius', heat);
  recordNumber('entryLevel', info(Info.EntryLevel));
  endRecord();
}

/** Prints which jack there is and, when they disagree, the signs. After `jack.probe`. */
export function printJack(jack: Jack): void {
  print(jack.mode === JackMode.Pwm1 ? 'jack: PWM1' : 'jack: capture');
  if (jack.mode === JackMode.Pwm1 && !(jack.signs & JackSign.RegisterAnswers)) print(', which does not answer');
  if (jack.disagree) {
    print(' (signs disagree: DMA engine 7 is ');
    print(jack.signs & JackSign.LiteEngine ? "a board's, PWM1 " : "an emulator's, PWM1 ");
    print(jack.signs & JackSign.RegisterAnswers ? 'answers)' : 'does not answer)');
  }
  endLine();
}

/** An error or an answer of 0 is a clock that the firmware does not know. */
function printMegahertz(hz: i64): void {
  if (hz > 0) printNumber(hz / 1_000_000);
  else printByte(0x3f);
  print(' MHz');
}
