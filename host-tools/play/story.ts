// What has happened in a run so far, from the player's records and from the words: told as events, summed up as the
// report.

import type { Build } from '../build/program.js';
import { trueRate, type JackCapture } from '../capture/jack.js';
import type { PackedTrack } from '../media/pack.js';
import { Problem } from '../problem.js';
import type { PlayEvent } from './options.js';
import { Played } from './played.js';
import type { EventQueue } from './queue.js';
import { numberField, textField, type PlayerRecord } from './records.js';
import { errorReport, SCHEMA, type PlayReport, type TrackReport } from './report.js';
import type { RunEnd, RunEvents } from './run-player.js';

export interface ReportOptions {
  interrupted: boolean;
  end?: RunEnd;
  /** Whether times are virtual. */
  deterministic?: boolean;
}

export class Story implements RunEvents {
  private readonly problems: Problem[] = [];
  private readonly played: (Played | undefined)[] = [];
  private tracks: PackedTrack[] = [];
  private build: Build | undefined;
  private capture: JackCapture | undefined;
  private fileOf: (track: number) => string | undefined = () => undefined;
  private current: number | undefined;
  private shown = '';
  private underruns = 0;
  private firstSampleMs: number | undefined;
  private done = false;
  /** Whether the run was ended because of a problem that is told. */
  private broken = false;

  /** `now`: milliseconds. */
  constructor(
    private readonly queue: EventQueue<PlayEvent>,
    private readonly now: () => number = Date.now,
  ) {}

  tell(event: PlayEvent): void {
    this.queue.push(event);
  }

  stage(stage: 'packing' | 'building' | 'booting' | 'finishing'): void {
    this.tell({ event: 'stage', stage });
  }

  note(text: string): void {
    this.tell({ event: 'note', text });
  }

  /** What the run was ended for. */
  problem(problem: Problem): void {
    this.broken = true;
    this.failed(problem);
  }

  /** Whatever else went wrong. */
  failed(problem: Problem): void {
    this.problems.push(problem);
    this.tell({ event: 'problem', problem });
  }

  /** Takes a Problem; anything else is thrown on. */
  caught(error: unknown): void {
    if (!(error instanceof Problem)) throw error;
    this.failed(error);
  }

  expect(tracks: PackedTrack[], build: Build): void {
    this.tracks = tracks;
    this.build = build;
  }

  follow(capture: JackCapture, fileOf: (track: number) => string | undefined): void {
    this.capture = capture;
    this.fileOf = fileOf;
  }

  names(): (string | undefined)[] {
    return this.played.map((track) => track?.name);
  }

  text(text: string): void {
    this.tell({ event: 'console', text });
  }

  tick(): void {
    const index = this.current;
    const track = index === undefined ? undefined : this.played[index];
    if (index === undefined || !track) return;
    const progress = track.progress(this.now(), this.framesOf(index));
    const shown = `${progress.frames} ${String(progress.paused)}`;
    if (shown === this.shown) return;
    this.shown = shown;
    this.tell({ event: 'progress', index, total: track.total, ...progress });
  }

  /** Frames of a track that came out of the jack, however often it was begun. */
  private framesOf(index: number): number {
    return this.capture?.trackFrames[index] ?? 0;
  }

  record(record: PlayerRecord): void {
    const index = numberField(record, 'index') ?? 0;
    switch (record.event) {
      case 'track':
        this.begin(index, record);
        break;
      case 'first': {
        const [ticks, rate] = [numberField(record, 'ticks'), numberField(record, 'rate')];
        if (ticks !== undefined && rate !== undefined && rate > 0) this.firstSampleMs ??= (ticks * 1000) / rate;
        break;
      }
      case 'place':
        this.played[index]?.move(record, this.now(), this.framesOf(index));
        break;
      case 'end':
        this.end(index, record);
        break;
      case 'error':
        this.failed(this.deviceProblem(index, record));
        break;
      case 'warning':
        // What is there of a file that was cut is played, and it has failed all the same.
        if (textField(record, 'code') === 'truncated') this.failed(this.deviceProblem(index, record));
        else this.note(this.deviceProblem(index, record).line());
        break;
      case 'underruns':
        this.underruns = numberField(record, 'count') ?? this.underruns;
        break;
      case 'done':
        this.done = true;
        break;
      default:
        break;
    }
    this.tell({ event: 'record', record });
  }

