// What a push plays: tracks, and their sounds as they are opened.

import { Problem } from '../problem.js';
import type { LiveSound } from './live-sound.js';
import type { Sound } from './sound.js';

/** Something to push. */
export interface PushTrack {
  /** As the user named it. */
  name: string;
  /** Throws Problem where it is seen at once that it cannot be opened. */
  look?(): Promise<unknown>;
  /** Called once; `grew` is to be called when the sound has got more. Throws Problem. */
  open(grew: () => void): Promise<Sound> | Sound;
  /** Where it is not a file but goes on for ever. */
  live?: LiveSound;
}

/** Begins to open a track before there is a line: it then sounds the sooner. */
export function openEarly(track: PushTrack): PushTrack & { opened: Promise<Sound> } {
  let grew = (): void => undefined;
  const opened = Promise.resolve(track.open(() => grew()));
  opened.catch(() => undefined); // told when it is its turn
  return {
    ...track,
    opened,
    open(told) {
      grew = told;
      return opened;
    },
  };
}

/** The sounds of tracks, opened when they are asked for. */
export class TrackSounds {
  private readonly sounds = new Map<number, Sound | Problem | 'opening'>();

  /** `failed` and `changed` are called when something has come of an opening; `changed` whenever a sound has grown, too. */
  constructor(
    private readonly tracks: readonly PushTrack[],
    private readonly failed: (index: number, problem: Problem) => void,
    private readonly changed: () => void,
  ) {}

  /** Tells now of those that are not there, and not when it is their turn. */
  look(): void {
    this.tracks.forEach((track, index) =>
      track.look?.().catch((error: unknown) => {
        if (!this.sounds.has(index)) this.fail(index, error);
      }),
    );
  }

  private fail(index: number, error: unknown): void {
    const { name: file } = this.tracks[index] as PushTrack;
    const problem =
      error instanceof Problem
        ? error
        : new Problem('unexpected', `cannot be opened (${String(error)})`, { file, cause: error });
    this.sounds.set(index, problem);
    this.failed(index, problem);
  }

  /** The sound of a track; undefined as long as it is opened. */
  at(index: number): Sound | Problem | undefined {
    const known = this.sounds.get(index);
    if (known !== undefined) return known === 'opening' ? undefined : known;
    this.sounds.set(index, 'opening');
    const track = this.tracks[index] as PushTrack;
    void Promise.resolve()
      .then(() => track.open(this.changed))
      .then(
        (sound) => this.sounds.set(index, sound),
        (error: unknown) => this.fail(index, error),
      )
      .then(this.changed);
    return undefined;
  }

  /** Gives up those before a track: samples take much memory. */
  forgetBefore(index: number): void {
    for (const known of this.sounds.keys()) if (known < index) this.sounds.delete(known);
  }
}
