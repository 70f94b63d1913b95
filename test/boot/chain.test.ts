// Another kernel image that takes this one's place, in QEMU and on the virtual Pi.

import assert from 'node:assert/strict';
import { KERNEL } from '../../boot/memory-map.js';
import { nextProgram } from '../../host-tools/cli/run-boots.js';
import { kernelProgram } from '../../host-tools/cli/run-card.js';
import { startVirtualRun } from '../../host-tools/play/run-virtual.js';
import { readReport, testFirmware, type TestFirmware } from '../support/firmware.js';
import { runQemu, type QemuOptions } from '../support/qemu.js';
import { runPi } from '../virtual-pi/pi-rig.js';

const IMAGE_WORD = 1024;
const TYPED_BYTES = 200_000;

describe('another kernel image', () => {
  let first: TestFirmware;
  let next: TestFirmware;
  before(async () => {
    [first, next] = await Promise.all([testFirmware('chain'), testFirmware('chain', 0)]);
  });

  function words(how: number): number[] {
    const { image } = next;
    const padded = new Uint8Array(Math.ceil(image.length / 4) * 4);
    padded.set(image);
    const all = new Array<number>(IMAGE_WORD).fill(0);
    all[0] = image.length;
    all[1] = how;
    return [...all, ...new Uint32Array(padded.buffer)];
  }

  const said = (buildId: string, reason: number, level: number): string[] => [
    `build=${BigInt.asIntN(64, BigInt(`0x${buildId}`))}`,
    `reason=${reason}`,
    `level=${level}`,
    'g=1',
  ];

  for (const [name, how, options] of [
    ['out of the DMA window', 0, {}],
    ['out of the RAM disk', 1, {}],
    ['when the first was entered in EL3', 0, { elf: true }],
  ] as [string, number, QemuOptions][])
    it(`runs as if it had been started by the firmware, but for its level: ${name}`, async () => {
      const run = await runQemu(first, { words: words(how), deterministic: true, ...options });
      assert.equal(run.status, 5, run.console + run.errors);
      const lines = run.console.split('\n').filter(Boolean);
      assert.deepEqual(lines, [...said(first.buildId, 0, options.elf ? 3 : 2), ...said(next.buildId, 2, 1)]);
    });

  for (const [how, address] of [
    [2, '00080000'],
    [3, '10001000'],
  ] as const)
    it(`is none where there can be none: case ${how}`, async () => {
      const run = await runQemu(first, { words: words(how), deterministic: true });
      assert.equal(readReport(run.console).lines[0], `fault kind=trap text="chain to no image: 0x${address}"`);
      const same = runPi(first, { words: words(how) });
      assert.match(same.console, new RegExp(`fault kind=trap text="chain to no image: 0x${address}"`));
    });

  it('hears what is typed, also when bytes came while it began', async () => {
    let isTyped = false;
    const run = await runQemu(first, {
      words: words(4),
      limit: 30,
      onConsole(text, write) {
        // More than there is time to read before the first kernel is gone.
        if (!isTyped && text.includes('g=1')) write(Buffer.from('z'.repeat(TYPED_BYTES)));
        isTyped ||= text.includes('g=1');
        if (text.includes('g=1', text.indexOf('g=1') + 1)) write(Buffer.from('.'));
      },
    });
    assert.equal(run.status, 5, run.console + run.errors);
  });

  it('boots on the virtual Pi as it does in QEMU, where a run lets it', async () => {
    const program = kernelProgram('first', first.image, KERNEL, first);
    let text = '';
    const ignore = (): void => undefined;
    const run = startVirtualRun(
      {
        program,
        buildId: first.buildId,
        ramDisk: new Uint8Array(Uint32Array.from(words(0)).buffer),
        records: false,
        nextBoot: nextProgram(undefined, program, undefined, false),
      },
      { text: (more) => (text += more), record: ignore, tick: ignore, problem: (problem) => assert.fail(problem) },
    );
    const { emulator } = await run.ended;
    assert.equal(emulator.status, 5, text);
    assert.deepEqual(text.split('\n').filter(Boolean), [...said(first.buildId, 0, 2), ...said(next.buildId, 2, 1)]);
  });

  for (const how of [0, 1])
    it(`is what a virtual Pi ends with: case ${how}`, () => {
      const { ended } = runPi(first, { words: words(how) });
      assert.equal(ended.kind, 'chain');
      assert.deepEqual(Buffer.from(ended.image), Buffer.from(next.image));
    });
});
