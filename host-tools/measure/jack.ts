// The operation `measureJack`: the player runs on the virtual Pi, its pins become samples, and the samples numbers. It
// prints nothing: it yields events and returns the report.
//
// Without files: tones, silence and tones in one channel, each a track; then a session of keys with a tone of 100 Hz,
// for the clicks. With files: they are played from the first to the last and measured where they are longest the same.

import { setImmediate, setTimeout } from 'node:timers/promises';
import { buildProgram, finishBuild, type Build } from '../build/program.js';
import { checkDistinct, checkReplaceable, Output } from '../capture/output.js';
import { spectraSvg, type SpectrumPlot } from '../capture/plot.js';
import { makeScratch, type Scratch } from '../emulator/scratch.js';
import { aborted } from '../play/aborted.js';
import { yielding, type EventQueue } from '../play/queue.js';
import { errorReport } from '../play/report.js';
import { Problem } from '../problem.js';
import {
  analyseTone,
  HIGHEST_HZ,
  highestTone,
  levelAt,
  LOWEST_HZ,
  noiseDbfs,
  ppm,
  type ToneAnalysis,
} from './analysis.js';
import { measureClicks } from './clicks.js';
import type { Recorder } from './recorder.js';
import { JACK_SCHEMA, type JackEvent, type JackReport, type TrackMeasure } from './report.js';
import { recordRun, type Press, type RecordedRun } from './run.js';
import { drawnLevels, powerSpectrum, spectrumSize } from './spectrum.js';
import { writeSignal, type TestSignal } from './tones.js';

export interface JackOptions {
  /** Sound files; none: test signals made here, and the session. */
  files?: readonly string[];
  /** Frequencies of the tones in Hz; default: primes near 1, 6 and 10 kHz. */
  tonesHz?: readonly number[];
  /** Rate of the samples that are measured; default 192 kHz. */
  rateHz?: number;
  /** SVG of the spectra; replaced if it exists. */
  plot?: string;
  /** Default: the library's player, built. */
  build?: Build;
  wasm3Dir?: string;
  signal?: AbortSignal;
}

/** Not whole kilohertz: their words repeat after a few, so what is rounded away is no noise but more harmonics. */
const TONES_HZ = [997, 5987, 9973];
const LOWEST_TONE_HZ = 50;
/** Real milliseconds in which a signal to all processes has come to this one. */
const SIGNAL_MS = 50;
const RATE_HZ = 192_000;
/** What a track begins and ends with is not looked at. */
const SETTLE_SECONDS = 0.05;
const TONE_SECONDS = 0.85;
/** So much of a track is looked at. */
const LOOK_SECONDS = 0.7;
const SESSION_HZ = 100;
const SESSION_FADE_SECONDS = 0.1;
const RIGHT_KEY = '\x1b[C';
/** Seeking goes 10 s on. */
const SESSION_SECONDS = 14;
const SESSION: readonly Press[] = [
  { atMs: 403, key: ' ' },
  { atMs: 1003, key: ' ' },
  { atMs: 1507, key: RIGHT_KEY },
  { atMs: 2011, key: 'n' },
];
/** Virtual seconds that a run may take beside the length of its tracks. */
const SPARE_SECONDS = 10;
const FILES_SECONDS = 3600;

/** Throws Problem and the build's errors. Ending the iteration early ends the run. */
export function measureJack(options: JackOptions = {}): AsyncGenerator<JackEvent, JackReport> {
  return yielding(options.signal, (queue: EventQueue<JackEvent>, signal) => perform({ ...options, signal }, queue));
}

async function perform(options: JackOptions, queue: EventQueue<JackEvent>): Promise<JackReport> {
  const { files = [], plot, rateHz = RATE_HZ, wasm3Dir } = options;
  if (plot !== undefined) {
    checkReplaceable(plot, '.svg');
    checkDistinct([...files], [plot]);
  }
  const { tonesHz = TONES_HZ, signal } = options;
  for (const hz of tonesHz)
    if (!(hz >= LOWEST_TONE_HZ && hz <= highestTone(rateHz)))
      throw new Problem('usage', `a tone of ${hz} Hz cannot be measured at ${rateHz} samples a second`, {
        hint: `tones from ${LOWEST_TONE_HZ} to ${highestTone(rateHz)} Hz can`,
      });
  queue.push({ event: 'stage', stage: 'building' });
  const build = options.build ?? (await buildPlayer(wasm3Dir, signal));
  if (!build || signal?.aborted) return { ...emptyReport(build?.buildId ?? null, rateHz), interrupted: true };
  const scratch = makeScratch();
  try {
    const measuring = new Measuring(build, scratch, rateHz, queue, signal);
    try {
      await (files.length > 0 ? measuring.files(files) : measuring.signals(tonesHz));
    } catch (error) {
      if (!(error instanceof Interrupted)) throw error;
      return { ...measuring.report, interrupted: true };
    }
    if (plot !== undefined && measuring.plots.length > 0) {
      const output = Output.create(plot);
      try {
        output.append(Buffer.from(spectraSvg(measuring.plots)));
        output.flush();
      } finally {
        output.close();
      }
      queue.push({ event: 'wrote', file: plot });
    }
    return measuring.report;
  } finally {
    scratch.remove();
  }
}

