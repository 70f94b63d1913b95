// The encoder: no step is lost, at any speed up to 300 a second, in both directions, whatever its contacts do.

import assert from 'node:assert/strict';
import { ControlsRig, Pin, quadrature } from './controls-rig.js';

/** A repeatable number from 0 to 1. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

describe('the encoder', () => {
  let rig: ControlsRig;
  beforeEach(async () => {
    rig = await ControlsRig.make();
  });

  /** Starts, and lets the pulls have raised the pins. */
  const begin = (...lines: string[]): unknown => rig.start(...lines).pass(30);
  const sum = (events: (string | number)[]): number => events.reduce<number>((all, event) => all + Number(event), 0);
  const put = (transitions: number): void => {
    const [a, b] = quadrature(transitions);
    rig.set(Pin.a, a).set(Pin.b, b);
  };

  /**
   * Turns by detents at a speed, sampled at 1 kHz; the contact that changes bounces for up to `bounceMs`. Looks each
   * `stepMs`. Returns the sum of turns.
   */
  function turn(detents: number, speed: number, bounceMs: number, seed: number, steps = 4, stepMs = 1): number {
    const random = chance(seed);
    const way = Math.sign(detents);
    const period = 1000 / (speed * steps);
    const count = Math.abs(detents) * steps;
    const offset = random();
    // When the transition number n is made. A hand starts from rest: the second one comes 2 ms later, or more.
    const when = (n: number): number => offset + (n < 2 ? 0 : Math.max(2, period) + (n - 2) * period);
    let turned = 0;
    let done = 0;
    for (let ms = 1; ms < when(count) + 30; ms++) {
      while (done < count && when(done + 1) <= ms) done++;
      const since = ms - when(done);
      const isBouncing = done > 0 && since < bounceMs && random() < 0.5;
      put(way * (isBouncing ? done - 1 : done));
      rig.pass(1);
      if (rig.ms % stepMs === 0) turned += sum(rig.told());
    }
    return turned + sum(rig.told());
  }

  it('counts a detent when it is reached, clockwise above 0', () => {
    begin();
    const told = (transitions: number): (string | number)[] => {
      put(transitions);
      return rig.pass(1).told();
    };
    assert.deepEqual([1, 2, 3, 4, 5, 6, 7, 8].map(told), [[], [], [], [1], [], [], [], [1]]);
    assert.deepEqual([7, 6, 5, 4, 3, 2, 1, 0].map(told), [[], [], [], [-1], [], [], [], [-1]]);
    assert.deepEqual([-1, -2, -1, 0, 1, 0, -1, -2, -3, -4].map(told).flat(), [-1]);
  });

  for (const speed of [10, 100, 300]) {
    it(`loses no step of ${speed} a second that bounce, in both directions, also in long steps`, () => {
      begin();
      const period = 1000 / (speed * 4);
      for (let seed = 1; seed <= 20; seed++) {
        // Of 300 a second 1.2 transitions fall into a sample: a longer bounce would hide three of them, which is one back.
        const bounceMs = Math.min(2, period * 0.75);
        for (const stepMs of [1, 200]) {
          assert.equal(turn(100, speed, bounceMs, seed, 4, stepMs), 100, `seed ${seed}, ${stepMs} ms`);
          assert.equal(turn(-100, speed, bounceMs, seed, 4, stepMs), -100, `seed ${seed}, ${stepMs} ms back`);
        }
      }
      assert.equal(rig.lost, 0);
    });
  }

  for (const steps of [1, 2, 4]) {
    it(`counts detents of ${steps} transitions`, () => {
      begin(`encoder_steps = ${steps}`);
      for (const speed of [20, 100]) {
        assert.equal(turn(40, speed, 1.5, 7, steps), 40);
        assert.equal(turn(-56, speed, 1.5, 8, steps), -56);
        put(0);
        rig.pass(5).told();
      }
    });
  }

  it('takes two transitions at once for the way it turns, also when the last one bounced back', () => {
    begin();
    for (const way of [1, -1]) {
      for (const at of [1, 2, 1, 3, 5, 7, 8]) {
        put(at * way);
        rig.pass(1);
      }
      assert.equal(sum(rig.told()), 2 * way);
      for (const at of [7, 6, 4, 2, 0]) {
        put(at * way);
        rig.pass(1);
      }
      assert.equal(sum(rig.told()), -2 * way);
    }
  });

  it('does not guess before it has turned', () => {
    begin();
    for (let i = 0; i < 8; i++) {
      put(i % 2 === 0 ? 2 : 0);
      assert.deepEqual(rig.pass(1).told(), []);
    }
  });

  it('takes a double transition after a rest for the way that it goes on', () => {
    begin();
    for (const way of [1, -1, -1, 1]) {
      for (const path of [
        [2, 3, 4],
        [2, 1, 2, 1, 2, 3, 4],
        [2, 3, 2, 3, 4, 3, 4],
      ]) {
        for (const at of path) {
          put(at * way);
          rig.pass(1);
        }
        assert.deepEqual(rig.told(), [way], path.join());
        rig.pass(30);
      }
    }
    // At rest in between: known by the next transition.
    put(2);
    rig.pass(1);
    put(3);
    assert.deepEqual(rig.pass(30).told(), []);
    put(4);
    assert.deepEqual(rig.pass(1).told(), [1]);
  });

  it('is told once for many detents, in its place between the buttons', () => {
    begin();
    for (let i = 1; i <= 12; i++) {
      put(i);
      rig.pass(3);
    }
    rig.set(Pin.up, false).pass(30);
    for (let i = 11; i >= 4; i--) {
      put(i);
      rig.pass(3);
    }
    assert.deepEqual(rig.told(), [3, 'louder', -2]);
  });

  it('takes no rising of its pins at the beginning for a turn', () => {
    rig.set(Pin.a, false).set(Pin.b, false);
    rig.start().pass(3);
    rig.set(Pin.b, true).pass(2);
    rig.set(Pin.a, true).pass(50);
    assert.deepEqual(
      [1, 2, 3, 4].map((at) => {
        put(at);
        return rig.pass(1).told();
      }),
      [[], [], [], [1]],
    );
  });

  it('rests where it is at the beginning, and needs both pins', async () => {
    put(2);
    begin();
    for (const at of [3, 4, 5]) {
      put(at);
      assert.deepEqual(rig.pass(1).told(), []);
    }
    put(6);
    assert.deepEqual(rig.pass(1).told(), [1]);
    const half = await ControlsRig.make();
    half.start('pin_encoder_b = off').pass(30);
    for (let i = 0; i < 16; i++)
      assert.deepEqual(
        half
          .set(Pin.a, i % 2 === 1)
          .pass(1)
          .told(),
        [],
      );
  });
});
