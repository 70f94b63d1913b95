// Music on its way to the card: named as the card takes it, converted where the device does not decode it.

import fs from 'node:fs/promises';
import path from 'node:path';
import { Problem, systemReason } from '../problem.js';
import { FORMATS_TEXT } from '../media/detect.js';
import { foldCase, freeName, legalName, MAX_PATH } from './card-names.js';
import type { CardFile } from './card-tree.js';
import { convertTrack } from './convert.js';
import { findMusic, type MusicFile } from './music-files.js';
import type { CardEvent } from './options.js';
import { isSoundName } from './player-limits.js';
import { cardPlaylist, TrackMap } from './playlist.js';

/** Where music lies on the card, apart from what the Pi boots from. */
const MUSIC_FOLDER = 'music';
/** Renamed files that are told one by one. */
const TOLD = 8;

export interface MusicOptions {
  music: readonly string[];
  lossless: boolean;
  /** A folder for what is converted. */
  scratch: string;
  signal?: AbortSignal | undefined;
}

/** Of a playlist: tens of thousands of lines. */
const MOST_PLAYLIST = 1 << 22;

/** A track and its file for the card. */
export interface PreparedTrack {
  given: string;
  converted: boolean;
  file: CardFile;
}

export interface PreparedMusic {
  tracks: PreparedTrack[];
  playlists: CardFile[];
  ignored: number;
}

/** Finds, names and converts. What fails is an event and left out. Throws Problem for a name that is not there. */
export async function prepareMusic(options: MusicOptions, push: (event: CardEvent) => void): Promise<PreparedMusic> {
  const { music, signal } = options;
  const { files, ignored, problems } = await findMusic(music, signal);
  problems.forEach((problem) => push({ event: 'error', problem }));
  const prepared: PreparedMusic = { tracks: [], playlists: [], ignored };
  const named = nameAll(files, options.lossless ? '.wav' : '.qoa', push);
  const map = new TrackMap();
  const count = named.filter(({ converted }) => converted).length;
  let index = 0;
  for (const { file, path: card, converted } of named) {
    const { input, kind, bytes } = file;
    if (kind === 'playlist') continue;
    const given = input.given;
    const made = converted
      ? await convert(file, card, options, { index: index++, count }, push)
      : { path: card, source: { file: input.path }, bytes };
    if (!made) continue;
    map.add(path.resolve(given), card);
    prepared.tracks.push({ given, converted, file: made });
  }
  for (const { file, path: card } of named) {
    const playlist = file.kind === 'playlist' ? await copyPlaylist(file, card, map, push) : undefined;
    if (playlist) prepared.playlists.push(playlist);
  }
  return prepared;
}

interface Named {
  file: MusicFile;
  /** On the card. */
  path: string;
  converted: boolean;
}

/** Names everything that goes to the card; files that keep their names first. */
function nameAll(files: readonly MusicFile[], ending: string, push: (event: CardEvent) => void): Named[] {
  const folders = new CardFolders();
  const renamed: string[] = [];
  const named = new Map<MusicFile, Named>();
  const isConverted = ({ kind }: MusicFile): boolean => kind !== 'wav' && kind !== 'qoa' && kind !== 'playlist';
  for (const converted of [false, true])
    for (const file of files.filter((each) => isConverted(each) === converted)) {
      const own = file.names.at(-1) ?? '';
      if (file.kind === 'unknown') {
        push({ event: 'error', problem: unknownTrack(file) });
        continue;
      }
      if (file.refusal !== undefined) {
        push({ event: 'error', problem: refusedTrack(file, file.refusal) });
        continue;
      }
      const wanted = converted ? `${path.parse(own).name}${ending}` : playedName(file, own);
      const card = folders.add(file.names.slice(0, -1), wanted);
      if (card.length > MAX_PATH) {
        const message = `has a path of ${card.length} characters on the card, and ${MAX_PATH} are the most`;
        push({
          event: 'error',
          problem: new Problem('no-room', message, { file: file.input.given, hint: 'shorten it, or a folder of it' }),
        });
        continue;
      }
      const plain = [MUSIC_FOLDER, ...file.names.slice(0, -1), converted ? wanted : own].join('/').normalize('NFC');
      if (card !== plain) renamed.push(`${file.input.given} is ${card} on the card`);
      named.set(file, { file, path: card, converted });
    }
  renamed.slice(0, TOLD).forEach((text) => push({ event: 'notice', text }));
  if (renamed.length > TOLD)
    push({ event: 'notice', text: `${renamed.length - TOLD} more have other names on the card` });
  // In the order that they were found in.
  return files.flatMap((file) => named.get(file) ?? []);
}

