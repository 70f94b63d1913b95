// The jack driver on the interpreter in QEMU: its words leave through the emulator's DMA engine.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { startEmulator } from '../../host-tools/emulator/emulator.js';
import { makeScratch } from '../../host-tools/emulator/scratch.js';
import { ringOf } from '../support/captured.js';
import { testFirmware } from '../support/firmware.js';
import { runQemu } from '../support/qemu.js';
import { largestStep, rampStep } from './jack-rig.js';

const PAIRS = 44_100;
const RANGE = 2834;

interface Line {
  offset: number;
  value: number;
}

async function runLogged(): Promise<{ facts: Record<string, number>; lines: Line[] }> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'mirleft-jack-'));
  try {
    const log = path.join(folder, 'log');
    const image = await testFirmware('jack');
    const result = await runQemu(image, { deterministic: true, args: ['-d', 'unimp', '-D', log] });
    assert.equal(result.status, 0, result.console + result.errors);
    const facts = Object.fromEntries(
      result.console
        .trim()
        .split('\n')
        .map((line) => line.split('='))
        .map(([name, value]) => [name, Number(value)]),
    ) as Record<string, number>;
    const pattern = /^bcm2835-i2s: unimplemented device write \(size 4, offset (0x\w+), value (0x\w+)\)$/gm;
    const lines = [...fs.readFileSync(log, 'latin1').matchAll(pattern)].map(([, offset, value]) => ({
      offset: Number(offset),
      value: Number(value),
    }));
    return { facts, lines };
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

interface Block {
  kind: number;
  words: number[];
}

/** The blocks of the log. */
function blocksOf(lines: Line[]): Block[] {
  const blocks: Block[] = [];
  let words: number[] = [];
  for (const { offset, value } of lines) {
    if (offset === 0x18) words.push(value);
    if (offset !== 0x40 && offset !== 0x44) continue;
    blocks.push({ kind: (offset - 0x40) / 4, words });
    words = [];
  }
  return blocks;
}

/** The same run, its words through memory; whether stamps went forward. */
async function runShared(): Promise<{ blocks: Block[]; ordered: boolean }> {
  const scratch = makeScratch();
  try {
    const kernel = scratch.file('kernel8.img');
    fs.writeFileSync(kernel, (await testFirmware('jack')).image);
    const emulator = await startEmulator({ scratch, kernel, deterministic: true, capture: true, limitSeconds: 100 });
    emulator.console.resume();
    const memory = emulator.memory ?? assert.fail();
    const blocks: Block[] = [];
    let [stamp, ordered] = [0, true];
    const reader = ringOf(memory, {
      block(words, kind, micros) {
        blocks.push({ kind, words: [...words] });
        ordered &&= micros > 0 && micros >= stamp;
        stamp = micros;
      },
      register: () => undefined,
    });
    assert.equal((await emulator.ended).status, 0);
    while (reader.read() > 0);
    memory.close();
    return { blocks, ordered };
  } finally {
    scratch.remove();
  }
}

describe('the jack in QEMU', () => {
  let logged: Awaited<ReturnType<typeof runLogged>>;
  before(async () => (logged = await runLogged()));

  it('sends the same words in the same blocks through memory', async () => {
    const { blocks, ordered } = await runShared();
    assert.deepEqual(blocks, blocksOf(logged.lines));
    assert.ok(ordered, 'stamps go forward');
  });

  it('sends out the words that were appended, in order, with level between them that never jumps', () => {
    const { facts, lines } = logged;
    assert.deepEqual([facts['open'], facts['mode'], facts['signs']], [0, 2, 0]);
    assert.deepEqual([facts['underruns'], facts['played']], [0, PAIRS + 1]);

    const track: number[] = [];
    const level: number[] = [];
    let open: number[] = [];
    let stamp = 0;
    for (const { offset, value } of lines) {
      if (offset === 0x18) open.push(value);
      if (offset !== 0x40 && offset !== 0x44) continue;
      assert.ok(value >= stamp, 'stamps go forward');
      stamp = value;
      // A jump may be within a track, never at its edge.
      if (offset === 0x44) track.push(...open);
      level.push(...(offset === 0x40 ? open : [...open.slice(0, 2), ...open.slice(-2)]));
      open = [];
    }
    assert.equal(open.length, 0);
    const wanted = Array.from({ length: PAIRS * 2 }, (_, i) => (Math.imul(i + 1, 2654435761) >>> 8) % (RANGE + 1));
    assert.equal(track.length, wanted.length + 2);
    assert.deepEqual(
      [...wanted, 0, RANGE].findIndex((word, i) => word !== track[i]),
      -1,
    );

    // Before the track and behind it; between its blocks nothing is level.
    const first = lines.findIndex(({ offset }) => offset === 0x44);
    assert.ok(lines.slice(0, first).some(({ offset, value }) => offset === 0x68 && value === 1));
    const steps = level.slice(0, 2 * 2823);
    assert.ok(largestStep(steps).step <= rampStep(RANGE, 44_100));
    assert.deepEqual(level.slice(-2), [0, 0]);
  });
});
