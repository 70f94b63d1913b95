// From the user's files to the archive in the RAM disk: decoded where the device cannot, one member a track,
// the settings first. One file is in memory at a time. A file that fails is told and left out.

import fs from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { RAM_DISK_BYTES } from '../../boot/memory-map.js';
import { Problem, systemReason } from '../problem.js';
import { decode } from './decode.js';
import { describeForeign, detectFormat, type Format } from './detect.js';
import { findInput, readInput } from './input.js';
import { toInt16 } from './pcm.js';
import { encodeQoa } from './qoa.js';
import { fitName, memberBytes, TAR_END_BYTES, tarHeader, tarPadding } from './tar.js';
import { encodeWav, wavChunks } from './wav.js';

/** Name of the settings' member. */
export const SETTINGS_NAME = 'player.ini';

export interface PackOptions {
  /** Sound files, as the user named them. */
  files: string[];
  /** Contents of `player.ini`; none is packed without it. */
  settings?: string;
  /** Pack files that are no sound as they are, instead of refusing them. */
  anything?: boolean;
  /** Pack as QOA what can be: a fifth of the room, lossy. */
  qoa?: boolean;
  /** The archive to write. */
  archive: string;
  /** Bytes that it may have; default: the RAM disk's region. */
  limit?: number;
  /** Leaves the remaining files out. */
  signal?: AbortSignal;
}

export interface PackedTrack {
  /** Place in `PackOptions.files`. */
  input: number;
  /** As the user named the file. */
  given: string;
  /** The member's name, broken UTF-8 replaced. */
  name: string;
  /** Undefined for a file that is no sound. */
  format: Format | undefined;
  /** Of the member. */
  bytes: number;
  /** Rate in Hz and duration in s as far as the host knows them: undefined for a broken WAV. */
  rateHz: number | undefined;
  seconds: number | undefined;
}

export type PackEvent =
  | { event: 'packing'; given: string; index: number; count: number }
  | { event: 'packed'; track: PackedTrack }
  | { event: 'warning'; problem: Problem }
  | { event: 'error'; input: number; problem: Problem };

/** Writes the archive and returns the tracks in its order. Throws Problem where the archive itself cannot be written. */
export async function* pack(options: PackOptions): AsyncGenerator<PackEvent, PackedTrack[]> {
  const limit = options.limit ?? RAM_DISK_BYTES;
  const tracks: PackedTrack[] = [];
  const file = await fs.open(options.archive, 'wx');
  let used = TAR_END_BYTES;
  try {
    if (options.settings !== undefined) {
      const settings = Buffer.from(options.settings);
      await addMember(file, options.archive, Buffer.from(SETTINGS_NAME), settings);
      used += memberBytes(settings.length);
    }
    for (const [index, given] of options.files.entries()) {
      if (options.signal?.aborted) break;
      yield { event: 'packing', given, index, count: options.files.length };
      try {
        const input = await findInput(given);
        const member = await makeMember(await readInput(input), given, options);
        const fitted = fitName(input.name);
        const over = used + memberBytes(member.bytes.length) - limit;
        if (over > 0) throw noRoom(given, over, member.format === 'qoa' || member.packed === 'qoa');
        await addMember(file, options.archive, fitted.name, member.bytes);
        used += memberBytes(member.bytes.length);
        const { format, rateHz, seconds } = member;
        const track = {
          input: index,
          given,
          name: fitted.name.toString(),
          format,
          bytes: member.bytes.length,
          rateHz,
          seconds,
        };
        tracks.push(track);
        const remarks = [member.remark, fitted.shortened ? `has too long a name, cut to ${track.name}` : undefined];
        for (const remark of remarks)
          if (remark !== undefined)
            yield { event: 'warning', problem: new Problem('bad-media', remark, { file: given }) };
        yield { event: 'packed', track };
      } catch (error) {
        if (!(error instanceof Problem) || error.code === 'write-failed') throw error;
        yield { event: 'error', input: index, problem: error };
      }
    }
    await write(file, options.archive, Buffer.alloc(TAR_END_BYTES));
  } finally {
    await file.close();
  }
  return tracks;
}

