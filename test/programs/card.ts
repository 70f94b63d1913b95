// Reads and writes an SD card, and prints what it finds as lines `name=value`. The first word of the RAM disk: how many
// sectors have a pattern at the card's beginning. Ends with status 0.

import { SECTOR_BYTES } from '../../drivers/block-device';
import { copyIn, crc32, exit, Exit, send, ticks } from '../../drivers/board';
import { SdCard } from '../../drivers/sd-card';
import { toMicroseconds } from '../../drivers/timer';

const RAM_DISK: u32 = 0x10000000;
const MIB_SECTORS: i32 = (1 << 20) / SECTOR_BYTES;
const PIECE: i32 = 128;
const buffer = memory.data(65536, 8);
const word = memory.data(4);
const card = new SdCard();

function say(text: string): void {
  const bytes = String.UTF8.encode(text + '\n');
  let from: i32 = 0;
  while (from < bytes.byteLength) from += send(changetype<usize>(bytes) + from, bytes.byteLength - from);
}

function put(name: string, value: i64): void {
  say(name + '=' + value.toString());
}

/** Words that are different in every sector. */
function fill(sector: i64, count: i32, salt: u32): void {
  for (let i = 0; i < count * (SECTOR_BYTES / 4); i++)
    store<u32>(buffer + i * 4, ((<u32>(sector * (SECTOR_BYTES / 4)) + i + 1) * 0x9e3779b1) ^ salt);
}

/** Writes, forgets, and reads back in one and in single blocks. */
function writeBack(name: string, sector: i64, count: i32, salt: u32): void {
  fill(sector, count, salt);
  const sum = crc32(buffer, count * SECTOR_BYTES, 0);
  put(name + 'Write', card.write(sector, buffer, count));
  memory.fill(buffer, 0, count * SECTOR_BYTES);
  put(name + 'Read', card.read(sector, buffer, count));
  put(name + 'Same', crc32(buffer, count * SECTOR_BYTES, 0) === sum ? 1 : 0);
  let single: u32 = 0;
  for (let i = 0; i < count; i++) {
    card.read(sector + i, buffer, 1);
    single = crc32(buffer, SECTOR_BYTES, single);
  }
  put(name + 'Singles', single === sum ? 1 : 0);
}

function measure(): void {
  const begin = ticks();
  let error = 0;
  for (let sector = 0; sector < MIB_SECTORS; sector += PIECE) error |= card.read(sector, buffer, PIECE);
  put('mib', error);
  put('mibTicks', ticks() - begin);
}

export function start(_generation: i32): void {
  copyIn(RAM_DISK, word, 4);
  const patterned = load<i32>(word);
  const begin = ticks();
  const opened = card.open();
  put('openUs', toMicroseconds(ticks() - begin));
  put('open', opened);
  say('controller=' + card.controllerName);
  put('sectors', card.sectors);
  put('byBlock', card.isBlockAddressed ? 1 : 0);
  put('width', card.busWidth);
  put('highSpeed', card.isHighSpeed ? 1 : 0);
  put('writable', card.isWritable ? 1 : 0);
  if (opened) exit(Exit.End, 0);
  put('first', card.read(0, buffer, patterned));
  put('firstCrc', crc32(buffer, patterned * SECTOR_BYTES, 0));
  put('beyond', card.read(card.sectors, buffer, 1));
  writeBack('one', 5000, 1, 1);
  writeBack('many', 6000, 67, 2);
  writeBack('last', card.sectors - 3, 3, 3);
  put('flush', card.flush());
  measure();
  put('retries', card.retries);
}

export function step(_events: i32): i64 {
  exit(Exit.End, 0);
  return 0;
}
