import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { JackCapture } from '../../host-tools/capture/jack.js';
import type { RingReader } from '../../host-tools/capture/ring.js';
import { machineArguments } from '../../host-tools/emulator/arguments.js';
import { startEmulator, type Emulator } from '../../host-tools/emulator/emulator.js';
import { findQemu } from '../../host-tools/emulator/find.js';
import { makeScratch } from '../../host-tools/emulator/scratch.js';
import { lastProcess, wake } from '../../host-tools/emulator/wake.js';
import { Problem } from '../../host-tools/problem.js';
import { when } from '../cli/mirleft.js';
import { testFolder } from '../media/sounds.js';
import { ringOf } from '../support/captured.js';
import { tinyImage } from './tiny.js';

/** Collects the console, and waits for what it is to hold. */
function watch(emulator: Emulator): { text(): string; until(wanted: string): Promise<void> } {
  let text = '';
  emulator.console.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  return {
    text: () => text,
    async until(wanted) {
      while (!text.includes(wanted)) await new Promise((resolve) => emulator.console.once('data', resolve));
    },
  };
}

const start = (options: Partial<Parameters<typeof startEmulator>[0]> = {}): Promise<Emulator> =>
  startEmulator({ scratch: makeScratch(), kernel: tinyImage(), limitSeconds: 30, ...options });

/** What reads the words of a run. */
function wordsOf(emulator: Emulator): { reader: RingReader; capture: JackCapture } {
  const capture = new JackCapture([], [], false);
  return { reader: ringOf(emulator.memory ?? assert.fail(), capture), capture };
}

/** Processes whose command line holds the text. */
const processes = (text: string): number[] =>
  fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((id) => {
      try {
        return fs.readFileSync(`/proc/${id}/cmdline`, 'latin1').includes(text) && stateOf(id) !== 'Z';
      } catch {
        return false;
      }
    });
const stateOf = (id: number): string => /\) (.)/.exec(fs.readFileSync(`/proc/${id}/stat`, 'latin1'))?.[1] ?? '';

