// A track as the player tells of it and as its frames come out of the jack: where it stands, how fast, how often.

import { numberField, textField, type PlayerRecord } from './records.js';

/** Shorter times say nothing about a speed. */
const SHORTEST_MS = 50;

export interface Progress {
  /** The place in the track. */
  frames: number;
  /** Seconds of sound a second since it began, went on or was sought in. */
  speed: number;
  paused: boolean;
}

export class Played {
  readonly rateHz: number;
  readonly channels: number;
  /** Frames that the file has. */
  readonly total: number;
  private begun = 0;
  private ended = 0;
  /** Frames that were played, as the player counts them: until it was begun the last time, and since, once told. */
  private earlier = 0;
  private last: number | undefined;
  private crc: string | undefined;
  private paused = false;
  /** The place in the track after so many frames of this time. */
  private place = { frame: 0, appended: 0 };
  /** Since when it plays without a break, in ms, and the frames that had come by then. */
  private since = { time: 0, frames: 0 };

  constructor(
    readonly name: string,
    record: PlayerRecord,
  ) {
    this.rateHz = numberField(record, 'rateHz') ?? 0;
    this.channels = numberField(record, 'channels') ?? 0;
    this.total = numberField(record, 'frames') ?? 0;
  }

  /** It begins, or begins again: at `now` ms, when `heard` frames of it had come so far. */
  begin(now: number, heard: number): void {
    this.begun++;
    this.earlier += this.last ?? 0;
    this.last = undefined;
    this.paused = false;
    this.place = { frame: 0, appended: 0 };
    this.since = { time: now, frames: heard };
  }

  /** A key paused it, let it go on, or went to another place. */
  move(record: PlayerRecord, now: number, heard: number): void {
    this.place = { frame: numberField(record, 'frame') ?? 0, appended: numberField(record, 'appended') ?? 0 };
    this.paused = numberField(record, 'paused') === 1;
    this.since = { time: now, frames: heard };
  }

  end(record: PlayerRecord): void {
    const frames = numberField(record, 'frames') ?? 0;
    // The end of the time before may be told only after the track was begun again.
    if (++this.ended < this.begun) this.earlier += frames;
    else this.last = frames;
    if (frames === this.total) this.crc = textField(record, 'pcmCrc32');
  }

  progress(now: number, heard: number): Progress {
    const appended = Math.max(0, heard - this.earlier - this.place.appended);
    const seconds = Math.max(SHORTEST_MS, now - this.since.time) / 1000;
    return {
      frames: Math.min(this.place.frame + appended, this.total),
      speed: (heard - this.since.frames) / this.rateHz / seconds,
      paused: this.paused,
    };
  }

  /** Frames that the player says were played; undefined as long as it does not. */
  get counted(): number | undefined {
    return this.last === undefined ? undefined : this.earlier + this.last;
  }

  /** Of all its frames, once each and in order: what was played twice is not what a sum is of. */
  get pcmCrc32(): string | undefined {
    return this.begun === 1 ? this.crc : undefined;
  }
}
