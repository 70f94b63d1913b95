// Ends in the way that the first word of the RAM disk names. Functions are called through a table of their own
// choosing where the compiler would make one of many: `deep` is three calls below `start`.

import {
  chain,
  copyIn,
  copyOut,
  exit,
  Exit,
  fault,
  Fault,
  info,
  Info,
  listen,
  probe32,
  preload,
  read32,
  readPort,
  reload,
  send,
  take,
  wait,
  write32,
  writePort,
} from '../../drivers/board';
import { crc32 } from '../../drivers/board';

const word = memory.data(8);
const text = memory.data(64);
let seen = 0;
let kind = 0;

function outer(n: i32): i32 {
  return middle(n) + 1; // middle
}

function middle(n: i32): i32 {
  seen += n;
  return inner(n) + 2; // inner
}

function inner(n: i32): i32 {
  if (kind === 1) unreachable(); // trap
  if (kind === 2) return load<i32>(0x7ffffff0 + n); // bounds
  if (kind === 3) return 100 / (n - n); // divide
  if (kind === 4) read32(0xfe20c800); // read abort
  if (kind === 5) write32(0xfe20c818, 1); // write abort
  if (kind === 6) spin(n);
  if (kind === 7) spinMemory(n);
  if (kind === 8) spinCalls(n);
  if (kind === 9) recurse(n, 1, 2, 3, 4);
  if (kind === 10) fall(); // native stack
  if (kind === 11) give(); // give it
  if (kind === 12) wait(i64.MAX_VALUE, 0); // endless wait
  if (kind === 14) readPort(0xfe20c804, 4096, 5); // port read abort
  if (kind === 15) writePort(0xfe20c818, 4096, 1); // port write abort
  if (kind === 13) assert(n > 1, 'one'); // assertion
  if (kind >= 100) hostile(kind); // hostile
  return n;
}

function spin(n: i32): void {
  for (;;) kind = n++; // spin
}

function spinMemory(n: i32): void {
  for (;;) store<i32>(word, load<i32>(word) + n); // memory
}

function spinCalls(n: i32): void {
  for (;;) seen = turn(seen) + n; // calls
}

let turns = 0;
function turn(n: i32): i32 {
  turns++;
  if (turns < 0) return turn(n - 1) ^ turn(n - 2);
  return n + 1;
}

function recurse(a: i32, b: i32, c: i32, d: i32, e: i32): i32 {
  if (a < 0) return b;
  return recurse(a + 1, b + a, c + b, d + c, e + d) + e; // recursion
}

function fall(): void {
  fall(); // fall
  turns++;
}

function give(): void {
  store<u64>(text, 0x2022732279617320); // " say"s" "
  fault(Fault.Panic, text, 8); // give
}

function hostile(which: i32): void {
  switch (which) {
    case 100:
      copyIn(0x10000000, 0x7fffffff, 4);
      break;
    case 101:
      copyIn(0x10000000, 0, -1);
      break;
    case 102:
      copyIn(0x10000000, 0xfffffffc, 8);
      break;
    case 103:
      copyOut(0x01000000, 0xfffffff0, 0x20);
      break;
    case 104:
      send(0xffffffff, 2);
      break;
    case 105:
      take(0, 0xfffffff0, 0x7fffffff);
      break;
    case 106:
      take(7, 0, 16);
      break;
    case 107:
      crc32(0x7fffffff, -5, 0);
      break;
    case 108:
      read32(0x00080000);
      break;
    case 109:
      read32(0xfe200001);
      break;
    case 110:
      write32(0x01200000, 0);
      break;
    case 111:
      write32(0x00fffffc, 0);
      break;
    case 112:
      probe32(0x3e000000);
      break;
    case 113:
      listen(153, 8);
      break;
    case 114:
      listen(31, 8);
      break;
    case 115:
      listen(256, 8);
      break;
    case 116:
      listen(112, 7);
      break;
    case 117:
      listen(112, 31);
      break;
    case 118:
      fault(1, 0x7fffffff, 1);
      break;
    case 119:
      exit(3, 0);
      break;
    case 120:
      fault(1, 0, -1);
      break;
    case 121:
      readPort(0xfe340022, 4096, 1);
      break;
    case 122:
      readPort(0x3f000000, 4096, 1);
      break;
    case 123:
      readPort(0xfe340020, 0x7ffffffc, 1);
      break;
    case 124:
      writePort(0xfe340021, 4096, 1);
      break;
    case 125:
      writePort(0x10000000, 4096, 1);
      break;
    case 126:
      writePort(0xfe340020, 4096, 0x40000000);
      break;
    case 127:
      readPort(0xfe340020, 0, -1);
      break;
    case 128:
      reload(0x7ffffffc, 8);
      break;
    case 129:
      chain(0x10000004, 64);
      break;
    case 130:
      preload(0x7ffffffc, 8);
      break;
  }
}

export function start(generation: i32): void {
  copyIn(0x10000000, word, 8);
  kind = load<i32>(word);
  if (kind < 1000) outer(generation); // outer
}

export function step(_events: i32): i64 {
  if (kind >= 1000) {
    kind -= 1000;
    outer(info(Info.Generation) as i32); // outer in step
  }
  exit(Exit.End, 0);
  return 0;
}
