// Another kernel for the card, without a risk for it. config.txt always boots kernel8.img. That loads next.img, checks it,
// notes in update.state that it is being tried, and jumps to it. What has run for a while takes kernel8.img's name, whose
// content is kept as previous.img. A kernel8.img that finds at power on that one was being tried knows that it has failed.
// Of one that is refused before it was tried nothing stays on the card.
//
// Whenever power is cut, kernel8.img is the old kernel or the new one, whole: it is only ever replaced by a rename.

import { Boot, chain, copyOut, crc32, Info, info, ticks } from '../../drivers/board';
import { tickRate } from '../../drivers/timer';
import { NEXT_IMAGE, NEXT_IMAGE_BYTES, windowAddress } from '../../drivers/window';
import { printLine } from '../console/console';
import { answerUpdate } from '../link/modules';
import { LinkError } from '../link/protocol';
import { UpdateUser } from '../link/update-user';
import { Entry } from '../storage/fat/entry';
import { File } from '../storage/fat/file';
import { FsError } from '../storage/fat/fs-error';
import { StateFile } from '../storage/fat/state-file';
import { Volume } from '../storage/fat/volume';

const KERNEL = memory.data<u8>([0x6b, 0x65, 0x72, 0x6e, 0x65, 0x6c, 0x38, 0x2e, 0x69, 0x6d, 0x67]); // kernel8.img
const KERNEL_LETTERS: i32 = 11;
const NEXT = memory.data<u8>([0x6e, 0x65, 0x78, 0x74, 0x2e, 0x69, 0x6d, 0x67]); // next.img
const NEXT_LETTERS: i32 = 8;
const FAILED = memory.data<u8>([0x66, 0x61, 0x69, 0x6c, 0x65, 0x64, 0x2e, 0x69, 0x6d, 0x67]); // failed.img
const FAILED_LETTERS: i32 = 10;
/** previous.img */
const PREVIOUS = memory.data<u8>([0x70, 0x72, 0x65, 0x76, 0x69, 0x6f, 0x75, 0x73, 0x2e, 0x69, 0x6d, 0x67]);
const PREVIOUS_LETTERS: i32 = 12;
/** update.state */
const STATE = memory.data<u8>([0x75, 0x70, 0x64, 0x61, 0x74, 0x65, 0x2e, 0x73, 0x74, 0x61, 0x74, 0x65]);
const STATE_LETTERS: i32 = 12;

/** A kernel that has run for so long is well. */
const HEALTHY_SECONDS: i64 = 10;
const PIECE_BYTES: i32 = 16384;
const NEVER: i64 = i64.MAX_VALUE;
/** The content of update.state: u32, whether a kernel is being tried; its u32 bytes and u32 CRC-32. */
const NOTE_BYTES: i32 = 12;

const piece = heap.alloc(PIECE_BYTES);
const note = memory.data(12, 4);

const enum Phase {
  Idle,
  /** next.img is read into memory, piece by piece. */
  Loading,
  /** It was refused: it is removed, and then the host is told. */
  Refused,
  /** The note's file is made, if it is not there. */
  Making,
  /** It is there and right: as soon as the jack is closed, `go`. */
  Loaded,
  /** This kernel is being tried. */
  Trial,
  /** It is well: kernel8.img is copied to previous.img. */
  Copying,
  /** next.img is read again: it may be another one by now. */
  Checking,
}

export class Updater extends UpdateUser {
  private phase: i32 = Phase.Idle;
  private readonly state: StateFile;
  private readonly from: File;
  private readonly to: File;
  private readonly entry: Entry = new Entry();
  private offset: i32 = 0;
  private length: i32 = 0;
  private wanted: u32 = 0;
  private sum: u32 = 0;
  private healthyAt: i64 = NEVER;
  /** While Refused: why. */
  private error: LinkError = LinkError.None;
  private text: string = '';
  /** Whether previous.img is the kernel from before, whole. */
  private hasPrevious: bool = false;

  constructor(private readonly volume: Volume) {
    super();
    this.state = new StateFile(volume);
    this.from = new File(volume);
    this.to = new File(volume);
  }

