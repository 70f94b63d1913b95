// What a card plays: files that the device can decode, under names that it can open, and its settings.

import { describeForeign, detectFormat } from '../media/detect.js';
import { deviceRefusal } from '../media/device-formats.js';
import { breathe } from '../media/pace.js';
import { printable } from '../problem.js';
import { MAX_PATH } from './card-names.js';
import { findFile, walk, type CardEntry } from './card-files.js';
import { guarded, type CheckEvent, type Tell } from './check-report.js';
import { isSoundName, PlayerLimits } from './player-limits.js';

const SETTINGS = 'player.ini';
const LARGEST_SETTINGS = 1 << 20;
/** What tells a format. */
const HEAD_BYTES = 128 * 1024;
/** Files that people take for music besides; of others only those that begin like music are judged. */
const OTHER_MUSIC = /\.(?:ape|mid)$/i;
const MUSIC_MAGIC = /^(?:RIFF[^]{4}WAVE|qoaf|fLaC|OggS|ID3)/;
const CONVERT = 'mirleft image and mirleft card convert it on the way';
const FORMAT_NAMES = { flac: 'FLAC', mp3: 'MP3', vorbis: 'Ogg Vorbis', opus: 'Opus' } as const;

/** Looks at every file; the number of tracks that the player finds and can decode. Throws the signal's reason. */
export async function* checkMusic(
  root: CardEntry,
  tell: Tell,
  signal: AbortSignal | undefined,
): AsyncGenerator<CheckEvent, number> {
  let [files, tracks] = [0, 0];
  const limits = new PlayerLimits();
  const shorts = new ShortNames(tell);
  /** Folders that the player does not look into. */
  const hidden = new Set<string>();
  const broken = (where: string, { message, hint }: { message: string; hint: string | undefined }): void =>
    tell('sound', 'broken-folder', where || '/', message, hint);
  for (const { path, entry } of walk(root, broken)) {
    const folder = path.slice(0, Math.max(path.lastIndexOf('/'), 0));
    checkName(path, tell);
    shorts.add(folder, entry);
    // Other systems leave hidden files behind that are called like tracks.
    if (entry.isHidden || entry.name.startsWith('.') || hidden.has(folder)) {
      if (entry.isFolder) hidden.add(path);
      continue;
    }
    if (entry.isFolder) {
      limits.addFolder(path);
      continue;
    }
    yield { event: 'looking', path, files: ++files };
    if (isSoundName(entry.name)) limits.addTrack(path);
    if (checkTrack(path, entry, tell)) tracks++;
    await breathe(signal);
  }
  for (const { code, what, fix } of limits.reached()) tell('sound', code, undefined, what, fix);
  return tracks;
}

/** Finds names of 8.3 that stand twice in a folder, whose entries come one behind the other. */
class ShortNames {
  private folder: string | undefined;
  private readonly seen = new Map<string, string>();

  constructor(private readonly tell: Tell) {}

  add(folder: string, { name, short }: CardEntry): void {
    if (short === undefined) return;
    if (folder !== this.folder) this.seen.clear();
    this.folder = folder;
    const other = this.seen.get(short);
    if (other === undefined) {
      this.seen.set(short, name);
      return;
    }
    const where = printable(folder === '' ? name : `${folder}/${name}`);
    const what = `has the short name of ${printable(other)}, and systems that go by it see only one of them`;
    this.tell('note', 'same-short-name', where, what, 'copy it anew under another name, or let fsck.fat -a rename it');
  }
}

function checkName(path: string, tell: Tell): void {
  // A path is cut where it is shown; it is the same everywhere in this function.
  const shown = printable(path);
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (path.length > MAX_PATH)
    tell(
      'sound',
      'path-too-long',
      shown,
      `has ${path.length} characters, ${MAX_PATH} at most are opened`,
      'shorten it',
    );
  if (/[\u0000-\u001f\u007f/\\:*?"<>|]/.test(name) || name === '.' || name === '..')
    tell('sound', 'bad-name', shown, 'is a name that no card should have', 'rename it');
}

/** Whether the player finds it and the device can decode it. */
function checkTrack(path: string, entry: CardEntry, tell: Tell): boolean {
  const isMusic = isSoundName(entry.name) || OTHER_MUSIC.test(path);
  const head = guarded(tell, 'broken-file', isMusic ? 'sound' : 'note', path, () => entry.read(0, HEAD_BYTES));
  if (!head || (!isMusic && !MUSIC_MAGIC.test(head.toString('latin1', 0, 12)))) return false;
  const format = detectFormat(head);
  const refuse = (what: string, fix?: string): false => {
    tell('sound', 'not-decodable', path, what, fix);
    return false;
  };
  if (format === 'qoa' || format === 'wav') {
    const readable = {
      bytes: entry.bytes,
      read: (offset: number, length: number) => (offset < entry.bytes ? entry.read(offset, length) : Buffer.alloc(0)),
    };
    const why = guarded(tell, 'broken-file', 'sound', path, () => [deviceRefusal(format, readable)]);
    if (!why) return false;
    if (why[0] !== undefined) return refuse(why[0]);
    if (isSoundName(entry.name)) return true;
    tell(
      'sound',
      'not-by-name',
      path,
      'is sound that the player does not find, for it goes by names',
      `call it .${format}`,
    );
    return false;
  }
  if (format) return refuse(`is ${FORMAT_NAMES[format]}, which the device cannot decode`, CONVERT);
  const described = describeForeign(head);
  return refuse(described === undefined ? 'is nothing that the device can decode' : `${described}: not decodable`);
}

/** Whether there are settings, and whether they are text; each of its lines is the player's own to judge. */
export function checkSettings(root: CardEntry, tell: Tell): void {
  const bytes = guarded(tell, 'broken-file', 'note', SETTINGS, () => {
    const file = findFile(root, SETTINGS);
    if (!file) tell('note', 'no-settings', SETTINGS, 'is missing: the player takes its defaults');
    return file?.read(0, LARGEST_SETTINGS);
  });
  if (bytes?.includes(0))
    tell('note', 'settings-not-text', SETTINGS, 'is no plain text', 'save it as ASCII or UTF-8, not as UTF-16');
}
