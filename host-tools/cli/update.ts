// mirleft update [IMAGE|PROGRAM]

import fs from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { insideLibrary } from '../build/library.js';
import { readInput } from '../build/interpreter.js';
import { buildProgram } from '../build/program.js';
import { checkKernel, updateKernel, type UpdateEvent } from '../dev/update.js';
import { Problem } from '../problem.js';
import { openPort } from '../link/port.js';
import type { OpenPort } from '../link/session.js';
import { buildAloud } from './build.js';
import { baudOption, portOption } from './port-option.js';
import { Status } from './render-errors.js';
import { JsonEvents } from './render-json.js';
import { StatusLine } from './render-status.js';
import { onInterrupt } from './render-terminal.js';
import { grouped } from './render-text.js';

/** What a program imports that keeps itself. */
const UPDATER = 'firmware/player/updater.ts';

interface Flags {
  port?: string;
  baud?: number;
  json?: true;
}

const HELP = `
IMAGE is a kernel8.img, PROGRAM as for mirleft build. It goes onto the card as next.img, is checked there, and the board
goes to it. When it has run for ten seconds it becomes kernel8.img, and the one before previous.img. If it does not live,
switch the board off and on: the old kernel boots and calls the new one failed.img. Power may be cut at any moment.
With --json each event is a line: sending, trying, running, kept, and at last end; what went wrong is in errors.

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
    .option('-j, --json', 'a line of JSON for each event on stdout, and nothing else there')
    .addHelpText('after', HELP)
    .action(async (what: string | undefined, flags: Flags) => {
      const json = flags.json ? new JsonEvents() : undefined;
      const work = (): Promise<Status> => update(what, flags, json);
      process.exitCode = await (json ? json.during(work) : work());
    });
}

async function update(what: string | undefined, { port: spec, baud }: Flags, json?: JsonEvents): Promise<Status> {
  const status = new StatusLine();
  const ending = new AbortController();
  const interrupts = onInterrupt(() => ending.abort());
  let port: OpenPort | undefined;
  try {
    const { image, name } = await imageOf(what, json !== undefined);
    if (!json) status.set('opening the port…');
    port = await openPort(spec);
    await updateKernel({ port, image, name, baud, signal: ending.signal }, (event) =>
      json ? tell(json, event) : show(status, event),
    );
    return Status.Fine;
  } finally {
    status.clear();
    await port?.transport.close();
    interrupts.undo();
  }
}

async function imageOf(what: string | undefined, quiet: boolean): Promise<{ image: Uint8Array; name: string }> {
  if (what !== undefined && isImage(what)) {
    const image = readInput(what);
    // A port need not be there for that.
    checkKernel(image, what);
    return { image, name: what };
  }
  const { image, program, sources } = await buildAloud(
    buildProgram(what === undefined ? {} : { program: what }),
    quiet,
  );
  if (!sources.some((file) => insideLibrary(file) === UPDATER))
    throw new Problem(
      'refused',
      "would not be kept: only a program with the player's updater makes itself kernel8.img",
      {
        file: program.name,
        hint: 'mirleft image --program writes it to a card',
      },
    );
  return { image, name: program.name };
}

/** What is no program by its name: what a file holds is looked at later. */
function isImage(what: string): boolean {
  const ending = path.extname(what);
  if (ending === '.img') return true;
  return ending !== '' && ending !== '.ts' && fs.existsSync(what) && fs.statSync(what).isFile();
}

function tell(json: JsonEvents, { event, ...fields }: UpdateEvent): void {
  if ('of' in fields && fields.bytes < fields.of) json.progress(event, fields);
  else json.tell(event, fields);
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
