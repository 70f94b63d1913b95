// `mirleft new`: a small firmware with its test, made from template/.

import fs from 'node:fs';
import path from 'node:path';
import { libraryRoot, PACKAGE, version } from '../build/library.js';
import { makeFolder } from '../folder.js';
import { Problem, systemReason } from '../problem.js';

const TEMPLATE = path.join(libraryRoot, 'host-tools', 'project', 'template');

/** Files that cannot have their own name inside a package: npm reads or leaves out such names. */
const RENAMED: Record<string, string> = { 'package.template.json': 'package.json', gitignore: '.gitignore' };

export interface NewProject {
  name: string;
  /** Absolute path. */
  folder: string;
  /** What was written, relative to it. */
  files: string[];
  /** Whether this package is found from there; otherwise it has to be installed first. */
  ready: boolean;
}

/** npm's rules for names, and nothing that a shell or a console would have to quote. */
const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/;

function listFiles(folder: string): string[] {
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort();
}

function packageFound(folder: string): boolean {
  for (let at = folder; ; at = path.dirname(at)) {
    if (fs.existsSync(path.join(at, 'node_modules', PACKAGE, 'package.json'))) return true;
    if (at === path.dirname(at)) return false;
  }
}

/** Whether this package is installed; otherwise it is a clone, which has to be packed to be installed elsewhere. */
const isInstalled = libraryRoot.split(path.sep).includes('node_modules');

/** What package.json of a project in `folder` asks for: this very package, whether or not a registry has it. */
function dependencyOf(folder: string): string {
  if (!isInstalled) return `file:${PACKAGE}-${version}.tgz`;
  return `file:${path.relative(fs.realpathSync(folder), fs.realpathSync(libraryRoot)).split(path.sep).join('/')}`;
}

/** A path as a shell takes it. */
export const quoted = (text: string): string =>
  /^[\w./@:+,-]+$/.test(text) && !text.startsWith('-') ? text : `'${text.replaceAll("'", "'\\''")}'`;

/** The command that brings this package into a project whose folder it is given in. */
export const installation = isInstalled ? 'npm install' : `npm pack --silent ${quoted(libraryRoot)} && npm install`;

/** The same for the project's README. */
const setUp = (dependency: string): string =>
  isInstalled
    ? `mirleft is a package; \`package.json\` tells where this project found it, \`${dependency}\`. This links it:`
    : `mirleft is a package; \`package.json\` names its archive, \`${dependency}\`, which comes out of a clone of mirleft:`;

/**
 * Makes a project in `folder`, which must be empty or not there yet; its last part is the project's name. Throws
 * Problem; what is in a folder that is not empty stays as it is.
 */
export function createProject(folder: string): NewProject {
  const target = path.resolve(folder);
  const name = path.basename(target);
  if (folder === '' || !NAME.test(name)) {
    throw new Problem('usage', 'cannot be the name of a project', {
      file: folder,
      hint: 'use small letters, digits, dots, dashes and underscores, the first a letter or digit',
    });
  }
  try {
    const there = fs.statSync(target, { throwIfNoEntry: false });
    if (there && !there.isDirectory())
      throw new Problem('would-overwrite', 'is there and is no folder', { file: folder });
    if (there && fs.readdirSync(target).length > 0) {
      throw new Problem('would-overwrite', 'is not empty', { file: folder, hint: 'choose a new name' });
    }
    makeFolder(target);
    const dependency = dependencyOf(target);
    const words: Record<string, string> = {
      NAME: name,
      DEPENDENCY: JSON.stringify(dependency).slice(1, -1),
      SETTING_UP: setUp(dependency),
      INSTALLATION: installation,
    };
    const files = listFiles(TEMPLATE).map((file) => {
      const renamed = path.join(path.dirname(file), RENAMED[path.basename(file)] ?? path.basename(file));
      const text = fs.readFileSync(path.join(TEMPLATE, file), 'utf8');
      const destination = path.join(target, renamed);
      makeFolder(path.dirname(destination));
      fs.writeFileSync(
        destination,
        text.replace(/\b(?:NAME|DEPENDENCY|SETTING_UP|INSTALLATION)\b/g, (word) => words[word] ?? word),
        { flag: 'wx' },
      );
      return renamed;
    });
    return { name, folder: target, files, ready: packageFound(target) };
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Problem('write-failed', `cannot be made (${systemReason(error)})`, { file: folder, cause: error });
  }
}
