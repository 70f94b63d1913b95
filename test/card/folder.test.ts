import assert from 'node:assert/strict';
import fs from 'node:fs';
import fsp from 'node:fs/promises';
import path from 'node:path';
import { fillCard } from '../../host-tools/card/folder.js';
import type { FolderOptions } from '../../host-tools/card/options.js';
import { Problem } from '../../host-tools/problem.js';
import { makeMusic, testFolder, tool } from '../media/sounds.js';
import {
  EMPTY_STATE,
  firmwareFolder,
  firmwarePair,
  follow,
  kernel,
  makeImage,
  readCard,
  readFolder,
} from './card-rig.js';

const folder = testFolder();
const at = (...names: string[]): string => path.join(folder, ...names);
let made = 0;
function emptyCard(): string {
  const card = at(`card-${++made}`);
  fs.mkdirSync(card);
  return card;
}

const fill = (card: string, options: Partial<FolderOptions> = {}): ReturnType<typeof follow> =>
  follow(
    fillCard({
      folder: card,
      build: kernel(),
      firmware: at('firmware'),
      music: [at('music')],
      cacheDir: at('cache'),
      ...options,
    }),
  );

/** Names and inodes: a file that was written again has another one. */
const inodes = (card: string): Map<string, number> =>
  new Map([...readFolder(card).keys()].map((name) => [name, fs.statSync(path.join(card, name)).ino]));

const isProblem =
  (code: string, message: RegExp) =>
  (error: unknown): boolean =>
    error instanceof Problem && error.code === code && message.test(error.line());

