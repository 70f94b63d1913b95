// How every command that builds names the program and another wasm3.

export const PROGRAM_ARGUMENT: [name: string, description: string] = [
  '[program]',
  "a project's folder, an entry file, or player, tone, blink, sampler (default: the project here, else player)",
];

export const WASM3_OPTION: [flags: string, description: string] = [
  '--wasm3 <dir>',
  'build the interpreter from this tree of wasm3 instead of the package',
];