  /** Whether another kernel waits for the jack to be closed; then `go`. */
  get isReady(): bool {
    return this.phase === Phase.Loaded;
  }

  /** At start, with a card: sees whether a kernel was being tried, and which one that is. */
  begin(): void {
    if (this.state.open(STATE, STATE_LETTERS)) return;
    if (this.state.load(note, NOTE_BYTES) !== NOTE_BYTES || !load<u32>(note)) return;
    if (info(Info.BootReason) === Boot.Chain) {
      this.phase = Phase.Trial;
      this.length = load<i32>(note, 4);
      this.wanted = load<u32>(note, 8);
      this.healthyAt = ticks() + HEALTHY_SECONDS * tickRate();
      printLine('this kernel is on trial: it stays if it runs well for 10 s');
    } else if (info(Info.Generation) === 1) {
      this.giveUp();
    }
  }

  /** The kernel that was tried has not come up, or not for long. */
  private giveUp(): void {
    const failed = this.volume.rename(NEXT, NEXT_LETTERS, FAILED, FAILED_LETTERS);
    if (failed && failed !== FsError.NotFound) return;
    this.remember(false);
    if (!failed) printLine('the new kernel has failed: it is failed.img now, and this is the one from before');
  }

  request(bytes: i32, sum: u32): LinkError {
    const volume = this.volume;
    if (this.phase !== Phase.Idle) return LinkError.Busy;
    if (!volume.isMounted) return LinkError.Card;
    if (volume.lookUp(NEXT, NEXT_LETTERS, this.entry)) return LinkError.NotFound;
    if (this.entry.isDirectory || this.from.open(this.entry)) return LinkError.Kind;
    this.length = bytes;
    this.wanted = sum;
    this.sum = 0;
    this.offset = 0;
    this.phase = Phase.Loading;
    if (bytes <= 0 || bytes > NEXT_IMAGE_BYTES || this.from.size !== bytes)
      this.refuse(LinkError.Digest, 'next.img is not what was announced');
    return LinkError.None;
  }

  /** Does a little; the tick by which to call it again. `mayChange`: whether directories may be changed now. */
  service(mayChange: bool): i64 {
    switch (this.phase) {
      case Phase.Loading:
        this.loadPiece();
        return 0;
      case Phase.Refused:
        if (mayChange) this.clearAway();
        return mayChange ? 0 : NEVER;
      case Phase.Making:
        if (mayChange) this.makeNote();
        return mayChange ? 0 : NEVER;
      case Phase.Trial:
        if (ticks() < this.healthyAt) return this.healthyAt;
        if (!mayChange) return NEVER;
        this.beginCopy();
        return 0;
      case Phase.Copying:
        if (mayChange) this.copyPiece();
        return mayChange ? 0 : NEVER;
      case Phase.Checking:
        if (mayChange) this.checkPiece();
        return mayChange ? 0 : NEVER;
      default:
        return NEVER;
    }
  }

  private loadPiece(): void {
    const bytes = min(PIECE_BYTES, this.length - this.offset);
    if (this.from.read(this.offset, piece, bytes) !== bytes) {
      this.refuse(LinkError.Card, 'next.img cannot be read');
      return;
    }
    this.sum = crc32(piece, bytes, this.sum);
    copyOut(windowAddress(NEXT_IMAGE) + this.offset, piece, bytes);
    this.offset += bytes;
    if (this.offset < this.length) return;
    if (this.sum !== this.wanted) {
      this.refuse(LinkError.Digest, 'next.img is not what was announced');
      return;
    }
    const failed = this.state.open(STATE, STATE_LETTERS);
    if (failed && failed !== FsError.NotFound) this.refuse(LinkError.Card, 'update.state cannot be read');
    else this.phase = Phase.Making;
  }

  private makeNote(): void {
    const made = this.state.make(STATE, STATE_LETTERS);
    if (made > 0) return;
    if (made < 0) {
      this.refuse(LinkError.Card, 'update.state cannot be written');
      return;
    }
    this.phase = Phase.Loaded;
    answerUpdate(LinkError.None, '');
  }

