// What is clicked while the page is still busy with what was clicked before.

import assert from 'node:assert/strict';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import type { WebServer } from '../../host-tools/web/server.js';
import { makeMusic, testFolder } from '../media/sounds.js';
import { launch, open, serve, until } from './browser.js';

/** Holds up the opening of the sound output until the test calls `goOn`. */
const HELD_OPENING = `
  const held = new Promise((resolve) => (globalThis.goOn = resolve));
  const { addModule } = AudioWorklet.prototype;
  globalThis.opened = 0;
  AudioWorklet.prototype.addModule = function (...all) {
    globalThis.opened++;
    return held.then(() => addModule.apply(this, all));
  };`;

/** Holds up the start of the sound output, once `hold` was called. */
const HELD_START = `
  let held;
  globalThis.hold = () => void (held = new Promise((resolve) => (globalThis.goOn = resolve)));
  const { resume } = AudioContext.prototype;
  AudioContext.prototype.resume = function () {
    return held ? held.then(() => resume.call(this)) : resume.call(this);
  };`;

const FAILING_OPENING = `
  const { addModule } = AudioWorklet.prototype;
  globalThis.failing = true;
  AudioWorklet.prototype.addModule = function (...all) {
    return globalThis.failing ? Promise.reject(new Error('no audio thread')) : addModule.apply(this, all);
  };`;

describe('power on of the page', () => {
  const folder = testFolder();
  let browser: Browser;
  let server: WebServer;
  before(async () => {
    [browser, { server }] = await Promise.all([launch(), serve('player')]);
  });
  after(async () => {
    await browser.close();
    await server.close();
  });

  /** Opens the page with a script before its own, does something, and looks that nothing went wrong. */
  async function withPage(
    script: string,
    what: (page: Page, console: () => Promise<string>) => Promise<void>,
  ): Promise<void> {
    const { page, wrong, console } = await open(browser, server.url, async (page) => {
      await page.addInitScript(script);
    });
    await what(page, console);
    await page.close();
    assert.deepEqual(wrong, []);
  }

  const state = (page: Page): Promise<string | null> => page.textContent('#board-state');

  it('boots with the files that are there by then, and opens one sound output', () =>
    withPage(HELD_OPENING, async (page, console) => {
      await page.click('#power');
      await page.setInputFiles('#files', makeMusic(path.join(folder, 'late.wav'), 0.2, 32_000, 16));
      await until(async () => (await page.textContent('#files-state')) === 'late.wav', 'the file packed');
      await page.click('#record');
      assert.equal(await page.isDisabled('#record'), true);
      await page.evaluate('goOn()');
      await until(async () => (await console()).includes('1/1 late.wav'), 'the file played');
      assert.equal((await console()).split('player, build').length, 2);
      await until(async () => (await page.textContent('#record')) === 'Stop and save', 'the recording');
      assert.equal(await page.evaluate('opened'), 1);
    }));

  it('is undone by power off, as a reset is', () =>
    withPage(HELD_START, async (page, console) => {
      for (const begin of ['#power', '#reset']) {
        await page.evaluate('hold()');
        await page.click(begin);
        assert.equal(await page.textContent('#power'), 'Power off');
        await page.click('#power');
        await page.evaluate('goOn()');
        await page.waitForTimeout(300);
        assert.equal(await state(page), 'off');
        assert.equal(await page.textContent('#power'), 'Power on');
        assert.equal((await console()).trim(), '');
        await page.click('#power');
        await until(async () => (await state(page)) === 'running', 'the machine');
      }
    }));

  it('shows nothing of the machine before', () =>
    withPage(HELD_START, async (page, console) => {
      await page.click('#power');
      await until(async () => (await console()).includes('demo'), 'the demo');
      await page.evaluate('hold()');
      // Its answer is on its way when the reset comes.
      await page.evaluate(`
        document.querySelector('[data-key="?"]').click();
        document.querySelector('#reset').click();`);
      await page.waitForTimeout(300);
      assert.deepEqual([(await console()).trim(), await state(page)], ['', 'off']);
      await page.evaluate('goOn()');
      await until(async () => (await console()).includes('demo'), 'the demo again');
      assert.ok(!(await console()).includes('space pause'));
    }));

  it('tells that there is no sound output, and tries again', () =>
    withPage(FAILING_OPENING, async (page) => {
      await page.click('#record');
      await until(
        async () => /recorded: no audio thread/.test((await page.textContent('#notice')) ?? ''),
        'the reason',
      );
      assert.equal(await page.textContent('#record'), 'Record');
      await page.click('#power');
      await until(
        async () => /powered on: no audio thread/.test((await page.textContent('#notice')) ?? ''),
        'it again',
      );
      assert.equal(await page.textContent('#power'), 'Power on');
      await page.evaluate('failing = false');
      await page.click('#power');
      await until(async () => (await state(page)) === 'running', 'the machine');
      assert.equal(await page.isVisible('#notice'), false);
    }));
});
