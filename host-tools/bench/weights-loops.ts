// The loops that the weights are measured with (weights.ts), as WebAssembly text: each does a few instructions over
// and over, so that every operation of the interpreter is in some of them, in different company.

import { Exit, Info } from '../../drivers/board-keys.js';

/** Turns of a loop's body in each turn of its loop. */
const UNROLLED = 8;
const TURNS = 200;

export interface Loop {
  name: string;
  /** In text; `$a` to `$c` and `$p` are i32 locals, `$x`, `$y` i64, `$f`, `$g` f32, `$d`, `$e` f64. */
  body: string;
  turns?: number;
  unrolled?: number;
}

const get = (...names: string[]): string => names.map((name) => `local.get $${name}`).join(' ');
const set = (name: string): string => `local.set $${name}`;

/** Every operator with its operands in slots, and with one of them in the register, on either side. */
function binary(prefix: string, names: string, [a, b, c]: [string, string, string], to = a): Loop[] {
  return names.split(' ').flatMap((name) => {
    const op = `${prefix}.${name}`;
    const first = `${get(a, b)} ${prefix}.add`;
    return [
      { name: `${op} ss`, body: `${get(a, b)} ${op} ${set(to)}` },
      { name: `${op} rs`, body: `${first} ${get(c)} ${op} ${set(to)}` },
      { name: `${op} sr`, body: `${get(c)} ${get(a, c)} ${prefix}.add ${op} ${set(to)}` },
    ];
  });
}

/** With the operand in a slot, and in the register. */
function unary(op: string, from: string, to: string): Loop[] {
  const type = op.includes('_') && !/extend(8|16|32)_s/.test(op) ? (op.split('_')[1] ?? '') : (op.split('.')[0] ?? '');
  return [
    { name: `${op} s`, body: `${get(from)} ${op} ${set(to)}` },
    { name: `${op} r`, body: `${get(from, from)} ${type}.add ${op} ${set(to)}` },
  ];
}

function memory(load: string, store: string, value: string): Loop[] {
  const type = load.slice(0, 3);
  return [
    { name: `${load} s`, body: `${get('p')} ${load} offset=16 ${set(value)}` },
    { name: `${load} r`, body: `${get('p', 'b')} i32.add ${load} ${set(value)}` },
    { name: `${store} ss`, body: `${get('p', value)} ${store}` },
    { name: `${store} rs`, body: `${get('p', value, value)} ${type}.add ${store}` },
    { name: `${store} sr`, body: `${get('p', 'b')} i32.add ${get(value)} ${store}` },
  ];
}

const arithmetic: Loop[] = [
  ...binary('i32', 'add sub mul and or xor shl shr_s shr_u rotl eq ne lt_s lt_u gt_s ge_u', ['a', 'b', 'c']),
  ...binary('i64', 'add sub mul and or xor shl shr_s shr_u', ['x', 'y', 'z']),
  ...binary('i64', 'eq lt_s gt_s lt_u ge_s', ['x', 'y', 'z'], 'a'),
  ...binary('i32', 'div_u rem_u div_s rem_s', ['a', 'b', 'c'], 'd1'),
  ...binary('i64', 'div_u div_s rem_s', ['x', 'y', 'z'], 'x1'),
  ...binary('f32', 'add mul div', ['f', 'g', 'g']),
  ...binary('f64', 'add sub mul div', ['d', 'e', 'e']),
  ...binary('f64', 'lt ge', ['d', 'e', 'e'], 'a'),
  ...binary('f32', 'lt eq', ['f', 'g', 'g'], 'a'),
  ...binary('f32', 'min', ['f', 'g', 'g']),
  ...binary('f64', 'max', ['d', 'e', 'e']),
  ...['eqz', 'clz', 'ctz', 'extend8_s', 'extend16_s'].flatMap((op) => unary(`i32.${op}`, 'a', 'c')),
  ...['clz', 'extend32_s', 'extend8_s'].flatMap((op) => unary(`i64.${op}`, 'x', 'y')),
  ...unary('i64.extend_i32_s', 'a', 'x'),
  ...unary('i64.extend_i32_u', 'a', 'x'),
  ...unary('i32.wrap_i64', 'x', 'a'),
  { name: 'i64.eqz s', body: `${get('x')} i64.eqz ${set('a')}` },
  { name: 'i64.eqz r', body: `${get('x', 'y')} i64.add i64.eqz ${set('a')}` },
  ...['neg', 'abs', 'sqrt', 'floor', 'nearest'].flatMap((op) => unary(`f64.${op}`, 'e', 'd')),
  ...['neg', 'sqrt'].flatMap((op) => unary(`f32.${op}`, 'g', 'f')),
  ...unary('f64.promote_f32', 'g', 'd'),
  ...unary('f32.demote_f64', 'e', 'f'),
  ...['f64.convert_i32_s', 'f64.convert_i32_u'].flatMap((op) => unary(op, 'a', 'd')),
  ...['f32.convert_i32_s'].flatMap((op) => unary(op, 'a', 'f')),
  ...unary('f64.convert_i64_s', 'x', 'd'),
  ...['i32.trunc_f64_s', 'i32.trunc_sat_f64_s'].flatMap((op) => [
    { name: `${op} s`, body: `${get('e')} ${op} ${set('a')}` },
    { name: `${op} r`, body: `${get('e', 'e')} f64.add ${op} ${set('a')}` },
  ]),
  { name: 'i64.trunc_f64_s', body: `${get('e', 'e')} f64.mul i64.trunc_f64_s ${set('x')}` },
  { name: 'i32.reinterpret_f32', body: `${get('g')} i32.reinterpret_f32 ${set('a')}` },
];

