// What the data segments of a module hold. The compiler gives them no names: texts are told by what they are, tables
// by the functions that use their address.

import type { SizeEntry } from './size.js';
import { shortName } from './symbolize.js';
import { functionAt, type DataSegment, type WasmModule } from './wasm-module.js';

export interface DataSize extends SizeEntry {
  /** In memory. */
  address: number;
  /** What the segment holds, where it is text. */
  text?: string;
  /** Functions that use its address, where it is not text; without their files. */
  users?: string[];
}

const I32_CONST = 0x41;
const [FIRST_ACCESS, LAST_ACCESS] = [0x28, 0x3e];
const MOST_ALIGN = 3;

/** LEB128, signed, of up to 32 bits; `next` is the offset behind it. */
function s32(bytes: Uint8Array, at: number): { value: number; next: number } {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++] ?? 0;
    value |= (byte & 0x7f) << shift;
    if (byte >= 0x80 && shift < 28) continue;
    return { value: shift < 25 && byte & 0x40 ? value | (-1 << (shift + 7)) : value, next: at };
  }
}

/** Where an active segment goes: flags 0, then `i32.const address`. */
function addressOf(wasm: Uint8Array, { offset }: DataSegment): number {
  return wasm[offset] === 0 && wasm[offset + 1] === I32_CONST ? s32(wasm, offset + 2).value >>> 0 : 0;
}

const STRING_CLASS = 2;
const HEADER_BYTES = 8;

/**
 * The text of a string literal (UTF-16) or of bytes that are ASCII, or undefined for anything else. The compiler leaves
 * zeros at both ends out: a segment begins with the characters, or with the class and length of the object's header.
 */
function textOf(contents: Uint8Array): string | undefined {
  const bytes = Buffer.from([...contents, 0]);
  const isString = contents.length > HEADER_BYTES && bytes.readUInt32LE(0) === STRING_CLASS;
  const text = bytes.toString('utf16le', isString ? HEADER_BYTES : 0, bytes.length & ~1).replace(/\0+$/, '');
  if (text.length > (isString ? 0 : 1) && /^[\n\x20-\x7e]+$/.test(text)) return text;
  const ascii = bytes.toString('latin1', 0, contents.length);
  return /^[a-z][\w. /-]{3,}$/i.test(ascii) ? ascii : undefined;
}

/** An object's header begins 12 bytes before its class and length, with its size: 4 bytes at most, zeros left out. */
const SIZE_BEFORE_CLASS = 12;
const MOST_SIZE_BYTES = 4;

/** Data segments; one that only has the size of the object behind it is counted with that. */
export function measureData(wasm: Uint8Array, module: WasmModule): DataSize[] {
  const measured: DataSize[] = [];
  let head = 0;
  const all = module.data.map((segment) => ({ segment, address: addressOf(wasm, segment) }));
  for (const [index, { segment, address }] of all.entries()) {
    const contents = wasm.subarray(segment.contents, segment.offset + segment.bytes);
    const isHead = contents.length <= MOST_SIZE_BYTES && all[index + 1]?.address === address + SIZE_BEFORE_CLASS;
    if (isHead) {
      head += segment.bytes;
      continue;
    }
    const text = textOf(contents);
    const users = text === undefined ? usersOf(wasm, module, address, contents.length) : [];
    const bytes = head + segment.bytes;
    head = 0;
    const { name } = segment;
    measured.push({
      ...{ name, bytes, address },
      ...(text === undefined ? {} : { text }),
      ...(users.length === 0 ? {} : { users }),
    });
  }
  return measured;
}

/**
 * Functions with an address of the segment as a constant or as the offset of an access. Zeros before its first byte may
 * be left out, so the 16 bytes that it begins in count as its own.
 */
function usersOf(wasm: Uint8Array, module: WasmModule, address: number, length: number): string[] {
  const users = new Set<string>();
  const code = module.functions;
  const end = (code.at(-1)?.offset ?? 0) + (code.at(-1)?.bytes ?? 0);
  for (let at = code[0]?.offset ?? end; at < end; at++) {
    const isAccess =
      (wasm[at - 2] ?? 0) >= FIRST_ACCESS && (wasm[at - 2] ?? 0) <= LAST_ACCESS && (wasm[at - 1] ?? 0) <= MOST_ALIGN;
    if (wasm[at - 1] !== I32_CONST && !isAccess) continue;
    const { value } = s32(wasm, at);
    if (value < (address & ~15) || value >= address + length) continue;
    const user = functionAt(module, at);
    if (user) users.add(shortName(user.name));
  }
  return [...users];
}

const SHOWN_TEXT = 40;
const SHOWN_USERS = 2;

/** `"nothing more found"`, `table of decodeBlock at 0xc4b0`. */
export function labelData({ name, address, text, users = [] }: DataSize): string {
  if (text !== undefined)
    return text.length > SHOWN_TEXT
      ? `${JSON.stringify(text.slice(0, SHOWN_TEXT)).slice(0, -1)}…"`
      : JSON.stringify(text);
  if (address === 0) return name;
  const more = users.length > SHOWN_USERS ? ' …' : '';
  const of = users.length > 0 ? ` of ${users.slice(0, SHOWN_USERS).join(', ')}${more}` : '';
  return `table${of} at 0x${address.toString(16)}`;
}
