// The tracks of a card: all sound files in all folders, in natural order; or what a playlist names, in its order. Folders
// are gone through one by one, once, also for a playlist: to look each line up would be a pass over a folder a line.
// A track that is open is read ahead, so that the card may be busy for a while.

import { BlockError } from '../../drivers/block-device';
import { ticks } from '../../drivers/board';
import { milliseconds } from '../../drivers/timer';
import { Source, SourceError } from '../audio/source';
import { Decoders } from '../codecs/decoders';
import { Directory } from '../storage/fat/directory';
import { Attribute, Entry } from '../storage/fat/entry';
import { File } from '../storage/fat/file';
import { FsError } from '../storage/fat/fs-error';
import { Volume } from '../storage/fat/volume';
import { ReadAhead } from '../storage/read-ahead';
import { Folders } from './folders';
import { Line, M3u, PATH_BYTES } from './m3u';
import { isSamePath, PathIndex } from './path-index';
import { isSoundName } from './sound-names';
import { brokenSource, SLOTS, TrackStore } from './track-store';
import { TrackTable } from './track-table';

/** A second of the largest format that is played, 192 kHz of stereo in 64 bits, is 3 MB. */
const AHEAD_BYTES: i32 = 4 << 20;
const rings = memory.data(SLOTS * (4 << 20), 512);
/** So much must be ahead before a track is played from: more than the jack takes at once, of any format. */
const READY_BYTES: i64 = 262144;

/** What an entry of a directory, a line of a playlist and a comparison cost of a budget (see Archive). */
const ENTRY_COST: i32 = 8;
const LINE_COST: i32 = 8;
const SORT_COST: i32 = 2;
/** How long one `look` goes on: a card may take a tenth of a second for each of its blocks. */
const LOOK_MS: i64 = 50;

/** The path of the file that is looked at. */
const found = memory.data(PATH_BYTES);

const enum Phase {
  Playlist,
  Folders,
  Sorting,
  Done,
}

export class CardTracks extends TrackStore {
  /** Folders that could not be read, and why the last of them. */
  badFolders: i32 = 0;
  folderError: i32 = FsError.None;
  /** Lines of the playlist that lead to no track, and the number of the first of them. */
  badLines: i32 = 0;
  firstBadLine: i32 = 0;

  /** Whether files were changed since tracks were looked for: then they are found by their names. */
  isChanged: bool = false;

  private phase: Phase = Phase.Done;
  /** The tracks; the other table, which a renewal fills; and the one that tracks are put in now. */
  private table: TrackTable = new TrackTable(0);
  private other: TrackTable = new TrackTable(1);
  private filling: TrackTable = this.table;
  private readonly folders: Folders = new Folders();
  private readonly directory: Directory;
  private isOpen: bool = false;
  /** Whether the tracks are a playlist's, and how many of its lines are not found yet. */
  private isList: bool = false;
  private missing: i32 = 0;
  private readonly index: PathIndex = new PathIndex();
  private readonly m3u: M3u = new M3u();
  private readonly entry: Entry = new Entry();
  private readonly list: File;
  private files: StaticArray<File> = new StaticArray<File>(SLOTS);
  private aheads: StaticArray<ReadAhead> = new StaticArray<ReadAhead>(SLOTS);

  constructor(private readonly volume: Volume) {
    super();
    this.isSlow = true;
    this.directory = new Directory(volume);
    this.list = new File(volume);
    for (let slot = 0; slot < SLOTS; slot++) {
      this.files[slot] = new File(volume);
      this.aheads[slot] = new ReadAhead(rings + slot * AHEAD_BYTES, AHEAD_BYTES);
    }
  }

  /**
   * Starts with the volume that is mounted: with a playlist, whose path is `bytes` bytes at `playlist`, or with all
   * folders when that is 0. 0, or an FsError of the playlist: then all folders are looked through.
   */
  begin(playlist: usize, bytes: i32): i32 {
    this.filling = this.table;
    this.count = 0;
    this.more = true;
    this.isChanged = false;
    return this.start(playlist, bytes);
  }