  private refuse(error: LinkError, text: string): void {
    this.phase = Phase.Refused;
    this.error = error;
    this.text = text;
  }

  /** Removes what the update has brought; what cannot be removed is in nobody's way. */
  private clearAway(): void {
    this.volume.remove(NEXT, NEXT_LETTERS);
    if (!this.state.isReady) this.volume.remove(STATE, STATE_LETTERS);
    this.phase = Phase.Idle;
    answerUpdate(this.error, this.text);
  }

  /** Goes to the other kernel. Returns only when that cannot be noted on the card: then this one goes on. */
  go(): void {
    if (!this.remember(true)) {
      printLine('the card cannot be written: the new kernel is not tried');
      this.phase = Phase.Idle;
      return;
    }
    chain(windowAddress(NEXT_IMAGE), this.length);
  }

  private remember(isTrying: bool): bool {
    store<u32>(note, isTrying);
    store<i32>(note, this.length, 4);
    store<u32>(note, this.wanted, 8);
    return this.state.save(note, NOTE_BYTES) === 0;
  }

  private beginCopy(): void {
    const volume = this.volume;
    this.phase = Phase.Copying;
    this.offset = 0;
    this.hasPrevious = false;
    let failed = volume.lookUp(KERNEL, KERNEL_LETTERS, this.entry);
    if (!failed) failed = this.from.open(this.entry);
    if (!failed && !volume.lookUp(PREVIOUS, PREVIOUS_LETTERS, this.entry))
      failed = volume.remove(PREVIOUS, PREVIOUS_LETTERS);
    if (!failed) failed = volume.create(PREVIOUS, PREVIOUS_LETTERS, this.entry);
    if (!failed) failed = this.to.open(this.entry);
    // Without the old one there is nothing to keep.
    if (failed) this.beginCheck();
  }

  private copyPiece(): void {
    const bytes = min(PIECE_BYTES, <i32>this.from.size - this.offset);
    const isCopied =
      bytes > 0 &&
      this.from.read(this.offset, piece, bytes) === bytes &&
      this.to.write(this.offset, piece, bytes) === bytes;
    this.offset += bytes;
    if (isCopied && this.offset < <i32>this.from.size) return;
    this.hasPrevious = !this.to.sync() && isCopied;
    // Half of it is good for nothing: the card is full, perhaps.
    if (!this.hasPrevious) this.volume.remove(PREVIOUS, PREVIOUS_LETTERS);
    this.beginCheck();
  }

  private beginCheck(): void {
    this.phase = Phase.Checking;
    this.offset = 0;
    this.sum = 0;
    const missing = this.volume.lookUp(NEXT, NEXT_LETTERS, this.entry);
    if (missing || this.from.open(this.entry) || this.from.size !== this.length) this.refuseTrial();
  }

  private checkPiece(): void {
    const bytes = min(PIECE_BYTES, this.length - this.offset);
    if (this.from.read(this.offset, piece, bytes) === bytes) {
      this.sum = crc32(piece, bytes, this.sum);
      this.offset += bytes;
      if (this.offset < this.length) return;
      if (this.sum === this.wanted) {
        this.settle();
        return;
      }
    }
    this.refuseTrial();
  }

  private refuseTrial(): void {
    this.phase = Phase.Idle;
    this.remember(false);
    printLine('next.img is not the kernel that runs any more: kernel8.img stays as it is');
  }

  /** This kernel stays. */
  private settle(): void {
    this.phase = Phase.Idle;
    const failed = this.volume.rename(NEXT, NEXT_LETTERS, KERNEL, KERNEL_LETTERS);
    if (failed) {
      printLine('the new kernel could not be made the one that boots');
      return;
    }
    this.remember(false);
    if (this.hasPrevious) printLine('this kernel is kernel8.img now; the one from before is previous.img');
    else printLine('this kernel is kernel8.img now; the one from before is not kept: is the card full?');
  }
}
