import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { unpack } from '../../host-tools/card/debian.js';
import { fixupTarget, licenceOf, readVideoCore } from '../../host-tools/card/videocore.js';
import { Problem } from '../../host-tools/problem.js';
import { testFolder, tool } from '../media/sounds.js';
import { deviceTree, firmwareFolder, firmwarePair } from './card-rig.js';

const folder = testFolder();
const at = (...names: string[]): string => path.join(folder, ...names);
let made = 0;
const fresh = (): string => firmwareFolder(at(`firmware-${++made}`));

const COPYRIGHT = `Format: x
Comment:
 boot

Files: boot/*
Copyright: 2006, A
           2015, B
License: Proprietary_1
 All rights reserved.
 .
 * Only on a Pi.

Files: debian/*
Copyright: 2020, C
License: GPL-2+
 free
`;

describe("the VideoCore's files", () => {
  it('are read in pairs, with the date of the one that is loaded', async () => {
    const found = await readVideoCore(fresh());
    assert.ok(found);
    assert.deepEqual(
      [found.cutDown, found.full, found.deviceTree, found.date, found.version],
      [true, true, false, '2026-02-03', '0123456789'.repeat(4)],
    );
    assert.deepEqual(
      found.files.map((file) => file.path),
      ['start4.elf', 'fixup4.dat', 'start4cd.elf', 'fixup4cd.dat', 'LICENCE.broadcom'],
    );
    const one = fresh();
    for (const name of ['start4cd.elf', 'fixup4cd.dat', 'LICENCE.broadcom']) fs.rmSync(path.join(one, name));
    fs.writeFileSync(path.join(one, 'copyright'), COPYRIGHT);
    fs.writeFileSync(path.join(one, 'bcm2711-rpi-4-b.dtb'), deviceTree());
    const full = await readVideoCore(one);
    assert.deepEqual([full?.cutDown, full?.full, full?.deviceTree], [false, true, true]);
    assert.deepEqual(
      full?.files.map((file) => file.path),
      ['start4.elf', 'fixup4.dat', 'LICENCE.broadcom', 'bcm2711-rpi-4-b.dtb'],
    );
    fs.mkdirSync(at('empty'));
    assert.equal(await readVideoCore(at('empty')), undefined);
  });

  it('are refused when they do not belong together, or are none', async () => {
    const refused = async (change: (folder: string) => void, file: string, message: RegExp): Promise<void> => {
      const where = fresh();
      change(where);
      await assert.rejects(readVideoCore(where), (error) => {
        assert.ok(error instanceof Problem && error.code === 'bad-firmware', String(error));
        assert.match(error.message, message);
        assert.equal(error.file, path.join(where, file));
        return true;
      });
    };
    const put = (name: string, bytes: Buffer) => (where: string) => fs.writeFileSync(path.join(where, name), bytes);
    const gone = (name: string) => (where: string) => fs.rmSync(path.join(where, name));
    const other = firmwarePair(6002);
    await refused(put('fixup4.dat', other.fixup), 'fixup4.dat', /belongs to a start4\.elf of 6002 bytes, .* has 6000/);
    await refused(put('start4.elf', other.start), 'fixup4.dat', /belongs to a start4\.elf of 6000 bytes, .* has 6002/);
    await refused(put('fixup4cd.dat', Buffer.from('text')), 'fixup4cd.dat', /no fixup file/);
    await refused(put('fixup4.dat', Buffer.alloc(0)), 'fixup4.dat', /no fixup file/);
    await refused(put('start4cd.elf', Buffer.alloc(4000)), 'start4cd.elf', /no firmware/);
    await refused(gone('fixup4.dat'), 'start4.elf', /without fixup4\.dat/);
    await refused(gone('start4cd.elf'), 'fixup4cd.dat', /without start4cd\.elf/);
    const cutOff = deviceTree().subarray(0, 50);
    await refused(put('bcm2711-rpi-4-b.dtb', cutOff), 'bcm2711-rpi-4-b.dtb', /no device tree, or cut off/);
  });

  it('know their start file by the last far distances of the fixup file, however many there are', () => {
    const { fixup } = firmwarePair(123_456);
    assert.equal(fixupTarget(fixup), 123_456);
    assert.equal(fixupTarget(fixup.subarray(0, -1)), undefined);
    const far = Buffer.from([0x36, 1, 0x10, 0x27, 0]);
    assert.equal(fixupTarget(far), 2 * (10_000 - 1));
    assert.equal(fixupTarget(Buffer.concat([far, far.subarray(1)])), 2 * (20_000 - 1));
  });

  it("have their licence out of Debian's copyright file, or that file", () => {
    assert.equal(
      licenceOf(Buffer.from(COPYRIGHT)).toString(),
      'Copyright (c) 2006, A\nCopyright (c) 2015, B\nAll rights reserved.\n\n* Only on a Pi.\n',
    );
    assert.equal(licenceOf(Buffer.from('free text')).toString(), 'free text');
  });

  it('come out of a package without leaving the folder', async () => {
    const root = at('package');
    const inside = path.join(root, 'usr/lib/raspi-firmware');
    firmwareFolder(inside);
    fs.writeFileSync(path.join(inside, 'start.elf'), 'another board');
    fs.mkdirSync(path.join(root, 'usr/share/doc/raspi-firmware'), { recursive: true });
    fs.writeFileSync(path.join(root, 'usr/share/doc/raspi-firmware/copyright'), COPYRIGHT);
    fs.mkdirSync(path.join(root, 'DEBIAN'));
    fs.writeFileSync(
      path.join(root, 'DEBIAN/control'),
      'Package: raspi-firmware\nVersion: 1\nArchitecture: all\nMaintainer: x <x@example.org>\nDescription: x\n',
    );
    const deb = at('raspi-firmware_1_all.deb');
    tool('dpkg-deb', '--root-owner-group', '-b', root, deb);
    fs.mkdirSync(at('unpacked'));
    await unpack(deb, at('unpacked'), ['./usr/lib/raspi-firmware/*4*.*', './usr/share/doc/raspi-firmware/copyright']);
    assert.deepEqual(fs.readdirSync(at('unpacked')).sort(), [
      ...['copyright', 'fixup4.dat', 'fixup4cd.dat', 'start4.elf', 'start4cd.elf'],
    ]);
    assert.equal((await readVideoCore(at('unpacked')))?.date, '2026-02-03');

    const fails = (file: string, patterns: string[]): Promise<void> =>
      assert.rejects(
        unpack(file, at('unpacked'), patterns),
        (error) => error instanceof Problem && error.file === file,
      );
    await fails(deb, ['./no/such/file']);
    await fails(at('gone.deb'), ['*']);
    fs.writeFileSync(at('cut.deb'), fs.readFileSync(deb).subarray(0, 700));
    await fails(at('cut.deb'), ['./usr/*']);
  });
});