  /** The same beside the tracks that there are: these are played until `adopt`, when `look` has come to an end. */
  beginRenewal(playlist: usize, bytes: i32): i32 {
    this.filling = this.other;
    return this.start(playlist, bytes);
  }

  /** Whether tracks are looked for beside those that there are. */
  get isRenewing(): bool {
    return this.filling !== this.table && this.phase !== Phase.Done;
  }

  /** Where the renewal has found a track of a path; -1: nowhere. */
  findRenewed(path: usize, bytes: i32): i32 {
    return this.other.find(path, bytes);
  }

  /** Has the tracks that the renewal has found. */
  adopt(): void {
    this.other = this.table;
    this.table = this.filling;
    this.count = this.table.count;
    this.isChanged = false;
  }

  private start(playlist: usize, bytes: i32): i32 {
    this.filling.clear();
    this.folders.clear();
    this.tooMany = false;
    this.badFolders = 0;
    this.badLines = 0;
    this.isOpen = false;
    this.isList = false;
    this.phase = Phase.Folders;
    if (bytes === 0) return 0;
    let failed = this.volume.lookUp(playlist, bytes, this.entry);
    if (!failed) failed = this.list.open(this.entry);
    if (failed) return failed;
    this.m3u.open(this.list, playlist, bytes);
    this.index.clear();
    this.isList = true;
    this.missing = 0;
    this.phase = Phase.Playlist;
    return 0;
  }

  /** See TrackStore. In natural order the first track is not known before all are. */
  look(budget: i32, _untilTrack: bool): i32 {
    const until = ticks() + milliseconds(LOOK_MS);
    while (budget > 0 && this.phase !== Phase.Done && ticks() < until) {
      if (this.phase === Phase.Folders) budget -= this.lookOn();
      else if (this.phase === Phase.Playlist) budget -= this.readOn();
      else budget -= this.sortOn();
    }
    if (this.phase === Phase.Done && this.more) {
      this.more = false;
      this.count = this.table.count;
    }
    return budget;
  }

  /** Looks at the next entry, or goes on to the next folder. What that cost. */
  private lookOn(): i32 {
    const folders = this.folders;
    const entry = this.entry;
    if (!this.isOpen) {
      if ((this.isList && !this.missing) || !folders.next(entry)) {
        if (this.isList) this.dropMissing();
        this.phase = this.isList ? Phase.Done : Phase.Sorting;
        return ENTRY_COST;
      }
      const failed = this.directory.open(entry);
      this.isOpen = failed === 0;
      if (failed) this.noteFolder(failed);
      return ENTRY_COST;
    }
    const next = this.directory.next(entry);
    if (next <= 0) {
      this.isOpen = false;
      if (next < 0) this.noteFolder(next);
      return ENTRY_COST;
    }
    if (entry.attributes & (Attribute.Hidden | Attribute.System) || load<u8>(entry.name) === 0x2e) return ENTRY_COST;
    if (entry.isDirectory) {
      if (!folders.add(entry)) this.tooMany = true;
    } else if (this.isList) {
      this.match();
    } else if (isSoundName(entry.name, entry.nameBytes)) {
      const path = folders.path;
      if (!this.filling.add(path, folders.pathBytes, entry.name, entry.nameBytes, entry.directory, entry.index)) {
        this.tooMany = true;
        this.phase = Phase.Sorting;
      }
    }
    return ENTRY_COST;
  }

  /** Gives the file that was found to the lines that mean it. */
  private match(): void {
    const entry = this.entry;
    const table = this.filling;
    const folderBytes = this.folders.pathBytes;
    const bytes = folderBytes + entry.nameBytes;
    if (bytes > PATH_BYTES) return;
    memory.copy(found, this.folders.path, folderBytes);
    memory.copy(found + folderBytes, entry.name, entry.nameBytes);
    for (let line = this.index.find(found, bytes); line >= 0; line = this.index.find(found, bytes, line)) {
      if (table.index(line) >= 0 || !isSamePath(table.path(line), table.pathBytes(line), found, bytes)) continue;
      table.locate(line, entry.directory, entry.index);
      this.missing--;
    }
  }