  private deviceProblem(index: number, record: PlayerRecord): Problem {
    return new Problem('refused', textField(record, 'text') ?? textField(record, 'code') ?? 'is not played', {
      file: this.tracks[index]?.given ?? textField(record, 'name'),
      offset: numberField(record, 'offset'),
    });
  }

  private begin(index: number, record: PlayerRecord): void {
    const name = this.tracks[index]?.name ?? textField(record, 'name') ?? `track ${index + 1}`;
    const track = (this.played[index] ??= new Played(name, record));
    track.begin(this.now(), this.framesOf(index));
    this.current = index;
    this.shown = '';
    this.tell({
      event: 'track',
      index,
      name: track.name,
      rateHz: track.rateHz,
      channels: track.channels,
      frames: track.total,
    });
  }

  private end(index: number, record: PlayerRecord): void {
    this.played[index]?.end(record);
    if (this.current === index) this.tick();
  }

  report(options: ReportOptions): PlayReport {
    const { end } = options;
    if (end) this.judge(end);
    for (const text of end?.virtual?.findings ?? []) this.tell({ event: 'finding', text });
    const totals = this.capture?.totals();
    const report: PlayReport = {
      schema: SCHEMA,
      tracks: this.played.flatMap((track, index) => (track ? this.trackReport(track, index) : [])),
      words: totals?.words ?? 0,
      wordsSha256: totals?.wordsSha256 ?? '',
      underruns: this.underruns,
      kernelBytes: this.build?.image.length ?? 0,
      buildId: this.build?.buildId ?? '',
      errors: this.problems.map(errorReport),
      interrupted: options.interrupted,
    };
    if (options.deterministic && this.firstSampleMs !== undefined) report.firstSampleMs = this.firstSampleMs;
    if (end?.virtual) report.virtual = end.virtual;
    return report;
  }

  private trackReport(track: Played, index: number): TrackReport[] {
    const state = this.capture?.trackStates[index];
    if (!state) return [];
    return [
      {
        name: track.name,
        rateHz: track.rateHz,
        channels: track.channels,
        frames: this.framesOf(index),
        pcmCrc32: track.pcmCrc32 ?? null,
        ...trueRate(state),
        capture: this.fileOf(index) ?? null,
      },
    ];
  }

  /** What the end of the run says about the run. */
  private judge(end: RunEnd): void {
    if (end.fault && this.build) {
      this.tell({ event: 'fault', report: end.fault, build: this.build });
      const text = end.fault.fields['text'];
      this.failed(
        new Problem('fault', `the firmware stopped with a fault: ${end.fault.kind}${text ? ` (${text})` : ''}`),
      );
      return;
    }
    if (end.interrupted || this.broken) return;
    if (!this.done) {
      const status = end.emulator.signal ?? `status ${end.emulator.status ?? 'unknown'}`;
      const said = end.emulator.said.split('\n').at(-1) ?? '';
      this.failed(
        new Problem(
          'emulator-failed',
          `${end.virtual ? 'the virtual Pi' : 'QEMU'} ended before the last track did (${status})${said ? `: ${said}` : ''}`,
        ),
      );
      return;
    }
    if (!end.touched) this.checkFrames();
  }

  /** Without a hand on the keys every frame that the player counted must have come out of the jack. */
  private checkFrames(): void {
    for (const [index, track] of this.played.entries()) {
      const captured = this.framesOf(index);
      if (track?.counted !== undefined && track.counted !== captured)
        this.failed(
          new Problem(
            'capture-lost',
            `${captured} of ${track.counted} frame${track.counted === 1 ? '' : 's'} came out of the jack`,
            {
              file: this.tracks[index]?.given ?? track.name,
            },
          ),
        );
    }
  }
}