const refusedTrack = ({ input }: MusicFile, why: string): Problem =>
  new Problem('unsupported-media', why, {
    file: input.given,
    hint: 'convert it to FLAC, or to a WAV of 8 to 32 bits, mono or stereo, with 8 to 192 kHz',
  });

/** The player goes by names: one that is no track's gets an ending. */
const playedName = ({ kind }: MusicFile, own: string): string =>
  kind === 'playlist' || isSoundName(own) ? own : `${own}.${kind}`;

const unknownTrack = ({ input }: MusicFile): Problem =>
  new Problem('unknown-format', 'is none of the formats that are decoded here', {
    file: input.given,
    hint: FORMATS_TEXT,
  });

/** The folders of the card while names are given. */
class CardFolders {
  /** Of each folder the names in it, folded, with a folder's own name, or true for a file. */
  private readonly taken = new Map<string, Map<string, string | true>>();

  /** The path on the card of a file that is so called here. */
  add(folders: readonly string[], name: string): string {
    let at = MUSIC_FOLDER;
    for (const folder of folders) {
      const inside = this.inside(at);
      const legal = legalName(folder);
      const there = inside.get(foldCase(legal));
      // Folders that are alike become one; a file with that name is another matter.
      const own = typeof there === 'string' ? there : there ? freeName(legal, inside) : legal;
      inside.set(foldCase(own), own);
      at = `${at}/${own}`;
    }
    const inside = this.inside(at);
    const own = freeName(legalName(name), inside);
    inside.set(foldCase(own), true);
    return `${at}/${own}`;
  }

  private inside(folder: string): Map<string, string | true> {
    let inside = this.taken.get(folder);
    if (!inside) this.taken.set(folder, (inside = new Map()));
    return inside;
  }
}

async function convert(
  { input, kind }: MusicFile,
  card: string,
  { lossless, scratch, signal }: MusicOptions,
  place: { index: number; count: number },
  push: (event: CardEvent) => void,
): Promise<CardFile | undefined> {
  const to = path.join(scratch, `track-${place.index}`);
  const tell = (seconds: number): void => push({ event: 'converting', given: input.given, ...place, seconds });
  tell(0);
  try {
    const format = kind as Exclude<MusicFile['kind'], 'playlist' | 'unknown' | 'qoa'>;
    const { bytes, remark, flaw } = await convertTrack(input, format, to, { lossless, signal, progress: tell });
    if (remark !== undefined) push({ event: 'notice', text: `${input.given} ${remark}` });
    if (flaw) push({ event: 'error', problem: flaw });
    return { path: card, source: { file: to }, bytes };
  } catch (error) {
    signal?.throwIfAborted();
    await fs.rm(to, { force: true });
    if (!(error instanceof Problem) || error.code === 'write-failed') throw error;
    push({ event: 'error', problem: error });
    return undefined;
  }
}

async function copyPlaylist(
  { input, bytes }: MusicFile,
  card: string,
  map: TrackMap,
  push: (event: CardEvent) => void,
): Promise<CardFile | undefined> {
  const { given } = input;
  try {
    if (bytes > MOST_PLAYLIST)
      throw new Problem('no-room', `is a playlist of more than ${MOST_PLAYLIST} bytes`, { file: given });
    const folder = path.dirname(path.resolve(given));
    const { text, missing } = cardPlaylist(await fs.readFile(input.path), folder, path.posix.dirname(card), map);
    if (missing > 0)
      push({ event: 'notice', text: `${given} names ${missing} that ${missing === 1 ? 'is' : 'are'} not on the card` });
    const source = Buffer.from(text);
    return { path: card, source, bytes: source.length };
  } catch (error) {
    const problem =
      error instanceof Problem
        ? error
        : new Problem('not-readable', `cannot be read (${systemReason(error)})`, { file: given, cause: error });
    push({ event: 'error', problem });
    return undefined;
  }
}
