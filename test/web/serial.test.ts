// Web Serial: the page's console to a real Pi, here a stub of navigator.serial with a pseudoterminal behind it and QEMU
// behind that.

import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import tty from 'node:tty';
import type { Browser, Page } from 'playwright-core';
import { version } from '../../host-tools/build/library.js';
import type { Build } from '../../host-tools/build/program.js';
import { MACHINE } from '../../host-tools/emulator/find.js';
import type { WebServer } from '../../host-tools/web/server.js';
import { testFolder } from '../media/sounds.js';
import { launch, lines, open, serve, until } from './browser.js';
import { stubSerial, type PagePort } from './serial-stub.js';

/** A machine whose UART is a pseudoterminal. */
class PtyPi {
  private child: ChildProcess | undefined;
  private input: tty.ReadStream | undefined;
  private output: tty.WriteStream | undefined;

  constructor(private readonly kernel: string) {}

  /** Starts it; `take` gets what it sends. */
  async start(take: (bytes: Buffer) => void): Promise<void> {
    const machine = ['-M', MACHINE, '-kernel', this.kernel, '-nodefaults', '-display', 'none', '-no-reboot'];
    const child = spawn('timeout', ['-k', '2', '200', 'qemu-system-aarch64', ...machine, '-serial', 'pty'], {
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

  write(bytes: Uint8Array): void {
    this.output?.write(bytes);
  }

  stop(): void {
    this.input?.destroy();
    this.output?.destroy();
    this.child?.kill();
  }
}

describe('Web Serial on the page', () => {
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
    const boxed: { port?: PagePort } = {};
    const prepare = async (page: Page): Promise<void> => {
      boxed.port = await stubSerial(page, {
        open: (options) => {
          opened.push(options);
          return pi.start((bytes) => void boxed.port?.take(bytes));
        },
        write: (bytes) => pi.write(bytes),
        close: () => void closed++,
      });
    };
    const { page, wrong } = await open(browser, server.url, prepare);
    try {
      const console = (): Promise<string> => lines(page, '#serial-terminal');
      const state = async (): Promise<string> => (await page.textContent('#serial-state')) ?? '';
      await page.click('#tab-serial');
      await page.click('#serial');
      await until(async () => (await console()).includes(`player, build ${build.buildId}`), 'the banner');
      const line = { baudRate: 115200, dataBits: 8, stopBits: 1, parity: 'none', flowControl: 'none' };
      assert.deepEqual(opened, [{ ...line, bufferSize: 65536 }]);
      // The emulator says that its line keeps no rate.
      const connected = `Connected to USB 0403:6001, as fast as it goes: Mirleft ${version}, build ${build.buildId}.`;
      await until(async () => (await state()) === connected, 'the session');
      await page.keyboard.type('?');
      await until(async () => (await console()).includes('space pause, left and right'), 'the answer to ?');

      // Noise ends the stream, not the connection.
      await boxed.port?.noise();
      await until(async () => /lost: a framing error/.test(await state()), 'the noise');
      await page.keyboard.type('-');
      await until(async () => (await console()).includes('volume'), 'the answer to -');

      await page.click('#serial');
      await until(() => Promise.resolve(closed === 1), 'the port closed');
      await until(async () => /Nothing is connected/.test(await state()), 'the end');
      assert.deepEqual(wrong, []);
    } finally {
      pi.stop();
      await page.close();
    }
  });

  it('gives the port back when the stream ends by itself, so that it can be opened again', async () => {
    let [opened, closed] = [0, 0];
    const boxed: { port?: PagePort } = {};
    const { page, wrong } = await open(browser, server.url, async (page) => {
      boxed.port = await stubSerial(page, {
        open: () => void opened++,
        write: () => undefined,
        close: () => void closed++,
      });
    });
    const state = async (): Promise<string> => (await page.textContent('#serial-state')) ?? '';
    await page.click('#tab-serial');
    for (let i = 1; i <= 2; i++) {
      await page.click('#serial');
      await until(async () => /^Connected/.test(await state()), 'the connection');
      await boxed.port?.end();
      await until(async () => /: the port is gone; plug the adapter in again\.$/.test(await state()), 'the end');
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
