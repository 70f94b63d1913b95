// Where AssemblyScript's `abort` goes: the end of every failed assertion and every thrown error. The board reports
// the text with the Wasm call stack and does not return. Nothing may fail in here, so it allocates nothing.

import { Fault, fault } from '../drivers/board';

const TEXT_BYTES: i32 = 256;
const text = memory.data(TEXT_BYTES);

/** Appends a string as ASCII (anything else as '?') as far as there is room; returns the new length. */
function append(length: i32, part: string | null): i32 {
  if (part === null) return length;
  const characters = min(part.length, TEXT_BYTES - length);
  for (let i = 0; i < characters; i++) {
    const code = part.charCodeAt(i);
    store<u8>(text + length + i, code < 0x80 ? code : 0x3f);
  }
  return length + characters;
}

/** The compiler calls this (`--use abort`, host-tools/build/compile.ts): "message (file:line)". */
export function abort(message: string | null, file: string | null, line: u32, _column: u32): void {
  let length = append(0, message);
  length = append(length, ' (');
  length = append(length, file);
  length = append(length, ':');
  let scale: u32 = 1;
  while (line / scale >= 10) scale *= 10;
  for (; scale && length < TEXT_BYTES; scale /= 10) store<u8>(text + length++, 0x30 + ((line / scale) % 10));
  length = append(length, ')');
  fault(Fault.Abort, text, length);
}