const moves: Loop[] = [
  { name: 'copy', body: `${get('a')} ${set('b1')}` },
  { name: 'copy64', body: `${get('x')} ${set('x1')}` },
  { name: 'tee', body: `${get('a', 'b')} i32.add local.tee $c ${set('d1')}` },
  { name: 'tee64', body: `${get('x', 'y')} i64.add local.tee $z ${set('x1')}` },
  { name: 'constant', body: `i32.const 77 ${set('a')}` },
  { name: 'keep-set', body: `${get('a')} ${get('b', 'c')} i32.add ${set('a')} ${set('d1')}` },
  { name: 'keep-set64', body: `${get('x')} ${get('y', 'z')} i64.add ${set('x')} ${set('x1')}` },
  { name: 'keep-copy', body: `${get('a')} ${get('b')} ${set('a')} ${set('d1')}` },
  { name: 'keep-copy64', body: `${get('x')} ${get('y')} ${set('x')} ${set('x1')}` },
  { name: 'saved register', body: `${get('a', 'b')} i32.add ${get('a', 'c')} i32.sub i32.mul ${set('a')}` },
  { name: 'saved register 64', body: `${get('x', 'y')} i64.add ${get('x', 'z')} i64.sub i64.mul ${set('x')}` },
  { name: 'float from a slot', body: `(block (result f64) ${get('d')}) ${set('e1')}` },
  { name: 'i32 through a block', body: `(block (result i32) ${get('a', 'b')} i32.add) ${set('c')}` },
  { name: 'select ssr', body: `${get('a', 'b')} ${get('a', 'b')} i32.lt_s select ${set('d1')}` },
  { name: 'select sss', body: `${get('a', 'b', 'c')} select ${set('d1')}` },
  { name: 'select rss', body: `${get('a', 'b')} i32.add ${get('b', 'c')} select ${set('d1')}` },
  { name: 'select i64', body: `${get('x', 'y')} ${get('a', 'b')} i32.lt_s select ${set('x1')}` },
  { name: 'global.get', body: `global.get $g ${set('a')}` },
  { name: 'global.set', body: `${get('a')} global.set $g` },
  { name: 'global.set r', body: `${get('a', 'b')} i32.add global.set $g` },
  { name: 'global i64', body: `global.get $h ${get('x')} i64.add global.set $h` },
  { name: 'memory.size', body: `memory.size ${set('a')}` },
  ...[0, 16, 48, 1024].flatMap((bytes) => [
    { name: `memory.copy ${bytes}`, body: `i32.const 4096 ${get('p')} i32.const ${bytes} memory.copy` },
    { name: `memory.fill ${bytes}`, body: `${get('p')} i32.const 1 i32.const ${bytes} memory.fill` },
  ]),
  {
    name: 'many constants',
    body: Array.from({ length: 240 }, (_, i) => `${get('a')} i32.const ${1000 + i} i32.add ${set('a')}`).join(' '),
    unrolled: 1,
  },
];

