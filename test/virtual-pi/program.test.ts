// What ends a program on the virtual Pi is reported as boot/ reports it (test/boot/faults.test.ts is its counterpart).

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { libraryRoot } from '../../host-tools/build/library.js';
import { BusAbort } from '../../host-tools/virtual-pi/bus.js';
import { SECOND } from '../../host-tools/virtual-pi/time.js';
import { HOSTILE } from '../support/hostile-imports.js';
import type { TestModule } from '../support/module.js';
import { BUILD_ID, programOf, reportOf, runPi, type PiRunOptions } from './pi-rig.js';

const source = fs.readFileSync(path.join(libraryRoot, 'test', 'programs', 'faults.ts'), 'utf8').split('\n');

/** The line of faults.ts that ends in this comment. */
function marked(comment: string): string {
  const index = source.findIndex((line) => line.endsWith(`// ${comment}`));
  assert.notEqual(index, -1, comment);
  return `faults.ts:${index + 1}`;
}

describe('a program on the virtual Pi', () => {
  let program: TestModule;
  before(async () => {
    program = await programOf('faults', 0);
  });

  function report(kind: number, options: PiRunOptions = {}) {
    const run = runPi(program, { words: [kind], ...options });
    assert.deepEqual(run.ended, { kind: 'fault', status: 1 });
    const found = reportOf(run, program);
    assert.equal(found.buildId, BUILD_ID);
    assert.deepEqual(run.pi.findings.list, []);
    return { ...found, run };
  }

  for (const metered of [true, false])
    it(`names the line of a trap and of the calls that led to it${metered ? '' : ', not metered'}`, () => {
      const { line, places } = report(1, { metered });
      assert.equal(line, 'fault kind=trap text="unreachable executed"');
      assert.deepEqual(places, [marked('trap'), marked('inner'), marked('middle'), marked('outer')]);
    });

  it('is the same inside step', () => {
    const { places } = report(1001);
    assert.deepEqual(places, [marked('trap'), marked('inner'), marked('middle'), marked('outer in step')]);
  });

  it('keeps the innermost line in optimised code', async () => {
    const optimised = await programOf('faults');
    assert.equal(reportOf(runPi(optimised, { words: [2] }), optimised).places[0], marked('bounds'));
  });

  for (const [number, text, comment] of [
    [2, 'out of bounds memory access', 'bounds'],
    [3, 'integer divide by zero', 'divide'],
  ] as const)
    it(`names the line of: ${text}`, () => {
      const { line, places } = report(number);
      assert.equal(line, `fault kind=trap text="${text}"`);
      assert.deepEqual([places[0], places.at(-1)], [marked(comment), marked('outer')]);
    });

  for (const [number, esr, far, comment] of [
    [4, '96000010', 'fe20c800', 'read abort'],
    [5, '96000050', 'fe20c818', 'write abort'],
  ] as const)
    it(`reports a ${comment} with its registers`, () => {
      // On this board PWM1 answers: it is taken away.
      const { line, places } = report(number, {
        prepare: ({ blocks }) => {
          for (const call of ['read', 'write'] as const)
            blocks.pwm1[call] = () => {
              throw new BusAbort(parseInt(far, 16));
            };
        },
      });
      assert.equal(line, `fault kind=data-abort vector=0 esr=0x${esr} far=0x00000000${far}`);
      assert.deepEqual(places, [marked(comment), marked('inner'), marked('middle'), marked('outer')]);
    });

  for (const [number, comment, last] of [
    [6, 'spin', 'outer'],
    [7, 'memory', 'outer'],
    [1008, 'calls', 'outer in step'],
  ] as const)
    it(`ends an endless loop after 2 s: ${comment}`, () => {
      const { line, places, run } = report(number);
      assert.equal(line, 'fault kind=hang');
      assert.ok(places.includes(marked(comment)), places.join());
      assert.equal(places.at(-1), marked(last));
      const seconds = run.pi.now / SECOND;
      assert.ok(seconds > 2 && seconds < 2.1, `${seconds} s`);
    });

  it('ends a wait for what never comes', () => {
    const { line, places, run } = report(12);
    assert.equal(line, 'fault kind=hang');
    assert.equal(places[0], marked('endless wait'));
    assert.ok(run.pi.now < 2.1 * SECOND);
  });

  for (const [number, comment] of [
    [9, 'recursion'],
    [10, 'fall'],
  ] as const)
    it(`reports a full stack, and how many calls of it are left out: ${comment}`, () => {
      const { line, lines, places } = report(number);
      assert.equal(line, 'fault kind=stack-overflow');
      assert.ok(
        places.slice(0, 40).every((place) => place === marked(comment)),
        places.slice(0, 40).join(),
      );
      assert.equal(places.at(-1), marked('outer'));
      const frames = lines.filter((each) => each.startsWith('  wasm'));
      assert.match(frames[48] ?? '', /^ {2}wasm more=\d{3,}$/);
      assert.equal(frames.length, 48 + 1 + 16);
    });

  it('prints the text of fault, escaped', () => {
    const { line, places } = report(11);
    assert.equal(line, 'fault kind=abort code=2 text=" say\\"s\\" "');
    assert.deepEqual(places.slice(0, 2), [marked('give'), marked('give it')]);
  });

  it('reports a failed assertion with its text', () => {
    const { kind, fields, places } = report(13);
    assert.deepEqual([kind, fields['code']], ['abort', '1']);
    assert.match(fields['text'] ?? '', /^one \(.*\bfaults\.ts:\d+\)$/);
    assert.ok(places.includes(marked('assertion')), places.join());
  });

  it('says nothing when nothing is wrong', () => {
    const run = runPi(program, { words: [0] });
    assert.deepEqual([run.console, run.ended], ['', { kind: 'exit', exit: 0, status: 0 }]);
  });

  describe('with hostile arguments of imports', () => {
    for (const [number, text] of HOSTILE)
      it(text, () => {
        const { line, places } = report(number);
        assert.equal(line, `fault kind=trap text="${text}"`);
        assert.equal(places.at(-1), marked('outer'));
      });

    it('has the texts that boot/ has', () => {
      // Behind the import's name.
      const boot = fs
        .readdirSync(path.join(libraryRoot, 'boot'))
        .filter((name) => name.endsWith('.S'))
        .flatMap((name) =>
          [...fs.readFileSync(path.join(libraryRoot, 'boot', name), 'utf8').matchAll(/^text \w+, "(.*: )0x"$/gm)].map(
            ([, text]) => text,
          ),
        );
      const here = new Set(HOSTILE.map(([, text]) => text.replace(/^\w+|0x[0-9a-f]+$/g, '')));
      assert.deepEqual([...here].sort(), boot.sort());
    });
  });
});
