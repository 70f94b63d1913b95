// What the operations `image` and `card` take, tell and return.

import type { Build } from '../build/program.js';
import type { ErrorReport } from '../play/report.js';
import type { Problem } from '../problem.js';

export const CARD_SCHEMA = 1;

/** What goes onto the card, however it gets there. */
export interface ContentsOptions {
  /** A program as `findProgram` takes it; default: the player. */
  program?: string;
  /** A build that is there already, instead of `program`. */
  build?: Build;
  wasm3Dir?: string;
  /** Folder with the VideoCore's files; default: Debian's, fetched once; false: none, for the emulator alone. */
  firmware?: string | false;
  /** The device tree, or true for the one in Debian's kernel. */
  deviceTree?: string | true;
  /** Instead of the player.ini of the library. */
  settings?: string;
  /** Folders and sound files. */
  music?: readonly string[];
  /** Convert to WAV instead of QOA. */
  lossless?: boolean;
  /** Where fetched and built things are kept; default: the user's cache folder. */
  cacheDir?: string;
  signal?: AbortSignal;
}

export interface ImageOptions extends ContentsOptions {
  /** The image to write. */
  output: string;
  /** Bytes that it has, at least; a power of two. Default: the smallest that holds everything with some room. */
  size?: number;
  /** Replace what is there, whatever it is. */
  force?: boolean;
}

export interface FolderOptions extends ContentsOptions {
  /** Where the card is mounted. */
  folder: string;
  /** Replace settings that were changed there, and another system's kernel. */
  force?: boolean;
}

export type CardEvent =
  | { event: 'stage'; stage: 'building' | 'searching' | 'writing' }
  /** `part` from 0 to 1. */
  | { event: 'download'; what: string; part: number }
  | { event: 'converting'; given: string; index: number; count: number; seconds: number }
  | { event: 'writing'; bytes: number; total: number }
  | { event: 'notice'; text: string }
  /** A track that is left out, or cut off. */
  | { event: 'error'; problem: Problem }
  /** Why a Pi will not boot it. */
  | { event: 'unbootable'; problem: Problem };

export interface CardTrack {
  /** As the user named it, or found below what the user named. */
  given: string;
  /** On the card, with slashes. */
  path: string;
  bytes: number;
  converted: boolean;
}

export interface FirmwareReport {
  /** YYYY-MM-DD; null where the files do not tell. */
  date: string | null;
  version: string | null;
  deviceTree: boolean;
}

export interface CardReport {
  schema: typeof CARD_SCHEMA;
  /** The image, or the card's folder. */
  target: string;
  /** Of the image; of a folder, of all files that belong there. */
  bytes: number;
  /** Bytes that were written into a folder; of an image all of its files. */
  writtenBytes: number;
  freeBytes: number;
  tracks: CardTrack[];
  playlists: number;
  /** Files that are no music. */
  ignored: number;
  kernelBytes: number;
  buildId: string;
  /** Null when there is none: only the emulator boots the card. */
  firmware: FirmwareReport | null;
  /** Whether that was so wished. */
  emulatorOnly: boolean;
  notices: string[];
  errors: ErrorReport[];
  interrupted: boolean;
}
