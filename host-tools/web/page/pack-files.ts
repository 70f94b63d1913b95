// Files that were dropped on the page, made into the archive of the RAM disk: with the same decoders and the same
// names as on the command line.

import { RAM_DISK_BYTES } from '../../../boot/memory-map.js';
import { decode } from '../../media/decode.js';
import { detectFormat, unknownFormat } from '../../media/detect.js';
import { checkMember } from '../../media/room.js';
import { memberBytes, TAR_END_BYTES } from '../../media/tar.js';
import { encodeWav } from '../../media/wav.js';
import { Problem, systemReason } from '../../problem.js';
import { archiveOf, settingsMember, type ArchiveMember } from '../../media/archive.js';
import { fileBytes } from './file-bytes.js';
import type { FromPacker, ToPacker } from './messages.js';

type Tell = (message: FromPacker) => void;

/** Packs what can be packed and tells the rest; nothing is made of files that are all refused. */
export async function packFiles({ files, settings, anything }: ToPacker, tell: Tell): Promise<void> {
  const members: ArchiveMember[] = settings === undefined ? [] : [settingsMember(settings)];
  const names: string[] = [];
  let used = members.reduce((sum, { bytes }) => sum + memberBytes(bytes.length), TAR_END_BYTES);
  for (const [index, file] of files.entries()) {
    const { name } = file;
    tell({ type: 'packing', name, index, count: files.length });
    try {
      const room = RAM_DISK_BYTES - used;
      const bytes = await contents(file, room, anything, (text) => tell({ type: 'remark', name, text }));
      checkMember(bytes.length, room, true, name);
      members.push({ name, bytes });
      used += memberBytes(bytes.length);
      names.push(name);
    } catch (error) {
      // Of one file whatever it is: the others are wanted all the same.
      const text = error instanceof Problem ? error.line() : `${name}: cannot be packed (${systemReason(error)})`;
      tell({ type: 'refused', name, text });
    }
  }
  if (names.length === 0) tell({ type: 'failed', text: 'Nothing of this can be played.' });
  else tell({ type: 'packed', archive: archiveOf(members), names });
}

/** Of the member: the file as it is, or decoded. Throws Problem. */
async function contents(
  file: File,
  room: number,
  anything: boolean,
  remark: (text: string) => void,
): Promise<Uint8Array> {
  const bytes = await read(file);
  const format = detectFormat(bytes);
  if (format === 'wav' || format === 'qoa' || (format === undefined && anything)) return bytes;
  if (format === undefined) throw unknownFormat(bytes, file.name);
  const pcm = await decode(bytes, format, file.name, { room: { bytes: room, qoa: false } });
  if (pcm.flaw) remark(pcm.flaw.line());
  else if (pcm.remark !== undefined) remark(`${file.name}: ${pcm.remark}`);
  return encodeWav(pcm);
}

async function read(file: File): Promise<Buffer> {
  if (file.size > RAM_DISK_BYTES)
    throw new Problem('no-room', "is longer than anything that fits into the board's RAM disk", {
      file: file.name,
      hint: 'play a shorter file',
    });
  return fileBytes(file);
}
