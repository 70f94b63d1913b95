import assert from 'node:assert/strict';
import { ProgramAbort, runProgram } from './module.js';

interface Echo {
  later(by: bigint): bigint;
  fetch(physical: number): number;
  fail(): void;
}

const program = 'test/support/assembly/echo.ts';

describe('support/module', () => {
  it('runs a program on the imports a test gives', async () => {
    const { exports, bytes } = await runProgram<Echo>(program, (memory) => ({
      ticks: () => 40n,
      copyIn: (physical: number, ptr: number, length: number) => {
        new Uint8Array(memory().buffer, ptr, length).fill(physical & 0xff);
        return 0;
      },
    }));
    assert.equal(exports.later(2n), 42n);
    const at = exports.fetch(0x10000007);
    assert.deepEqual([...bytes().subarray(at, at + 16)], new Array(16).fill(7));
  });

  it('names an import that is missing, and the place of an abort', async () => {
    const { exports } = await runProgram<Echo>(program);
    assert.throws(() => exports.later(1n), /board\.ticks/);
    assert.throws(
      () => exports.fail(),
      (error: unknown) => error instanceof ProgramAbort && error.text === 'on purpose' && error.line === 16,
    );
  });
});