const control: Loop[] = [
  ...memory('i32.load', 'i32.store', 'a'),
  ...memory('i64.load', 'i64.store', 'x'),
  ...memory('i32.load8_u', 'i32.store8', 'a'),
  ...memory('i32.load16_s', 'i32.store16', 'a'),
  ...memory('f32.load', 'f32.store', 'g'),
  ...memory('f64.load', 'f64.store', 'e'),
  { name: 'br_if not taken', body: `(block ${get('zero')} br_if 0)` },
  { name: 'br_if taken', body: `(block ${get('b')} br_if 0)` },
  { name: 'br_if r', body: `(block ${get('a', 'b')} i32.lt_s br_if 0 ${get('c')} ${set('d1')})` },
  { name: 'if not', body: `${get('zero')} (if (then ${get('a')} ${set('d1')}))` },
  { name: 'if', body: `${get('b')} (if (then ${get('a')} ${set('d1')}))` },
  { name: 'if r', body: `${get('b', 'c')} i32.ne (if (then ${get('a')} ${set('d1')}))` },
  { name: 'then', body: `${get('b')} (if (then ${get('a')} ${set('d1')}) (else ${get('b')} ${set('d1')}))` },
  { name: 'else', body: `${get('zero')} (if (then ${get('a')} ${set('d1')}) (else ${get('b')} ${set('d1')}))` },
  { name: 'br', body: `(block br 0)` },
  { name: 'br_table', body: `(block (block (block ${get('one')} br_table 0 1 2)))` },
  { name: 'loop', body: `(loop ${get('a')} ${set('d1')})` },
  { name: 'two loops', body: `(loop (loop ${get('a')} ${set('d1')}))` },
  {
    name: 'loop of 16',
    body: `i32.const 16 ${set('d1')} (loop $k ${get('d1')} i32.const 1 i32.sub local.tee $d1 br_if $k)`,
  },
  {
    name: 'loop of 16 by br',
    body:
      `i32.const 16 ${set('d1')} (block $out (loop $k ${get('d1')} i32.eqz br_if $out ` +
      `${get('d1')} i32.const 1 i32.sub ${set('d1')} br $k))`,
  },
  {
    name: 'loop of 16 with a slot',
    body: `i32.const 16 ${set('d1')} (loop $k ${get('d1')} i32.const 1 i32.sub ${set('d1')} ${get('d1')} br_if $k)`,
  },
  { name: 'call', body: 'call $nothing' },
  { name: 'call with values', body: `${get('a', 'b')} call $sum ${set('d1')}` },
  { name: 'call with more', body: `${get('x')} ${get('a', 'b')} call $mixed ${set('x1')}` },
  { name: 'call with locals', body: 'call $locals' },
  { name: 'call with constants', body: `call $constants ${set('d1')}` },
  { name: 'call with a return', body: `${get('a')} call $early ${set('d1')}` },
  { name: 'call_indirect', body: `${get('a', 'b')} i32.const 0 call_indirect (type $sum) ${set('d1')}` },
];

const SYSTEM_TIMER = 0xfe003004;
const WINDOW = 0x01000000;
const RAM_DISK = 0x10000000;

const imports: Loop[] = [
  { name: 'ticks', body: `call $ticks ${set('x1')}` },
  { name: 'info', body: `i32.const 0 call $info ${set('x1')}` },
  { name: 'read32', body: `i32.const ${SYSTEM_TIMER} call $read32 ${set('d1')}` },
  { name: 'read32 of the window', body: `i32.const ${WINDOW} call $read32 ${set('d1')}` },
  { name: 'write32', body: `i32.const ${WINDOW} ${get('a')} call $write32` },
  { name: 'probe32', body: `i32.const ${SYSTEM_TIMER} call $probe32 ${set('x1')}` },
  { name: 'take', body: `i32.const 0 i32.const 256 i32.const 0 call $take ${set('d1')}` },
  { name: 'wait', body: `i64.const 0 i32.const 1 call $wait ${set('d1')}` },
  ...[16, 1024, 4096].flatMap((bytes) => [
    { name: `copyIn ${bytes}`, body: `i32.const ${RAM_DISK} i32.const 4096 i32.const ${bytes} call $copyIn drop` },
    { name: `copyOut ${bytes}`, body: `i32.const ${WINDOW} i32.const 4096 i32.const ${bytes} call $copyOut drop` },
    { name: `crc32 ${bytes}`, body: `i32.const 4096 i32.const ${bytes} i32.const 0 call $crc32 drop` },
  ]),
  ...[1, 8, 128, 512].flatMap((words) => [
    { name: `readPort ${words}`, body: `i32.const ${WINDOW} i32.const 4096 i32.const ${words} call $readPort` },
    { name: `writePort ${words}`, body: `i32.const ${WINDOW} i32.const 4096 i32.const ${words} call $writePort` },
  ]),
  ...[1, 64].map((bytes) => ({
    ...{ name: `send ${bytes}`, body: `i32.const 4096 i32.const ${bytes} call $send drop` },
    ...{ turns: 4, unrolled: 2 },
  })),
];

