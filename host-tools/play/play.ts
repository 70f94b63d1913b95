// The operation `play`: files are decoded and packed, the firmware is built, booted in QEMU and followed to its end.
// It prints nothing: it yields events and returns the report. A file that fails does not stop the others.

import fs from 'node:fs';
import { version } from '../build/library.js';
import { buildProgram, finishBuild, type Build } from '../build/program.js';
import { JackCapture, type FrameSink } from '../capture/jack.js';
import { findPlayers, Listener } from '../capture/listen.js';
import { checkDistinct, checkReplaceable, Output } from '../capture/output.js';
import { PlotSink } from '../capture/plot-data.js';
import { plotSvg } from '../capture/plot.js';
import { findQemu } from '../emulator/find.js';
import { makeScratch, type Scratch } from '../emulator/scratch.js';
import { pack, type PackedTrack } from '../media/pack.js';
import { Problem, systemReason } from '../problem.js';
import { aborted } from './aborted.js';
import { CaptureFiles, captureNames, checkCaptures } from './captures.js';
import type { PlayEvent, PlayOptions } from './options.js';
import { yielding, type EventQueue } from './queue.js';
import type { PlayReport } from './report.js';
import { startRun, type Run, type RunEnd } from './run-player.js';
import { startVirtualRun } from './run-virtual.js';
import { playerIni } from './settings.js';
import { Story } from './story.js';

/** Seconds that a run may take beside three times the length of its tracks: real ones, on the virtual Pi its own. */
const LIMIT_S = 300;
/** Timers hold no more than 2^31 ms, some 24 days. */
const MAX_LIMIT_S = 2_000_000;
/** Real seconds without a word or a letter after which QEMU is taken to hang. */
const SILENT_S = 30;
/** Words that may wait to be heard, beside what the listener has: some 0.2 s. */
const AHEAD_BYTES = 64 * 1024;

/**
 * Plays the files. Throws Problem where nothing can be played at all (a wrong output, no QEMU) and the build's errors;
 * everything else is an event and in the report. Ending the iteration early ends the emulator.
 */
export function play(options: PlayOptions): AsyncGenerator<PlayEvent, PlayReport> {
  return yielding(options.signal, (queue: EventQueue<PlayEvent>, signal) => perform({ ...options, signal }, queue));
}

/** Where everything goes; checked before anything runs. */
function planCaptures(options: PlayOptions): string[] {
  const { files, capture, words, plot } = options;
  const captures = capture === undefined ? captureNames(files, options.folder ?? '') : [capture];
  if (words !== undefined) checkReplaceable(words, '.bin');
  if (plot !== undefined) checkReplaceable(plot, '.svg');
  checkDistinct(files, [...captures, ...[words, plot].filter((file) => file !== undefined)]);
  checkCaptures(captures);
  return captures;
}

async function perform(options: PlayOptions, queue: EventQueue<PlayEvent>): Promise<PlayReport> {
  if (options.on !== 'virtual' && (options.faults || options.metered !== undefined))
    throw new Problem('usage', 'faults happen only on the virtual Pi', { hint: 'add --on virtual' });
  const captures = planCaptures(options);
  if (options.on !== 'virtual') await findQemu();
  const story = new Story(queue);
  const scratch = makeScratch();
  try {
    const building = build(options);
    building.catch(() => undefined); // it is awaited when the files are packed
    const tracks = await packAll(options, scratch, story);
    if (options.signal?.aborted) return story.report({ interrupted: true });
    if (options.files.length > 0 && tracks.length === 0) return story.report({ interrupted: false });
    if (options.capture !== undefined) checkOneRate(options.capture, tracks);
    queue.push({ event: 'stage', stage: 'building' });
    const built = await Promise.race([building, aborted(options.signal)]);
    if (!built) return story.report({ interrupted: true });
    queue.push({ event: 'built', bytes: built.image.length, buildId: built.buildId });
    story.expect(tracks, built);
    return await playPacked(options, tracks, built, captures, scratch, story, queue);
  } finally {
    scratch.remove();
  }
}

function build(options: PlayOptions): Promise<Build> {
  if (options.build) return Promise.resolve(options.build);
  const { program = 'player', wasm3Dir } = options;
  return finishBuild(buildProgram({ program, ...(wasm3Dir === undefined ? {} : { wasm3Dir }) }));
}

async function packAll(options: PlayOptions, scratch: Scratch, story: Story): Promise<PackedTrack[]> {
  story.stage('packing');
  const settings = playerIni({
    jack: options.on === 'virtual' ? 'pwm1' : 'capture',
    volumeDb: options.volumeDb ?? 0,
    // Waiting costs nothing in virtual time, and paced the words come when they would on a board.
    pace: options.realtime || options.deterministic ? 'real' : 'free',
    demo: options.files.length === 0,
  });
  const packing = pack({
    files: options.files,
    settings,
    qoa: options.qoa ?? false,
    archive: scratch.file('ramdisk.tar'),
    ...(options.signal ? { signal: options.signal } : {}),
  });
  for (;;) {
    const { done, value } = await packing.next();
    if (done) return value;
    if (value.event === 'packing')
      story.tell({ event: 'packing', file: value.given, index: value.index, count: value.count });
    else if (value.event === 'error') story.failed(value.problem);
    else if (value.event === 'warning') story.note(value.problem.line());
  }
}

