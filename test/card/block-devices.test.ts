import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { BlockDevices, type SystemFolders } from '../../host-tools/card/block-devices.js';
import { deviceNumber } from '../../host-tools/card/byte-source.js';
import { checkSame, objection, refusal } from '../../host-tools/card/flash-policy.js';
import { testFolder } from '../media/sounds.js';

const GB = 1e9;
const folder = testFolder();
let made = 0;

/** A machine as Linux describes it in /sys, /proc and /dev. */
class Machine {
  private readonly root = path.join(folder, String(made++));
  readonly folders: SystemFolders = {
    ...{ sys: path.join(this.root, 'sys'), proc: path.join(this.root, 'proc'), dev: path.join(this.root, 'dev') },
  };
  private readonly mounts: string[] = [];
  private readonly swaps = ['Filename\tType\tSize\tUsed\tPriority'];
  private number = 0;

  write(file: string, text: string): void {
    const at = path.join(this.root, file);
    fs.mkdirSync(path.dirname(at), { recursive: true });
    fs.writeFileSync(at, text);
  }

  private link(from: string, to: string): void {
    const at = path.join(this.root, from);
    fs.mkdirSync(path.dirname(at), { recursive: true });
    fs.symlinkSync(path.relative(path.dirname(at), path.join(this.root, to)), at);
  }

  /** A disk or partition in /sys; `place` is below /sys/devices. */
  private node(name: string, place: string, bytes: number): string {
    const at = `sys/devices/${place}`;
    this.write(`${at}/size`, `${Math.floor(bytes / 512)}\n`);
    this.write(`${at}/dev`, `8:${this.number}\n`);
    this.link(`sys/class/block/${name}`, at);
    this.link(`sys/dev/block/8:${this.number++}`, at);
    this.write(`dev/${name}`, '');
    return at;
  }

  /** A disk below `bus`, with files of its own and partitions. */
  disk(
    name: string,
    files: Record<string, string> = {},
    partitions: string[] = [],
    bytes = 32 * GB,
    bus = 'pci',
  ): this {
    const place = `${bus}/block/${name}`;
    const at = this.node(name, place, bytes);
    this.link(`sys/block/${name}`, at);
    for (const [file, text] of Object.entries({ removable: '0', ro: '0', ...files }))
      this.write(`${at}/${file}`, `${text}\n`);
    partitions.forEach((part, index) => {
      this.write(`${this.node(part, `${place}/${part}`, bytes / partitions.length)}/partition`, `${index + 1}\n`);
    });
    return this;
  }

  mount(name: string, where: string, type = 'ext4', device?: string, from?: string): this {
    const number = device ?? fs.readFileSync(path.join(this.folders.sys, 'class/block', name, 'dev'), 'utf8').trim();
    const source = from ?? (type === 'overlay' ? type : `/dev/${name}`);
    const escaped = where.replaceAll(' ', '\\040');
    this.mounts.push(`25 1 ${number} / ${escaped} rw,relatime shared:1 - ${type} ${source} rw`);
    this.write('proc/self/mountinfo', `${this.mounts.join('\n')}\n`);
    return this;
  }

  swap(file: string): this {
    this.swaps.push(`${file}\tpartition\t1024\t0\t-2`);
    this.write('proc/swaps', `${this.swaps.join('\n')}\n`);
    return this;
  }

  /** `name` is built on others: LVM, encryption. */
  built(name: string, on: string[]): this {
    const at = this.node(name, `virtual/block/${name}`, GB);
    for (const part of on) {
      this.link(`${at}/slaves/${part}`, `sys/class/block/${part}`);
      this.link(`sys/class/block/${part}/holders/${name}`, at);
    }
    return this;
  }

  get devices(): BlockDevices {
    return new BlockDevices(this.folders);
  }

  /** Why a disk is not written: the line, or undefined. */
  refusal(name: string, consent: Parameters<typeof refusal>[2] = {}, bytes = GB): string | undefined {
    const problem = refusal(this.devices.describe(name), bytes, consent);
    return problem?.line().replaceAll(this.folders.dev, '/dev');
  }
}

/** The system on an NVMe disk, with swap. */
const laptop = (): Machine =>
  new Machine()
    .disk('nvme0n1', { 'device/serial': 'S5GX', 'device/model': 'SSD 970' }, ['nvme0n1p1', 'nvme0n1p2', 'nvme0n1p3'])
    .mount('nvme0n1p1', '/boot/efi', 'vfat')
    .mount('nvme0n1p2', '/')
    .swap('/dev/nvme0n1p3');

const READER = {
  removable: '1',
  'device/vendor': 'Generic',
  'device/model': 'SD Reader',
  'device/wwid': 't10.Generic',
};

