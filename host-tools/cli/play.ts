// mirleft play [FILE…]

import { InvalidArgumentError, type Command } from 'commander';
import type { PlayEvent, PlayOptions } from '../play/options.js';
import { play } from '../play/play.js';
import { failedReport, type PlayReport } from '../play/report.js';
import { Problem } from '../problem.js';
import { WASM3_OPTION } from './program-argument.js';
import { errorText, Status } from './render-errors.js';
import { PlayView } from './render-play.js';
import { onInterrupt, openKeys } from './render-terminal.js';

interface Flags {
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

In a terminal the keys go to the player while it plays; ? lists them, Ctrl-C ends and keeps what was played.
Exit status: 0, 1 if anything failed, 2 for wrong options, 130 after Ctrl-C.

Examples:
  mirleft play song.flac                      song.jack.wav
  mirleft play --listen --volume -10 *.mp3    and hear it
  mirleft play --plot song.svg song.ogg       and look at it
  mirleft play --deterministic --json a.qoa   the same words and times on every run
  mirleft play                                the firmware's own piece, demo.jack.wav`;

function decibels(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value <= 0 && value >= QUIETEST_DB))
    throw new InvalidArgumentError(`a number of decibels from ${QUIETEST_DB} to 0 is wanted.`);
  return value;
}

export function register(program: Command): void {
  program
    .command('play')
    .summary('play sound files through the jack, in the emulator')
    .description('Plays sound files on the firmware in QEMU and writes what comes out of the jack.')
    .argument('[files...]', 'sound files; none: a short piece that the firmware makes itself')
    .option('-c, --capture <wav>', 'the capture of all tracks (default: NAME.jack.wav here, one for each file)')
    .option('-w, --words <bin>', 'the raw 32-bit words of the tracks; an earlier .bin is replaced')
    .option('-v, --volume <db>', 'decibels, 0 or less', decibels, 0)
    .option('-r, --realtime', 'at the speed of sound (default: as fast as it runs)')
    .option('-l, --listen', 'hear it: aplay, ffplay or sox, whichever there is')
    .option('-p, --plot <svg>', 'waveform and spectrum; an earlier .svg is replaced')
    .option('-d, --deterministic', 'virtual time that counts instructions: the same run every time')
    .option('-q, --qoa', 'pack the files as QOA: a fifth of the room, lossy')
    .option('-j, --json', 'the report as JSON on stdout, and nothing else there')
    .option(...WASM3_OPTION)
    .addHelpText('after', HELP)
    .action(async (files: string[], flags: Flags) => {
      process.exitCode = await run(files, flags);
    });
}

async function run(files: string[], flags: Flags): Promise<Status> {
  if (flags.realtime && flags.deterministic)
    throw new Problem('usage', '--realtime and --deterministic exclude each other', {
      hint: 'virtual time has its own speed',
    });
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
    qoa: flags.qoa ?? false,
    signal: ending.signal,
    ...(flags.capture === undefined ? {} : { capture: flags.capture }),
    ...(flags.words === undefined ? {} : { words: flags.words }),
    ...(flags.plot === undefined ? {} : { plot: flags.plot }),
    ...(flags.wasm3 === undefined ? {} : { wasm3Dir: flags.wasm3 }),
    ...(keys ? { keys: keys.bytes } : {}),
  };
  try {
    const report = await follow(play(options), view).catch((error: unknown) => {
      // Whoever reads the JSON gets one in any case.
      if (!flags.json) throw error;
      view.clear();
      process.stderr.write(`${errorText(error)}\n`);
      return failedReport(error);
    });
    if (flags.json) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
    if (report.interrupted) return Status.Interrupted;
    if (report.errors.some(({ code }) => code === 'usage')) return Status.Usage;
    return report.errors.length > 0 ? Status.Failed : Status.Fine;
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
