// Files that somebody broke: cut at every length, bytes changed, made of noise. Whatever they hold, a decoder yields
// frames or an error, reads inside the file, writes inside its buffer, and comes to an end.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Decoder, ErrorCode, random } from '../support/decoder.js';
import { encodeQoa } from '../support/qoa.js';
import { chunk, extensible, fmt, riff } from '../support/wav.js';
import { pick } from '../support/pick.js';

const { next, below } = random(77);
const noise = (bytes: number): Buffer => Buffer.from(Array.from({ length: bytes }, () => next() & 255));

/** ADPCM whose block headers are right. */
function adpcm(channels: number, blockBytes: number, blocks: number): Buffer {
  const data = noise(blockBytes * blocks);
  for (let at = 0; at < data.length; at += blockBytes) {
    for (let c = 0; c < channels; c++) data[at + c * 4 + 2] = below(89);
  }
  const fact = chunk('fact', Buffer.from([90, 0, 0, 0]));
  return riff([fmt({ tag: 0x11, channels, bits: 4, blockBytes }), fact, chunk('data', data)]);
}

const pcm = Int16Array.from({ length: 400 }, () => (next() & 0xffff) - 0x8000);
const GOOD: Record<string, Buffer> = {
  'WAV of 16 bits': riff([chunk('LIST', Buffer.from('odd')), fmt(), chunk('data', noise(64))]),
  'WAV of 24 bits': riff([fmt({ channels: 1, bits: 24 }), chunk('data', noise(99))]),
  'extensible float': riff([fmt({ tag: 0xfffe, bits: 32, extra: extensible(3, 32) }), chunk('data', noise(80))]),
  'ADPCM mono': adpcm(1, 32, 3),
  'ADPCM stereo': adpcm(2, 40, 3),
  'QOA mono': encodeQoa(pcm.subarray(0, 150), 1, 44100),
  'QOA stereo': encodeQoa(pcm, 2, 44100),
  'QOA of unknown length': encodeQoa(pcm, 2, 44100, { claimed: 0 }),
};

describe('codecs, hostile files', () => {
  let decoder: Decoder;
  before(async () => {
    decoder = await Decoder.load();
  });

  /** Plays a file as a player would, with a seek; returns the frames read, or the error. */
  function play(file: Uint8Array): { frames: number; error: number } {
    const opened = decoder.open(file);
    if (opened.error) {
      assert(opened.errorOffset >= 0 && opened.errorOffset <= file.length + 2 ** 32, 'an offset that can be');
      assert.equal(decoder.read(10), undefined);
      return { frames: 0, error: opened.error };
    }
    assert(opened.channels === 1 || opened.channels === 2);
    assert(opened.rateHz >= 8000 && opened.rateHz <= 192000);
    assert(opened.bits === 16 || opened.bits === 32);
    assert(
      opened.frames > 0 && opened.frames <= file.length * 3 + 20,
      `${opened.frames} frames in ${file.length} bytes`,
    );
    const frames = decoder.readAll([7, 512]).length / opened.channels;
    const { error, errorOffset } = decoder.state();
    if (error) assert(errorOffset >= 0 && errorOffset <= file.length, 'an offset in the file');
    else assert.equal(frames, opened.frames);
    const middle = opened.frames >> 1;
    if (decoder.seek(middle)) {
      assert.equal(decoder.position, middle);
      decoder.read(300);
    }
    return { frames, error };
  }

  it('plays the whole ones, so that the broken ones begin as something', () => {
    for (const [name, file] of Object.entries(GOOD)) {
      const { frames, error } = play(file);
      assert.equal(error, 0, name);
      assert(frames >= 10, name);
    }
  });

  it('takes a file cut at any length', () => {
    for (const [name, file] of Object.entries(GOOD)) {
      const whole = play(file).frames;
      for (let length = 0; length < file.length; length++) {
        const { frames, error } = play(file.subarray(0, length));
        assert(frames <= whole && (frames > 0 || error > 0), `${name}, ${length} bytes`);
      }
    }
  });

  it('tells a medium that fails at any byte from a file that is broken', () => {
    for (const [name, file] of Object.entries(GOOD)) {
      for (let at = 0; at < 90; at++) {
        decoder.failsFrom = at;
        assert.equal(play(file).error, ErrorCode.ReadFailed, `${name}, byte ${at}`);
      }
      decoder.failsFrom = Infinity;
      assert.equal(play(file).error, 0, 'and it plays again');
    }
  });

  it('takes every byte of a header at its extremes', () => {
    for (const file of Object.values(GOOD)) {
      for (let at = 0; at < Math.min(file.length, 90); at++) {
        for (const value of [0, 1, 0x7f, 0x80, 0xff, pick(file, at) ^ 1]) {
          const broken = Buffer.from(file);
          broken[at] = value;
          play(broken);
        }
      }
    }
  });

  it('takes changed, cut and repeated bytes in any number', () => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.values(GOOD)),
        changes,
        fc.nat(),
        fc.boolean(),
        (good, list, cut, twice) => {
          const file = twice ? Buffer.concat([good, good]) : Buffer.from(good);
          for (const [at, value] of list) file[at % (cut % 3 ? 60 : file.length)] = value;
          play(cut % 5 ? file : file.subarray(0, cut % file.length));
        },
      ),
      { seed: 1729, numRuns: 4000 },
    );
  });

  it('takes noise behind a right beginning', () => {
    const heads = ['', 'qoaf', 'qoaf\0\0\0\x20\x01\0\xac\x44', 'RIFF\0\0\0\0WAVE', 'RIFF\0\0\0\0WAVEfmt \x10\0\0\0'];
    for (let i = 0; i < 2000; i++) {
      play(Buffer.concat([Buffer.from(pick(heads, i % heads.length), 'latin1'), noise(below(300))]));
    }
  });
});
