// `push`: sounds sent to the device while it plays them, and what may be done meanwhile: pause, seek, go on to the next,
// end. Sounds of the same rate and channels are one stream, so that nothing comes between them.

import { AudioFormat } from '../../firmware/link/protocol.js';
import { EventQueue } from '../play/queue.js';
import { Problem } from '../problem.js';
import type { AudioLink } from './audio-stream.js';
import { chooseFormat, whatFits, type LineChoice } from './line-choice.js';
import type { PushEvent, PushOptions, PushReport } from './push-events.js';
import { PushStream } from './push-stream.js';
import { TrackSounds, type PushTrack } from './push-tracks.js';
import type { Sound } from './sound.js';

type Command = { kind: 'pause' | 'next' | 'end' } | { kind: 'seek'; seconds: number };

/** What a live source has to have on the device: it keeps that to its end; and more where it comes in frames of QOA. */
const LIVE_MS = 500;
const LIVE_QOA_MS = 150;
/** What the device says that it can keep, when it is opened: which format to open it with is chosen before. */
const BUFFER_BYTES = 256 * 1024;

export class Push {
  private readonly queue = new EventQueue<PushEvent>();
  private readonly commands: Command[] = [];
  private wake = (): void => undefined;
  /** Something has happened since the last look. */
  private isAwake = false;

  private readonly sounds: TrackSounds;
  private index = 0;
  /** The frame of the current sound that is sent next. */
  private position = 0;
  /** Whether what comes next does not go on from what was sent. */
  private isJump = false;
  private isPaused = false;
  private isStopping = false;
  private isOver = false;
  private readonly tracks: PushTrack[];
  private toldIndex = -1;

  private stream: PushStream | undefined;
  /** What was heard of the stream before, while there is none. */
  private lastHeard: PushStream['heard'];
  private toldStatus: unknown;
  private dryBefore = 0;
  /** The line has carried samples more slowly than they are played, whatever its rate says. */
  private isTooSlow = false;

  private readonly report: PushReport = {
    tracks: 0,
    failed: 0,
    underruns: 0,
    dry: 0,
    lowestFillMs: null,
    interrupted: false,
  };

  constructor(
    private readonly link: AudioLink,
    tracks: readonly PushTrack[],
    private readonly options: PushOptions = {},
  ) {
    this.tracks = [...tracks];
    this.sounds = new TrackSounds(this.tracks, (index, problem) => this.fail(index, problem), this.changed);
  }

  /** Appends a track; false when the end has come already, which takes another push. */
  add(track: PushTrack): boolean {
    if (this.isOver || this.isStopping) return false;
    this.tracks.push(track);
    this.changed();
    return true;
  }

  /** Pauses, or goes on. */
  pause(): void {
    this.command({ kind: 'pause' });
  }

  /** Goes back (below 0) or ahead from what is heard. */
  seek(seconds: number): void {
    this.command({ kind: 'seek', seconds });
  }

  /** Goes on to the track behind the one that is heard. */
  next(): void {
    this.command({ kind: 'next' });
  }

  /** Stops at once. */
  end(): void {
    this.command({ kind: 'end' });
  }

  /** Pushes everything. Throws Problem when the device or the line fails. */
  async *run(): AsyncGenerator<PushEvent, PushReport> {
    const { signal } = this.options;
    const abort = (): void => {
      this.report.interrupted = true;
      this.end();
    };
    if (signal?.aborted) abort();
    signal?.addEventListener('abort', abort);
    const done = this.work().finally(() => {
      this.isOver = true;
      this.queue.close();
    });
    // Whoever stops listening is told by `return`, not by this.
    done.catch(() => undefined);
    try {
      yield* this.queue;
      await done;
      return this.report;
    } finally {
      signal?.removeEventListener('abort', abort);
      this.end();
      if (this.stream && !this.stream.isEnding) await this.stream.close().catch(() => undefined);
    }
  }

