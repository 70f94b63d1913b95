import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { decode } from '../../host-tools/media/decode.js';
import { detectFormat, type Format } from '../../host-tools/media/detect.js';
import type { Pcm } from '../../host-tools/media/pcm.js';
import { encodeWav, readWav } from '../../host-tools/media/wav.js';
import { Problem } from '../../host-tools/problem.js';
import { makeMusic, reference, testFolder, tool } from './sounds.js';

const folder = testFolder();
const at = (name: string): string => path.join(folder, name);

async function decodeFile(file: string): Promise<Pcm> {
  const bytes = fs.readFileSync(file);
  const format = detectFormat(bytes);
  assert.ok(format !== undefined && format !== 'qoa');
  return decode(bytes, format, file);
}

const refuses = (bytes: Buffer, message: RegExp, offset?: number): Promise<void> =>
  assert.rejects(
    async () => decode(bytes, detectFormat(bytes) as Exclude<Format, 'qoa'>, 'x.flac'),
    (error) => {
      assert.ok(error instanceof Problem);
      assert.match(error.message, message);
      assert.equal(error.file, 'x.flac');
      if (offset !== undefined) assert.equal(error.offset, offset);
      return true;
    },
  );

describe('decoding on the host', () => {
  before(() => {
    makeMusic(at('m16.wav'), 2, 44100, 16);
    tool('flac', '-s', '-f', at('m16.wav'));
  });

  it('is bit-exact for FLAC of every depth, mono and stereo, and makes the WAV that flac -d makes', async () => {
    for (const [bits, channels, rate] of [
      [8, 1, 8000],
      [16, 1, 22050],
      [16, 2, 44100],
      [24, 2, 96000],
    ] as const) {
      const wav = makeMusic(at(`f${bits}-${channels}.wav`), 1, rate, bits, channels);
      const flac = wav.replace('.wav', '.flac');
      tool('flac', '-s', '-f', '-8', wav, '-o', flac);
      const pcm = await decodeFile(flac);
      assert.deepEqual([pcm.bits, pcm.channels, pcm.rateHz], [bits, channels, rate]);
      const raw = tool('flac', '-dcs', '--force-raw-format', '--endian=little', '--sign=signed', flac);
      const ours = encodeWav(pcm);
      const data = ours.subarray(44);
      if (bits === 8) for (let i = 0; i < data.length; i++) data[i] = (data[i] as number) ^ 0x80;
      assert.ok(data.equals(raw), `${bits} bits, ${channels} channels`);
    }
  });

  it('is bit-exact for every value of 24 bits', async () => {
    const samples = Int32Array.from({ length: 1 << 18 }, (_, i) => (((i * 64 + (i & 63)) << 8) >> 8) ^ 0x15);
    fs.writeFileSync(at('all.wav'), encodeWav({ rateHz: 48000, channels: 1, bits: 24, samples }));
    tool('flac', '-s', '-f', at('all.wav'));
    assert.deepEqual((await decodeFile(at('all.flac'))).samples, samples);
  });

  it('reads silence, very regular signals, Ogg FLAC and an ID3 tag in front', async () => {
    tool('sox', '-D', '-n', '-r', '44100', '-c', '2', '-b', '16', at('silence.wav'), 'trim', '0', '3');
    tool('flac', '-s', '-f', at('silence.wav'));
    assert.deepEqual((await decodeFile(at('silence.flac'))).samples, new Int16Array(2 * 3 * 44100));
    const ramp = Int16Array.from({ length: 1 << 18 }, (_, i) => i >> 2);
    fs.writeFileSync(at('ramp.wav'), encodeWav({ rateHz: 44100, channels: 1, bits: 16, samples: ramp }));
    tool('flac', '-s', '-f', at('ramp.wav'));
    assert.deepEqual((await decodeFile(at('ramp.flac'))).samples, ramp);

    tool('flac', '-s', '-f', '--ogg', at('m16.wav'), '-o', at('m16.oga'));
    const wanted = readWav(fs.readFileSync(at('m16.wav'))).samples;
    assert.deepEqual((await decodeFile(at('m16.oga'))).samples, wanted);
    const tag = Buffer.concat([Buffer.from('ID3\x04\0\0\0\0\0\x14', 'latin1'), Buffer.alloc(20)]);
    fs.writeFileSync(at('tagged.flac'), Buffer.concat([tag, fs.readFileSync(at('m16.flac'))]));
    assert.deepEqual((await decodeFile(at('tagged.flac'))).samples, wanted);
  });

  it('decodes MP3, Vorbis and Opus as ffmpeg does, to a step of 16 bits and to the frame', async () => {
    makeMusic(at('mono.wav'), 1, 22050, 16, 1);
    for (const [name, source, ...codec] of [
      ['a.mp3', 'm16.wav', '-c:a', 'libmp3lame', '-b:a', '192k'],
      ['mono.mp3', 'mono.wav', '-c:a', 'libmp3lame', '-b:a', '48k'],
      ['a.ogg', 'm16.wav', '-c:a', 'libvorbis', '-q:a', '6'],
      ['mono.ogg', 'mono.wav', '-c:a', 'libvorbis'],
      ['a.opus', 'm16.wav', '-c:a', 'libopus', '-b:a', '128k'],
    ] as const) {
      tool('ffmpeg', '-v', 'error', '-y', '-i', at(source), ...codec, at(name));
      const pcm = await decodeFile(at(name));
      const wanted = reference('ffmpeg', at(name));
      assert.equal(pcm.bits, 16);
      assert.equal(pcm.channels, name.startsWith('mono') ? 1 : 2, name);
      assert.equal(pcm.rateHz, name.endsWith('opus') ? 48000 : name.startsWith('mono') ? 22050 : 44100);
      assert.equal(pcm.samples.length, wanted.length, name);
      let worst = 0;
      for (let i = 0; i < wanted.length; i++)
        worst = Math.max(worst, Math.abs((pcm.samples[i] as number) - (wanted[i] as number)));
      // ffmpeg's own Opus decoder rounds in another place.
      assert.ok(worst <= (name.endsWith('opus') ? 4 : 2), `${name}: ${worst}`);
    }
  });

  it('goes by the content and not by the name', () => {
    for (const [name, format] of [
      ['m16.wav', 'wav'],
      ['m16.flac', 'flac'],
      ['m16.oga', 'flac'],
      ['a.mp3', 'mp3'],
      ['a.ogg', 'vorbis'],
      ['a.opus', 'opus'],
    ] as const)
      assert.equal(detectFormat(fs.readFileSync(at(name))), format);
    assert.equal(detectFormat(Buffer.from('qoaf')), 'qoa');
    assert.equal(detectFormat(Buffer.from('hello')), undefined);
    assert.equal(detectFormat(Buffer.alloc(100000)), undefined);
  });

  it('says where a FLAC file is cut off or damaged', async () => {
    const flac = fs.readFileSync(at('m16.flac'));
    await refuses(flac.subarray(0, 30), /cut off in the FLAC header/);
    const cut = flac.subarray(0, flac.length - 1000);
    await refuses(cut, /cut off in the FLAC frame/);
    const damaged = Buffer.from(flac);
    const place = Math.floor(flac.length / 2);
    damaged[place] = (damaged[place] as number) ^ 0x40;
    await assert.rejects(
      async () => decode(damaged, 'flac', 'x.flac'),
      (error) => {
        assert.ok(error instanceof Problem && error.offset !== undefined);
        assert.match(error.message, /damaged in the FLAC frame/);
        // The frame begins before the flipped bit, and no further than its own length.
        assert.ok(error.offset <= place && error.offset > place - 20000);
        assert.equal(damaged.readUInt16BE(error.offset) & 0xfffe, 0xfff8);
        return true;
      },
    );
    const wrongSum = Buffer.from(flac);
    wrongSum[30] = (wrongSum[30] as number) ^ 1;
    await refuses(wrongSum, /MD5/);
  });

  it('refuses more than two channels and depths that would lose bits', async () => {
    tool('sox', '-n', '-r', '8000', '-c', '3', '-b', '16', at('three.wav'), 'synth', '0.1', 'sine', '440');
    tool('flac', '-s', '-f', '--channel-map=none', at('three.wav'));
    tool('ffmpeg', '-v', 'error', '-y', '-i', at('three.wav'), '-c:a', 'libvorbis', at('three.ogg'));
    await refuses(fs.readFileSync(at('three.flac')), /has 3 channels/);
    await refuses(fs.readFileSync(at('three.ogg')), /has 3 channels/);
    await refuses(fs.readFileSync(at('three.wav')), /has 3 channels/, 22);
    const deep = Buffer.from(fs.readFileSync(at('m16.flac')));
    deep[21] = ((deep[21] as number) & 0x0f) | 0xf0;
    deep[20] = (deep[20] as number) | 1;
    await refuses(deep, /is FLAC with 32 bits/);
  });

  it('decodes several files at once, and leaves the console as it was', async () => {
    /* eslint no-console: off -- it is the console that is looked at */
    const say = console.error;
    const files = ['a.mp3', 'm16.flac', 'a.ogg', 'a.mp3'];
    const wanted = await Promise.all(files.map((name) => decodeFile(at(name))));
    for (const [index, name] of files.entries())
      assert.deepEqual(wanted[index]?.samples, (await decodeFile(at(name))).samples);
    assert.equal(console.error, say);
  });

  it('ends with a Problem or with sound, in any case, on damaged and random bytes', async () => {
    let seed = 12345;
    const random = (): number => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) / 2 ** 32;
    for (const name of ['m16.flac', 'm16.oga', 'a.mp3', 'a.ogg', 'a.opus', 'm16.wav']) {
      const whole = fs.readFileSync(at(name));
      for (let round = 0; round < 6; round++) {
        const bytes = Buffer.from(whole.subarray(0, round % 2 ? whole.length : Math.floor(random() * whole.length)));
        for (let i = 0; i < 20; i++) bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
        const format = detectFormat(bytes);
        if (format === undefined || format === 'qoa') continue;
        try {
          const pcm = await decode(bytes, format, name);
          assert.ok(pcm.samples.length > 0 || format === 'wav');
        } catch (error) {
          assert.ok(error instanceof Problem, `${name}: ${String(error)}`);
        }
      }
    }
  });

  it('reads the WAV formats that sox writes', () => {
    for (const [name, ...options] of [
      ['w8.wav', '-b', '8', '-e', 'unsigned-integer'],
      ['w24.wav', '-b', '24', '-e', 'signed-integer'],
      ['w32.wav', '-b', '32', '-e', 'signed-integer'],
      ['wf.wav', '-b', '32', '-e', 'floating-point'],
    ] as const) {
      tool('sox', '-D', at('m16.wav'), ...options, at(name));
      const pcm = readWav(fs.readFileSync(at(name)));
      const wanted = readWav(fs.readFileSync(at('m16.wav'))).samples;
      assert.equal(pcm.bits, name === 'w8.wav' ? 8 : 24);
      const shift = pcm.bits - 16;
      for (let i = 0; i < 2000; i += 37) {
        const sample = pcm.samples[i] as number;
        if (shift > 0) assert.equal(sample, (wanted[i] as number) << shift);
        else assert.ok(Math.abs((sample << 8) - (wanted[i] as number)) <= 256);
      }
    }
  });
});
