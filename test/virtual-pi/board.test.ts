// The board's imports on the models: the contract of docs/board.md (test/boot/board.test.ts is its counterpart).

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import * as map from '../../boot/memory-map.js';
import * as window from '../../drivers/window-map.js';
import { Exit } from '../../drivers/board-keys.js';
import { libraryRoot } from '../../host-tools/build/library.js';
import { boardImports } from '../../host-tools/virtual-pi/board/board.js';
import { MILLISECOND, SECOND, TICK } from '../../host-tools/virtual-pi/time.js';
import { VirtualPi } from '../../host-tools/virtual-pi/virtual-pi.js';
import type { TestModule } from '../support/module.js';
import { at, BUILD_ID, pairsOf, programOf, runPi, type PiRunOptions } from './pi-rig.js';

const parse = (file: string): ts.SourceFile =>
  ts.createSourceFile(file, fs.readFileSync(path.join(libraryRoot, file), 'utf8'), ts.ScriptTarget.ES2022, true);

/** How a type of AssemblyScript comes to JavaScript. */
const SEEN: Record<string, string> = { i32: 'number', u32: 'number', usize: 'number', i64: 'bigint', void: 'void' };

const signature = (node: ts.SignatureDeclaration, seen: (type: string) => string): string => {
  const parameters = node.parameters.map(({ name, type }) => `${name.getText()}: ${seen(type?.getText() ?? '')}`);
  return `${node.name?.getText()}(${parameters.join(', ')}): ${seen(node.type?.getText() ?? '')}`;
};

