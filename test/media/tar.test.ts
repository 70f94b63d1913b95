import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import {
  pack,
  SETTINGS_NAME,
  type PackedTrack,
  type PackEvent,
  type PackOptions,
} from '../../host-tools/media/pack.js';
import { fitName } from '../../host-tools/media/tar.js';
import { readWav } from '../../host-tools/media/wav.js';
import { decodeQoa } from './qoa-reference.js';
import { makeMusic, testFolder, tool } from './sounds.js';

const folder = testFolder();
let archives = 0;

async function packed(
  files: (string | Buffer)[],
  options: Partial<PackOptions> = {},
): Promise<{ archive: string; tracks: PackedTrack[]; events: PackEvent[] }> {
  const archive = path.join(folder, `${archives++}.tar`);
  const packing = pack({ files: files.map(String), archive, settings: 'demo = off\n', ...options });
  const events: PackEvent[] = [];
  for (;;) {
    const { done, value } = await packing.next();
    if (done) return { archive, tracks: value, events };
    events.push(value);
  }
}

const errors = (events: PackEvent[]): string[] =>
  events.flatMap((event) => (event.event === 'error' ? [event.problem.line()] : []));

/** What tar makes of it, by the bytes of the names. */
function extracted(archive: string): Map<string, Buffer> {
  const into = fs.mkdtempSync(path.join(folder, 'x-'));
  execFileSync('tar', ['-xf', archive, '-C', into]);
  return new Map(
    fs
      .readdirSync(into, { encoding: 'buffer' })
      .map((name) => [name.toString('latin1'), fs.readFileSync(Buffer.concat([Buffer.from(`${into}/`), name]))]),
  );
}

