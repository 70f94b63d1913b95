// mirleft play [FILE…]

import { InvalidArgumentError, type Command } from 'commander';
import type { PlayEvent, PlayOptions } from '../play/options.js';
import { play } from '../play/play.js';
import { failedReport, type PlayReport } from '../play/report.js';
import { sessionKeys } from '../play/session-keys.js';
import { Problem } from '../problem.js';
import { FAULT_KINDS, type FaultScript } from '../virtual-pi/faults/faults.js';
import { faultsOf, type FaultFlags } from './fault-option.js';
import { targetOption, WASM3_OPTION } from './program-argument.js';
import { errorText, Status } from './render-errors.js';
import { PlayView } from './render-play.js';
import { onInterrupt, openKeys } from './render-terminal.js';

interface Flags extends FaultFlags {
  capture?: string;
  words?: string;
  volume: number;
  realtime?: true;
  listen?: true;
  plot?: string;
  deterministic?: true;
  qoa?: true;
  json?: true;
  wasm3?: string;
}

/** What the player takes (firmware/settings.ts); tenths are heard, smaller parts are not. */
const QUIETEST_DB = -100;

const HELP = `
Files are FLAC, MP3, Ogg Vorbis, Opus, WAV or QOA, mono or stereo, told by their content. MP3, Vorbis and Opus are
played with 16 bits, FLAC with its own. The capture is what came out of the jack: the words of the PWM turned back into
16-bit samples, the ramps at start and stop and the level held between tracks included; its header says the track's
rate. --words has only the words that carry tracks, in the jack's order (right, left); their SHA-256 is wordsSha256.

--on virtual plays on a model of the chip, in this process and in virtual time, which is the same on every run whether
--deterministic says so or not; --realtime and --listen make it keep to the clock. The report then also has hardware
underruns, the ring's fill, the faults that came and what the program did that a chip may punish (findings). Without a
terminal it ends after 300 s of virtual time and three times the length of its tracks.
--faults: { "seed": 1, "faults": [ { "atMs": 100, "fault": "stall-cpu", "ms": 30 }, … ] }. Kinds:
${FAULT_KINDS.slice(0, 7).join(', ')},
${FAULT_KINDS.slice(7).join(', ')}.
Their fields are in docs/play.md. --faults KIND,KIND and --seed NUMBER make them by chance, one a second on average;
--seed without --faults takes all kinds.

In a terminal the keys go to the player while it plays; ? lists them, Ctrl-C or Ctrl-A x ends and keeps
what was played.
Exit status: 0, 1 if anything failed, 2 for wrong options, 130 after Ctrl-C. An underrun is counted in the report and
fails nothing.

Examples:
  mirleft play song.flac                      song.jack.wav
  mirleft play --listen --volume -10 *.mp3    and hear it
  mirleft play --plot song.svg song.ogg       and look at it
  mirleft play --deterministic --json a.qoa   the same words and times on every run
  mirleft play --on virtual song.wav          on the model of the chip, in virtual time
  mirleft play --on virtual --faults stall-cpu,uart-burst --seed 7 song.wav
  mirleft play                                the firmware's own piece, demo.jack.wav`;

function decibels(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value <= 0 && value >= QUIETEST_DB))
    throw new InvalidArgumentError(`a number of decibels from ${QUIETEST_DB} to 0 is wanted.`);
  return value;
}

const MOST_SEED = 0xffffffff;

function seed(text: string): number {
  if (!/^\d{1,10}$/.test(text) || Number(text) > MOST_SEED)
    throw new InvalidArgumentError(`a whole number from 0 to ${MOST_SEED} is wanted.`);
  return Number(text);
}

