// What of a card the player looks at, by names alone as it does, and how much of it: firmware/player/card-tracks.ts.

import {
  FOLDER_PATHS_BYTES,
  MOST_CARD_FOLDERS,
  MOST_CARD_TRACKS,
  SOUND_ENDINGS,
  TRACK_PATHS_BYTES,
} from '../../firmware/storage/card-limits.js';
import type { CardEvent } from './options.js';

/** Where the player was, which it writes itself into a file that is there already. */
export const STATE = 'player.state';

const ENDINGS = new Set(SOUND_ENDINGS.trim().split(' '));

/** Whether the player takes a file for a track, by the last part of its path. */
export function isSoundName(name: string): boolean {
  const dot = name.lastIndexOf('.');
  // As the player compares: capitals of ASCII only.
  return dot > 0 && ENDINGS.has(name.slice(dot + 1).replace(/[A-Z]/g, (letter) => letter.toLowerCase()));
}

/** A limit that is reached. `what` goes on with "it". */
export interface LimitReached {
  code: 'too-many-tracks' | 'too-many-folders';
  what: string;
  fix: string;
}

/** Counts what the player would find. */
export class PlayerLimits {
  private tracks = 0;
  private trackBytes = 0;
  private folders = 0;
  private folderBytes = 0;

  /** A file that is a track by its name, by its path on the card. */
  addTrack(path: string): void {
    this.tracks++;
    this.trackBytes += Buffer.byteLength(path);
  }

  addFolder(path: string): void {
    this.folders++;
    this.folderBytes += Buffer.byteLength(path) + 1;
  }

  reached(): LimitReached[] {
    const tracks: LimitReached = {
      code: 'too-many-tracks',
      what:
        this.tracks > MOST_CARD_TRACKS
          ? `has ${this.tracks} tracks, and the player takes ${MOST_CARD_TRACKS}`
          : `has tracks whose paths are ${this.trackBytes} bytes long together, and the player takes ${TRACK_PATHS_BYTES}`,
      fix: 'take away some, or make shorter names: those that are found last are not played',
    };
    const folders: LimitReached = {
      code: 'too-many-folders',
      what:
        this.folders > MOST_CARD_FOLDERS
          ? `has ${this.folders} folders, and the player looks into ${MOST_CARD_FOLDERS}`
          : `has folders whose paths are ${this.folderBytes} bytes long together, and the player takes ${FOLDER_PATHS_BYTES}`,
      fix: 'put tracks together into fewer folders: what is in the others is not played',
    };
    return [
      ...(this.tracks > MOST_CARD_TRACKS || this.trackBytes > TRACK_PATHS_BYTES ? [tracks] : []),
      ...(this.folders > MOST_CARD_FOLDERS || this.folderBytes > FOLDER_PATHS_BYTES ? [folders] : []),
    ];
  }
}

/** Tells of a card with these files what the player will not take of it. */
export function tellLimits(paths: readonly string[], push: (event: CardEvent) => void): void {
  const limits = new PlayerLimits();
  const folders = new Set<string>();
  for (const path of paths) {
    if (isSoundName(path.slice(path.lastIndexOf('/') + 1))) limits.addTrack(path);
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) folders.add(path.slice(0, at));
  }
  folders.forEach((folder) => limits.addFolder(folder));
  for (const { what, fix } of limits.reached()) push({ event: 'notice', text: `the card ${what}; ${fix}` });
}
