// Where a fetched file goes. What has come of it waits in a hidden file beside its place, named by what it is a part of,
// and takes the place when all of it is there; the place is only ever a regular file's.

import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { Problem, systemCode } from '../problem.js';
import { notReadable, notWritable } from './host-content.js';

const ENDING = '.mirleft-get';
/** Letters of the file's own name in that of its part: the longest has no room for more beside the rest. */
const OWN_LETTERS = 50;
const SUM_LETTERS = 8;

export interface Place {
  /** The file that is made or replaced: what a link leads to. */
  readonly file: string;
  readonly isThere: boolean;
}

/** What a name here leads to; a link is followed, as cp does. Throws Problem for what is there and is no file. */
export function placeOf(to: string): Place {
  const refuse = (what: string): never => {
    throw new Problem('refused', what, { file: to, hint: 'name another file' });
  };
  try {
    if (!fs.lstatSync(to, { throwIfNoEntry: false })) return { file: to, isThere: false };
    const stat = fs.statSync(to, { throwIfNoEntry: false });
    if (!stat) return refuse('is a link that leads nowhere');
    if (stat.isDirectory()) return refuse('is a folder here');
    if (!stat.isFile()) return refuse('is no file, but a device, a pipe or a socket');
    return { file: fs.realpathSync(to), isThere: true };
  } catch (error) {
    throw error instanceof Problem ? error : notReadable(to, error);
  }
}

/** What was fetched of the files of some folders and never finished. */
export class Leftovers {
  private readonly folders = new Map<string, string[]>();

  /** Removes the parts of `file` but for the one that is called `kept`: the card's file has changed since. */
  sweep(file: string, kept: string): void {
    const folder = path.dirname(file);
    let names = this.folders.get(folder);
    if (!names) this.folders.set(folder, (names = partsIn(folder)));
    const own = `.${ownLetters(file)}.`;
    for (const name of names) {
      const isPart = name.startsWith(own) && name.length === own.length + SUM_LETTERS + ENDING.length;
      if (isPart && name !== path.basename(kept)) fs.rmSync(path.join(folder, name), { force: true });
    }
  }
}

function partsIn(folder: string): string[] {
  try {
    return fs.readdirSync(folder).filter((name) => name.endsWith(ENDING));
  } catch {
    return []; // the folder is missing, which is told when the file is made
  }
}

const sumOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, SUM_LETTERS);

function ownLetters(file: string): string {
  const name = path.basename(file);
  return name.length <= OWN_LETTERS ? name : `${name.slice(0, OWN_LETTERS - SUM_LETTERS)}${sumOf(name)}`;
}

/** What is here of a file of the card: of that name, length and date. */
export class Part {
  readonly path: string;

  constructor(
    private readonly place: Place,
    { name, bytes, written }: { name: string; bytes: number; written: Date | undefined },
  ) {
    const sum = sumOf(`${name}\0${bytes}\0${written?.getTime() ?? 0}`);
    this.path = path.join(path.dirname(place.file), `.${ownLetters(place.file)}.${sum}${ENDING}`);
  }

  get bytes(): number {
    return fs.statSync(this.path, { throwIfNoEntry: false })?.size ?? 0;
  }

  remove(): void {
    fs.rmSync(this.path, { force: true });
  }

  /** Gives it its place. Throws Problem; then it is still here. */
  finish(to: string, force: boolean): void {
    const { file } = this.place;
    try {
      if (force) {
        placeOf(file);
        fs.renameSync(this.path, file);
      } else if (!this.linkTo(file)) {
        // Nobody else has the name from here on.
        fs.closeSync(fs.openSync(file, 'wx'));
        fs.renameSync(this.path, file);
      }
    } catch (error) {
      if (error instanceof Problem) throw error;
      if (systemCode(error) !== 'EEXIST') throw notWritable(to, error);
      throw new Problem('would-overwrite', 'is there by now', { file: to, hint: '-f replaces it' });
    }
  }

  /** Whether it has its place now; false where the file system has no second names. */
  private linkTo(file: string): boolean {
    try {
      fs.linkSync(this.path, file);
    } catch (error) {
      if (systemCode(error) === 'EEXIST') throw error;
      return false;
    }
    this.remove();
    return true;
  }

  /** What is to be said when the fetch of it has ended early. */
  kept(problem: Problem): Problem {
    const { bytes } = this;
    if (bytes === 0) {
      this.remove();
      return problem;
    }
    const { code, message, file, hint, cause } = problem;
    const rest = `${bytes} bytes of it wait in ${this.path}, and the same command goes on there`;
    return new Problem(code, message, { file, hint: hint === undefined ? rest : `${hint}; ${rest}`, cause });
  }
}
