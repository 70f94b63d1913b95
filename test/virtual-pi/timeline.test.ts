// Alarms in virtual time: their order, and until when a device may act ahead.

import assert from 'node:assert/strict';
import { NEVER } from '../../host-tools/virtual-pi/time.js';
import { Timeline } from '../../host-tools/virtual-pi/timeline.js';

function made() {
  const timeline = new Timeline();
  const rung: [string, number, number][] = [];
  const alarm = (name: string) => timeline.alarm((now, quiet) => rung.push([name, now, quiet]));
  return { timeline, rung, alarm };
}

describe('virtual Pi: timeline', () => {
  it('alarms ring in the order of their times, of one time in the order in which they were made', () => {
    const { timeline, rung, alarm } = made();
    const [a, b, c] = [alarm('a'), alarm('b'), alarm('c')];
    c.set(5);
    b.set(10);
    a.set(10);
    timeline.runTo(10);
    assert.deepEqual(
      rung.map(([name, now]) => [name, now]),
      [
        ['c', 5],
        ['a', 10],
        ['b', 10],
      ],
    );
    assert.deepEqual([timeline.now, timeline.nextAt], [10, NEVER]);
  });

  it('nothing else happens until `quiet`: the next alarm of another, or the end', () => {
    const { timeline, rung, alarm } = made();
    alarm('a').set(3);
    alarm('b').set(7);
    timeline.runTo(20);
    assert.deepEqual(rung, [
      ['a', 3, 7],
      ['b', 7, 20],
    ]);
    assert.equal(timeline.now, 20);
  });

  it('an alarm rings once, and may set itself while it rings', () => {
    const timeline = new Timeline();
    const times: number[] = [];
    const alarm = timeline.alarm((now) => {
      times.push(now);
      if (now < 30) alarm.set(now + 10);
    });
    alarm.set(10);
    timeline.runTo(100);
    assert.deepEqual(times, [10, 20, 30]);
  });

  it('a time that has passed is now, and an alarm that was cleared does not ring', () => {
    const { timeline, rung, alarm } = made();
    timeline.runTo(50);
    alarm('late').set(20);
    const cleared = alarm('cleared');
    cleared.set(60);
    cleared.clear();
    timeline.runTo(100);
    assert.deepEqual(rung, [['late', 50, 100]]);
  });

  it('stepTo goes to the next alarm, or to the target where none comes before', () => {
    const { timeline, rung, alarm } = made();
    alarm('a').set(10);
    alarm('b').set(20);
    timeline.stepTo(15);
    assert.deepEqual([timeline.now, rung.length], [10, 1]);
    timeline.stepTo(15);
    assert.deepEqual([timeline.now, rung.length], [15, 1]);
  });
});
