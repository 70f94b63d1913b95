// Playlists (.m3u, .m3u8): a track a line, `#` begins what is none. On the card they name the tracks as these are called
// there, in UTF-8: relative where a track lies below the playlist's folder, else from the card's root with a slash first.

import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { foldCase } from './card-names.js';

/** A track of a playlist longer than this is none. */
const MAX_LINE = 4096;

export interface CardPlaylist {
  text: string;
  /** Lines that name nothing that is on the card; they stay as they are. */
  missing: number;
}

/** Where the tracks of this computer lie on the card: absolute paths, as they are and without regard to case. */
export class TrackMap {
  private readonly exact = new Map<string, string>();
  private readonly folded = new Map<string, string>();

  add(host: string, card: string): void {
    this.exact.set(host, card);
    this.folded.set(foldCase(host.normalize('NFC')), card);
  }

  find(host: string): string | undefined {
    return this.exact.get(host) ?? this.folded.get(foldCase(host.normalize('NFC')));
  }
}

/** A playlist for the card. `folder` is where it lies here, `cardFolder` where it will lie there. */
export function cardPlaylist(bytes: Buffer, folder: string, cardFolder: string, tracks: TrackMap): CardPlaylist {
  let missing = 0;
  const lines = playlistText(bytes)
    .split(/\r?\n|\r/)
    .map((line) => {
      const name = line.trim();
      if (name === '' || name.startsWith('#')) return line;
      const card = name.length > MAX_LINE ? undefined : findTrack(name, folder, tracks);
      if (card === undefined) missing++;
      else return card.startsWith(`${cardFolder}/`) ? card.slice(cardFolder.length + 1) : `/${card}`;
      return line;
    });
  return { text: lines.join('\n'), missing };
}

/** UTF-8 with or without a mark, else what it was before that: Latin-1. */
function playlistText(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return bytes.toString('latin1');
  }
}

function findTrack(name: string, folder: string, tracks: TrackMap): string | undefined {
  if (name.startsWith('file://')) {
    try {
      return tracks.find(fileURLToPath(name));
    } catch {
      return undefined;
    }
  }
  // Windows writes backslashes, which are letters of a name here.
  return tracks.find(path.resolve(folder, name)) ?? tracks.find(path.resolve(folder, name.replaceAll('\\', '/')));
}
