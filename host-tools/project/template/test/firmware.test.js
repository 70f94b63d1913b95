// Builds the firmware, boots it in QEMU and looks at the console and at every word that goes to the jack.

import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { formatFault, runProgram } from 'mirleft';

const RATE_HZ = 44100;
const program = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

test('greets, and plays 440 Hz on both channels', async () => {
  const second = 2 * RATE_HZ; // words: right, left, right, left …
  const run = await runProgram({
    program,
    until: ({ console, words }) => words >= second && console.includes('Hello!'),
  });
  assert.equal(run.fault && formatFault(run.fault), undefined);
  assert.match(run.console, /NAME/);
  assert.equal(run.jack?.rateHz, RATE_HZ);

  const middle = (run.jack.range + 1) >> 1;
  for (const channel of [0, 1]) {
    let periods = 0;
    for (let i = 2 + channel; i < second; i += 2) if (run.words[i - 2] < middle && run.words[i] >= middle) periods++;
    assert.ok(Math.abs(periods - 440) <= 1, `${periods} periods in a second`);
  }
});