  private command(command: Command): void {
    this.commands.push(command);
    this.changed();
  }

  private readonly changed = (): void => {
    this.isAwake = true;
    this.wake();
  };

  /** Waits until something has happened. */
  private async pauseFor(): Promise<void> {
    if (!this.isAwake) await new Promise<void>((resolve) => (this.wake = resolve));
    this.isAwake = false;
  }

  private async work(): Promise<void> {
    this.sounds.look();
    for (;;) {
      this.tellStatus();
      const { stream } = this;
      if (stream?.ended) {
        this.endOf(stream);
        continue;
      }
      if (stream?.failed) throw stream.failed;
      const command = this.commands.shift();
      if (command) {
        await this.obey(command);
        continue;
      }
      if (this.isStopping) {
        if (!stream) return;
        if (!stream.isEnding) await stream.close();
        else await this.pauseFor();
        continue;
      }
      if (!(await this.sendSome())) await this.pauseFor();
      else if (!this.stream && this.index >= this.tracks.length) return;
    }
  }

  /** Does one thing; false when there is nothing to be done now. */
  private async sendSome(): Promise<boolean> {
    const { stream } = this;
    if (stream?.hasPacked && !this.isJump) return stream.sendPacked();
    if (this.index >= this.tracks.length) return stream ? stream.end() : true;
    const sound = this.sounds.at(this.index);
    if (sound === undefined) return false;
    if (sound instanceof Problem) {
      this.index++;
      this.position = 0;
      return true;
    }
    if (!stream) {
      const choice = this.choiceFor(sound);
      if (!choice) return false;
      await this.open(sound, choice);
      return true;
    }
    if ((this.isTooSlow && stream.isPcm) || !stream.fits(sound)) {
      if (!this.isJump) return stream.end();
      if (stream.isEnding) return false;
      await stream.close();
      return true;
    }
    if (this.isJump) {
      this.isJump = false;
      this.position = stream.align(sound, this.position);
      await stream.flush(this.position);
      return true;
    }
    if (stream.isEnding) return false;
    return this.sendOf(sound, stream);
  }

  private fail(index: number, problem: Problem): void {
    this.report.failed++;
    this.queue.push({ event: 'problem', index, problem });
  }

  /** How the current sound is to be sent; undefined as long as that depends on a length that is not known. */
  private choiceFor(sound: Sound): LineChoice | undefined {
    const { live, name } = this.tracks[this.index] as PushTrack;
    const { rateHz, channels } = sound;
    const line = this.options.lineBytes;
    const seconds = sound.isWhole ? (sound.available - this.position) / rateHz : undefined;
    const choice = chooseFormat(rateHz, channels, line, seconds, BUFFER_BYTES, this.isTooSlow);
    if (live && choice.slow) {
      const fits = whatFits(rateHz, channels, line ?? 0);
      const hint = fits === undefined ? 'use a faster line' : `${fits} fits, or use a faster line`;
      throw new Problem('refused', 'is more than the line carries, and cannot wait', { file: name, hint });
    }
    if (choice.slow && seconds === undefined) return undefined;
    // A source that comes at the speed of sound cannot fill later what was not there in the beginning.
    const least = !live ? 0 : LIVE_MS + (choice.format === AudioFormat.Qoa ? LIVE_QOA_MS : 0);
    return { ...choice, startMs: this.options.startMs ?? Math.max(least, choice.startMs) };
  }

  private async open(sound: Sound, choice: LineChoice): Promise<void> {
    const { live } = this.tracks[this.index] as PushTrack;
    this.isJump = false;
    const stream = await PushStream.open(this.link, sound, choice, live !== undefined, this.changed);
    this.position = stream.align(sound, this.position);
    this.stream = stream;
    if (this.isPaused) await stream.pause(true);
    const { rateHz, channels } = sound;
    this.queue.push({ event: 'stream', rateHz, channels, jackHz: stream.jackHz, choice });
  }