export const LOOPS: readonly Loop[] = [...arithmetic, ...moves, ...control, ...imports];

const IMPORTS: Record<string, string> = {
  ...{ ticks: '(result i64)', info: '(param i32) (result i64)', read32: '(param i32) (result i32)' },
  ...{ write32: '(param i32 i32)', probe32: '(param i32) (result i64)', exit: '(param i32 i32)' },
  ...{ copyIn: '(param i32 i32 i32) (result i32)', copyOut: '(param i32 i32 i32) (result i32)' },
  ...{ take: '(param i32 i32 i32) (result i32)', crc32: '(param i32 i32 i32) (result i32)' },
  ...{ readPort: '(param i32 i32 i32)', writePort: '(param i32 i32 i32)' },
  ...{ send: '(param i32 i32) (result i32)', wait: '(param i64 i32) (result i32)' },
};

function loopFunction({ body, turns = TURNS, unrolled = UNROLLED }: Loop, index: number): string {
  return `(func $loop${index}
    (local $n i32) (local $a i32) (local $b i32) (local $c i32) (local $p i32) (local $d1 i32) (local $b1 i32)
    (local $zero i32) (local $one i32) (local $x i64) (local $y i64) (local $z i64) (local $x1 i64)
    (local $f f32) (local $g f32) (local $d f64) (local $e f64) (local $e1 f64)
    i32.const ${turns} local.set $n  i32.const 3 local.set $a  i32.const 8 local.set $b  i32.const 5 local.set $c
    i32.const 1024 local.set $p  i32.const 1 local.set $one
    i64.const 3 local.set $x  i64.const 7 local.set $y  i64.const 5 local.set $z
    f32.const 1.5 local.set $g  f64.const 1.25 local.set $e
    (loop $turn
      ${Array<string>(unrolled).fill(body).join('\n      ')}
      local.get $n i32.const 1 i32.sub local.tee $n br_if $turn))`;
}

/**
 * Where the results lie: before them the ticks from the kernel's entry to `start` and from there to the first `step`, then
 * one i64 a loop.
 */
export const RESULTS_AT = 16_384;

/** The module: its first `step` runs every loop, sends what the ticks around each came to, and exits. */
export function loopsModule(loops: readonly Loop[] = LOOPS, pages = 2): string {
  const run = loops.map(
    (_, index) => `i32.const ${RESULTS_AT + 8 * index}
      call $ticks local.set $t  call $loop${index}  call $ticks local.get $t i64.sub i64.store`,
  );
  return `(module
  (type $sum (func (param i32 i32) (result i32)))
  ${Object.entries(IMPORTS)
    .map(([name, type]) => `(import "board" "${name}" (func $${name} ${type}))`)
    .join('\n  ')}
  (memory (export "memory") ${pages} ${pages})
  (table 1 1 funcref)
  (elem (i32.const 0) $sum)
  (global $g (mut i32) (i32.const 1))
  (global $h (mut i64) (i64.const 1))
  (func $nothing)
  (func $sum (param $a i32) (param $b i32) (result i32) local.get $a local.get $b i32.add)
  (func $mixed (param $x i64) (param $a i32) (param $b i32) (result i64) local.get $x)
  (func $locals (local i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64))
  (func $constants (result i32) ${Array.from({ length: 64 }, (_, i) => `i32.const ${i} drop`).join(' ')} i32.const 0)
  (func $early (param $a i32) (result i32) local.get $a (if (then local.get $a return)) i32.const 0)
  ${loops.map(loopFunction).join('\n  ')}
  (func (export "start") (param i32)
    i32.const ${RESULTS_AT - 16} call $ticks i32.const ${Info.EntryTicks} call $info i64.sub i64.store
    i32.const ${RESULTS_AT - 8} call $ticks i64.store)
  (func (export "step") (param i32) (result i64) (local $t i64)
    i32.const ${RESULTS_AT - 8} call $ticks i32.const ${RESULTS_AT - 8} i64.load i64.sub i64.store
    ${run.join('\n    ')}
    i32.const ${RESULTS_AT - 16} i32.const ${8 * loops.length + 16} call $send drop
    i32.const ${Exit.End} i32.const 0 call $exit
    i64.const 0))`;
}
