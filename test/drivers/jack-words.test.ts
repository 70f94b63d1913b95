// The words of the jack: in order and unchanged.

import assert from 'node:assert/strict';
import { compileJack, constant, JackRig, numbered } from './jack-rig.js';

let wasm: Uint8Array;

before(async () => {
  wasm = await compileJack();
});

describe('the words of the jack', () => {
  it('come out as they were appended, in order, in blocks of every length (capture)', () => {
    const rig = new JackRig(wasm, 'emulator');
    rig.open(44100);
    const words = numbered(30_000, rig.jack.range());
    rig.queue.push(...words);
    for (let size = 1; rig.queue.length; size = (size * 7 + 3) % 513 || 1) {
      const room = rig.jack.room();
      if (room) assert.equal(rig.appendNow(Math.min(size, room, rig.queue.length / 2)), 0);
      if (!room || !rig.queue.length) rig.run(1);
    }
    assert.deepEqual(rig.trackWords(), words);
    assert.equal(rig.jack.trackPairsAppended(), 30_000n);
    assert.equal(rig.jack.underruns(), 0);
  });

  it('come out as they were appended, with jittered steps, for 10 s (board)', () => {
    const rig = new JackRig(wasm, 'board');
    rig.open(44100);
    const words = numbered(441_000, rig.jack.range());
    let taken = 0;
    for (let i = 0; taken < words.length; i++) {
      if (!rig.queue.length) {
        rig.queue.push(...words.slice(taken, taken + 40_000));
        taken += 40_000;
        rig.starves = taken < words.length;
      }
      rig.run(1 + ((i * 7) % 30), (i % 5) * 2);
    }
    while (rig.queue.length) rig.run(5);
    rig.run(100);
    assert.equal(rig.jack.underruns(), 0);
    const out = rig.output();
    const from = out.findIndex((word, i) => word === words[0] && out[i + 1] === words[1] && out[i + 2] === words[2]);
    assert.ok(from > 0);
    assert.deepEqual(
      out.slice(from, from + words.length).findIndex((word, i) => word !== words[i]),
      -1,
    );
    assert.equal(rig.jack.trackPairsPlayed(), 441_000n);
    assert.deepEqual(rig.violations(), []);
  });

  it('tell a capture their track, rate and repeat before they come', () => {
    const rig = new JackRig(wasm, 'emulator');
    rig.open(8000);
    rig.jack.noteTrack(3);
    rig.queue.push(...constant(5, 6, 1024));
    rig.run(200);
    const place = (offset: number, value: number): number =>
      rig.lines.findIndex((line) => line.offset === offset && line.value === value);
    const word = rig.lines.findIndex(({ offset }) => offset === 0x18);
    assert.ok(place(0x60, 8000) >= 0 && place(0x60, 8000) < word);
    assert.ok(place(0x64, 4) >= 0 && place(0x64, 4) < word);
    assert.ok(place(0x10, 3906) >= 0 && place(0x10, 3906) < word);
    const firstTrack = rig.lines.findIndex(({ offset }) => offset === 0x44);
    assert.ok(place(0x68, 3) >= 0 && place(0x68, 3) < firstTrack);
    assert.equal(rig.board.log.filter(({ kind, address }) => kind === 'read' && address >>> 8 === 0xfe2030).length, 0);
  });

  it('go to GPIO 40 first: the order of a pair is kept through bridges', () => {
    const rig = new JackRig(wasm, 'emulator');
    rig.open(44100);
    rig.queue.push(...constant(2800, 100, 512));
    rig.run(200);
    const bridge = rig.blocks().filter(({ kind }) => kind === 0)[6]?.words ?? [];
    assert.ok((bridge.at(-2) as number) > 1417 && (bridge.at(-1) as number) < 1417, 'right up, left down');
  });
});
