// Lets a virtual clock pass while promises settle between its calls.

import { setImmediate } from 'node:timers/promises';
import type { VirtualClock } from '../../host-tools/link/clock.js';

/** Turns of the microtask queue in which what a call has set going settles. */
const TURNS = 6;
/** Calls after which the two sides are busy with each other and get nowhere. */
const CALLS = 300_000;

/** Lets time pass until the promise settles; throws when that has not happened within `limitMs` of the clock's time. */
export async function drive<Result>(clock: VirtualClock, promise: Promise<Result>, limitMs = 60_000): Promise<Result> {
  let isSettled = false;
  const settle = (): void => void (isSettled = true);
  promise.then(settle, settle);
  const limit = clock.now() + limitMs;
  for (let calls = 0; ; calls++) {
    for (let i = 0; i < TURNS; i++) await Promise.resolve();
    if (isSettled) return promise;
    // Longer chains of promises than these turns settle are rare.
    if (clock.nextAt > limit) await setImmediate();
    if (isSettled) return promise;
    const next = clock.nextAt;
    if (calls > CALLS) throw new Error(`time does not pass beyond ${clock.now()} ms`);
    if (next > limit) throw new Error(`nothing came of it until ${clock.now()} ms`);
    clock.runTo(next);
  }
}

/** Lets so much time pass. */
export async function pass(clock: VirtualClock, ms: number): Promise<void> {
  let done: () => void = () => undefined;
  const over = new Promise<void>((resolve) => (done = resolve));
  clock.at(clock.now() + ms, done);
  await drive(clock, over, ms + 1);
}
