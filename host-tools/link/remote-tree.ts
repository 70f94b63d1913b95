// Folders of a card with what is in them.

import { Problem } from '../problem.js';
import type { FileClient } from './file-client.js';
import { folderOf, joinRemote } from './remote-names.js';

/** Removes a file, or with `recursive` a folder and what is in it; each name that has gone. */
export async function* removeTree(
  client: FileClient,
  name: string,
  recursive: boolean,
): AsyncGenerator<{ name: string; isFolder: boolean }, void> {
  const { isFolder } = await client.stat(name);
  if (isFolder) {
    if (!recursive) throw new Problem('refused', 'is a folder', { file: name, hint: '-r removes it with all in it' });
    for (const entry of await client.list(name)) yield* removeTree(client, joinRemote(name, entry.name), recursive);
    if (name === '') return;
  }
  await client.remove(name);
  yield { name, isFolder };
}

/** Makes a folder; with `parents` also those it is in, and none of them has to be missing. */
export async function makeFolders(client: FileClient, name: string, parents: boolean): Promise<void> {
  if (!parents) {
    await client.makeFolder(name);
    return;
  }
  if (folderOf(name) !== '') await makeFolders(client, folderOf(name), true);
  const found = await client.find(name);
  if (!found) await client.makeFolder(name);
  else if (!found.isFolder) throw new Problem('refused', 'is a file', { file: name });
}