/** The end was asked for. */
class Interrupted extends Error {}

/** Undefined where the end was asked for before. */
async function buildPlayer(wasm3Dir: string | undefined, signal?: AbortSignal): Promise<Build | undefined> {
  const building = finishBuild(buildProgram({ program: 'player', ...(wasm3Dir === undefined ? {} : { wasm3Dir }) }));
  try {
    return await Promise.race([building, aborted(signal)]);
  } catch (error) {
    // A terminal's Ctrl-C ends the compiler as well, and that may be known here first.
    await setTimeout(SIGNAL_MS);
    if (signal?.aborted) return undefined;
    throw error;
  }
}

function emptyReport(buildId: string | null, rateHz: number): JackReport {
  return {
    schema: JACK_SCHEMA,
    buildId,
    sampleRateHz: rateHz,
    pwm: null,
    bandHz: [LOWEST_HZ, HIGHEST_HZ],
    tracks: [],
    silence: null,
    crosstalk: null,
    clicks: [],
    underruns: 0,
    hardwareUnderruns: 0,
    findings: [],
    errors: [],
    interrupted: false,
  };
}

class Measuring {
  readonly report: JackReport;
  readonly plots: (SpectrumPlot & { name: string; facts: string })[] = [];

  constructor(
    private readonly build: Build,
    private readonly scratch: Scratch,
    private readonly rateHz: number,
    private readonly queue: EventQueue<JackEvent>,
    private readonly signal: AbortSignal | undefined,
  ) {
    this.report = emptyReport(build.buildId, rateHz);
  }

  async files(files: readonly string[]): Promise<void> {
    this.queue.push({ event: 'stage', stage: 'files' });
    const run = await this.run(files, [], FILES_SECONDS);
    for (const { index, name, given } of run.tracks) {
      try {
        await this.track(run.recorder, index, name, given, null);
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        this.failed(error);
      }
    }
    await this.clicks(run);
  }

  async signals(tonesHz: readonly number[]): Promise<void> {
    const [first = 1000] = tonesHz;
    const both = { seconds: TONE_SECONDS, left: true, right: true };
    const tones = tonesHz.map((hz): TestSignal => ({ ...both, name: `${hz} Hz`, hz }));
    const signals: TestSignal[] = [
      ...tones,
      { ...both, name: 'silence', hz: 0 },
      { ...both, name: 'left only', hz: first, right: false },
      { ...both, name: 'right only', hz: first, left: false },
    ];
    this.queue.push({ event: 'stage', stage: 'tones' });
    const run = await this.run(this.write(signals), [], signals.length * TONE_SECONDS);
    const { recorder } = run;
    for (const [index, { name, hz }] of tones.entries()) await this.track(recorder, index, name, name, hz);
    const [silence, left, right] = [tones.length, tones.length + 1, tones.length + 2];
    const { rateHz } = this;
    this.report.silence = {
      leftDbfs: noiseDbfs(this.look(recorder, 'left', silence), rateHz),
      rightDbfs: noiseDbfs(this.look(recorder, 'right', silence), rateHz),
    };
    const level = (channel: 'left' | 'right', track: number, hz: number): number =>
      levelAt(this.look(recorder, channel, track), rateHz, hz);
    const toneHz = this.report.tracks[0]?.left.frequencyHz ?? first;
    this.report.crosstalk = {
      toneHz: first,
      leftToRightDb: level('right', left, toneHz) - level('left', left, toneHz),
      rightToLeftDb: level('left', right, toneHz) - level('right', right, toneHz),
    };
    await this.session();
  }