async function gone(text: string, withinMs: number): Promise<void> {
  const until = Date.now() + withinMs;
  while (processes(text).length > 0) {
    assert.ok(Date.now() < until, `still there: ${processes(text).join(' ')}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe('the emulator', () => {
  it('gives the console both ways and the status that the guest ends with', async () => {
    const emulator = await start();
    const seen = watch(emulator);
    await seen.until('>');
    emulator.keys.write('xhy');
    await seen.until('y');
    emulator.keys.write('7');
    const end = await emulator.ended;
    assert.deepEqual([end.status, end.signal, end.overtime, end.said], [7, undefined, false, '']);
    assert.equal(seen.text(), '>xhello\ny');
  });

  it('reads every word of two runs at once, also when nobody reads for a while', async () => {
    const runs = await Promise.all(
      [3, 5].map(async (rounds) => {
        // Less than one round: it has to wait for its reader.
        const emulator = await start({ capture: true, deterministic: rounds === 5, ahead: 8192 });
        const seen = watch(emulator);
        const { reader, capture } = wordsOf(emulator);
        await seen.until('>');
        emulator.keys.write('w'.repeat(rounds));
        await new Promise((resolve) => setTimeout(resolve, 300));
        assert.ok(!seen.text().includes('.'), 'it waits for its reader');
        while (!seen.text().includes('.'.repeat(rounds))) {
          reader.read();
          await new Promise((resolve) => setTimeout(resolve, 1));
        }
        emulator.keys.write('0');
        assert.equal((await emulator.ended).status, 0);
        while (reader.read() > 0);
        emulator.memory?.close();
        return capture.totals().words;
      }),
    );
    assert.deepEqual(runs, [3 * 4096, 5 * 4096]);
  });

  it('is ended at its limit, even when it hangs so that SIGTERM does nothing', async () => {
    const emulator = await start({ limitSeconds: 2 });
    const seen = watch(emulator);
    emulator.keys.write('c');
    // QEMU would tell of a SIGTERM that it heeds, and end with a status.
    const { status, signal, overtime, said } = await emulator.ended;
    assert.deepEqual([status, signal, overtime, said], [undefined, 'SIGKILL', true, '']);
    assert.equal(seen.text(), '>');
  });

  it('ends when it is told to, with a reader that has stopped reading', async () => {
    const emulator = await start({ capture: true, ahead: 8192 });
    const seen = watch(emulator);
    await seen.until('>');
    emulator.keys.write('w'.repeat(50));
    await new Promise((resolve) => setTimeout(resolve, 200));
    const end = await emulator.stop();
    assert.equal(end.overtime, false);
    assert.equal((await emulator.stop()).status, end.status);
    emulator.memory?.close();
  });

  it('ends when QEMU cannot begin', async () => {
    const emulator = await start({ kernel: '/no/such/kernel', capture: true });
    emulator.console.resume();
    const end = await emulator.ended;
    emulator.memory?.close();
    assert.equal(end.status, 1);
    assert.match(end.said, /could not load kernel/);
  });

  it('takes QEMU along when this side is killed', async () => {
    const folder = testFolder();
    const script = `
      import fs from 'node:fs';
      import { startEmulator } from './host-tools/emulator/emulator.ts';
      import { makeScratch } from './host-tools/emulator/scratch.ts';
      const scratch = makeScratch();
      const kernel = scratch.file('kernel');
      fs.copyFileSync(${JSON.stringify(tinyImage())}, kernel);
      const emulator = await startEmulator({ scratch, kernel, capture: true, limitSeconds: 30 });
      emulator.console.once('data', () => console.log(scratch.folder));`;
    const child = spawn(process.execPath, ['--import=tsx', '--input-type=module', '-e', script], {
      cwd: path.resolve(import.meta.dirname, '../..'),
      env: { ...process.env, TMPDIR: folder },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const scratch = await new Promise<string>((resolve) =>
      child.stdout.once('data', (text: Buffer) => resolve(text.toString().trim())),
    );
    assert.ok(processes(scratch).length > 0);
    child.kill('SIGKILL');
    await gone(scratch, 30_000);
    // Its memory had no name.
    const left = [folder, '/dev/shm', scratch].flatMap((name) => fs.readdirSync(name, { withFileTypes: true }));
    assert.deepEqual(
      left.filter((entry) => entry.isFile() && /^(mirleft|memory)/.test(entry.name)),
      [],
    );
  });

  it('removes its folder when the process ends, by whatever way but SIGKILL', async () => {
    const folder = testFolder();
    const script = `
      import fs from 'node:fs';
      import { makeScratch } from './host-tools/emulator/scratch.ts';
      fs.writeFileSync(makeScratch().file('x'), 'x');
      if (!fs.readdirSync(process.env.TMPDIR).some((name) => name.startsWith('mirleft'))) process.exit(3);
      throw new Error('on purpose');`;
    const child = spawn(process.execPath, ['--import=tsx', '--input-type=module', '-e', script], {
      cwd: path.resolve(import.meta.dirname, '../..'),
      env: { ...process.env, TMPDIR: folder },
      stdio: 'ignore',
    });
    assert.equal(await new Promise((resolve) => child.once('close', resolve)), 1);
    assert.deepEqual(
      fs.readdirSync(folder).filter((name) => name.startsWith('mirleft')),
      [],
    );
  });

  it('can be woken, behind its guards, once it takes the signal, and goes on', async () => {
    const words = machineArguments({ kernel: tinyImage() });
    const child = spawn('timeout', ['-k', '2', '30', 'timeout', '30', 'qemu-system-aarch64', ...words]);
    const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
    try {
      await when(() => wake(child), 'woken');
      const pid = lastProcess(child.pid ?? assert.fail());
      assert.match(fs.readFileSync(`/proc/${pid}/cmdline`, 'latin1'), /^qemu-system-aarch64\0/);
      const sleeps = (): number =>
        Number(
          /^voluntary_ctxt_switches:\s*(\d+)/m.exec(fs.readFileSync(`/proc/${pid}/task/${pid}/status`, 'latin1'))?.[1],
        );
      const before = sleeps();
      // One that comes while it still begins wakes nobody.
      await when(() => wake(child) && sleeps() > before, 'its main thread has been awake');
      // It blocks the signal for a moment whenever it starts a thread.
      await when(() => wake(child), 'woken again');
    } finally {
      child.kill();
      await exited;
    }
    assert.ok(!wake(child), 'gone');
  });

  it('is not ended by being woken while it starts, whenever that is', async () => {
    const words = machineArguments({ kernel: tinyImage() });
    for (let run = 0; run < 8; run++) {
      const child = spawn('timeout', ['-k', '2', '60', 'qemu-system-aarch64', ...words]);
      const exited = new Promise((resolve) => child.once('exit', (status, signal) => resolve(signal ?? status)));
      for (let woken = 0; woken < 20 && child.exitCode === null && child.signalCode === null;) {
        if (wake(child)) woken++;
        await new Promise((resolve) => setImmediate(resolve));
      }
      assert.deepEqual([child.exitCode, child.signalCode], [null, null], 'still there');
      child.kill();
      // By the signal, or where it was so far that it takes that, with status 0.
      const end = await exited;
      assert.ok(end === 'SIGTERM' || end === 0, String(end));
    }
  });

  it('doubles commas in names of files', () => {
    const args = machineArguments({ kernel: 'k', ramDisk: '/a,b/r d' });
    assert.ok(args.includes('loader,file=/a,,b/r d,addr=0x10000000,force-raw=on'));
  });

  it('puts a card into the socket of either controller', () => {
    const args = (cardSlot?: 'emmc1' | 'emmc2'): string =>
      machineArguments({ kernel: 'k', card: '/a,b.img', cardSlot }).join(' ');
    const device = '-device sd-card,drive=card,bus=main-system-bus/generic-sdhci/sd-bus';
    assert.ok(args().includes(`-drive id=card,if=none,format=raw,file=/a,,b.img ${device}`));
    assert.equal(args('emmc2'), args());
    assert.ok(args('emmc1').includes('-drive if=sd,format=raw,file=/a,,b.img'));
    assert.ok(!machineArguments({ kernel: 'k' }).join(' ').includes('-drive'));
  });
});

describe('finding QEMU', () => {
  const folder = testFolder();
  const fake = (name: string, version: string, machines: string): string => {
    const file = path.join(folder, name);
    fs.writeFileSync(
      file,
      `#!/bin/sh\ncase "$1" in --version) echo "QEMU emulator version ${version}" ;; *) printf '${machines}' ;; esac\n`,
      { mode: 0o755 },
    );
    return file;
  };
  const machines = 'Supported machines are:\\nraspi3b  Raspberry Pi 3B\\nraspi4b  Raspberry Pi 4B\\n';

  async function tried(program: string): Promise<unknown> {
    process.env['MIRLEFT_QEMU'] = program;
    try {
      return await findQemu();
    } catch (error) {
      return error;
    } finally {
      delete process.env['MIRLEFT_QEMU'];
    }
  }

  it('finds the one that is installed', async () => {
    const { version } = await findQemu();
    assert.match(version, /^\d+\.\d+/);
  });

  it('takes 9.0 and newer, and says what to do about others', async () => {
    assert.deepEqual(await tried(fake('new', '9.0.1 (Debian)', machines)), {
      path: path.join(folder, 'new'),
      version: '9.0.1',
    });
    for (const [name, version, listed, code, text] of [
      [
        'old',
        '8.2.2 (Debian 1:8.2.2)',
        machines,
        'qemu-too-old',
        /is QEMU 8\.2\.2, 9\.0 or newer is needed; .*setup\.sh/,
      ],
      ['bare', '9.2.0', 'raspi3b  Raspberry Pi 3B\\n', 'qemu-too-old', /without the raspi4b machine/],
      ['mute', 'what', '', 'qemu-missing', /does not tell its version/],
    ] as const) {
      const problem = await tried(fake(name, version, listed));
      assert.ok(problem instanceof Problem && problem.code === code, name);
      assert.match(problem.line(), text);
    }
    const none = await tried(path.join(folder, 'none'));
    assert.ok(none instanceof Problem && none.code === 'qemu-missing');
    assert.match(none.line(), /no such program; .*setup\.sh/);
  });
});
