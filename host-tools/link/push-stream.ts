// A stream of a push: what of which sound was sent in it, and what is packed for it and waits.

import { AudioFormat } from '../../firmware/link/protocol.js';
import { AudioStream, type AudioLink, type StreamEnd, type StreamStatus } from './audio-stream.js';
import type { LineChoice } from './line-choice.js';
import type { Problem } from '../problem.js';
import { QoaPieces } from './qoa-pieces.js';
import type { Sound } from './sound.js';
import { StreamPlaces, type Segment } from './stream-places.js';

/** Of Data, before the bytes. */
const OP_BYTES = 1;

export class PushStream {
  /** End or Close was sent. */
  isEnding = false;
  private readonly places = new StreamPlaces();
  private readonly coded = new QoaPieces();

  private constructor(
    private readonly link: AudioLink,
    private readonly stream: AudioStream,
    private readonly isQoa: boolean,
    private readonly rateHz: number,
    private readonly channels: number,
  ) {}

  /** Opens a stream for sounds like this one. `changed` is called when the device has told something. Throws Problem. */
  static async open(
    link: AudioLink,
    { rateHz, channels, name }: Sound,
    { format, startMs }: LineChoice,
    live: boolean,
    changed: () => void,
  ): Promise<PushStream> {
    const stream = await AudioStream.open(link, { format, rateHz, channels, startMs, live, name }, changed);
    return new PushStream(link, stream, format === AudioFormat.Qoa, rateHz, channels);
  }

  get jackHz(): number {
    return this.stream.jackHz;
  }

  get status(): StreamStatus {
    return this.stream.status;
  }

  get ended(): StreamEnd | undefined {
    return this.stream.ended;
  }

  get failed(): Problem | undefined {
    return this.stream.failed;
  }

  /** Whether the samples are sent as they are. */
  get isPcm(): boolean {
    return !this.isQoa;
  }

  /** Whether a sound can follow in it. */
  fits({ rateHz, channels }: Sound): boolean {
    return rateHz === this.rateHz && channels === this.channels;
  }

  /** The frame of a sound, at `position` or before it, that can be sent first: a file's own frames of QOA go whole. */
  align(sound: Sound, position: number): number {
    return this.isQoa ? QoaPieces.align(sound, position) : position;
  }

  /** What is heard: of which sound, and where in it. */
  get heard(): { segment: Segment; frame: number } | undefined {
    return this.places.find(this.stream.status.heard);
  }

  /** Where what was sent since the beginning, or the last flush, begins. */
  get first(): Segment | undefined {
    return this.places.first;
  }

  /** Nobody goes back behind the track that is heard. */
  forgetBefore(index: number): void {
    this.places.forgetBefore(index);
  }

  /** Sends or packs what comes next of a sound, from `position` on; how many of its frames, 0 when nothing can be done now. */
  async take(index: number, sound: Sound, position: number): Promise<number> {
    return this.isQoa ? this.pack(index, sound, position) : this.sendSamples(index, sound, position);
  }

  private pack(index: number, sound: Sound, position: number): number {
    const frames = this.coded.make(sound, position);
    if (frames > 0) this.places.add(index, sound, position, frames);
    return frames;
  }

  private async sendSamples(index: number, sound: Sound, position: number): Promise<number> {
    const { stream, link } = this;
    const frameBytes = 2 * sound.channels;
    const most = Math.floor((link.payloadBytes - OP_BYTES) / frameBytes);
    // Room that is less than a message is not worth one.
    if (stream.room < most * frameBytes) return 0;
    const samples = sound.read(position, most);
    const frames = samples.length / sound.channels;
    this.places.add(index, sound, position, frames);
    await stream.data(Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength));
    return frames;
  }

  /** Whether something is packed that is to be sent first. */
  get hasPacked(): boolean {
    return !this.coded.isEmpty;
  }

  /** Sends a piece of what is packed; false when there is no room for it. */
  async sendPacked(): Promise<boolean> {
    const piece = this.coded.next(this.link.payloadBytes - OP_BYTES);
    if (!piece || this.stream.room < piece.length) return false;
    this.coded.take(piece.length);
    await this.stream.data(piece);
    return true;
  }

  pause(on: boolean): Promise<void> {
    return this.stream.pause(on);
  }

  /** Throws away what waits; what is sent next begins at frame `position` of its sound. */
  async flush(position: number): Promise<void> {
    this.places.begin(position);
    this.coded.clear();
    this.isEnding = false;
    await this.stream.flush(position);
  }

  /** Nothing more is to be sent; false when that was said already. */
  async end(): Promise<boolean> {
    if (this.isEnding) return false;
    this.coded.finish();
    if (!this.coded.isEmpty) return true;
    this.isEnding = true;
    await this.stream.end();
    return true;
  }

  /** Stops at once. */
  async close(): Promise<void> {
    this.isEnding = true;
    await this.stream.close();
  }
}
