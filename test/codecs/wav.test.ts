import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Decoder, ErrorCode, random } from '../support/decoder.js';
import { chunk, extensible, fmt, riff } from '../support/wav.js';
import { pick } from '../support/pick.js';

const RATES = [8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000, 176400, 192000];
/** sox's options for each kind of file, and the width its frames are summed in. */
const KINDS: Record<string, [options: string, bits: number]> = {
  u8: ['-e unsigned -b 8', 16],
  s16: ['-e signed -b 16', 16],
  s24: ['-e signed -b 24', 32],
  s32: ['-e signed -b 32', 32],
  f32: ['-e float -b 32', 32],
  f64: ['-e float -b 64', 32],
  ima: ['-e ima-adpcm', 16],
};
const FRAMES = 1237;

describe('codecs/wav', () => {
  let decoder: Decoder;
  let folder: string;
  const names: string[] = [];
  before(async () => {
    decoder = await Decoder.load();
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'mirleft-wav-'));
    const { next } = random(1);
    // Noise with a tone in it: every width has something in its lowest bits.
    const noise = Int32Array.from({ length: FRAMES * 2 }, (_, i) => (next() >> 1) + Math.sin(i / 9) * 1e9);
    fs.writeFileSync(path.join(folder, 'noise.s32'), noise);
    const lines: string[] = [];
    for (const [kind, [options]] of Object.entries(KINDS)) {
      for (const rate of RATES) {
        for (const channels of [1, 2]) {
          const name = `${kind}-${rate}-${channels}`;
          names.push(name);
          lines.push(
            `sox -D -V1 -t s32 -r ${rate} -c ${channels} noise.s32 ${options} ${name}.wav trim 0s ${FRAMES}s`,
            `sox -D -V1 ${name}.wav -t s32 ${name}.raw`,
          );
        }
      }
    }
    sox(lines);
  });
  after(() => fs.rmSync(folder, { recursive: true }));

  /** What sox made and decoded itself, as one shell script: a process each would take most of the time. */
  const sox = (lines: string[]): void => {
    const half = Math.ceil(lines.length / 2);
    const script = `set -e\n(${lines.slice(0, half).join('\n')}\n) & other=$!\n${lines.slice(half).join('\n')}\nwait $other`;
    execFileSync('bash', ['-c', script], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  };
  const file = (name: string): Buffer => fs.readFileSync(path.join(folder, name));
  const words = (bytes: Buffer): Int32Array => new Int32Array(Uint8Array.from(bytes).buffer);

  it('decodes what sox makes, bit for bit, of every kind, rate and number of channels', () => {
    for (const name of names) {
      const [kind, rate, channels] = name.split('-');
      const opened = decoder.open(file(`${name}.wav`));
      assert.deepEqual(
        opened,
        {
          ...{ error: 0, errorOffset: 0, warning: 0, rateHz: Number(rate), channels: Number(channels) },
          ...{ bits: KINDS[String(kind)]?.[1], frames: FRAMES },
        },
        name,
      );
      // sox plays ADPCM to the end of the last block, with the padding that the fact chunk leaves out.
      const reference = words(file(`${name}.raw`)).subarray(0, FRAMES * Number(channels));
      assert.equal(reference.length, FRAMES * Number(channels), name);
      assert.deepEqual(decoder.readAll([512]), reference, name);
      decoder.open(file(`${name}.wav`));
      assert.deepEqual(decoder.readAll([1, 7, 8, 9, 505, 3]), reference, `${name} in odd pieces`);
    }
  });

  it('decodes ADPCM of another encoder, as the recommendation has it', () => {
    sox(['sox -D -n -r 44100 -c 2 -b 16 tone.wav synth 0.3 pinknoise sine 440', 'true']);
    const tools = ['-v', 'error', '-y', '-i'];
    const run = (...options: string[]): Buffer => execFileSync('ffmpeg', [...tools, ...options], { cwd: folder });
    for (const channels of [1, 2]) {
      run('tone.wav', '-ac', String(channels), '-c:a', 'adpcm_ima_wav', 'other.wav');
      sox(['sox -D other.wav -t s32 other.raw']);
      const opened = decoder.open(file('other.wav'));
      const all = decoder.readAll([100]);
      assert(opened.frames >= 13230); // it fills the last block, and its fact chunk counts that
      assert.deepEqual(all, words(file('other.raw')));
      // ffmpeg's decoder rounds the sum of a difference's parts, where the recommendation rounds each of them: it
      // agrees at the first frame of each block only (and within a few parts in a thousand between).
      const theirs = run('other.wav', '-f', 's16le', '-');
      const block = (1024 - 4 * channels) * (2 / channels) + 1;
      for (let frame = 0; frame < opened.frames; frame += block) {
        const at = frame * channels;
        assert.equal(pick(all, at) >> 16, theirs.readInt16LE(at * 2), `frame ${frame}`);
      }
    }
  });

  describe('IMA ADPCM worked out by hand', () => {
    const ima = (
      blocks: number[][],
      options: { channels?: number; blockBytes: number; fact?: number; perBlock?: number },
    ) => {
      const { channels = 1, blockBytes, fact, perBlock } = options;
      const extra = Buffer.from([2, 0, (perBlock ?? 0) & 255, (perBlock ?? 0) >> 8]);
      const chunks = [fmt({ tag: 0x11, channels, bits: 4, blockBytes, ...(perBlock === undefined ? {} : { extra }) })];
      if (fact !== undefined) {
        const body = Buffer.alloc(4);
        body.writeUInt32LE(fact);
        chunks.push(chunk('fact', body));
      }
      return riff([...chunks, chunk('data', Buffer.from(blocks.flat()))]);
    };
    const all = (wav: Buffer): number[] => {
      assert.equal(decoder.open(wav).error, 0);
      return Array.from(decoder.readAll([3]), (x) => x >> 16);
    };

    it('decodes a mono block, the low half of a byte first', () => {
      // First sample 100, index 0 (step 7). Code 7: 7/8 + 7 + 3 + 1 -> 0 + 7 + 3 + 1 = 11, sample 111, index 8 (16).
      // Code 15: -(2 + 16 + 8 + 4) = -30, sample 81, index 16 (34). Code 0: 34 >> 3 = 4, sample 85, index 15 (31).
      // Code 8: -(31 >> 3) = -3, sample 82, index 14 (28). Code 4: 3 + 28 = 31, sample 113, index 16 (34).
      // Code 5: 4 + 34 + 8 = 46, sample 159, index 20 (50). Code 6: 6 + 50 + 25 = 81, sample 240, index 26 (88).
      // Code 9: -(11 + 22) = -33, sample 207.
      const wav = ima([[100, 0, 0, 0, 0xf7, 0x80, 0x54, 0x96]], { blockBytes: 8 });
      assert.deepEqual(all(wav), [100, 111, 81, 85, 82, 113, 159, 240, 207]);
    });

    it('clips samples and the index at both ends', () => {
      // 32760, index 88 (32767): code 7 adds 4095 + 32767 + 16383 + 8191, clipped; the index stays 88.
      // Code 8: -(32767 >> 3) = -4095, sample 28672, index 87 (29794). Twice code 15 goes below -32768:
      // -(3724 + 29794 + 14897 + 7448) = -55863, sample -27191; then clipped. Index 0 with code 0 stays at step 7: 0.
      const wav = ima([[0xf8, 0x7f, 88, 0, 0x87, 0xff, 0, 0]], { blockBytes: 8, fact: 5 });
      assert.deepEqual(all(wav), [32760, 32767, 28672, -27191, -32768]);
      assert.deepEqual(all(ima([[5, 0, 0, 0, 0, 0, 0, 0]], { blockBytes: 8 })), new Array(9).fill(5));
    });

    it('decodes stereo, eight codes of a channel at a time', () => {
      const left = [100, 0, 0, 0];
      const right = [0x9c, 0xff, 0, 0]; // -100
      const wav = ima([[...left, ...right, 0xf7, 0x80, 0x54, 0x96, 0x7f, 0x08, 0xdc, 0x1e]], {
        ...{ channels: 2, blockBytes: 16 },
      });
      const expected = [100, 111, 81, 85, 82, 113, 159, 240, 207];
      assert.deepEqual(
        all(wav),
        expected.flatMap((x) => [x, -x]),
      );
    });

    it('stops where the fact chunk says, in a short block, and where a block claims fewer frames than it could hold', () => {
      const block = [100, 0, 0, 0, 0xf7, 0x80, 0x54, 0x96];
      const nine = [100, 111, 81, 85, 82, 113, 159, 240, 207];
      assert.deepEqual(all(ima([block, block], { blockBytes: 8, fact: 12 })), [...nine, 100, 111, 81]);
      assert.deepEqual(all(ima([block, block.slice(0, 6)], { blockBytes: 8 })), [...nine, ...nine.slice(0, 5)]);
      assert.deepEqual(all(ima([block, block.slice(0, 4)], { blockBytes: 8 })), [...nine, 100]);
      assert.deepEqual(all(ima([block, block.slice(0, 3)], { blockBytes: 8 })), nine);
      assert.deepEqual(all(ima([block], { blockBytes: 8, fact: 1000 })), nine);
      assert.deepEqual(all(ima([block], { blockBytes: 8, fact: 0 })), nine);
      const six = nine.slice(0, 6);
      assert.deepEqual(all(ima([block, block], { blockBytes: 8, perBlock: 6 })), [...six, ...six]);
    });

    it('names a block with an index that there is not', () => {
      const block = [100, 0, 0, 0, 0xf7, 0x80, 0x54, 0x96];
      const wav = ima([block, [0, 0, 89, 0, 0, 0, 0, 0], block], { blockBytes: 8 });
      assert.equal(all(wav).length, 9);
      const { error, errorOffset } = decoder.state();
      assert.deepEqual([error, errorOffset], [ErrorCode.BrokenFrame, 12 + 24 + 8 + 8 + 2]);
      assert.equal(decoder.seek(18), true);
      assert.equal(decoder.read(100)?.length, 9);
    });

    it('refuses blocks that cannot be', () => {
      const offset = (wav: Buffer): number[] => {
        const { error, errorOffset } = decoder.open(wav);
        return [error, errorOffset];
      };
      assert.deepEqual(offset(ima([[0]], { blockBytes: 0 })), [ErrorCode.BadHeader, 32]);
      assert.deepEqual(offset(ima([[0]], { blockBytes: 7, channels: 2 })), [ErrorCode.BadHeader, 32]);
      assert.deepEqual(offset(ima([[0]], { blockBytes: 8, perBlock: 10 })), [ErrorCode.BadHeader, 38]);
    });
  });

  it('rounds float to the nearest, halves away from zero, and clamps; what is no number is silence', () => {
    const u = 2 ** -31;
    const cases: [number, number][] = [
      ...([
        [0, 0],
        [-0, 0],
        [u, 1],
        [0.5 * u, 1],
        [-0.5 * u, -1],
        [1.5 * u, 2],
        [-2.5 * u, -3],
      ] as [number, number][]),
      ...([
        [0.49 * u, 0],
        [0.25, 2 ** 29],
        [-1, -(2 ** 31)],
        [1, 2 ** 31 - 1],
        [-1.5, -(2 ** 31)],
      ] as [number, number][]),
      ...([
        [NaN, 0],
        [Infinity, 2 ** 31 - 1],
        [-Infinity, -(2 ** 31)],
        [1e30, 2 ** 31 - 1],
      ] as [number, number][]),
      [0.9999999403953552, 2147483520],
    ];
    for (const bits of [32, 64]) {
      const body = Buffer.alloc((cases.length * bits) / 8);
      cases.forEach(([x], i) => (bits === 32 ? body.writeFloatLE(x, i * 4) : body.writeDoubleLE(x, i * 8)));
      decoder.open(riff([fmt({ tag: 3, channels: 1, bits }), chunk('data', body)]));
      assert.deepEqual(
        Array.from(decoder.readAll()),
        cases.map(([, y]) => y),
        `${bits} bits`,
      );
    }
  });

  describe('chunks', () => {
    const pcm = Buffer.from(Int16Array.of(1, -2, 300, -400, 5000, -6000).buffer);
    const frames = Int32Array.of(1, -2, 300, -400, 5000, -6000).map((x) => x << 16);
    const plays = (wav: Buffer, warning: number, expected = frames): void => {
      const opened = decoder.open(wav);
      assert.deepEqual([opened.error, opened.warning], [0, warning]);
      assert.deepEqual(decoder.readAll(), expected);
    };
    const odd = chunk('LIST', Buffer.from('odd'));

    it('may stand in any order, with padding, and behind the data', () => {
      plays(riff([fmt(), chunk('data', pcm)]), 0);
      plays(riff([odd, fmt(), odd, chunk('fact', Buffer.alloc(4)), chunk('data', pcm), odd]), 0);
      plays(
        riff([odd, odd, fmt({ extra: Buffer.alloc(2) }), chunk('JUNK', Buffer.alloc(5000)), chunk('data', pcm)]),
        0,
      );
      plays(riff([fmt(), chunk('data', pcm)], 3), 0); // the RIFF size is nobody's business
      const mono = riff([fmt({ channels: 1, bits: 8 }), chunk('data', Buffer.from([0, 128, 255])), odd]);
      plays(
        mono,
        0,
        Int32Array.of(-128, 0, 127).map((x) => x << 24),
      );
    });

    it('may be WAVE_FORMAT_EXTENSIBLE', () => {
      plays(riff([fmt({ tag: 0xfffe, extra: extensible(1, 16) }), chunk('data', pcm)]), 0);
      plays(riff([fmt({ tag: 0xfffe, extra: extensible(1, 12) }), chunk('data', pcm)]), 0);
      const float = Buffer.from(Float32Array.of(0.5, -0.5).buffer);
      const wav = riff([fmt({ tag: 0xfffe, bits: 32, extra: extensible(3, 32) }), chunk('data', float)]);
      plays(wav, 0, Int32Array.of(2 ** 30, -(2 ** 30)));
    });

    it('with sizes of writers that streamed are played to the end', () => {
      for (const size of [0, 0xffffffff, 0x7ffff000]) {
        plays(riff([fmt(), chunk('data', pcm, size)], 0xffffffff), ErrorCode.UnknownLength);
      }
      plays(riff([fmt(), chunk('data', pcm, 1000)]), ErrorCode.Truncated);
      plays(riff([fmt(), chunk('data', pcm.subarray(0, 10), 12)]), ErrorCode.Truncated, frames.slice(0, 4));
      plays(riff([fmt(), chunk('data', pcm.subarray(0, 11))]), ErrorCode.Truncated, frames.slice(0, 4));
    });

    it('that are wrong are named with their byte', () => {
      const data = chunk('data', pcm);
      const ext = (extra: Buffer): Buffer => riff([fmt({ tag: 0xfffe, extra }), data]);
      const cases: [string, Buffer, number, number][] = [
        ['nothing', Buffer.alloc(0), ErrorCode.NotAudio, 0],
        ['three bytes', Buffer.from('RIF'), ErrorCode.NotAudio, 0],
        ['text', Buffer.from('This is a text, and no sound at all.'), ErrorCode.NotAudio, 0],
        ['only RIFF', Buffer.from('RIFF'), ErrorCode.Truncated, 4],
        ['an AVI', riff([fmt(), data], undefined, 'RIFF', 'AVI '), ErrorCode.NotAudio, 8],
        ['RF64', riff([fmt(), data], undefined, 'RF64'), ErrorCode.Rf64, 0],
        ['big-endian', riff([fmt(), data], undefined, 'RIFX'), ErrorCode.NotAudio, 0],
        ['no chunks', riff([]), ErrorCode.Truncated, 4],
        ['no data', riff([fmt()]), ErrorCode.Truncated, 12],
        ['data first', riff([data, fmt()]), ErrorCode.DataBeforeFmt, 12],
        ['data first behind a list', riff([odd, data, fmt()]), ErrorCode.DataBeforeFmt, 24],
        ['a short fmt', riff([chunk('fmt ', Buffer.alloc(14)), data]), ErrorCode.BadHeader, 16],
        ['a cut fmt', riff([fmt()]).subarray(0, 30), ErrorCode.Truncated, 12],
        ['MP3 inside', riff([fmt({ tag: 0x55 }), data]), ErrorCode.UnsupportedFormat, 20],
        ['no channels', riff([fmt({ channels: 0, blockBytes: 4 }), data]), ErrorCode.BadChannels, 22],
        ['six channels', riff([fmt({ channels: 6 }), data]), ErrorCode.BadChannels, 22],
        ['rate 0', riff([fmt({ rateHz: 0 }), data]), ErrorCode.AbsurdRate, 24],
        ['rate 7999', riff([fmt({ rateHz: 7999 }), data]), ErrorCode.AbsurdRate, 24],
        ['rate 192001', riff([fmt({ rateHz: 192001 }), data]), ErrorCode.AbsurdRate, 24],
        ['rate 4 GHz', riff([fmt({ rateHz: 0xfffffff0 }), data]), ErrorCode.AbsurdRate, 24],
        ['12 bits', riff([fmt({ bits: 12 }), data]), ErrorCode.UnsupportedFormat, 34],
        ['float of 16', riff([fmt({ tag: 3 }), data]), ErrorCode.UnsupportedFormat, 34],
        ['a lying block size', riff([fmt({ blockBytes: 5 }), data]), ErrorCode.BadHeader, 32],
        ['block size 0', riff([fmt({ blockBytes: 0 }), data]), ErrorCode.BadHeader, 32],
        ['short extension', ext(extensible(1, 16).subarray(0, 20)), ErrorCode.BadHeader, 16],
        ['another GUID', ext(extensible(1, 16, '000000001000800000aa00389b72')), ErrorCode.UnsupportedFormat, 44],
        ['extended MP3', ext(extensible(0x55, 16)), ErrorCode.UnsupportedFormat, 20],
        ['empty data', riff([fmt(), chunk('data', Buffer.alloc(0))]), ErrorCode.NoFrames, 40],
        ['less than a frame', riff([fmt(), chunk('data', Buffer.alloc(2))]), ErrorCode.NoFrames, 40],
        ['nothing of the data', riff([fmt(), chunk('data', Buffer.alloc(0), 400)]), ErrorCode.Truncated, 40],
        [
          'chunks without end',
          riff(new Array<Buffer>(2000).fill(chunk('junk', Buffer.alloc(0)))),
          ErrorCode.BadHeader,
          8012,
        ],
      ];
      for (const [name, wav, error, offset] of cases) {
        const opened = decoder.open(wav);
        assert.deepEqual([opened.error, opened.errorOffset], [error, offset], name);
        assert.equal(decoder.read(10), undefined, name);
        assert.equal(decoder.seek(0), false, name);
      }
    });
  });

  it('seeks to what decoding from the start yields there', () => {
    const { below } = random(3);
    for (const kind of Object.keys(KINDS)) {
      for (const channels of [1, 2]) {
        const wav = file(`${kind}-44100-${channels}.wav`);
        decoder.open(wav);
        const reference = decoder.readAll();
        const places = [
          0,
          1,
          504,
          505,
          506,
          1009,
          FRAMES - 1,
          FRAMES,
          ...Array.from({ length: 20 }, () => below(FRAMES)),
        ];
        for (const place of places) {
          assert.equal(decoder.seek(place), true);
          const part = decoder.read(150);
          assert.deepEqual(part, reference.slice(place * channels, (place + 150) * channels), `${kind} from ${place}`);
          assert.equal(decoder.position, Math.min(place + 150, FRAMES));
        }
        assert.equal(decoder.seek(FRAMES + 1), false);
      }
    }
  });
});