export function register(program: Command): void {
  program
    .command('play')
    .summary('play sound files through the jack, in the emulator or on the virtual Pi')
    .description(
      'Plays sound files on the firmware, in QEMU or on the virtual Pi, and writes what comes out of the jack.',
    )
    .argument('[files...]', 'sound files; none: a short piece that the firmware makes itself')
    .option('-c, --capture <wav>', 'the capture of all tracks (default: NAME.jack.wav here, one for each file)')
    .option('-w, --words <bin>', 'the raw 32-bit words of the tracks; an earlier .bin is replaced')
    .option('-v, --volume <db>', 'decibels, 0 or less', decibels, 0)
    .option('-r, --realtime', 'at the speed of sound (default: as fast as it runs)')
    .option('-l, --listen', 'hear it: aplay, ffplay or sox, whichever there is')
    .option('-p, --plot <svg>', 'waveform and spectrum; an earlier .svg is replaced')
    .option('-d, --deterministic', 'virtual time that counts instructions: the same run every time')
    .addOption(targetOption('what plays'))
    .option('--faults <json>', 'with --on virtual: a script of what goes wrong, and when; or kinds, by chance')
    .option('--seed <number>', 'with --on virtual: faults of chance, the same for the same number', seed)
    .option('-q, --qoa', 'pack the files as QOA: a fifth of the room, lossy')
    .option('-j, --json', 'the report as JSON on stdout, and nothing else there')
    .option(...WASM3_OPTION)
    .addHelpText('after', HELP)
    .action(async (files: string[], flags: Flags) => {
      process.exitCode = await run(files, flags);
    });
}

function checkFlags({ realtime, deterministic }: Flags): void {
  if (realtime && deterministic)
    throw new Problem('usage', '--realtime and --deterministic exclude each other', {
      hint: 'virtual time has its own speed',
    });
}

/** Whoever reads the JSON gets one in any case; without --json the error goes on. */
function failed({ json }: Flags, error: unknown): PlayReport {
  if (!json) throw error;
  process.stderr.write(`${errorText(error)}\n`);
  return failedReport(error);
}

function end(report: PlayReport, { json }: Flags): Status {
  if (json) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  if (report.interrupted) return Status.Interrupted;
  if (report.errors.some(({ code }) => code === 'usage')) return Status.Usage;
  return report.errors.length > 0 ? Status.Failed : Status.Fine;
}

async function run(files: string[], flags: Flags): Promise<Status> {
  let faults: FaultScript | undefined;
  try {
    checkFlags(flags);
    faults = faultsOf(flags);
  } catch (error) {
    return end(failed(flags, error), flags);
  }
  const ending = new AbortController();
  const interrupts = onInterrupt(() => ending.abort());
  const keys = process.stderr.isTTY ? openKeys(interrupts.take) : undefined;
  const view = new PlayView(flags.json ?? false, keys !== undefined);
  const options: PlayOptions = {
    files,
    volumeDb: flags.volume,
    realtime: flags.realtime ?? false,
    listen: flags.listen ?? false,
    deterministic: flags.deterministic ?? false,
    on: flags.on,
    qoa: flags.qoa ?? false,
    signal: ending.signal,
    ...(flags.capture === undefined ? {} : { capture: flags.capture }),
    ...(flags.words === undefined ? {} : { words: flags.words }),
    ...(flags.plot === undefined ? {} : { plot: flags.plot }),
    ...(faults ? { faults } : {}),
    ...(flags.wasm3 === undefined ? {} : { wasm3Dir: flags.wasm3 }),
    ...(keys ? { keys: sessionKeys(keys.bytes) } : {}),
  };
  try {
    const report = await follow(play(options), view).catch((error: unknown) => {
      view.clear();
      return failed(flags, error);
    });
    return end(report, flags);
  } finally {
    view.clear();
    keys?.close();
    interrupts.undo();
  }
}

async function follow(playing: AsyncGenerator<PlayEvent, PlayReport>, view: PlayView): Promise<PlayReport> {
  const wrote: Extract<PlayEvent, { event: 'wrote' }>[] = [];
  for (;;) {
    const { done, value } = await playing.next();
    if (done) {
      view.finish(value, wrote);
      return value;
    }
    if (value.event === 'wrote') wrote.push(value);
    view.show(value);
  }
}
