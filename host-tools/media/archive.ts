// The archive of the RAM disk (ustar), made in memory.

import { fitName, TAR_END_BYTES, tarHeader, tarPadding } from './tar.js';

const SETTINGS_NAME = 'player.ini';

export interface ArchiveMember {
  name: string;
  bytes: Uint8Array;
}

/** The player's settings, which must be the first member. */
export const settingsMember = (text: string): ArchiveMember => ({
  name: SETTINGS_NAME,
  bytes: new TextEncoder().encode(text),
});

/** The archive. */
export function archiveOf(members: readonly ArchiveMember[]): Uint8Array<ArrayBuffer> {
  const pieces = members.flatMap(({ name, bytes }): Uint8Array[] => [
    tarHeader(fitName(Buffer.from(name)).name, bytes.length),
    bytes,
    tarPadding(bytes.length),
  ]);
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, TAR_END_BYTES));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
