// Everything that a card holds, gathered: the program, the VideoCore's files, the settings, the music.

import fs from 'node:fs';
import path from 'node:path';
import { STATE_FILE_BYTES } from '../../firmware/storage/card-limits.js';
import { libraryRoot } from '../build/library.js';
import { buildProgram, finishBuild, type Build } from '../build/program.js';
import { aborted } from '../play/aborted.js';
import { Problem, systemReason } from '../problem.js';
import type { CardFile } from './card-tree.js';
import { configTxt, KERNEL } from './config-txt.js';
import { fetchDeviceTree, fetchFirmware, type FetchOptions } from './debian.js';
import { prepareMusic, type PreparedMusic } from './music.js';
import type { CardEvent, ContentsOptions } from './options.js';
import { STATE } from './player-limits.js';
import { DEVICE_TREE, deviceTreeFile, readVideoCore, type VideoCore } from './videocore.js';

export const SETTINGS = 'player.ini';
export const CONFIG = 'config.txt';
/** The library's, which is the manual of its keys. */
const SETTINGS_TEMPLATE = path.join(libraryRoot, 'firmware', 'player', SETTINGS);
/** What the player reads of it at most would be more. */
const MOST_SETTINGS = 1 << 20;

export interface Contents {
  build: Build;
  /** Undefined: only the emulator boots it. */
  videoCore: VideoCore | undefined;
  /** What belongs into the root: player.state, the VideoCore's files, the program, config.txt, player.ini. */
  system: CardFile[];
  music: PreparedMusic;
}

/**
 * Gathers it; what is converted goes into `scratch`. `there` is where VideoCore files may be already. Throws Problem,
 * what `buildProgram` throws, and the signal's reason.
 */
export async function gatherContents(
  options: ContentsOptions,
  scratch: string,
  push: (event: CardEvent) => void,
  there?: string,
): Promise<Contents> {
  const { signal, lossless = false } = options;
  const settings = readSettings(options.settings);
  push({ event: 'stage', stage: 'building' });
  const building = startBuild(options);
  building.catch(() => undefined); // it is awaited when the music is ready
  const videoCore = await findVideoCore(options, push, there);
  push({ event: 'stage', stage: 'searching' });
  const music = await prepareMusic({ music: options.music ?? [], lossless, scratch, signal }, push);
  const build = await Promise.race([building, aborted(signal)]);
  if (!build) throw signal?.reason;
  const config = Buffer.from(configTxt(videoCore?.cutDown ?? true));
  const file = (name: string, bytes: Uint8Array): CardFile => ({ path: name, source: bytes, bytes: bytes.length });
  const system = [
    // Empty: no version yet (firmware/storage/fat/state-file.ts).
    file(STATE, Buffer.alloc(STATE_FILE_BYTES)),
    ...(videoCore?.files ?? []),
    file(KERNEL, build.image),
    file(CONFIG, config),
    file(SETTINGS, settings),
  ];
  return { build, videoCore, system, music };
}

function startBuild({ build, program = 'player', wasm3Dir, cacheDir }: ContentsOptions): Promise<Build> {
  if (build) return Promise.resolve(build);
  return finishBuild(
    buildProgram({
      program,
      ...(wasm3Dir === undefined ? {} : { wasm3Dir }),
      ...(cacheDir === undefined ? {} : { cacheDir }),
    }),
  );
}

function readSettings(given: string | undefined): Buffer {
  const file = given ?? SETTINGS_TEMPLATE;
  let bytes: Buffer;
  try {
    bytes = fs.readFileSync(file);
  } catch (error) {
    throw new Problem('not-readable', `cannot be read (${systemReason(error)})`, { file, cause: error });
  }
  if (bytes.length > MOST_SETTINGS || bytes.includes(0))
    throw new Problem('unknown-format', 'is no text that could be a player.ini', { file });
  return bytes;
}

/** The VideoCore's files with the device tree; undefined, after an event that says why, when there are none. */
async function findVideoCore(
  options: ContentsOptions,
  push: (event: CardEvent) => void,
  there: string | undefined,
): Promise<VideoCore | undefined> {
  const { firmware, cacheDir, signal } = options;
  const fetching: FetchOptions = {
    cacheDir,
    signal,
    progress: (what, part) => push({ event: 'download', what, part }),
  };
  let found: VideoCore | undefined;
  if (typeof firmware === 'string') {
    found = await readVideoCore(firmware);
    if (!found)
      throw new Problem('not-found', 'holds no start4.elf with fixup4.dat, and no start4cd.elf with fixup4cd.dat', {
        file: firmware,
        hint: "name the boot folder of Raspberry Pi's firmware, or of a card that boots",
      });
  } else if (firmware === undefined)
    try {
      found = await readVideoCore(await fetchFirmware(fetching));
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof Problem)) throw error;
      found = there === undefined ? undefined : await readVideoCore(there);
      if (!found) push({ event: 'unbootable', problem: error });
    }
  if (!found) return undefined;
  if (options.deviceTree !== undefined) await addDeviceTree(found, options.deviceTree, fetching);
  else if (!found.deviceTree)
    push({ event: 'notice', text: `there is no ${DEVICE_TREE} for the card: --device-tree fetches it (60 MB)` });
  return found;
}

async function addDeviceTree(found: VideoCore, given: string | true, fetching: FetchOptions): Promise<void> {
  const file = given === true ? path.join(await fetchDeviceTree(fetching), DEVICE_TREE) : given;
  let bytes: Buffer;
  try {
    bytes = fs.readFileSync(file);
  } catch (error) {
    throw new Problem('not-readable', `cannot be read (${systemReason(error)})`, { file, cause: error });
  }
  found.files = [...found.files.filter(({ path: name }) => name !== DEVICE_TREE), deviceTreeFile(bytes, file)];
  found.deviceTree = true;
}
