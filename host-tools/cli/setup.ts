// mirleft setup

import { spawn } from 'node:child_process';
import path from 'node:path';
import type { Command } from 'commander';
import { libraryRoot } from '../build/library.js';
import { Problem, systemReason } from '../problem.js';

interface SetupFlags {
  check?: boolean;
  test?: boolean;
}

async function setup(flags: SetupFlags): Promise<void> {
  const script = path.join(libraryRoot, 'scripts', 'setup.sh');
  const mode = flags.check ? '--check' : flags.test ? 'test' : 'run';
  const child = spawn('bash', [script, mode], { stdio: 'inherit' });
  process.exitCode = await new Promise<number>((resolve, reject) => {
    child.on('error', (error) =>
      reject(new Problem('tool-missing', `bash cannot be run (${systemReason(error)})`, { cause: error })),
    );
    child.on('close', (status) => resolve(status ?? 1));
  });
}

const HELP = `
On Debian and Ubuntu, as root, it installs with apt; elsewhere it says what to install.

Examples:
  mirleft setup
  mirleft setup --check     only say what is missing`;

export function register(program: Command): void {
  program
    .command('setup')
    .summary('install what is missing: QEMU with raspi4b, clang, lld')
    .description('Installs what is missing: QEMU with raspi4b, clang and lld. Says so before it does.')
    .option('--check', 'only say what is missing; exit status 1 if anything is')
    .option('--test', 'also what the tests of a clone compare with')
    .addHelpText('after', HELP)
    .action(setup);
}
