// The picture of `mirleft top`, and the command on a terminal, in a pipe and for programs.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { Metric } from '../../firmware/link/protocol.js';
import { columnsOf } from '../../host-tools/cli/render-text.js';
import { PeakHold, plainLine, snapshotJson, TopView } from '../../host-tools/cli/top-view.js';
import type { Snapshot } from '../../host-tools/link/telemetry.js';
import { decibels } from '../../host-tools/link/telemetry-words.js';
import { start, when } from '../cli/mirleft.js';
import { testFolder } from '../media/sounds.js';
import { cardImage } from '../player/card-rig.js';
import { tone, wav16 } from '../player/program-rig.js';
import { compiledTool } from '../support/compiled.js';
import { snapshotOf } from './snapshots.js';

const HEADLINE = { port: '/dev/ttyUSB0', line: '3,000,000 baud' };

describe('the picture of mirleft top', () => {
  it('shows meters, ring, load of each stage, temperature, errors and the track in 80 by 24', () => {
    const lines = new TopView().lines(HEADLINE, snapshotOf(), 80, 24, 0).map(stripVTControlCharacters);
    const text = lines.join('\n');
    assert.match(text, /^\/dev\/ttyUSB0 {2}3,000,000 baud {2}q ends$/m);
    assert.match(text, /^playing {2}track 3 of 12 {2}1:02 of 3:45 {2}-20\.0 dB {2}44,100 Hz$/m);
    assert.match(text, /^left +━+│?─+ -6\.0, peak -6\.0 dBFS$/m);
    assert.match(text, /^right +─+ -inf, peak -inf dBFS$/m);
    assert.match(text, /^ring +━+─+ 62\.5 ms, lowest 41\.0 ms$/m);
    assert.match(text, /^decode +━+─+ 25\.00 %$/m);
    assert.match(text, /^line +─+ 0\.12 %$/m);
    assert.match(text, /underruns 0 {2}chip 45\.3 °C {2}longest step 1\.5 ms {2}up 1:02:03/);
    assert.match(text, /UART bytes lost 0 {2}errors 2/);
    // A level of -6 dB fills nine tenths of 60 dB.
    const left = lines.find((line) => line.startsWith('left')) ?? '';
    const [full, all] = [/━+/.exec(left)?.[0].length ?? 0, /[━─│]+/.exec(left)?.[0].length ?? 1];
    assert.ok(Math.abs(full / all - 0.9) < 0.03, left);
  });

  it('shortens the path of the port, and then leaves out the build, before the rate and the key that ends', () => {
    const port = '/tmp/mirleft-emulator-0f7d2b9c-aaaa-bbbb-cccc-1234567890ab/uart';
    const first = (columns: number): string | undefined =>
      new TopView()
        .lines({ port, line: 'as fast as it goes', build: '0123456789abcdef' }, snapshotOf(), columns, 24, 0)
        .map(stripVTControlCharacters)[0];
    assert.equal(first(40), '/tmp/m…/uart  as fast as it goes  q ends');
    assert.equal(first(80), '/tmp/mirleft-emulator-…/uart  as fast as it goes  build 0123456789abcdef  q ends');
    assert.equal(first(120), `${port}  as fast as it goes  build 0123456789abcdef  q ends`);
  });

  it('calls tracks and stages for programs as it does for people', () => {
    assert.match(plainLine(snapshotOf()), /track 3 of 12 .* card 0\.00 % line 0\.12 %/);
    const told = snapshotJson(snapshotOf()) as Record<string, unknown>;
    assert.deepEqual([told['track'], told['cpu']], [3, { decode: 0.25, output: 0.03, card: 0, line: 0.0012 }]);
    const first = snapshotJson(snapshotOf('', [[Metric.Uptime, 5]]));
    assert.deepEqual(JSON.parse(JSON.stringify(first)), { uptimeSeconds: 5 });
  });

  it('fits every size', () => {
    for (let columns = 1; columns <= 130; columns++)
      for (const rows of [1, 2, 5, 10, 14, 24, 50]) {
        const view = new TopView();
        const trouble = rows % 2 ? 'the board was reset, or has ended the session; run the command again' : undefined;
        const lines = view.lines({ ...HEADLINE, trouble }, snapshotOf(), columns, rows, 0);
        assert.ok(lines.length <= rows, `${lines.length} lines in ${rows}`);
        for (const line of lines)
          assert.ok(columnsOf(stripVTControlCharacters(line)) <= columns, `${columns}: ${line}`);
      }
  });

  it('keeps what matters when it is low', () => {
    const lines = new TopView().lines(HEADLINE, snapshotOf(), 80, 7, 0).map(stripVTControlCharacters);
    assert.deepEqual(
      lines.map((line) => line.split(' ')[0]),
      ['/dev/ttyUSB0', 'playing', 'left', 'right', 'ring', 'decode', 'output'],
    );
  });

  it('has no number where a board tells none', () => {
    const lines = new TopView().lines(HEADLINE, snapshotOf('', [[Metric.Uptime, 5]]), 80, 24, 0);
    assert.doesNotMatch(lines.join('\n'), /NaN|undefined|null/);
    assert.doesNotMatch(plainLine(snapshotOf('', [[Metric.Uptime, 5]])), /NaN|undefined|null/);
  });

  it('holds peaks, then lets them fall', () => {
    const hold = new PeakHold();
    assert.equal(hold.take(-6, 0), -6);
    assert.equal(hold.take(-40, 1000), -6);
    assert.equal(hold.take(-40, 1500), -6);
    assert.equal(hold.take(-40, 2000), -16);
    assert.equal(hold.take(-10, 2100), -10);
    assert.equal(hold.take(-60, 60_000), -60);
    assert.equal(decibels(1), 0);
  });
});

