// The tracks on the RAM disk: the regular files of its archive in their order, without the settings. Only places and
// lengths are kept; a name is read again when it is wanted. The archive is looked through in pieces, as a large or a
// damaged one takes longer than a step may: tracks that are known already can be played meanwhile.

import { Source, SourceError } from '../audio/source';
import { Decoders } from '../codecs/decoders';
import { Bytes, Part } from '../storage/bytes';
import { RamDisk } from '../storage/ram-disk';
import { Archive, BLOCK, Member } from '../storage/ustar';
import { DemoSource } from './demo';
import { TrackName } from './report';

/** More tracks than this are not played. */
export const MOST_TRACKS: i32 = 1000;

/** i64 place of the data, i64 length; -1: a damaged member. i32: it could not be played. */
const OFFSET: usize = 0;
const SIZE: usize = 8;
const FAILED: usize = 16;
const ENTRY_BYTES: i32 = 24;
const entries = memory.data(MOST_TRACKS * ENTRY_BYTES, 8);
const DAMAGED: i64 = -1;

const SETTINGS_NAME = memory.data<u8>([0x70, 0x6c, 0x61, 0x79, 0x65, 0x72, 0x2e, 0x69, 0x6e, 0x69]); // player.ini
const SETTINGS_NAME_BYTES: i32 = 10;
const DAMAGED_NAME = memory.data<u8>([0x61, 0x72, 0x63, 0x68, 0x69, 0x76, 0x65]); // archive
const DAMAGED_NAME_BYTES: i32 = 7;
const DEMO_NAME = memory.data<u8>([0x64, 0x65, 0x6d, 0x6f]); // demo
const DEMO_NAME_BYTES: i32 = 4;

/** The list, and one track of it as the current one: number, name, failures. */
export class Playlist extends TrackName {
  /** Tracks that could not be played, or not to their end. */
  failed: i32 = 0;
  /** Whether the archive holds more than MOST_TRACKS. */
  tooMany: bool = false;
  /** Whether there is a player.ini behind other members: it is no track, and comes too late to be obeyed. */
  lateSettings: bool = false;
  /** Whether looking ended for want of a header, with members before it: there may be tracks that were not found. */
  get gaveUp(): bool {
    return this.archive.gaveUp && this.archive.found;
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
  private file: Part = new Part();
  private isDemo: bool = false;

  constructor(
    private readonly decoders: Decoders,
    private readonly demo: DemoSource,
  ) {
    super();
  }

  /** Starts with the archive on the RAM disk. No track is the current one: `move(1)` goes to the first. */
  begin(): void {
    this.archive.open(this.disk);
    this.more = true;
    this.index = -1;
  }

  /**
   * Looks on through the archive while there is `more`, for as long as `budget` (see Archive) allows. With
   * `untilTrack` no further than to a track; settings are taken only then. Returns what is left of the budget.
   */
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
    if (this.count === MOST_TRACKS) {
      this.tooMany = true;
      this.more = false;
      return;
    }
    const entry = entries + this.count++ * ENTRY_BYTES;
    store<i64>(entry, offset, OFFSET);
    store<i64>(entry, size, SIZE);
  }

  /** Makes the demo piece the only track. */
  useDemo(): void {
    this.isDemo = true;
    this.count = 1;
    this.select(0);
  }

  /** Opens the current track. Never null: `error` tells whether it can be played. */
  open(): Source {
    if (this.isDemo) {
      this.demo.begin();
      return this.demo;
    }
    const entry = this.entry();
    const source = this.decoders.wav;
    if (load<i64>(entry, SIZE) === DAMAGED) {
      source.error = SourceError.BadArchive;
      source.errorOffset = load<i64>(entry, OFFSET);
      return source;
    }
    this.file.of(this.disk, load<i64>(entry, OFFSET), load<i64>(entry, SIZE));
    return this.decoders.open(this.file);
  }

  /** Notes that the current track cannot be played. */
  markFailed(): void {
    if (this.hasFailed()) return;
    store<i32>(this.entry(), 1, FAILED);
    this.failed++;
  }

  /** Whether the current track could not be played. */
  hasFailed(): bool {
    return load<i32>(this.entry(), FAILED) !== 0;
  }

  /** Goes to the next track that has not failed (`by` 1) or the one before (-1). False, and stays, if there is none. */
  move(by: i32): bool {
    const here = this.index;
    for (let index = here + by; index >= 0 && index < this.count; index += by) {
      this.index = index;
      if (!this.hasFailed()) {
        this.select(index);
        return true;
      }
    }
    this.index = here;
    return false;
  }

  /** Whether `move(-1)` would go anywhere. */
  hasPrevious(): bool {
    const here = this.index;
    const has = this.move(-1);
    this.select(here);
    return has;
  }

  /** Goes to the first track that has not failed (`by` 1) or the last (-1). False if all have. */
  restart(by: i32): bool {
    this.index = by > 0 ? -1 : this.count;
    if (this.move(by)) return true;
    this.select(0);
    return false;
  }

  private entry(): usize {
    return entries + this.index * ENTRY_BYTES;
  }

  private isSettings(): bool {
    const archive = this.archive;
    return (
      archive.nameBytes === SETTINGS_NAME_BYTES && !memory.compare(archive.name, SETTINGS_NAME, SETTINGS_NAME_BYTES)
    );
  }

  private select(index: i32): void {
    this.index = index;
    if (this.isDemo) {
      this.ptr = DEMO_NAME;
      this.length = DEMO_NAME_BYTES;
      return;
    }
    this.ptr = DAMAGED_NAME;
    this.length = DAMAGED_NAME_BYTES;
    const offset = load<i64>(this.entry(), OFFSET);
    if (index >= this.count || load<i64>(this.entry(), SIZE) === DAMAGED) return;
    this.header.of(this.disk, offset - BLOCK, this.disk.size);
    this.names.open(this.header);
    if (this.names.next() !== Member.File) return;
    this.ptr = this.names.name;
    this.length = this.names.nameBytes;
  }
}
