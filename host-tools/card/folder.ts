// The operation `card`: the same as an image holds, put onto a mounted card. Nothing else on it is touched; each file
// that differs is replaced whole, and a settings file that was changed there stays.

import fs from 'node:fs/promises';
import path from 'node:path';
import { cacheFolder } from '../build/library.js';
import { yielding, type EventQueue } from '../play/queue.js';
import { Problem, systemCode, systemReason } from '../problem.js';
import { makeTemporary } from '../temporary.js';
import { MAX_FILE_BYTES, type CardFile } from './card-tree.js';
import { kernelSetting, readBootConfig } from './boot-config.js';
import { findFile, FolderEntry } from './card-files.js';
import { checkBoot } from './check-boot.js';
import { KERNEL } from './config-txt.js';
import { CONFIG, gatherContents, SETTINGS } from './contents.js';
import { contentsOf } from './fat-image.js';
import { doesNotFit } from './image.js';
import type { PreparedTrack } from './music.js';
import type { CardEvent, CardReport, FolderOptions } from './options.js';
import { STATE, tellLimits } from './player-limits.js';
import { Told } from './report.js';

/** `f_type` of statfs(2) for FAT; other systems than Linux have other numbers, and are not asked. */
const FAT_TYPE = 0x4d44;
/** Left free for what the player writes. */
const ROOM_BYTES = 1 << 20;
const PIECE_BYTES = 1 << 20;
/** Every kernel of ours prints this when it ends with a fault. */
const OUR_KERNEL = 'fault end build=';
/** Files that are the user's where they differ. */
const STAYS = new Set([CONFIG, SETTINGS]);
/** What a new settings file is called beside one that stays. */
const BESIDE = '.new';

/**
 * Puts everything onto the card. A track that fails or does not fit is an event, and left out. Throws Problem (no folder,
 * another system's kernel, no room for the program, an error of the card) and the build's errors. Interrupted or failed,
 * it leaves whole files: the old ones or the new ones.
 */
export function fillCard(options: FolderOptions): AsyncGenerator<CardEvent, CardReport> {
  return yielding(options.signal, (queue: EventQueue<CardEvent>, signal) => perform({ ...options, signal }, queue));
}

async function perform(options: FolderOptions, queue: EventQueue<CardEvent>): Promise<CardReport> {
  const { folder, signal } = options;
  const told = new Told(queue);
  await checkFolder(folder, told);
  if (!options.force) checkSystem(folder);
  const scratch = makeTemporary(options.cacheDir ?? cacheFolder(), 'converting-');
  try {
    const contents = await gatherContents(options, scratch.folder, told.push, folder);
    const card = new Card(folder, options.force ?? false, told);
    await card.measure();
    const isKernel = ({ path: name }: CardFile): boolean => name === KERNEL;
    const others = contents.system.filter((file) => !isKernel(file));
    const system = await card.plan([...contents.music.playlists, ...others, ...contents.system.filter(isKernel)]);
    const refused = system.find((step) => card.reserve(step) !== undefined);
    if (refused)
      throw new Problem('no-room', `has no room for ${refused.file.path}, with ${refused.file.bytes} bytes`, {
        file: folder,
        hint: 'delete something on it, or take a larger card',
      });
    const tracks: PreparedTrack[] = [];
    const steps: Step[] = [];
    for (const track of contents.music.tracks) {
      const [step] = await card.plan([track.file]);
      const why = step && card.reserve(step);
      if (why !== undefined) told.push({ event: 'error', problem: doesNotFit(track, why) });
      else {
        tracks.push(track);
        if (step) steps.push(step);
      }
    }
    // The program comes last: until then the card boots what it did.
    const all = [...steps, ...system];
    const writtenBytes = all.reduce((sum, { file }) => sum + file.bytes, 0);
    told.push({ event: 'stage', stage: 'writing' });
    await card.write(all, writtenBytes, signal);
    tellBoot(folder, contents.videoCore !== undefined, told);
    const bytes = [...contents.system, ...contents.music.playlists, ...tracks.map(({ file }) => file)].reduce(
      (sum, file) => sum + file.bytes,
      0,
    );
    tellLimits(
      [...contents.music.playlists, ...tracks.map(({ file }) => file)].map(({ path: name }) => name),
      told.push,
    );
    const sizes = { target: folder, bytes, writtenBytes, freeBytes: await card.measure() };
    return told.report(contents, { ...sizes, emulatorOnly: options.firmware === false }, tracks);
  } catch (error) {
    if (signal?.aborted) return told.interrupted(folder);
    throw error;
  } finally {
    scratch.remove();
  }
}

