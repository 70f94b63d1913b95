// mirleft ls, get, put, rm, mv, mkdir, df: the card of a board on the serial line.

import { Option, type Command } from 'commander';
import fs from 'node:fs';
import { getFiles } from '../link/get-files.js';
import { PORT_HELP } from '../link/port.js';
import { putFiles } from '../link/put-files.js';
import { existingName, newName, placeName, remoteName } from '../link/remote-names.js';
import { act, df, ls, mkdir, mv, rm } from './file-requests.js';
import { transfer } from './file-transfer.js';
import { baudOption, portOption, readPort, type PortFlags } from './port-option.js';

const NAMES = `
Names on the card begin at its root, with or without a slash in front. Exit status: 0 when all went well, 1 when something
did not, 2 for a usage error, 130 after Ctrl-C.
`;

interface Flags extends PortFlags {
  force?: true;
  recursive?: true;
  parents?: true;
  to?: string;
}

export function register(program: Command): void {
  const command = (name: string, summary: string, description: string, help: string): Command =>
    program
      .command(name)
      .summary(summary)
      .description(description)
      // `mkdir -p` is what everybody types.
      .addOption(name === 'mkdir' ? new Option('--port <port>', PORT_HELP).argParser(readPort) : portOption())
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
    .action(async (path: string, flags: Flags) => {
      const name = remoteName(path);
      await act(flags, (client) => ls(client, name));
    });

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
    .action(async (paths: string[], flags: Flags) => {
      const names = paths.map(newName);
      await act(flags, (client, told) => mkdir(client, names, flags.parents ?? false, told));
    });

  command(
    'mv',
    "rename or move a file on a board's card",
    'Gives a file or folder on the card of a board another name or place; into PATH where that is a folder.',
    '  mirleft mv song.wav music/      into a folder\n  mirleft mv music/a.wav music/b.wav',
  )
    .argument('<from>', 'a file or folder on the card')
    .argument('<to>', 'its new name, or a folder on the card')
    .option('-f, --force', 'replace a file that has the new name; move also what the card boots from')
    .action(async (given: string, where: string, flags: Flags) => {
      const [from, to] = [existingName(given), placeName(where)];
      await act(flags, (client) => mv(client, from, to, where.endsWith('/'), flags.force ?? false));
    });

  command(
    'rm',
    "remove files from a board's card",
    'Removes files from the card of a board, and folders that are empty or, with -r, what is in them.',
    '  mirleft rm music/a.wav\n  mirleft rm -r books',
  )
    .argument('<path...>', 'files or folders on the card')
    .option('-r, --recursive', 'folders with all that is in them')
    .option('-f, --force', 'also what the card boots from')
    .action(async (paths: string[], flags: Flags) => {
      const names = paths.map(existingName);
      await act(flags, (client, told) => rm(client, names, flags, told));
    });

  command(
    'get',
    "fetch files from a board's card",
    'Fetches a file from the card of a board, or with -r a folder. Nothing is fetched of what is here already; until all ' +
      'of it is there, FILE is what it was; what was broken off is gone on with. When the cable is pulled it waits for ' +
      '30 s and goes on by itself.',
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
    'Puts files on the card of a board. Nothing is sent of what is there already; a file is complete there or absent, ' +
      'whatever happens; what was broken off is gone on with. When the cable is pulled it waits for 30 s and goes on by ' +
      'itself.\n\n' +
      'The last word is the place on the card when it ends with a slash or nothing here has that name. The player knows ' +
      'new tracks 2 s later, of WAV and QOA; what plays plays on. As kernel8.img only a kernel of this library is put; ' +
      'mirleft update also tries it.',
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
      placeName(to);
      await transfer(flags, (connect, signal) => putFiles({ connect, files, to, recursive, force, signal }));
    });
}

/** Which of the words are files, and where they go. */
function placeOf(words: readonly string[], to: string | undefined): { files: readonly string[]; to: string } {
  const last = words.at(-1) ?? '';
  if (to !== undefined || words.length === 1) return { files: words, to: to ?? '' };
  const isHere = fs.existsSync(last) && !last.endsWith('/');
  return isHere ? { files: words, to: '' } : { files: words.slice(0, -1), to: last };
}
