// Whether a kernel is one of ours: then the module lies in it, with its build id before it (host-tools/build).

import { gunzipSync } from 'node:zlib';
import { KERNEL_BYTES } from '../../boot/memory-map.js';
import { parseModule, WasmFormatError } from '../build/wasm-module.js';

const MODULE_MAGIC = Buffer.from([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]);
const BUILD_ID_BYTES = 8;
/** `msr daifset, #15` (boot/entry.S). */
export const FIRST_INSTRUCTION = Buffer.from([0xdf, 0x4f, 0x03, 0xd5]);
/** Ids of a module's sections; in its place behind the last there is anything but another. */
const LAST_SECTION = 13;
const GZIP = 0x8b1f;
/** What the board calls. */
const ENTRIES = ['start', 'step'];

export interface OurKernel {
  /** 16 hexadecimal digits. */
  buildId: string;
  /** The module, without names. */
  wasm: Uint8Array;
}

/** The kernel as it is started: unpacked, if it is packed. Undefined for what cannot be unpacked, or is too large. */
export function unpackKernel(bytes: Buffer): Buffer | undefined {
  if (bytes.length < 2 || bytes.readUInt16LE(0) !== GZIP) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: KERNEL_BYTES });
  } catch {
    return undefined;
  }
}

/** The module that begins at `start`, as far as its sections go. */
function moduleAt(bytes: Buffer, start: number): Buffer {
  let at = start + MODULE_MAGIC.length;
  for (;;) {
    const id = bytes[at] ?? LAST_SECTION;
    let [size, next] = [0, at + 1];
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = bytes[next++] ?? 0;
      size += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    // Zeros that fill a page look like an empty custom section, and that needs a name.
    if (id >= LAST_SECTION || size === 0 || next + size > bytes.length) return bytes.subarray(start, at);
    at = next + size;
  }
}

/** What an unpacked kernel holds if it is ours, else undefined: a module as the board runs it. */
export function readOurKernel(bytes: Buffer): OurKernel | undefined {
  for (let at = bytes.indexOf(MODULE_MAGIC); at >= 0; at = bytes.indexOf(MODULE_MAGIC, at + 1)) {
    if (at < BUILD_ID_BYTES) continue;
    const wasm = new Uint8Array(moduleAt(bytes, at));
    try {
      const { imports, exports } = parseModule(wasm);
      const isOurs = ENTRIES.every((name) => exports.some((each) => each.name === name));
      if (!isOurs || imports.some(({ module }) => module !== 'board')) continue;
    } catch (error) {
      if (!(error instanceof WasmFormatError)) throw error;
      continue;
    }
    const buildId = bytes
      .readBigUInt64LE(at - BUILD_ID_BYTES)
      .toString(16)
      .padStart(16, '0');
    return { buildId, wasm };
  }
  return undefined;
}

/**
 * The same of a kernel that is to be started: undefined also for one that does not begin as ours do, such as the ELF file
 * that is linked beside it, and for one that was cut off.
 */
export function readWholeKernel(bytes: Buffer): OurKernel | undefined {
  const ours = bytes.indexOf(FIRST_INSTRUCTION) === 0 ? readOurKernel(bytes) : undefined;
  return ours && WebAssembly.validate(Uint8Array.from(ours.wasm)) ? ours : undefined;
}
