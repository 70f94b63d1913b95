// Mistakes put into the drivers are found by the exercises on the virtual Pi. All of them: `npm run mutate`.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { mutantsOf, type Mutant } from '../mutate/generate.js';
import { table } from '../mutate/report.js';
import { allMutants, Mutation, root, sample, type Outcome } from '../mutate/run.js';

const SEED = 4;
const COUNT = 30;
const GOAL = 0.9;

describe('mutants of the drivers', () => {
  const mutation = new Mutation();
  after(() => mutation.close());

  it('are caught, nine of ten, in a sample of 30', async function () {
    this.timeout(600_000);
    const outcomes: Outcome[] = [];
    const counts = (result: Outcome['result']): number => outcomes.filter((each) => each.result === result).length;
    // Those that do not count are replaced by the next ones.
    for (const mutant of sample(allMutants(), 3 * COUNT, SEED)) {
      if (counts('caught') + counts('survived') === COUNT) break;
      outcomes.push(await mutation.run(mutant));
    }
    assert.equal(counts('caught') + counts('survived'), COUNT);
    assert.ok(counts('caught') >= GOAL * COUNT, table(outcomes));
  });

  /** The mutant in which the text is another. */
  function changed(file: string, before: string, after: string): Mutant {
    const text = fs.readFileSync(path.join(root, file), 'utf8');
    assert.equal(text.split(before).length, 2, `${before} in ${file}`);
    return { file, line: 1, kind: 'wrong bit', before, after, text: text.replace(before, after) };
  }

  it('with a wrong constant swapped in are all caught: divisor, DREQ, FIFO, password, function of a pin', async () => {
    for (const [file, before, after] of [
      ['drivers/clock-manager.ts', 'PWM_DIVI: u32 = 6', 'PWM_DIVI: u32 = 5'],
      ['drivers/dma.ts', 'Pwm1 = 1,', 'Pwm1 = 5,'],
      ['drivers/jack-keys.ts', 'Fifo = 0x18', 'Fifo = 0x14'],
      ['drivers/power.ts', 'PASSWD: u32 = 0x5a000000', 'PASSWD: u32 = 0x5b000000'],
      ['drivers/gpio.ts', 'Alt0 = 4,', 'Alt0 = 2,'],
    ] as const) {
      const outcome = await mutation.run(changed(file, before, after));
      assert.equal(outcome.result, 'caught', `${file}: ${after}`);
    }
  });

  it('are of every kind, each with its place', () => {
    const text = [
      'const A: u32 = BASE + 0x04;',
      'const B: u32 = BASE + 0x08;',
      'const BIT: u32 = 1 << 4;',
      '  write32(A, BIT);',
      '  if (late) write32(B, f(1, 2));',
      '  delay(10);',
      '  if (!waitFor(A, BIT, 0, MOST_US)) return;',
      '',
    ].join('\n');
    const made = mutantsOf('a.ts', text).map(({ line, kind, after }) => `${line} ${kind}: ${after}`);
    for (const expected of [
      '1 wrong bit: const A: u32 = BASE + 0x0;',
      '3 wrong bit: const BIT: u32 = 1 << 5;',
      '3 wrong bit: const BIT: u32 = 1 << 3;',
      '1 swapped registers: A = BASE + 0x08, B = BASE + 0x04',
      '4 missing write: {}',
      '5 missing write: if (late) {}',
      '4 swapped writes: if (late) write32(B, f(1, 2)); write32(A, BIT);',
      '6 missing wait: ',
      '7 missing wait: if (!true) return;',
      '7 endless wait: if (!waitFor(A, BIT, 0, 0x7fffffff)) return;',
    ])
      assert.ok(made.includes(expected), `${expected} in\n${made.join('\n')}`);
  });
});
