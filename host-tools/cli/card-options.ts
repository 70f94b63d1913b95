// The options that `image` and `card` share, and how both run.

import type { Command } from 'commander';
import { CARD_SCHEMA, type CardEvent, type CardReport, type ContentsOptions } from '../card/options.js';
import { Problem } from '../problem.js';
import { WASM3_OPTION } from './program-argument.js';
import { CardView } from './render-card.js';
import { Status } from './render-errors.js';
import { print, printErrors } from './render-json.js';
import { onInterrupt } from './render-terminal.js';

export interface CardFlags {
  program?: string;
  music?: string[];
  lossless?: true;
  firmware?: string | boolean;
  deviceTree?: string | true;
  settings?: string;
  force?: true;
  json?: true;
  wasm3?: string;
}

const collect = (value: string, before: string[] | undefined): string[] => [...(before ?? []), value];

export function addCardOptions(command: Command): Command {
  // Both are one value to commander, and the last would win.
  const given = new Set<string>();
  for (const name of ['firmware', 'no-firmware', 'device-tree']) command.on(`option:${name}`, () => given.add(name));
  return command
    .hook('preAction', () => {
      const other = ['firmware', 'device-tree'].find((name) => given.has(name));
      if (given.has('no-firmware') && other !== undefined)
        throw new Problem('usage', `--no-firmware and --${other} contradict each other`, { hint: 'leave out one' });
    })
    .option('-m, --music <path>', 'a folder with music, or a sound file; may be given again', collect)
    .option('--lossless', 'convert to WAV of the own depth instead of QOA, a fifth of that and lossy')
    .option('-p, --program <name>', "a project's folder, an entry file, or one of the library's", 'player')
    .option('-s, --settings <ini>', "instead of the library's player.ini")
    .option('--firmware <dir>', "start4.elf, fixup4.dat and the like (default: Debian's, fetched once)")
    .option('--no-firmware', 'none: for the emulator alone')
    .option('--device-tree [dtb]', "the device tree; without a file Debian's, 60 MB to fetch once")
    .option('-f, --force', 'replace what is not ours')
    .option('-j, --json', 'the report as JSON on stdout, and nothing else there')
    .option(...WASM3_OPTION);
}

/** The flags as both operations take them. */
export function contentsOptions(flags: CardFlags, signal: AbortSignal): ContentsOptions & { force: boolean } {
  const { program, music, lossless, firmware, deviceTree, settings, force, wasm3 } = flags;
  return {
    lossless: lossless ?? false,
    force: force ?? false,
    signal,
    ...(program === undefined ? {} : { program }),
    ...(music === undefined ? {} : { music }),
    // Without an option commander says true, for there is a --no-firmware.
    ...(firmware === true || firmware === undefined ? {} : { firmware }),
    ...(deviceTree === undefined ? {} : { deviceTree }),
    ...(settings === undefined ? {} : { settings }),
    ...(wasm3 === undefined ? {} : { wasm3Dir: wasm3 }),
  };
}

/** Follows an operation to its end and tells what comes of it; `next` makes the lines with what to do. */
export async function runCard(
  flags: CardFlags,
  start: (signal: AbortSignal) => AsyncGenerator<CardEvent, CardReport>,
  next: (report: CardReport) => string[],
): Promise<Status> {
  const ending = new AbortController();
  const interrupts = onInterrupt(() => ending.abort());
  const view = new CardView();
  try {
    const running = start(ending.signal);
    for (;;) {
      const { done, value } = await running.next();
      if (!done) {
        view.show(value);
        continue;
      }
      if (flags.json) print(value);
      if (flags.json && !value.interrupted) view.clear();
      else view.finish(value, next(value));
      return statusOfReport(value);
    }
  } catch (error) {
    view.clear();
    if (flags.json) printErrors(CARD_SCHEMA, error);
    throw error;
  } finally {
    interrupts.undo();
  }
}

function statusOfReport({ interrupted, firmware, emulatorOnly, errors }: CardReport): Status {
  if (interrupted) return Status.Interrupted;
  if (!firmware && !emulatorOnly) return Status.Usage;
  return errors.length > 0 ? Status.Failed : Status.Fine;
}
