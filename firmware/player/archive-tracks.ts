// The tracks on the RAM disk: the regular files of its archive in their order, without the settings. Only places and
// lengths are kept; a name is read again when it is wanted. The archive is looked through in pieces, as a large or a
// damaged one takes longer than a step may: tracks that are known already can be played meanwhile.

import { Source, SourceError } from '../audio/source';
import { Decoders } from '../codecs/decoders';
import { Bytes, Part } from '../storage/bytes';
import { RamDisk } from '../storage/ram-disk';
import { Archive, BLOCK, Member } from '../storage/ustar';
import { SETTINGS_NAME, SETTINGS_NAME_BYTES } from './boot-settings';
import { brokenSource, SLOTS, TrackStore } from './track-store';

/** More tracks than this are not played. */
const MOST_ARCHIVE_TRACKS: i32 = 1000;

/** i64 place of the data, i64 length; -1: a damaged member. */
const OFFSET: usize = 0;
const SIZE: usize = 8;
const ENTRY_BYTES: i32 = 16;
const entries = memory.data(MOST_ARCHIVE_TRACKS * ENTRY_BYTES, 8);
const DAMAGED: i64 = -1;

const DAMAGED_NAME = memory.data<u8>([0x61, 0x72, 0x63, 0x68, 0x69, 0x76, 0x65]); // archive
const DAMAGED_NAME_BYTES: i32 = 7;

export class ArchiveTracks extends TrackStore {
  /** Whether there is a player.ini behind other members: it is no track, and comes too late to be obeyed. */
  lateSettings: bool = false;
  /** Whether looking ended for want of a header, with members before it: there may be tracks that were not found. */
  get gaveUp(): bool {
    return this.archive.gaveUp && this.archive.found;
  }
  /** Whether there is an archive, as far as it was looked at. */
  get found(): bool {
    return this.archive.found;
  }
  /** The settings' file; 0 bytes long when there is none. */
  readonly settings: Part = new Part();

  private disk: Bytes = new RamDisk();
  private archive: Archive = new Archive();
  private names: Archive = new Archive();
  /** Whether anything was found, and where a damaged header is that it began with, as long as nothing followed. */
  private anything: bool = false;
  private isStart: bool = false;
  private damagedAt: i64 = -1;
  private header: Part = new Part();
  private files: StaticArray<Part> = new StaticArray<Part>(SLOTS);

  constructor() {
    super();
    for (let slot = 0; slot < SLOTS; slot++) this.files[slot] = new Part();
  }

  /** Starts with the archive on the RAM disk. */
  begin(): void {
    this.archive.open(this.disk);
    this.more = true;
  }

  /** See TrackStore; settings are taken only with `untilTrack`. */
  look(budget: i32, untilTrack: bool): i32 {
    const archive = this.archive;
    archive.budget = budget;
    this.isStart = untilTrack;
    while (this.more && !(untilTrack && this.count)) {
      const member = archive.next();
      if (member === Member.Paused) break;
      this.note(member);
    }
    return archive.budget;
  }

  private note(member: Member): void {
    const archive = this.archive;
    const isFile = member === Member.File;
    if (!this.anything && member === Member.Damaged) {
      // What begins with no header at all may be no archive: an empty RAM disk, or memory as it was at power on.
      this.damagedAt = archive.offset;
    } else if (this.damagedAt >= 0 && archive.found) {
      this.add(this.damagedAt, DAMAGED);
      this.damagedAt = -1;
    }
    if (isFile && this.isSettings()) {
      if (this.isStart && !this.anything) this.settings.of(this.disk, archive.offset, archive.size);
      else this.lateSettings = true;
    } else if (isFile) {
      this.add(archive.offset, archive.size);
    } else if (member !== Member.End && this.anything) {
      this.add(archive.offset, DAMAGED);
    }
    this.anything = true;
    if (member === Member.End || member === Member.Failed) this.more = false;
  }

  private add(offset: i64, size: i64): void {
    if (this.count === MOST_ARCHIVE_TRACKS) {
      this.tooMany = true;
      this.more = false;
      return;
    }
    const entry = entries + this.count++ * ENTRY_BYTES;
    store<i64>(entry, offset, OFFSET);
    store<i64>(entry, size, SIZE);
  }

  open(index: i32, slot: i32, decoders: Decoders): Source {
    const entry = entries + index * ENTRY_BYTES;
    const offset = load<i64>(entry, OFFSET);
    const size = load<i64>(entry, SIZE);
    if (size === DAMAGED) return brokenSource(decoders, SourceError.BadArchive, offset);
    const file = this.files[slot];
    file.of(this.disk, offset, size);
    return decoders.open(file);
  }

  name(index: i32): void {
    const entry = entries + index * ENTRY_BYTES;
    this.namePtr = DAMAGED_NAME;
    this.nameBytes = DAMAGED_NAME_BYTES;
    if (load<i64>(entry, SIZE) === DAMAGED) return;
    this.header.of(this.disk, load<i64>(entry, OFFSET) - BLOCK, this.disk.size);
    this.names.open(this.header);
    if (this.names.next() !== Member.File) return;
    this.namePtr = this.names.name;
    this.nameBytes = this.names.nameBytes;
  }

  private isSettings(): bool {
    const archive = this.archive;
    return (
      archive.nameBytes === SETTINGS_NAME_BYTES && !memory.compare(archive.name, SETTINGS_NAME, SETTINGS_NAME_BYTES)
    );
  }
}
