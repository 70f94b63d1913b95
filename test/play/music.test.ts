// Music from a file to the jack: every frame and every word, against the reference decoder and a computation of the
// test's own.

import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { readWav } from '../../host-tools/media/wav.js';
import { play } from '../../host-tools/play/play.js';
import type { PlayReport, TrackReport } from '../../host-tools/play/report.js';
import { makeMusic, reference, testFolder, tool } from '../media/sounds.js';
import { crc32, playerBuild, playToEnd, wordsOf, type Run } from './player.js';

const folder = testFolder();
const at = (name: string): string => path.join(folder, name);
const readWords = (file: string): Uint32Array => {
  const bytes = fs.readFileSync(file);
  return new Uint32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
};

function only(run: Run): TrackReport {
  assert.deepEqual(run.report.errors, []);
  assert.equal(run.report.underruns, 0);
  const [track] = run.report.tracks;
  assert.ok(track && run.report.tracks.length === 1);
  return track;
}

/** Where in the samples these first frames stand. */
function find(samples: Int16Array, frames: Int16Array): number {
  for (let start = 0; start + frames.length <= samples.length; start += 2) {
    let i = 0;
    while (i < frames.length && samples[start + i] === frames[i]) i++;
    if (i === frames.length) return start;
  }
  return -1;
}

describe('music through the jack', () => {
  const RATE = 44100;
  const SECONDS = 5;
  const RANGE = 2834; // 125 MHz / 44.1 kHz
  const flac = at('music.flac');
  let samples: Int32Array;
  let runs: Run[];

  before(async () => {
    makeMusic(at('music.wav'), SECONDS, RATE, 16);
    tool('flac', '-s', '-f', at('music.wav'), '-o', flac);
    samples = reference('flac', flac);
    // At once, and neither disturbs the other.
    runs = await Promise.all(
      ['one', 'two'].map((name) => {
        fs.mkdirSync(at(name));
        return playToEnd({ files: [flac], folder: at(name), words: at(`${name}.bin`), deterministic: true });
      }),
    );
  });

  it('has the frames of the reference decoder, all of them', () => {
    for (const run of runs) {
      const track = only(run);
      assert.equal(track.frames, SECONDS * RATE);
      assert.equal(track.pcmCrc32, crc32(new Uint8Array(Int16Array.from(samples).buffer)));
      assert.deepEqual([track.name, track.rateHz, track.channels], ['music.flac', RATE, 2]);
      assert.equal(track.trueRateHz, 125e6 / RANGE);
      assert.equal(run.report.interrupted, false);
      assert.match(run.report.buildId, /^[0-9a-f]{16}$/);
    }
  });

  it('sends the words that its frames make, in order, and they are as near as half a duty step', () => {
    const wanted = wordsOf(
      samples.map((sample) => sample << 16),
      2,
      RANGE,
      1,
    );
    const words = readWords(at('one.bin'));
    assert.deepEqual(words, wanted);
    let worst = 0;
    for (let i = 0; i < samples.length; i++) {
      const exact = ((samples[i ^ 1] as number) / 65536 + 0.5) * RANGE;
      worst = Math.max(worst, Math.abs((words[i] as number) - exact));
    }
    assert.ok(worst <= 0.5, `${worst}`);
  });

  it('is the same run twice with --deterministic', () => {
    const [one, two] = runs.map(({ report }) => report);
    assert.ok(one && two);
    const words = readWords(at('one.bin'));
    assert.equal(one.words, words.length);
    assert.equal(one.wordsSha256, crypto.createHash('sha256').update(new Uint8Array(words.buffer)).digest('hex'));
    assert.equal(two.wordsSha256, one.wordsSha256);
    assert.equal(two.firstSampleMs, one.firstSampleMs);
    assert.ok(one.firstSampleMs !== undefined && one.firstSampleMs > 60 && one.firstSampleMs < 200);
    assert.deepEqual(fs.readFileSync(at('two/music.jack.wav')), fs.readFileSync(at('one/music.jack.wav')));
  });

  it('leaves a WAV with the sound, and begins and ends without a step larger than the ramp has', () => {
    const wav = readWav(fs.readFileSync(at('one/music.jack.wav')));
    const heard = wav.samples as Int16Array;
    assert.deepEqual([wav.rateHz, wav.channels], [RATE, 2]);
    const toSample = (word: number): number =>
      Math.max(-32768, Math.min(32767, Math.round((word / RANGE - 0.5) * 65536)));
    const words = readWords(at('one.bin'));
    const track = Int16Array.from(words, (_, i) => toSample(words[i ^ 1] as number));
    const start = find(heard, track.subarray(0, 2000));
    assert.ok(start > 0, 'the track is in the capture');
    assert.deepEqual(heard.subarray(start, start + track.length), track);
    // From the lowest level up and down again; the first and the last frame of the track belong to the bridges.
    assert.deepEqual([...heard.subarray(0, 2), ...heard.subarray(-2)], [-32768, -32768, -32768, -32768]);
    const steps = (from: number, to: number): number => {
      let largest = 0;
      for (let i = from + 2; i < to; i++)
        largest = Math.max(largest, Math.abs((heard[i] as number) - (heard[i - 2] as number)));
      return largest;
    };
    // The bias ramp: 64 ms, smoothstep; its steepest step in duty steps, rounded up.
    const ramp = Math.ceil(Math.ceil((1.5 * (RANGE / 2)) / (0.064 * RATE)) * (65536 / RANGE));
    assert.equal(steps(0, 2 * Math.round(0.064 * RATE)) <= ramp, true);
    assert.ok(steps(0, start + 2) <= ramp, `${steps(0, start + 2)} at the start`);
    assert.ok(steps(start + track.length - 2, heard.length) <= ramp, 'at the stop');
  });
});

