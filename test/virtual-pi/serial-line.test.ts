import assert from 'node:assert/strict';
import { Random } from '../../host-tools/virtual-pi/random.js';
import { SerialLine } from '../../host-tools/virtual-pi/uart/serial-line.js';
import { NEVER, SECOND } from '../../host-tools/virtual-pi/time.js';

const BIT = SECOND / 1_000_000;

function made() {
  const line = new SerialLine(new Random(1));
  line.peer.baud = 1_000_000;
  const levels = (from: number, bits: number): string =>
    Array.from({ length: bits }, (_, i) => (line.level((from + i + 0.5) * BIT) ? '1' : '0')).join('');
  return { line, levels };
}

describe('virtual Pi: serial line', () => {
  it('is high at rest; a byte is a start bit, its bits from the lowest, and a stop bit', () => {
    const { line, levels } = made();
    assert.equal(line.send([0x41], 2 * BIT), 12 * BIT);
    assert.equal(levels(0, 14), '11' + '0' + '10000010' + '1' + '11');
  });

  it('has parity and a second stop bit as the other end is set', () => {
    const { line, levels } = made();
    Object.assign(line.peer, { parity: 'even', dataBits: 7, stopBits: 2 });
    line.send([0x41, 0x43], 0);
    assert.equal(levels(0, 22), '0' + '1000001' + '0' + '11' + '0' + '1100001' + '1' + '11');
  });

  it('falls where a high bit is followed by a low one', () => {
    const { line } = made();
    line.send([0xf0], BIT);
    assert.equal(line.fallsAt(0), BIT);
    assert.equal(line.fallsAt(BIT), BIT);
    assert.equal(line.fallsAt(BIT + 1), NEVER);
    line.send([0xff], 0);
    assert.equal(line.fallsAt(BIT + 1), 11 * BIT);
  });

  it('does not fall into a start bit when a disturbed stop bit before it was low', () => {
    const { line, levels } = made();
    line.noise = 1;
    line.send([0xff], 0);
    line.noise = 0;
    line.send([0xff], 0);
    assert.equal(levels(0, 20), '1' + '00000000' + '0' + '0' + '11111111' + '1');
    assert.equal(line.fallsAt(0), BIT);
    assert.equal(line.fallsAt(2 * BIT), NEVER);
  });

  it("is off by the other end's error", () => {
    const { line } = made();
    line.peer.ppm = 1_000_000;
    assert.equal(line.send([0], 0), 5 * BIT);
  });
});
