// The crash record: of a fault in QEMU, over a warm reset there, and on the virtual Pi.

import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import type net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { DMA_WINDOW } from '../../boot/memory-map.js';
import { CRASH, CRASH_BYTES, CRASH_TEXT } from '../../drivers/window-map.js';
import { Channel } from '../../firmware/link/protocol.js';
import { symbolize } from '../../host-tools/build/symbolize.js';
import { fetchCrash, forgetCrash } from '../../host-tools/link/crash.js';
import { Link } from '../../host-tools/link/link.js';
import { StreamTransport } from '../../host-tools/link/stream-transport.js';
import { VirtualTransport, whilePassing } from '../../host-tools/link/virtual.js';
import { keepReport } from '../../host-tools/virtual-pi/board/crash-record.js';
import { VirtualPi } from '../../host-tools/virtual-pi/virtual-pi.js';
import { MILLISECOND } from '../../host-tools/virtual-pi/time.js';
import { when } from '../cli/mirleft.js';
import { playerBuild } from '../play/player.js';
import type { TestModule } from '../support/module.js';
import { connected } from '../support/socket.js';
import { playerOf } from '../virtual-pi/pi-rig.js';

/** QEMU whose machine is there after a fault, to be reset: with RAM as it was. */
class Machine {
  private said = '';
  private events = '';
  private monitor: net.Socket | undefined;
  readonly transport: StreamTransport;

  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
  ) {
    const { stdout, stdin } = child;
    assert.ok(stdout && stdin);
    stdout.on('data', (bytes: Buffer) => (this.said += bytes.toString('latin1')));
    this.transport = new StreamTransport('qemu', stdout, stdin, () => undefined);
  }

  static async start(image: Uint8Array, ...args: string[]): Promise<Machine> {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'mirleft-crash-'));
    const kernel = path.join(folder, 'kernel8.img');
    fs.writeFileSync(kernel, image);
    const monitor = path.join(folder, 'monitor');
    const words = ['-k', '2', '150', 'qemu-system-aarch64', '-M', 'raspi4b', '-display', 'none', '-serial', 'stdio'];
    words.push('-monitor', 'none', '-kernel', kernel, '-action', 'shutdown=pause');
    words.push('-qmp', `unix:${monitor},server=on,wait=off`, ...args);
    const machine = new Machine(spawn('timeout', words, { stdio: ['pipe', 'pipe', 'ignore'] }), folder);
    machine.monitor = await connected(monitor);
    machine.monitor.on('error', () => undefined);
    machine.monitor.on('data', (bytes: Buffer) => (machine.events += bytes.toString()));
    machine.command('qmp_capabilities');
    await when(() => machine.events.includes('"return"'), 'the monitor');
    return machine;
  }

  get text(): string {
    return this.said;
  }

  async says(what: RegExp): Promise<void> {
    await when(() => what.test(this.said), String(what)).catch(() => assert.match(this.said, what));
  }

  command(execute: string): void {
    this.monitor?.write(`${JSON.stringify({ execute })}\n`);
  }

  /** Waits until the program has switched the machine off; a restart is none. */
  async off(): Promise<void> {
    await when(() => this.events.includes('"STOP"'), 'the end');
  }

  type(text: string): void {
    void this.transport.write(Buffer.from(text));
  }

  /** A warm reset. */
  reset(): void {
    this.said = '';
    this.command('system_reset');
    this.command('cont');
  }

  stop(): void {
    this.monitor?.destroy();
    this.child.kill();
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}