describe('the board of the virtual Pi', () => {
  let program: TestModule;
  before(async () => {
    program = await programOf('board');
  });

  const lines = (words: number[], options: PiRunOptions = {}): [string, string][] => {
    const run = runPi(program, { words, ...options });
    assert.deepEqual(run.ended, { kind: 'exit', exit: Exit.End, status: 0 }, run.console);
    return pairsOf(run);
  };
  const values = (words: number[], options?: PiRunOptions): Record<string, string> =>
    Object.fromEntries(lines(words, options));

  it('has the imports of drivers/board.ts, with the same types', () => {
    const declared = parse('drivers/board.ts')
      .statements.filter(ts.isFunctionDeclaration)
      .map((each) => signature(each, (type) => SEEN[type] ?? type));
    const type = parse('host-tools/virtual-pi/board/board.ts').statements.find(
      (each): each is ts.TypeAliasDeclaration => ts.isTypeAliasDeclaration(each) && each.name.text === 'BoardImports',
    );
    assert.ok(type && ts.isTypeLiteralNode(type.type));
    const offered = type.type.members.filter(ts.isMethodSignature).map((each) => signature(each, (name) => name));
    assert.deepEqual(offered, declared);
    const { machine } = new VirtualPi({ program });
    assert.deepEqual(
      Object.keys(boardImports(machine, () => new WebAssembly.Memory({ initial: 1 }))).sort(),
      declared.map((each) => each.replace(/\(.*/, '')).sort(),
    );
  });

  it('knows the facts', () => {
    const facts = values([1]);
    assert.equal(facts['info0'], '54000000');
    assert.deepEqual([facts['info1'], facts['info2'], facts['info3']], ['0', '2', '1']);
    assert.equal(facts['info4'], String(BigInt.asIntN(64, BigInt(`0x${BUILD_ID}`))));
    assert.deepEqual(
      [facts['info5'], facts['info6'], facts['info7'], facts['info8']],
      [map.DMA_WINDOW, map.DMA_WINDOW_BYTES, map.RAM_DISK, map.RAM_DISK_BYTES].map(String),
    );
    assert.deepEqual([facts['info9'], facts['info10'], facts['info12'], facts['info13']], ['0', '0', '0', '1']);
    assert.equal(facts['info16'], String(map.ARENA_BYTES));
    assert.equal(facts['info17'], String(0x410fd083), 'Cortex-A72 r0p3');
    assert.deepEqual(
      [facts['info18'], facts['info19']],
      [map.DMA_WINDOW + window.STATE, window.STATE_BYTES].map(String),
    );
    assert.deepEqual([facts['info20'], facts['info21']], ['0', '0'], 'nothing ran before');
    assert.ok(Number(facts['info22']) > 0 && Number(facts['info23']) > 1000, 'the running module');
    assert.deepEqual([facts['info24'], facts['info25']], ['0', '0'], 'no other was sent');
    assert.deepEqual([facts['info26'], facts['minus'], facts['forward']], ['0', '0', '1']);
  });

  it('copies, sums and probes within its bounds', () => {
    // It asks PWM1 while its clock stands, which is found unless it is expected.
    assert.throws(() => values([2]), /PWM1 STA: used while its clock stands/);
    const found = values([2], { findings: true });
    assert.deepEqual(found, {
      ...{ out: '0', word: String(0x312a231c), in: '0', copied: String(0x12345678), same: '1' },
      ...{ end: '0', over: '-1', below: '-1', disk: '-1', kernel: '-1', last: '0', beyond: '-1', wrap: '-1' },
      ...{ nothing: '0', crc: String(0xcbf43926), crcs: String(0xcbf43926), crcnone: '5', grow: '-1' },
      ...{ ports: '10', rising: '1' },
      // Where the emulator has nothing, the chip has PWM1: its RERR1 and the rest are 0 before the start.
      ...{ probe: '1', absent: found['absent'], window: String(0x12345678), done: '1' },
    });
    assert.ok(Number(found['absent']) >= 0);
  });

  it('answers a probe of what is not there with -1', () => {
    const { machine } = new VirtualPi({ program });
    const imports = boardImports(machine, () => new WebAssembly.Memory({ initial: 1 }));
    assert.equal(imports.probe32(0xfc000000 | 0), -1n);
    assert.equal(imports.probe32(map.DMA_WINDOW), 0n);
  });

  it('keeps deadlines to the tick', () => {
    const found = lines([3]);
    const late = found.filter(([name]) => name === 'late').map(([, value]) => Number(value));
    assert.equal(late.length, 10);
    // Those that are shorter than the step before them are late by its length.
    assert.deepEqual(
      late.filter((ticks) => ticks < 60).map((ticks) => ticks < 40),
      Array.from({ length: 6 }, () => true),
      late.join(),
    );
    assert.ok(found.filter(([name]) => name === 'events').every(([, value]) => value === '4'));
  });

  it('sleeps in wait until the tick', () => {
    const found = values([4]);
    assert.deepEqual([found['none'], found['past']], ['0', '0']);
    assert.ok(Number(found['late']) >= 0 && Number(found['late']) < 173, found['late']);
  });

  it('turns an interrupt into an event, masks it and arms it again', () => {
    const found = lines([8]).filter(([name]) => name !== 'done');
    assert.deepEqual(found, [
      ['events', '512'],
      ['copied', '77'],
      ['pending', '0'],
      ['events', '512'],
      ['copied', '77'],
      ['events', '516'],
      ['copied', '77'],
      ['pending', '0'],
      ['events', '512'],
      ['copied', '77'],
      ['pending', '0'],
    ]);
  });

  it('queues as many console bytes as there is room for, and sends them all', () => {
    const run = runPi(program, { words: [9] });
    assert.equal(run.ended.status, 3);
    assert.match(run.console, /^\.{16384}taken=16384\n\.?full=[01]\n$/);
    const seconds = (run.console.length * 10) / 115200;
    assert.ok(Math.abs(run.pi.now / SECOND - seconds) < 0.02, 'as fast as the line is');
  });

  for (const [kind, exit, name] of [
    [10, Exit.PowerOff, 'powers off'],
    [11, Exit.Restart, 'restarts'],
  ] as const)
    it(name, () => {
      const run = runPi(program, { words: [kind] });
      assert.deepEqual([run.console, run.ended], ['', { kind: 'exit', exit, status: 5 }]);
    });

  /** Types once the program is ready. */
  const whenReady = (bytes: Uint8Array): Pick<PiRunOptions, 'onConsole'> => {
    let sent = false;
    return {
      onConsole(text, pi) {
        if (sent || !text.includes('ready=1\n')) return;
        sent = true;
        pi.type(bytes);
      },
    };
  };

  it('receives 20,000 bytes without loss while they are taken', () => {
    const bytes = Uint8Array.from({ length: 20_000 }, (_, i) => (i === 19_999 ? 0x21 : 0x22 + ((i * 7) % 90)));
    const found = values([5], whenReady(bytes));
    assert.deepEqual([found['total'], found['lost']], [String(bytes.length), '0']);
  });

  it('counts what its queue has no room for', () => {
    const found = values([6, 200], {
      ...whenReady(new Uint8Array(100 + 200).fill(0x41)),
      prepare: ({ kernel }) => {
        while (kernel.uart.received.length < 65536 - 100) kernel.uart.received.put(0x42);
      },
    });
    assert.deepEqual([found['total'], found['lost']], ['65536', '200']);
  });

  it('counts what the FIFO of the UART has no room for while interrupts wait', () => {
    let sent = false;
    const run = runPi(program, {
      words: [6, 1],
      onConsole(text, pi) {
        if (sent || !text.includes('ready=1\n')) return;
        sent = true;
        pi.type(new Uint8Array(100).fill(0x41));
        pi.kernel.hold(5 * MILLISECOND);
      },
    });
    const found = Object.fromEntries(pairsOf(run));
    // However many were lost at a time, the flag stands beside one byte.
    assert.equal(found['lost'], '1');
    assert.ok(run.pi.kernel.ticksLost >= 4, 'ticks are missed as well');
  });

  it('queues changes of GPIO levels, sampled once a millisecond, with their tick', () => {
    const found = lines([7, 4], {
      prepare: (pi) => {
        const change = (ms: number, level: boolean): void =>
          at(pi, ms * MILLISECOND, () => pi.blocks.gpio.drive(17, level));
        change(20.5, true);
        change(25.25, false);
        // A pulse that no sample sees, and one that a sample does.
        change(30.6, true);
        change(30.9, false);
        change(40.9, true);
        change(41.5, false);
      },
    });
    assert.deepEqual(
      found.filter(([name]) => name === 'pin17').map(([, value]) => Number(value)),
      [1, 0, 1, 0],
    );
    const ticks = found.filter(([name]) => name === 'tick').map(([, value]) => Number(value) / (MILLISECOND / TICK));
    const phase = (ticks[0] ?? 0) % 1;
    assert.deepEqual(
      ticks.map((ms) => Math.abs((ms % 1) - phase) < 1e-3),
      [true, true, true, true],
      'at the moments of the tick',
    );
    assert.deepEqual(
      ticks.map((ms) => Math.round(ms - phase)),
      [21, 26, 41, 42].map((ms) => ms - (phase > 0.5 ? 1 : 0)),
      `${ticks.join()}`,
    );
    assert.deepEqual(found.at(-2), ['lost', '0']);
  });

  it('counts changes that the queue has no room for', () => {
    let run = 0;
    const { machine, timeline, blocks } = new VirtualPi({ program });
    const memory = new WebAssembly.Memory({ initial: 1 });
    const imports = boardImports(machine, () => memory);
    assert.equal(imports.take(1, 0, 0), 0);
    for (; run < 300; run++) {
      blocks.gpio.drive(17, run % 2 === 0);
      timeline.runTo(timeline.now + MILLISECOND);
    }
    assert.equal(imports.info(10), 300n - 256n);
    assert.equal(imports.take(1, 0, 65536), 256 * 16);
    assert.equal(imports.take(1, 0, 15), 0, 'whole records only');
  });

  it('leaves a program alone that asks for no changes of GPIO levels', () => {
    const found = values([12], { prepare: (pi) => at(pi, 30 * MILLISECOND, () => pi.blocks.gpio.drive(17, true)) });
    assert.deepEqual([found['events'], found['queued']], ['4', '0'], 'deadlines only');
  });

  it('lets the engine see what was written, in the order in which it was written', () => {
    const { machine, memory } = new VirtualPi({ program });
    const linear = new WebAssembly.Memory({ initial: 1 });
    const imports = boardImports(machine, () => linear);
    new DataView(linear.buffer).setUint32(0, 0xcafe, true);
    imports.write32(map.DMA_WINDOW, 7);
    assert.equal(imports.read32(map.DMA_WINDOW), 7);
    assert.equal(memory.engineRead(map.DMA_WINDOW), 0, 'its own store is on its way');
    imports.write32(map.DMA_WINDOW + 4, 8);
    assert.equal(memory.engineRead(map.DMA_WINDOW), 7, 'before the next');
    assert.equal(imports.copyOut(map.DMA_WINDOW + 8, 0, 4), 0);
    assert.equal(memory.engineRead(map.DMA_WINDOW + 4), 8);
    assert.equal(memory.engineRead(map.DMA_WINDOW + 8), 0xcafe);
  });
});
