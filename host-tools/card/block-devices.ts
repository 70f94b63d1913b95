// The disks of a Linux machine as /sys and /proc tell them: what they are, who uses them, and which of them the system
// itself lives on. Sources: Linux, Documentation/ABI/stable/sysfs-block and filesystems/proc.rst (mountinfo).

import fs from 'node:fs';
import path from 'node:path';
import { Problem } from '../problem.js';
import { deviceNumber, SYS_SECTOR } from './byte-source.js';

/** Where the three trees are; tests have their own. */
export interface SystemFolders {
  sys: string;
  proc: string;
  dev: string;
}

export const SYSTEM: SystemFolders = { sys: '/sys', proc: '/proc', dev: '/dev' };

/** A partition, or the disk itself. */
export interface DevicePart {
  path: string;
  bytes: number;
  /** Where it is mounted. */
  mounts: string[];
  isSwap: boolean;
  /** Names of what is built on it: LVM, RAID, encryption. */
  holders: string[];
}

export interface BlockDevice {
  /** The kernel's: `sdb`, `mmcblk0`. */
  name: string;
  path: string;
  /** `major:minor`; empty when it is not told. */
  number: string;
  bytes: number;
  /** Of a sector; writes past the cache are multiples of it. */
  blockBytes: number;
  model: string;
  /** Undefined when it tells none. */
  serial: string | undefined;
  /** Whether its medium, or it itself, is made to be taken out. */
  isRemovable: boolean;
  isReadOnly: boolean;
  /** Whether the root or boot file system or swap is on it. */
  isSystem: boolean;
  /** Whether one of these may be on it: where they are cannot be told, and it is not made to be taken out. */
  mayBeSystem: boolean;
  /** The disk itself, then its partitions. */
  parts: DevicePart[];
}

/** Mount points whose loss is the system's. */
const SYSTEM_MOUNTS = /^\/(?:boot(?:\/.*)?|usr|var|home|etc|nix)?$/;
/** These are no disks that anybody flashes. */
const NO_DISK = /^(?:loop|ram|zram|zd|dm-|md|sr|fd|nbd|mtdblock)\d*/;
/** File systems that are on no disk of this machine; root counts as being on one all the same. */
const NO_DISK_TYPE = /^(?:tmpfs|ramfs|devtmpfs|autofs|nfs4?|cifs|smb3|9p|virtiofs|ceph|efivarfs)$/;

function readLine(...parts: string[]): string | undefined {
  try {
    return fs.readFileSync(path.join(...parts), 'latin1').trim();
  } catch {
    return undefined;
  }
}

const list = (folder: string): string[] => {
  try {
    return fs.readdirSync(folder).sort();
  } catch {
    return [];
  }
};

interface Mount {
  device: string;
  type: string;
  source: string;
  where: string;
}

export class BlockDevices {
  private readonly mounts: Mount[];
  private readonly swaps: string[];

  constructor(private readonly folders: SystemFolders = SYSTEM) {
    const unescape = (text: string): string =>
      text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
    const lines = (readLine(folders.proc, 'self/mountinfo') ?? '').split('\n');
    this.mounts = lines.flatMap((line) => {
      const [own = '', behind = ''] = line.split(' - ');
      const [, , device, , where] = own.split(' ');
      const [type = '', source = ''] = behind.split(' ');
      return device === undefined || where === undefined
        ? []
        : [{ device, type, source: unescape(source), where: unescape(where) }];
    });
    const swaps = (readLine(folders.proc, 'swaps') ?? '').split('\n').slice(1);
    this.swaps = swaps.flatMap((line) => unescape(line.split(/\s+/)[0] ?? '') || []);
  }

  /** Disks that may be flashed as they are, with a medium in them or not. */
  candidates(): BlockDevice[] {
    return list(path.join(this.folders.sys, 'block'))
      .filter((name) => !NO_DISK.test(name))
      .map((name) => this.describe(name))
      .filter((device) => device.isRemovable && !device.isSystem);
  }