function noRoom(file: string, over: number, isQoa: boolean): Problem {
  return new Problem('no-room', `does not fit into the board's RAM disk, by ${over} bytes`, {
    file,
    hint: isQoa ? 'play fewer files at a time' : '--qoa packs it to a fifth',
  });
}

const unknown = { rateHz: undefined, seconds: undefined };

interface Member {
  bytes: Buffer;
  format: Format | undefined;
  packed: 'wav' | 'qoa' | undefined;
  rateHz: number | undefined;
  seconds: number | undefined;
  remark?: string | undefined;
}

async function makeMember(bytes: Buffer, file: string, options: PackOptions): Promise<Member> {
  const { qoa = false, anything = false } = options;
  const format = detectFormat(bytes);
  if (format === undefined && anything) return { bytes, format, packed: undefined, ...unknown };
  if (format === undefined)
    throw new Problem('unknown-format', describeForeign(bytes) ?? 'is not a sound file that is known here', {
      file,
      offset: 0,
      hint: 'WAV, QOA, FLAC, MP3, Ogg Vorbis and Opus are played',
    });
  if (format === 'qoa') return { bytes, format, packed: 'qoa', ...qoaLength(bytes) };
  if (format === 'wav' && !qoa) return { bytes, format, packed: 'wav', ...wavLength(bytes) };
  const pcm = await decode(bytes, format, file);
  const seconds = pcm.samples.length / pcm.channels / pcm.rateHz;
  if (qoa && pcm.samples.length === 0) throw new Problem('bad-media', 'has no frames', { file, offset: bytes.length });
  const packed = qoa ? encodeQoa(toInt16(pcm), pcm.rateHz, pcm.channels) : encodeWav(pcm);
  return { bytes: packed, format, packed: qoa ? 'qoa' : 'wav', rateHz: pcm.rateHz, seconds, remark: pcm.remark };
}

/** Rate and duration from the first frame's header; the device judges whether the rest is sound. */
function qoaLength(bytes: Buffer): Pick<Member, 'rateHz' | 'seconds'> {
  if (bytes.length < 16) return unknown;
  const rateHz = bytes.readUIntBE(9, 3);
  return rateHz === 0 ? unknown : { rateHz, seconds: bytes.readUInt32BE(4) / rateHz };
}

/** Rate and duration by the fmt chunk; the device judges whether they are true. */
function wavLength(bytes: Buffer): Pick<Member, 'rateHz' | 'seconds'> {
  const chunks = wavChunks(bytes);
  const fmt = chunks.find((chunk) => chunk.id === 'fmt ' && chunk.bytes >= 16);
  const data = chunks.find((chunk) => chunk.id === 'data');
  if (!fmt || !data) return unknown;
  const rateHz = bytes.readUInt32LE(fmt.offset + 4);
  const bytesPerSecond = bytes.readUInt32LE(fmt.offset + 8);
  return rateHz === 0 || bytesPerSecond === 0 ? unknown : { rateHz, seconds: data.bytes / bytesPerSecond };
}

async function addMember(file: FileHandle, archive: string, name: Buffer, bytes: Buffer): Promise<void> {
  await write(file, archive, tarHeader(name, bytes.length));
  await write(file, archive, bytes);
  await write(file, archive, tarPadding(bytes.length));
}

async function write(file: FileHandle, archive: string, bytes: Buffer): Promise<void> {
  try {
    for (let at = 0; at < bytes.length;) at += (await file.write(bytes, at)).bytesWritten;
  } catch (error) {
    throw new Problem('write-failed', `the RAM disk's image cannot be written (${systemReason(error)})`, {
      file: archive,
      hint: 'make room, or set TMPDIR to a folder on another disk',
      cause: error,
    });
  }
}
