import assert from 'node:assert/strict';
import fs from 'node:fs';
import { gzipSync } from 'node:zlib';
import type { FindingCode, Severity } from '../../host-tools/card/check-report.js';
import {
  at,
  card,
  check,
  codes,
  config,
  CONFIG,
  fixupFile,
  kernel,
  KERNEL_TAIL_BYTES,
  START_BYTES,
  startFile,
  wav,
  withConfig,
} from './check-rig.js';
import { deleteFile, MIB, noise, PARTITION, patch, writeTable } from './fat-rig.js';

/** Cards with one thing wrong each: what is found, and words of what is told. */
const WRONG: [
  name: string,
  found: `${Severity} ${FindingCode}`[] | `${Severity} ${FindingCode}`,
  words: RegExp,
  make: () => string,
][] = [
  ['no start file', 'boot no-start-file', /start4\.elf: is missing/, () => card({ 'start4.elf': null })],
  ['no fixup file', 'boot no-fixup-file', /fixup4\.dat: is missing/, () => card({ 'fixup4.dat': null })],
  [
    'no VideoCore files',
    'boot no-videocore-files',
    /only the emulator boots/,
    () => card({ 'start4.elf': null, 'fixup4.dat': null }),
  ],
  [
    'a fixup file of another release',
    'boot unpaired',
    /belongs to a start4\.elf of 9002 bytes, and that one has 9000/,
    () => card({ 'fixup4.dat': fixupFile(START_BYTES + 2) }),
  ],
  ['no fixup file but a text', 'boot unpaired', /is no fixup file/, () => card({ 'fixup4.dat': 'hello' })],
  ['no start file but a text', 'boot bad-start-file', /is no firmware/, () => card({ 'start4.elf': noise(900, 3) })],
  [
    'the cut-down firmware wanted and not there',
    'boot no-videocore-files',
    /start4cd\.elf and fixup4cd\.dat are missing \(gpu_mem/,
    () => withConfig('gpu_mem=16'),
  ],
  [
    'the cut-down firmware alone',
    'note no-full-pair',
    /start4\.elf and fixup4\.dat are missing/,
    () =>
      card({
        ...{ 'start4.elf': null, 'fixup4.dat': null, 'start4cd.elf': startFile(), 'fixup4cd.dat': fixupFile() },
        'config.txt': [...CONFIG, 'gpu_mem=16', ''].join('\n'),
      }),
  ],
  [
    'no config.txt',
    ['boot no-config', 'boot kernel-address'],
    /config\.txt: is missing/,
    () => card({ 'config.txt': null }),
  ],
  [
    'a config.txt as Windows likes it',
    ['boot config-not-text', 'note arm-64bit', 'boot kernel-address'],
    /no plain text/,
    () => card({ 'config.txt': Buffer.from(CONFIG.join('\n'), 'utf16le') }),
  ],
  ['no kernel', 'boot no-kernel', /kernel8\.img: is missing/, () => card({ 'kernel8.img': null })],
  ['an empty kernel', 'boot no-kernel', /is empty/, () => card({ 'kernel8.img': '' })],
  ['another kernel than there is', 'boot no-kernel', /other\.img: is missing/, () => withConfig('kernel=other.img')],
  [
    'a kernel that is cut off',
    'boot bad-kernel',
    /gzip/,
    () => card({ 'kernel8.img': gzipSync(kernel()).subarray(0, 900) }),
  ],
  [
    'a kernel that lacks its end',
    'boot bad-kernel',
    /kernel8\.img: is damaged/,
    () => card({ 'kernel8.img': kernel().subarray(0, -KERNEL_TAIL_BYTES - 3) }),
  ],
  [
    'a kernel that does not begin as one',
    'boot bad-kernel',
    /kernel8\.img: is damaged/,
    () => card({ 'kernel8.img': kernel().subarray(4) }),
  ],
  ['a foreign kernel', 'note other-kernel', /no kernel of Mirleft/, () => card({ 'kernel8.img': noise(5000, 4) })],
  [
    'no kernel_address',
    'boot kernel-address',
    /loaded to 0x200000, and was linked for 0x80000; set kernel_address=0x80000/,
    () => config(CONFIG.filter((line) => !line.startsWith('kernel_address'))),
  ],
  [
    'kernel_old',
    'boot kernel-address',
    /loaded to 0x0/,
    () => config([...CONFIG.filter((line) => !line.startsWith('kernel_address')), 'kernel_old=1']),
  ],
  ['an address that is none', 'boot kernel-address', /loaded to nowhere/, () => withConfig('kernel_address=somewhere')],
  ['32 bits', 'boot arm-64bit', /32 bits/, () => withConfig('arm_64bit=0', 'kernel=kernel8.img')],
  [
    'no word about 64 bits',
    'note arm-64bit',
    /older firmware/,
    () => config(CONFIG.filter((line) => !line.startsWith('arm_64bit'))),
  ],
  [
    'a second of waiting',
    'note boot-delay',
    /wait 1 s/,
    () => config(CONFIG.filter((line) => !line.startsWith('boot_delay'))),
  ],
  [
    'no device tree and no word about the interrupts',
    'sound no-device-tree',
    /enable_gic is not set/,
    () => {
      const file = config(CONFIG.filter((line) => !line.startsWith('enable_gic')));
      deleteFile(file, 'bcm2711-rpi-4-b.dtb');
      return file;
    },
  ],
  ['no device tree', 'note no-device-tree', /enable_gic is set/, () => card({ 'bcm2711-rpi-4-b.dtb': null })],
  [
    'a device tree that is none',
    'sound bad-device-tree',
    /is no device tree/,
    () => card({ 'bcm2711-rpi-4-b.dtb': 'tree' }),
  ],
  ['the old interrupts', 'sound no-gic', /interrupt controller/, () => withConfig('enable_gic=0')],
  [
    'a line that is too long',
    'note config-line-too-long',
    /config\.txt, line 7: .*98 characters/,
    () => withConfig(`cmdline=${'x'.repeat(100)}`),
  ],
  ['a letter that is not ASCII', 'note config-not-ascii', /line 7/, () => withConfig('cmdline=é')],
  [
    'a line for one monitor only',
    'note config-condition',
    /line 8: "hdmi_mode=1" holds only for/,
    () => withConfig('[EDID=DEL-DELL_U2422H]', 'hdmi_mode=1'),
  ],
  ['an include of nothing', 'note config-include', /line 7: "include more\.txt"/, () => withConfig('include more.txt')],
  [
    'a RAM file that is missing',
    'sound no-ram-file',
    /data\.tar: is missing/,
    () => withConfig('initramfs data.tar 0x10000000'),
  ],
  ['no track', 'sound no-tracks', /has no track/, () => card({ 'music/one.wav': null })],
  [
    'FLAC, whatever its name',
    'sound not-decodable',
    /two\.wav: is FLAC, which the device cannot decode; mirleft image/,
    () => card({ 'music/two.wav': 'fLaC\0\0\0\x22' }),
  ],
  [
    'a WAV with MP3 in it',
    'sound not-decodable',
    /two\.wav: is a WAV with MP3, which/,
    () => card({ 'music/two.wav': wav({ codec: 0x55 }) }),
  ],
  [
    'music that is none',
    'sound not-decodable',
    /two\.mp3: is nothing/,
    () => card({ 'music/two.mp3': noise(5000, 5) }),
  ],
  [
    'a path that is too long',
    'sound path-too-long',
    /has 261 characters, 255 at most/,
    () => card({ [`${'long folder'.padEnd(128, 'x')}/${'y'.repeat(128)}.wav`]: wav() }),
  ],
  [
    'WAVs that the player refuses',
    Array.from({ length: 4 }, () => 'sound not-decodable' as const),
    /192\.wav: has a sampling rate of 384000 Hz, and 8 to 192 kHz are played/,
    () =>
      card({
        'music/192.wav': wav({ rateHz: 384_000 }),
        'music/four.wav': wav({ rateHz: 4000 }),
        'music/none.wav': wav({ frames: 0 }),
        'music/six.wav': wav({ channels: 6 }),
      }),
  ],
  [
    'music that the player does not find, for it goes by names',
    'sound not-by-name',
    /music\/two: is sound .*; call it \.wav/,
    () => card({ 'music/two': wav() }),
  ],
  [
    'names of 8.3 that stand twice',
    'note same-short-name',
    /music\/one\.wav: has the short name of one\.wav/,
    () => {
      const file = card({ 'music/two.wav': wav() });
      const bytes = fs.readFileSync(file);
      // Its long name goes with the old one.
      patch(file, bytes.indexOf('TWO     WAV'), Buffer.from('ONE'));
      return file;
    },
  ],
  ['no settings', 'note no-settings', /player\.ini: is missing/, () => card({ 'player.ini': null })],
  [
    'settings as Windows likes them',
    'note settings-not-text',
    /player\.ini: is no plain text/,
    () => card({ 'player.ini': Buffer.from('volume=1', 'utf16le') }),
  ],
  [
    'a name with a control character',
    'sound bad-name',
    /\\x07/,
    () => {
      const file = card({ 'music/BELL.WAV': wav() });
      const bytes = fs.readFileSync(file);
      patch(file, bytes.indexOf('BELL    WAV'), Buffer.from([7]));
      return file;
    },
  ],
  [
    'a size that QEMU does not take',
    'note image-size',
    /truncate -s 134217728/,
    () => card({}, { bytes: 65 * MIB, bits: 32 }),
  ],
  [
    'a card that was not unmounted',
    'note not-unmounted',
    /fsck\.fat/,
    () => {
      const file = card();
      const reserved = fs.readFileSync(file).readUInt16LE(PARTITION + 14);
      for (const fat of [0, 1]) {
        const sectors = fs.readFileSync(file).readUInt32LE(PARTITION + 36);
        patch(file, PARTITION + (reserved + fat * sectors) * 512 + 7, Buffer.from([0x07]));
      }
      return file;
    },
  ],
  [
    'a partition that ends behind the card',
    'boot cut-off',
    /ends at byte 134217728, and the card at 67108864/,
    () => {
      const file = card();
      writeTable(file, 0x0c, PARTITION, 128 * MIB - PARTITION);
      return file;
    },
  ],
  [
    'a partition of another type',
    'boot partition-type',
    /its type says 0x83/,
    () => {
      const file = card();
      writeTable(file, 0x83, PARTITION, 63 * MIB);
      return file;
    },
  ],
  [
    'a FAT partition behind another one',
    'note not-first-partition',
    /number 2/,
    () => {
      const file = card();
      writeTable(file, 0x0c, PARTITION, 63 * MIB, 1);
      const sector = fs.readFileSync(file).subarray(0, 512);
      sector[446 + 4] = 0x83;
      sector.writeUInt32LE(8, 446 + 8);
      sector.writeUInt32LE(8, 446 + 12);
      patch(file, 0, sector);
      return file;
    },
  ],
  [
    'a card without partitions',
    'note no-partition-table',
    /26 May 2020/,
    () => {
      const file = card();
      fs.writeFileSync(at('bare.img'), fs.readFileSync(file).subarray(PARTITION));
      fs.truncateSync(at('bare.img'), 64 * MIB);
      return at('bare.img');
    },
  ],
  [
    'a folder that is broken',
    ['sound broken-folder', 'sound no-tracks'],
    /music: .*chain/,
    () => {
      const file = card();
      const slot = fs.readFileSync(file).indexOf('MUSIC      ');
      patch(file, slot + 26, Buffer.from([0xff, 0xff]));
      return file;
    },
  ],
  [
    'a file that is broken',
    ['boot broken-file', 'note broken-file'],
    /kernel8\.img: .*cluster/,
    () => {
      const file = card();
      patch(file, fs.readFileSync(file).indexOf('KERNEL8 IMG') + 26, Buffer.from([0xff, 0xff]));
      return file;
    },
  ],
  [
    'a FAT that says it is larger than the card',
    'boot bad-fat',
    /bytes, and there are/,
    () => {
      const file = card();
      patch(file, PARTITION + 35, Buffer.from([0x7f]));
      return file;
    },
  ],
];

/** Cards that are none; only that is told. */
const FOREIGN: [what: RegExp, make: (file: string) => void][] = [
  [/has no partition table/, (file) => patch(file, 0, noise(1024, 6))],
  [/has a GPT instead of an MBR/, (file) => writeTable(file, 0xee, 512, 4 * MIB)],
  [/has a GPT without an MBR/, (file) => patch(file, 512, Buffer.from('EFI PART'))],
  [/is an NTFS volume without partitions/, (file) => patch(file, 3, Buffer.from('NTFS    '))],
  [
    /says that it is FAT, and is exFAT/,
    (file) => {
      writeTable(file, 0x0c, MIB, 7 * MIB);
      patch(file, MIB + 3, Buffer.from('EXFAT   '));
    },
  ],
  [
    /no FAT partition: what is there is exFAT/,
    (file) => {
      writeTable(file, 0x07, MIB, 7 * MIB);
      patch(file, MIB + 3, Buffer.from('EXFAT   '));
    },
  ],
  [/without partitions/, (file) => patch(file, 510, Buffer.from([0x55, 0xaa]))],
  [/is packed with xz; unpack it with unxz/, (file) => patch(file, 0, Buffer.from('\xfd7zXZ\0', 'latin1'))],
];

describe('what mirleft check finds', () => {
  for (const [name, found, words, make] of WRONG)
    it(`finds ${name}`, async () => {
      const report = await check(make());
      const lines = report.findings.map(({ where, what, fix }) =>
        [where && `${where}: `, what, fix && `; ${fix}`].join(''),
      );
      assert.deepEqual(codes(report), [found].flat());
      assert.ok(
        lines.some((line) => words.test(line)),
        lines.join('\n'),
      );
    });

  it('tells what a card is that is none', async () => {
    for (const [what, make] of FOREIGN) {
      const file = at('foreign.img');
      fs.writeFileSync(file, Buffer.alloc(8 * MIB));
      make(file);
      const { findings } = await check(file);
      assert.deepEqual([findings.length, findings[0]?.severity, findings[0]?.code], [1, 'boot', 'no-fat']);
      assert.match(`${findings[0]?.what}; ${findings[0]?.fix}`, what);
    }
  });
});
