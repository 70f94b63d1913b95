// Frames of the serial line: vectors that both sides must make and read, and each side's frames read by the other.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Channel, Link } from '../../firmware/link/protocol.js';
import { VirtualClock } from '../../host-tools/link/clock.js';
import { cobsDecode, cobsEncode } from '../../host-tools/link/cobs.js';
import { Deframer } from '../../host-tools/link/deframer.js';
import { makeFrame, readFrame, WIRE_BYTES, type Frame } from '../../host-tools/link/frames.js';
import { DeviceRig } from './device-rig.js';

const bytes = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** From the paper's and Wikipedia's examples. */
const VECTORS: [name: string, plain: number[], stuffed: number[]][] = [
  ['nothing', [], [1]],
  ['a zero', [0], [1, 1]],
  ['two zeros', [0, 0], [1, 1, 1]],
  ['a zero within', [0, 0x11, 0], [1, 2, 0x11, 1]],
  ['a zero behind two', [0x11, 0x22, 0, 0x33], [3, 0x11, 0x22, 2, 0x33]],
  ['no zero', [0x11, 0x22, 0x33, 0x44], [5, 0x11, 0x22, 0x33, 0x44]],
  ['zeros at the end', [0x11, 0, 0, 0], [2, 0x11, 1, 1, 1]],
  ['254 without one', bytes(1, 254), [255, ...bytes(1, 254)]],
  ['a zero and 254', [0, ...bytes(1, 254)], [1, 255, ...bytes(1, 254)]],
  ['255 without one', bytes(1, 255), [255, ...bytes(1, 254), 2, 255]],
  ['254 and a zero', [...bytes(2, 255), 0], [255, ...bytes(2, 255), 1, 1]],
  ['253 and a zero', [...bytes(3, 255), 0, 1], [254, ...bytes(3, 255), 2, 1]],
];

/** Payloads with many zeros, with none, and of every kind between. */
const payloads = fc.oneof(
  fc.uint8Array({ maxLength: Link.PayloadBytes }),
  fc.array(fc.constantFrom(0, 1, 255), { maxLength: Link.PayloadBytes }).map((list) => Uint8Array.from(list)),
  fc.nat(Link.PayloadBytes).map((length) => new Uint8Array(length).fill(0x5a)),
);

