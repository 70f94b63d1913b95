// Exercises the board: the first word of the RAM disk names the case, and what it finds is printed as lines
// `name=value`. Ends with status 0.

import {
  copyIn,
  copyOut,
  crc32,
  exit,
  Exit,
  info,
  Info,
  listen,
  probe32,
  Queue,
  read32,
  readPort,
  send,
  take,
  ticks,
  wait,
  write32,
  writePort,
} from '../../drivers/board';

const RAM_DISK: u32 = 0x10000000;
const WINDOW: u32 = 0x01000000;
const WINDOW_BYTES: u32 = 0x00200000;

const word = memory.data(8);
const buffer = memory.data(65536);
const line = memory.data(64);
let kind = 0;
let steps = 0;
let next: i64 = 0;
let total: u32 = 0;
let checksum: u32 = 0;

function put(name: string, value: i64): void {
  let at = line;
  for (let i = 0; i < name.length; i++) store<u8>(at++, name.charCodeAt(i));
  store<u8>(at++, 0x3d);
  if (value < 0) {
    store<u8>(at++, 0x2d);
    value = -value;
  }
  let divisor: i64 = 1;
  while (value / divisor >= 10) divisor *= 10;
  for (; divisor > 0; divisor /= 10) store<u8>(at++, 0x30 + <u8>((value / divisor) % 10));
  store<u8>(at++, 0x0a);
  let from = line;
  while (from < at) from += send(from, <i32>(at - from));
}

function facts(): void {
  for (let key = 0; key <= Info.PreviousBytes + 1; key++) put('info' + key.toString(), info(key));
  put('minus', info(-1));
  const before = ticks();
  const after = ticks();
  put('forward', i64(after > before));
}

// Numbers of words for which a port moved exactly those, in order.
function ports(): i32 {
  let good = 0;
  for (let words = 0; words < 10; words++) {
    for (let i = 0; i < 10; i++) store<u32>(buffer + i * 4, 1000 + i);
    write32(WINDOW + 8, 999);
    writePort(WINDOW + 8, buffer, words);
    const last = read32(WINDOW + 8);
    write32(WINDOW + 8, 77);
    readPort(WINDOW + 8, buffer, words);
    let right = last === 999 + words;
    for (let i = 0; i < 10; i++) right = right && load<u32>(buffer + i * 4) === (i < words ? 77 : 1000 + i);
    if (right) good++;
  }
  return good;
}

function memories(): void {
  for (let i = 0; i < 1024; i++) store<u8>(buffer + i, i * 7);
  put('out', copyOut(WINDOW, buffer, 1024));
  put('word', read32(WINDOW + 4));
  write32(WINDOW + 4, 0x12345678);
  put('in', copyIn(WINDOW, buffer + 2048, 1024));
  put('copied', load<u32>(buffer + 2048 + 4));
  put('same', i64(memory.compare(buffer + 8, buffer + 2056, 1016) === 0));
  put('end', copyOut(WINDOW + WINDOW_BYTES - 4, buffer, 4));
  put('over', copyOut(WINDOW + WINDOW_BYTES - 4, buffer, 5));
  put('below', copyOut(WINDOW - 4, buffer, 4));
  put('disk', copyOut(RAM_DISK, buffer, 4));
  put('kernel', copyIn(0x80000, buffer, 4));
  put('last', copyIn(0x1ffffffc, buffer, 4));
  put('beyond', copyIn(0x1ffffffc, buffer, 5));
  put('wrap', copyIn(0xfffffff0, buffer, 32));
  put('nothing', copyIn(RAM_DISK, buffer, 0));
  // CRC-32 of "123456789", in one piece and in two.
  for (let i = 0; i < 9; i++) store<u8>(buffer + i, 0x31 + i);
  put('crc', crc32(buffer, 9, 0));
  put('crcs', crc32(buffer + 2, 7, crc32(buffer, 2, 0)));
  put('crcnone', crc32(buffer, 0, 5));
  put('grow', memory.grow(1));
  put('ports', ports());
  readPort(0xfe003004, buffer, 9);
  put('rising', i64(load<u32>(buffer) > 0 && load<u32>(buffer + 32) - load<u32>(buffer) < 1000));
  // Present, absent, present again: the abort leaves nothing behind.
  put('probe', i64(probe32(0xfe200000) >= 0));
  put('absent', probe32(0xfe20c804));
  put('window', probe32(WINDOW + 4));
}

function deadlines(events: i32): i64 {
  const now = ticks();
  if (steps > 0) put('late', now - next);
  put('events', events);
  next = now + [100, 6250, 62500, 62501, 1][steps % 5];
  if (steps === 10) finish();
  return next;
}

