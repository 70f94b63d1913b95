// Remembers what the compiler made of a program. An entry names every file that the compiler asked for, the missing
// ones too, with a digest of its text: while all are as they were, so is the result.

import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { makeFolder } from '../folder.js';

export interface CachedOutput {
  wasm: Uint8Array;
  sourceMap: string;
  warnings: unknown[];
}

interface Entry {
  /** Name for the compiler, and SHA-256 of the text or null where there was no such file. */
  inputs: [name: string, digest: string | null][];
  wasm: string;
  sourceMap: string;
  warnings: unknown[];
}

const digestOf = (text: string | null): string | null =>
  text === null ? null : crypto.createHash('sha256').update(text).digest('hex');

export class CompileCache {
  /** `folder` is made when the first entry is stored. */
  constructor(readonly folder: string) {}

  #file(key: unknown): string {
    return path.join(this.folder, `${crypto.createHash('sha256').update(JSON.stringify(key)).digest('hex')}.json`);
  }

  /** The result for `key` if `read` still gives what it gave; `key` is everything beside files that decides it. */
  find(key: unknown, read: (name: string) => string | null): CachedOutput | undefined {
    let entry: Entry;
    try {
      entry = JSON.parse(fs.readFileSync(this.#file(key), 'utf8')) as Entry;
    } catch {
      return undefined;
    }
    if (!entry.inputs.every(([name, digest]) => digestOf(read(name)) === digest)) return undefined;
    return { ...entry, wasm: new Uint8Array(Buffer.from(entry.wasm, 'base64')) };
  }

  /** Stores a result. A full disk or a folder that cannot be written costs the next build its cache, nothing else. */
  store(key: unknown, inputs: ReadonlyMap<string, string | null>, output: CachedOutput): void {
    const entry: Entry = {
      inputs: [...inputs].map(([name, text]) => [name, digestOf(text)]),
      wasm: Buffer.from(output.wasm).toString('base64'),
      sourceMap: output.sourceMap,
      warnings: output.warnings,
    };
    const file = this.#file(key);
    try {
      makeFolder(this.folder);
    } catch {
      return;
    }
    const scratch = `${file}.${process.pid}`;
    try {
      fs.writeFileSync(scratch, JSON.stringify(entry));
      fs.renameSync(scratch, file);
    } catch {
      fs.rmSync(scratch, { force: true });
    }
  }
}
