// mirleft new

import path from 'node:path';
import type { Command } from 'commander';
import { createProject, installation, quoted } from '../project/new.js';

const HELP = `
Nothing that is there is changed. The name has small letters, digits, dots, dashes and underscores.

Examples:
  mirleft new hello             a project in ./hello
  mirleft new ../synths/organ   and elsewhere, named organ`;

export function register(program: Command): void {
  program
    .command('new')
    .summary('make a small firmware with its test')
    .description('Makes a small firmware with its test, and says how to run it.')
    .argument('<dir>', 'a folder that is empty or not there yet; its name becomes the project’s')
    .addHelpText('after', HELP)
    .action((folder: string) => {
      const made = createProject(folder);
      process.stdout.write(
        [
          `${made.name} is made:`,
          ...made.files.map((file) => `  ${path.join(folder, file)}`),
          '',
          'next:',
          `  cd ${quoted(folder)}`,
          ...(made.ready ? [] : [`  ${installation}`]),
          '  npm test       builds it, boots it in QEMU and checks what comes out of the jack',
          '  npm start      boots it with its console on the terminal; Ctrl-C ends it',
          '',
        ].join('\n'),
      );
    });
}
