// `play --on virtual` against QEMU: the same files come to the same words.

import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { encodeQoa } from '../../host-tools/media/qoa.js';
import type { PlayOptions } from '../../host-tools/play/options.js';
import { play } from '../../host-tools/play/play.js';
import type { PlayReport } from '../../host-tools/play/report.js';
import { parseFaults } from '../../host-tools/virtual-pi/faults/faults.js';
import { makeMusic, testFolder, tool } from '../media/sounds.js';
import { tone } from '../player/program-input.js';
import { playerBuild, playToEnd } from './player.js';

const folder = testFolder();
const at = (name: string): string => path.join(folder, name);

describe('playing on the virtual Pi', () => {
  before(() => {
    makeMusic(at('cd.wav'), 1, 44100, 16);
    makeMusic(at('deep.wav'), 0.5, 48000, 24);
    makeMusic(at('slow.wav'), 0.5, 8000, 16, 1);
    makeMusic(at('high.wav'), 0.3, 96000, 24);
    tool('flac', '-s', '-f', at('high.wav'));
    fs.writeFileSync(at('tone.qoa'), encodeQoa(tone(30_000), 44100, 2));
  });

  /** What must be the same wherever a file is played. */
  const essence = ({ tracks, words, wordsSha256, underruns, errors }: PlayReport) => ({
    tracks: tracks.map(({ capture: _, ...track }) => track),
    ...{ words, wordsSha256, underruns, errors },
  });

  for (const [name, files, volumeDb] of [
    [
      'WAV of 16 and 24 bits, mono at 8 kHz, QOA and FLAC',
      ['cd.wav', 'deep.wav', 'slow.wav', 'tone.qoa', 'high.flac'],
      0,
    ],
    ['tracks at another volume', ['slow.wav', 'tone.qoa'], -6.3],
  ] as const)
    it(`makes the same words as QEMU: ${name}`, async () => {
      const options = { files: files.map(at), volumeDb };
      const [emulated, virtual] = await Promise.all(
        (['emulator', 'virtual'] as const).map((on) => {
          fs.mkdirSync(at(on), { recursive: true });
          return playToEnd({ ...options, folder: at(on), on });
        }),
      );
      assert.ok(emulated && virtual);
      assert.deepEqual(emulated.report.errors, []);
      assert.equal(virtual.report.tracks.length, files.length);
      assert.deepEqual(essence(virtual.report), essence(emulated.report));
      assert.equal(emulated.report.virtual, undefined);
      const { hardwareUnderruns, ringFillMs, findings, faults } = virtual.report.virtual ?? assert.fail();
      assert.deepEqual([hardwareUnderruns, findings, faults], [0, [], []]);
      // The fill is 60 ms, and a block 12 ms at most; a long bridge comes on top.
      assert.ok(ringFillMs && ringFillMs.lowest > 35 && ringFillMs.lowest < 60, JSON.stringify(ringFillMs));
      assert.ok(ringFillMs.highest > 60 && ringFillMs.highest < 160, JSON.stringify(ringFillMs));
    });

  it('is the same run twice, to the bytes of the capture and the time of the first sample', async () => {
    const runs = [];
    for (const name of ['one', 'two']) {
      fs.mkdirSync(at(name));
      runs.push((await playToEnd({ files: [at('cd.wav')], folder: at(name), on: 'virtual' })).report);
    }
    const [one, two] = runs;
    assert.deepEqual(fs.readFileSync(at('two/cd.jack.wav')), fs.readFileSync(at('one/cd.jack.wav')));
    assert.equal(two?.firstSampleMs, one?.firstSampleMs);
    assert.deepEqual(two?.virtual, one?.virtual);
    assert.ok(one?.firstSampleMs && one.firstSampleMs > 60 && one.firstSampleMs < 200, String(one?.firstSampleMs));
    const virtualMs = one.virtual?.virtualMs ?? 0;
    assert.ok(virtualMs > 1000 && virtualMs < 1400, `${virtualMs} ms for a second of music and its ramps`);
  });

  async function playWith(
    options: Omit<PlayOptions, 'files'>,
    onFrames: (frames: number) => void,
  ): Promise<PlayReport> {
    const playing = play({ files: [at('cd.wav')], folder, on: 'virtual', build: await playerBuild(), ...options });
    for (;;) {
      const { done, value } = await playing.next();
      if (done) return value;
      if (value.event === 'progress') onFrames(value.frames);
    }
  }

  it('takes keys', async () => {
    const heard = new EventEmitter();
    async function* back(): AsyncGenerator<Uint8Array> {
      await once(heard, 'half');
      yield Buffer.from('\x1b[D');
    }
    const report = await playWith({ keys: back(), realtime: true }, (frames) => frames > 20_000 && heard.emit('half'));
    assert.deepEqual(report.errors, []);
    const [track] = report.tracks;
    assert.ok(track && track.frames > 44_100 + 20_000, `${track?.frames} frames`);
    assert.deepEqual([track.pcmCrc32, report.words], [null, 2 * track.frames]);
    assert.deepEqual([report.virtual?.hardwareUnderruns, report.virtual?.findings], [0, []]);
  });

  it('keeps what was played when it is ended', async () => {
    const ending = new AbortController();
    const report = await playWith(
      { signal: ending.signal, realtime: true },
      (frames) => frames > 15_000 && ending.abort(),
    );
    assert.deepEqual([report.errors, report.interrupted], [[], true]);
    assert.ok((report.tracks[0]?.frames ?? 0) > 15_000 && (report.tracks[0]?.frames ?? 0) < 44_100);
  });

  it('ends a run that does not come to an end, at a virtual time', async () => {
    const { report } = await playToEnd({ files: [at('cd.wav')], folder, on: 'virtual', limitSeconds: 0.503 });
    assert.deepEqual(
      report.errors.map(({ code, message }) => [code, message]),
      [['time-limit', 'nothing came to an end within 1 s of virtual time']],
    );
    const { virtualMs } = report.virtual ?? assert.fail();
    assert.ok(virtualMs >= 503 && virtualMs < 504, `${virtualMs} ms`);
  });

  it('has the faults of a script, tells each, and counts what comes of them', async () => {
    const faults = parseFaults(
      '{"faults":[{"atMs":9e5,"fault":"card-pull"},{"atMs":400,"fault":"stall-cpu","ms":200}]}',
    );
    const { report } = await playToEnd({ files: [at('cd.wav')], folder, on: 'virtual', faults });
    assert.deepEqual(report.errors, []);
    assert.deepEqual(report.virtual?.faults, [{ atMs: 400, fault: 'stall-cpu', ms: 200 }]);
    assert.equal(report.virtual.faultsLeft, 1);
    assert.ok(report.underruns > 0);
    assert.equal(report.virtual.hardwareUnderruns, 0, 'the level was held');
    assert.equal(report.tracks[0]?.frames, 44_100, 'late, and all there');
  });

  it('has faults on the virtual Pi only', async () => {
    const faults = parseFaults('{ "faults": [] }');
    await assert.rejects(playToEnd({ files: [at('cd.wav')], folder, faults }), { code: 'usage' });
  });
});
