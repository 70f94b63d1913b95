// The programs beside the player, in virtual time: tone, sampler, blink.

import assert from 'node:assert/strict';
import { largestStep, rampStep } from '../drivers/jack-rig.js';
import { archive, compileFirmware, ProgramRig, Revision, tone, wav16, wordsOf } from '../player/program-rig.js';

const gainOf = (db: number): number => Math.round(2 ** 30 * 10 ** (db / 20));

describe('tone', () => {
  const RANGE = 2604;
  let wasm: Uint8Array;
  before(async () => {
    wasm = await compileFirmware('tone');
  });

  /** Level of a frequency in one channel of words, in dB of what the volume lets through. */
  function levelDb(words: number[], channel: 'left' | 'right', hz: number): number {
    const offset = channel === 'right' ? 0 : 1;
    let [re, im] = [0, 0];
    const frames = Math.floor(words.length / 2);
    for (let i = 0; i < frames; i++) {
      const sample = ((words[2 * i + offset] as number) - RANGE / 2) / (RANGE / 2);
      re += sample * Math.cos((2 * Math.PI * hz * i) / 48000);
      im += sample * Math.sin((2 * Math.PI * hz * i) / 48000);
    }
    return 20 * Math.log10((2 * Math.hypot(re, im)) / frames + 1e-9) + 20;
  }

  it('plays 1 kHz quietly, and left or right by key', () => {
    const rig = new ProgramRig(wasm).start().run(1200);
    const latest = (): number[] => rig.trackWords().slice(-2 * 24_000);
    assert.ok(Math.abs(levelDb(latest(), 'left', 1000)) < 0.05);
    assert.ok(Math.abs(levelDb(latest(), 'right', 1000)) < 0.05);
    assert.match(rig.text, /words go right, left/);
    rig.press('l', 1000);
    assert.ok(Math.abs(levelDb(latest(), 'left', 1000)) < 0.05);
    assert.ok(levelDb(latest(), 'right', 1000) < -50);
    rig.press('r', 1000);
    assert.ok(levelDb(latest(), 'left', 1000) < -50);
    assert.ok(Math.abs(levelDb(latest(), 'right', 1000)) < 0.05);
    rig.press('b+', 1000);
    assert.ok(Math.abs(levelDb(latest(), 'left', 1000) - 2) < 0.05);
    assert.deepEqual(rig.lines().slice(-4), ['left', 'right', 'both', 'volume -18.0 dB']);
    const inTone = largestStep(rig.trackWords()).step;
    assert.ok(largestStep(rig.words).step <= Math.max(inTone, rampStep(RANGE, 48000)));
  });

  it('sweeps from 20 Hz to 20 kHz in ten seconds', () => {
    const rig = new ProgramRig(wasm).start().run(500);
    const before = rig.trackWords().length;
    rig.press('s', 10_200);
    const swept = rig.trackWords().slice(before + 2 * 0.06 * 48_000);
    const crossings = (second: number): number => {
      const words = swept.slice(second * 96_000, second * 96_000 + 9600).filter((_, i) => i % 2 === 1);
      return words.filter((word, i) => i > 0 && word >= RANGE / 2 !== (words[i - 1] as number) >= RANGE / 2).length / 2;
    };
    // Periods in a tenth of a second: an octave a second.
    for (const [second, hz] of [
      [2, 20 * 1000 ** 0.205],
      [5, 20 * 1000 ** 0.505],
      [9, 20 * 1000 ** 0.905],
    ] as const) {
      assert.ok(Math.abs(crossings(second) / (hz / 10) - 1) < 0.1, `${crossings(second) * 10} Hz after ${second} s`);
    }
  });

  it('lists its keys, and answers others with a hint', () => {
    const rig = new ProgramRig(wasm).start().run(500);
    const help = rig.lines().at(-1);
    rig.press('?xq\x1b[Al?z');
    assert.match(help ?? '', /1 kHz.*volume/);
    assert.deepEqual(rig.lines(), [help, '? lists the keys', 'left', help, '? lists the keys']);
  });

  it('pauses', () => {
    const rig = new ProgramRig(wasm).start().run(500);
    rig.press(' ', 300);
    const count = rig.trackWords().length;
    rig.run(300);
    assert.equal(rig.trackWords().length, count);
    rig.press(' ', 300);
    assert.ok(rig.trackWords().length > count);
  });
});

