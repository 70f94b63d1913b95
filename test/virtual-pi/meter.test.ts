import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { music } from '../../host-tools/bench/music.js';
import { functionAt, parseModule, WasmFormatError } from '../../host-tools/build/wasm-module.js';
import { makeScratch, type Scratch } from '../../host-tools/emulator/scratch.js';
import { encodeQoa } from '../../host-tools/media/qoa.js';
import { CostCounter } from '../../host-tools/virtual-pi/cpu/cost-counter.js';
import { meter, METER_GLOBALS } from '../../host-tools/virtual-pi/cpu/meter.js';
import { readCode } from '../../host-tools/virtual-pi/cpu/wasm-code.js';
import { OPERATIONS, WEIGHTS, type OperationName, type Weights } from '../../host-tools/virtual-pi/cpu/weights.js';
import { random } from '../support/decoder.js';
import { compileProgram, instantiate } from '../support/module.js';
import { pick } from '../support/pick.js';

type Exports = Record<string, (...parameters: (number | bigint)[]) => number | bigint>;

/** Weights of nothing but these. */
function only(weights: Partial<Record<OperationName, number>>, imports: Record<string, number> = {}): Weights {
  const none = Object.fromEntries(OPERATIONS.map((name) => [name, 0])) as Weights['operations'];
  return { operations: { ...none, ...weights }, imports: { '': 0, ...imports }, bytes: {} };
}

function run(wasm: Uint8Array, imports: WebAssembly.Imports = {}): { exports: Exports; counter: CostCounter } {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.from(wasm)), imports);
  return { exports: exports as unknown as Exports, counter: new CostCounter(exports) };
}

/** A program of some functions whose ways depend on a number: blocks, loops, branches of every kind, calls. */
function randomProgram(seed: number): string {
  const { below } = random(seed);
  const condition = '(i32.and (call $next) (i32.const 3))';
  const statements = (depth: number, labels: number): string =>
    Array.from({ length: 1 + below(4) }, () => statement(depth, labels)).join(' ');
  const statement = (depth: number, labels: number): string => {
    const label = below(labels + 1);
    const inner = (): string => statements(depth - 1, labels + 1);
    const flat = [
      () => `(call $mark (i32.const ${below(1000)}))`,
      () => `(br_if ${label} ${condition})`,
      () => `(if ${condition} (then (br ${label + 1})))`,
      () => `(if ${condition} (then) (else (return)))`,
      () => `(local.set 0 (select (local.get 0) (i32.const ${below(9)}) ${condition}))`,
      () => `(global.set $hash (i32.add (global.get $hash) (block (result i32) (br_if 0 (i32.const 5) ${condition}))))`,
      () => `(call_indirect (param i32) (local.get 0) (i32.const 0))`,
    ];
    const nested = [
      () => `(block ${inner()})`,
      () => `(loop (if (i32.eqz (call $fuel)) (then (return))) ${inner()})`,
      () => `(loop $l (if (i32.eqz (call $fuel)) (then (return))) ${inner()} (br_if $l ${condition}))`,
      () => `(if ${condition} (then ${inner()}))`,
      () => `(if ${condition} (then ${inner()}) (else ${inner()}))`,
      () => `(block (block (block (br_table 0 1 2 ${label + 3} ${condition})) ${statements(depth - 1, labels + 2)}))`,
      () => `(block ${inner()} (br ${label + 1}) ${inner()})`,
    ];
    return pick(depth > 0 && below(3) ? nested : flat, below(7))();
  };
  const functions = Array.from({ length: 16 }, (_, i) => `(func $f${i} (param i32) ${statements(4, 0)})`);
  return `(module
    (table 1 1 funcref) (elem (i32.const 0) $mark)
    (global $hash (mut i32) (i32.const 0)) (global $state (mut i32) (i32.const 1))
    (global $left (mut i32) (i32.const 0))
    (func $next (result i32)
      (global.set $state (i32.add (i32.mul (global.get $state) (i32.const 1664525)) (i32.const 1013904223)))
      (i32.shr_u (global.get $state) (i32.const 28)))
    (func $fuel (result i32)
      (global.set $left (i32.sub (global.get $left) (i32.const 1))) (i32.gt_s (global.get $left) (i32.const 0)))
    (func $mark (param i32)
      (global.set $hash (i32.add (i32.mul (global.get $hash) (i32.const 31)) (local.get 0))))
    ${functions.join('\n    ')}
    (func (export "run") (param i32) (result i32)
      (global.set $state (local.get 0))
      ${functions.map((_, i) => `(global.set $left (i32.const 50)) (call $f${i} (local.get 0))`).join(' ')}
      (global.get $hash)))`;
}

