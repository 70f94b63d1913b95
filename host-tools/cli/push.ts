// mirleft push FILE…

import { InvalidArgumentError, type Command } from 'commander';
import { carriedBytes } from '../link/line-choice.js';
import type { Link } from '../link/link.js';
import { LiveSound } from '../link/live-sound.js';
import { openLink } from '../link/port.js';
import { openEarly, type PushTrack } from '../link/push-tracks.js';
import type { PushEvent, PushReport } from '../link/push-events.js';
import { Push } from '../link/push.js';
import type { LinkOptions } from '../link/session.js';
import { openSound } from '../link/sound-file.js';
import { findInput } from '../media/input.js';
import { playable } from '../media/pcm.js';
import { errorReport } from '../play/report.js';
import { Problem } from '../problem.js';
import { baudOption, portOption } from './port-option.js';
import { printJson } from './render-json.js';
import { Status } from './render-errors.js';
import { PushView } from './render-push.js';
import { onInterrupt, openKeys, type Keys } from './render-terminal.js';
import { plural } from './render-text.js';

interface Flags {
  port?: string;
  baud?: number;
  mono?: true;
  rate?: number;
  stdin?: true;
  channels?: 1 | 2;
  json?: true;
}

const SEEK_SECONDS = 10;
const STDIN_HZ = 48_000;

const HELP = `
Files are FLAC, MP3, Ogg Vorbis, Opus, WAV or QOA, mono or stereo, told by their content. They are decoded here and sent
with 16 bits while they play: as they are where the line carries that (48 kHz stereo takes 3 Mbaud), else packed as QOA,
which is lossy and takes a fifth. Where even that is too much it begins later, when enough waits on the device, or stops
now and then to fill; --mono and --rate send less. Files of the same rate follow one another without a gap.

The device plays its own tracks no further while it is pushed to, and stays paused afterwards. Volume is the device's.

--stdin takes raw samples, 16 bits, little-endian, from any program, as long as it makes them: the device's clock is
followed by what waits there, at most a thousandth fast or slow.

In a terminal: space pauses, left and right go 10 s back and ahead, n goes to the next file, q ends, Ctrl-C ends at once.
Exit status: 0, 1 if anything failed, 2 for wrong options, 130 after Ctrl-C.

Examples:
  mirleft push song.flac                           whichever adapter is there
  mirleft push --port /dev/ttyUSB0 album/*.mp3
  mirleft push --port qemu song.ogg                on an emulator that is started for it
  mirleft push --mono --rate 22050 talk.mp3        over a slow line
  arecord -f S16_LE -r 48000 -c 2 | mirleft push --stdin --rate 48000 --channels 2`;

function rate(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !playable(value))
    throw new InvalidArgumentError('a whole number of hertz from 8000 to 192000 is wanted.');
  return value;
}

function channels(text: string): 1 | 2 {
  if (text !== '1' && text !== '2') throw new InvalidArgumentError('1 or 2 is wanted.');
  return text === '1' ? 1 : 2;
}

export function register(program: Command): void {
  program
    .command('push')
    .summary('play sound files on the device, over the serial line')
    .description('Sends sound files over the serial line while the device plays them.')
    .argument('[files...]', 'sound files')
    .addOption(portOption())
    .addOption(baudOption())
    .option('-m, --mono', 'send both channels as one')
    .option('-r, --rate <hz>', 'send at this rate; with --stdin: the rate of the samples', rate)
    .option('--stdin', 'raw samples from standard input instead of files')
    .option('--channels <count>', 'with --stdin: 1 or 2 channels (default: 2)', channels)
    .option('-j, --json', 'the report as JSON on stdout, and nothing else there')
    .addHelpText('after', HELP)
    .action(async (files: string[], flags: Flags) => {
      process.exitCode = await run(files, flags);
    });
}

function checkFlags(files: string[], { stdin, channels: count }: Flags): void {
  if (stdin && files.length > 0)
    throw new Problem('usage', '--stdin and files exclude each other', { hint: 'push one after the other' });
  if (!stdin && files.length === 0)
    throw new Problem('usage', 'a file is missing', { hint: 'name sound files, or take --stdin' });
  if (!stdin && count !== undefined)
    throw new Problem('usage', '--channels goes with --stdin', { hint: '--mono makes one channel of a file' });
  if (stdin && process.stdin.isTTY)
    throw new Problem('usage', 'standard input is a terminal', {
      hint: 'let a program that makes samples write to it',
    });
}

/** Standard input, and how much of it has come. */
class Samples {
  bytes = 0;
  constructor(private readonly frameBytes: number) {}

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void> {
    for await (const chunk of process.stdin) {
      this.bytes += (chunk as Buffer).length;
      yield chunk as Buffer;
    }
  }

