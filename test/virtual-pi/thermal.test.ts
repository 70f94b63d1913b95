import assert from 'node:assert/strict';
import { Thermal } from '../../host-tools/virtual-pi/firmware/thermal.js';

describe('virtual Pi: temperature sensor', () => {
  it('T = 410040 - 487 x count thousandths of a degree, within a count', () => {
    const thermal = new Thermal();
    for (const temperature of [-20_000, 0, 45_000, 85_000]) {
      thermal.temperature = temperature;
      const value = thermal.read(0);
      assert.equal(value & ~0x3ff, 0x10400);
      assert.ok(Math.abs(410_040 - 487 * (value & 0x3ff) - temperature) <= 244, String(temperature));
    }
  });

  it('says when it has no value', () => {
    const thermal = new Thermal();
    thermal.valid = false;
    assert.equal(thermal.read(0) & 0x10400, 0);
  });

  it('cannot be written', () => {
    const thermal = new Thermal();
    const before = thermal.read(0);
    thermal.write(0, 0);
    assert.equal(thermal.read(0), before);
  });
});