describe('frames of the line', () => {
  let device: DeviceRig;

  before(async () => {
    device = await DeviceRig.make(new VirtualClock());
  });

  function put(data: ArrayLike<number>): void {
    device.program.bytes().set(data, device.program.exports.bufferAt());
  }

  function got(length: number): Uint8Array {
    const at = device.program.exports.bufferAt() + 4096;
    return device.program.bytes().slice(at, at + length);
  }

  for (const [name, plain, stuffed] of VECTORS)
    it(`stuffs ${name} alike on both sides`, () => {
      assert.deepEqual([...cobsEncode(Uint8Array.from(plain))], stuffed);
      assert.deepEqual([...(cobsDecode(Uint8Array.from(stuffed), 2000) ?? [])], plain);
      put(plain);
      assert.deepEqual([...got(device.program.exports.stuff(plain.length))], stuffed);
      put(stuffed);
      assert.deepEqual([...got(device.program.exports.unstuff(stuffed.length, 2000))], plain);
    });

  it('takes nothing that is cut off or too long, on either side', () => {
    for (const [stuffed, most] of [
      [[5, 1, 2], 100],
      [[2], 100],
      [[4, 1, 2, 3], 2],
      [[1, 1, 1, 1], 2],
      [[255, ...bytes(1, 253)], 1000],
    ] as const) {
      assert.equal(cobsDecode(Uint8Array.from(stuffed), most), undefined);
      put(stuffed);
      assert.equal(device.program.exports.unstuff(stuffed.length, most), -1);
    }
  });

  it('makes the same frame on both sides, which the other reads', () => {
    fc.assert(
      fc.property(
        payloads,
        fc.integer({ min: 1, max: 0xffff }),
        fc.nat(0xffff),
        fc.nat(6),
        (payload, session, sequence, channel) => {
          const frame: Frame = { version: Link.Version, channel, session, sequence, payload };
          const wire = makeFrame(frame);
          assert.ok(wire.length <= WIRE_BYTES);
          assert.equal(wire.indexOf(0, 1), wire.length - 1);
          put(payload);
          const made = got(device.program.exports.frameOf(channel, session, sequence, payload.length));
          assert.deepEqual(made, wire);
          const read = readFrame(made.subarray(1, -1));
          assert.deepEqual(read && { ...read, payload: [...read.payload] }, { ...frame, payload: [...payload] });
        },
      ),
      { numRuns: 500, seed: 1 },
    );
  });

  it('reads no frame in which a byte was changed', () => {
    fc.assert(
      fc.property(payloads, fc.nat(), fc.integer({ min: 1, max: 255 }), (payload, place, change) => {
        const wire = makeFrame({ version: 1, channel: Channel.Files, session: 9, sequence: 3, payload }).slice(1, -1);
        const at = place % wire.length;
        wire[at] = (wire[at] ?? 0) ^ change;
        assert.equal(readFrame(wire), undefined);
      }),
      { numRuns: 500, seed: 2 },
    );
  });

  it('finds frames in text, in pieces of any size, and text beside them', () => {
    const frames = [1, 2, 3].map((sequence) =>
      makeFrame({ version: 1, channel: 2, session: 5, sequence, payload: new Uint8Array(sequence * 100) }),
    );
    const [a = new Uint8Array(), b = new Uint8Array(), c = new Uint8Array()] = frames;
    const line = Buffer.concat([Buffer.from('one'), a, b, Buffer.from('two'), c, Buffer.from('three')]);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1 }), (sizes) => {
        const seen: number[] = [];
        let text = '';
        const deframer = new Deframer({
          frame: ({ sequence }) => seen.push(sequence),
          text: (piece) => (text += Buffer.from(piece).toString('latin1')),
        });
        for (let at = 0, i = 0; at < line.length; i++) {
          const size = sizes[i % sizes.length] ?? 1;
          deframer.push(line.subarray(at, at + size));
          at += size;
        }
        assert.deepEqual([seen, text, deframer.damaged], [[1, 2, 3], 'onetwothree', 0]);
      }),
      { numRuns: 200, seed: 3 },
    );
  });

  it('loses one frame at most to a byte that is lost, doubled or changed anywhere', () => {
    const frames = [0, 1, 2, 3].map((sequence) =>
      makeFrame({ version: 1, channel: 2, session: 5, sequence, payload: Uint8Array.of(1, 0, 2, 3) }),
    );
    const line = [...Buffer.concat(frames)];
    const length = frames[0]?.length ?? 0;
    for (let at = 0; at < 2 * length; at++)
      for (const change of [[], [line[at], line[at]], [(line[at] ?? 0) ^ 1], [0]] as number[][]) {
        const seen: number[] = [];
        const deframer = new Deframer({ frame: ({ sequence }) => seen.push(sequence), text: () => undefined });
        deframer.push(Uint8Array.from([...line.slice(0, at), ...change, ...line.slice(at + 1)]));
        assert.ok(seen.length >= 3, `byte ${at} as ${change.join()}: ${seen.join()}`);
        assert.equal(seen.at(-1), 3);
      }
  });

  function deframer(): { it: Deframer; seen: number[]; take: () => string } {
    const seen: number[] = [];
    let text = '';
    const it = new Deframer({
      frame: ({ sequence }) => seen.push(sequence),
      text: (piece) => (text += Buffer.from(piece).toString('latin1')),
    });
    const take = (): string => {
      const taken = text;
      text = '';
      return taken;
    };
    return { it, seen, take };
  }
  const BROKEN = Uint8Array.of(0, 9, 200, 3, 0x41);
  const REPORT = 'fault kind=hang\r\n  wasm +0x1\r\n';
  const frame = makeFrame({ version: 1, channel: 2, session: 5, sequence: 7, payload: Buffer.from('a\nlines\nof') });

  it('passes on the text of a board that stopped within a frame', () => {
    const { it, take } = deframer();
    it.push(BROKEN);
    it.push(Buffer.from(`\r\n${REPORT}`));
    it.silence();
    assert.equal(take(), '', 'more of the frame may come');
    assert(it.patienceMs > 500 && it.patienceMs < 5000);
    it.silence();
    assert.deepEqual([take(), it.damaged, it.patienceMs], [REPORT, 1, Infinity]);
  });

  it('passes it on before what a board sends that goes on', () => {
    const { it, seen, take } = deframer();
    it.push(BROKEN);
    it.push(Buffer.from(`\r\n${REPORT}`));
    it.silence();
    it.push(frame);
    // The first zero byte ended what was broken.
    assert.deepEqual([seen, take(), it.damaged], [[7], REPORT, 1]);
  });

  it('takes the rest of a frame that comes after a pause', () => {
    for (let at = 1; at < frame.length; at++) {
      const { it, seen, take } = deframer();
      it.push(frame.subarray(0, at));
      it.silence();
      it.push(frame.subarray(at));
      // Of a zero byte alone nothing is awaited: noise makes one, too.
      if (at > 1) assert.deepEqual([seen, take(), it.damaged], [[7], '', 0], `a pause after ${at} bytes`);
    }
  });

  it('shows what a board says that has begun anew within a frame', () => {
    for (const pauses of [1, 2])
      for (let at = 2; at < frame.length - 1; at++) {
        const { it, seen, take } = deframer();
        it.push(frame.subarray(0, at));
        for (let i = 0; i < pauses; i++) it.silence();
        it.push(Buffer.from('Mirleft '));
        it.push(Buffer.from('starts\r\n'));
        it.silence();
        assert(take().endsWith('Mirleft starts\r\n'));
        it.push(frame);
        assert.deepEqual([seen, take(), it.damaged], [[7], '', 1]);
      }
  });
});
