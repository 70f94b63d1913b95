// mirleft ls, get, put, rm, mv, mkdir, df: the card of a board on the serial line.

import { Option, type Command } from 'commander';
import fs from 'node:fs';
import { FileClient, type RemoteEntry } from '../link/file-client.js';
import { Connection, type Connect, type TransferEvent, type TransferReport } from '../link/file-transfers.js';
import { getFiles } from '../link/get-files.js';
import { openLink, PORT_HELP } from '../link/port.js';
import { putFiles } from '../link/put-files.js';
import { baseOf, joinRemote, remoteName } from '../link/remote-names.js';
import { makeFolders, removeTree } from '../link/remote-tree.js';
import { failedReport } from '../play/report.js';
import { printable } from '../problem.js';
import { baudOption, portOption } from './port-option.js';
import { errorText, Status, statusOf } from './render-errors.js';
import { FileView } from './render-files.js';
import { onInterrupt } from './render-terminal.js';
import { columnsOf, grouped, sizeText } from './render-text.js';

/** Of the reports as JSON. */
const FILES_SCHEMA = 1;

const NAMES = `
Names on the card begin at its root, with or without a slash in front. Exit status: 0 when all went well, 1 when something
did not, 2 for a usage error, 130 after Ctrl-C.
`;

interface Flags {
  port?: string;
  baud?: number;
  json?: true;
  force?: true;
  recursive?: true;
  parents?: true;
  to?: string;
}

/** What a command does with the card, and what it tells of it: as JSON, and for people. */
interface Outcome {
  report: object;
  text?: string;
}