function waits(): void {
  const start = ticks();
  put('none', wait(start + 125000, 0));
  put('late', ticks() - (start + 125000));
  put('past', wait(start, -1));
}

// Bytes are consumed as they come; after `!` the sums are printed.
function consume(): i64 {
  for (;;) {
    const got = take(Queue.Uart, buffer, 65536);
    if (got === 0) return i64.MAX_VALUE;
    if (total === 0) put('first', got);
    total += got;
    checksum = crc32(buffer, got, checksum);
    if (load<u8>(buffer + got - 1) === 0x21) {
      put('total', total);
      put('crc', checksum);
      put('lost', info(Info.UartLost));
      finish();
    }
  }
  return 0;
}

// Nothing is consumed until as many bytes are lost as the second word says: the queue holds what its size says.
function ignore(): i64 {
  if (steps === 0) put('ready', 1);
  if (info(Info.UartLost) < load<u32>(word + 4)) return ticks() + info(Info.TickRate) / 100;
  for (let got = 1; got > 0; total += got) got = take(Queue.Uart, buffer, 1000);
  put('total', total);
  put('lost', info(Info.UartLost));
  finish();
  return 0;
}

// Prints each change of a GPIO level until there were as many as the second word says.
function levels(): i64 {
  if (steps === 0) {
    take(Queue.Gpio, buffer, 0);
    put('ready', 1);
  }
  for (;;) {
    const got = take(Queue.Gpio, buffer, 47);
    if (got === 0) break;
    for (let at = buffer; at < buffer + got; at += 16) {
      put('pin17', (load<u32>(at) >>> 17) & 1);
      put('tick', i64(load<u64>(at + 8) - info(Info.EntryTicks)));
      total++;
    }
  }
  if (total >= load<u32>(word + 4)) {
    put('lost', info(Info.GpioLost));
    finish();
  }
  return i64.MAX_VALUE;
}

// Asks for no changes until pin 17 is high and has been sampled: no event, nothing queued.
function uninterested(events: i32): i64 {
  if (steps === 0) put('ready', 1);
  total |= events;
  if (next !== 0) {
    put('events', total);
    put('queued', take(Queue.Gpio, buffer, 4096));
    finish();
  }
  const period = info(Info.TickRate) / 100;
  if ((read32(0xfe200034) >>> 17) & 1) next = ticks() + period;
  return next === 0 ? ticks() + period : next;
}

// A DMA channel copies a word with its interrupt enabled, twice.
function interrupts(events: i32): i64 {
  const channel: u32 = 0xfe007500;
  const bit = 9;
  if (steps === 0) {
    listen(117, bit);
    write32(WINDOW, (1 << 0) | (1 << 4) | (1 << 8));
    write32(WINDOW + 4, 0xc0000000 | (WINDOW + 64));
    write32(WINDOW + 8, 0xc0000000 | (WINDOW + 68));
    write32(WINDOW + 12, 4);
    write32(WINDOW + 20, 0);
    write32(WINDOW + 64, 77);
  } else {
    put('events', events);
    put('copied', read32(WINDOW + 68));
    write32(channel, 6);
    // Masked by its handler: a bit that is not taken stays, and nothing new can come.
    if (steps === 2) return 0;
    listen(117, bit);
    put('pending', wait(ticks() + 1000, 1 << bit));
    if (steps === 4) finish();
  }
  write32(WINDOW + 68, 0);
  write32(channel + 4, 0xc0000000 | WINDOW);
  write32(channel, 1);
  return i64.MAX_VALUE;
}

// More than the queue holds at once: what is not taken is the caller's.
function flood(): void {
  memory.fill(buffer, 0x2e, 65536);
  put('taken', send(buffer, 65536));
  put('full', send(buffer, 1));
}

function finish(): void {
  put('done', 1);
  exit(Exit.End, 0);
}

export function start(_generation: i32): void {
  copyIn(RAM_DISK, word, 8);
  kind = load<i32>(word);
}

export function step(events: i32): i64 {
  let deadline: i64 = 0;
  switch (kind) {
    case 1:
      facts();
      finish();
      break;
    case 2:
      memories();
      finish();
      break;
    case 3:
      deadline = deadlines(events);
      break;
    case 4:
      waits();
      finish();
      break;
    case 5:
      if (steps === 0) put('ready', 1);
      deadline = consume();
      break;
    case 6:
      deadline = ignore();
      break;
    case 7:
      deadline = levels();
      break;
    case 8:
      deadline = interrupts(events);
      break;
    case 9:
      flood();
      exit(Exit.End, 3);
      break;
    case 10:
      exit(Exit.PowerOff, 5);
      break;
    case 11:
      exit(Exit.Restart, 5);
      break;
    case 12:
      deadline = uninterested(events);
      break;
  }
  steps++;
  return deadline;
}
