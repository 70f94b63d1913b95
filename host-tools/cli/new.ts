// mirleft new

import path from 'node:path';
import type { Command } from 'commander';
import { libraryRoot } from '../build/library.js';
import { createProject, isInstalled } from '../project/new.js';

/** A path as a shell takes it. */
const quoted = (text: string): string =>
  /^[\w./@:+,-]+$/.test(text) && !text.startsWith('-') ? text : `'${text.replaceAll("'", "'\\''")}'`;

/** How to get the package into the project's folder when it is not found from there. */
const installation = (): string =>
  isInstalled ? 'npm install' : `npm pack --silent ${quoted(libraryRoot)} && npm install`;

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
          `  cd ${quoted(folder)}`,
          ...(made.ready ? [] : [`  ${installation()}`]),
          '  npm test       builds it, boots it in QEMU and checks what comes out of the jack',
          '  npm start      boots it with its console on the terminal; Ctrl-C ends it',
          '',
        ].join('\n'),
      );
    });
}
