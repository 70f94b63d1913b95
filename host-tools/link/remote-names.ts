// Names on the card, as the command line takes them: from the root, `/` between, with or without one in front.

import path from 'node:path';
import { MAX_PATH } from '../card/card-names.js';
import { Problem } from '../problem.js';

const ILLEGAL = /["*:<>?\\|]/;

/** A name as the device takes it: no slash at either end, none doubled. Throws Problem. */
export function remoteName(given: string): string {
  const name = given.split('/').filter(Boolean).join('/');
  checkRemoteName(name);
  return name;
}

/** The same of a file or folder that is there, which the root is not: `""` is an unset variable of a script. */
export function existingName(given: string): string {
  if (given === '') throw new Problem('usage', 'there is no name');
  return remoteName(given);
}

/** The same of one that is to be made. */
export function newName(given: string): string {
  const name = remoteName(given);
  checkNewName(name);
  return name;
}

/** The same of where something is to go: a new name, a folder, or the root, which has the empty name. */
export function placeName(given: string): string {
  const name = remoteName(given);
  return name === '' ? '' : newName(given);
}

/** Throws Problem for what no file can be made as on a card. */
export function checkNewName(name: string): void {
  checkRemoteName(name);
  if (name === '') throw new Problem('usage', 'there is no name');
  if (ILLEGAL.test(name)) throw new Problem('usage', 'the name has a character that a card has not', { file: name });
  if (/[. ](?:\/|$)/.test(name)) throw new Problem('usage', 'the name ends with a dot or a space', { file: name });
}

/** Throws Problem for what must not be asked for. */
export function checkRemoteName(name: string): void {
  const parts = name.split('/');
  const wrong =
    Buffer.byteLength(name) > MAX_PATH
      ? `is longer than ${MAX_PATH} bytes`
      : parts.some((part) => part === '.' || part === '..')
        ? 'leads through . or ..'
        : /[\u0000-\u001f\u007f]/.test(name)
          ? 'has a control character'
          : undefined;
  if (wrong !== undefined) throw new Problem('usage', `the name ${wrong}`, { file: name });
}

/** Throws Problem for what is no name of one entry, whatever a device says: it would lead out of its folder. */
export function checkEntryName(name: string): void {
  checkRemoteName(name);
  if (name === '' || /[/\\]/.test(name)) throw new Problem('refused', 'is no name of a file', { file: name });
}

/** A name in a folder; the root is the empty one. */
export const joinRemote = (folder: string, name: string): string => (folder === '' ? name : `${folder}/${name}`);

/** The last part of a name, and the folder that it is in. */
export const baseOf = (name: string): string => path.posix.basename(name);
export const folderOf = (name: string): string => {
  const folder = path.posix.dirname(name);
  return folder === '.' ? '' : folder;
};