export function register(program: Command): void {
  const command = (name: string, summary: string, description: string, help: string): Command =>
    program
      .command(name)
      .summary(summary)
      .description(description)
      // `mkdir -p` is what everybody types.
      .addOption(name === 'mkdir' ? new Option('--port <port>', PORT_HELP) : portOption())
      .addOption(baudOption())
      .option('-j, --json', 'the report as JSON on stdout, and nothing else there')
      .addHelpText('after', `${NAMES}\nExamples:\n${help}`);

  command(
    'ls',
    "show what is on a board's card",
    'Shows the files and folders of a folder on the card of a board, with their lengths and dates.',
    '  mirleft ls                  the root of the card\n  mirleft ls music            a folder of it',
  )
    .argument('[path]', 'a folder or a file on the card', '')
    .action(async (path: string, flags: Flags) => act(flags, (client) => ls(client, remoteName(path))));

  command(
    'df',
    "tell how much room is left on a board's card",
    'Tells how much of the card of a board is free.',
    '  mirleft df',
  ).action(async (flags: Flags) => act(flags, df));

  command(
    'mkdir',
    "make a folder on a board's card",
    'Makes folders on the card of a board.',
    '  mirleft mkdir music\n  mirleft mkdir -p books/one/part1',
  )
    .argument('<path...>', 'folders to make')
    .option('-p, --parents', 'make the folders above too, and none of them has to be missing')
    .action(async (paths: string[], flags: Flags) =>
      act(flags, async (client) => {
        const names = paths.map(remoteName);
        for (const name of names) await makeFolders(client, name, flags.parents ?? false);
        return { report: { made: names } };
      }),
    );

  command(
    'mv',
    "rename or move a file on a board's card",
    'Gives a file or folder on the card of a board another name or place; into PATH where that is a folder.',
    '  mirleft mv song.wav music/      into a folder\n  mirleft mv music/a.wav music/b.wav',
  )
    .argument('<from>', 'a file or folder on the card')
    .argument('<to>', 'its new name, or a folder on the card')
    .option('-f, --force', 'replace a file that has the new name')
    .action(async (from: string, to: string, flags: Flags) =>
      act(flags, (client) => mv(client, remoteName(from), to, flags.force ?? false)),
    );

  command(
    'rm',
    "remove files from a board's card",
    'Removes files from the card of a board, and folders that are empty or, with -r, what is in them.',
    '  mirleft rm music/a.wav\n  mirleft rm -r books',
  )
    .argument('<path...>', 'files or folders on the card')
    .option('-r, --recursive', 'folders with all that is in them')
    .action(async (paths: string[], flags: Flags) =>
      act(flags, async (client) => {
        const removed: string[] = [];
        for (const name of paths.map(remoteName))
          for await (const gone of removeTree(client, name, flags.recursive ?? false)) removed.push(gone.name);
        return { report: { removed } };
      }),
    );

  command(
    'get',
    "fetch files from a board's card",
    `Fetches a file from the card of a board, or with -r a folder. Nothing is fetched of what is here already; until all of it
is there, FILE is what it was; what was broken off is gone on with. When the cable is pulled it waits for 30 s and goes on by
itself.`,
    `  mirleft get music/a.wav           to a.wav here
  mirleft get player.ini /tmp/      into another folder
  mirleft get -r music              a folder with all that is in it
  mirleft get -r / backup/          the whole card`,
  )
    .argument('<path>', 'a file on the card, or with -r a folder')
    .argument('[file]', 'a file or folder here; default: its own name here')
    .option('-r, --recursive', 'a folder with all that is in it')
    .option('-f, --force', 'replace files that are there with another content')
    .action(async (path: string, file: string | undefined, flags: Flags) => {
      const name = remoteName(path);
      const { recursive = false, force = false } = flags;
      await transfer(flags, (connect, signal) =>
        getFiles({ connect, name, file: file ?? './', recursive, force, signal }),
      );
    });

  command(
    'put',
    "put files on a board's card",
    `Puts files on the card of a board. Nothing is sent of what is there already; a file is complete there or absent, whatever
happens; what was broken off is gone on with. When the cable is pulled it waits for 30 s and goes on by itself.

The last word is the place on the card when it ends with a slash or nothing here has that name. The player knows new
tracks 2 s later; what plays plays on.`,
    `  mirleft put song.wav                    to the root of the card
  mirleft put a.wav b.wav music/          into a folder of it
  mirleft put -r books/                   a folder with all that is in it
  mirleft put -f player.ini               other settings, obeyed from the next start on`,
  )
    .argument('<file...>', 'files here, and perhaps the place on the card')
    .option('-t, --to <path>', 'the place on the card, when the last word is a file here')
    .option('-r, --recursive', 'folders with all that is in them')
    .option('-f, --force', 'replace files that are there with another content')
    .action(async (words: string[], flags: Flags) => {
      const { files, to } = placeOf(words, flags.to);
      const { recursive = false, force = false } = flags;
      remoteName(to);
      await transfer(flags, (connect, signal) => putFiles({ connect, files, to, recursive, force, signal }));
    });
}

/** Opens links to the board that the flags name. */
const connector =
  ({ port, baud }: Flags): Connect =>
  (signal) =>
    openLink(port, { baud, signal });

/** Which of the words are files, and where they go. */
function placeOf(words: readonly string[], to: string | undefined): { files: readonly string[]; to: string } {
  const last = words.at(-1) ?? '';
  if (to !== undefined || words.length === 1) return { files: words, to: to ?? '' };
  const isHere = fs.existsSync(last) && !last.endsWith('/');
  return isHere ? { files: words, to: '' } : { files: words.slice(0, -1), to: last };
}

/** Does something short, and prints what came of it. */
async function act(flags: Flags, work: (client: FileClient) => Promise<Outcome>): Promise<void> {
  const ending = new AbortController();
  const interrupts = onInterrupt(() => ending.abort());
  const connection = new Connection(connector(flags), undefined, ending.signal);
  try {
    const { report, text = '' } = await work(await connection.client());
    if (flags.json) process.stdout.write(`${JSON.stringify({ schema: FILES_SCHEMA, ...report, errors: [] })}\n`);
    else process.stdout.write(text);
  } catch (error) {
    fail(error, flags);
  } finally {
    await connection.close();
    interrupts.undo();
  }
}