async function checkFolder(folder: string, told: Told): Promise<void> {
  let isFolder: boolean;
  try {
    isFolder = (await fs.stat(folder)).isDirectory();
  } catch (error) {
    throw new Problem('not-found', `cannot be read (${systemReason(error)})`, {
      file: folder,
      hint: 'mount the card, and name the folder where it is',
      cause: error,
    });
  }
  if (!isFolder)
    throw new Problem('usage', 'is no folder', {
      file: folder,
      hint: 'mount the card and name the folder, or write an image with mirleft flash',
    });
  if (process.platform === 'linux' && (await fs.statfs(folder)).type !== FAT_TYPE)
    told.push({ event: 'notice', text: `${folder} is on no FAT file system, and a Pi boots from no other` });
}

/** Kernels that a Pi starts without being told, beside ours. */
const OTHER_KERNELS = ['kernel7l.img', 'kernel7.img', 'kernel.img'];
/** Of a kernel, at most. */
const MOST_KERNEL = 256 << 20;

/**
 * Refuses a card with another system's kernel: the VideoCore's files are that system's too. Throws Problem, also when the
 * card cannot be read.
 */
function checkSystem(folder: string): void {
  const root = FolderEntry.root(folder);
  const setting = kernelSetting(readBootConfig(root));
  const refuse = (file: string, message: string): Problem =>
    new Problem('would-overwrite', message, {
      file: path.join(folder, file),
      hint: 'take an empty card; --force makes it one of ours',
    });
  for (const name of new Set([setting.name, KERNEL, ...OTHER_KERNELS])) {
    const there = findFile(root, name);
    if (there && !there.read(0, MOST_KERNEL).includes(OUR_KERNEL))
      throw refuse(name, 'is the kernel of another system');
  }
  if (setting.name.toLowerCase() !== KERNEL && !findFile(root, setting.name))
    throw refuse(CONFIG, `starts ${setting.name}, which is another system's`);
}

/** Tells what keeps a Pi from starting the program from the card as it is now. */
function tellBoot(folder: string, hasVideoCore: boolean, told: Told): void {
  const root = FolderEntry.root(folder);
  const problem = (where: string | undefined, what: string, hint?: string): void =>
    told.push({
      event: 'error',
      problem: new Problem('bad-card', what, { file: path.join(folder, where ?? ''), hint }),
    });
  const { config } = checkBoot(root, (severity, code, where, what, fix) => {
    // Without these it was said already that no Pi boots it.
    if (severity === 'boot' && (hasVideoCore || code !== 'no-videocore-files')) problem(where, what, fix);
  });
  if (!config) return;
  const { name } = kernelSetting(config);
  if (name.toLowerCase() !== KERNEL)
    problem(CONFIG, `starts ${name}, and not ${KERNEL}`, `see ${CONFIG}${BESIDE}, or --force replaces it`);
}

/** A file that has to be written. */
interface Step {
  file: CardFile;
  /** Bytes of the file in its place; undefined when there is none. */
  old: number | undefined;
}

class Card {
  private blockBytes = 1;
  private free = 0;
  private readonly checked = new Set<string>();

  constructor(
    private readonly folder: string,
    private readonly force: boolean,
    private readonly told: Told,
  ) {}

  /** Free bytes. */
  async measure(): Promise<number> {
    const { bavail, bsize } = await fs.statfs(this.folder);
    this.blockBytes = bsize;
    this.free = bavail * bsize;
    return this.free;
  }

  /** Which of the files have to be written. Throws Problem for what is there and no file. */
  async plan(files: readonly CardFile[]): Promise<Step[]> {
    const steps: Step[] = [];
    for (const file of files) {
      const old = await this.sizeOf(file.path);
      // Where the player was is its own.
      if (old !== undefined && (file.path === STATE || (await this.isSame(file, old)))) continue;
      if (old === undefined || this.force || !STAYS.has(file.path)) {
        steps.push({ file, old });
        continue;
      }
      const beside = { ...file, path: `${file.path}${BESIDE}` };
      const text = `${file.path} on the card is another one and stays; what would be there is ${beside.path}, --force replaces it`;
      this.told.push({ event: 'notice', text });
      const older = await this.sizeOf(beside.path);
      if (older === undefined || !(await this.isSame(beside, older))) steps.push({ file: beside, old: older });
    }
    return steps;
  }

