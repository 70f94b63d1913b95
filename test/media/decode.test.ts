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

  /** Decodes; what is whole of the file must be the music's beginning, and the flaw's message match. */
  async function wholeOf(bytes: Buffer, message: RegExp): Promise<{ frames: number; offset: number }> {
    const music = (await decodeFile(at('m16.flac'))).samples;
    const { samples, flaw } = await decode(bytes, 'flac', 'x.flac');
    assert.ok(samples.length > 8000 && samples.length < music.length);
    assert.deepEqual(samples, music.slice(0, samples.length));
    assert.ok(flaw?.offset !== undefined && flaw.file === 'x.flac');
    assert.match(flaw.message, message);
    return { frames: samples.length / 2, offset: flaw.offset };
  }
  const flipped = (bytes: Buffer, place: number): Buffer => {
    const damaged = Buffer.from(bytes);
    damaged[place] = (damaged[place] as number) ^ 0x40;
    return damaged;
  };

  it('decodes what is whole of a FLAC file that is cut off or damaged, and says where it ends', async () => {
    const flac = fs.readFileSync(at('m16.flac'));
    assert.equal((await decode(flac, 'flac', 'x.flac')).flaw, undefined);
    await refuses(flac.subarray(0, 30), /cut off in the FLAC header/);
    await refuses(flac.subarray(0, flac.indexOf('fff8', 42, 'hex') + 500), /cut off in the FLAC frame/);
    const cut = await wholeOf(flac.subarray(0, flac.length - 1000), /cut off in the FLAC frame/);
    assert.equal(flac.readUInt16BE(cut.offset) & 0xfffe, 0xfff8);
    assert.ok(cut.offset > flac.length - 20000);
    const short = await wholeOf(flac.subarray(0, cut.offset), /ends after \d+ of \d+ frames/);
    assert.deepEqual(short, cut, 'between two frames');

    const place = Math.floor(flac.length / 2);
    const damaged = await wholeOf(flipped(flac, place), /damaged in the FLAC frame/);
    // The frame begins before the flipped bit, and no further than its own length.
    assert.ok(damaged.offset <= place && damaged.offset > place - 20000);
    assert.equal(flac.readUInt16BE(damaged.offset) & 0xfffe, 0xfff8);
    const wrongSum = Buffer.from(flac);
    wrongSum[30] = (wrongSum[30] as number) ^ 1;
    await refuses(wrongSum, /MD5/);
  });

  it('decodes what is whole of FLAC in Ogg, and names the page where it ends', async () => {
    const ogg = fs.readFileSync(at('m16.oga'));
    const place = Math.floor(ogg.length / 2);
    for (const bytes of [ogg.subarray(0, place), flipped(ogg, place)]) {
      const { offset } = await wholeOf(bytes, /Ogg page|ends after/);
      assert.ok(offset <= place && offset > place - 70000);
      assert.ok(offset === bytes.length || ogg.toString('latin1', offset, offset + 4) === 'OggS');
    }
    await refuses(ogg.subarray(0, 60), /FLAC header/);
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

  it('tells that a WAV is cut off, but not of one from a pipe, which never knew its length', async () => {
    const whole = fs.readFileSync(at('m16.wav'));
    const cut = whole.subarray(0, 1044);
    const { samples, flaw } = await decode(cut, 'wav', 'cut.wav');
    assert.deepEqual(
      [samples.length, flaw?.line()],
      [500, 'cut.wav: is cut off at byte 1044; what comes before is played'],
    );
    const pieces: number[] = [];
    const take = (pcm: Pcm): void => void pieces.push(pcm.samples.length);
    assert.equal((await decode(cut, 'wav', 'cut.wav', { take })).flaw?.offset, 1044);
    assert.deepEqual(pieces, [500]);
    for (const piped of [
      tool('sox', at('m16.wav'), '-t', 'wav', '-'),
      tool('ffmpeg', '-v', 'error', '-i', at('m16.wav'), '-f', 'wav', '-'),
    ])
      assert.equal((await decode(piped, 'wav', 'piped')).flaw, undefined);
    assert.equal((await decode(whole, 'wav', 'whole')).flaw, undefined);
  });

  it('hands a sound over piece by piece, and holds none of it then', async () => {
    const cut = fs.readFileSync(at('m16.flac'));
    fs.writeFileSync(at('cut.flac'), cut.subarray(0, cut.length >> 1));
    tool('sox', at('m16.wav'), at('m16.ogg'));
    for (const name of ['m16.wav', 'm16.flac', 'm16.ogg', 'cut.flac']) {
      const bytes = fs.readFileSync(at(name));
      const format = detectFormat(bytes) as Exclude<Format, 'qoa'>;
      const whole = await decode(bytes, format, name);
      const pieces: number[] = [];
      const rest = await decode(bytes, format, name, {
        take: ({ samples }) => {
          for (const sample of samples) pieces.push(sample);
        },
      });
      assert.equal(rest.samples.length, 0);
      assert.ok(pieces.length > 0);
      assert.deepEqual(pieces, Array.from(whole.samples), name);
      assert.equal(rest.flaw?.message, whole.flaw?.message);
      assert.equal(rest.flaw !== undefined, name === 'cut.flac');
    }
  });
});