  private endOf(stream: PushStream): void {
    const { report } = this;
    const { ended, first } = stream;
    if (!ended) return;
    this.stream = undefined;
    this.lastHeard = stream.heard;
    if (!stream.isEnding) {
      // It was at its end before a flush came there: what followed that is sent again.
      this.index = first?.index ?? this.index;
      this.position = first?.from ?? this.position;
    }
    report.underruns += ended.underruns;
    report.dry += ended.dry;
    if (ended.lowestMs !== undefined) report.lowestFillMs = Math.min(report.lowestFillMs ?? Infinity, ended.lowestMs);
  }

  /** Sends the next piece of a sound, or prepares it. */
  private async sendOf(sound: Sound, stream: PushStream): Promise<boolean> {
    if (this.position >= sound.available) {
      if (!sound.isWhole) return false;
      if (sound.problem) this.fail(this.index, sound.problem);
      this.index++;
      this.position = 0;
      return true;
    }
    if (sound.isWhole && this.index + 1 < this.tracks.length) this.sounds.at(this.index + 1);
    const frames = await stream.take(this.index, sound, this.position);
    this.position += frames;
    this.tracks[this.index]?.live?.forget(this.position);
    return frames > 0;
  }

  private async obey(command: Command): Promise<void> {
    const place = this.stream ? this.stream.heard : this.lastHeard;
    if (command.kind === 'end') {
      this.isStopping = true;
    } else if (command.kind === 'pause') {
      this.isPaused = !this.isPaused;
      if (this.stream) await this.stream.pause(this.isPaused);
    } else if (command.kind === 'next') {
      this.goTo((place?.segment.index ?? this.index) + 1, 0);
    } else if (command.kind === 'seek' && place && !this.tracks[place.segment.index]?.live) {
      const { segment, frame } = place;
      const { rateHz, available } = segment.sound;
      const wanted = Math.max(0, frame + Math.round(command.seconds * rateHz));
      if (wanted >= available && segment.sound.isWhole) this.goTo(segment.index + 1, 0);
      else this.goTo(segment.index, Math.min(wanted, Math.max(0, available - 1)));
    }
  }

  private goTo(index: number, position: number): void {
    this.index = index;
    this.position = position;
    this.isJump = true;
    if (index >= this.tracks.length) this.isStopping = true;
  }

  /** Says where the device is, when it has told so. */
  private tellStatus(): void {
    const { stream } = this;
    if (!stream || stream.status === this.toldStatus) return;
    const { status, heard: place } = stream;
    if (!place) return; // nothing was sent yet
    this.toldStatus = status;
    const { segment, frame } = place;
    const { index, sound } = segment;
    const track = this.tracks[index] as PushTrack;
    if (track.live) {
      const isSteady = !status.isWaiting && !this.isPaused && status.dry === this.dryBefore;
      track.live.follow(isSteady ? status.fillMs : undefined);
      this.dryBefore = status.dry;
    } else if (status.dry > 0 && stream.isPcm && !this.isTooSlow && !this.isStopping) {
      this.isTooSlow = true;
      this.queue.push({ event: 'fallback' });
      this.goTo(index, frame);
    }
    if (index !== this.toldIndex) {
      this.toldIndex = index;
      this.report.tracks++;
      stream.forgetBefore(index);
      this.sounds.forgetBefore(index);
      const { name, rateHz, channels } = sound;
      this.queue.push({ event: 'track', index, count: this.tracks.length, name, rateHz, channels });
    }
    this.queue.push({
      event: 'progress',
      index,
      name: sound.name,
      seconds: frame / sound.rateHz,
      of: sound.isWhole ? sound.available / sound.rateHz : undefined,
      fillMs: status.fillMs,
      ppm: track.live?.ppm,
      isPaused: this.isPaused,
      isWaiting: status.isWaiting,
      underruns: status.underruns,
      dry: status.dry,
    });
  }
}