describe('the devices of a machine', () => {
  it('are told with model, serial number, size and what is mounted', () => {
    const machine = laptop()
      .disk('sdb', READER, ['sdb1', 'sdb2'], 32 * GB, 'usb1/1-2/host/target')
      .mount('sdb1', '/media/me/MY MUSIC', 'vfat');
    machine.write('sys/devices/usb1/1-2/idVendor', '05e3\n');
    machine.write('sys/devices/usb1/1-2/serial', '000000001206\n');
    const { model, serial, bytes, isRemovable, isSystem, parts, path: at } = machine.devices.describe('sdb');
    assert.deepEqual(
      { model, bytes, isRemovable, isSystem, at },
      {
        model: 'Generic SD Reader',
        bytes: 32 * GB,
        isRemovable: true,
        isSystem: false,
        at: path.join(machine.folders.dev, 'sdb'),
      },
    );
    assert.equal(serial, '000000001206');
    assert.deepEqual(
      parts.map((part) => [path.basename(part.path), part.bytes, part.mounts]),
      [
        ['sdb', 32 * GB, []],
        ['sdb1', 16 * GB, ['/media/me/MY MUSIC']],
        ['sdb2', 16 * GB, []],
      ],
    );
  });

  it('have the serial number of the card where the slot tells it', () => {
    const machine = laptop().disk('mmcblk0', {
      'device/type': 'SD',
      'device/cid': '035344',
      'device/serial': '0x12',
      'device/name': 'SC32G',
    });
    const { serial, model, isRemovable } = machine.devices.describe('mmcblk0');
    assert.deepEqual([serial, model, isRemovable], ['035344', 'SC32G', true]);
    const scsi = laptop().disk('sda', { 'device/vpd_pg80': '\0\x80\0\x04WD-1' });
    assert.equal(scsi.devices.describe('sda').serial, 'WD-1');
  });

  it('may be written when they are removable and nobody uses them', () => {
    const machine = laptop().disk('sdb', READER, ['sdb1']).disk('mmcblk0', { 'device/type': 'SD' }, ['mmcblk0p1']);
    assert.equal(machine.refusal('sdb'), undefined);
    assert.equal(machine.refusal('mmcblk0'), undefined);
    assert.deepEqual(
      machine.devices.candidates().map(({ name }) => name),
      ['mmcblk0', 'sdb'],
    );
  });

  it('are not written when they are mounted, used for swap or held, and it is said how to end that', () => {
    const machine = laptop()
      .disk('sdb', READER, ['sdb1', 'sdb2'])
      .mount('sdb1', '/media/one', 'vfat')
      .mount('sdb2', '/media/two')
      .disk('sdc', READER, ['sdc1'])
      .built('dm-0', ['sdc1']);
    assert.equal(
      machine.refusal('sdb'),
      '/dev/sdb: is mounted (/media/one, /media/two); unmount it first: umount /dev/sdb1; umount /dev/sdb2',
    );
    assert.equal(machine.refusal('sdc'), '/dev/sdc: is in use by dm-0 (LVM, RAID or encryption)');
  });

  it('are not written when they are empty, locked or too small', () => {
    const machine = laptop()
      .disk('sdb', READER, [], 0)
      .disk('sdc', { ...READER, ro: '1' })
      .disk('sdd', READER, [], 999_999_488);
    assert.equal(machine.refusal('sdb'), '/dev/sdb: has no card in it; put one in');
    assert.match(machine.refusal('sdc') ?? '', /is write-protected/);
    assert.match(machine.refusal('sdd') ?? '', /has 999999488 bytes, and the image needs 1000000000/);
    assert.match(machine.refusal('sdd', { force: true, serial: 't10.Generic' }) ?? '', /bytes, and the image needs/);
  });

  it('are written by force only when their own serial number is given', () => {
    const machine = laptop()
      .disk('sda', { 'device/model': 'External', serial: 'WD-77' }, ['sda1'])
      .mount('sda1', '/media/disk')
      .disk('sdb', { 'device/model': 'None' })
      .disk('sdc', { serial: 'X1' });
    assert.equal(
      machine.refusal('sdc'),
      '/dev/sdc: is no removable device; --force --serial X1 writes it all the same',
    );
    assert.match(machine.refusal('sdc', { force: true }) ?? '', /--force needs to know .*; add --serial NUMBER/);
    assert.match(machine.refusal('sdc', { force: true, serial: 'X2' }) ?? '', /has the serial number X1, not X2/);
    assert.match(machine.refusal('sdc', { serial: 'X1' }) ?? '', /is no removable device/);
    assert.equal(machine.refusal('sdc', { force: true, serial: 'X1' }), undefined);
    assert.equal(machine.refusal('sda', { force: true, serial: 'WD-77' }), undefined);
    const over = (name: string): unknown[] => {
      const found = objection(machine.devices.describe(name));
      return [found?.message, found?.isUse];
    };
    assert.deepEqual(over('sda'), ['is mounted (/media/disk)', true]);
    // Nobody is known to use it: it is opened so that nobody can.
    assert.deepEqual(over('sdc'), ['is no removable device', false]);
    assert.match(machine.refusal('sdb', { force: true, serial: '' }) ?? '', /tells no serial number/);
    assert.match(machine.refusal('sdb', { force: true }) ?? '', /tells no serial number to name it by/);
  });

  it('are never written when the system is on them, whatever is said', () => {
    const force = { force: true, serial: 'S' };
    const never = /holds the running system, and is never written/;
    const on = (make: (machine: Machine) => Machine): string =>
      make(new Machine().disk('sda', { removable: '1', serial: 'S' }, ['sda1', 'sda2'])).refusal('sda', force) ?? '';
    assert.match(
      on((machine) => machine.mount('sda2', '/')),
      never,
    );
    const other = (machine: Machine): Machine => machine.disk('sdz', {}, ['sdz1']).mount('sdz1', '/');
    assert.match(
      on((machine) => other(machine).mount('sda1', '/boot/firmware', 'vfat')),
      never,
    );
    assert.match(
      on((machine) => other(machine).mount('sda1', '/boot')),
      never,
    );
    assert.match(
      on((machine) => other(machine).mount('sda1', '/home')),
      never,
    );
    assert.match(
      on((machine) => other(machine).swap('/dev/sda1')),
      never,
    );
    // A swap file on it.
    assert.match(
      on((machine) => other(machine).mount('sda1', '/data').swap('/data/swapfile')),
      never,
    );
    // Root on LVM, on encryption.
    assert.match(
      on((machine) => machine.built('dm-0', ['sda2']).built('dm-1', ['dm-0']).mount('dm-1', '/')),
      never,
    );
    // Root on a btrfs: its mount has a number of its own, and may name another of its devices.
    assert.match(
      on((machine) => machine.mount('sda2', '/', 'btrfs', '0:31')),
      never,
    );
    const btrfs = on((machine) => {
      other(machine).mount('sdz1', '/', 'btrfs', '0:31');
      for (const name of ['sda1', 'sdz1']) machine.write(`sys/fs/btrfs/1234/devices/${name}`, '');
      return machine;
    });
    assert.match(btrfs, never);
    // In a container nobody knows where root is: what is in use may be it.
    assert.match(
      on((machine) => machine.mount('overlay', '/', 'overlay', '0:50').mount('sda1', '/etc/hosts')),
      never,
    );
    assert.match(
      on((machine) => machine.mount('root', '/', 'ext4', '0:50').mount('sda1', '/mnt')),
      never,
    );
    // Beside all these, one that is only mounted somewhere.
    assert.equal(
      on((machine) => other(machine).mount('sda1', '/media/x')),
      '',
    );
  });

  it("are refused where they may be the system's and nobody can tell, unless they are made to be taken out", () => {
    const force = { force: true, serial: 'S' };
    const may = /may hold the running system, whose disk cannot be told here, and is never written/;
    const two = (): Machine =>
      new Machine()
        .disk('sda', { serial: 'S' }, ['sda1', 'sda2'])
        .disk('sdb', { serial: 'S' }, ['sdb1'])
        .disk('sdc', READER, ['sdc1']);
    const root = (machine: Machine): Machine => machine.mount('sda1', '/');
    const zfs = two().mount('', '/', 'zfs', '0:30', 'rpool/ROOT/debian');
    const home = root(two()).mount('', '/home', 'zfs', '0:31', 'rpool/home');
    for (const machine of [zfs, home]) {
      assert.match(machine.refusal('sdb', force) ?? '', may);
      assert.equal(machine.refusal('sdc'), undefined);
    }
    // On a device that is built on nothing that is told, and in a file of one that is.
    assert.match(two().built('dm-0', []).mount('dm-0', '/').refusal('sdb', force) ?? '', may);
    const file = two().mount('sda1', '/live').built('loop0', []).mount('loop0', '/', 'squashfs');
    assert.match(file.refusal('sdb', force) ?? '', may);
    file.write('sys/devices/virtual/block/loop0/loop/backing_file', '/live/root.squashfs\n');
    assert.match(file.refusal('sda', force) ?? '', /holds the running system/);
    assert.equal(file.refusal('sdb', force), undefined);
    // bcachefs names all of its devices.
    const cached = two().mount('', '/', 'bcachefs', '0:40', '/dev/sda2:/dev/sdb1');
    for (const name of ['sda', 'sdb']) assert.match(cached.refusal(name, force) ?? '', /holds the running system/);
    // What is on no disk tells nothing.
    const memory = root(two()).mount('', '/var', 'tmpfs', '0:41', 'tmpfs').mount('', '/home', 'nfs4', '0:42', 'nas:/');
    assert.equal(memory.refusal('sdb', force), undefined);
  });

  it('are the same only with the same number, serial number and size', () => {
    const device = laptop().disk('sdb', READER).devices.describe('sdb');
    checkSame(device, { ...device });
    for (const other of [{ number: '8:99' }, { serial: 'other' }, { bytes: 1 }])
      assert.throws(() => checkSame(device, { ...device, ...other }), /is another device, or has another card/);
  });

  it('have their numbers in one word, as stat(2) has them', () => {
    assert.equal(deviceNumber(0x0811), '8:17');
    assert.equal(deviceNumber(0x10305), '259:5');
    assert.equal(deviceNumber(0x100811), '8:273');
    assert.equal(deviceNumber(fs.statSync('/dev/null').rdev), '1:3');
  });
});