describe('the archive', () => {
  const wav = path.join(folder, 'short.wav');
  before(() => {
    makeMusic(wav, 0.1, 8000, 16, 1);
    tool('flac', '-s', '-f', wav);
  });

  it('is what tar reads, settings first, the same bytes every time', async () => {
    const flac = wav.replace('.wav', '.flac');
    const { archive, tracks } = await packed([wav, flac]);
    assert.deepEqual(tool('tar', '-tf', archive).toString().trim().split('\n'), [
      SETTINGS_NAME,
      'short.wav',
      'short.flac',
    ]);
    assert.match(tool('tar', '-tvf', archive).toString(), /-rw-r--r-- 0\/0 +11 1970-01-01/);
    const members = extracted(archive);
    assert.equal(members.get(SETTINGS_NAME)?.toString(), 'demo = off\n');
    assert.deepEqual(members.get('short.wav'), fs.readFileSync(wav));
    assert.deepEqual(readWav(members.get('short.flac') ?? Buffer.alloc(0)), readWav(fs.readFileSync(wav)));
    assert.deepEqual(
      tracks.map(({ name, rateHz, format }) => [name, rateHz, format]),
      [
        ['short.wav', 8000, 'wav'],
        ['short.flac', 8000, 'flac'],
      ],
    );
    assert.deepEqual(fs.readFileSync((await packed([wav, flac])).archive), fs.readFileSync(archive));
    assert.equal(fs.statSync(archive).size % 512, 0);
  });

  it('takes hostile names as they are: spaces, quotes, leading dashes, broken UTF-8, long ones', async () => {
    const long = `${'ä'.repeat(80)}.wav`;
    const names = ['a b.wav', `quo'te".wav`, '-rf.wav', '..wav', 'new\nline.wav', '\x1b[31mred.wav', 'ünï.wav', long];
    const broken = Buffer.from('b\xff\xfe.wav', 'latin1');
    for (const name of names) fs.copyFileSync(wav, path.join(folder, name));
    fs.copyFileSync(wav, Buffer.concat([Buffer.from(`${folder}/`), broken]));
    // As an argument the name arrives with its broken bytes replaced.
    const { archive, tracks, events } = await packed([
      ...names.map((name) => `${folder}/${name}`),
      `${folder}/${broken}`,
    ]);
    assert.deepEqual(errors(events), []);
    assert.equal(tracks.length, names.length + 1);
    const members = extracted(archive);
    for (const name of names.slice(0, -1)) assert.ok(members.has(Buffer.from(name).toString('latin1')), name);
    assert.ok(members.has(broken.toString('latin1')));
    const cut = tracks[names.length - 1]?.name ?? '';
    assert.match(cut, /^ä+~ä+\.wav$/);
    assert.ok(Buffer.from(cut).length <= 100 && Buffer.from(cut).length > 96);
    assert.ok(events.some((event) => event.event === 'warning' && /too long a name/.test(event.problem.message)));
  });

  it('never has a name that means another place', () => {
    const name = (text: string): string => fitName(Buffer.from(text, 'latin1')).name.toString('latin1');
    assert.deepEqual(['..', '.', '', '../../etc/passwd', 'a\0b'].map(name), [
      '.._',
      '._',
      '_',
      '.._.._etc_passwd',
      'a_b',
    ]);
    for (let length = 95; length < 400; length++) assert.ok(fitName(Buffer.alloc(length, 0xa4)).name.length <= 100);
  });

  it('leaves out what fails and says what, where and what to try', async () => {
    const text = path.join(folder, 'notes.mp3');
    fs.writeFileSync(text, 'not a sound');
    fs.writeFileSync(path.join(folder, 'empty.wav'), '');
    const missing = path.join(folder, 'missing.flac');
    const { tracks, events } = await packed([missing, text, wav, folder, path.join(folder, 'empty.wav'), 'a\0b']);
    assert.deepEqual(
      tracks.map(({ input }) => input),
      [2],
    );
    assert.deepEqual(
      errors(events).map((line) => line.replaceAll(folder, 'F')),
      [
        'F/missing.flac: no such file; check the name and the folder',
        'F/notes.mp3: is not a sound file that is known here at byte 0; WAV, QOA, FLAC, MP3, Ogg Vorbis and Opus are played',
        'F: is a folder; name the files in it',
        'F/empty.wav: is empty at byte 0; WAV, QOA, FLAC, MP3, Ogg Vorbis and Opus are played',
        errors(events)[4] ?? '',
      ],
    );
    assert.match(errors(events)[4] ?? '', /^a\\x00b: cannot be read/);
  });

  it('says by how many bytes a file does not fit, and takes the next one that does', async () => {
    const large = path.join(folder, 'large.wav');
    makeMusic(large, 1, 8000, 16, 1);
    const limit = 512 * 2 + 1024 + 512 + 2048; // settings, end, and a member of 2048 bytes
    const { tracks, events } = await packed([large, wav], { limit });
    assert.deepEqual(
      tracks.map(({ name }) => name),
      ['short.wav'],
    );
    const over = Math.ceil(fs.statSync(large).size / 512) * 512 - 2048;
    assert.deepEqual(errors(events), [
      `${large}: does not fit into the board's RAM disk, by ${over} bytes; --qoa packs it to a fifth`,
    ]);
    const qoa = await packed([large], { limit, qoa: true });
    assert.match(errors(qoa.events)[0] ?? '', /by \d+ bytes; play fewer files/);
  });

  it('packs QOA that decodes to the sound, from WAV too, and leaves QOA alone', async () => {
    const { archive } = await packed([wav], { qoa: true });
    const member = extracted(archive).get('short.wav') ?? Buffer.alloc(0);
    const decoded = decodeQoa(member);
    assert.deepEqual([decoded.rateHz, decoded.channels, decoded.samples.length], [8000, 1, 800]);
    fs.writeFileSync(path.join(folder, 'made.qoa'), member);
    const again = await packed([path.join(folder, 'made.qoa')], { qoa: true });
    assert.deepEqual(extracted(again.archive).get('made.qoa'), member);
    assert.equal(again.tracks[0]?.seconds, 0.1);
  });
});