const CONTROL = `(module
  (import "env" "hit" (func $hit (param i32)))
  (import "env" "base" (global $base i32))
  (type $two (func (param i32 i32) (result i32 i32)))
  (table 2 2 funcref)
  (elem (i32.const 0) $swap $twice)
  (memory (export "memory") 1 1)
  (global $started (export "started") (mut i32) (i32.const 0))
  (func $begin (global.set $started (global.get $base)))
  (start $begin)
  (func $swap (type $two) (local.get 1) (local.get 0))
  (func $twice (type $two) (i32.mul (local.get 0) (i32.const 2)) (local.get 1))
  (func (export "swap") (param i32 i32 i32) (result i32)
    (call_indirect (type $two) (local.get 0) (local.get 1) (local.get 2)) (i32.sub))
  (func (export "values") (param i32 i32) (result i32)
    (local.get 0) (local.get 1)
    (block (param i32 i32) (result i32 i32) (br_if 0 (local.get 0)) (i32.const 7) (i32.mul))
    (i32.xor))
  (func (export "hits") (param i32) (call $hit (i32.const 1)) (if (local.get 0) (then (call $hit (i32.const 2)))))
  (func (export "sum") (param f64 i64) (result f64)
    (f64.add (f64.convert_i64_s (local.get 1)) (f64.min (local.get 0) (f64.const 1e6))))
  (func (export "saturate") (param f64) (result i32) (i32.trunc_sat_f64_s (local.get 0)))
  (func (export "copy") (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
  (func (export "fill") (param i32 i32) (local i64) (memory.fill (local.get 0) (i32.const 9) (local.get 1)))
  (func (export "endless") (loop $l (br $l)))
  (func $deep (export "deep") (call $deep))
  (func (export "divide") (param i32) (result i32) (i32.div_u (i32.const 1) (local.get 0))))`;

