// A plain QOA decoder, straight from the specification, to judge the encoder with. It checks what it reads.

import assert from 'node:assert/strict';

const MULTIPLES = [0.75, -0.75, 2.5, -2.5, 4.5, -4.5, 7, -7];
const awayFromZero = (x: number): number => Math.sign(x) * Math.round(Math.abs(x));

export interface Decoded {
  rateHz: number;
  channels: number;
  samples: Int16Array;
}

export function decodeQoa(file: Buffer): Decoded {
  assert.equal(file.toString('latin1', 0, 4), 'qoaf');
  const total = file.readUInt32BE(4);
  const channels = file[8] as number;
  const rateHz = file.readUIntBE(9, 3);
  const samples = new Int16Array(total * channels);
  let at = 8;
  for (let first = 0; first < total;) {
    assert.deepEqual([file[at], file.readUIntBE(at + 1, 3)], [channels, rateHz]);
    const count = file.readUInt16BE(at + 4);
    const bytes = file.readUInt16BE(at + 6);
    assert.equal(count, Math.min(5120, total - first));
    assert.equal(bytes, 8 + 16 * channels + 8 * channels * Math.ceil(count / 20));
    const end = at + bytes;
    at += 8;
    const states = Array.from({ length: channels }, () => {
      const state = Array.from({ length: 8 }, (_, i) => file.readInt16BE(at + 2 * i));
      at += 16;
      return { history: state.slice(0, 4), weights: state.slice(4) };
    });
    for (let slice = 0; slice < count; slice += 20) {
      for (const [channel, { history, weights }] of states.entries()) {
        const bits = file.readBigUInt64BE(at);
        at += 8;
        const scale = Math.round((Number(bits >> 60n) + 1) ** 2.75);
        for (let i = 0; i < Math.min(20, count - slice); i++) {
          const residual = awayFromZero(scale * (MULTIPLES[Number((bits >> BigInt(57 - 3 * i)) & 7n)] as number));
          const sum = history.reduce((acc, h, j) => acc + h * (weights[j] as number), 0);
          assert.ok(Math.abs(sum) < 2 ** 31, 'the prediction fits into 32 bits');
          const sample = Math.max(-32768, Math.min(32767, (sum >> 13) + residual));
          samples[(first + slice + i) * channels + channel] = sample;
          const delta = residual >> 4;
          for (let j = 0; j < 4; j++)
            weights[j] = (weights[j] as number) + ((history[j] as number) < 0 ? -delta : delta);
          history.shift();
          history.push(sample);
        }
      }
    }
    assert.equal(at, end);
    first += count;
  }
  assert.equal(at, file.length);
  return { rateHz, channels, samples };
}
