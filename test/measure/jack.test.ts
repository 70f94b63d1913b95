import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { formatJack } from '../../host-tools/cli/render-jack.js';
import { measureJack, type JackOptions } from '../../host-tools/measure/jack.js';
import type { JackEvent, JackReport } from '../../host-tools/measure/report.js';
import { writeSignal } from '../../host-tools/measure/tones.js';
import { Problem } from '../../host-tools/problem.js';
import { playerBuild } from '../play/player.js';

async function measure(options: JackOptions): Promise<{ report: JackReport; events: JackEvent[] }> {
  const measuring = measureJack({ ...options, build: await playerBuild() });
  const events: JackEvent[] = [];
  for (;;) {
    const { done, value } = await measuring.next();
    if (done) return { report: value, events };
    events.push(value);
  }
}

describe('mirleft jack', () => {
  let folder = '';
  before(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'mirleft-jack-'))));
  after(() => fs.rmSync(folder, { recursive: true }));

  it('measures tones, silence, crosstalk and the clicks of a session', async () => {
    const plot = path.join(folder, 'a.svg');
    const { report, events } = await measure({ tonesHz: [5987], rateHz: 48_000, plot });
    assert.equal(report.pwm?.output, 'mark-space');
    assert.equal(report.pwm.range, 2604);
    const [tone] = report.tracks;
    assert.ok(tone && report.tracks.length === 1 && report.silence && report.crosstalk);
    // Uniform sampling's harmonics (see the test of the pin filter), and 125 MHz / 2604 against 48 kHz.
    for (const channel of [tone.left, tone.right]) {
      assert.ok(channel.sinadDb !== null && Math.abs(channel.sinadDb - 17.2) < 0.2, `${channel.sinadDb} dB`);
      assert.ok(channel.thdDb !== null && Math.abs(channel.thdDb + 17.2) < 0.2);
      assert.ok(Math.abs(channel.levelDbfs + 3.19) < 0.05, `${channel.levelDbfs} dBFS`);
      assert.ok(Math.abs(channel.bias) < 1e-3);
    }
    assert.ok(Math.abs((tone.deviationPpm ?? 0) - 64) < 0.1, `${tone.deviationPpm} ppm`);
    assert.ok(Math.max(report.silence.leftDbfs, report.silence.rightDbfs) < -130);
    // A tone in the wrong channel would be far above 0.
    assert.ok(Math.max(report.crosstalk.leftToRightDb, report.crosstalk.rightToLeftDb) < -120);
    assert.deepEqual(
      report.clicks.map(({ event }) => event),
      ['start', 'pause', 'resume', 'seek', 'track', 'stop'],
    );
    for (const { event, atMs, peakDbfs, ownDbfs } of report.clicks) {
      // The ramps are not heard; a tone that is cut off has an end, but no step.
      const most = event === 'start' || event === 'stop' ? -60 : -30;
      assert.ok(peakDbfs < most && ownDbfs < -55, `${event} at ${atMs} ms: ${peakDbfs} dBFS, own ${ownDbfs}`);
    }
    assert.deepEqual([report.underruns, report.hardwareUnderruns, report.findings], [0, 0, []]);
    assert.match(
      fs.readFileSync(plot, 'utf8'),
      /<svg [^]*5987 Hz[^]*SINAD from 20 Hz to 20 kHz: 17\.2 dB, left and right are the same/,
    );
    assert.deepEqual(
      events.flatMap((event) => (event.event === 'stage' ? [event.stage] : [])),
      ['building', 'tones', 'measuring', 'session', 'measuring'],
    );
    const text = formatJack(report);
    for (const line of [
      /^mark-space, carrier 48003\.1 Hz/,
      /\n5987 Hz +5987\.4 +-3\.2 +17\.2 +-17\.2/,
      /\ngoing on .* heard\n/,
      /\nhardware underruns +0$/,
      / is off by \+64 ppm\n/,
    ])
      assert.match(text, line);
  });

  it('measures each channel of a file by itself', async () => {
    const file = path.join(folder, 'left.wav');
    writeSignal(file, { name: 'left', hz: 997, seconds: 0.6, left: true, right: false });
    const { report } = await measure({ files: [file], rateHz: 48_000 });
    const [track] = report.tracks;
    assert.ok(track && track.name === 'left.wav' && track.wantedHz === null && report.silence === null);
    assert.ok(Math.abs(track.left.levelDbfs + 3.1) < 0.05 && track.right.levelDbfs < -130);
    assert.deepEqual(
      report.clicks.map(({ event }) => event),
      ['start', 'stop'],
    );
    assert.match(formatJack(report), /left\.wav, left +997\.1[^]*\n {2}right +- +< -130 +- +- /);
  });

  it('tells files that cannot be measured as they were given, and measures the others', async () => {
    const [short, none, fine] = ['short.wav', 'none.wav', 'fine.wav'].map((name) => path.join(folder, name)) as [
      string,
      string,
      string,
    ];
    writeSignal(short, { name: 'short', hz: 997, seconds: 0.02, left: true, right: true });
    writeSignal(fine, { name: 'fine', hz: 997, seconds: 0.6, left: true, right: true });
    const { report } = await measure({ files: [none, short, fine], rateHz: 48_000 });
    assert.deepEqual(
      report.errors.map(({ file, code }) => [file, code]),
      [
        [none, 'not-found'],
        [short, 'bad-media'],
      ],
    );
    assert.deepEqual(
      report.tracks.map(({ name }) => name),
      ['fine.wav'],
    );
  });

  it('refuses tones that cannot be measured', async () => {
    for (const hz of [20, 18_001, NaN])
      await assert.rejects(
        measure({ tonesHz: [hz], rateHz: 48_000 }),
        (error) => error instanceof Problem && error.code === 'usage',
      );
  });

  it('ends without further work when it is asked to', async () => {
    const ending = new AbortController();
    const measuring = measureJack({ rateHz: 48_000, build: await playerBuild(), signal: ending.signal });
    const stages: string[] = [];
    for (;;) {
      const { done, value } = await measuring.next();
      if (done) {
        assert.ok(value.interrupted && value.tracks.length === 0);
        break;
      }
      if (value.event === 'stage') stages.push(value.stage);
      if (value.event === 'progress') ending.abort();
    }
    assert.deepEqual(stages, ['building', 'tones']);
  });
});
