// What is kept of findings, and what one looks like as a line.

import assert from 'node:assert/strict';
import { Findings, formatFinding, type Place } from '../../host-tools/virtual-pi/findings.js';
import { MILLISECOND } from '../../host-tools/virtual-pi/time.js';

const FIRST: Place = { file: 'drivers/pwm.ts', line: 56, column: 5 };
const SECOND: Place = { file: 'drivers/pwm.ts', line: 57, column: 5 };

function made() {
  const findings = new Findings(() => 2 * MILLISECOND);
  let at: Place | undefined = FIRST;
  let walks = 0;
  findings.where = () => {
    walks++;
    return at ? [at] : [];
  };
  findings.innermost = () => `${at?.line ?? ''}`;
  const add = (text: string, register = 'CTL'): void =>
    findings.add({ rule: 'forbidden', device: 'PWM1', register, text });
  return { findings, add, walks: () => walks, stand: (place: Place | undefined) => (at = place) };
}

describe('virtual Pi: findings', () => {
  it('of one line ten are kept, whatever addresses their texts hold, and all are counted', () => {
    const { findings, add, walks } = made();
    for (let i = 0; i < 1000; i++) add(`0x${i.toString(16)} is no address`);
    assert.deepEqual([findings.list.length, findings.count, walks()], [10, 1000, 10]);
  });

  it('ten of one line do not hide another line, and not another register', () => {
    const { findings, add, stand } = made();
    for (let i = 0; i < 20; i++) add('the same');
    stand(SECOND);
    add('the same');
    add('the same', 'STA');
    assert.equal(findings.list.length, 12);
    assert.deepEqual(findings.list[10]?.places, [SECOND]);
    assert.equal(findings.list[11]?.register, 'STA');
  });

  it('the list ends at 1000, the count does not', () => {
    const { findings, add } = made();
    for (let i = 0; i < 1500; i++) add('the same', `R${i}`);
    assert.deepEqual([findings.list.length, findings.count], [1000, 1500]);
  });

  it('after 10000 of one kind nobody is asked for the place any more', () => {
    const { findings, add } = made();
    let asked = 0;
    findings.innermost = () => `${asked++ % 2}`;
    for (let i = 0; i < 12_000; i++) add('the same');
    assert.deepEqual([asked, findings.list.length, findings.count], [10_000, 20, 12_000]);
  });

  it('a line has time, device, register, value and place, as far as there are some', () => {
    const { findings, stand } = made();
    findings.add({ rule: 'reserved-bit', device: 'PWM1', register: 'CTL', value: -1, text: 'reserved bit set (8.6)' });
    stand(undefined);
    findings.add({ rule: 'forbidden', device: 'DMA5', text: 'wrong' });
    assert.deepEqual(findings.list.map(formatFinding), [
      '2.000 ms PWM1 CTL = 0xffffffff: reserved bit set (8.6) at drivers/pwm.ts:56:5',
      '2.000 ms DMA5: wrong',
    ]);
  });
});
