// What is short: ls, df, mkdir, mv and rm on the card of a board, and what came of them, for people and as JSON.

import { FileClient, type RemoteEntry } from '../link/file-client.js';
import { Connection, isFinal } from '../link/file-transfers.js';
import { baseOf, joinRemote } from '../link/remote-names.js';
import { checkMayLose, makeFolders, removeTree, type RemoveOptions } from '../link/remote-tree.js';
import { printable, Problem } from '../problem.js';
import { connector, printFailure, printReport, statusOfAll } from './file-report.js';
import type { PortFlags } from './port-option.js';
import { problemLine } from './render-errors.js';
import { onInterrupt } from './render-terminal.js';
import { columnsOf, grouped, plural, sizeText } from './render-text.js';

/** What came of a command: as JSON, and for people. */
interface Outcome {
  report: object;
  text?: string;
}

/** What has changed so far, and what could not be changed: told also of a command that ends early. */
class Changes {
  readonly names: string[] = [];
  readonly problems: Problem[] = [];
  constructor(readonly verb: 'made' | 'removed') {}

  get report(): object {
    return { [this.verb]: this.names };
  }

  /** Makes the changes of each of these; what is wrong with one does not keep the others from theirs. */
  async make(given: readonly string[], change: (name: string) => AsyncGenerator<string>): Promise<Outcome> {
    for (const name of given)
      try {
        for await (const changed of change(name)) this.names.push(changed);
      } catch (error) {
        if (!(error instanceof Problem) || isFinal(error)) throw error;
        this.problems.push(error);
      }
    return { report: this.report };
  }
}
type Tell = (changes: Changes) => void;

/** Does something short, and prints what came of it. Ctrl-C ends it behind the change that is being made. */
export async function act(flags: PortFlags, work: (client: FileClient, told: Tell) => Promise<Outcome>): Promise<void> {
  const ending = new AbortController();
  const interrupts = onInterrupt(() => ending.abort());
  const connection = new Connection(connector(flags), undefined, ending.signal);
  let changes: Changes | undefined;
  const tellProblems = (): void => {
    for (const problem of changes?.problems ?? []) process.stderr.write(`${problemLine(problem)}\n`);
  };
  try {
    const { report, text = '' } = await work(await connection.client(), (told) => (changes = told));
    const { problems = [], names = [] } = changes ?? {};
    tellProblems();
    if (flags.json) printReport(report, problems);
    else process.stdout.write(text);
    // Who is told of a failure wants to know what did not fail.
    if (!flags.json && changes && problems.length > 0 && names.length > 0)
      process.stderr.write(`${untilThen(changes)}\n`);
    process.exitCode = statusOfAll(problems, names.length);
  } catch (error) {
    tellProblems();
    if (flags.json) printFailure(error, changes?.report ?? {}, changes?.problems ?? []);
    else if (changes && changes.names.length > 0) process.stderr.write(`${untilThen(changes)}\n`);
    throw error;
  } finally {
    await connection.close();
    interrupts.undo();
  }
}

/** `12 names were removed, many/12.wav last`. */
function untilThen({ names, verb }: Changes): string {
  const were = names.length === 1 ? 'was' : 'were';
  return `${plural(names.length, 'name')} ${were} ${verb}, ${printable(names.at(-1) ?? '')} last`;
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

export function mkdir(client: FileClient, names: string[], parents: boolean, told: Tell): Promise<Outcome> {
  const changes = new Changes('made');
  told(changes);
  return changes.make(names, (name) => makeFolders(client, name, parents));
}

export function rm(client: FileClient, names: string[], options: RemoveOptions, told: Tell): Promise<Outcome> {
  const changes = new Changes('removed');
  told(changes);
  return changes.make(names, (name) => removeTree(client, name, options));
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
  if (!force && !isSame) {
    checkMayLose(from);
    if (isInto ? await client.find(to) : found) checkMayLose(to);
  }
  await client.rename(from, to, force);
  return { report: { from, to } };
}
