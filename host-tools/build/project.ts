// Which program is meant: one of the library's by its name, a project's folder, or an entry file.

import fs from 'node:fs';
import path from 'node:path';
import { Problem, systemReason } from '../problem.js';
import { readInput } from './interpreter.js';
import { libraryRoot } from './library.js';

/** What `package.json` may say under `mirleft`. */
export interface ProjectSettings {
  /** Entry file relative to the project; default `main.ts`. */
  main?: string;
  /** Pages of 64 KiB of linear memory; default: what static data takes, and 24. */
  memoryPages?: number;
  /** 0 to 3; default 3. */
  optimize?: number;
}

export interface Program {
  name: string;
  /** Absolute path of the entry file. */
  entry: string;
  /** Absolute path of the project; of the library's programs undefined. */
  folder?: string;
  settings: ProjectSettings;
}

const PROGRAMS = path.join(libraryRoot, 'firmware', 'programs');
const ENTRY = 'main.ts';

/** Names of the library's programs. */
export function programNames(): string[] {
  return fs
    .readdirSync(PROGRAMS)
    .filter((name) => fs.existsSync(path.join(PROGRAMS, name, ENTRY)))
    .sort();
}

/**
 * Finds a program: `what` is the name of one of the library's, a project's folder or an entry file, relative to
 * `from`. Without it: the project in `from` if there is one, else `player`. Throws Problem.
 */
export function findProgram(what?: string, from = process.cwd()): Program {
  if (what === undefined) return projectIn(from) ?? builtIn('player');
  if (/^[a-z0-9-]+$/.test(what) && programNames().includes(what)) return builtIn(what);
  const file = path.resolve(from, what);
  const stat = statOf(file, what);
  if (stat?.isFile() && file.endsWith('.ts')) {
    return { name: path.basename(file, '.ts'), entry: file, folder: path.dirname(file), settings: {} };
  }
  const project = stat?.isDirectory() ? projectIn(file) : undefined;
  if (project) return project;
  const why = stat?.isDirectory()
    ? `holds no ${ENTRY} and no package.json that names one`
    : 'is no AssemblyScript (.ts)';
  throw new Problem('not-found', stat ? why : 'no such program', {
    file: what,
    hint: `give a project's folder or one of ${programNames().join(', ')}`,
  });
}

/** Undefined when there is nothing. */
function statOf(file: string, what: string): fs.Stats | undefined {
  try {
    return fs.statSync(file, { throwIfNoEntry: false });
  } catch (error) {
    throw new Problem('not-found', `is no program (${systemReason(error)})`, { file: what, cause: error });
  }
}

function builtIn(name: string): Program {
  return { name, entry: path.join(PROGRAMS, name, ENTRY), settings: {} };
}

function projectIn(folder: string): Program | undefined {
  const manifest = path.join(folder, 'package.json');
  const read = fs.existsSync(manifest) ? readManifest(manifest) : {};
  const settings = read.mirleft === undefined ? {} : checkSettings(manifest, read.mirleft);
  const entry = path.resolve(folder, settings.main ?? ENTRY);
  if (!fs.existsSync(entry)) {
    if (settings.main === undefined) return undefined;
    throw new Problem('not-found', `names ${settings.main} as its program, which is not there`, { file: manifest });
  }
  const name = typeof read.name === 'string' ? read.name : path.basename(path.resolve(folder));
  return { name, entry, folder: path.resolve(folder), settings };
}

function readManifest(manifest: string): { name?: unknown; mirleft?: unknown } {
  const text = readInput(manifest).toString();
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch (error) {
    throw new Problem('usage', `is not valid JSON (${(error as Error).message})`, { file: manifest, cause: error });
  }
  if (typeof read === 'object' && read !== null && !Array.isArray(read)) return read;
  throw new Problem('usage', 'holds no JSON object', { file: manifest });
}

function checkSettings(manifest: string, value: unknown): ProjectSettings {
  const wrong = (what: string): Problem => new Problem('usage', `"mirleft" ${what}`, { file: manifest });
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong('must be an object');
  const { main, memoryPages, optimize, ...rest } = value as Record<string, unknown>;
  const unknown = Object.keys(rest)[0];
  if (unknown !== undefined) throw wrong(`has the key "${unknown}"; there are main, memoryPages and optimize`);
  if (main !== undefined && typeof main !== 'string') throw wrong('has a main that is no text');
  const inRange = (key: string, number: unknown, least: number, most: number): number => {
    if (typeof number === 'number' && Number.isInteger(number) && number >= least && number <= most) return number;
    throw wrong(`has a ${key} that is no whole number from ${least} to ${most}`);
  };
  return {
    ...(main === undefined ? {} : { main }),
    ...(memoryPages === undefined ? {} : { memoryPages: inRange('memoryPages', memoryPages, 1, 1024) }),
    ...(optimize === undefined ? {} : { optimize: inRange('optimize', optimize, 0, 3) }),
  };
}
