// Which files of a card are tracks: by the ends of their names, as opening each to see what it is takes too long. Those
// that the device cannot decode count too, so that whoever put one there is told.

import { SOUND_ENDINGS as ENDINGS } from '../storage/card-limits';

const DOT: i32 = 0x2e;
const SPACE: i32 = 0x20;

/** Whether a name, `bytes` bytes of UTF-8, is one of a sound file. */
export function isSoundName(name: usize, bytes: i32): bool {
  let from = bytes;
  while (from > 0 && <i32>load<u8>(name + from - 1) !== DOT) from--;
  if (from <= 1 || from === bytes) return false;
  for (let at = 0; at < ENDINGS.length;) {
    let i = from;
    while (i < bytes && lower(<i32>load<u8>(name + i)) === ENDINGS.charCodeAt(at)) {
      i++;
      at++;
    }
    if (i === bytes && ENDINGS.charCodeAt(at) === SPACE) return true;
    while (ENDINGS.charCodeAt(at++) !== SPACE);
  }
  return false;
}

/** A capital letter as a small one. */
function lower(byte: i32): i32 {
  return byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte;
}