describe('the crash record in QEMU', () => {
  it('is there after a warm reset, with lines of the source, until it is forgotten', async () => {
    const build = await playerBuild();
    const machine = await Machine.start(build.image);
    try {
      // Half a frame that comes while it starts would count as typed.
      await machine.says(/demo/);
      const first = await Link.connect(machine.transport, { timeoutMs: 60_000 });
      assert.equal(await fetchCrash(first), undefined, 'none at power on');
      await first.send(Channel.Console, Buffer.from('panic\r'));
      await machine.says(/fault end build=/);
      const shown = /fault kind=[^]*fault end build=\S+/.exec(machine.text)?.[0].split('\r\n');
      await first.leave();
      // It had not run for a minute.
      await machine.off();
      machine.reset();
      await machine.says(/demo/);
      const again = await Link.connect(machine.transport, { timeoutMs: 60_000 });
      const report = await fetchCrash(again);
      assert.ok(report, 'kept');
      assert.deepEqual(report.lines, shown, 'the same as on the line');
      assert.equal(report.kind, 'abort');
      assert.equal(report.fields['text'], 'asked to fail');
      const { matches, frames } = symbolize(report, build);
      assert.ok(matches);
      assert.ok(frames.length > 2 && frames.some(({ place }) => place?.file.endsWith('.ts')), JSON.stringify(frames));
      assert.deepEqual(await fetchCrash(again), report, 'as often as it is asked for');
      await forgetCrash(again);
      assert.equal(await fetchCrash(again), undefined);
      await again.leave();
    } finally {
      machine.stop();
    }
  });

  it('restarts after a fault when the program has run for a minute', async () => {
    const { image } = await playerBuild();
    // Time that nothing happens in passes at once.
    const machine = await Machine.start(image, '-icount', 'shift=0,sleep=off');
    try {
      await machine.says(/demo/);
      machine.type('pause\r');
      await machine.says(/at 0:/);
      // CLO of the system timer, in microseconds.
      let us = 0;
      for (let tries = 0; us < 65_000_000 && tries < 10_000; tries++) {
        const before = machine.text.length;
        machine.type('peek 0xfe003004\r');
        const value = (): string | undefined => /fe003004: ([\da-f]{8})\r/.exec(machine.text.slice(before))?.[1];
        await when(() => value() !== undefined, 'the time');
        us = parseInt(value() ?? '', 16);
      }
      assert.ok(us >= 65_000_000, `${us} microseconds`);
      machine.type('panic\r');
      await machine.says(/fault end build=\S+[^]*player, build/);
    } finally {
      machine.stop();
    }
  });
});

describe('the crash record on the virtual Pi', () => {
  let player: TestModule;
  before(async () => (player = await playerOf()));

  /** A board whose player panics; its record as the RAM has it. */
  async function crashed(): Promise<Uint8Array> {
    const pi = new VirtualPi({ program: player, buildId: '00112233aabbccdd' });
    pi.runTo(500 * MILLISECOND);
    const link = await whilePassing(pi, Link.connect(new VirtualTransport(pi)));
    await whilePassing(pi, link.send(Channel.Console, Buffer.from('panic\r')));
    for (let ms = 0; ms < 5000 && !pi.ended; ms++) pi.runTo(pi.now + MILLISECOND);
    assert.equal(pi.ended?.kind, 'fault');
    const record = pi.memory.copyFrom(DMA_WINDOW + CRASH, CRASH_BYTES);
    assert.ok(record);
    return record;
  }

  /** The next boot, with that in its RAM. */
  async function booted(record: Uint8Array): Promise<{ pi: VirtualPi; link: Link }> {
    const pi = new VirtualPi({ program: player });
    pi.memory.store(DMA_WINDOW + CRASH, record);
    pi.runTo(500 * MILLISECOND);
    return { pi, link: await whilePassing(pi, Link.connect(new VirtualTransport(pi))) };
  }

  it('is fetched after a warm reset, and forgotten', async () => {
    const { pi, link } = await booted(await crashed());
    const report = await whilePassing(pi, fetchCrash(link));
    assert.equal(report?.kind, 'abort');
    assert.equal(report.fields['text'], 'asked to fail');
    assert.equal(report.buildId, '00112233aabbccdd');
    await whilePassing(pi, forgetCrash(link));
    pi.runTo(pi.now + 50 * MILLISECOND);
    assert.equal(await whilePassing(pi, fetchCrash(link)), undefined);
  });

  it('comes in as many pieces as it needs', async () => {
    const registers = Array.from({ length: 60 }, (_, i) => `x${i}=0x${'0'.repeat(16)} x${i}=0x${'f'.repeat(16)}`);
    const lines = ['fault kind=hang', ...registers, 'fault end build=0011223344556677', ''];
    const pi = new VirtualPi({ program: player });
    keepReport(pi.memory, Buffer.from(lines.join('\r\n')));
    pi.runTo(500 * MILLISECOND);
    const link = await whilePassing(pi, Link.connect(new VirtualTransport(pi)));
    const report = await whilePassing(pi, fetchCrash(link));
    assert.deepEqual(report?.lines, lines.slice(0, -1));
  });

  it('is none where the RAM has lost a bit, or never held one', async () => {
    const record = await crashed();
    for (const at of [0, 5, 7, 9, CRASH_TEXT, CRASH_TEXT + 40]) {
      const damaged = record.slice();
      damaged[at] = (damaged[at] ?? 0) ^ 0x40;
      const { pi, link } = await booted(damaged);
      assert.equal(await whilePassing(pi, fetchCrash(link)), undefined, `byte ${at}`);
    }
    const { pi, link } = await booted(new Uint8Array(CRASH_BYTES).fill(0xff));
    assert.equal(await whilePassing(pi, fetchCrash(link)), undefined);
  });
});
