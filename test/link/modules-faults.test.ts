// New code over a line that drops, doubles, flips and delays bytes: the board is given the module that was sent, byte for
// byte, or none.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Reload } from '../../drivers/board-keys.js';
import { VirtualClock } from '../../host-tools/link/clock.js';
import { Link } from '../../host-tools/link/link.js';
import { memoryPair } from '../../host-tools/link/memory-pair.js';
import { ModuleClient } from '../../host-tools/link/module-client.js';
import { Problem } from '../../host-tools/problem.js';
import { noise } from '../storage/fat-rig.js';
import { DeviceRig } from './device-rig.js';
import { drive } from './drive.js';
import { PARTS, runsOf } from './fault-runs.js';

const RUNS = runsOf(2000);
const LIMIT_MS = 1_000_000;
const BASE = noise(9000, 1);

describe('new code over a bad line', function () {
  this.timeout(600_000);
  let rig: DeviceRig;
  /** What the board was given to run. */
  let given: Buffer[] = [];

  before(async () => {
    const boxed: { rig?: DeviceRig } = {};
    rig = await DeviceRig.make(new VirtualClock(), 'test/link/assembly/modules-line.ts', {
      // Taken for no module: so the one that runs goes on, and says so.
      preload: (ptr: number, bytes: number) => {
        given.push(Buffer.from((boxed.rig as DeviceRig).program.bytes().slice(ptr >>> 0, (ptr >>> 0) + bytes)));
        return Reload.NotWasm;
      },
    });
    boxed.rig = rig;
    rig.runs(BASE);
  });

  const rate = fc.constantFrom(0, 0.0001, 0.0003, 0.001);
  const faults = fc.record({ drop: rate, double: rate, flip: rate, delayMs: fc.constantFrom(0, 0, 5) });
  /** What a module has that the running one has not: a piece taken out somewhere, and another put there. */
  const change = fc.record({ at: fc.nat(BASE.length), out: fc.nat(2000), bytes: fc.nat(1500) });

  for (let part = 1; part <= PARTS; part++)
    it(`is what was sent, or fails (${part} of ${PARTS})`, async () => {
      let whole = 0;
      await fc.assert(
        fc.asyncProperty(
          fc.record({ seed: fc.integer({ min: 1 }), there: faults, back: faults }),
          fc.constantFrom(115_200, 921_600),
          change,
          fc.boolean(),
          async (line, baud, { at, out, bytes }, isKnown) => {
            const module = Buffer.concat([BASE.subarray(0, at), noise(bytes, line.seed), BASE.subarray(at + out)]);
            if (module.length === 0) return;
            const clock = new VirtualClock();
            const [transport, other] = memoryPair(clock, { ...line, baud });
            rig.connect(other, clock);
            given = [];
            const all = async (): Promise<void> => {
              const link = await Link.connect(transport, { timeoutMs: 20_000 });
              const client = new ModuleClient(link);
              if (isKnown) client.know(BASE);
              await client.replace(module).finally(() => link.close());
            };
            const problem = await drive(clock, all(), LIMIT_MS).catch((error: unknown) => error);
            assert(problem instanceof Problem, String(problem));
            assert(given.length <= 1 && given.every((each) => each.equals(module)), 'another module came');
            if (!/no Wasm module/.test(problem.message)) return;
            assert.equal(given.length, 1);
            whole++;
          },
        ),
        { numRuns: RUNS, seed: part, endOnFailure: true },
      );
      assert(whole > RUNS * 0.95, `${whole} of ${RUNS} arrived`);
    });
});
