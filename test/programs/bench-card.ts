// What `mirleft bench` runs with a card: the same file read by sectors and through the file system, and a file opened
// in a large directory. Prints `bench NAME ticks=… bytes=… reads=…` lines.

import { BlockDevice, SECTOR_BYTES } from '../../drivers/block-device';
import { Exit, exit, ticks } from '../../drivers/board';
import { SdCard } from '../../drivers/sd-card';
import { endLine, flushConsole, print, printNumber } from '../../firmware/console/console';
import { Entry } from '../../firmware/storage/fat/entry';
import { File } from '../../firmware/storage/fat/file';
import { Volume } from '../../firmware/storage/fat/volume';

/** Bytes that are read each way, in one step at most, and by one call. */
const BYTES: i32 = 8 << 20;
const STEP_BYTES: i32 = 1 << 19;
const CALL_BYTES: i32 = 32768;
/** Where sectors are read: anywhere on the card, behind its tables. */
const RAW_SECTOR: i64 = 32768;
const buffer = memory.data(32768, 512);

const BIG = 'big.bin';
const FOLDER = 'folder';
const LAST = 'folder/a file with a long name, number 9999.wav';

/** Counts what the file system asks of the card. */
class Counted extends BlockDevice {
  reads: i32 = 0;
  sectorsRead: i32 = 0;
  constructor(private readonly card: SdCard) {
    super();
  }
  open(): void {
    this.sectors = this.card.sectors;
    this.isWritable = this.card.isWritable;
  }
  read(sector: i64, ptr: usize, count: i32): i32 {
    this.reads++;
    this.sectorsRead += count;
    return this.card.read(sector, ptr, count);
  }
  write(sector: i64, ptr: usize, count: i32): i32 {
    return this.card.write(sector, ptr, count);
  }
  flush(): i32 {
    return this.card.flush();
  }
}

const card = new SdCard();
const counted = new Counted(card);
const volume = new Volume();
const file = new File(volume);
const entry = new Entry();
/** 0: the file is read, 1: the sectors, 2: the directory, 3: all is told. */
let phase: i32 = 0;
let done: i64 = 0;
let taken: i64 = 0;

function report(name: string, taken: i64, bytes: i64): void {
  print('bench ');
  print(name);
  print(' ticks=');
  printNumber(taken);
  print(' bytes=');
  printNumber(bytes);
  print(' reads=');
  printNumber(counted.reads);
  print(' sectors=');
  printNumber(counted.sectorsRead);
  endLine();
  counted.reads = 0;
  counted.sectorsRead = 0;
}

function lookUp(path: string): i32 {
  const bytes = String.UTF8.byteLength(path);
  const text = heap.alloc(bytes);
  String.UTF8.encodeUnsafe(changetype<usize>(path), path.length, text);
  return volume.lookUp(text, bytes, entry);
}

export function start(_generation: i32): void {
  let since = ticks();
  const failed = card.open();
  report('open', ticks() - since, failed);
  counted.open();
  since = ticks();
  const error = volume.mount(counted);
  report('mount', ticks() - since, error);

  lookUp(BIG);
  file.open(entry);
  counted.reads = 0;
  counted.sectorsRead = 0;
}

/** Reads the next bytes, of the file or by sectors; whether it was all of them. */
function readOn(): bool {
  const since = ticks();
  const end = min(done + STEP_BYTES, BYTES);
  while (done < end) {
    const failed =
      phase === 0
        ? file.read(done, buffer, CALL_BYTES) !== CALL_BYTES
        : card.read(RAW_SECTOR + done / SECTOR_BYTES, buffer, CALL_BYTES / SECTOR_BYTES) !== 0;
    if (failed) return true;
    done += CALL_BYTES;
  }
  taken += ticks() - since;
  return done === BYTES;
}

function find(): void {
  lookUp(FOLDER);
  counted.reads = 0;
  counted.sectorsRead = 0;
  const since = ticks();
  const missing = lookUp(LAST);
  report('find', ticks() - since, missing);
}

export function step(_events: i32): i64 {
  if (phase < 2) {
    if (!readOn()) return 0;
    report(phase === 0 ? 'file' : 'raw', taken, done);
    done = 0;
    taken = 0;
    phase++;
  } else if (phase === 2) {
    find();
    phase++;
  } else if (flushConsole()) {
    exit(Exit.End, 0);
  }
  return 0;
}
