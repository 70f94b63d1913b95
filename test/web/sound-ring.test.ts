import assert from 'node:assert/strict';
import { ROOM_FRAMES, SoundRing } from '../../host-tools/web/page/sound-ring.js';

const BLOCK = 128;

/** The worker's view of a ring and the audio thread's. */
function ends(): { writer: SoundRing; reader: SoundRing } {
  const writer = new SoundRing();
  writer.running = true;
  return { writer, reader: new SoundRing(writer.shared) };
}

/** Frames that are told apart: the left one counts up from `first`, the right one down. */
const ramp = (first: number, count = BLOCK): [Float32Array, Float32Array] => [
  Float32Array.from({ length: count }, (_, i) => first + i),
  Float32Array.from({ length: count }, (_, i) => -first - i),
];

const silence = (): [Float32Array, Float32Array] => [new Float32Array(BLOCK), new Float32Array(BLOCK)];

/** Pulls a block while `meanwhile` is done by the other thread: once, after the samples were copied. */
function pullWhile(reader: SoundRing, meanwhile: () => void): { count: number; left: Float32Array } {
  const [left, right] = silence();
  let once: (() => void) | undefined = meanwhile;
  Object.defineProperty(right, 'fill', {
    value: (value: number, from: number) => {
      Float32Array.prototype.fill.call(right, value, from);
      const now = once;
      once = undefined;
      now?.();
      return right;
    },
  });
  return { count: reader.pull(left, right), left };
}

describe("the page's ring of samples", () => {
  it('gives what was put in, once and in order, across its end', () => {
    const { writer, reader } = ends();
    let next = 1;
    for (let i = 0; i < 600; i++) {
      writer.push(...ramp(1 + i * 100, 100));
      if (writer.fill < 2 * BLOCK) continue;
      const pulled = silence();
      assert.equal(reader.pull(...pulled), BLOCK);
      assert.deepEqual(pulled, ramp(next));
      next += BLOCK;
    }
    assert.equal(writer.fill, 60_001 - next);
    assert.equal(writer.underruns, 0);
  });

  it('counts a gap once, however long, and fills it with silence', () => {
    const { writer, reader } = ends();
    writer.push(...ramp(1, 100));
    const [left, right] = ramp(7777);
    assert.equal(reader.pull(left, right), 100);
    assert.deepEqual([...left.subarray(98)], [99, 100, ...new Array<number>(28).fill(0)]);
    assert.deepEqual([...right.subarray(100)], new Array<number>(28).fill(0));
    for (let i = 0; i < 3; i++) assert.equal(reader.pull(...silence()), 0);
    assert.equal(writer.underruns, 1);
    writer.push(...ramp(1));
    assert.equal(reader.pull(...silence()), BLOCK);
    reader.pull(...silence());
    assert.equal(writer.underruns, 2);
  });

  it('gives silence that is no gap while the machine stands still', () => {
    const { writer, reader } = ends();
    writer.push(...ramp(1));
    writer.running = false;
    assert.equal(reader.pull(...ramp(1)), 0);
    assert.deepEqual([writer.fill, writer.underruns], [BLOCK, 0]);
  });

  it('drops no more than waits', () => {
    const { writer, reader } = ends();
    writer.push(...ramp(1, 300));
    writer.drop(100);
    const pulled = silence();
    reader.pull(...pulled);
    assert.deepEqual(pulled, ramp(101));
    writer.drop(ROOM_FRAMES);
    assert.deepEqual([writer.fill, writer.read], [0, 300]);
  });

  it('plays nothing of what is dropped while it is being taken', () => {
    const { writer, reader } = ends();
    writer.push(...ramp(1, 10 * BLOCK));
    // Reset: the machine stops, and all that waits is dropped.
    const { count, left } = pullWhile(reader, () => {
      writer.running = false;
      writer.drop(writer.fill);
    });
    assert.deepEqual([count, left.some((sample) => sample !== 0)], [0, false]);
    assert.deepEqual([writer.fill, writer.underruns], [0, 0]);
    writer.push(...ramp(5000));
    writer.running = true;
    const pulled = silence();
    assert.equal(reader.pull(...pulled), BLOCK);
    assert.deepEqual(pulled, ramp(5000));
  });

  it('goes on behind a drop that falls into a pull', () => {
    const { writer, reader } = ends();
    writer.push(...ramp(1, 300));
    const { count, left } = pullWhile(reader, () => writer.drop(200));
    assert.equal(count, 100);
    assert.deepEqual([...left.subarray(0, 101)], [...ramp(201, 100)[0], 0]);
    assert.deepEqual([writer.fill, writer.underruns], [0, 1]);
  });

  it('leaves a drop alone that falls into a pull of nothing', () => {
    const { writer, reader } = ends();
    writer.push(...ramp(1, 300));
    writer.running = false;
    assert.equal(pullWhile(reader, () => writer.drop(200)).count, 0);
    assert.equal(writer.read, 200);
  });

  it('keeps what was read for whoever draws', () => {
    const { writer, reader } = ends();
    writer.push(...ramp(1, 300));
    reader.pull(...silence());
    const seen = silence();
    writer.last(...seen);
    assert.deepEqual(seen, ramp(1));
  });

  it('works where its counters wrap', () => {
    const { writer, reader } = ends();
    const counters = new Int32Array(writer.shared, 0, 2);
    counters.fill(-64); // 2^32 - 64
    writer.push(...ramp(1, 300));
    assert.equal(writer.fill, 300);
    const pulled = silence();
    reader.pull(...pulled);
    assert.deepEqual(pulled, ramp(1));
    writer.drop(100);
    assert.deepEqual([writer.read, writer.fill], [164, 72]);
  });
});
