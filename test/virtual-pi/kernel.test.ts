// boot/ on the models: registers in the order of its assembly, which the tests read from the assembly itself.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { libraryRoot } from '../../host-tools/build/library.js';
import { Blocks } from '../../host-tools/virtual-pi/blocks.js';
import { ClockId } from '../../host-tools/virtual-pi/firmware/firmware-state.js';
import { Findings } from '../../host-tools/virtual-pi/findings.js';
import { Kernel } from '../../host-tools/virtual-pi/board/kernel.js';
import { Memory } from '../../host-tools/virtual-pi/memory.js';
import { MILLISECOND, TICK } from '../../host-tools/virtual-pi/time.js';
import { Timeline } from '../../host-tools/virtual-pi/timeline.js';

const LED = 42;
const boot = (name: string): string => fs.readFileSync(path.join(libraryRoot, 'boot', name), 'utf8');

/** What `.equ` says in machine.inc. */
const numbers = new Map(
  [...boot('machine.inc').matchAll(/^\.equ (\w+), (0x[0-9a-f]+|\d+)\b/gm)].map(([, name, value]) => [
    name ?? '',
    Number(value),
  ]),
);

/** Registers that a routine stores to, in the order of its text, as offsets. */
function stores(file: string, routine: string): number[] {
  const text =
    boot(file)
      .split(`routine ${routine}\n`)[1]
      ?.split(/\n(?=routine|\w+:\n)/)[0] ?? '';
  const names = [...text.matchAll(/str\s+\w+, \[x\d+, #(\w+)\]|^\s+fill\s+(\w+)/gm)].map(([, a, b]) => a ?? b ?? '');
  assert.ok(names.length > 2, `${file} ${routine}`);
  return names.map((name) => numbers.get(name) ?? assert.fail(name));
}

interface Access {
  kind: 'read' | 'write';
  address: number;
  value: number;
}

function rig() {
  const timeline = new Timeline();
  const findings = new Findings(() => timeline.now);
  const memory = new Memory();
  const blocks = new Blocks({ timeline, findings }, memory, { run: () => undefined });
  const kernel = new Kernel({ timeline, findings }, blocks.bus, memory, blocks.gic.irq);
  blocks.connectTimer(kernel.timer);
  const accesses: Access[] = [];
  const { bus } = blocks;
  const [read, write] = [bus.read.bind(bus), bus.write.bind(bus)];
  bus.read = (address) => {
    const value = read(address);
    accesses.push({ kind: 'read', address, value });
    return value;
  };
  bus.write = (address, value) => {
    accesses.push({ kind: 'write', address, value });
    write(address, value);
  };
  const writes = (base: number): Access[] =>
    accesses.filter(({ kind, address }) => kind === 'write' && (address & ~0xfff) >>> 0 === base);
  return { timeline, findings, blocks, kernel, accesses, writes };
}

const UART = 0xfe201000;
const GICD = 0xff841000;

describe('boot on the models', () => {
  it('sets the UART up in the order of uart_init, after the line has come to rest', () => {
    const { kernel, writes, accesses, findings } = rig();
    kernel.boot();
    const offsets = writes(UART).map(({ address }) => address - UART);
    assert.deepEqual(
      offsets,
      stores('uart.S', 'uart_init').filter((offset) => offset >= 0x20 && offset !== 0xe4),
    );
    const off = accesses.findIndex(({ kind, address }) => kind === 'write' && address === UART + 0x30);
    assert.deepEqual(accesses[off - 1], { kind: 'read', address: UART + 0x18, value: accesses[off - 1]?.value });
    assert.deepEqual(findings.list, []);
  });

  it('sets the GIC up in the order of gic_init', () => {
    const { kernel, writes } = rig();
    kernel.boot();
    const starts = writes(GICD)
      .map(({ address }) => address - GICD)
      .filter((offset, i, all) => offset !== (all[i - 1] ?? -8) + 4);
    const wanted = stores('gic.S', 'gic_init')
      .filter((_, i, all) => i < all.length)
      .slice(0, 8);
    assert.deepEqual(
      starts.slice(0, wanted.length).map((offset) => offset & ~0x3f),
      wanted.map((offset) => offset & ~0x3f),
    );
  });

  it('changes the LED with each stage: on while the module is loaded, off when it runs', () => {
    const { kernel, blocks } = rig();
    const levels: boolean[] = [];
    blocks.gpio.onLevel = (pin, level) => void (pin === LED && levels.push(level));
    kernel.boot();
    assert.deepEqual(levels, [false, true, false, true, false, true], 'first as an output that was never set');
    kernel.ready();
    assert.equal(blocks.gpio.levelOf(LED), false);
  });

  for (const [name, rate, divisor] of [
    ['what the VideoCore says', 48_000_000, 48_000_000],
    ['another rate that it says', 62_500_000, 62_500_000],
    ['the stock firmware’s 48 MHz where it says nothing that makes sense', 1000, 48_000_000],
  ] as const)
    it(`divides ${name}`, () => {
      const { kernel, blocks, writes } = rig();
      blocks.firmware.clocks.set(ClockId.Uart, { rate, least: 0, most: 1e9 });
      kernel.boot();
      const value = (offset: number): number =>
        writes(UART).find(({ address }) => address === UART + offset)?.value ?? 0;
      assert.equal(value(0x24) * 64 + value(0x28), Math.floor((divisor * 4 + 57_600) / 115_200));
    });

  it('ticks at 1 kHz, and counts the periods that it missed', () => {
    const { kernel, timeline } = rig();
    kernel.boot();
    let ticks = 0;
    const times: number[] = [];
    kernel.timer.physical.interrupt.watch((level) => {
      if (!level) return;
      ticks++;
      times.push(timeline.now);
    });
    timeline.runTo(timeline.now + 10.5 * MILLISECOND);
    assert.equal(ticks, 10);
    assert.ok(times.every((time, i) => i === 0 || time - (times[i - 1] ?? 0) === MILLISECOND));
    kernel.hold(5 * MILLISECOND);
    timeline.runTo(timeline.now + 6 * MILLISECOND);
    assert.deepEqual([ticks, kernel.ticksLost], [12, 4]);
    assert.ok(((times.at(-1) ?? 0) - (times[0] ?? 0)) % MILLISECOND < TICK, 'the phase is kept');
  });

  it('answers each interrupt with its end, and sends what is queued as the line takes it', () => {
    const { kernel, blocks, timeline, accesses, findings } = rig();
    kernel.boot();
    let sent = '';
    blocks.uart.onSend = (byte) => (sent += String.fromCharCode(byte));
    const text = 'x'.repeat(200);
    assert.equal(kernel.send(Buffer.from(text)), 200);
    timeline.runTo(timeline.now + 20 * MILLISECOND);
    assert.equal(sent, text);
    const count = (kind: string, address: number): number =>
      accesses.filter((each) => each.kind === kind && each.address === address && (each.value & 0x3ff) === 153).length;
    assert.ok(count('read', 0xff84200c) > 5);
    assert.equal(count('read', 0xff84200c), count('write', 0xff842010));
    assert.deepEqual(findings.list, []);
  });

  it('sends what is queued before a report, and waits until the line is idle', () => {
    const { kernel, blocks } = rig();
    kernel.boot();
    let sent = '';
    blocks.uart.onSend = (byte) => (sent += String.fromCharCode(byte));
    kernel.send(Buffer.from('queued '.repeat(20)));
    kernel.drain(Buffer.from('report '.repeat(20)));
    assert.equal(sent, 'queued '.repeat(20) + 'report '.repeat(20));
  });

  it('loses bytes at the end where the line stands, and comes to an end', () => {
    const { kernel, blocks, timeline } = rig();
    kernel.boot();
    blocks.uart.write(0x30, 0x201); // TXE off
    const from = timeline.now;
    kernel.drain(new Uint8Array(1000).fill(0x2e));
    // One byte waits for room, and the line twice for its rest.
    assert.ok(timeline.now - from < 100 * MILLISECOND, `${(timeline.now - from) / MILLISECOND} ms`);
  });

  it('wakes by the timer of the deadline', () => {
    const { kernel, timeline, blocks } = rig();
    kernel.boot();
    const wake = BigInt(Math.ceil(timeline.now / TICK) + 1234);
    kernel.sleepUntil(wake);
    timeline.runTo(Number(wake) * TICK - 1);
    assert.equal(blocks.gic.irq.level, false);
    assert.equal(timeline.nextAt, Number(wake) * TICK);
    timeline.runTo(Number(wake) * TICK);
    assert.equal(kernel.timer.virtual.interrupt.level, false, 'its handler has stopped it');
    kernel.sleepUntil(2n ** 63n - 1n);
    assert.ok(timeline.nextAt <= timeline.now + MILLISECOND, 'without one the tick is next');
  });
});