  private noteFolder(error: i32): void {
    this.badFolders++;
    this.folderError = error;
  }

  /** Takes the next line of the playlist. What that cost. */
  private readOn(): i32 {
    const m3u = this.m3u;
    const table = this.filling;
    const line = m3u.next();
    if (line === Line.Path) {
      // Until the file is found, where it stands is the line's number below 0.
      if (table.add(m3u.path, 0, m3u.path, m3u.pathBytes, 0, -m3u.line)) {
        this.index.add(this.missing++, m3u.path, m3u.pathBytes);
        return LINE_COST;
      }
      this.tooMany = true;
    } else if (line !== Line.End) {
      this.noteLine(m3u.line);
      if (line === Line.Refused) return LINE_COST;
    }
    this.phase = Phase.Folders;
    return LINE_COST;
  }

  private noteLine(number: i32): void {
    if (!this.badLines++ || number < this.firstBadLine) this.firstBadLine = number;
  }

  /** Leaves out the lines for which there is no file. */
  private dropMissing(): void {
    const table = this.filling;
    if (!this.missing) return;
    for (let place = 0; place < table.count; place++) if (table.index(place) < 0) this.noteLine(-table.index(place));
    table.dropNegative();
  }

  private sortOn(): i32 {
    if (!this.filling.sortOn()) this.phase = Phase.Done;
    return this.filling.count * SORT_COST + 1;
  }

  name(index: i32): void {
    this.namePtr = this.table.path(index);
    this.nameBytes = this.table.pathBytes(index);
  }

  /** The track with a path, -1 if there is none. */
  find(path: usize, bytes: i32): i32 {
    return this.table.find(path, bytes);
  }

  /** The track of an entry, or the first in a directory; -1 if there is none. */
  findEntry(entry: Entry): i32 {
    if (entry.isDirectory) return this.table.findKey(entry.cluster, -1);
    return this.table.findKey(entry.directory, entry.index);
  }

  open(index: i32, slot: i32, decoders: Decoders): Source {
    const table = this.table;
    const ahead = this.aheads[slot];
    const file = this.files[slot];
    let failed = this.isChanged
      ? this.volume.lookUp(table.path(index), table.pathBytes(index), this.entry)
      : this.volume.entryAt(table.directory(index), table.index(index), this.entry);
    if (!failed) failed = file.open(this.entry);
    ahead.open(file);
    if (failed) return brokenSource(decoders, SourceError.ReadFailed, 0);
    return decoders.open(ahead);
  }

  isReady(slot: i32): bool {
    return this.isAhead(slot) || this.aheads[slot].failed;
  }

  isAhead(slot: i32): bool {
    const ahead = this.aheads[slot];
    return ahead.ahead >= READY_BYTES || ahead.isWhole;
  }

  isFileOf(slot: i32, directory: u32, index: i32): bool {
    return this.files[slot].isAt(directory, index);
  }

  isTrackOf(slot: i32, index: i32): bool {
    return this.files[slot].isAt(this.table.directory(index), this.table.index(index));
  }

  isWhole(slot: i32): bool {
    return this.aheads[slot].isWhole;
  }

  fill(slot: i32): bool {
    return this.aheads[slot].fill();
  }

  /** Whether the card is no longer there, another one is, or it answers no more until it is opened again. */
  get isLost(): bool {
    const error = this.volume.sectors.blockError;
    return (
      error === BlockError.Gone ||
      error === BlockError.Changed ||
      error === BlockError.NoCard ||
      error === BlockError.Timeout ||
      error === BlockError.Controller
    );
  }
}