/** Whoever reads the JSON gets one in any case. */
function fail(error: unknown, flags: Flags): void {
  if (!flags.json) throw error;
  process.stdout.write(`${JSON.stringify({ schema: FILES_SCHEMA, errors: failedReport(error).errors })}\n`);
  process.stderr.write(`${errorText(error)}\n`);
  process.exitCode = statusOf(error);
}

type Transfer = (connect: Connect, signal: AbortSignal) => AsyncGenerator<TransferEvent, TransferReport>;

/** Shows a transfer while it goes on; Ctrl-C breaks it off, and what is there stays to go on with. */
async function transfer(flags: Flags, start: Transfer): Promise<void> {
  const view = new FileView();
  const ending = new AbortController();
  const interrupts = onInterrupt(() => ending.abort());
  const files: TransferEvent[] = [];
  try {
    const running = start(connector(flags), ending.signal);
    for (;;) {
      const { done, value } = await running.next();
      if (done) {
        view.clear();
        if (flags.json) {
          const errors = files.flatMap((event) => (event.event === 'failed' ? failedReport(event.problem).errors : []));
          const told = files.filter(({ event }) => event === 'done' || event === 'same');
          process.stdout.write(`${JSON.stringify({ schema: FILES_SCHEMA, ...value, transfers: told, errors })}\n`);
        } else view.finish(value);
        if (value.failed > 0) process.exitCode = Status.Failed;
        return;
      }
      files.push(...(value.event === 'progress' ? [] : [value]));
      view.show(value);
    }
  } catch (error) {
    view.clear();
    fail(error, flags);
  } finally {
    interrupts.undo();
  }
}

async function ls(client: FileClient, name: string): Promise<Outcome> {
  const stat = await client.stat(name);
  const entries: RemoteEntry[] = stat.isFolder ? await client.list(name) : [stat];
  entries.sort(
    (a, b) => Number(b.isFolder) - Number(a.isFolder) || a.name.localeCompare(b.name, 'en', { numeric: true }),
  );
  const sizes = entries.map((entry) => (entry.isFolder ? '' : grouped(entry.bytes)));
  const width = Math.max(0, ...sizes.map(columnsOf));
  const lines = entries.map(
    (entry, i) =>
      `${(sizes[i] ?? '').padStart(width)}  ${dateText(entry.written)}  ${printable(entry.name)}${entry.isFolder ? '/' : ''}\n`,
  );
  const listed = entries.map(({ name, isFolder, bytes, written }) => ({
    name,
    folder: isFolder,
    bytes,
    written: written ? localTime(written) : null,
  }));
  return { report: { path: name, entries: listed }, text: lines.join('') };
}

/** A FAT card has local times; without a zone they stay so. */
function localTime(date: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

const NO_DATE = '-'.padEnd(16);
const dateText = (date: Date | undefined): string =>
  date ? localTime(date).replace('T', ' ').slice(0, NO_DATE.length) : NO_DATE;

async function df(client: FileClient): Promise<Outcome> {
  const { freeBytes, totalBytes, clusterBytes } = await client.space();
  const used = totalBytes > 0 ? Math.round((1 - freeBytes / totalBytes) * 100) : 0;
  return {
    report: { freeBytes, totalBytes, clusterBytes },
    text: `${sizeText(freeBytes)} free of ${sizeText(totalBytes)}, ${used} % used\n`,
  };
}

async function mv(client: FileClient, from: string, given: string, force: boolean): Promise<Outcome> {
  const target = remoteName(given);
  const found = await client.find(target);
  // A folder takes it in; unless it is the same one, in other letters.
  const isInto = given.endsWith('/') || target === '' || found?.isFolder === true;
  const isSame = target.toLowerCase() === from.toLowerCase();
  const to = isInto && !isSame ? joinRemote(target, baseOf(from)) : target;
  await client.rename(from, to, force);
  return { report: { from, to } };
}
