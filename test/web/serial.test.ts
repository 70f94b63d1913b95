// Web Serial: the page's console to a real Pi, here a stub of navigator.serial with a pseudoterminal behind it and QEMU
// behind that.

import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import tty from 'node:tty';
import type { Browser, Page } from 'playwright-core';
import type { Build } from '../../host-tools/build/program.js';
import { MACHINE } from '../../host-tools/emulator/find.js';
import type { WebServer } from '../../host-tools/web/server.js';
import { testFolder } from '../media/sounds.js';
import { launch, lines, open, serve, until } from './browser.js';

/** A machine whose UART is a pseudoterminal. */
class PtyPi {
  private child: ChildProcess | undefined;
  private input: tty.ReadStream | undefined;
  private output: tty.WriteStream | undefined;

  constructor(private readonly kernel: string) {}

  /** Starts it; `take` gets what it sends. */
  async start(take: (bytes: Buffer) => void): Promise<void> {
    const machine = ['-M', MACHINE, '-kernel', this.kernel, '-nodefaults', '-display', 'none', '-no-reboot'];
    const child = spawn('timeout', ['-k', '2', '40', 'qemu-system-aarch64', ...machine, '-serial', 'pty'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    let said = '';
    const name = await new Promise<string>((resolve, reject) => {
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding('utf8').on('data', (text: string) => {
          said += text;
          const [, found] = /redirected to (\S+)/.exec(said) ?? [];
          if (found !== undefined) resolve(found);
        });
      child.once('exit', () => reject(new Error(`QEMU has ended: ${said}`)));
    });
    const flags = fs.constants.O_RDWR | fs.constants.O_NOCTTY;
    this.input = new tty.ReadStream(fs.openSync(name, flags));
    this.input.setRawMode(true);
    this.output = new tty.WriteStream(fs.openSync(name, flags));
    this.input.on('data', take);
    // The other side goes when QEMU does.
    for (const stream of [this.input, this.output]) stream.on('error', () => undefined);
  }

  write(bytes: readonly number[]): void {
    this.output?.write(Uint8Array.from(bytes));
  }

  stop(): void {
    this.input?.destroy();
    this.output?.destroy();
    this.child?.kill();
  }
}

/** What stands in for navigator.serial: streams whose other ends are functions of the test. */
function stub(): void {
  const scope = globalThis as unknown as {
    serialOpen(options: SerialOptions): Promise<void>;
    serialWrite(bytes: number[]): Promise<void>;
    serialClose(): Promise<void>;
    serialTake: (bytes: number[]) => void;
    serialBreak: () => void;
    serialEnd: () => void;
  };
  const port = {
    readable: null as ReadableStream<Uint8Array> | null,
    writable: null as WritableStream<Uint8Array> | null,
    getInfo: () => ({ usbVendorId: 0x0403, usbProductId: 0x6001 }),
    async open(options: SerialOptions): Promise<void> {
      const readable = (): ReadableStream<Uint8Array> =>
        new ReadableStream({
          start(controller) {
            scope.serialTake = (bytes) => controller.enqueue(Uint8Array.from(bytes));
            scope.serialEnd = () => controller.close();
            scope.serialBreak = () => {
              port.readable = readable(); // as a port does after noise: a fresh stream
              controller.error(new DOMException('a framing error', 'FramingError'));
            };
          },
        });
      port.readable = readable();
      port.writable = new WritableStream({ write: (bytes: Uint8Array) => scope.serialWrite([...bytes]) });
      await scope.serialOpen(options);
    },
    async close(): Promise<void> {
      if (port.readable?.locked || port.writable?.locked) throw new TypeError('the streams are locked');
      port.readable = port.writable = null;
      await scope.serialClose();
    },
  };
  Object.defineProperty(navigator, 'serial', { value: { requestPort: () => Promise.resolve(port) } });
}

describe('Web Serial on the page', function () {
  this.timeout(60_000);
  let browser: Browser;
  let server: WebServer;
  let build: Build;
  before(async () => {
    [browser, { build, server }] = await Promise.all([launch(), serve('player')]);
  });
  after(async () => {
    await browser.close();
    await server.close();
  });

  it('is a console to a Pi at 115200 baud, 8N1: its text, its keys, its end', async () => {
    const kernel = path.join(testFolder(), 'kernel8.img');
    fs.writeFileSync(kernel, build.image);
    const pi = new PtyPi(kernel);
    const opened: SerialOptions[] = [];
    let closed = 0;
    const prepare = async (page: Page): Promise<void> => {
      // tsx names functions by a helper that the browser has not.
      await page.addInitScript('globalThis.__name = (value) => value;');
      await page.addInitScript(stub);
      await page.exposeFunction('serialOpen', async (options: SerialOptions) => {
        opened.push(options);
        await pi.start((bytes) => {
          void page
            .evaluate(
              (data) => (globalThis as unknown as { serialTake(of: number[]): void }).serialTake(data),
              [...bytes],
            )
            .catch(() => undefined);
        });
      });
      await page.exposeFunction('serialWrite', (bytes: number[]) => pi.write(bytes));
      await page.exposeFunction('serialClose', () => void closed++);
    };
    const { page, wrong } = await open(browser, server.url, prepare);
    try {
      const console = (): Promise<string> => lines(page, '#serial-terminal');
      await page.click('#tab-serial');
      await page.click('#serial');
      await until(async () => (await console()).includes(`player, build ${build.buildId}`), 'the banner');
      assert.deepEqual(opened, [{ baudRate: 115200, dataBits: 8, stopBits: 1, parity: 'none', flowControl: 'none' }]);
      assert.match((await page.textContent('#serial-state')) ?? '', /Connected to USB 0403:6001, 115200 baud, 8N1/);
      await page.keyboard.type('?');
      await until(async () => (await console()).includes('space pause, left and right'), 'the answer to ?');

      // Noise ends the stream, not the connection.
      await page.evaluate(() => (globalThis as unknown as { serialBreak(): void }).serialBreak());
      await until(
        async () => /lost: a framing error/.test((await page.textContent('#serial-state')) ?? ''),
        'the noise',
      );
      await page.keyboard.type('-');
      await until(async () => (await console()).includes('volume'), 'the answer to -');

      await page.click('#serial');
      await until(() => Promise.resolve(closed === 1), 'the port closed');
      await until(async () => /Nothing is connected/.test((await page.textContent('#serial-state')) ?? ''), 'the end');
      assert.deepEqual(wrong, []);
    } finally {
      pi.stop();
      await page.close();
    }
  });

  it('gives the port back when the stream ends by itself, so that it can be opened again', async () => {
    let [opened, closed] = [0, 0];
    const { page, wrong } = await open(browser, server.url, async (page) => {
      await page.addInitScript('globalThis.__name = (value) => value;');
      await page.addInitScript(stub);
      await page.exposeFunction('serialOpen', () => void opened++);
      await page.exposeFunction('serialWrite', () => undefined);
      await page.exposeFunction('serialClose', () => void closed++);
    });
    const state = async (): Promise<string> => (await page.textContent('#serial-state')) ?? '';
    await page.click('#tab-serial');
    for (let i = 1; i <= 2; i++) {
      await page.click('#serial');
      await until(async () => /^Connected/.test(await state()), 'the connection');
      await page.evaluate('serialEnd()');
      await until(async () => (await state()) === 'The connection has ended.', 'the end');
      assert.deepEqual([opened, closed], [i, i]);
    }
    await page.close();
    assert.deepEqual(wrong, []);
  });

  it('is explained where the browser has none', async () => {
    const { page } = await open(browser, server.url, async (page) => {
      await page.addInitScript('delete Object.getPrototypeOf(navigator).serial');
    });
    await page.click('#tab-serial');
    assert.equal(await page.isDisabled('#serial'), true);
    assert.equal(await page.isVisible('#serial-terminal'), false);
    assert.match((await page.textContent('#serial-state')) ?? '', /no Web Serial.*Chrome.*115200 baud/);
    await page.close();
  });
});