  /** Throws Problem where not one frame has come. */
  check(): void {
    if (this.bytes >= this.frameBytes) return;
    const what =
      this.bytes === 0 ? 'nothing came' : `${plural(this.bytes, 'byte')} came, a frame has ${this.frameBytes}`;
    throw new Problem('bad-media', what, { file: 'stdin', hint: 'raw samples of 16 bits are wanted' });
  }
}

function tracksOf(
  files: string[],
  { mono, rate: rateHz, channels: count = 2 }: Flags,
  samples: Samples | undefined,
  signal: AbortSignal,
) {
  if (!samples)
    return files.map((file): PushTrack => ({
      name: file,
      look: () => findInput(file),
      open: (grew) => openSound(file, { mono, rateHz, signal }, grew),
    }));
  let told = (): void => undefined;
  const live = new LiveSound(samples, { rateHz: rateHz ?? STDIN_HZ, channels: count, mono }, () => told());
  const track: PushTrack = {
    name: 'stdin',
    live,
    open(grew) {
      told = grew;
      return live.sound;
    },
  };
  return [track];
}

/** Keys of a terminal; as they come in escape sequences, by their ends. */
async function obeyKeys(keys: Keys, push: Push): Promise<void> {
  for await (const bytes of keys.bytes) {
    const text = Buffer.from(bytes).toString('latin1');
    for (const [key] of text.matchAll(/\x1b\[[CD]|[ nq]/g)) {
      if (key === ' ') push.pause();
      else if (key === 'n') push.next();
      else if (key === 'q') push.end();
      else push.seek(key === '\x1b[C' ? SEEK_SECONDS : -SEEK_SECONDS);
    }
  }
}

async function run(files: string[], flags: Flags): Promise<Status> {
  let status = Status.Fine;
  const work = async (): Promise<PushReport & { errors: object[] }> => {
    const { report, problems } = await pushAll(files, flags);
    status = report.interrupted ? Status.Interrupted : report.failed > 0 ? Status.Failed : Status.Fine;
    return { ...report, errors: problems.map(errorReport) };
  };
  if (flags.json) await printJson(work);
  else await work();
  return status;
}

interface Pushed {
  report: PushReport;
  /** Of single tracks. */
  problems: Problem[];
}

async function pushAll(files: string[], flags: Flags): Promise<Pushed> {
  checkFlags(files, flags);
  const ending = new AbortController();
  const { signal } = ending;
  const interrupts = onInterrupt(() => ending.abort());
  const keys = process.stderr.isTTY && !flags.stdin ? openKeys(interrupts.take) : undefined;
  const view = new PushView(flags.json ?? false, keys !== undefined);
  try {
    const samples = flags.stdin ? new Samples(2 * (flags.channels ?? 2)) : undefined;
    const [first, ...others] = tracksOf(files, flags, samples, signal);
    const early = first && openEarly(first);
    const tracks = early ? [early, ...others] : [];
    view.stage('looking for the device…');
    const link = await linkFor(others.length === 0 ? early?.opened : undefined, flags.port, {
      signal,
      baud: flags.baud,
      onProgress: (text) => view.stage(text),
    });
    try {
      const push = new Push(link, tracks, { lineBytes: carriedBytes(link), signal });
      if (keys) void obeyKeys(keys, push);
      view.keysLine();
      const pushed = await follow(push.run(), view);
      if (!pushed.report.interrupted) samples?.check();
      view.finish(pushed.report);
      return pushed;
    } finally {
      await link.close();
    }
  } finally {
    view.clear();
    keys?.close();
    interrupts.undo();
  }
}

/** Opens a link, unless nothing is to be heard: `only` cannot be opened. Throws Problem, of `only` in the first place. */
async function linkFor(
  only: Promise<unknown> | undefined,
  port: string | undefined,
  options: LinkOptions & { signal: AbortSignal },
): Promise<Link> {
  const useless = new AbortController();
  let broken: Problem | undefined;
  only?.catch((error: unknown) => {
    if (!(error instanceof Problem) || options.signal.aborted) return;
    broken = error;
    useless.abort();
  });
  try {
    return await openLink(port, { ...options, signal: AbortSignal.any([options.signal, useless.signal]) });
  } catch (error) {
    throw broken ?? error;
  }
}

async function follow(pushing: AsyncGenerator<PushEvent, PushReport>, view: PushView): Promise<Pushed> {
  const problems: Problem[] = [];
  for (;;) {
    const { done, value } = await pushing.next();
    if (done) return { report: value, problems };
    if (value.event === 'problem') problems.push(value.problem);
    view.show(value);
  }
}
