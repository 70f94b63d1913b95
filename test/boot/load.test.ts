import assert from 'node:assert/strict';
import path from 'node:path';
import { Event } from '../../drivers/board-keys.js';
import { libraryRoot } from '../../host-tools/build/library.js';
import { buildImage } from '../../host-tools/build/image.js';
import { readReport } from '../support/firmware.js';
import { runQemu, type QemuRun } from '../support/qemu.js';

// Modules made by hand: a section is its number, its length, its contents.
const leb = (value: number): number[] => (value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(value >>> 7)]);
const section = (id: number, contents: number[]): number[] => [id, ...leb(contents.length), ...contents];
const list = (...items: number[][]): number[] => [...leb(items.length), ...items.flat()];
const name = (text: string): number[] => [...leb(Buffer.byteLength(text)), ...Buffer.from(text)];
const body = (...code: number[]): number[] => [...leb(code.length + 2), 0, ...code, 0x0b];

const I32 = 0x7f;
const I64 = 0x7e;
const TYPES = [
  [0x60, 1, I32, 0], // 0 start, exit-like
  [0x60, 1, I32, 1, I64], // 1 step
  [0x60, 0, 0], // 2 nothing
  [0x60, 2, I32, I32, 0], // 3 exit
];
const NOTHING = [0x42, 0]; // i64.const 0

interface Parts {
  imports?: number[][];
  /** Types of the functions, in order. */
  functions?: number[];
  bodies?: number[][];
  exports?: [string, number][];
}

function module({ imports = [], functions = [0, 1], bodies, exports }: Parts): Uint8Array {
  const base = imports.length;
  const names = exports ?? [
    ['start', base],
    ['step', base + 1],
  ];
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, list(...TYPES)),
    ...(imports.length ? section(2, list(...imports)) : []),
    ...section(3, list(...functions.map(leb))),
    ...section(5, list([1, 1, 1])),
    ...section(7, list([...name('memory'), 2, 0], ...names.map(([text, index]) => [...name(text), 0, ...leb(index)]))),
    ...section(10, list(...(bodies ?? [body(), body(...NOTHING)]))),
  ]);
}

async function run(wasm: Uint8Array): Promise<QemuRun> {
  return runQemu(await buildImage({ wasm }));
}

describe('loading a module', () => {
  async function refusal(wasm: Uint8Array): Promise<string | undefined> {
    const { console, status } = await run(wasm);
    const report = readReport(console);
    assert.deepEqual([report.kind, status], ['load', 1]);
    return report.fields['text'];
  }

  const EXIT = [...name('board'), ...name('exit'), 0, 3];
  const ends = [0x41, 0, 0x41, 42, 0x10, 0]; // exit(End, 42)

  it('runs one that keeps the contract', async () => {
    const { console, status } = await run(module({ imports: [EXIT], bodies: [body(), body(...ends, ...NOTHING)] }));
    assert.deepEqual([console, status], ['', 42]);
  });

  it('starts one with no changes of GPIO levels that another asked for', async () => {
    const status = [0x41, 0, 0x20, 0, 0x10, 0]; // exit(End, events)
    const wasm = module({ imports: [EXIT], bodies: [body(), body(...status, ...NOTHING)] });
    const assembly = [path.join(libraryRoot, 'test', 'boot', 'watched.S')];
    const run = await runQemu(await buildImage({ wasm, assembly }));
    assert.deepEqual([run.console, run.status], ['', Event.Deadline]);
  });

  it('names an import that the board has not', async () => {
    const found = async (from: string, field: string, kind: number[]): Promise<string | undefined> =>
      refusal(module({ imports: [EXIT, [...name(from), ...name(field), ...kind]] }));
    assert.equal(await found('board', 'exits', [0, 3]), 'unknown import board.exits');
    assert.equal(await found('board', 'exi', [0, 3]), 'unknown import board.exi');
    assert.equal(await found('env', 'exit', [0, 3]), 'unknown import env.exit');
    assert.equal(await found('b'.repeat(200), 'x', [0, 3]), `unknown import ${'b'.repeat(64)}.x`);
  });

  it('names an import or an export of another type', async () => {
    const import_ = [...name('board'), ...name('exit'), 0, 0];
    assert.equal(await refusal(module({ imports: [import_] })), 'function signature mismatch: exit');
    assert.equal(
      await refusal(module({ functions: [1, 0], bodies: [body(...NOTHING), body()] })),
      'export of another type: start',
    );
    assert.equal(
      await refusal(module({ functions: [0, 0], bodies: [body(), body()] })),
      'export of another type: step',
    );
  });

  it('names a missing export', async () => {
    assert.equal(await refusal(module({ exports: [['start', 0]] })), 'function lookup failed: step');
  });

  it('refuses what is no module, or half of one', async () => {
    assert.equal(await refusal(new Uint8Array(100)), 'malformed Wasm binary');
    assert.equal(await refusal(module({}).subarray(0, 60)), 'malformed Wasm binary');
  });

  it('reports a native stack that calls have filled, with the calls', async () => {
    // A function without values needs no wasm3 stack of its own: loop, call itself.
    const wasm = module({
      functions: [0, 1, 2],
      bodies: [body(0x10, 2), body(...NOTHING), body(0x03, 0x40, 0x03, 0x40, 0x03, 0x40, 0x10, 2, 0x0b, 0x0b, 0x0b)],
    });
    const { console, status } = await run(wasm);
    const report = readReport(console);
    assert.deepEqual([report.kind, status], ['stack-overflow', 1], console);
    const recursion = report.frames[0];
    assert.ok(report.frames.slice(0, -1).every((frame) => frame === recursion));
    assert.notEqual(report.frames.at(-1), recursion);
  });

  it('reports a native stack that ran into its guard', async () => {
    // Each level first enters 2,000 loops inside each other: more than what calls leave free.
    const depth = 2000;
    const loops = [...Array.from({ length: depth }, () => [0x03, 0x40]).flat(), ...Array<number>(depth).fill(0x0b)];
    const wasm = module({
      functions: [0, 1, 2, 2],
      bodies: [
        body(0x10, 2),
        body(...NOTHING),
        body(0x03, 0x40, 0x03, 0x40, 0x03, 0x40, 0x10, 3, 0x10, 2, 0x0b, 0x0b, 0x0b),
        body(...loops),
      ],
    });
    const { console, status } = await run(wasm);
    const report = readReport(console);
    assert.deepEqual([report.kind, status], ['stack-overflow', 1], console);
    assert.match(report.lines[0] ?? '', / far=0x000000000024[0-9a-f]{4} /);
    assert.ok(report.frames.length > 50, console);
  });
});
