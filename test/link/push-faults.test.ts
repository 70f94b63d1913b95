// `push` over lines that turn bits over: what sounds is what was sent, in order, or the push fails with a reason.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { lineBytes } from '../../host-tools/link/line-choice.js';
import { Sound } from '../../host-tools/link/sound.js';
import { encodeQoa } from '../../host-tools/media/qoa.js';
import { Problem } from '../../host-tools/problem.js';
import type { ProgramSource } from '../../host-tools/virtual-pi/board/program.js';
import { archive, ini, tone, wordsOf } from '../player/program-rig.js';
import { decodeQoa } from '../support/qoa.js';
import { playerOf } from '../virtual-pi/pi-rig.js';
import { AudioRig, STREAM } from './audio-rig.js';

/** Each takes a second of a whole player's time: `npm run soak` has more. */
const RUNS = process.env['MIRLEFT_FAULT_RUNS'] === undefined ? 16 : 400;
const RATE_HZ = 48_000;
const RANGE = 2604;
const SETTINGS = ini('volume_db = 0', 'records = on', 'demo = off');

describe('push over a bad line', function () {
  this.timeout(3_600_000);
  let program: ProgramSource;
  before(async () => (program = await playerOf()));

  it('sounds as it was sent, or fails', async () => {
    let whole = 0;
    const runs = fc.asyncProperty(
      fc.constantFrom(460_800, 921_600, 3_000_000),
      fc.constantFrom(0, 1e-6, 1e-5, 1e-4),
      fc.integer({ min: 2000, max: 20_000 }),
      fc.integer({ min: 1, max: 1000 }),
      async (baud, noise, frames, seed) => {
        const rig = new AudioRig(program, archive(SETTINGS));
        // Another place of the machine's noise.
        rig.pass(300 + seed / 10);
        const link = await rig.connect(baud);
        rig.noise = noise;
        const samples = tone(frames, 2, seed);
        const sound = new Sound('tone', RATE_HZ, 2, () => undefined);
        sound.add(samples);
        sound.end();
        const track = { name: 'tone', open: () => sound };
        const kinds = new Set<string>();
        const pushed = await rig
          .push(link, [track], { lineBytes: lineBytes(baud) }, ({ event }) => kinds.add(event))
          .catch((error: unknown) => error);
        if (pushed instanceof Error) {
          assert.ok(pushed instanceof Problem, String(pushed));
          return;
        }
        assert.ok(!kinds.has('problem'));
        // What is sent again as QOA begins anew in the middle.
        if (kinds.has('fallback')) return;
        const isQoa = baud < 3_000_000;
        const heard = isQoa ? decodeQoa(encodeQoa(samples, RATE_HZ, 2)) : samples;
        assert.deepEqual(rig.trackWords(STREAM), wordsOf(heard, RANGE));
        whole++;
      },
    );
    await fc.assert(runs, { numRuns: RUNS, seed: 7, endOnFailure: true });
    assert.ok(whole > RUNS / 2, `${whole} of ${RUNS} were whole`);
  });
});
