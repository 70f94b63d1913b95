// The operation `image`: a card's image, made beside its place and put there when it is whole.

import fs from 'node:fs';
import path from 'node:path';
import { yielding, type EventQueue } from '../play/queue.js';
import { Problem, systemCode, systemReason } from '../problem.js';
import { checkPlace, makeBeside, putInPlace } from './beside.js';
import { CardTree, type CardFile, type Refusal } from './card-tree.js';
import { gatherContents, type Contents } from './contents.js';
import { MAKER, writeImage } from './fat-image.js';
import { geometryOf, imageSizeFor, SECTOR, type Geometry } from './fat-geometry.js';
import type { PreparedTrack } from './music.js';
import { tellLimits } from './player-limits.js';
import type { CardEvent, CardReport, ImageOptions } from './options.js';
import { Told } from './report.js';

const FLASH_HINT = 'write the image to a file, then mirleft flash FILE DEVICE writes it there';
/** Left free for what the player writes, and for what is put onto the card later. */
const ROOM_BYTES = 8 << 20;

/**
 * Makes an image. A track that fails or does not fit is an event, and left out. Throws Problem (a place that cannot be
 * written, VideoCore files that are no pair, no room for the program) and the build's errors; interrupted, it leaves
 * what was there.
 */
export function makeCardImage(options: ImageOptions): AsyncGenerator<CardEvent, CardReport> {
  return yielding(options.signal, (queue: EventQueue<CardEvent>, signal) => perform({ ...options, signal }, queue));
}

async function perform(options: ImageOptions, queue: EventQueue<CardEvent>): Promise<CardReport> {
  const { output, signal } = options;
  const told = new Told(queue);
  checkOutput(output, options.force ?? false);
  const scratch = makeBeside(output, '.mirleft-image-');
  try {
    const contents = await gatherContents(options, scratch.folder, told.push);
    const { geometry, tree, tracks, refused } = lay(contents, options.size);
    tellLimits(
      filesOf(contents, tracks).map(({ path: name }) => name),
      told.push,
    );
    for (const { track, why } of refused) told.push({ event: 'error', problem: doesNotFit(track, why) });
    const file = path.join(scratch.folder, 'image');
    const total = filesOf(contents, tracks).reduce((sum, { bytes }) => sum + bytes, 0);
    let bytes = 0;
    told.push({ event: 'stage', stage: 'writing' });
    const wrote = (more: number): void => told.push({ event: 'writing', bytes: (bytes += more), total });
    await writeImage(file, geometry, tree, { signal, wrote }, output);
    signal?.throwIfAborted();
    checkOutput(output, options.force ?? false); // a long time has passed
    putInPlace(file, output);
    const freeBytes = (geometry.clusters - tree.clusters) * geometry.clusterBytes;
    const sizes = { target: output, bytes: geometry.imageBytes, writtenBytes: total, freeBytes };
    return told.report(contents, { ...sizes, emulatorOnly: options.firmware === false }, tracks);
  } catch (error) {
    if (signal?.aborted) return told.interrupted(output);
    throw error;
  } finally {
    scratch.remove();
  }
}

const filesOf = ({ system, music }: Contents, tracks: readonly PreparedTrack[]): CardFile[] => [
  ...system,
  ...music.playlists,
  ...tracks.map(({ file }) => file),
];

interface Laid {
  geometry: Geometry;
  tree: CardTree;
  tracks: PreparedTrack[];
  refused: { track: PreparedTrack; why: Refusal }[];
}

/** Decides the size and which tracks fit. Throws Problem when not even the rest does. */
function lay(contents: Contents, size: number | undefined): Laid {
  if (size !== undefined) {
    const laid = layInto(contents, size, 0);
    if (!laid) throw new Problem('no-room', 'not even what is no music fits', { hint: 'give a larger --size' });
    return laid;
  }
  const all = filesOf(contents, contents.music.tracks).reduce((sum, { bytes }) => sum + bytes, 0);
  for (
    let imageBytes = imageSizeFor(all + ROOM_BYTES);
    !Number.isNaN(imageBytes);
    imageBytes = imageSizeFor(2 * imageBytes)
  ) {
    const laid = layInto(contents, imageBytes, ROOM_BYTES);
    if (laid && !laid.refused.some(({ why }) => why === 'room')) return laid;
  }
  throw new Problem('no-room', 'there is more music than an image can hold', { hint: 'name less of it' });
}

/** Lays everything into an image of this size with `free` bytes left; undefined when it does not take the rest. */
function layInto({ system, music }: Contents, imageBytes: number, free: number): Laid | undefined {
  const geometry = geometryOf(imageBytes);
  const tree = new CardTree(geometry.clusterBytes, geometry.clusters - Math.ceil(free / geometry.clusterBytes));
  if ([...system, ...music.playlists].some((file) => tree.add(file) !== undefined)) return undefined;
  const laid: Laid = { geometry, tree, tracks: [], refused: [] };
  for (const track of music.tracks) {
    const why = tree.add(track.file);
    if (why === undefined) laid.tracks.push(track);
    else laid.refused.push({ track, why });
  }
  return laid;
}

/** Why a track is not on the card, for people. */
export function doesNotFit({ given, file }: PreparedTrack, why: Refusal): Problem {
  const [message, hint] = {
    room: [`does not fit, with ${file.bytes} bytes`, 'take a larger card, or less music'],
    folder: ['does not fit into its folder, which holds too many names', 'divide the folder'],
    length: ['is longer than the 4 GiB of a file on a card', 'divide it'],
  }[why];
  return new Problem('no-room', message ?? '', { file: given, hint });
}

/** Refuses what is no image of ours, unless `force` says so, and what is no file in any case. Throws Problem. */
function checkOutput(output: string, force: boolean): void {
  let stat: fs.Stats;
  try {
    stat = fs.statSync(output);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') {
      checkPlace(output, FLASH_HINT);
      return;
    }
    throw new Problem('write-failed', `cannot be written (${systemReason(error)})`, { file: output, cause: error });
  }
  if (stat.isBlockDevice()) throw new Problem('usage', 'is a device', { file: output, hint: FLASH_HINT });
  if (!stat.isFile())
    throw new Problem('usage', 'is no regular file', { file: output, hint: 'name another one with --output' });
  if (!force && !isOurs(output))
    throw new Problem('would-overwrite', 'is there and no card image of ours', {
      file: output,
      hint: '--force replaces it',
    });
}

/** Whether the file begins as an image of ours does. */
function isOurs(file: string): boolean {
  const { firstSector } = geometryOf(imageSizeFor(1));
  const sector = Buffer.alloc(SECTOR);
  try {
    const descriptor = fs.openSync(file, 'r');
    try {
      fs.readSync(descriptor, sector, 0, SECTOR, firstSector * SECTOR);
    } finally {
      fs.closeSync(descriptor);
    }
  } catch {
    return false;
  }
  return sector.toString('latin1', 3, 3 + MAKER.length) === MAKER;
}
