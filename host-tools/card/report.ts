// The report while it comes about: what events tell for people is kept for it.

import { errorReport, type ErrorReport } from '../play/report.js';
import type { EventQueue } from '../play/queue.js';
import type { Contents } from './contents.js';
import { CARD_SCHEMA, type CardEvent, type CardReport, type CardTrack } from './options.js';
import type { PreparedTrack } from './music.js';

/** Passes events on, and remembers what belongs into the report. */
export class Told {
  readonly notices: string[] = [];
  readonly errors: ErrorReport[] = [];

  constructor(private readonly queue: EventQueue<CardEvent>) {}

  readonly push = (event: CardEvent): void => {
    if (event.event === 'notice') this.notices.push(event.text);
    if (event.event === 'error' || event.event === 'unbootable') this.errors.push(errorReport(event.problem));
    this.queue.push(event);
  };

  /** The report of a card that was not made, as it was interrupted. */
  interrupted(target: string): CardReport {
    return {
      ...{ schema: CARD_SCHEMA, target, bytes: 0, writtenBytes: 0, freeBytes: 0, tracks: [], playlists: 0, ignored: 0 },
      ...{ kernelBytes: 0, buildId: '', firmware: null, emulatorOnly: false },
      ...{ notices: this.notices, errors: this.errors, interrupted: true },
    };
  }

  report(
    { build, videoCore, music }: Contents,
    sizes: Pick<CardReport, 'target' | 'bytes' | 'writtenBytes' | 'freeBytes' | 'emulatorOnly'>,
    tracks: readonly PreparedTrack[],
  ): CardReport {
    return {
      schema: CARD_SCHEMA,
      ...sizes,
      tracks: tracks.map(cardTrack),
      playlists: music.playlists.length,
      ignored: music.ignored,
      kernelBytes: build.image.length,
      buildId: build.buildId,
      firmware: videoCore
        ? { date: videoCore.date ?? null, version: videoCore.version ?? null, deviceTree: videoCore.deviceTree }
        : null,
      notices: this.notices,
      errors: this.errors,
      interrupted: false,
    };
  }
}

const cardTrack = ({ given, converted, file }: PreparedTrack): CardTrack => ({
  given,
  path: file.path,
  bytes: file.bytes,
  converted,
});
