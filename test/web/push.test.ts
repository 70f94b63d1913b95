// Pushing to a real Pi from the page: in Chromium, over a port with the player on a virtual Pi at its other end.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import type { Build } from '../../host-tools/build/program.js';
import { Channel, Control } from '../../firmware/link/protocol.js';
import { version } from '../../host-tools/build/library.js';
import { makeFrame } from '../../host-tools/link/frames.js';
import { encodeQoa } from '../../host-tools/media/qoa.js';
import { formatFinding } from '../../host-tools/virtual-pi/findings.js';
import { keepReport } from '../../host-tools/virtual-pi/board/crash-record.js';
import type { WebServer } from '../../host-tools/web/server.js';
import { STREAM } from '../link/audio-rig.js';
import { testFolder, tool } from '../media/sounds.js';
import { tone, wav16, wordsOf } from '../player/program-rig.js';
import { decodeQoa } from '../support/qoa.js';
import { launch, lines, open, serve, until } from './browser.js';
import { VirtualPort } from './virtual-port.js';

const RANGE = 2604; // at 48 kHz
const RANGE_44 = 2834; // at 44.1 kHz
const NAME = 'USB 0403:6001';

const TRIES = 4;

/** A page in the background: its timers are held up, as Chromium does. */
const BACKGROUND = `
  const { setTimeout: later } = globalThis;
  globalThis.setTimeout = (call, ms, ...rest) => later(call, Math.max(1000, ms ?? 0), ...rest);`;