describe('mirleft top', () => {
  const card = path.join(testFolder(), 'card.img');
  before(() => {
    fs.writeFileSync(card, cardImage({ 'player.ini': 'repeat = all\n', 'a.wav': wav16(tone(44_100 * 30)) }));
  });

  it('gives lines for programs, as many as were asked for', async () => {
    const ran = await start('.', ['top', '--port', `qemu:${card}`, '--json', '--count', '3', '--every', '100']).ended;
    assert.equal(ran.status, 0, ran.stderr);
    const events = ran.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string } & Partial<Snapshot>);
    assert.deepEqual(
      events.map(({ event }) => event),
      ['connected', 'snapshot', 'snapshot', 'snapshot'],
    );
    const last = events.at(-1);
    assert.equal(last?.state, 'playing');
    assert.ok((last.ringMs ?? 0) > 0 && (last.cpu?.decode ?? 0) > 0, JSON.stringify(last));
  });

  for (const [name, key] of [
    ['q', 'q'],
    ['Ctrl-C', '\x03'],
  ] as const)
    it(`gives the terminal back as it was on ${name}`, async () => {
      const tool = await compiledTool('host-tools/cli/main.js');
      const command = `stty cols 60 rows 20; stty -g; ${process.execPath} ${tool} top --port qemu:${card}; echo status $?; stty -g`;
      const child = spawn('script', ['-qfc', command, '/dev/null'], {
        env: { ...process.env, TERM: 'xterm-256color' },
      });
      let screen = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => (screen += text));
      const ended = new Promise((resolve) => child.once('close', resolve));
      try {
        for (let i = 0; i < 6 && !screen.includes('lowest'); i++)
          await when(() => screen.includes('lowest'), 'values').catch(() => undefined);
        assert.match(screen, /decode/);
        child.stdin.write(key);
        await when(() => /status \d/.test(screen), 'the end');
        assert.match(screen, /status 0/);
        const [begin, end] = [screen.indexOf('\x1b[?1049h\x1b[?25l'), screen.lastIndexOf('\x1b[?25h\x1b[?1049l')];
        assert.ok(begin >= 0 && end > begin, 'the screen is left as it was');
        const settings = [...screen.matchAll(/^[\da-f]+(?::[\da-f]+){10,}/gm)].map(([line]) => line);
        await ended;
        const after = /status 0\r\n(\S+)/.exec(screen)?.[1];
        assert.equal(after, settings[0]);
      } finally {
        child.kill();
      }
    });
});