describe('sampler', () => {
  const RANGE = 2834;
  let wasm: Uint8Array;
  before(async () => {
    wasm = await compileFirmware('sampler');
  });

  /** Words without the silence around them. */
  function sounding(words: number[]): number[] {
    const isSilent = (word: number): boolean => word === RANGE / 2;
    const from = words.findIndex((word) => !isSilent(word));
    return from < 0 ? [] : words.slice(from - (from % 2), words.findLastIndex((word) => !isSilent(word)) + 1);
  }

  const first = tone(2000);
  const second = tone(1500, 1, 2).map((sample) => sample || 1);
  const sounds = archive(
    { name: 'first.wav', data: wav16(first) },
    { name: 'slow.wav', data: wav16(first, 22050) },
    { name: 'second.wav', data: wav16(second, 44100, 1) },
    { name: 'broken', data: Buffer.from('no sound') },
  );
  const sampler = (): ProgramRig => new ProgramRig(wasm, { ramDisk: sounds }).start().run(200);

  it('lists its sounds and refuses those of another rate', () => {
    assert.deepEqual(sampler().lines().slice(4), [
      '1 first.wav',
      '- slow.wav is not played: 22050 Hz, the first is 44100',
      '2 second.wav',
      '- broken is not played: neither WAV nor QOA at byte 0',
    ]);
  });

  it('goes on behind a damaged member, and says so', () => {
    const member = (name: string): { name: string; data: Buffer } => ({ name, data: wav16(first) });
    for (const lost of ['a', 'b']) {
      const ramDisk = archive(member('a'), member('b'), member('c'));
      const at = ramDisk.indexOf(`${lost}\0`);
      ramDisk[at] = 0xff;
      const lines = new ProgramRig(wasm, { ramDisk }).start().run(100).lines().slice(4);
      const damaged = `- damaged member of the archive at byte ${at}`;
      assert.deepEqual(lines, lost === 'a' ? [damaged, '1 b', '2 c'] : ['1 a', damaged, '2 c']);
    }
  });

  it('plays a sound when its key is pressed, within 40 ms', () => {
    const rig = sampler();
    const from = rig.trackWords().length;
    const since = rig.blocks.at(-1)?.ms ?? 0;
    rig.press('1', 300);
    const words = rig.trackWords().slice(from);
    assert.deepEqual(sounding(words), sounding(wordsOf(first, RANGE, gainOf(-20))));
    const ahead = words.findIndex((word) => word !== RANGE / 2) / 2 / 44.1;
    assert.ok(ahead < 40, `${ahead} ms of silence after ${since}`);
  });

  it('adds up sounds, and saturates what is too much', () => {
    const rig = sampler();
    const from = rig.trackWords().length;
    rig.press('12', 300);
    const sum = first.map((sample, i) => sample + (second[i >> 1] ?? 0));
    assert.deepEqual(sounding(rig.trackWords().slice(from)), sounding(wordsOf(sum, RANGE, gainOf(-20))));
    const loud = rig.trackWords().length;
    rig.press('11111111', 300);
    const eight = first.map((sample) => Math.max(-32768, Math.min(32767, sample * 8)));
    const words = sounding(rig.trackWords().slice(loud));
    const expected = sounding(wordsOf(eight, RANGE, gainOf(-20)));
    assert.equal(words.length, expected.length);
    // Full scale of 32 bits lies above that of 16 by less than a word.
    assert.ok(words.every((word, i) => Math.abs(word - (expected[i] as number)) <= 1));
  });

  it('names what it plays, however the console lags, and lists its keys', () => {
    const rig = sampler();
    rig.lines();
    rig.press('1?2++', 300);
    assert.deepEqual(rig.lines(), [
      'playing first.wav',
      '1 to 9 and a to z play the sounds, eight at once at most; + - volume',
      'playing second.wav',
      'volume -18.0 dB',
      'volume -16.0 dB',
    ]);
    rig.press('1'.repeat(5000), 2000);
    assert.equal(rig.lines().at(-1), 'playing first.wav');
    const slow = new ProgramRig(wasm, { ramDisk: sounds, consoleBytesPerMs: 1 }).start().run(500);
    slow.press('1'.repeat(2000), 300);
    assert.ok(sounding(slow.trackWords()).length > 0);
    assert.doesNotMatch(slow.run(30_000).text, /bytes lost/);
  });

  it('plays nothing for other keys, and says so when there are no sounds', () => {
    const rig = sampler();
    const from = rig.trackWords().length;
    rig.lines();
    rig.press('3z0 \n{', 200);
    assert.deepEqual(sounding(rig.trackWords().slice(from)), []);
    assert.deepEqual(rig.lines(), ['? lists the keys']);
    const silent = new ProgramRig(wasm).start().run(500);
    assert.equal(
      silent.lines().at(-1),
      'no sounds: give WAV or QOA files in an archive, with mirleft run sampler --ramdisk FILE...',
    );
    assert.equal(silent.words.length, 0);
  });
});

describe('blink', () => {
  it('switches the LED and prints a line each second', async () => {
    const rig = new ProgramRig(await compileFirmware('blink')).start().run(3100);
    assert.deepEqual(rig.lines().slice(3), ['seconds: 1', 'seconds: 2', 'seconds: 3']);
    assert.deepEqual(
      rig.led.map(({ ms, lit }) => [Math.round(ms / 100), lit]),
      [0, 5, 10, 15, 20, 25, 30].map((tenths, i) => [tenths, i % 2 === 0]),
    );
    assert.ok(rig.steps < 20, `${rig.steps} steps`);
    assert.deepEqual(rig.press('a').lines(), ['key 97']);
    const steps = rig.steps;
    assert.equal(rig.press('a'.repeat(2000), 50).lines().length, 2000);
    assert.ok(rig.steps - steps >= 250, 'a flood of keys is obeyed bit by bit');
  });
});

describe('tone, sampler and blink', () => {
  it('end on a board that they are not for, and touch nothing of it', async () => {
    for (const name of ['tone', 'sampler', 'blink']) {
      const wasm = await compileFirmware(name);
      const rig = new ProgramRig(wasm, { revision: Revision.pi3, consoleBytesPerMs: 11 }).start();
      assert.match(rig.text, /This is .*a02082\): nothing is started\.\r\n$/, name);
      assert.deepEqual(rig.ended, { kind: 0, status: 1 }, name);
      assert.equal(rig.words.length + rig.notes.length + rig.led.length, 0, name);
    }
  });
});
