// mirleft new

import path from 'node:path';
import type { Command } from 'commander';
import { libraryRoot } from '../build/library.js';
import { createProject } from '../project/new.js';

/** How to get the package into the project's folder when it is not found from there. */
function installation(): string {
  return libraryRoot.split(path.sep).includes('node_modules')
    ? 'npm install'
    : `npm install "$(npm pack --silent ${JSON.stringify(libraryRoot)})"`;
}

export function register(program: Command): void {
  program
    .command('new')
    .description('make a small firmware with its test')
    .argument('<dir>', 'a folder that is empty or not there yet; its name becomes the project’s')
    .action((folder: string) => {
      const made = createProject(folder);
      process.stdout.write(
        [
          `${made.name} is made:`,
          ...made.files.map((file) => `  ${path.join(folder, file)}`),
          '',
          'next:',
          `  cd ${folder}`,
          ...(made.ready ? [] : [`  ${installation()}`]),
          '  npm test       builds it, boots it in QEMU and checks what comes out of the jack',
          '  npm start      boots it with its console on the terminal; Ctrl-C ends it',
          '',
        ].join('\n'),
      );
    });
}