describe('pushing to a real Pi from the page', () => {
  const folder = testFolder();
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

  const text = async (page: Page, at: string): Promise<string> => (await page.textContent(at)) ?? '';
  const remarks = (page: Page): Promise<string[]> => page.locator('#push-remarks li').allTextContents();
  const sounds = (name: string, samples: Int16Array, rateHz = 48_000): string => {
    const file = path.join(folder, name);
    fs.writeFileSync(file, wav16(samples, rateHz));
    return file;
  };

  /** The page with a port, on its console of the real Pi; looks that nothing went wrong on either side. */
  async function withPort(
    what: (page: Page, port: VirtualPort) => Promise<void>,
    prepare: (port: VirtualPort, page: Page) => Promise<void> | void = () => undefined,
  ): Promise<void> {
    const port = new VirtualPort(build);
    try {
      const { page, wrong } = await open(browser, server.url, async (page) => {
        await port.stub(page);
        await prepare(port, page);
      });
      await page.click('#tab-serial');
      await what(page, port);
      await page.close();
      assert.deepEqual(wrong, []);
      assert.deepEqual(port.rig.pi.findings.list.map(formatFinding), []);
      assert.equal(port.rig.pi.hardwareUnderruns, 0);
    } finally {
      await port.stop();
    }
  }

  const inSession = async (page: Page): Promise<boolean> =>
    /^Connected to USB 0403:6001, [\d,]+ baud: Mirleft /.test(await text(page, '#serial-state'));

  /** A rate is tried for 200 ms of the page's time: on a busy machine one may be passed over, as on a bad line. */
  async function connect(page: Page, rate: string): Promise<void> {
    const wanted = `Connected to ${NAME}, ${rate} baud: Mirleft ${version}, build`;
    for (let i = 0; i < TRIES; i++) {
      await page.click('#serial');
      await until(() => inSession(page), 'a session');
      if ((await text(page, '#serial-state')).startsWith(wanted)) return;
      await page.evaluate('localStorage.clear()');
      await page.click('#serial');
      await until(async () => (await text(page, '#serial')) === 'Connect…', 'the end of the session');
    }
    throw new Error(`never: ${wanted}`);
  }

  const done = (page: Page): Promise<void> =>
    until(async () => (await remarks(page)).some((line) => /^(done|ended early): /.test(line)), 'the end of the push');

  it('plays files to the last word while the page is in the background, shows what the board tells, and keeps the console', () =>
    withPort(
      async (page, port) => {
        await connect(page, '3,000,000');
        assert.deepEqual([port.opened[0]?.baudRate, port.opened.at(-1)?.baudRate], [115_200, 3_000_000]);
        const [first, second] = [tone(72_000), tone(9600, 2, 2)];
        const flac = path.join(folder, 'b.flac');
        tool('flac', '-s', '-f', '-o', flac, sounds('b.wav', second));
        await page.setInputFiles('#push-files', [sounds('a.wav', first)]);
        await until(async () => (await text(page, '#push-track')) === 'a.wav', 'the first file');
        // Added while the first one plays.
        await page.setInputFiles('#push-files', [flac]);
        let loudest = -60;
        let most = 0;
        await until(async () => {
          loudest = Math.max(loudest, Number(await page.getAttribute('#board-meters [role=meter]', 'aria-valuenow')));
          most = Math.max(most, Number(await page.getAttribute('#push-progress', 'aria-valuenow')));
          return (await text(page, '#push-track')) === '2/2 b.flac';
        }, 'the second file');
        assert.ok(loudest > -12 && loudest < -6, `${loudest} dB`);
        assert.ok(most > 50, `${most} %`);
        await done(page);
        const [how, end] = await remarks(page);
        assert.equal(how, '48,000 Hz stereo, as it is (192,000 of 288,000 bytes a second)');
        const [, lowest] =
          /^done: 2 tracks, 0 underruns, lowest fill (\d+) ms while more was to come$/.exec(end ?? '') ?? [];
        assert.ok(Number(lowest) > 0, end);
        assert.ok(port.rig.trackWords(STREAM).join() === [...wordsOf(first, RANGE), ...wordsOf(second, RANGE)].join());

        // As mirleft top shows it.
        const fact = (name: string): Promise<string | null> =>
          page.locator('#board-facts div', { hasText: name }).locator('dd').textContent();
        assert.deepEqual([await fact('Underruns'), await fact('UART errors')], ['0', '0']);
        assert.match((await fact('Chip')) ?? '', /^\d+\.\d °C$/);
        const gauges = await page.locator('#gauges > div').allTextContents();
        assert.match(gauges.join('\n'), /^ring[\d.]+ ms, lowest [\d.]+ ms\ndecode[\d.]+ %\noutput[\d.]+ %\ncard/);

        // No frame, and nothing that a terminal would obey.
        port.say('\x1bc\x1b]2;a title\x07\x1b[c harmless\r\n');
        await page.click('#serial-terminal');
        await page.keyboard.type('?');
        const shown = (): Promise<string> => lines(page, '#serial-terminal');
        await until(async () => (await shown()).includes('space pause, left and right'), 'the answer to ?');
        assert.match(await shown(), /^from the line: a\.wav[^]* harmless$/m);
        assert.match(await shown(), /^[\n -~]*$/);

        // The board's editor knows how wide the terminal is: a line longer than it takes for granted is shown whole.
        const typed = 'x'.repeat(44);
        await page.keyboard.type(typed);
        await until(async () => (await shown()).includes(`> ${typed}\n`), 'a long line');

        await page.click('#serial');
        await until(async () => (await text(page, '#serial-state')) === 'Nothing is connected.', 'the end');
        assert.equal(await page.isVisible('#real'), false);
        assert.equal(port.closed, port.opened.length);
      },
      async (_, page) => {
        await page.addInitScript(BACKGROUND);
      },
    ));

  it('packs what the line does not carry, pauses, goes ahead and stops, by keyboard', () =>
    withPort(
      async (page, port) => {
        await connect(page, '921,600');
        const samples = tone(48_000);
        const file = sounds('c.wav', samples);
        await page.setInputFiles('#push-files', [file]);
        await done(page);
        assert.deepEqual(
          (await remarks(page)).map((line) => line.replace(/\d+ ms/, 'N ms')),
          [
            '48,000 Hz stereo, packed as QOA, which is lossy: the line is too slow for the samples themselves (38,775 of 88,474 bytes a second)',
            'done: 1 track, 0 underruns, lowest fill N ms while more was to come',
          ],
        );
        const coded = encodeQoa(samples, 48_000, 2);
        assert.ok(port.rig.trackWords(STREAM).join() === wordsOf(decodeQoa(coded), RANGE).join());

        // A file of QOA goes as it is, dropped anywhere while the real Pi is looked at; then one that is no sound.
        const before = port.rig.trackWords(STREAM).length;
        const long = encodeQoa(tone(44_100 * 60, 1), 44_100, 1);
        await page.evaluate((letters) => {
          const data = new DataTransfer();
          data.items.add(new File([Uint8Array.from(letters, (one) => one.charCodeAt(0))], 'd.qoa'));
          data.items.add(new File(['no sound'], 'e.txt'));
          document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
        }, long.toString('latin1'));
        const times = (): Promise<string> => text(page, '#push-times');
        // Its length is told when all of it was looked at.
        await until(async () => /^0:0[1-9]/.test(await times()), 'a second of it');
        await page.focus('#push-keys button');
        await page.keyboard.press('ArrowRight');
        await page.keyboard.press('Enter');
        await until(async () => (await text(page, '#push-facts')).startsWith('paused'), 'the pause');
        // By the board's own time, which is slower than the clock where this machine is.
        const pass = (ms: number): Promise<void> => {
          const end = port.rig.ms + ms;
          return until(() => Promise.resolve(port.rig.ms > end), 'time passing');
        };
        // It goes behind what is in flight already.
        await pass(1000);
        const [stands, heard] = [await times(), port.rig.trackWords(STREAM).length];
        await pass(800);
        assert.deepEqual([await times(), port.rig.trackWords(STREAM).length], [stands, heard]);
        assert.equal(await text(page, '#push-pause'), 'Go on');
        await page.keyboard.press('Enter');
        await page.keyboard.press('ArrowRight');
        await page.keyboard.press('Enter');
        await until(async () => /^0:1\d\/1:00$/.test(await times()), '10 s later');
        await page.keyboard.press('End');
        await page.keyboard.press('Enter');
        await done(page);
        assert.match((await remarks(page)).join('\n'), /^44,100 Hz mono.*\n(.*\n)?done: 1 track, 0 underruns/);
        const played = port.rig.trackWords(STREAM).slice(before);
        assert.ok(played.length < 2 * 44_100 * 6);
        const own = wordsOf(decodeQoa(long).subarray(0, 22_050), RANGE_44, undefined, 1);
        assert.ok(played.slice(0, own.length).join() === own.join());
        assert.equal(await page.isVisible('#push'), false);
        await page.setInputFiles('#push-files', [sounds('f.wav', tone(4800)), textFile(folder)]);
        await done(page);
        assert.match((await remarks(page)).join('\n'), /^e\.txt: is not a sound file.*\ndone: 1 track.*, 1 error$/m);
      },
      async (port, page) => {
        port.highest = 999_999;
        // The last time there was another adapter's twin.
        await page.addInitScript("localStorage.setItem('baud 0403:6001', '1000000')");
      },
    ));

  it('tells of a cable that is pulled and of the report of a fault, and connects when the cable is back', () =>
    withPort(
      async (page, port) => {
        await connect(page, '3,000,000');
        await until(() => page.isVisible('#crash'), 'the report');
        assert.equal(
          await text(page, '#crash-title'),
          'The board has kept the report of a fault: abort: \\x1b[31m<b>no',
        );
        assert.match(await text(page, '#crash-report'), /at \S+ \(\S+main\.ts:\d+:\d+\)|at \S+/);
        await page.click('#crash-title');
        await page.click('#crash-forget');
        await until(async () => !(await page.isVisible('#crash')), 'it forgotten');

        const file = sounds('long.wav', tone(48_000 * 20));
        await page.setInputFiles('#push-files', [file]);
        await until(async () => (await text(page, '#push-times')).startsWith('0:00'), 'its beginning');
        await port.port.pull();
        const gone = `${NAME}: the port is gone; plug the adapter in again.`;
        await until(async () => (await text(page, '#serial-state')) === gone, 'the cable pulled');
        assert.equal(await page.isVisible('#real'), false);
        assert.equal(await text(page, '#serial'), 'Connect…');
        await port.port.plug();
        await until(() => inSession(page), 'the cable back');
        assert.deepEqual(await remarks(page), []);
        assert.equal(await page.isVisible('#crash'), false);
        await page.setInputFiles('#push-files', [sounds('short.wav', tone(4800))]);
        await done(page);
        assert.match((await remarks(page)).at(-1) ?? '', /^done: 1 track, 0 underruns/);
      },
      (port) => {
        const report = [
          'fault kind=abort text="\x1b[31m<b>no"',
          ' wasm +0x400',
          `fault end build=${build.buildId}`,
          '',
        ];
        keepReport(port.rig.pi.memory, Buffer.from(report.join('\r\n')));
      },
    ));

  it('says what keeps a session from coming about, is a plain console then, and looks again', () =>
    withPort(async (page, port) => {
      const state = (): Promise<string> => text(page, '#serial-state');
      port.held = 'Failed to open serial port.';
      await page.click('#serial');
      await until(
        async () =>
          (await state()).startsWith(`${NAME}: cannot be opened (Failed to open serial port); end the program`),
        'the port held',
      );
      assert.equal(await text(page, '#serial'), 'Connect…');
      port.held = undefined;

      // A board of another version, whose words are not to be trusted.
      const refusal = Buffer.from([Control.Refuse, 2, 3, ...Buffer.from('<img src=x>\x1b[31m')]);
      const frame = makeFrame({ version: 1, channel: Channel.Control, session: 0, sequence: 0, payload: refusal });
      port.instead = (bytes) => void (bytes.includes(0) && port.port.take(frame));
      await page.click('#serial');
      const mismatch = `${NAME}: speaks versions 2 to 3 of the protocol, this program 1: <img src=x>\\x1b[31m; bring the card and this program to the same version of Mirleft. Text and keys go as they are.`;
      await until(async () => (await state()) === mismatch, 'the mismatch');
      assert.equal(await page.isVisible('#real'), false);
      let typed = '';
      port.instead = (bytes) => void (typed += Buffer.from(bytes).toString('latin1'));
      // It asks the terminal what it is: nothing answers that.
      await port.port.take(Buffer.from('another \x1b[csystem\r\n'));
      await until(async () => (await lines(page, '#serial-terminal')).includes('another system'), 'its text');
      await page.click('#serial-terminal');
      await page.keyboard.type('ls');
      await until(() => Promise.resolve(typed === 'ls'), 'the keys');

      // Nobody at all, and what is typed meanwhile.
      await page.click('#serial-again');
      await page.click('#serial-terminal');
      await page.keyboard.type('x');
      await until(
        async () => /: nothing answers; is a board with this firmware .* 115200 baud\?/.test(await state()),
        'nobody',
      );
      await until(() => Promise.resolve(typed.endsWith('x')), 'the key');
      port.instead = undefined;
      await page.click('#serial-again');
      await until(() => inSession(page), 'the board');
      assert.equal(await page.isVisible('#serial-again'), false);
    }));
});

function textFile(folder: string): string {
  const file = path.join(folder, 'e.txt');
  fs.writeFileSync(file, 'no sound');
  return file;
}