describe('several tracks in one run', () => {
  it('plays each at its own rate, keeps silence constant, goes on after bad files and tells them', async () => {
    makeMusic(at('deep.wav'), 0.6, 48000, 24, 2);
    tool('flac', '-s', '-f', at('deep.wav'));
    makeMusic(at('slow.wav'), 0.5, 8000, 16, 1);
    tool('sox', '-D', '-n', '-r', '48000', '-c', '2', '-b', '16', at('silence.wav'), 'trim', '0', '0.5');
    fs.writeFileSync(at('bad.wav'), fs.readFileSync(at('slow.wav')).subarray(0, 30));
    fs.writeFileSync(at('no.mp3'), 'not music');
    const files = ['deep.flac', 'bad.wav', 'no.mp3', 'slow.wav', 'gone.ogg', 'silence.wav'].map(at);
    const run = await playToEnd({ files, folder, words: at('all.bin'), plot: at('all.svg'), volumeDb: -6.3 });
    const { report } = run;
    assert.deepEqual(
      report.errors.map(({ file, code }) => [path.basename(file ?? ''), code]),
      [
        ['no.mp3', 'unknown-format'],
        ['gone.ogg', 'not-found'],
        ['bad.wav', 'refused'],
      ],
    );
    assert.equal(typeof report.errors[2]?.offset, 'number');
    const deep = reference('flac', at('deep.flac'), 24).map((sample) => sample << 8);
    const slow = reference('sox', at('slow.wav'));
    assert.deepEqual(
      report.tracks.map(({ name, rateHz, channels, frames, pcmCrc32 }) => [name, rateHz, channels, frames, pcmCrc32]),
      [
        ['deep.flac', 48000, 2, 28800, crc32(new Uint8Array(deep.buffer))],
        ['slow.wav', 8000, 1, 4000, crc32(new Uint8Array(Int16Array.from(slow).buffer))],
        ['silence.wav', 48000, 2, 24000, crc32(new Uint8Array(24000 * 4))],
      ],
    );
    const gain = BigInt(Math.round(2 ** 30 * 10 ** (-6.3 / 20)));
    const wanted = [
      wordsOf(deep, 2, 2604, 1, gain),
      wordsOf(
        slow.map((sample) => sample << 16),
        1,
        3906,
        4,
        gain,
      ),
      new Uint32Array(48000).fill(1302),
    ];
    const words = readWords(at('all.bin'));
    let from = 0;
    for (const [index, part] of wanted.entries()) {
      assert.deepEqual(words.subarray(from, from + part.length), part, `words of track ${index}`);
      from += part.length;
    }
    assert.equal(words.length, from);
    assert.equal(report.underruns, 0);
    assert.deepEqual(
      report.tracks.map(({ capture }) => readWav(fs.readFileSync(capture ?? '')).rateHz),
      [48000, 8000, 48000],
    );
    assert.match(fs.readFileSync(at('all.svg'), 'utf8'), /silence\.wav/);
    assert.ok(run.events.some((event) => event.event === 'progress'));
  });

  it('makes one file of tracks of one rate, and refuses others before anything runs', async () => {
    const files = ['slow.wav', 'slow.wav'].map(at);
    const { report } = await playToEnd({ files, capture: at('both.wav'), qoa: true });
    assert.deepEqual(report.errors, []);
    assert.deepEqual(
      report.tracks.map(({ frames, capture }) => [frames, capture]),
      [
        [4000, at('both.wav')],
        [4000, at('both.wav')],
      ],
    );
    assert.ok(readWav(fs.readFileSync(at('both.wav'))).samples.length > 16000);
    await assert.rejects(
      playToEnd({ files: [at('slow.wav'), at('silence.wav')], capture: at('both.wav') }),
      /cannot hold tracks of 8000 Hz and 48000 Hz/,
    );
  });

  it('plays what is there of a file that was cut, and says that it has failed', async () => {
    const whole = fs.readFileSync(at('slow.wav'));
    fs.writeFileSync(at('cut.wav'), whole.subarray(0, whole.length - 4000));
    const flac = fs.readFileSync(at('deep.flac'));
    fs.writeFileSync(at('cut.flac'), flac.subarray(0, flac.length - 1000));
    const { report } = await playToEnd({ files: [at('cut.flac'), at('cut.wav')], folder });
    const [inFlac, inWav] = report.errors;
    assert.deepEqual([inWav?.code, inWav?.file, inWav?.offset], ['refused', at('cut.wav'), whole.length - 4000]);
    assert.deepEqual([inFlac?.code, inFlac?.file], ['bad-media', at('cut.flac')]);
    assert.equal(flac.readUInt16BE(inFlac?.offset ?? 0) & 0xfffe, 0xfff8, 'where the frame begins');
    assert.equal(report.errors.length, 2);
    const [deep, slow] = report.tracks;
    assert.ok((slow?.frames ?? 0) > 1000);
    const frames = deep?.frames ?? 0;
    const before = reference('flac', at('deep.flac'), 24).map((sample) => sample << 8);
    assert.ok(frames > 20_000 && frames < before.length / 2);
    assert.equal(deep?.pcmCrc32, crc32(new Uint8Array(before.buffer, 0, frames * 8)));
  });
  it('believes neither a length nor a limit that no timer holds', async () => {
    const bytes = fs.readFileSync(at('slow.wav'));
    bytes.writeUInt32LE(1, 28); // bytes a second
    fs.writeFileSync(at('byte-rate.wav'), bytes);
    const { report } = await playToEnd({ files: [at('byte-rate.wav')], folder, limitSeconds: 1e10 });
    assert.deepEqual(
      report.errors.map(({ code }) => code),
      [],
    );
    assert.equal(report.tracks[0]?.frames, 4000);
  });

  it('reports what keys made of a track: the frames that the words are made of, and no sum', async () => {
    makeMusic(at('keys.wav'), 1.5, 44100, 16);
    const heard = new EventEmitter();
    async function* back(): AsyncGenerator<Uint8Array> {
      await once(heard, 'half');
      yield Buffer.from('\x1b[D');
    }
    const files = [at('keys.wav')];
    const playing = play({ files, folder, realtime: true, keys: back(), build: await playerBuild() });
    const places: number[] = [];
    let report: PlayReport | undefined;
    while (!report) {
      const { done, value } = await playing.next();
      if (done) report = value;
      else if (value.event === 'progress') {
        places.push(value.frames);
        if (value.frames > 22_050) heard.emit('half');
      }
    }
    assert.deepEqual(report.errors, []);
    const { frames, pcmCrc32 } = report.tracks[0] as TrackReport;
    const total = 66_150;
    assert.ok(frames > total + 22_050 && frames < 2 * total, `${frames} frames`);
    assert.deepEqual([pcmCrc32, report.words], [null, 2 * frames]);
    assert.ok(
      places.some((place, i) => place < (places[i - 1] ?? 0)),
      'the place goes back',
    );
    assert.equal(places.at(-1), total);
  });

  it('plays its own piece when there is no file, and keeps what was played when it is ended', async () => {
    const ending = new AbortController();
    const playing = play({ files: [], folder, build: await playerBuild(), signal: ending.signal });
    let report: PlayReport | undefined;
    while (!report) {
      const { done, value } = await playing.next();
      if (done) report = value;
      else if (value.event === 'progress' && value.frames > 44100) ending.abort();
    }
    assert.deepEqual([report.errors, report.interrupted], [[], true]);
    const [track] = report.tracks;
    assert.ok(track && track.frames > 44100 && track.pcmCrc32 === null);
    const { samples } = readWav(fs.readFileSync(at('demo.jack.wav')));
    assert.ok(samples.length / 2 >= track.frames);
    assert.ok(Math.max(...samples.subarray(22050, 88200)) > 3000, 'it is heard');
  });
});
