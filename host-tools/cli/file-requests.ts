// What is short: ls, df, mkdir, mv and rm on the card of a board, and what came of them, for people and as JSON.

import { FileClient, type RemoteEntry } from '../link/file-client.js';
import { Connection } from '../link/file-transfers.js';
import { baseOf, joinRemote } from '../link/remote-names.js';
import { checkMayLose, makeFolders, removeTree, type RemoveOptions } from '../link/remote-tree.js';
import { printable } from '../problem.js';
import { connector, failWith, printReport } from './file-report.js';
import type { PortFlags } from './port-option.js';
import { onInterrupt } from './render-terminal.js';
import { columnsOf, grouped, plural, sizeText } from './render-text.js';

/** What came of a command: as JSON, and for people. */
interface Outcome {
  report: object;
  text?: string;
}

/** What has changed so far, which is told also of a command that ends early. */
export class Changes {
  readonly names: string[] = [];
  constructor(readonly verb: 'made' | 'removed') {}
  get report(): object {
    return { [this.verb]: this.names };
  }
}
type Tell = (changes: Changes) => void;

/** Does something short, and prints what came of it. Ctrl-C ends it behind the change that is being made. */
export async function act(flags: PortFlags, work: (client: FileClient, told: Tell) => Promise<Outcome>): Promise<void> {
  const ending = new AbortController();
  const interrupts = onInterrupt(() => ending.abort());
  const connection = new Connection(connector(flags), undefined, ending.signal);
  let changes: Changes | undefined;
  try {
    const { report, text = '' } = await work(await connection.client(), (told) => (changes = told));
    if (flags.json) printReport({ ...report, errors: [] });
    else process.stdout.write(text);
  } catch (error) {
    if (changes && changes.names.length > 0 && !flags.json) process.stderr.write(`${untilThen(changes)}\n`);
    failWith(error, flags, changes?.report);
  } finally {
    await connection.close();
    interrupts.undo();
  }
}

/** `12 files and folders were removed, many/12.wav last`. */
function untilThen({ names, verb }: Changes): string {
  const count = names.length === 1 ? 'one was' : `${plural(names.length, 'name')} were`;
  return `${count} ${verb}, ${printable(names.at(-1) ?? '')} last`;
}

export async function ls(client: FileClient, name: string): Promise<Outcome> {
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

export async function df(client: FileClient): Promise<Outcome> {
  const { freeBytes, totalBytes, clusterBytes } = await client.space();
  const used = totalBytes > 0 ? Math.round((1 - freeBytes / totalBytes) * 100) : 0;
  return {
    report: { freeBytes, totalBytes, clusterBytes },
    text: `${sizeText(freeBytes)} free of ${sizeText(totalBytes)}, ${used} % used\n`,
  };
}

export async function mkdir(client: FileClient, names: string[], parents: boolean, told: Tell): Promise<Outcome> {
  const changes = new Changes('made');
  told(changes);
  for (const name of names) for await (const made of makeFolders(client, name, parents)) changes.names.push(made);
  return { report: changes.report };
}

export async function rm(client: FileClient, names: string[], options: RemoveOptions, told: Tell): Promise<Outcome> {
  const changes = new Changes('removed');
  told(changes);
  for (const name of names) for await (const gone of removeTree(client, name, options)) changes.names.push(gone.name);
  return { report: changes.report };
}

/** `isFolder`: `target` is meant as a folder, whether it is there or not. */
export async function mv(
  client: FileClient,
  from: string,
  target: string,
  isFolder: boolean,
  force: boolean,
): Promise<Outcome> {
  const found = await client.find(target);
  // A folder takes it in; unless it is the same one, in other letters.
  const isInto = isFolder || target === '' || found?.isFolder === true;
  const isSame = target.toLowerCase() === from.toLowerCase();
  const to = isInto && !isSame ? joinRemote(target, baseOf(from)) : target;
  if (!force && !isSame) checkMayLose(from);
  await client.rename(from, to, force);
  return { report: { from, to } };
}
