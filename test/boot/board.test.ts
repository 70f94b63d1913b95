import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { crc32 as zlibCrc32 } from 'node:zlib';
import * as map from '../../boot/memory-map.js';
import * as window from '../../drivers/window-map.js';
import { testFirmware, type TestFirmware } from '../support/firmware.js';
import { OutsidePins } from '../support/outside-pins.js';
import { runQemu, type QemuOptions } from '../support/qemu.js';

/** Node has the sum since 20.15; its type came later. */
const crc32 = zlibCrc32 as (bytes: Uint8Array) => number;

describe('the board', () => {
  let firmware: TestFirmware;
  before(async () => {
    firmware = await testFirmware('board');
  });

  /** Runs a case; its lines as pairs of name and value. */
  async function lines(words: number[], options: QemuOptions = {}): Promise<[string, string][]> {
    const run = await runQemu(firmware, { words, deterministic: true, ...options });
    assert.equal(run.status, 0, run.console + run.errors);
    return run.console
      .split('\n')
      .filter(Boolean)
      .map((line) => line.split('=') as [string, string]);
  }

  const values = async (words: number[], options?: QemuOptions): Promise<Record<string, string>> =>
    Object.fromEntries(await lines(words, options));

  it('knows the facts, entered in EL2', async () => {
    const facts = await values([1]);
    const buildId = BigInt.asIntN(64, BigInt(`0x${firmware.buildId}`));
    assert.equal(facts['info0'], '62500000');
    assert.equal(facts['info2'], '2');
    assert.equal(facts['info3'], '1');
    assert.equal(facts['info4'], String(buildId));
    assert.deepEqual(
      [facts['info5'], facts['info6'], facts['info7'], facts['info8']],
      [map.DMA_WINDOW, map.DMA_WINDOW_BYTES, map.RAM_DISK, map.RAM_DISK_BYTES].map(String),
    );
    assert.deepEqual([facts['info9'], facts['info10'], facts['info12'], facts['info13']], ['0', '0', '0', '1']);
    assert.ok(Number(facts['info14']) > 100_000 && Number(facts['info14']) <= Number(facts['info15']));
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

  it('comes up from EL3 as well, without semihosting too', async () => {
    const facts = await values([1], { elf: true, semihosting: false });
    assert.deepEqual([facts['info2'], facts['info13'], facts['done']], ['3', '0', '1']);
  });

  it('lets the timer count the crystal, entered in EL3', async () => {
    // The emulator only names what is written there.
    const { errors } = await runQemu(firmware, { words: [1], elf: true, deterministic: true, args: ['-d', 'unimp'] });
    const writes = [...errors.matchAll(/bcm2836_control_write: Unsupported offset (\w+) value (\w+)/g)];
    assert.deepEqual(
      writes.map(([, offset, value]) => [offset, value]),
      [
        ['0x0', '0x0'],
        ['0x8', '0x80000000'],
      ],
    );
  });

  it('copies, sums and probes within its bounds', async () => {
    const found = await values([2]);
    assert.deepEqual(found, {
      ...{ out: '0', word: String(0x312a231c), in: '0', copied: String(0x12345678), same: '1' },
      ...{ end: '0', over: '-1', below: '-1', disk: '-1', kernel: '-1', last: '0', beyond: '-1', wrap: '-1' },
      ...{ nothing: '0', crc: String(0xcbf43926), crcs: String(0xcbf43926), crcnone: '5', grow: '-1' },
      ...{ ports: '10', rising: '1' },
      ...{ probe: '1', absent: '-1', window: String(0x12345678), done: '1' },
    });
  });

  it('keeps deadlines to the tick, the same in each run', async () => {
    const first = await lines([3]);
    assert.deepEqual(await lines([3]), first);
    assert.equal((await lines([3], { elf: true })).length, first.length, 'entered in EL3 the timers work too');
    const late = first.filter(([name]) => name === 'late').map(([, value]) => Number(value));
    assert.equal(late.length, 10);
    // From the deadline to the module's own reading some 430 instructions pass: 27 ticks of 16. Deadlines that are
    // shorter than the step before them are late by its length.
    assert.deepEqual(
      late.filter((ticks) => ticks < 60).map((ticks) => ticks < 40),
      Array.from({ length: 6 }, () => true),
    );
    assert.ok(first.filter(([name]) => name === 'events').every(([, value]) => value === '4'));
  });

  it('sleeps in wait until the tick', async () => {
    const found = await values([4]);
    assert.deepEqual([found['none'], found['past']], ['0', '0']);
    assert.ok(Number(found['late']) < 200, found['late']);
  });

  it('turns an interrupt into an event, masks it and arms it again', async () => {
    assert.deepEqual(
      (await lines([8])).filter(([name]) => name !== 'done'),
      [
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
      ],
    );
  });

  it('queues as many console bytes as there is room for, and sends them all', async () => {
    const run = await runQemu(firmware, { words: [9], deterministic: true });
    assert.equal(run.status, 3);
    assert.match(run.console, /^\.{16384}taken=16384\n\.?full=[01]\n$/);
  });

  for (const [kind, name] of [
    [10, 'powers off'],
    [11, 'restarts'],
  ] as const)
    it(name, async () => {
      const run = await runQemu(firmware, { words: [kind] });
      assert.deepEqual([run.console, run.status], ['', 0]);
    });

  /** Writes once the program is ready. */
  const whenReady = (bytes: Uint8Array): Pick<QemuOptions, 'onConsole'> => {
    let sent = false;
    return {
      onConsole(text, write) {
        if (sent || !text.includes('ready=1\n')) return;
        sent = true;
        write(bytes);
      },
    };
  };

  it('receives 150,000 bytes without loss while they are taken', async () => {
    const bytes = randomBytes(150_000).map((byte) => (byte === 0x21 ? 0x20 : byte));
    bytes[bytes.length - 1] = 0x21;
    const found = await values([5], { deterministic: false, ...whenReady(bytes) });
    assert.deepEqual([found['total'], found['crc'], found['lost']], [String(bytes.length), String(crc32(bytes)), '0']);
  });

  it('counts what it has no room for', async () => {
    const found = await values([6, 2000], { deterministic: false, ...whenReady(randomBytes(65536 + 2000)) });
    assert.deepEqual([found['total'], found['lost']], ['65536', '2000']);
  });

  /** Runs a case that drives GPIO 17 to these levels once it is ready, 30 ms apart. */
  async function driven(words: number[], levels: number[]): Promise<[string, string][]> {
    const pins = new OutsidePins();
    let started = false;
    const toggle = async (): Promise<void> => {
      for (const level of levels) {
        pins.drive(17, level === 1);
        await sleep(30);
      }
    };
    try {
      return await lines(words, {
        deterministic: false,
        args: pins.args,
        onConsole(text) {
          if (started || !text.includes('ready=1\n')) return;
          started = true;
          void toggle();
        },
      });
    } finally {
      pins.close();
    }
  }

  it('queues changes of GPIO levels with their tick', async () => {
    const levels = [1, 0, 1];
    const found = await driven([7, levels.length], levels);
    assert.deepEqual(
      found.filter(([name]) => name === 'pin17').map(([, value]) => Number(value)),
      levels,
    );
    const ticks = found.filter(([name]) => name === 'tick').map(([, value]) => Number(value));
    assert.ok((ticks[0] ?? 0) < (ticks[1] ?? 0) && (ticks[1] ?? 0) < (ticks[2] ?? 0), ticks.join());
    assert.deepEqual(found.at(-2), ['lost', '0']);
  });

  it('leaves a program alone that asks for no changes of GPIO levels', async () => {
    const found = Object.fromEntries(await driven([12], [1]));
    assert.deepEqual([found['events'], found['queued']], ['4', '0'], 'deadlines only');
  });
});
