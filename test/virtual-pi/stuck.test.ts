// What ends a program that does not end itself: the limit of a step, the watchdog, and what is no program for this board.

import assert from 'node:assert/strict';
import { Exit } from '../../drivers/board-keys.js';
import { DMA_WINDOW } from '../../boot/memory-map.js';
import { MILLISECOND, SECOND } from '../../host-tools/virtual-pi/time.js';
import { VirtualPi } from '../../host-tools/virtual-pi/virtual-pi.js';
import type { TestModule } from '../support/module.js';
import { programOf, reportOf, runPi } from './pi-rig.js';

describe('a program on the virtual Pi that gets stuck', () => {
  let program: TestModule;
  before(async () => {
    program = await programOf('stuck', 0);
  });

  for (const [number, name, metered] of [
    [1, 'in a wait', true],
    [1, 'in a wait', false],
    [2, 'in a loop of imports', false],
  ] as const)
    it(`is ended after 2 s though it has masked the tick: ${name}${metered ? '' : ', not metered'}`, () => {
      // Most of the time passes at once: a loop that is not metered makes it call by call.
      const prepare = (pi: VirtualPi): void => (metered ? undefined : pi.cpu.stall(1.9 * SECOND));
      const run = runPi(program, { words: [number], metered, prepare });
      assert.equal(reportOf(run, program).line, 'fault kind=hang');
      const seconds = run.pi.now / SECOND;
      assert.ok(seconds > 2 && seconds < 2.1, `${seconds} s`);
    });

  for (const [number, name] of [
    [3, 'in a wait'],
    [4, 'in a loop'],
  ] as const)
    it(`restarts at once when it has asked for it: ${name}`, () => {
      const run = runPi(program, { words: [number] });
      assert.deepEqual([run.console, run.ended], ['', { kind: 'exit', exit: Exit.Restart, status: 0 }]);
      assert.ok(run.pi.now < 100 * MILLISECOND, `${run.pi.now / MILLISECOND} ms`);
    });

  for (const [number, exit] of [
    [5, Exit.Restart],
    [6, Exit.PowerOff],
  ] as const)
    it(`is reset by a watchdog that is not fed: exit ${exit}`, () => {
      const run = runPi(program, { words: [number] });
      assert.deepEqual([run.console, run.ended], ['', { kind: 'exit', exit, status: 0 }]);
      const ms = run.pi.now / MILLISECOND;
      assert.ok(ms > 500 && ms < 550, `${ms} ms`);
      const { now } = run.pi;
      run.pi.runTo(now + SECOND);
      assert.equal(run.pi.now, now, 'nothing goes on');
    });

  it('is told of the mailbox by its interrupt, 65', () => {
    const pi = new VirtualPi({ program });
    const { bus, mailbox } = pi.blocks;
    pi.kernel.listen(65, 9);
    bus.write(mailbox.base + 0x1c, 1);
    pi.memory.storeWord(DMA_WINDOW, 12);
    pi.memory.barrier();
    bus.write(mailbox.base + 0x20, (0xc0000000 | DMA_WINDOW | 8) >>> 0);
    assert.equal(pi.kernel.pending, 0);
    pi.runTo(pi.now + MILLISECOND);
    assert.equal(pi.kernel.pending, 1 << 9);
  });
});

describe('a module that is none for the virtual Pi', () => {
  const MAGIC = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  const text = (value: string): number[] => [value.length, ...Buffer.from(value)];
  const section = (id: number, ...bytes: number[]): number[] => [id, bytes.length, ...bytes];
  const foreign = [
    ...section(1, 1, 0x60, 0, 0),
    ...section(2, 1, ...text('board'), ...text('fly'), 0, 0),
    ...section(3, 0),
  ];
  for (const [name, bytes, message] of [
    ['no module', [1, 2, 3, 4], /not a WebAssembly module/],
    ['broken', [...MAGIC, 3, 200], /./],
    [
      'invalid',
      [...MAGIC, ...section(1, 1, 0x60, 0, 0), ...section(3, 1, 0), ...section(10, 1, 3, 0, 0x6a, 0x0b)],
      /./,
    ],
    ['with an unknown import', [...MAGIC, ...foreign], /fly/],
    ['without exports', MAGIC, /^export of another type: start$/],
  ] as const)
    for (const metered of [true, false])
      it(`is reported as boot/ does: ${name}${metered ? '' : ', not metered'}`, () => {
        const program = { wasm: Uint8Array.from(bytes), sourceMap: '' };
        const run = runPi(program, { metered });
        assert.deepEqual(run.ended, { kind: 'fault', status: 1 });
        const [, found] =
          /^\r\nfault kind=load text="(.*)"\r\nfault end build=fedcba9876543210\r\n$/.exec(run.console) ?? [];
        assert.ok(found !== undefined, run.console);
        if (name !== 'no module' || metered) assert.match(found, message);
      });
});