  /** The disk at a path of /dev. Throws Problem: nothing there, no block device, a partition. */
  at(file: string): BlockDevice {
    let real: string;
    let stat: fs.Stats;
    try {
      real = fs.realpathSync(file);
      stat = fs.statSync(real);
    } catch (error) {
      throw new Problem('not-found', 'no such device', {
        ...{ file, cause: error },
        hint: 'mirleft flash --list shows those that can be written',
      });
    }
    if (!stat.isBlockDevice())
      throw new Problem('usage', stat.isDirectory() ? 'is a folder' : 'is no block device', {
        file,
        hint: 'name the device of the card, such as /dev/sdb (mirleft flash --list shows them), or --to FILE for a file',
      });
    const name = path.basename(this.real('dev/block', deviceNumber(stat.rdev)) ?? real);
    const disk = this.diskOf(name);
    if (disk !== name)
      throw new Problem('unsafe-device', `is a partition of /dev/${disk}`, {
        file,
        hint: `name the whole device: /dev/${disk}`,
      });
    return this.describe(name);
  }

  /** A disk by its kernel's name. */
  describe(name: string): BlockDevice {
    const { sys } = this.folders;
    const own = path.join(sys, 'class/block', name);
    const partitions = list(own).filter((part) => fs.existsSync(path.join(own, part, 'partition')));
    const isRemovable = readLine(own, 'removable') === '1' || readLine(own, 'device/type') === 'SD';
    const system = this.systemDisks();
    return {
      name,
      path: this.devPath(name),
      number: readLine(own, 'dev') ?? '',
      bytes: Number(readLine(own, 'size') ?? 0) * SYS_SECTOR,
      blockBytes: Number(readLine(own, 'queue/logical_block_size') ?? SYS_SECTOR),
      model: this.model(own),
      serial: this.serial(own),
      isRemovable,
      isReadOnly: readLine(own, 'ro') === '1',
      isSystem: system.disks.has(name),
      mayBeSystem: !isRemovable && !system.isWhole,
      parts: [name, ...partitions].map((part) => this.part(part)),
    };
  }

  private devPath(name: string): string {
    return path.join(this.folders.dev, name.replaceAll('!', '/'));
  }

  private part(name: string): DevicePart {
    const own = path.join(this.folders.sys, 'class/block', name);
    return {
      path: this.devPath(name),
      bytes: Number(readLine(own, 'size') ?? 0) * SYS_SECTOR,
      mounts: this.mounts.filter((mount) => this.namesOf(mount).includes(name)).map(({ where }) => where),
      isSwap: this.swaps.some((swap) => this.nameOfFile(swap) === name),
      holders: list(path.join(own, 'holders')),
    };
  }

  private model(own: string): string {
    const words = [readLine(own, 'device/vendor'), readLine(own, 'device/model') ?? readLine(own, 'device/name')];
    return words.filter((word) => word !== undefined && word !== '' && !word.startsWith('0x')).join(' ');
  }

  /** Of the card where the slot tells it, else of the reader or drive. */
  private serial(own: string): string | undefined {
    const told =
      readLine(own, 'device/cid') ??
      readLine(own, 'device/serial') ??
      readLine(own, 'serial') ??
      // A page of SCSI's vital product data: four bytes, then the number.
      readLine(own, 'device/vpd_pg80')?.slice(4);
    return told?.replace(/[^\x21-\x7e]/g, '') || this.usbSerial(own) || readLine(own, 'device/wwid') || undefined;
  }

  /** The USB device above a disk is the first with a vendor's number. */
  private usbSerial(own: string): string | undefined {
    let at: string;
    try {
      at = fs.realpathSync(path.join(own, 'device'));
    } catch {
      return undefined;
    }
    const top = fs.realpathSync(this.folders.sys);
    for (; at.startsWith(`${top}/`); at = path.dirname(at))
      if (fs.existsSync(path.join(at, 'idVendor'))) return readLine(at, 'serial');
    return undefined;
  }

