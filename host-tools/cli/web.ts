// mirleft web

import { spawn } from 'node:child_process';
import { InvalidArgumentError, type Command } from 'commander';
import { buildProgram } from '../build/program.js';
import { startWebServer } from '../web/server.js';
import { buildAloud } from './build.js';
import { PROGRAM_ARGUMENT, WASM3_OPTION } from './program-argument.js';
import { onInterrupt } from './render-terminal.js';
import { styleText } from './render-style.js';

interface Flags {
  port?: number;
  open?: true;
  wasm3?: string;
}

function portNumber(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError('a number from 0 to 65535 is wanted.');
  return port;
}

/** Leaves it to the desktop's own browser; without one the address is on the screen. */
function openBrowser(url: string): void {
  const [command = 'xdg-open', ...words] =
    process.platform === 'darwin' ? ['open'] : process.platform === 'win32' ? ['cmd', '/c', 'start', ''] : ['xdg-open'];
  const child = spawn(command, [...words, url], { stdio: 'ignore', detached: true });
  child.on('error', () => process.stderr.write(`${command} cannot be started: open the address yourself\n`));
  child.unref();
}

async function web(what: string | undefined, flags: Flags): Promise<void> {
  const build = await buildAloud(
    buildProgram({
      ...(what === undefined ? {} : { program: what }),
      ...(flags.wasm3 === undefined ? {} : { wasm3Dir: flags.wasm3 }),
    }),
    true,
  );
  const { wasm, sourceMap, buildId, program } = build;
  const server = await startWebServer({ program: { wasm, sourceMap, buildId, name: program.name }, port: flags.port });
  process.stdout.write(`${server.url}\n`);
  process.stderr.write(
    styleText('dim', `${program.name}, build ${buildId}; only this machine can open it; Ctrl-C ends\n`),
  );
  if (flags.open) openBrowser(server.url);
  await new Promise<void>((resolve) => onInterrupt(resolve));
  await server.close();
}

const HELP = `
The page runs the firmware on the virtual Pi in your browser and plays what its jack makes. It works offline and is
served to this machine only (127.0.0.1 and ::1).

Examples:
  mirleft web                  the project in this folder, else the player
  mirleft web sampler --open   one of the library's programs, in your browser
  mirleft web --port 8000      at a port of your own; default: 8640 or the next free one`;

export function register(program: Command): void {
  program
    .command('web')
    .summary('hear and see the firmware on a virtual Pi in your browser')
    .description('Serves a page that runs a program on the virtual Pi: sound, console, pins, registers.')
    .argument(...PROGRAM_ARGUMENT)
    .option('-p, --port <number>', 'the port; 0 takes any that is free', portNumber)
    .option('-o, --open', 'open the page in your browser')
    .option(...WASM3_OPTION)
    .addHelpText('after', HELP)
    .action(web);
}
