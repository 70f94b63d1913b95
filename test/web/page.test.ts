// The page in a real Chromium: it plays, answers, and shows what the machine does.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import type { Browser } from 'playwright-core';
import type { Build } from '../../host-tools/build/program.js';
import { archiveOf, settingsMember } from '../../host-tools/media/archive.js';
import { Session } from '../../host-tools/web/page/session.js';
import { settingsFor } from '../../host-tools/web/page/settings.js';
import type { WebServer } from '../../host-tools/web/server.js';
import { makeMusic, testFolder, tool } from '../media/sounds.js';
import { launch, open, serve, until, type Opened } from './browser.js';

let browser: Browser;
before(async () => (browser = await launch()));
after(() => browser.close());

describe('the web page', () => {
  const folder = testFolder();
  let server: WebServer;
  let build: Build;
  let opened: Opened;

  before(async () => {
    ({ build, server } = await serve('player'));
  });
  after(() => server.close());
  beforeEach(async () => {
    opened = await open(browser, server.url);
  });
  afterEach(async () => {
    await opened.page.close();
    assert.deepEqual(opened.wrong, []);
  });

  const seconds = async (): Promise<number> => Number(await opened.page.textContent('#clock'));
  const fact = async (name: string): Promise<string> =>
    (await opened.page.locator('#facts div', { hasText: name }).locator('dd').textContent()) ?? '';

  /** Records from power on, does something, and gives back what was heard. */
  async function recorded(
    during: () => Promise<void>,
  ): Promise<{ rateHz: number; left: Float32Array; right: Float32Array }> {
    const { page } = opened;
    await page.click('#record');
    await page.click('#power');
    await during();
    const downloading = page.waitForEvent('download');
    await page.click('#record');
    const file = fs.readFileSync(await (await downloading).path());
    const frames = (file.length - 44) / 8;
    const side = (offset: number): Float32Array =>
      Float32Array.from({ length: frames }, (_, i) => file.readFloatLE(44 + i * 8 + offset));
    return { rateHz: file.readUInt32LE(24), left: side(0), right: side(4) };
  }

  /** What the same machine gives in Node. */
  function expected(ramDisk: Uint8Array, rateHz: number, frames: number): { left: Float32Array; right: Float32Array } {
    const [left, right] = [new Float32Array(frames), new Float32Array(frames)];
    let filled = 0;
    const session = new Session({
      program: build,
      buildId: build.buildId,
      ramDisk,
      rateHz,
      samples: (one, two) => {
        left.set(one.subarray(0, frames - filled), filled);
        right.set(two.subarray(0, frames - filled), filled);
        filled = Math.min(frames, filled + one.length);
      },
      console: () => undefined,
    });
    while (filled < frames) session.advance();
    return { left, right };
  }

  it("plays the firmware's own piece: the audio thread gets the very samples that a run in Node gives", async () => {
    const { page } = opened;
    const heard = await recorded(() => until(async () => (await seconds()) > 0.8, 'time passing'));
    assert.equal(await page.textContent('#track'), 'demo');
    assert.equal(await page.textContent('#finding-count'), 'none');
    assert.equal(await fact('Underruns of the jack'), '0');
    assert.match(await fact('Browser to ear'), /^\d+\.\d ms$/);
    const settings = settingsFor('player') ?? '';
    const node = expected(archiveOf([settingsMember(settings)]), heard.rateHz, heard.left.length);
    assert.ok(heard.left.length > 0.5 * heard.rateHz);
    assert.ok(heard.left.some((sample) => Math.abs(sample) > 0.01));
    assert.deepEqual(Buffer.from(heard.left.buffer), Buffer.from(node.left.buffer));
    assert.deepEqual(Buffer.from(heard.right.buffer), Buffer.from(node.right.buffer));
  });

  it('plays a file that is dropped, whatever it is: as it is, or decoded as on the command line', async () => {
    const { page } = opened;
    const wav = makeMusic(path.join(folder, 'a b.wav'), 1, 32_000, 16);
    const flac = makeMusic(path.join(folder, 'c.flac'), 0.4, 44_100, 16);
    const lossy = ['d.mp3', 'e.ogg', 'f.opus'].map((name) => path.join(folder, name));
    for (const file of lossy) tool('ffmpeg', '-v', 'error', '-i', flac, file);
    const text = path.join(folder, 'notes.txt');
    fs.writeFileSync(text, 'no sound');
    await page.setInputFiles('#files', [wav, text, flac, ...lossy]);
    await until(async () => (await opened.console()).includes('1/5 a b.wav'), 'the first file');
    await until(async () => (await opened.console()).includes('5/5 f.opus'), 'the last file');
    assert.equal(await page.textContent('#files-state'), '5 files');
    assert.match((await page.textContent('#file-remarks')) ?? '', /^notes\.txt: is not a sound file/);
    await until(async () => (await page.textContent('#track')) === 'all played', 'the end');
    // The terminal draws what it was given when it comes to it.
    await until(async () => (await opened.console()).includes('end of tracks'), 'the end on the console');
    const names = ['a b\\.wav', 'c\\.flac', 'd\\.mp3', 'e\\.ogg', 'f\\.opus'];
    const rates = [32_000, 44_100, 44_100, 44_100, 48_000];
    const lines = names.map((name, i) => `${i + 1}/5 ${name}\\s+${rates[i] ?? 0} Hz stereo`);
    assert.match(await opened.console(), new RegExp(`${lines.join('[^]*')}[^]*end of tracks`));

    // By dropping, wherever on the page.
    const bytes = [...fs.readFileSync(wav)];
    await page.evaluate((content) => {
      const data = new DataTransfer();
      data.items.add(new File([Uint8Array.from(content)], 'dropped.wav'));
      document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
    }, bytes);
    await until(async () => (await opened.console()).includes('1/1 dropped.wav'), 'the file dropped');
  });

  it('answers keys on the console, and a click changes a word within 60 virtual milliseconds', async () => {
    const { page } = opened;
    await page.click('#power');
    await until(async () => (await opened.console()).includes('demo'), 'the demo');
    await page.keyboard.type('?');
    await until(async () => (await opened.console()).includes('space pause, left and right'), 'the answer to ?');
    await page.keyboard.type('help vol');
    await page.keyboard.press('Enter');
    await until(
      async () => /vol \[-100\.\.0\|\+\|-\] +the volume in dB/.test(await opened.console()),
      'the answer to a command',
    );
    const pause = page.getByRole('button', { name: 'Pause or go on' });
    for (let i = 0; i < 3; i++) {
      await pause.click();
      await until(async () => (await opened.console()).split('paused at').length === i + 2, 'the pause');
      await page.waitForTimeout(250);
      await pause.click();
      await until(async () => (await opened.console()).split('on from').length === i + 2, 'going on');
      await until(async () => /virtual/.test(await fact('Click to changed word')), 'the latency');
      const [, latency = ''] = /^([\d.]+) ms virtual$/.exec(await fact('Click to changed word')) ?? [];
      assert.ok(Number(latency) > 0 && Number(latency) <= 60, latency);
    }
  });

  it('stands still, goes on by a millisecond or a step of the program, and begins anew', async () => {
    const { page } = opened;
    await page.click('#power');
    await until(async () => (await seconds()) > 0.3, 'time passing');
    await page.keyboard.press('F8');
    await until(async () => (await page.textContent('#board-state')) === 'paused', 'the pause');
    const at = await seconds();
    await page.waitForTimeout(150);
    assert.equal(await seconds(), at);
    await page.click('#step-ms');
    await until(async () => (await seconds()) > at, 'a millisecond');
    // The step of the program that runs then is ended.
    const passed = (await seconds()) - at;
    assert.ok(passed > 0.0009 && passed < 0.03, String(passed));
    const steps = Number(await fact('Steps of the program'));
    await page.keyboard.press('F10');
    await until(async () => Number(await fact('Steps of the program')) > steps, 'a step');
    assert.equal(Number(await fact('Steps of the program')), steps + 1);
    await page.click('#pause');
    await until(async () => (await seconds()) > at + 0.1, 'time passing again');
    await page.click('#reset');
    await until(async () => (await seconds()) < at, 'the reset');
    await until(async () => (await opened.console()).includes('demo'), 'the demo again');
    await page.click('#power');
    assert.equal(await page.textContent('#board-state'), 'off');
  });

  it('shows the registers of any block by the names of their fields', async () => {
    const { page } = opened;
    await page.click('#power');
    const row = (name: string): Promise<string | null> => page.textContent(`#registers tr[data-register="${name}"]`);
    await until(async () => /PWEN1\s*1/.test((await row('CTL')) ?? ''), 'the PWM enabled');
    assert.match((await row('CTL')) ?? '', /USEF2\s*1.*MSEN1\s*1/s);
    assert.match((await row('FIF1')) ?? '', /write only/);
    await page.selectOption('#device', 'GPIO');
    await until(async () => /FSEL40\s*ALT0/.test((await row('GPFSEL4')) ?? ''), 'the jack on its pins');
    assert.match((await row('GPFSEL4')) ?? '', /FSEL42\s*output/);
    assert.equal((await page.locator('#device option').count()) > 10, true);
  });

  it('fits a phone, and the keyboard reaches everything in its order', async () => {
    const { page } = opened;
    await page.setViewportSize({ width: 360, height: 740 });
    await page.click('#power');
    await until(async () => (await page.textContent('#track')) === 'demo', 'the demo');
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360);
    await page.locator('.skip').focus();
    const reached: string[] = [];
    for (let i = 0; i < 13; i++) {
      await page.keyboard.press('Tab');
      reached.push(
        await page.evaluate(() => {
          const { activeElement: at } = document;
          return (
            at?.id || ['data-gpio', 'data-key', 'aria-label'].map((name) => at?.getAttribute(name)).find(Boolean) || '?'
          );
        }),
      );
    }
    assert.deepEqual(reached, [
      ...['power', 'pause', 'reset', '0', 'tab-virtual', 'Console of the virtual Pi', 'p', 'record', 'files'],
      ...['device', 'registers', 'findings', '?'],
    ]);
  });
});

