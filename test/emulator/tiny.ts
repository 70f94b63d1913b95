// The tiny guest of tiny.S, assembled once a process.

import path from 'node:path';
import { testFolder, tool } from '../media/sounds.js';

let made: string | undefined;

/** Path of the flat image. */
export function tinyImage(): string {
  if (made) return made;
  const at = (name: string): string => path.join(folder, name);
  const folder = testFolder();
  tool('clang', '--target=aarch64-none-elf', '-c', path.join(import.meta.dirname, 'tiny.S'), '-o', at('tiny.o'));
  tool('ld.lld', '--oformat', 'binary', '-Ttext', '0x80000', at('tiny.o'), '-o', at('tiny.img'));
  return (made = at('tiny.img'));
}
