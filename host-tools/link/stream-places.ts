// Which frames of a stream are which frames of which sound.

import type { Sound } from './sound.js';

/** A piece of a sound in a stream: its frame `from` is the stream's frame `at`. */
export interface Segment {
  readonly at: number;
  readonly from: number;
  /** Of its track. */
  readonly index: number;
  readonly sound: Sound;
}

export class StreamPlaces {
  private segments: Segment[] = [];
  /** The stream's next frame. */
  private at = 0;

  /** What is sent next is the stream's frame `at`, and does not go on from before. */
  begin(at: number): void {
    this.segments = [];
    this.at = at;
  }

  /** Notes that `frames` frames of a sound, from `from` on, come next in the stream. */
  add(index: number, sound: Sound, from: number, frames: number): void {
    const last = this.segments.at(-1);
    if (last?.sound !== sound || last.at + from - last.from !== this.at)
      this.segments.push({ at: this.at, from, index, sound });
    this.at += frames;
  }

  get first(): Segment | undefined {
    return this.segments[0];
  }

  /** The sound's piece at a frame of the stream, and the sound's frame there; the first one where that is not begun. */
  find(at: number): { segment: Segment; frame: number } | undefined {
    const segment = this.segments.findLast((each) => each.at <= at) ?? this.segments[0];
    return segment && { segment, frame: Math.max(segment.from, segment.from + at - segment.at) };
  }

  /** Nobody goes back behind the track that is heard. */
  forgetBefore(index: number): void {
    this.segments = this.segments.filter((segment) => segment.index >= index);
  }
}
