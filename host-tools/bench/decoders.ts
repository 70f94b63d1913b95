// The bench's image: the library's QOA decoder on wasm3, and beside it, native in the same image, a decoder in plain C
// and the library's own as wasm2c translates it. All decode the same file, counted by the same timer in one run.

import fs from 'node:fs';
import path from 'node:path';
import { compile } from '../build/compile.js';
import { buildImage } from '../build/image.js';
import { TARGET } from '../build/interpreter.js';
import { libraryRoot } from '../build/library.js';
import { CLANG, runTool } from '../build/toolchain.js';
import { makeScratch, type Scratch } from '../emulator/scratch.js';
import { Problem } from '../problem.js';
import { benchLines, NS_A_TICK, runOnBoard } from './on-board.js';
import { translate } from './wasm2c.js';

/** What a decoder or the chain took. */
export interface Count {
  instructions: number;
  /** Stereo frames. */
  frames: number;
}

export interface DecoderCounts {
  wasm3: Count;
  c: Count;
  wasm2c: Count;
  /** From the file to DMA words, on wasm3. */
  chain: Count;
}

const PAGES = 8;
const C_FLAGS = [...TARGET, '-std=gnu11', '-O2', '-ffreestanding', '-fno-builtin', '-fno-pic', '-fno-math-errno'];
const MORE_C_FLAGS = ['-ffunction-sections', '-fdata-sections', '-fno-unwind-tables', '-w', '-S'];

const reference = path.join(libraryRoot, 'test', 'reference');
const programs = path.join(libraryRoot, 'test', 'programs');

/** Whether the parts are there: they come with a clone, not with the package. */
export function decodersAvailable(): boolean {
  return fs.existsSync(path.join(reference, 'qoa.c'));
}

/** The native decoders as assembly files. */
async function buildNative(scratch: Scratch): Promise<string[]> {
  const { wasm } = await compile({ entry: path.join(programs, 'bench-decoder.ts'), memoryPages: PAGES });
  const dialect = translate(wasm, scratch.folder);
  const flags = [
    ...C_FLAGS,
    ...MORE_C_FLAGS,
    ...dialect,
    ...[`-DMEMORY_PAGES=${PAGES}`, '-nostdlibinc'],
    ...['-I', scratch.folder, '-I', path.join(reference, 'include'), '-I', path.join(libraryRoot, 'boot', 'libc')],
  ];
  const sources = [path.join(reference, 'qoa.c'), path.join(reference, 'native.c'), scratch.file('decoder.c')];
  const made = sources.map((source) => scratch.file(`${path.basename(source, '.c')}.s`));
  for (const [index, source] of sources.entries())
    await runTool(CLANG, [...flags, source, '-o', made[index] ?? ''], scratch.folder);
  return [path.join(reference, 'native.S'), ...made];
}

/**
 * Decodes `qoa`, a stereo file of at most a second at 44.1 kHz, with every decoder, and counts. Throws Problem: no
 * wasm2c, or decoders that do not agree.
 */
export async function countDecoders(qoa: Uint8Array): Promise<DecoderCounts> {
  const scratch = makeScratch();
  try {
    const assembly = await buildNative(scratch);
    const { wasm } = await compile({
      entry: path.join(programs, 'bench.ts'),
      board: true,
      memoryPages: PAGES,
      extraImports: { native: '(i32, i32, i32, i32) -> i64' },
    });
    const { image } = await buildImage({ wasm, assembly });
    const head = Buffer.alloc(4);
    head.writeUInt32LE(qoa.length);
    const ramDisk = scratch.file('ramdisk');
    fs.writeFileSync(ramDisk, Buffer.concat([head, qoa]));
    return readCounts((await runOnBoard(scratch, image, { ramDisk, deterministic: true })).toString());
  } finally {
    scratch.remove();
  }
}

function readCounts(text: string): DecoderCounts {
  const lines = benchLines(text);
  const count = (name: string): Count => {
    const { ticks, frames } = lines(name);
    const read = { instructions: Number(ticks) * NS_A_TICK, frames: Number(frames) };
    if (!(read.instructions > 0 && read.frames > 0))
      throw new Problem('emulator-failed', `the bench did not measure ${name}`, { cause: new Error(text) });
    return read;
  };
  const sums = new Set(['wasm3', 'c', 'wasm2c'].map((name) => lines(name)['crc']));
  if (sums.size !== 1)
    throw new Problem('bad-media', 'the decoders do not agree about the frames', { cause: new Error(text) });
  return { wasm3: count('wasm3'), c: count('c'), wasm2c: count('wasm2c'), chain: count('chain') };
}