describe('virtual-pi/meter', () => {
  let scratch: Scratch;
  let control: Uint8Array;
  const programs = new Map<string, Uint8Array>();

  function assemble(text: string): Uint8Array {
    fs.writeFileSync(scratch.file('test.wat'), text);
    execFileSync('wat2wasm', ['--debug-names', scratch.file('test.wat'), '-o', scratch.file('test.wasm')]);
    return fs.readFileSync(scratch.file('test.wasm'));
  }

  before(async () => {
    scratch = makeScratch();
    control = assemble(CONTROL);
    programs.set('control', control);
    for (const name of [
      'firmware/programs/player/main',
      'firmware/programs/sampler/main',
      'firmware/programs/tone/main',
    ])
      programs.set(name, (await compileProgram(`${name}.ts`, { board: true })).wasm);
  });
  after(() => scratch.remove());

  it('keeps imports, exports, functions and their names', () => {
    for (const [name, wasm] of programs) {
      const before = parseModule(wasm);
      const after = parseModule(meter(wasm).wasm);
      assert.ok(WebAssembly.validate(Uint8Array.from(meter(wasm).wasm)), name);
      assert.deepEqual(after.imports, before.imports);
      assert.deepEqual(after.exports.slice(0, -3), before.exports);
      assert.deepEqual(
        after.exports.slice(-3).map((each) => each.name),
        Object.values(METER_GLOBALS),
      );
      assert.deepEqual(
        after.functions.map((body) => [body.index, body.name]),
        before.functions.map((body) => [body.index, body.name]),
      );
      assert.deepEqual(after.memory, before.memory);
      assert.equal(after.data.length, before.data.length);
    }
  });

  it('knows the original offset of every instruction', () => {
    for (const wasm of programs.values()) {
      const metered = meter(wasm);
      const bodies = readCode(metered.wasm).bodies;
      for (const [i, { code }] of readCode(wasm).bodies.entries()) {
        // What was added stands before the instruction whose offset it has.
        const last = new Map<number, string>();
        for (const { offset, end } of bodies[i]?.code ?? [])
          last.set(metered.originalOffset(offset), Buffer.from(metered.wasm.subarray(offset, end)).toString('hex'));
        assert.deepEqual(
          [...last],
          code.map(({ offset, end }) => [offset, Buffer.from(wasm.subarray(offset, end)).toString('hex')]),
        );
      }
    }
  });

  it('knows the original function and data of every offset', () => {
    const wasm = programs.get('firmware/programs/player/main') ?? control;
    const { wasm: bytes, originalOffset } = meter(wasm);
    const before = parseModule(wasm);
    const after = parseModule(bytes);
    for (const body of after.functions) {
      for (const offset of [body.offset, body.offset + body.bytes - 1])
        assert.equal(functionAt(before, originalOffset(offset))?.index, body.index);
    }
    for (const [i, segment] of after.data.entries())
      assert.equal(originalOffset(segment.contents), before.data[i]?.contents);
    assert.equal(originalOffset(0), 0);
  });

  it('changes no result', () => {
    const env = (hits: number[]): WebAssembly.Imports => ({ env: { hit: (at: number) => hits.push(at), base: 77 } });
    const hits: [number[], number[]] = [[], []];
    const plain = run(control, env(hits[0]));
    const metered = run(meter(control).wasm, env(hits[1]));
    const started = (exports: unknown): unknown => (exports as { started: WebAssembly.Global }).started.value;
    assert.deepEqual([started(plain.exports), started(metered.exports)], [77, 77]);
    const { next, below } = random(5);
    for (let i = 0; i < 200; i++) {
      const a = next() | 0;
      const b = below(3);
      const calls: [string, ...(number | bigint)[]][] = [
        ['swap', a, b, below(2)],
        ['values', b, a],
        ['hits', b],
        ['sum', a / 7, BigInt(a)],
        ['saturate', a * 3.5],
        ['fill', below(1000), below(1000)],
        ['copy', below(1000), below(1000), below(1000)],
      ];
      for (const [name, ...parameters] of calls)
        assert.deepEqual(metered.exports[name]?.(...parameters), plain.exports[name]?.(...parameters), name);
    }
    assert.deepEqual(hits[1], hits[0]);
    const memory = ({ exports }: { exports: Exports }): Uint8Array =>
      new Uint8Array((exports as unknown as { memory: WebAssembly.Memory }).memory.buffer);
    assert.deepEqual(memory(metered), memory(plain));
  });

  it('charges each block as often as it runs, whatever the ways through it', () => {
    for (let seed = 1; seed <= 16; seed++) {
      const wasm = assemble(randomProgram(seed));
      const plain = run(wasm);
      const calls = run(meter(wasm, only({ call: 1, 'call-indirect': 1 })).wasm);
      const entries = run(meter(wasm, only({ entry: 1 })).wasm);
      for (let input = 1; input < 1e9; input *= 11) {
        calls.counter.begin();
        entries.counter.begin();
        const wanted = plain.exports['run']?.(input);
        assert.equal(calls.exports['run']?.(input), wanted, `seed ${seed}`);
        assert.equal(entries.exports['run']?.(input), wanted);
        // Callers charge their calls, functions their entries; `run` itself is called from here.
        assert.equal(entries.counter.since, calls.counter.since + 1, `seed ${seed} input ${input}`);
      }
    }
  });

  it('charges calls of imports before they happen, and what comes behind them afterwards', () => {
    const seen: number[] = [];
    const weights = only({}, { 'env.hit': 10 });
    const { exports, counter } = run(meter(control, weights).wasm, {
      env: { hit: () => seen.push(counter.since), base: 0 },
    });
    exports['hits']?.(1);
    assert.deepEqual(seen, [10, 20]);
  });

  it('charges copying and filling by their length', () => {
    const weights = only({ 'memory.copy-16': 5, 'memory.fill-16': 4 });
    const { exports, counter } = run(meter(control, weights).wasm, { env: { hit: () => 0, base: 0 } });
    exports['copy']?.(0, 100, 160);
    assert.equal(counter.since, 50);
    counter.begin();
    exports['fill']?.(0, 1605);
    assert.equal(counter.since, 400);
  });

  it('ends an endless loop and an endless recursion', () => {
    const { exports, counter } = run(meter(control).wasm, { env: { hit: () => 0, base: 0 } });
    for (const name of ['endless', 'deep']) {
      counter.begin(100_000);
      assert.throws(() => exports[name]?.(), WebAssembly.RuntimeError);
      assert.ok(counter.over);
      assert.ok(counter.since > 100_000 && counter.since < 101_000, `${name}: ${counter.since}`);
    }
    counter.begin(100_000);
    assert.throws(() => exports['divide']?.(0), WebAssembly.RuntimeError);
    assert.equal(counter.over, false);
    counter.begin(1);
    assert.throws(() => exports['divide']?.(1), WebAssembly.RuntimeError);
    counter.begin();
    assert.equal(exports['divide']?.(1), 1);
  });

  it('counts on over 2^32, and keeps fractions of what imports charge', () => {
    const { exports, counter } = run(meter(control).wasm, { env: { hit: () => 0, base: 0 } });
    counter.begin();
    exports['divide']?.(1);
    const one = counter.since;
    const before = counter.total - one;
    for (let i = 0; i < 3; i++) {
      counter.begin();
      counter.charge(3e9);
      assert.equal(exports['divide']?.(1), 1);
    }
    assert.equal(counter.total - before, 9e9 + 4 * one);
    for (let i = 0; i < 100; i++) counter.charge(0.31);
    assert.ok(Math.abs(counter.total - before - (9e9 + 4 * one + 31)) <= 1);
  });

  it('decodes music to the same frames, at about the cost on the board', async () => {
    const { wasm } = await compileProgram('test/programs/bench-decoder.ts', { memoryPages: 8 });
    const qoa = encodeQoa(music(0.1), 44_100, 2);
    const decode = (bytes: Uint8Array): { frames: Uint8Array; exports: Exports } => {
      const { exports, bytes: memory } = instantiate<Exports>(bytes);
      memory().set(qoa, Number(exports['fileAddress']?.()));
      const count = Number(exports['decodeAll']?.(qoa.length));
      assert.equal(count, 4410);
      const at = Number(exports['outAddress']?.());
      return { frames: memory().slice(at, at + 8 * count), exports };
    };
    const metered = decode(meter(wasm).wasm);
    assert.deepEqual(metered.frames, decode(wasm).frames);
    const { since } = new CostCounter(metered.exports as unknown as WebAssembly.Exports);
    // Instructions of a stereo frame; the emulator counts 672 for longer music.
    assert.ok(since / 4410 > 600 && since / 4410 < 750, `${since / 4410}`);
  });

  it('says where it meets what it does not know', () => {
    const wasm = assemble('(module (func (result v128) (v128.const i32x4 1 2 3 4)) )');
    assert.throws(
      () => meter(wasm),
      (error) => error instanceof WasmFormatError && error.offset !== undefined && error.offset > 8,
    );
    assert.throws(() => meter(control.subarray(0, control.length - 100)), WasmFormatError);
    for (const weight of Object.values(WEIGHTS.operations)) assert.ok(weight >= 0);
  });
});
