// Buttons and encoder on the virtual Pi: sampled by its own tick, with contacts that bounce at random.

import assert from 'node:assert/strict';
import { FaultRun } from '../../host-tools/virtual-pi/faults/fault-run.js';
import { parseFaults } from '../../host-tools/virtual-pi/faults/faults.js';
import { MICROSECOND, MILLISECOND } from '../../host-tools/virtual-pi/time.js';
import type { VirtualPi } from '../../host-tools/virtual-pi/virtual-pi.js';
import type { TestModule } from '../support/module.js';
import { at, programOf, runPi } from '../virtual-pi/pi-rig.js';
import { Pin, quadrature } from './controls-rig.js';
import { toldOf, wordsOf } from './program.js';

describe('controls on the virtual Pi', () => {
  let program: TestModule;
  before(async () => {
    program = await programOf('controls');
  });

  /** A script of bounces: pin, when, where to, for how long. The last one holds play, which ends the run. */
  const bounces = (seed: number, events: [pin: number, atMs: number, level: boolean, ms: number][], endMs: number) =>
    parseFaults(
      JSON.stringify({
        seed,
        faults: [...events, [Pin.play, endMs, false, 5] as const].map(([pin, atMs, level, ms]) => ({
          fault: 'bounce',
          ...{ pin, atMs, level, ms },
        })),
      }),
    );

  for (const stepMs of [0, 220])
    it(`tells each press once though contacts bounce, in steps of ${stepMs} ms`, () => {
      for (let seed = 1; seed <= 5; seed++) {
        const events = [Pin.next, Pin.up, Pin.previous, Pin.down, Pin.play].flatMap(
          (pin, i): [number, number, boolean, number][] => [
            [pin, 100 + 200 * i, false, 8],
            [pin, 200 + 200 * i, true, 8],
          ],
        );
        const run = runPi(program, {
          words: wordsOf(stepMs),
          prepare: (pi) => void new FaultRun(pi, bounces(seed, events, 1300)),
        });
        const { events: told, lost, steps } = toldOf(run.console);
        assert.deepEqual(told, ['next', 'louder', 'previous', 'softer', 'play', 'stop'], `seed ${seed}`);
        assert.equal(lost, 0);
        // Woken by changes and deadlines, no more.
        assert.ok(steps < (stepMs ? 12 : 220), `${steps} steps`);
      }
    });

  for (const [speed, stepMs] of [
    [100, 0],
    [100, 150],
    [300, 0],
  ] as const)
    it(`loses no step of an encoder at ${speed} a second, in steps of ${stepMs} ms`, () => {
      const period = 1000 / (speed * 4);
      const detents = 40;
      const turn = (pi: VirtualPi, fromMs: number, way: number): void => {
        for (let i = 1; i <= detents * 4; i++) {
          const time = Math.round((fromMs + (i < 2 ? 0 : 2 + (i - 2) * period)) * MILLISECOND);
          const put = (transitions: number) => () => {
            const [a, b] = quadrature(transitions * way);
            pi.blocks.gpio.drive(Pin.a, a);
            pi.blocks.gpio.drive(Pin.b, b);
          };
          // The contact closes, opens once more for a while, and closes.
          at(pi, time, put(i));
          at(pi, time + 150 * MICROSECOND, put(i - 1));
          at(pi, time + Math.round(period * 0.6 * MILLISECOND), put(i));
        }
      };
      const run = runPi(program, {
        words: wordsOf(stepMs, 'hold_ms = 200'),
        prepare: (pi) => {
          for (let i = 0; i < 4; i++) turn(pi, 100.3 + 600 * i, i % 2 === 0 ? 1 : -1);
          at(pi, 2800 * MILLISECOND, () => pi.blocks.gpio.drive(Pin.play, false));
        },
      });
      const { events, lost } = toldOf(run.console);
      assert.equal(lost, 0);
      assert.equal(events.pop(), 'stop');
      const sums = [0];
      for (const turns of events as number[]) {
        const last = sums.at(-1) ?? 0;
        if (last && Math.sign(last) !== Math.sign(turns)) sums.push(turns);
        else sums[sums.length - 1] = last + turns;
      }
      assert.deepEqual(sums, [detents, -detents, detents, -detents]);
    });

  it('sleeps while nothing is pressed, and always when all pins are off', () => {
    const keys = ['pin_next', 'pin_previous', 'pin_volume_up', 'pin_volume_down', 'pin_encoder_a', 'pin_encoder_b'];
    const off = keys.map((key) => `${key} = off`);
    for (const lines of [['pin_play = 4'], ['pin_play = off', ...off]]) {
      let steps = 0;
      assert.throws(
        () =>
          runPi(program, {
            words: wordsOf(0, ...lines),
            limitMs: 1000,
            prepare: (pi) => {
              // A pin that is no control, whose changes wake those who watch.
              for (let i = 0; i < 20; i++) {
                at(pi, (100 + 20 * i) * MILLISECOND, () => pi.blocks.gpio.drive(17, i % 2 === 1));
              }
              at(pi, 990 * MILLISECOND, () => (steps = pi.steps));
            },
          }),
        /not ended/,
      );
      assert.ok(lines.length === 1 ? steps >= 20 && steps < 30 : steps < 5, `${steps} steps`);
    }
  });
});