describe('a mounted card', () => {
  before(() => {
    firmwareFolder(at('firmware'));
    fs.mkdirSync(at('music/Jazz'), { recursive: true });
    makeMusic(at('music/Jazz/m.wav'), 1, 44100, 16);
    tool('flac', '-s', '-f', at('music/Jazz/m.wav'), '-o', at('music/m.flac'));
    fs.writeFileSync(at('music/list.m3u'), 'm.flac\n');
  });
  after(() => assert.deepEqual(fs.readdirSync(at('cache')), [], 'what was converted is gone'));

  it('gets what an image holds, and keeps all else', async () => {
    const card = emptyCard();
    fs.mkdirSync(path.join(card, 'mine'));
    fs.writeFileSync(path.join(card, 'mine/photo.jpg'), 'photo');
    fs.writeFileSync(path.join(card, 'player.state'), 'state');
    const { report } = await fill(card);
    await makeImage({ output: at('same.img'), firmware: at('firmware'), music: [at('music')] });
    const wanted = readCard(at('same.img'))
      .set('mine/photo.jpg', Buffer.from('photo'))
      .set('player.state', Buffer.from('state'));
    assert.deepEqual(readFolder(card), new Map([...wanted].sort(([a], [b]) => (a < b ? -1 : 1))));
    assert.deepEqual([report.errors, report.tracks.length, report.playlists], [[], 2, 1]);
    // The state that was there is the player's own.
    assert.equal(report.writtenBytes, report.bytes - EMPTY_STATE.length);
    // A folder of this computer is no card.
    assert.equal(report.notices.filter((text) => /is on no FAT file system/.test(text)).length, 1);
  });

  it('is not written where it has the same, and gets whole new files where it has not', async () => {
    const card = emptyCard();
    await fill(card);
    const before = inodes(card);
    const again = await fill(card);
    assert.deepEqual([again.report.writtenBytes, inodes(card)], [0, before]);

    const newer = firmwareFolder(at('newer'));
    const { start, fixup } = firmwarePair(6400);
    fs.writeFileSync(path.join(newer, 'start4.elf'), start);
    fs.writeFileSync(path.join(newer, 'fixup4.dat'), fixup);
    // Of the same length: only its contents tell.
    fs.writeFileSync(path.join(card, 'music/Jazz/m.wav'), Buffer.alloc(fs.statSync(at('music/Jazz/m.wav')).size));
    await fill(card, { firmware: newer, build: kernel('two') });
    const changed = [...inodes(card)].filter(([name, inode]) => before.get(name) !== inode).map(([name]) => name);
    assert.deepEqual(changed, ['fixup4.dat', 'kernel8.img', 'music/Jazz/m.wav', 'start4.elf']);
    assert.ok(
      readFolder(card)
        .get('music/Jazz/m.wav')
        ?.equals(fs.readFileSync(at('music/Jazz/m.wav'))),
    );
    assert.match(fs.readFileSync(path.join(card, 'kernel8.img'), 'latin1'), /^kernel two/);
  });

  it('keeps settings that were changed there, with the new ones beside them, unless by force', async () => {
    const card = emptyCard();
    await fill(card);
    const mine = 'volume_db = -40\n';
    const config = fs.readFileSync(path.join(card, 'config.txt'), 'utf8');
    const settings = fs.readFileSync(path.join(card, 'player.ini'), 'utf8');
    fs.writeFileSync(path.join(card, 'player.ini'), mine);
    fs.writeFileSync(path.join(card, 'config.txt'), `${config}hdmi_safe=1\n`);
    const { report } = await fill(card);
    const read = (name: string): string => fs.readFileSync(path.join(card, name), 'utf8');
    assert.deepEqual([read('player.ini'), read('player.ini.new'), read('config.txt.new')], [mine, settings, config]);
    assert.match(report.notices.join('\n'), /player\.ini on the card is another one and stays/);
    await fill(card, { force: true });
    assert.deepEqual([read('player.ini'), read('config.txt')], [settings, config]);
  });

  it("is refused where it is no folder, and where another system's kernel is", async () => {
    fs.writeFileSync(at('file'), '');
    await assert.rejects(fill(at('file')), isProblem('usage', /is no folder/));
    await assert.rejects(fill(at('gone')), isProblem('not-found', /mount the card/));
    const card = emptyCard();
    fs.writeFileSync(path.join(card, 'kernel8.img'), 'Linux');
    await assert.rejects(fill(card), isProblem('would-overwrite', /kernel of another system/));
    assert.deepEqual(fs.readdirSync(card), ['kernel8.img'], 'nothing is written before');
    await fill(card, { force: true });
    assert.match(fs.readFileSync(path.join(card, 'kernel8.img'), 'latin1'), /^kernel one/);

    const linked = emptyCard();
    fs.mkdirSync(at('elsewhere'), { recursive: true });
    fs.symlinkSync(at('elsewhere'), path.join(linked, 'music'));
    await assert.rejects(fill(linked), isProblem('would-overwrite', /music: is there and no folder/));
    assert.deepEqual(fs.readdirSync(at('elsewhere')), []);
    const taken = emptyCard();
    fs.mkdirSync(path.join(taken, 'config.txt'));
    await assert.rejects(fill(taken), isProblem('would-overwrite', /no regular file/));
  });

  it("is refused where config.txt starts another system, and keeps that system's files", async () => {
    for (const [config, kernels] of [
      ['kernel=vmlinuz\n', ['vmlinuz']],
      ['kernel=vmlinuz\n', []],
      ['', ['kernel7l.img']],
    ] as const) {
      const card = emptyCard();
      const files = { 'config.txt': config, 'start4.elf': 'theirs', 'fixup4.dat': 'theirs' };
      for (const [name, text] of Object.entries(files)) fs.writeFileSync(path.join(card, name), text);
      for (const name of kernels) fs.writeFileSync(path.join(card, name), 'Linux');
      await assert.rejects(fill(card), isProblem('would-overwrite', /another system/));
      assert.deepEqual(fs.readdirSync(card).sort(), [...Object.keys(files), ...kernels].sort());
      assert.equal(fs.readFileSync(path.join(card, 'start4.elf'), 'utf8'), 'theirs');
    }
  });

  it('tells what keeps a Pi from starting the program when it is on the card', async () => {
    const card = emptyCard();
    assert.deepEqual((await fill(card)).report.errors, []);
    fs.appendFileSync(path.join(card, 'config.txt'), 'arm_64bit=0\nkernel=KERNEL8.IMG\n');
    const { report } = await fill(card);
    assert.deepEqual(
      report.errors.map(({ message }) => message),
      ['starts the ARM with 32 bits'],
    );
    fs.appendFileSync(path.join(card, 'config.txt'), 'arm_64bit=1\nkernel=other.img\n');
    fs.writeFileSync(path.join(card, 'other.img'), kernel('old').image);
    const other = await fill(card);
    assert.deepEqual(
      other.report.errors.map(({ message }) => message),
      ['starts other.img, and not kernel8.img'],
    );
  });

  it('takes VideoCore files that are there already where none can be fetched', async () => {
    const card = firmwareFolder(emptyCard());
    const { PATH } = process.env;
    process.env['PATH'] = folder;
    try {
      const { report, events } = await follow(fillCard({ folder: card, build: kernel(), cacheDir: at('cache') }));
      assert.equal(report.firmware?.date, '2026-02-03');
      assert.ok(!events.some(({ event }) => event === 'unbootable'));
      assert.equal(report.bytes, report.writtenBytes + firmwareBytes(card));
      const bare = await follow(fillCard({ folder: emptyCard(), build: kernel(), cacheDir: at('cache') }));
      assert.equal(bare.report.firmware, null);
      assert.ok(bare.events.some(({ event }) => event === 'unbootable'));
    } finally {
      process.env['PATH'] = PATH;
    }
  });

  it('counts the room that is left before it writes, and takes what fits', async () => {
    const card = emptyCard();
    const { statfs } = fsp;
    const block = 4096;
    const track = Math.ceil(fs.statSync(at('music/Jazz/m.wav')).size / block);
    // A megabyte that is left free, room for the system's eight files with a name each, and the rest for tracks.
    const free = (blocks: number): void => {
      const answer = { type: 0x4d44, bsize: block, bavail: (1 << 20) / block + blocks };
      fsp.statfs = (() => Promise.resolve(answer)) as unknown as typeof statfs;
    };
    try {
      free(27);
      await assert.rejects(fill(card), isProblem('no-room', /has no room for \S+, with \d+ bytes/));
      assert.deepEqual(fs.readdirSync(card), []);
      free(43 + track / 2);
      const { report, events } = await fill(card);
      assert.deepEqual(
        report.tracks.map((each) => each.path),
        ['music/m.qoa'],
      );
      const told = events.flatMap((event) => (event.event === 'error' ? event.problem.line() : []));
      assert.match(told.join('\n'), /^\S+m\.wav: does not fit, with \d+ bytes; take a larger card/);
      assert.ok(!report.notices.some((text) => /no FAT/.test(text)));
      free(45 + 2 * track);
      assert.equal((await fill(card)).report.tracks.length, 2);
    } finally {
      fsp.statfs = statfs;
    }
  });

  it('has whole files when it is interrupted, the old or the new ones', async () => {
    const card = emptyCard();
    const ending = new AbortController();
    const { report } = await follow(
      fillCard({
        folder: card,
        build: kernel(),
        firmware: false,
        music: [at('music')],
        cacheDir: at('cache'),
        signal: ending.signal,
      }),
      (event) => {
        if (event.event === 'writing') ending.abort();
      },
    );
    assert.equal(report.interrupted, true);
    for (const [name, bytes] of readFolder(card))
      if (name === 'music/Jazz/m.wav') assert.ok(bytes.equals(fs.readFileSync(at('music/Jazz/m.wav'))));
    assert.deepEqual(
      fs.readdirSync(card).filter((name) => name.startsWith('.')),
      [],
    );
  });
});

const firmwareBytes = (card: string): number =>
  ['start4.elf', 'fixup4.dat', 'start4cd.elf', 'fixup4cd.dat', 'LICENCE.broadcom'].reduce(
    (sum, name) => sum + fs.statSync(path.join(card, name)).size,
    0,
  );
