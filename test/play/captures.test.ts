import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { JackState } from '../../host-tools/capture/jack.js';
import { readWav } from '../../host-tools/media/wav.js';
import { CaptureFiles } from '../../host-tools/play/captures.js';
import { testFolder } from '../media/sounds.js';

const folder = testFolder();
const at = (name: string): string => path.join(folder, name);
const state = (rateHz: number): JackState => ({ rateHz, repeat: 1, range: Math.round(125e6 / rateHz) });
const frames = (value: number): Int16Array => new Int16Array(200_000).fill(value);

describe('the files of a capture', () => {
  it('has one of them open at a time', () => {
    const open = (): number =>
      fs.readdirSync('/proc/self/fd').filter((fd) => {
        try {
          return fs.readlinkSync(`/proc/self/fd/${fd}`).startsWith(fs.realpathSync(folder));
        } catch {
          return false; // the descriptor that lists them
        }
      }).length;
    const files = new CaptureFiles((track) => at(`${track}.wav`), '1');
    for (let track = 0; track < 20; track++) {
      files.open(track, state(44100));
      files.frames(frames(track).subarray(0, 200));
      assert.equal(open(), 1);
    }
    assert.equal(files.made().length, 20);
    files.finish();
    assert.equal(open(), 0);
    for (let track = 0; track < 20; track++)
      assert.deepEqual(readWav(fs.readFileSync(at(`${track}.wav`))).samples, frames(track).subarray(0, 200));
  });

  it('does not go on with a file that somebody else has put there', () => {
    const files = new CaptureFiles((track) => at(`own-${track}.wav`), '1');
    for (const track of [0, 1]) files.open(track, state(44100));
    fs.writeFileSync(at('own-0.wav'), 'mine');
    files.open(0, state(44100));
    assert.throws(() => files.frames(frames(0)), /no capture of ours/);
    assert.equal(fs.readFileSync(at('own-0.wav'), 'utf8'), 'mine');
    files.finish();
  });

  it('tells the file that really has a track: one of another rate stands beside', () => {
    const files = new CaptureFiles(() => at('all.wav'), '1');
    for (const [track, rate] of [44100, 48000, 44100].entries()) {
      files.open(track, state(rate));
      files.frames(frames(track));
    }
    files.finish();
    assert.deepEqual(
      [0, 1, 2, 3].map((track) => files.fileOf(track)),
      [at('all.wav'), at('all-48000.wav'), at('all.wav'), undefined],
    );
    assert.equal(readWav(fs.readFileSync(at('all-48000.wav'))).rateHz, 48000);
    assert.deepEqual(
      readWav(fs.readFileSync(at('all.wav'))).samples,
      Int16Array.from([...frames(0), ...frames(2)]),
      'the file goes on where it ended',
    );
  });

  it('puts nothing beside a device or a pipe', () => {
    const device = new CaptureFiles(() => '/dev/null', '1');
    for (const [track, rate] of [44100, 48000].entries()) device.open(track, state(rate));
    device.finish();
    assert.deepEqual([device.fileOf(1), fs.existsSync('/dev/null-48000')], ['/dev/null', false]);

    execFileSync('mkfifo', [at('pipe')]);
    const reader = fs.openSync(at('pipe'), fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
    const pipe = new CaptureFiles(() => at('pipe'), '1');
    pipe.open(0, state(44100));
    assert.throws(() => pipe.open(1, state(48000)), /a stream of 44100 Hz and cannot take 48000 Hz/);
    pipe.finish();
    fs.closeSync(reader);
  });
});
