// mirleft update [IMAGE|PROGRAM]

import fs from 'node:fs';
import type { Command } from 'commander';
import { buildProgram } from '../build/program.js';
import { updateKernel, type UpdateEvent } from '../dev/update.js';
import { openPort } from '../link/port.js';
import type { OpenPort } from '../link/session.js';
import { buildAloud } from './build.js';
import { baudOption, portOption } from './port-option.js';
import { Status } from './render-errors.js';
import { StatusLine } from './render-status.js';
import { onInterrupt } from './render-terminal.js';
import { grouped } from './render-text.js';

interface Flags {
  port?: string;
  baud?: number;
}

const HELP = `
IMAGE is a kernel8.img, PROGRAM as for mirleft build. It goes onto the card as next.img, is checked there, and the board
goes to it. When it has run for ten seconds it becomes kernel8.img, and the one before previous.img. If it does not live,
switch the board off and on: the old kernel boots and calls the new one failed.img. Power may be cut at any moment.

Examples:
  mirleft update                                  the project here, else the player
  mirleft update build/kernel8.img --port /dev/ttyUSB0
  mirleft update player --port qemu:card.img      without a board`;

export function register(program: Command): void {
  program
    .command('update')
    .summary('bring a new kernel8.img onto the card of a running board')
    .description('Puts a kernel on the card of a running board, tries it, and keeps it when it runs well.')
    .argument('[image|program]', "a kernel8.img, a project's folder, or a program's name")
    .addOption(portOption())
    .addOption(baudOption())
    .addHelpText('after', HELP)
    .action(async (what: string | undefined, flags: Flags) => {
      process.exitCode = await update(what, flags);
    });
}

async function update(what: string | undefined, { port: spec, baud }: Flags): Promise<Status> {
  const status = new StatusLine();
  const ending = new AbortController();
  const interrupts = onInterrupt(() => ending.abort());
  let port: OpenPort | undefined;
  try {
    const image = await imageOf(what);
    status.set('opening the port…');
    port = await openPort(spec);
    await updateKernel({ port, image, baud, signal: ending.signal }, (event) => show(status, event));
    return Status.Fine;
  } finally {
    status.clear();
    await port?.transport.close();
    interrupts.undo();
  }
}

async function imageOf(what: string | undefined): Promise<Uint8Array> {
  if (what?.endsWith('.img') && fs.existsSync(what)) return fs.readFileSync(what);
  const built = await buildAloud(buildProgram(what === undefined ? {} : { program: what }), false);
  return built.image;
}

function show(status: StatusLine, event: UpdateEvent): void {
  switch (event.event) {
    case 'sending':
      if (event.bytes < event.of) status.set(`next.img: ${grouped(event.bytes)} of ${grouped(event.of)} bytes`);
      else status.line(`next.img: ${grouped(event.of)} bytes are on the card`);
      break;
    case 'trying':
      status.set('the board goes to it…');
      break;
    case 'running':
      status.line(`build ${event.build} runs`);
      status.set('waiting ten seconds to see whether it stays well…');
      break;
    case 'kept':
      status.line(`build ${event.build} is kernel8.img now; the one before is previous.img`);
  }
}
