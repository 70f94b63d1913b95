// What several commands take: the program, another wasm3, and what it runs on.

import { Option } from 'commander';

export const PROGRAM_ARGUMENT: [name: string, description: string] = [
  '[program]',
  "a project's folder, an entry file, or player, tone, blink, sampler (default: the project here, else player)",
];

export const WASM3_OPTION: [flags: string, description: string] = [
  '--wasm3 <dir>',
  'build the interpreter from this tree of wasm3 instead of the package',
];

/** QEMU or the virtual Pi; the value is a `Target`. */
export const targetOption = (what: string): Option =>
  new Option('-o, --on <target>', `${what}: QEMU, or the virtual Pi (docs/virtual-pi.md)`)
    .choices(['emulator', 'virtual'])
    .default('emulator');
