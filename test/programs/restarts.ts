// Restarts the board: at once after it has made next.img of the card its kernel, else by a fault when it has run for
// 61 s. After a restart, which it knows by a word that memory keeps, it ends. It prints its build, how often it has booted,
// and the first line of the fault that memory keeps.

import { exit, Exit, info, Info, read32, send, ticks, write32 } from '../../drivers/board';
import { STATE, windowAddress } from '../../drivers/window';
import { SdCard } from '../../drivers/sd-card';
import { crashText, findCrash, restartOnFault } from '../../firmware/link/crash';
import { Volume } from '../../firmware/storage/fat/volume';

const FAULT_SECONDS: i64 = 61;
const MARK: u32 = 0x12345600;
const card = new SdCard();
const volume = new Volume();
const since = ticks();
let boots: u32 = 1;

function say(text: string): void {
  const bytes = String.UTF8.encode(text + '\n');
  send(changetype<usize>(bytes), bytes.byteLength);
}

function renameNext(): bool {
  const from = String.UTF8.encode('next.img');
  const to = String.UTF8.encode('kernel8.img');
  return !volume.rename(changetype<usize>(from), from.byteLength, changetype<usize>(to), to.byteLength);
}

export function start(_generation: i32): void {
  say('build=' + info(Info.BuildId).toString());
  const word = read32(windowAddress(STATE));
  if (word >> 8 === MARK >> 8) boots = (word & 0xff) + 1;
  write32(windowAddress(STATE), MARK | boots);
  say('boot=' + boots.toString());
  const length = findCrash();
  let line = 0;
  while (line < length && load<u8>(crashText + line) !== 13) line++;
  if (length) say(String.UTF8.decodeUnsafe(crashText, line).replace('fault ', 'kept '));
  restartOnFault(true);
}

export function step(_events: i32): i64 {
  if (boots > 1) exit(Exit.End, 7);
  if (!card.open() && !volume.mount(card) && renameNext()) exit(Exit.Restart, 0);
  const due = since + FAULT_SECONDS * info(Info.TickRate);
  if (ticks() >= due) unreachable();
  return due;
}
