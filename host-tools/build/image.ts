// A module, wasm3 and boot/ become kernel8.img. Only the module's own part is done for each build: the rest comes
// from the cache. The image holds no path and no time: same input, same image.

import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Problem, systemReason } from '../problem.js';
import { makeTemporary, type Temporary } from '../temporary.js';
import { assemblerInclude, bootConstants } from './constants.js';
import { readElf, type ElfSection, type ElfSymbol } from './elf.js';
import { buildInterpreter, cached, hashFiles, inParallel, TARGET } from './interpreter.js';
import { cacheFolder, libraryRoot } from './library.js';
import { moduleObject } from './module-object.js';
import { CLANG, LLD, runTool, toolVersion } from './toolchain.js';

export interface ImageOptions {
  /** The module. Custom sections behind the code (names, source map link) are left out of the image. */
  wasm: Uint8Array;
  /** Another tree of wasm3's sources than the npm package's. */
  wasm3Dir?: string;
  /** Where compiled parts are kept; default: the user's cache folder. */
  cacheDir?: string;
  /** Further assembly files, for tests of boot/. */
  assembly?: readonly string[];
  onEvent?: (event: ImageEvent) => void;
}

export type ImageEvent =
  { type: 'interpreter'; cached: boolean } | { type: 'boot'; cached: boolean } | { type: 'linked'; bytes: number };

export interface Image {
  /** kernel8.img. */
  image: Uint8Array;
  /** The linked file; QEMU enters it in EL3, as it enters the image in EL2. */
  elf: Uint8Array;
  /** 16 hexadecimal digits: the image's `info(Info.BuildId)`. */
  buildId: string;
  /** Bytes of the module in the image. */
  moduleBytes: number;
  sections: ElfSection[];
  symbols: ElfSymbol[];
}

const BOOT = path.join(libraryRoot, 'boot');
const ASSEMBLER_FLAGS = [...TARGET, '-Wa,--fatal-warnings'];
const LINKER_FLAGS = [
  '--gc-sections',
  '--icf=all',
  '--build-id=none',
  '-static',
  '--no-undefined',
  '-z',
  'max-page-size=4096',
];

/**
 * The module without custom sections behind its code section: offsets of instructions stay what they were.
 * What is no module comes back as it is.
 */
export function stripModule(wasm: Uint8Array): Uint8Array {
  const CODE = 10;
  const kept: Uint8Array[] = [wasm.subarray(0, 8)];
  let behindCode = false;
  for (let at = 8; at < wasm.length;) {
    let size = 0;
    let next = at + 1;
    for (let shift = 0; ; shift += 7) {
      const byte = wasm[next++];
      if (byte === undefined || shift > 28) return wasm;
      size += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    const end = next + size;
    if (end > wasm.length) return wasm;
    if (wasm[at] !== 0 || !behindCode) kept.push(wasm.subarray(at, end));
    if (wasm[at] === CODE) behindCode = true;
    at = end;
  }
  return Buffer.concat(kept);
}

async function assemble(file: string, to: string, includes: readonly string[]): Promise<void> {
  const search = includes.flatMap((folder) => ['-I', folder]);
  await runTool(CLANG, [...ASSEMBLER_FLAGS, ...search, '-c', path.basename(file), '-o', to], path.dirname(file));
}

/** Assembles boot/, or finds it in the cache; objects in link order. */
async function buildBoot(
  cacheDir: string,
): Promise<{ folder: string; objects: string[]; digest: string; found: boolean }> {
  const names = fs.readdirSync(BOOT).sort();
  const sources = names.filter((name) => name.endsWith('.S'));
  const include = assemblerInclude(bootConstants());
  const hash = createHash('sha256').update(JSON.stringify([ASSEMBLER_FLAGS, await toolVersion(CLANG), include]));
  hashFiles(hash, BOOT, [...sources, ...names.filter((name) => name.endsWith('.inc'))]);
  const digest = hash.digest('hex');
  const folder = path.join(cacheDir, `boot-${digest.slice(0, 32)}`);
  const found = await cached(folder, async (into) => {
    fs.writeFileSync(path.join(into, 'constants.inc'), include);
    await inParallel(sources, (name) =>
      assemble(path.join(BOOT, name), path.join(into, name.replace('.S', '.o')), ['.', into]),
    );
  });
  return { folder, objects: sources.map((name) => path.join(folder, name.replace('.S', '.o'))), digest, found };
}

function workFolder(): Temporary {
  try {
    return makeTemporary(os.tmpdir(), 'mirleft-build-');
  } catch (error) {
    throw new Problem('write-failed', `no folder can be made there (${systemReason(error)})`, {
      file: os.tmpdir(),
      hint: 'set TMPDIR to a folder that can be written',
      cause: error,
    });
  }
}

/** Builds the image. Throws Problem: InterpreterError, ToolMissingError, ToolError, ElfError, or files and folders. */
export async function buildImage(options: ImageOptions): Promise<Image> {
  const cacheDir = path.resolve(options.cacheDir ?? cacheFolder());
  const onEvent = options.onEvent ?? ((): void => {});
  const [interpreter, boot] = await Promise.all([buildInterpreter(cacheDir, options.wasm3Dir), buildBoot(cacheDir)]);
  onEvent({ type: 'interpreter', cached: interpreter.cached });
  onEvent({ type: 'boot', cached: boot.found });

  const wasm = stripModule(options.wasm);
  const script = path.join(BOOT, 'kernel.ld');
  const extra = options.assembly ?? [];
  const hash = createHash('sha256');
  hash.update(JSON.stringify([interpreter.digest, boot.digest, LINKER_FLAGS, await toolVersion(LLD), wasm.length]));
  hash.update(wasm).update(fs.readFileSync(script));
  for (const file of extra) hash.update(fs.readFileSync(file));
  const buildId = hash.digest('hex').slice(0, 16);

  const temporary = workFolder();
  const work = temporary.folder;
  try {
    fs.writeFileSync(path.join(work, 'module.o'), moduleObject({ wasm, buildId }));
    const extraObjects: string[] = [];
    for (const [index, file] of extra.entries()) {
      extraObjects.push(path.join(work, `extra-${index}.o`));
      await assemble(path.resolve(file), path.join(work, `extra-${index}.o`), [BOOT, boot.folder]);
    }
    const { KERNEL, KERNEL_BYTES } = Object.fromEntries(bootConstants());
    const symbols = [`--defsym=KERNEL=${KERNEL}`, `--defsym=KERNEL_BYTES=${KERNEL_BYTES}`];
    const objects = [...boot.objects, ...extraObjects, 'module.o', ...interpreter.objects];
    await runTool(LLD, [...LINKER_FLAGS, ...symbols, '-T', script, ...objects, '-o', 'kernel.elf'], work);
    const elf = new Uint8Array(fs.readFileSync(path.join(work, 'kernel.elf')));
    const { flat, sections, symbols: found } = readElf(elf);
    onEvent({ type: 'linked', bytes: flat.length });
    return { image: flat, elf, buildId, moduleBytes: wasm.length, sections, symbols: found };
  } finally {
    temporary.remove();
  }
}
