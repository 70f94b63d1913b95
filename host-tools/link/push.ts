// `push`: sounds sent to the device while it plays them, and what may be done meanwhile: pause, seek, go on to the next,
// end. Sounds of the same rate and channels are one stream, so that nothing comes between them.

import { AudioFormat } from '../../firmware/link/protocol.js';
import { EventQueue } from '../play/queue.js';
import { Problem } from '../problem.js';
import { AudioStream, type AudioLink } from './audio-stream.js';
import { chooseFormat, whatFits, type LineChoice } from './line-choice.js';
import { TrackSounds, type PushTrack } from './push-tracks.js';
import { QoaPieces } from './qoa-pieces.js';
import type { Sound } from './sound.js';
import { StreamPlaces, type Segment } from './stream-places.js';

export interface PushOptions {
  /** Payload bytes a second that the line carries; undefined: as fast as it takes them. */
  lineBytes?: number | undefined;
  /** What has to wait before it sounds, in milliseconds; default: by the line's speed. */
  startMs?: number | undefined;
  /** Ends as `end` does, but the report says so. */
  signal?: AbortSignal | undefined;
}

export type PushEvent =
  | { event: 'stream'; rateHz: number; jackHz: number; channels: number; choice: LineChoice }
  | { event: 'track'; index: number; count: number; name: string; rateHz: number; channels: number }
  | {
      event: 'progress';
      index: number;
      name: string;
      seconds: number;
      /** Undefined while its length is not known. */
      of: number | undefined;
      fillMs: number;
      /** Of a live source: parts in a million that it is fast. */
      ppm: number | undefined;
      isPaused: boolean;
      /** It is filled before it sounds. */
      isWaiting: boolean;
      underruns: number;
      dry: number;
    }
  /** It ran dry as it was: from here on it is sent as QOA. */
  | { event: 'fallback' }
  | { event: 'problem'; index: number; problem: Problem };

export interface PushReport {
  /** Tracks that were sent wholly or in part, and those that could not be opened. */
  tracks: number;
  failed: number;
  /** Times the jack had no word in time, and times that a stream ran dry. */
  underruns: number;
  dry: number;
  /** The least that waited on the device since 350 ms did; null when they never did. */
  lowestFillMs: number | null;
  interrupted: boolean;
}

type Command = { kind: 'pause' | 'next' | 'end' } | { kind: 'seek'; seconds: number };