  private real(...parts: string[]): string | undefined {
    try {
      return fs.realpathSync(path.join(this.folders.sys, ...parts));
    } catch {
      return undefined;
    }
  }

  /**
   * The kernel's names of what a mount is on; btrfs and others have a number of their own, but say their source, and
   * bcachefs says all of them: `/dev/sda:/dev/sdb`. Empty where that is nothing that is known here, as with ZFS.
   */
  private namesOf({ device, source }: Mount): string[] {
    const real = this.real('dev/block', device);
    if (real !== undefined) return [path.basename(real)];
    const whole = this.nameOfFile(source);
    return whole === undefined ? source.split(/:(?=\/)/).flatMap((file) => this.nameOfFile(file) ?? []) : [whole];
  }

  /** Undefined for what is no device: `overlay`, and `/dev/root`, which only the kernel knows. */
  private nameOfFile(file: string): string | undefined {
    if (!file.startsWith('/dev/')) return undefined;
    const { dev } = this.folders;
    let name: string;
    try {
      const inDev = fs.realpathSync(path.join(dev, file.slice('/dev/'.length)));
      name = path.relative(fs.realpathSync(dev), inDev).replaceAll('/', '!');
    } catch {
      return undefined;
    }
    return this.real('class/block', name) === undefined ? undefined : name;
  }

  /** The disk that a partition is on. */
  private diskOf(name: string): string {
    const real = this.real('class/block', name);
    if (real === undefined || !fs.existsSync(path.join(real, 'partition'))) return name;
    return path.basename(path.dirname(real));
  }

  /** The disks below a device, through LVM, RAID, encryption and files. */
  private disksBelow(name: string, seen = new Set<string>()): string[] {
    if (seen.has(name)) return [];
    seen.add(name);
    const own = path.join(this.folders.sys, 'class/block', name);
    const backing = readLine(own, 'loop/backing_file');
    const slaves = backing === undefined ? list(path.join(own, 'slaves')) : this.underFile(backing);
    return slaves.length > 0 ? slaves.flatMap((slave) => this.disksBelow(slave, seen)) : [this.diskOf(name)];
  }

  /**
   * The disks that the system is on, and whether these are all. Where root is on nothing that can be found, as in a
   * container, every disk that is in use counts as the system's.
   */
  private systemDisks(): { disks: Set<string>; isWhole: boolean } {
    const disksOf = (names: readonly string[]): string[] =>
      names.flatMap((name) => this.withBtrfs(name)).flatMap((name) => this.disksBelow(name));
    const isKnown = (mount: Mount): boolean => {
      const disks = disksOf(this.namesOf(mount));
      return disks.length > 0 && !disks.some((name) => NO_DISK.test(name));
    };
    const roots = this.mounts.filter(({ where }) => where === '/');
    const isRootKnown = roots.some(isKnown);
    const system = this.mounts.filter(({ where }) => !isRootKnown || SYSTEM_MOUNTS.test(where));
    const isWhole = isRootKnown && system.every((mount) => isKnown(mount) || NO_DISK_TYPE.test(mount.type));
    const swaps = this.swaps.flatMap((swap) => this.nameOfFile(swap) ?? this.underFile(swap));
    return { disks: new Set(disksOf([...system.flatMap((mount) => this.namesOf(mount)), ...swaps])), isWhole };
  }

  /** A file's devices: those of the longest mount point above it. */
  private underFile(file: string): string[] {
    const above = this.mounts.filter(({ where }) => file.startsWith(where.endsWith('/') ? where : `${where}/`));
    const longest = above.sort((a, b) => b.where.length - a.where.length)[0];
    return longest ? this.namesOf(longest) : [];
  }

  /** A btrfs is on several devices, and a mount names one of them. */
  private withBtrfs(name: string): string[] {
    const all = path.join(this.folders.sys, 'fs/btrfs');
    const members = list(all).map((id) => list(path.join(all, id, 'devices')));
    return members.find((devices) => devices.includes(name)) ?? [name];
  }
}