describe('the web page with another program', () => {
  let server: WebServer;
  before(async () => {
    ({ server } = await serve(path.join(import.meta.dirname, 'assembly', 'pins.ts')));
  });
  after(() => server.close());

  it('has buttons at the pins, by mouse and by keyboard, and an LED', async () => {
    const { page, wrong, console } = await open(browser, server.url);
    await page.click('#power');
    await until(async () => (await console()).includes('ready'), 'the program');
    const button = page.locator('[data-gpio="17"]');
    const state = page.locator('[data-gpio="17"] .pin-state');
    const lit = page.locator('.led.activity.lit');
    assert.equal(await lit.count(), 0);
    await button.hover();
    await page.mouse.down();
    await until(async () => (await console()).includes('gpio17=1'), 'the button down');
    await until(async () => (await lit.count()) === 1, 'the LED lit');
    assert.equal(await state.textContent(), 'in 1');
    assert.equal(await button.getAttribute('aria-pressed'), 'true');
    await page.mouse.up();
    await until(async () => (await console()).includes('gpio17=0'), 'the button let go');
    await until(async () => (await lit.count()) === 0, 'the LED dark');

    await button.focus();
    await page.keyboard.down('Space');
    await until(async () => (await console()).split('gpio17=1').length === 3, 'the key down');
    await page.keyboard.up('Space');
    await until(async () => (await console()).split('gpio17=0').length === 3, 'the key let go');

    // On the picture of the board.
    const pin = page.locator('.pin', { has: page.locator('title', { hasText: 'GPIO 17' }) });
    await pin.hover();
    await page.mouse.down();
    await until(async () => (await console()).split('gpio17=1').length === 4, "the picture's pin down");
    await page.mouse.up();
    await page.close();
    assert.deepEqual(wrong, []);
  });

  it('tells findings and faults with the lines of the program', async () => {
    const { page, wrong, console } = await open(browser, server.url);
    await page.click('#power');
    await until(async () => (await console()).includes('ready'), 'the program');
    await page.keyboard.type('f');
    await until(async () => (await page.textContent('#finding-count')) === '1', 'the finding');
    assert.match(
      (await page.textContent('#findings li')) ?? '',
      /write-only-read.*GPIO GPSET0: a write-only register was read at .*pins\.ts:25:\d+/,
    );
    await page.keyboard.type('t');
    await until(async () => (await console()).includes('fault: trap'), 'the fault');
    assert.match(await console(), /fault: trap: unreachable executed\n {2}at step \(.*pins\.ts:26:\d+\)/);
    await until(async () => (await page.textContent('#board-state')) === 'stopped by a fault', 'the end');
    await page.close();
    assert.deepEqual(wrong, []);
  });
});
