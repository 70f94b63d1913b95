// Sounds that are decoded while they are sent.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { LiveSound } from '../../host-tools/link/live-sound.js';
import { Sound, type SoundOptions } from '../../host-tools/link/sound.js';
import { openSound } from '../../host-tools/link/sound-file.js';
import { encodeQoa } from '../../host-tools/media/qoa.js';
import { tone, wav16 } from '../player/program-rig.js';
import { decodeQoa } from '../support/qoa.js';

describe('link/sound', () => {
  let folder: string;
  before(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'mirleft-sound-'))));
  after(() => fs.rmSync(folder, { recursive: true }));

  async function whole(data: Uint8Array, options: SoundOptions = {}): Promise<Sound> {
    const file = path.join(folder, 'a');
    fs.writeFileSync(file, data);
    let grew = (): void => undefined;
    const sound = await openSound(file, options, () => grew());
    while (!sound.isWhole) await new Promise<void>((resolve) => (grew = resolve));
    return sound;
  }

  it('gives the frames of a file at any place', async () => {
    const samples = tone(700_000, 2);
    const sound = await whole(wav16(samples, 48_000));
    assert.deepEqual([sound.rateHz, sound.channels, sound.available], [48_000, 2, 700_000]);
    for (const [from, count] of [
      [0, 700_000],
      [262_100, 200],
      [262_144, 1],
      [699_990, 100],
    ] as const)
      assert.deepEqual(sound.read(from, count), samples.slice(2 * from, 2 * (from + count)));
    assert.equal(sound.read(700_000, 10).length, 0);
  });

  it('decodes QOA by the letter, and keeps its frames', async () => {
    const file = encodeQoa(tone(12_345, 2), 44_100, 2);
    const sound = await whole(file);
    assert.deepEqual([...sound.read(0, 20_000)], [...decodeQoa(file)]);
    assert.deepEqual(Buffer.concat((sound.qoa?.frames ?? []).map(({ bytes }) => bytes)), file.subarray(8));
  });

  it('plays what is whole of a QOA file that was cut, and says so', async () => {
    const file = encodeQoa(tone(12_345, 1), 44_100, 1);
    const sound = await whole(file.subarray(0, 3000));
    assert.equal(sound.available, 5120);
    assert.match(sound.problem?.line() ?? '', /is cut off at byte 2080/);
    await assert.rejects(whole(file.subarray(0, 1000)), /is cut off/);
    await assert.rejects(whole(Buffer.concat([Buffer.from('qoaf'), Buffer.alloc(40)])), /0 channels/);
  });

  it('makes one channel of two, and another rate', async () => {
    const samples = tone(48_000, 2);
    const mono = await whole(wav16(samples, 48_000), { mono: true });
    assert.equal(mono.channels, 1);
    assert.equal(mono.read(5, 1)[0], ((samples[10] as number) + (samples[11] as number)) >> 1);
    const slow = await whole(encodeQoa(samples, 48_000, 2), { mono: true, rateHz: 16_000 });
    assert.deepEqual([slow.rateHz, slow.channels, slow.qoa], [16_000, 1, undefined]);
    assert.ok(Math.abs(slow.available - 16_000) <= 40, String(slow.available));
  });

  it('refuses what is no sound, and what has none', async () => {
    await assert.rejects(whole(Buffer.from('hello')), { code: 'unknown-format' });
    await assert.rejects(whole(wav16(new Int16Array(0))));
  });

  it('takes raw samples in any pieces, and holds a fast source up', async () => {
    const samples = tone(200_000, 2);
    const bytes = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
    let given = 0;
    async function* pieces(): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < bytes.length; at += 997) {
        given = Math.min(bytes.length, at + 997);
        yield bytes.subarray(at, given);
        await Promise.resolve();
      }
    }
    const live = new LiveSound(pieces(), { rateHz: 48_000, channels: 2 }, () => undefined);
    const { sound } = live;
    const read: number[] = [];
    while (!sound.isWhole || read.length < sound.available * 2) {
      await new Promise((resolve) => setImmediate(resolve));
      assert.ok(given - read.length * 2 < 4 * 60_000, 'no more than a second ahead');
      const some = sound.read(read.length / 2, 4000);
      read.push(...some);
      live.forget(read.length / 2);
    }
    assert.deepEqual(read.slice(0, samples.length), [...samples]);
  });
});
