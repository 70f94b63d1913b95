// The commands that show what is on the card: ls, cat and fs; and the names that Tab completes paths with. Each call does
// a little, as a folder may have thousands of entries and a file any length.

import { blockErrorText } from '../../drivers/block-device';
import { restAsWord, wordBytes, wordText } from '../console/arguments';
import { Outcome } from '../console/command-set';
import { offer } from '../console/completion';
import { endLine, print, printByte, printCodePoint, printLine, printNumber } from '../console/console';
import { printWhole, steers } from '../console/names';
import { decodePoint, pointBytes, REPLACEMENT } from '../console/utf8';
import { Directory } from '../storage/fat/directory';
import { Entry } from '../storage/fat/entry';
import { File } from '../storage/fat/file';
import { FsError, fsErrorText } from '../storage/fat/fs-error';
import { Card } from './card';

/** Entries that are listed or offered at once, bytes of a file, and sectors of the FAT that are counted. */
const LISTED: i32 = 4;
const OFFERED: i32 = 16;
const CHUNK: i32 = 256;
const COUNTED: i32 = 8;
/** The longest code point. */
const POINT_BYTES: i32 = 4;
/** Columns of a size. */
const SIZE_COLUMNS: i32 = 10;
const SPACE: i32 = 0x20;
const TAB: i32 = 0x09;
const NEWLINE: i32 = 0x0a;
const RETURN: i32 = 0x0d;
const MIB: i64 = 1 << 20;

const chunk = memory.data(256);

/** Prints a number at the right of some columns. */
export function printRight(value: i64, columns: i32): void {
  for (let rest = value; rest >= 10; rest /= 10) columns--;
  while (--columns > 0) printByte(SPACE);
  printNumber(value);
}

export class CardCommands {
  private readonly directory: Directory;
  private readonly file: File;
  private readonly entry: Entry = new Entry();
  private files: i32 = 0;
  private folders: i32 = 0;
  private bytes: i64 = 0;
  private offset: i64 = 0;
  private isLineStart: bool = true;

  constructor(private readonly card: Card) {
    this.directory = new Directory(card.volume);
    this.file = new File(card.volume);
  }

  /** Finds what the rest of the line names, in `found`; says why not. */
  find(found: Entry): bool {
    if (!this.card.isOpen) {
      printLine('no card is mounted');
      return false;
    }
    return this.passed(this.card.volume.lookUp(wordText, wordBytes, found));
  }

  /** Whether there is no error with what the line names; says what is wrong with it. */
  private passed(error: i32): bool {
    if (!error) return true;
    printWhole(wordText, wordBytes);
    print(': ');
    this.printError(error);
    return false;
  }

  /** Says why something failed; the end of a line. */
  private printError(error: i32): void {
    print(fsErrorText(error));
    if (error === FsError.Device) {
      print(': ');
      print(blockErrorText(this.card.volume.sectors.blockError));
    } else if (error === FsError.NotFound) {
      print('; ls shows what there is');
    }
    endLine();
  }

  beginList(): Outcome {
    restAsWord();
    const entry = this.entry;
    if (!this.find(entry)) return Outcome.Done;
    if (!entry.isDirectory) {
      this.printEntry();
      return Outcome.Done;
    }
    this.files = 0;
    this.folders = 0;
    this.bytes = 0;
    return this.passed(this.directory.open(entry)) ? Outcome.Busy : Outcome.Done;
  }

  listOn(): Outcome {
    const entry = this.entry;
    for (let i = 0; i < LISTED; i++) {
      const found = this.directory.next(entry);
      if (found < 0) {
        this.printError(found);
        return Outcome.Done;
      }
      if (found === 0) {
        printNumber(this.folders);
        print(this.folders === 1 ? ' folder, ' : ' folders, ');
        printNumber(this.files);
        print(this.files === 1 ? ' file, ' : ' files, ');
        printNumber(this.bytes);
        printLine(' bytes');
        return Outcome.Done;
      }
      if (entry.isDirectory) this.folders++;
      else this.files++;
      this.bytes += entry.size;
      this.printEntry();
    }
    return Outcome.Busy;
  }

  private printEntry(): void {
    const entry = this.entry;
    if (entry.isDirectory) for (let i = 0; i < SIZE_COLUMNS; i++) printByte(SPACE);
    else printRight(entry.size, SIZE_COLUMNS);
    print('  ');
    printWhole(entry.name, entry.nameBytes);
    if (entry.isDirectory) printByte(0x2f);
    endLine();
  }

  beginCat(): Outcome {
    if (!restAsWord()) return Outcome.Usage;
    if (!this.find(this.entry) || !this.passed(this.file.open(this.entry))) return Outcome.Done;
    this.offset = 0;
    this.isLineStart = true;
    return Outcome.Busy;
  }

  /** Prints on; text keeps its lines, and what would steer the terminal is shown as elsewhere. */
  catOn(): Outcome {
    const count = this.file.read(this.offset, chunk, CHUNK);
    if (count > 0) {
      const isLast = this.offset + count >= this.file.size;
      let at = 0;
      // A code point that may be cut off is left for the next time.
      while (at < count && (isLast || at <= count - POINT_BYTES)) {
        const point = decodePoint(chunk + at, count - at);
        at += pointBytes;
        if (!point) {
          if (!this.isLineStart) endLine();
          printLine('no text from here on');
          return Outcome.Done;
        }
        this.printPoint(point);
      }
      this.offset += at;
      if (!isLast) return Outcome.Busy;
    }
    if (!this.isLineStart) endLine();
    if (count < 0) this.printError(this.file.error);
    return Outcome.Done;
  }

  private printPoint(point: i32): void {
    if (point === RETURN) return;
    this.isLineStart = point === NEWLINE;
    if (this.isLineStart) endLine();
    else printCodePoint(steers(point) && point !== TAB ? REPLACEMENT : point);
  }

  beginVolume(): Outcome {
    const card = this.card;
    if (!card.isOpen) {
      printLine('no card is mounted');
      return Outcome.Done;
    }
    card.print(0);
    return Outcome.Busy;
  }

  /** Counts what is free, which takes a large card a while. */
  volumeOn(): Outcome {
    const volume = this.card.volume;
    const counted = volume.countFree(COUNTED);
    if (counted === 0) return Outcome.Busy;
    if (counted < 0) {
      this.printError(counted);
      return Outcome.Done;
    }
    printNumber(((<i64>volume.layout.clusters) << volume.layout.clusterShift) / MIB);
    print(' MiB, ');
    printNumber(volume.freeBytes / MIB);
    print(' MiB free (');
    printNumber(volume.freeBytes);
    print(' bytes), in clusters of ');
    printNumber(volume.clusterBytes);
    printLine(' bytes');
    const failed = volume.sectors.blockError;
    if (failed) {
      print('the card: ');
      printLine(blockErrorText(failed));
    }
    return Outcome.Done;
  }

  /** See CommandSet. */
  beginOffers(path: usize, bytes: i32): bool {
    if (!this.card.isOpen) return false;
    return !this.card.volume.lookUp(path, bytes, this.entry) && !this.directory.open(this.entry);
  }

  offerMore(): bool {
    const entry = this.entry;
    for (let i = 0; i < OFFERED; i++) {
      if (this.directory.next(entry) <= 0) return false;
      offer(entry.name, entry.nameBytes, entry.isDirectory, 0);
    }
    return true;
  }
}
