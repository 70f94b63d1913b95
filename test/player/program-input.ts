// What programs are given to play, and the words that it should come to.

import { tarHeader, tarPadding } from '../../host-tools/media/tar.js';
import { chunk, fmt, riff } from '../support/wav.js';

export interface Member {
  name: string | Buffer;
  data: Uint8Array;
  /** Of the member, where it is no file. */
  type?: string;
}

/** An archive for the RAM disk. */
export function archive(...members: Member[]): Buffer {
  return Buffer.concat([
    ...members.flatMap(({ name, data, type }) => [memberHeader(name, data, type), data, tarPadding(data.length)]),
    Buffer.alloc(1024),
  ]);
}

function memberHeader(name: string | Buffer, data: Uint8Array, type?: string): Buffer {
  const header = Buffer.from(tarHeader(Buffer.from(name), data.length));
  if (type === undefined) return header;
  header.write(type, 156, 'latin1');
  header.fill(0x20, 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

/** The settings' file with the given lines. */
export function ini(...lines: string[]): Member {
  return { name: 'player.ini', data: Buffer.from(lines.map((line) => `${line}\n`).join('')) };
}

/** A 16-bit WAV from interleaved samples. */
export function wav16(samples: Int16Array, rateHz = 44100, channels = 2): Buffer {
  const data = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
  return riff([fmt({ rateHz, channels }), chunk('data', data)]);
}

/** A tone whose samples are all different from silence and from each other's neighbours. */
export function tone(frames: number, channels = 2, seed = 1): Int16Array {
  return Int16Array.from({ length: frames * channels }, (_, i) =>
    Math.round(9000 * Math.sin((seed * 0.02 + 0.01) * Math.floor(i / channels)) + 3000 * Math.cos(0.3 * i + seed)),
  );
}

/** The words of 16-bit frames: R, L; `gain` as a fraction of 2^30. */
export function wordsOf(samples: Int16Array, range: number, gain = 2 ** 30, channels = 2, repeat = 1): number[] {
  const word = (sample: number): number => {
    const frame = (BigInt(sample << 16) * BigInt(gain)) >> 30n;
    return Number((frame * BigInt(range) + (BigInt(range) << 31n) + (1n << 31n)) >> 32n);
  };
  const words: number[] = [];
  for (let i = 0; i < samples.length; i += channels) {
    const left = word(samples[i] as number);
    const right = word(samples[i + channels - 1] as number);
    for (let n = 0; n < repeat; n++) words.push(right, left);
  }
  return words;
}
