// A capture through memory: the driver over the model of the emulator, and the host's reader of the ring on a file.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { CAPTURE_RING, DMA_WINDOW_BYTES } from '../../boot/memory-map.js';
import * as keys from '../../drivers/jack-keys.js';
import { SLOT_HEADER_BYTES } from '../../drivers/window-map.js';
import { Descriptor } from '../../drivers/jack-keys.js';
import { RingReader } from '../../host-tools/capture/ring.js';
import { testFolder } from '../media/sounds.js';
import { compileJack, constant, JackRig, largestStep, rampStep, Setting, State } from './jack-rig.js';

const RING_BYTES = keys.LEAST_RING_BYTES;
const DESCRIPTOR = DMA_WINDOW_BYTES - keys.DESCRIPTOR_FROM_END;
const RANGE = 2834;

type Offer = Partial<Record<Descriptor, number>>;
type Seen = ['block', number, number[]] | ['register', number, number];

/** The words of a track: each says where it stands. */
const numbered = (pairs: number): number[] => Array.from({ length: pairs * 2 }, (_, i) => (i * 7) % RANGE);

describe('a capture through memory', () => {
  const file = fs.openSync(path.join(testFolder(), 'memory'), 'w+');
  let wasm: Uint8Array;
  before(async () => (wasm = await compileJack()));
  after(() => fs.closeSync(file));

  /** The emulator with a ring, a reader of it, and what the reader told. The file has the descriptor, then the ring. */
  class Shared {
    readonly rig: JackRig;
    readonly ring = new Uint8Array(RING_BYTES);
    readonly seen: Seen[] = [];
    readonly reader = new RingReader(
      { file, descriptor: 0, base: keys.DESCRIPTOR_BYTES, bytes: RING_BYTES },
      {
        block: (words, kind) => this.seen.push(['block', kind, [...words]]),
        register: (offset, value) => this.seen.push(['register', offset, value]),
      },
    );

    constructor(offer: Offer = {}, place: 'board' | 'emulator' = 'emulator') {
      this.rig = new JackRig(wasm, place);
      this.rig.board.shared = { base: CAPTURE_RING, bytes: this.ring };
      const words: Offer = {
        [Descriptor.Magic0]: keys.DESCRIPTOR_MAGIC_0,
        [Descriptor.Magic1]: keys.DESCRIPTOR_MAGIC_1,
        [Descriptor.Base]: CAPTURE_RING,
        [Descriptor.Bytes]: RING_BYTES,
        [Descriptor.Ahead]: RING_BYTES - keys.RESERVE_BYTES,
        [Descriptor.NotRead]: 0xffffffff,
        ...offer,
      };
      for (const [offset, value] of Object.entries(words)) this.set(Number(offset), value);
    }

    set(offset: Descriptor, value: number): void {
      for (const memory of [this.rig.board.window, this.rig.board.visible])
        new DataView(memory.buffer).setUint32(DESCRIPTOR + offset, value, true);
    }

    get(offset: Descriptor): number {
      return new DataView(this.rig.board.window.buffer).getUint32(DESCRIPTOR + offset, true);
    }

    /** Lets the reader read all that is there. */
    read(): void {
      fs.writeSync(file, this.rig.board.window, DESCRIPTOR, keys.DESCRIPTOR_BYTES, 0);
      fs.writeSync(file, this.ring, 0, RING_BYTES, keys.DESCRIPTOR_BYTES);
      while (this.reader.read() > 0);
      const told = Buffer.alloc(8);
      fs.readSync(file, told, 0, 8, Descriptor.Read);
      this.set(Descriptor.Read, told.readUInt32LE(0));
      this.set(Descriptor.NotRead, told.readUInt32LE(4));
    }

    words(...kinds: number[]): number[] {
      return this.seen.flatMap(([what, kind, words]) => (what === 'block' && kinds.includes(kind) ? words : []));
    }
  }

  it('gives the words, kinds and notes that the log gives', () => {
    const play = (rig: JackRig): void => {
      for (const rate of [44100, 8000]) {
        rig.open(rate);
        rig.run(70);
        rig.jack.noteTrack(rate === 44100 ? 0 : 1);
        rig.queue = numbered(3000);
        rig.run(300);
        rig.close();
      }
      assert.deepEqual(rig.violations(), []);
    };
    const logged = new JackRig(wasm, 'emulator');
    play(logged);
    const shared = new Shared();
    play(shared.rig);
    shared.read();
    assert.equal(shared.rig.lines.filter(({ offset }) => offset === 0x18 || (offset & 0xf0) === 0x40).length, 0);
    assert.deepEqual(
      shared.seen.filter(([what]) => what === 'block').map(([, kind, words]) => ({ kind, words })),
      logged.blocks(),
    );
    const notes = [0x10, 0x20, 0x60, 0x64, 0x68];
    assert.deepEqual(
      shared.seen.filter(([what]) => what === 'register').map(([, offset, value]) => `${offset} ${String(value)}`),
      logged.lines.filter(({ offset }) => notes.includes(offset)).map(({ offset, value }) => `${offset} ${value}`),
    );
  });

  for (const free of [false, true]) {
    it(`goes round the ring without losing a word, and past 2^32 bytes (${free ? 'free' : 'paced'})`, () => {
      // The count begins a little before its end.
      const start = 2 ** 32 - 3 * 4128;
      const shared = new Shared({
        [Descriptor.Written]: start,
        [Descriptor.Read]: start,
        [Descriptor.NotRead]: ~start,
      });
      Object.assign(shared.reader, { at: start });
      const { rig } = shared;
      rig.jack.setFree(free);
      rig.open(44100);
      const track = numbered(700_000);
      rig.queue = track.slice();
      for (let i = 0; i < 400 && rig.queue.length > 0; i++) {
        rig.run(100);
        shared.read();
      }
      rig.close();
      shared.read();
      assert.deepEqual(rig.queue.length, 0);
      assert.ok(shared.words(1).every((word, i) => word === track[i]) && shared.words(1).length === track.length);
      assert.equal(rig.jack.underruns(), 0);
      assert.ok(largestStep(shared.words(0).slice(0, 4000)).step <= rampStep(RANGE, 44100));
    });

    it(`waits for a reader that has stopped, whatever the firmware does, and loses nothing (${free ? 'free' : 'paced'})`, () => {
      const shared = new Shared({ [Descriptor.Ahead]: 100_000 });
      const { rig } = shared;
      rig.jack.setFree(free);
      rig.open(44100);
      const track = numbered(20_000);
      rig.queue = track.slice();
      rig.run(5000);
      const written = shared.get(Descriptor.Written);
      assert.ok(written > 100_000 && written < 110_000, `${written}`);
      assert.equal(rig.jack.room(), 0);
      assert.equal(rig.appendNow(1), -4);
      rig.jack.breakTrack();
      const due = rig.jack.service() - rig.board.now;
      assert.ok(due > 0n && due <= rig.board.ms(1));
      rig.jack.close();
      rig.run(5000);
      assert.deepEqual([shared.get(Descriptor.Written), rig.jack.state()], [written, State.closing]);
      shared.read();
      rig.run(500);
      assert.deepEqual([rig.jack.state(), rig.jack.underruns(), rig.jack.engineErrors()], [State.closed, 0, 0]);
      shared.read();
      const heard = shared.words(1);
      assert.deepEqual(heard, track.slice(0, heard.length));
      assert.equal(heard.length, track.length - rig.queue.length);
      assert.deepEqual(shared.words(0, 1).slice(-2), [0, 0]);
    });
  }

  it('goes on where it waited, with no step and no underrun', () => {
    const shared = new Shared({ [Descriptor.Ahead]: 100_000 });
    const { rig } = shared;
    rig.open(44100);
    rig.queue = constant(2000, 2000, 60_000);
    for (let i = 0; i < 20 && rig.queue.length > 0; i++) {
      rig.run(1000);
      shared.read();
    }
    rig.close();
    shared.read();
    assert.equal(shared.words(1).length, 120_000);
    assert.equal(rig.jack.underruns(), 0);
    assert.ok(largestStep(shared.words(0, 1)).step <= rampStep(RANGE, 44100));
  });

  it('tells a block with its append, and closes in peace when its last words have to wait', () => {
    const shared = new Shared({ [Descriptor.Ahead]: 40_000 });
    const { rig } = shared;
    rig.open(44100);
    rig.run(1);
    const before = shared.get(Descriptor.Written);
    rig.queue = constant(1417, 1417, 10);
    assert.equal(rig.appendNow(10), 0);
    assert.equal(shared.get(Descriptor.Written), before + SLOT_HEADER_BYTES + 80);
    rig.close();
    assert.ok(shared.get(Descriptor.Written) > 40_000);
    rig.run(2000);
    assert.equal(rig.jack.state(), State.closing);
    shared.read();
    rig.run(200);
    assert.deepEqual([rig.jack.state(), rig.jack.engineErrors(), rig.jack.underruns()], [State.closed, 0, 0]);
  });

  it('takes no half-written or impossible count for the reader’s', () => {
    const shared = new Shared({ [Descriptor.Ahead]: 100_000 });
    const { rig } = shared;
    rig.open(44100);
    rig.queue = constant(1417, 1417, 60_000);
    rig.run(3000);
    const written = shared.get(Descriptor.Written);
    for (const [read, not] of [
      [written, 0],
      [written + 8, ~(written + 8)],
      [written - RING_BYTES - 8, ~(written - RING_BYTES - 8)],
    ] as const) {
      shared.set(Descriptor.Read, read);
      shared.set(Descriptor.NotRead, not);
      rig.run(100);
      assert.equal(shared.get(Descriptor.Written), written);
    }
  });

  it('is the log where the descriptor is missing or does not make sense, and never for PWM1', () => {
    const lies: Offer[] = [
      { [Descriptor.Magic0]: 0 },
      { [Descriptor.Magic1]: 0 },
      { [Descriptor.Base]: 0x80000 },
      { [Descriptor.Base]: CAPTURE_RING + 4 },
      { [Descriptor.Base]: 0x3e000000 },
      { [Descriptor.Base]: 0x3df00000 },
      { [Descriptor.Base]: 0xffffffe0 },
      { [Descriptor.Bytes]: 0 },
      { [Descriptor.Bytes]: 0x100000 },
      { [Descriptor.Bytes]: 0x300000 },
      { [Descriptor.Bytes]: 0x80000000 },
      { [Descriptor.Ahead]: RING_BYTES - keys.RESERVE_BYTES + 1 },
      { [Descriptor.Ahead]: 0xffffffff },
    ];
    for (const lie of lies) {
      const { rig, ring } = new Shared(lie);
      rig.open(44100);
      assert.ok(rig.output().length > 5000, JSON.stringify(lie));
      assert.ok(ring.every((byte) => byte === 0));
    }
    const { rig, ring } = new Shared({}, 'board');
    rig.open(44100, Setting.pwm1);
    rig.run(200);
    assert.ok(rig.output().length > 5000);
    assert.ok(ring.every((byte) => byte === 0));
  });
});