  /** Takes the file's room, or says that there is none. */
  reserve({ file, old }: Step): 'room' | 'length' | undefined {
    if (file.bytes > MAX_FILE_BYTES) return 'length';
    const blocks = (bytes: number): number => Math.ceil(bytes / this.blockBytes) * this.blockBytes;
    // Old and new are there at once; a name takes some room of its folder.
    const wanted = blocks(file.bytes) + this.blockBytes;
    if (wanted > this.free - ROOM_BYTES) return 'room';
    this.free -= wanted - blocks(old ?? 0);
    return undefined;
  }

  async write(steps: readonly Step[], total: number, signal: AbortSignal | undefined): Promise<void> {
    if (steps.length === 0) return;
    let bytes = 0;
    const piece = Buffer.allocUnsafe(PIECE_BYTES);
    await this.guarded(this.folder, async () => {
      // On the card itself, so that a rename puts a file into its place.
      const scratch = makeTemporary(this.folder, '.mirleft-card-');
      try {
        for (const { file } of steps) {
          const place = await this.placeOf(file.path);
          const temporary = path.join(scratch.folder, 'file');
          const out = await fs.open(temporary, 'w');
          try {
            for await (const part of contentsOf(file, piece)) {
              signal?.throwIfAborted();
              await out.writeFile(part);
              this.told.push({ event: 'writing', bytes: (bytes += part.length), total });
            }
            await out.sync();
          } finally {
            await out.close();
          }
          await fs.rename(temporary, place);
        }
      } finally {
        scratch.remove();
      }
      // The renames, too.
      const folder = await fs.open(this.folder, 'r');
      await folder.sync().finally(() => folder.close());
    });
  }

  /** Where the file goes; its folders are made. Throws Problem when one is a link, which could lead anywhere. */
  private async placeOf(name: string): Promise<string> {
    const names = name.split('/');
    let at = this.folder;
    for (const part of names.slice(0, -1)) {
      at = path.join(at, part);
      if (this.checked.has(at)) continue;
      await fs.mkdir(at).catch((error: unknown) => {
        if (systemCode(error) !== 'EEXIST') throw error;
      });
      if (!(await fs.lstat(at)).isDirectory())
        throw new Problem('would-overwrite', 'is there and no folder', { file: at, hint: 'move it away' });
      this.checked.add(at);
    }
    return path.join(at, names.at(-1) ?? '');
  }

  /** Of the file that is there; undefined when none is. Throws Problem for a folder. */
  private async sizeOf(name: string): Promise<number | undefined> {
    const place = path.join(this.folder, ...name.split('/'));
    return this.guarded(place, async () => {
      const stat = await fs.lstat(place).catch((error: unknown) => {
        if (systemCode(error) === 'ENOENT') return undefined;
        throw error;
      });
      if (stat && !stat.isFile())
        throw new Problem('would-overwrite', 'is there and no regular file', { file: place, hint: 'move it away' });
      return stat?.size;
    });
  }

  private async isSame(file: CardFile, old: number): Promise<boolean> {
    if (file.bytes !== old) return false;
    const place = path.join(this.folder, ...file.path.split('/'));
    return this.guarded(place, async () => {
      const there = await fs.open(place, 'r');
      try {
        const other = Buffer.allocUnsafe(PIECE_BYTES);
        let at = 0;
        for await (const part of contentsOf(file, Buffer.allocUnsafe(PIECE_BYTES)))
          for (let done = 0; done < part.length;) {
            const count = Math.min(other.length, part.length - done);
            const { bytesRead } = await there.read(other, 0, count, at);
            if (bytesRead === 0 || !other.subarray(0, bytesRead).equals(part.subarray(done, done + bytesRead)))
              return false;
            done += bytesRead;
            at += bytesRead;
          }
        return true;
      } finally {
        await there.close();
      }
    });
  }

  /** Errors of the card as a Problem about `about`. */
  private async guarded<T>(about: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof Problem || systemCode(error) === undefined || systemCode(error) === 'ABORT_ERR') throw error;
      throw new Problem('write-failed', `the card fails (${systemReason(error)})`, { file: about, cause: error });
    }
  }
}
