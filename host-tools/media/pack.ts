// From the user's files to the archive in the RAM disk: decoded where the device cannot, one member a track,
// the settings first. One file is in memory at a time, and no more of it than fits. A file that fails is told, and left
// out but for what is whole of it.

import fs from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { RAM_DISK_BYTES } from '../../boot/memory-map.js';
import { Problem, systemReason } from '../problem.js';
import { decode } from './decode.js';
import { afterId3, detectFormat, unknownFormat, type Format } from './detect.js';
import { findInput, readInput } from './input.js';
import { playable, toInt16, type Pcm } from './pcm.js';
import { QoaEncoder } from './qoa.js';
import { checkMember, type Bounds, type Room } from './room.js';
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
      await addMember(file, 0, options.archive, Buffer.from(SETTINGS_NAME), [settings]);
      used += memberBytes(settings.length);
    }
    for (const [index, given] of options.files.entries()) {
      if (options.signal?.aborted) break;
      yield { event: 'packing', given, index, count: options.files.length };
      try {
        const input = await findInput(given);
        const room = { bytes: limit - used, qoa: options.qoa ?? false };
        const bytes = await readInput(
          input,
          (head, size) => readable(head, size, given, options, room),
          options.signal,
        );
        const member = await makeMember(bytes, given, options, room);
        const fitted = fitName(input.name);
        const size = total(member.pieces);
        checkMember(size, room.bytes, member.format === 'qoa' || member.packed === 'qoa', given);
        await addMember(file, used - TAR_END_BYTES, given, fitted.name, member.pieces);
        used += memberBytes(size);
        const { format, rateHz, seconds } = member;
        const track = {
          input: index,
          given,
          name: fitted.name.toString(),
          format,
          bytes: size,
          rateHz,
          seconds,
        };
        tracks.push(track);
        const remarks = [member.remark, fitted.shortened ? `has too long a name, cut to ${track.name}` : undefined];
        for (const remark of remarks)
          if (remark !== undefined)
            yield { event: 'warning', problem: new Problem('bad-media', remark, { file: given }) };
        yield { event: 'packed', track };
        if (member.flaw) yield { event: 'error', input: index, problem: member.flaw };
      } catch (error) {
        if (options.signal?.aborted) break;
        if (!(error instanceof Problem)) throw error;
        yield { event: 'error', input: index, problem: error };
      }
    }
    await write(file, used - TAR_END_BYTES, options.archive, Buffer.alloc(TAR_END_BYTES));
  } finally {
    await file.close();
  }
  return tracks;
}

/** What a tag with pictures may add to a compressed file. */
const TAGS_BYTES = 64 << 20;
/** As QOA 16 bits take a fifth, and a float in a WAV has 64. */
const QOA_SHRINKS = 20;

/** How many bytes of a file may be read: what is packed as it is has to fit, what is decoded only grows. */
function readable(
  head: Buffer,
  size: number | undefined,
  file: string,
  { anything = false }: PackOptions,
  room: Room,
): number {
  const format = detectFormat(head);
  // A tag can be longer than the beginning.
  const known = format !== undefined || afterId3(head) >= head.length;
  if (!known && !anything) throw unknownFormat(head, file);
  if (format === 'qoa' || !known || (format === 'wav' && !room.qoa)) {
    if (size !== undefined) checkMember(size, room.bytes, format === 'qoa', file);
    return room.bytes;
  }
  return TAGS_BYTES + room.bytes * (room.qoa ? QOA_SHRINKS : 1);
}

const unknown = { rateHz: undefined, seconds: undefined };

interface Member {
  /** Of the member, in order. */
  pieces: Buffer[];
  format: Format | undefined;
  packed: 'wav' | 'qoa' | undefined;
  rateHz: number | undefined;
  seconds: number | undefined;
  remark?: string | undefined;
  flaw?: Problem | undefined;
}