function checkOneRate(capture: string, tracks: PackedTrack[]): void {
  const rates = [...new Set(tracks.map(({ rateHz }) => rateHz).filter((rate) => rate !== undefined))];
  if (rates.length > 1)
    throw new Problem('usage', `cannot hold tracks of ${rates.join(' Hz and ')} Hz`, {
      file: capture,
      hint: 'leave --capture out: each track then gets a file of its own',
    });
}

async function playPacked(
  options: PlayOptions,
  tracks: PackedTrack[],
  built: Build,
  captures: string[],
  scratch: Scratch,
  story: Story,
  queue: EventQueue<PlayEvent>,
): Promise<PlayReport> {
  const fileOf = (track: number): string =>
    captures[options.capture === undefined ? (tracks[track]?.input ?? 0) : 0] ?? 'demo.jack.wav';
  const files = new CaptureFiles(fileOf, version);
  const words = options.words === undefined ? undefined : Output.create(options.words);
  const plots = options.plot === undefined ? undefined : new PlotSink();
  const control: { run?: Run } = {};
  const listener = options.listen ? startListener(control, story) : undefined;
  options.signal?.addEventListener('abort', () => listener?.stop());
  const sinks: FrameSink[] = [files];
  if (plots) sinks.push(plots);
  if (listener) sinks.push(listener);
  const capture = new JackCapture(sinks, words ? [words] : []);
  story.follow(capture, (track) => files.fileOf(track));
  const seconds = tracks.reduce((sum, track) => sum + (track.seconds ?? 0), 0);
  const limit = options.limitSeconds ?? (options.keys || options.listen ? undefined : LIMIT_S + 3 * seconds);
  let end: RunEnd | undefined;
  try {
    story.stage('booting');
    const common = {
      capture,
      keys: options.keys,
      signal: options.signal,
    };
    const limitSeconds = limit === undefined ? undefined : Math.min(limit, MAX_LIMIT_S);
    control.run =
      options.on === 'virtual'
        ? startVirtualRun(
            {
              ...common,
              program: built,
              buildId: built.buildId,
              ramDisk: readArchive(scratch.file('ramdisk.tar')),
              metered: options.metered,
              faults: options.faults,
              realtime: options.realtime || options.listen,
              virtualSeconds: limitSeconds,
            },
            story,
          )
        : await startRun(
            {
              ...common,
              limitSeconds,
              scratch,
              image: built.image,
              ramDisk: scratch.file('ramdisk.tar'),
              deterministic: options.deterministic,
              // Who listens wants to hear soon what a key does.
              ahead: options.listen ? AHEAD_BYTES : undefined,
              silentSeconds: SILENT_S,
            },
            story,
          );
    end = await control.run.ended;
    story.stage('finishing');
  } finally {
    if (!end) listener?.stop();
    await finish(story, files, words, options.words);
  }
  await listener?.finish();
  if (plots && options.plot !== undefined) writePlot(options.plot, plots, story, queue);
  const virtualTime = options.deterministic || options.on === 'virtual';
  return story.report({ interrupted: end.interrupted, end, deterministic: virtualTime });
}

function readArchive(file: string): Uint8Array {
  try {
    return fs.readFileSync(file);
  } catch (error) {
    throw new Problem('not-readable', `cannot be read (${systemReason(error)})`, { file, cause: error });
  }
}

function startListener(control: { run?: Run }, story: Story): Listener | undefined {
  const players = findPlayers();
  if (players.length === 0) {
    story.note('nothing to listen with: install alsa-utils (aplay), ffmpeg (ffplay) or sox (play)');
    return undefined;
  }
  return new Listener(players, {
    full: (full) => (full ? control.run?.pause() : control.run?.resume()),
    failed: (problem) => story.note(problem.line()),
  });
}

/** Completes the files; a failure is told, and what is in them stays valid. */
async function finish(story: Story, files: CaptureFiles, words: Output | undefined, name?: string): Promise<void> {
  const made = files.made();
  try {
    files.finish();
  } catch (error) {
    story.caught(error);
  }
  for (const { file, frames, rateHz } of made) story.tell({ event: 'wrote', what: 'capture', file, frames, rateHz });
  if (!words) return;
  try {
    words.flush();
    story.tell({ event: 'wrote', what: 'words', file: name ?? words.file });
  } catch (error) {
    story.caught(error);
  } finally {
    words.close();
  }
}

function writePlot(file: string, plots: PlotSink, story: Story, queue: EventQueue<PlayEvent>): void {
  try {
    const output = Output.create(file);
    try {
      output.append(Buffer.from(plotSvg(plots.plots, story.names())));
      output.flush();
      queue.push({ event: 'wrote', what: 'plot', file });
    } finally {
      output.close();
    }
  } catch (error) {
    story.caught(error);
  }
}
