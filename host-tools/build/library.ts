// Where this package's own files are, and the names that the compiler knows them by.
//
// Whoever compiles, the library's files are `~lib/mirleft/…` to asc: in a clone, in an installed package, for the
// programs of the library and for a user's. So the same program gives the same bytes everywhere, and a file that
// is imported once by a relative path and once as `mirleft/…` is still one file.

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const PACKAGE = 'mirleft';
/** What asc puts before the name of a package's file. */
export const LIBRARY_PREFIX = `~lib/${PACKAGE}/`;

function findRoot(): string {
  for (let folder = path.dirname(fileURLToPath(import.meta.url)); ; folder = path.dirname(folder)) {
    const manifest = path.join(folder, 'package.json');
    if (
      fs.existsSync(manifest) &&
      (JSON.parse(fs.readFileSync(manifest, 'utf8')) as { name?: string }).name === PACKAGE
    )
      return folder;
    if (folder === path.dirname(folder)) throw new Error(`${import.meta.url} lies outside the package ${PACKAGE}`);
  }
}

/** The folder that holds boot/, drivers/ and firmware/. */
export const libraryRoot = findRoot();

/** The package's version. */
export const version = (
  JSON.parse(fs.readFileSync(path.join(libraryRoot, 'package.json'), 'utf8')) as { version: string }
).version;

/** The same as one number, 0.1.2 as 0x000102: the constant that banners print (firmware/banner.ts). */
export const versionNumber = version
  .split('.')
  .slice(0, 3)
  .reduce((number, part) => number * 256 + parseInt(part, 10), 0);

/** A file's path inside the library with forward slashes, or undefined when it lies outside. */
export function insideLibrary(file: string): string | undefined {
  const relative = path.relative(libraryRoot, path.resolve(file));
  if (relative.startsWith('..') || path.isAbsolute(relative)) return undefined;
  const parts = relative.split(path.sep);
  return parts.includes('node_modules') ? undefined : parts.join('/');
}

/** Where built things that can be made again are kept: `MIRLEFT_CACHE`, or `mirleft` in the user's cache folder. */
export function cacheFolder(): string {
  const given = process.env['MIRLEFT_CACHE'];
  if (given) return path.resolve(given);
  const base = process.env['XDG_CACHE_HOME'] || path.join(os.homedir(), '.cache');
  return path.join(base, PACKAGE);
}