async function makeMember(bytes: Buffer, file: string, options: PackOptions, room: Room): Promise<Member> {
  const { qoa = false, anything = false, signal } = options;
  const format = detectFormat(bytes);
  if (format === undefined && anything) return { pieces: [bytes], format, packed: undefined, ...unknown };
  if (format === undefined) throw unknownFormat(bytes, file);
  if (format === 'qoa') return { pieces: [bytes], format, packed: 'qoa', ...qoaLength(bytes) };
  if (format === 'wav' && !qoa) return { pieces: [bytes], format, packed: 'wav', ...wavLength(bytes) };
  if (qoa) return toQoa(bytes, format, file, { room, signal });
  const pcm = await decode(bytes, format, file, { room, signal });
  const seconds = pcm.samples.length / pcm.channels / pcm.rateHz;
  const { rateHz, remark, flaw } = pcm;
  return { pieces: [encodeWav(pcm)], format, packed: 'wav', rateHz, seconds, remark, flaw };
}

/** Decodes and encodes piece by piece: the samples of the whole file are never there at once. */
async function toQoa(bytes: Buffer, format: Exclude<Format, 'qoa'>, file: string, bounds: Bounds): Promise<Member> {
  let encoder: QoaEncoder | undefined;
  const take = (piece: Pcm): void => {
    encoder ??= new QoaEncoder(piece.rateHz, piece.channels);
    encoder.push(toInt16(piece));
  };
  const { remark, flaw } = await decode(bytes, format, file, { ...bounds, take });
  if (!encoder?.frames) throw new Problem('bad-media', 'has no frames', { file });
  const { frames, rateHz } = encoder;
  return { pieces: encoder.finish(), format, packed: 'qoa', rateHz, seconds: frames / rateHz, remark, flaw };
}

/** Rate and duration from the first frame's header, no longer than its slices; the device judges the rest. */
function qoaLength(bytes: Buffer): Pick<Member, 'rateHz' | 'seconds'> {
  if (bytes.length < 16) return unknown;
  const channels = bytes[8] as number;
  const rateHz = bytes.readUIntBE(9, 3);
  if (channels === 0 || !playable(rateHz)) return unknown;
  const frames = Math.min(bytes.readUInt32BE(4), (bytes.length / 8 / channels) * 20);
  return { rateHz, seconds: frames / rateHz };
}

/** Rate and duration by the fmt chunk; the device judges whether they are true. */
function wavLength(bytes: Buffer): Pick<Member, 'rateHz' | 'seconds'> {
  const chunks = wavChunks(bytes);
  const fmt = chunks.find((chunk) => chunk.id === 'fmt ' && chunk.bytes >= 16);
  const data = chunks.find((chunk) => chunk.id === 'data');
  if (!fmt || !data) return unknown;
  const rateHz = bytes.readUInt32LE(fmt.offset + 4);
  const frameBytes = (bytes.readUInt16LE(fmt.offset + 2) * bytes.readUInt16LE(fmt.offset + 14)) / 8;
  return !playable(rateHz) || frameBytes < 1 ? unknown : { rateHz, seconds: data.bytes / frameBytes / rateHz };
}

const total = (pieces: readonly Buffer[]): number => pieces.reduce((sum, { length }) => sum + length, 0);

/** Adds a member at `at`. Throws Problem about `about`; the archive then ends with the member before. */
async function addMember(file: FileHandle, at: number, about: string, name: Buffer, pieces: Buffer[]): Promise<void> {
  const size = total(pieces);
  const header = tarHeader(name, size);
  try {
    let end = at;
    for (const piece of [header, ...pieces, tarPadding(size)]) {
      await write(file, end, about, piece);
      end += piece.length;
    }
  } catch (error) {
    await file.truncate(at);
    throw error;
  }
}

async function write(file: FileHandle, at: number, about: string, bytes: Buffer): Promise<void> {
  try {
    for (let done = 0; done < bytes.length;)
      done += (await file.write(bytes, done, bytes.length - done, at + done)).bytesWritten;
  } catch (error) {
    throw new Problem('write-failed', `the RAM disk's image cannot be written (${systemReason(error)})`, {
      file: about,
      hint: 'make room, or set TMPDIR to a folder on another disk',
      cause: error,
    });
  }
}