  private async session(): Promise<void> {
    this.queue.push({ event: 'stage', stage: 'session' });
    const tone = { name: 'session', hz: SESSION_HZ, left: true, right: true, fade: SESSION_FADE_SECONDS };
    const files = this.write([
      { ...tone, seconds: SESSION_SECONDS },
      { ...tone, name: 'next', seconds: 0.6 },
    ]);
    const run = await this.run(files, SESSION, SESSION_SECONDS);
    await this.clicks(run);
  }

  private write(signals: readonly TestSignal[]): string[] {
    return signals.map((signal) => {
      const file = this.scratch.file(`${signal.name}.wav`);
      writeSignal(file, signal);
      return file;
    });
  }

  private async run(files: readonly string[], keys: readonly Press[], seconds: number): Promise<RecordedRun> {
    await this.breathe();
    const { build, scratch, rateHz, queue, signal, report } = this;
    const run = await recordRun({
      build,
      scratch,
      files,
      keys,
      rateHz,
      signal,
      limitSeconds: seconds + SPARE_SECONDS,
      progress: (virtualMs) => queue.push({ event: 'progress', virtualMs }),
    });
    await this.breathe();
    for (const problem of run.failed) this.failed(problem);
    report.pwm ??= run.recorder.facts ?? null;
    report.underruns += run.underruns;
    report.hardwareUnderruns += run.hardwareUnderruns;
    report.findings.push(...run.findings);
    queue.push({ event: 'stage', stage: 'measuring' });
    return run;
  }

  /** Lets signals come in. Throws Interrupted where the end was asked for. */
  private async breathe(): Promise<void> {
    await setImmediate();
    if (this.signal?.aborted) throw new Interrupted();
  }

  private failed(problem: Problem): void {
    this.report.errors.push(errorReport(problem));
    this.queue.push({ event: 'error', problem });
  }

  /** The middle of a track's longest stretch. */
  private look(recorder: Recorder, channel: 'left' | 'right', track: number): Float32Array {
    let [from, to] = [0, 0];
    for (const stretch of recorder.stretches)
      if (stretch.track === track && stretch.toSeconds - stretch.fromSeconds > to - from)
        [from, to] = [stretch.fromSeconds, stretch.toSeconds];
    const settle = Math.min(SETTLE_SECONDS, (to - from) / 4);
    const spare = Math.max(0, to - from - 2 * settle - LOOK_SECONDS) / 2;
    return recorder.samples(channel, from + settle + spare, to - settle - spare);
  }

  private async track(
    recorder: Recorder,
    index: number,
    name: string,
    given: string,
    wantedHz: number | null,
  ): Promise<void> {
    await this.breathe();
    const { rateHz } = this;
    const [left, right] = [this.look(recorder, 'left', index), this.look(recorder, 'right', index)];
    const size = spectrumSize(left.length);
    if (size < rateHz / 20) throw new Problem('bad-media', 'is too short to be measured', { file: given });
    const [one, two] = [left, right].map((samples) => analyseTone(samples, rateHz, wantedHz ?? undefined)) as [
      ToneAnalysis,
      ToneAnalysis,
    ];
    const measure: TrackMeasure = {
      name,
      wantedHz,
      deviationPpm: wantedHz === null || one.frequencyHz === null ? null : ppm(one.frequencyHz, wantedHz),
      samples: size,
      left: one,
      right: two,
    };
    this.report.tracks.push(measure);
    const mono = left.every((value, i) => value === right[i]);
    const sinad = ({ sinadDb }: ToneAnalysis): string => (sinadDb === null ? '-' : `${sinadDb.toFixed(1)} dB`);
    const each = mono ? `${sinad(one)}, left and right are the same curve` : `${sinad(one)} left, ${sinad(two)} right`;
    this.plots.push({
      name,
      facts: `SINAD from 20 Hz to 20 kHz: ${each}`,
      left: drawnLevels(powerSpectrum(left, rateHz, size)),
      right: drawnLevels(powerSpectrum(right, rateHz, size)),
      highestHz: rateHz / 2,
      mono,
    });
    this.queue.push({ event: 'track', measure });
  }

  private async clicks(run: RecordedRun): Promise<void> {
    await this.breathe();
    const seeks = run.pressed.filter((_, i) => SESSION[i]?.key === RIGHT_KEY);
    this.report.clicks = measureClicks(run.recorder, seeks);
    for (const click of this.report.clicks) this.queue.push({ event: 'click', click });
  }
}
