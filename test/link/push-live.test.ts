// Raw samples from a program that makes them by its own clock, on a virtual Pi whose jack has another one.

import assert from 'node:assert/strict';
import { lineBytes } from '../../host-tools/link/line-choice.js';
import { LiveSound } from '../../host-tools/link/live-sound.js';
import type { ProgramSource } from '../../host-tools/virtual-pi/board/program.js';
import { archive, ini } from '../player/program-rig.js';
import { playerOf } from '../virtual-pi/pi-rig.js';
import { AudioRig, STREAM } from './audio-rig.js';

const RATE = 8000;
const SECONDS = 60;
const BLOCK = RATE / 50;
const BAUD = 460_800;

describe('link/push, live', function () {
  this.timeout(600_000);
  let program: ProgramSource;
  before(async () => {
    program = await playerOf();
  });

  it(`follows a clock that is 300 ppm off for ${SECONDS} s`, async () => {
    const rig = new AudioRig(program, archive(ini('volume_db = 0', 'records = on', 'demo = off')));
    rig.pi.blocks.clocks.clock('pwm').skewPpm = -300;
    rig.pass(200);
    const link = await rig.connect(BAUD);
    async function* samples(): AsyncGenerator<Uint8Array> {
      const since = rig.ms;
      for (let made = 0; made < SECONDS * RATE; made += BLOCK) {
        const due = since + (made / RATE) * 1000;
        await new Promise<void>((resolve) => void rig.transport.clock.at(due, resolve));
        const block = Int16Array.from({ length: BLOCK }, (_, i) =>
          Math.round(20_000 * Math.sin((2 * Math.PI * 400 * (made + i)) / RATE)),
        );
        yield new Uint8Array(block.buffer);
      }
    }
    let grew = (): void => undefined;
    const live = new LiveSound(samples(), { rateHz: RATE, channels: 1 }, () => grew());
    const track = {
      name: 'stdin',
      live,
      open(told: () => void) {
        grew = told;
        return live.sound;
      },
    };
    const { report, events } = await rig.push(link, [track], { lineBytes: lineBytes(BAUD) });
    assert.deepEqual([report.underruns, report.dry, report.failed], [0, 0, 0]);
    assert.ok((report.lowestFillMs ?? 0) >= 300, String(report.lowestFillMs));
    const told = events.flatMap((e) => (e.event === 'progress' && e.seconds > 4 && e.seconds < SECONDS - 1 ? [e] : []));
    assert.ok(told.length > 300);
    const mean = (from: number, to: number): number => {
      const fills = told.filter(({ seconds }) => seconds >= from && seconds < to).map(({ fillMs }) => fillMs);
      return fills.reduce((sum, fill) => sum + fill, 0) / fills.length;
    };
    const [early, late] = [mean(4, 12), mean(SECONDS - 12, SECONDS - 1)];
    // Not followed it would have grown by 18 ms a minute, and on.
    assert.ok(Math.abs(late - early) < 15, `${early} ${late}`);
    const ppm = told.filter(({ seconds }) => seconds > 25).map((e) => e.ppm ?? 0);
    const average = ppm.reduce((sum, one) => sum + one, 0) / ppm.length;
    assert.ok(Math.abs(average - 300) < 120, `${average} ppm`);
    // Every period of the tone is there: no sample was left out or heard twice.
    const words = rig.trackWords(STREAM).filter((_, i) => i % 2 === 0);
    const middle =
      (words.reduce((low, word) => Math.min(low, word), Infinity) +
        words.reduce((high, word) => Math.max(high, word), 0)) /
      2;
    const rises = words.filter((word, i) => i > 0 && word >= middle && (words[i - 1] as number) < middle).length;
    assert.ok(Math.abs(rises - 400 * SECONDS) <= 1, String(rises));
  });
});
