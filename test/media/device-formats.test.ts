import assert from 'node:assert/strict';
import { deviceRefusal } from '../../host-tools/media/device-formats.js';
import { encodeQoa } from '../../host-tools/media/qoa.js';
import { Decoder } from '../support/decoder.js';
import { chunk, extensible, fmt, riff } from '../support/wav.js';

const readable = (file: Buffer): Parameters<typeof deviceRefusal>[1] => ({
  bytes: file.length,
  read: (offset, length) => Buffer.from(file.subarray(offset, offset + length)),
});

describe('what the device takes', () => {
  let decoder: Decoder;
  before(async () => (decoder = await Decoder.load()));

  /** Both say the same of a file: whether it is played. */
  function same(format: 'wav' | 'qoa', file: Buffer, name: string): boolean {
    const isPlayed = deviceRefusal(format, readable(file)) === undefined;
    assert.equal(isPlayed, decoder.open(file).error === 0, name);
    return isPlayed;
  }

  it('is told of WAVs as its decoder does', () => {
    const data = chunk('data', Buffer.alloc(96));
    const seen = new Set<boolean>();
    for (const tag of [1, 2, 3, 6, 7, 0x11, 0x55, 0xfffe])
      for (const bits of [4, 8, 12, 16, 24, 32, 64])
        for (const channels of [0, 1, 2, 6])
          for (const rateHz of [0, 4000, 7999, 8000, 44100, 192_000, 192_001, 384_000]) {
            const file = riff([fmt({ tag, channels, rateHz, bits }), data]);
            seen.add(same('wav', file, `${tag}, ${bits} bits, ${channels} channels, ${rateHz} Hz`));
          }
    assert.equal(seen.size, 2);
    for (const tag of [1, 3, 0x11])
      for (const bits of [16, 32])
        same('wav', riff([fmt({ tag: 0xfffe, bits, extra: extensible(tag, bits) }), data]), `${tag}`);
  });

  it('is told of files that are cut off anywhere, or broken', () => {
    for (const tag of [1, 0x11]) {
      const format = fmt({ tag, channels: 1, rateHz: 8000, bits: tag === 1 ? 16 : 4, blockBytes: tag === 1 ? 2 : 12 });
      const whole = riff([chunk('LIST', Buffer.alloc(7)), format, chunk('data', Buffer.alloc(40))]);
      for (let bytes = 12; bytes <= whole.length; bytes++) same('wav', whole.subarray(0, bytes), `${bytes} bytes`);
      for (let at = 12; at < whole.length; at++)
        for (const value of [0, 1, 0x7f, 0xff]) {
          const broken = Buffer.from(whole);
          broken[at] = value;
          same('wav', broken, `${value} at ${at}`);
        }
    }
    same(
      'wav',
      riff([chunk('data', Buffer.alloc(40)), fmt({ tag: 1, channels: 1, rateHz: 8000, bits: 16 })]),
      'data first',
    );
  });

  it('is told of QOA', () => {
    const whole = encodeQoa(new Int16Array(2 * 6000), 44100, 2);
    for (let bytes = 4; bytes <= whole.length; bytes += bytes < 40 ? 1 : 13)
      same('qoa', whole.subarray(0, bytes), `${bytes} bytes`);
    for (let at = 4; at < 16; at++)
      for (const value of [0, 1, 3, 0x7f, 0xff]) {
        const broken = Buffer.from(whole);
        broken[at] = value;
        same('qoa', broken, `${value} at ${at}`);
      }
  });
});
