// Folders of a card with what is in them; each change is told as soon as it is made.

import { Problem } from '../problem.js';
import type { FileClient } from './file-client.js';
import { folderOf, joinRemote } from './remote-names.js';

/** Without one of these a card does not boot; all in its root. Their names in small letters. */
const BOOT_FILES = /^(?:kernel8\.img|config\.txt|start4\w*\.elf|fixup4\w*\.dat|bcm2711-rpi-[\w-]+\.dtb)$/i;

/** Throws Problem for the names of files that a card boots from. */
export function checkMayLose(name: string): void {
  if (BOOT_FILES.test(name))
    throw new Problem('refused', 'the card does not boot without it', { file: name, hint: '-f does it all the same' });
}

export interface RemoveOptions {
  /** Folders with what is in them. */
  recursive?: boolean;
  /** Also files that the card boots from. */
  force?: boolean;
}

/** Removes a file or an empty folder, or with `recursive` one and what is in it; each name that has gone. */
export async function* removeTree(
  client: FileClient,
  name: string,
  { recursive = false, force = false }: RemoveOptions = {},
): AsyncGenerator<string, void> {
  const { isFolder } = await client.stat(name);
  if (isFolder) {
    const entries = await client.list(name);
    if (!recursive && (entries.length > 0 || name === ''))
      throw new Problem('refused', 'is a folder, and not empty', {
        file: name || '/',
        hint: '-r removes it with all in it',
      });
    if (name === '' && !force) for (const entry of entries) checkMayLose(entry.name);
    for (const entry of entries) yield* removeTree(client, joinRemote(name, entry.name), { recursive, force });
    if (name === '') return;
  } else if (!force) checkMayLose(name);
  await client.remove(name);
  yield name;
}

/** Makes a folder; with `parents` also those it is in, and none of them has to be missing. Each that was made. */
export async function* makeFolders(client: FileClient, name: string, parents: boolean): AsyncGenerator<string, void> {
  if (parents) {
    if (folderOf(name) !== '') yield* makeFolders(client, folderOf(name), true);
    const found = await client.find(name);
    if (found && !found.isFolder) throw new Problem('refused', 'is a file', { file: name });
    if (found) return;
  }
  await client.makeFolder(name);
  yield name;
}
