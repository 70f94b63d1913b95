// What programs print, and the keys they get. The model console takes as many bytes as a test allows.

import assert from 'node:assert/strict';
import { type Running, runProgram } from '../support/module.js';

interface Exports {
  consoleRoom(): number;
  flushConsole(): number;
  printByte(byte: number): void;
  printNumber(value: bigint): void;
  printFixed(value: bigint, decimals: number): void;
  printHex(value: bigint, count: number): void;
  printTime(seconds: bigint): void;
  printName(ptr: number, length: number): void;
  printJson(ptr: number, length: number): void;
  nextKey(): number;
  inputAt(): number;
  printSample(): void;
  recordSample(on: number, length: number): void;
}

describe('the console', () => {
  let program: Running<Exports>;
  let sent = Buffer.alloc(0);
  let allowed = Infinity;
  let typed = Buffer.alloc(0);

  before(async () => {
    program = await runProgram<Exports>('test/console/assembly/console.ts', (memory) => ({
      ticks: () => 0n,
      info: () => 54_000_000n,
      send(ptr: number, length: number) {
        const taken = Math.min(length, allowed);
        allowed -= taken;
        sent = Buffer.concat([sent, Buffer.from(memory().buffer, ptr, taken)]);
        return taken;
      },
      take(_queue: number, ptr: number, max: number) {
        const taken = typed.subarray(0, max);
        new Uint8Array(memory().buffer).set(taken, ptr);
        typed = typed.subarray(taken.length);
        return taken.length;
      },
    }));
  });

  beforeEach(() => {
    allowed = Infinity;
  });

  function output(): string {
    allowed = Infinity;
    while (!program.exports.flushConsole());
    const bytes = sent;
    sent = Buffer.alloc(0);
    return bytes.toString('utf8');
  }

  function put(bytes: Buffer): [ptr: number, length: number] {
    const at = program.exports.inputAt();
    program.bytes().set(bytes, at);
    return [at, bytes.length];
  }

  function keys(bytes: string): number[] {
    typed = Buffer.from(bytes, 'latin1');
    const found: number[] = [];
    do {
      const before = typed.length;
      for (let key = program.exports.nextKey(); key; key = program.exports.nextKey()) found.push(key);
      assert.ok(before - typed.length <= 8, 'a flood does not hold up the step');
    } while (typed.length);
    return found;
  }

  it('prints numbers', () => {
    const { printNumber, printFixed, printHex, printTime, printByte } = program.exports;
    const between = (): void => printByte(0x20);
    for (const value of [0n, 7n, -7n, 1234567890123n, -(2n ** 63n)]) {
      printNumber(value);
      between();
    }
    assert.equal(output(), '0 7 -7 1234567890123 -9223372036854775808 ');
    for (const [value, decimals] of [
      [0n, 1],
      [5n, 2],
      [-5n, 2],
      [-1234n, 2],
      [1000n, 3],
      [99n, 0],
    ] as const) {
      printFixed(value, decimals);
      between();
    }
    assert.equal(output(), '0.0 0.05 -0.05 -12.34 1.000 99 ');
    printHex(0x0123456789abcdefn, 16);
    between();
    printHex(0xfedn, 2);
    between();
    printTime(187n);
    between();
    printTime(60n);
    assert.equal(output(), '0123456789abcdef ed 3:07 1:00');
  });

  it('prints strings as UTF-8', () => {
    program.exports.printSample();
    assert.equal(output(), 'Größe 𝄞 ');
  });

  it('keeps what the board does not take, in order', () => {
    allowed = 3;
    program.exports.printNumber(1234567n);
    assert.equal(program.exports.flushConsole(), 0);
    assert.equal(sent.toString(), '123');
    program.exports.printNumber(89n);
    assert.equal(output(), '123456789');
  });

  it('goes on through a buffer that is full and partly sent, and says what was lost', () => {
    const all = program.exports.consoleRoom();
    allowed = 0;
    let expected = '';
    for (let i = 0; i < all; i++) {
      program.exports.printByte(0x61 + (i % 26));
      expected += String.fromCharCode(0x61 + (i % 26));
    }
    assert.equal(program.exports.consoleRoom(), 0);
    allowed = 10;
    program.exports.printByte(0x2e);
    expected += '.';
    assert.equal(program.exports.consoleRoom(), 9);
    for (let i = 0; i < 12; i++) program.exports.printByte(0x23);
    expected += '#'.repeat(9);
    assert.ok(output() === `${expected}[3 bytes lost]\r\n`);
    assert.equal(program.exports.consoleRoom(), all);
  });

  it('shows names without letting them steer the terminal', () => {
    const show = (bytes: Buffer): string => {
      program.exports.printName(...put(bytes));
      return output();
    };
    assert.equal(show(Buffer.from('-rf "a b"/../c.wav')), '-rf "a b"/../c.wav');
    assert.equal(show(Buffer.from('Größe 𝄞.wav')), 'Größe 𝄞.wav');
    assert.equal(show(Buffer.from('\u001b[2J\r\n\u0000\u007f\u0085\u202e.wav')), '�[2J������.wav');
    // Bytes that are no UTF-8: lone continuation, overlong, surrogate, too large, cut off.
    const broken = Buffer.from([0x80, 0x41, 0xc0, 0xaf, 0xed, 0xa0, 0x80, 0xf5, 0x42, 0xe2, 0x82]);
    assert.equal(show(broken), broken.toString('utf8'));
    assert.equal(show(Buffer.from('x'.repeat(97))), `${'x'.repeat(96)}...`);
    assert.equal(show(Buffer.concat([Buffer.from('x'.repeat(95)), Buffer.from('é.wav')])), `${'x'.repeat(95)}é...`);
  });

  it('writes records that parse whatever the name holds', () => {
    const name = Buffer.from([0x22, 0x5c, 0x0a, 0x00, 0x1e, 0x1b, 0xff, 0x41, 0xc3, 0xa4, 0x7f, 0xf0, 0x9f]);
    const [, length] = put(name);
    program.exports.recordSample(0, length);
    assert.equal(output(), '');
    program.exports.recordSample(1, length);
    const text = output();
    assert.match(text, /^\x1e[^\x00-\x1f]*\n$/);
    assert.deepEqual(JSON.parse(text.slice(1)), {
      event: 'error',
      index: -3,
      name: name.toString('utf8'),
      code: 'bad-header',
      crc: '89abcdef',
    });
    put(Buffer.alloc(3000, 0x01));
    program.exports.recordSample(1, 3000);
    assert.equal((JSON.parse(output().slice(1)) as { name: string }).name.length, 255);
  });

  it('puts arrow keys together', () => {
    assert.deepEqual(keys('n \u001b[D\u001bOC+\u001b[1;5Ap'), [0x6e, 0x20, 0x144, 0x143, 0x2b, 0x141, 0x70]);
    assert.deepEqual(keys('\u001b['), []);
    assert.deepEqual(keys('D'), [0x144]);
    assert.deepEqual(keys('\u001b'), []);
    assert.deepEqual(keys('p\u001b[25~q\u001b\u001b[C'), [0x70, 0x71, 0x143]);
    assert.deepEqual(keys('\u001b[H\u001bOH\u001b[1~\u001b[7~'), [0x148, 0x148, 0x148, 0x148]);
    assert.deepEqual(keys('\u001b[F\u001bOF\u001b[4~\u001b[8~'), [0x146, 0x146, 0x146, 0x146]);
    assert.deepEqual(keys('\u001b[3~\u001b[5~\u001b[6~\u001b[3;2~'), [0x183, 0x185, 0x186, 0x183]);
    assert.deepEqual(keys('\u001b[1;5C\u001b[1;3D\u001bb\u001bf\u001b[1;2D'), [0x1c3, 0x1c4, 0x1c4, 0x1c3, 0x144]);
    assert.deepEqual(keys('\u001b[999999999999;;;?;5q\u001b[D'), [0x144]);
    assert.deepEqual(keys('x'.repeat(200)).length, 200);
    assert.deepEqual(keys('\u0000\u0000a'), [0x61]);
  });
});