/** Of Data, before the bytes. */
const OP_BYTES = 1;
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

  private stream: AudioStream | undefined;
  private choice: LineChoice | undefined;
  private channels = 0;
  private rateHz = 0;
  /** End or Close was sent. */
  private isEnding = false;
  private readonly places = new StreamPlaces();
  private readonly coded = new QoaPieces();
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
      if (this.stream && !this.isEnding) await this.stream.close().catch(() => undefined);
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
        if (!this.isEnding) await this.close(stream);
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
    if (!this.coded.isEmpty && stream && !this.isJump) return this.sendCoded(stream);
    if (this.index >= this.tracks.length) return stream ? this.endStream(stream) : true;
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
    const isOther = this.isTooSlow && this.choice?.format === AudioFormat.Pcm16;
    if (isOther || sound.rateHz !== this.rateHz || sound.channels !== this.channels) {
      if (!this.isJump) return this.endStream(stream);
      if (this.isEnding) return false;
      await this.close(stream);
      return true;
    }
    if (this.isJump) {
      await this.flush(sound, stream);
      return true;
    }
    if (this.isEnding) return false;
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
    this.choice = choice;
    this.rateHz = sound.rateHz;
    this.channels = sound.channels;
    this.isEnding = false;
    this.begin(0);
    const { format, startMs } = choice;
    this.align(sound);
    const { rateHz, channels, name } = sound;
    this.stream = await AudioStream.open(
      this.link,
      { format, rateHz, channels, startMs, live: live !== undefined, name },
      this.changed,
    );
    if (this.isPaused) await this.stream.pause(true);
    this.queue.push({ event: 'stream', rateHz, channels, jackHz: this.stream.jackHz, choice });
  }

  /** What is sent next is the stream's frame `at`, and does not go on from before. */
  private begin(at: number): void {
    this.isJump = false;
    this.places.begin(at);
    this.coded.clear();
  }

  /** A file's own frames of QOA are sent whole. */
  private align(sound: Sound): void {
    if (this.isQoa) this.position = QoaPieces.align(sound, this.position);
  }

  private get isQoa(): boolean {
    return this.choice?.format === AudioFormat.Qoa;
  }

  private async flush(sound: Sound, stream: AudioStream): Promise<void> {
    this.align(sound);
    this.begin(this.position);
    this.isEnding = false;
    await stream.flush(this.position);
  }

  private async close(stream: AudioStream): Promise<void> {
    this.isEnding = true;
    await stream.close();
  }

  /** Nothing more is to be sent in this stream. */
  private async endStream(stream: AudioStream): Promise<boolean> {
    if (this.isEnding) return false;
    this.coded.finish();
    if (!this.coded.isEmpty) return true;
    this.isEnding = true;
    await stream.end();
    return true;
  }

  private endOf(stream: AudioStream): void {
    const { report } = this;
    const { ended } = stream;
    if (!ended) return;
    this.stream = undefined;
    if (!this.isEnding) {
      // It was at its end before a flush came there: what followed that is sent again.
      const { first } = this.places;
      this.index = first?.index ?? this.index;
      this.position = first?.from ?? this.position;
      this.coded.clear();
    }
    report.underruns += ended.underruns;
    report.dry += ended.dry;
    if (ended.lowestMs !== undefined) report.lowestFillMs = Math.min(report.lowestFillMs ?? Infinity, ended.lowestMs);
  }

  /** Sends the next piece of a sound, or prepares it. */
  private async sendOf(sound: Sound, stream: AudioStream): Promise<boolean> {
    if (this.position >= sound.available) {
      if (!sound.isWhole) return false;
      if (sound.problem) this.fail(this.index, sound.problem);
      this.index++;
      this.position = 0;
      return true;
    }
    if (sound.isWhole && this.index + 1 < this.tracks.length) this.sounds.at(this.index + 1);
    if (this.isQoa) {
      const frames = this.coded.make(sound, this.position);
      if (frames) this.advance(sound, frames);
      return frames > 0;
    }
    const frameBytes = 2 * sound.channels;
    const frames = Math.floor((this.link.payloadBytes - OP_BYTES) / frameBytes);
    // Room that is less than a message is not worth one.
    if (stream.room < frames * frameBytes) return false;
    const samples = sound.read(this.position, frames);
    this.advance(sound, samples.length / sound.channels);
    const bytes = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
    await stream.data(bytes);
    return true;
  }

  private advance(sound: Sound, frames: number): void {
    this.places.add(this.index, sound, this.position, frames);
    this.position += frames;
    this.tracks[this.index]?.live?.forget(this.position);
  }

  private async sendCoded(stream: AudioStream): Promise<boolean> {
    const piece = this.coded.next(this.link.payloadBytes - OP_BYTES);
    if (!piece || stream.room < piece.length) return false;
    this.coded.take(piece.length);
    await stream.data(piece);
    return true;
  }

  /** What is heard: of which sound, and where in it. */
  private heard(): { segment: Segment; frame: number } | undefined {
    return this.places.find(this.stream?.status.heard ?? 0);
  }

  private async obey(command: Command): Promise<void> {
    const place = this.heard();
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
    this.toldStatus = stream.status;
    const place = this.heard();
    if (!place) return;
    const { status } = stream;
    const { segment, frame } = place;
    const { index, sound } = segment;
    const track = this.tracks[index] as PushTrack;
    if (track.live) {
      const isSteady = !status.isWaiting && !this.isPaused && status.dry === this.dryBefore;
      track.live.follow(isSteady ? status.fillMs : undefined);
      this.dryBefore = status.dry;
    } else if (status.dry > 0 && this.choice?.format === AudioFormat.Pcm16 && !this.isTooSlow && !this.isStopping) {
      this.isTooSlow = true;
      this.queue.push({ event: 'fallback' });
      this.goTo(index, frame);
    }
    if (index !== this.toldIndex) {
      this.toldIndex = index;
      this.report.tracks++;
      this.places.forgetBefore(index);
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
