// What the bus finds of an access, and where nothing answers.

import assert from 'node:assert/strict';
import { Bus, BusAbort } from '../../host-tools/virtual-pi/bus.js';
import type { Device } from '../../host-tools/virtual-pi/device.js';
import { Findings } from '../../host-tools/virtual-pi/findings.js';
import { flags } from '../../host-tools/virtual-pi/registers.js';

const BASE = 0xfe100000;

function made() {
  const written: [number, number][] = [];
  const device: Device = {
    name: 'BLOCK',
    base: BASE,
    bytes: 0x20,
    registers: [
      { name: 'CTL', offset: 0, access: 'rw', fields: flags({ ON: 0, TOP: 31 }) },
      { name: 'STA', offset: 4, access: 'ro' },
      { name: 'FIFO', offset: 8, access: 'wo' },
    ],
    read: (offset) => offset - 0x10,
    write: (offset, value) => written.push([offset, value]),
    peek: () => 0,
  };
  const findings = new Findings(() => 0);
  const bus = new Bus(findings);
  bus.add(device);
  const told = (): string[] =>
    findings.list.map(({ rule, device: name, register, value }) => `${rule} ${name} ${register} ${value}`);
  return { bus, device, findings, written, told };
}

describe('virtual Pi: bus', () => {
  it('accesses that the registers allow are no findings, and values are unsigned', () => {
    const { bus, written, told } = made();
    assert.equal(bus.read(BASE), 0xfffffff0);
    assert.equal(bus.read(BASE + 4), 0xfffffff4);
    bus.write(BASE, -0x7fffffff);
    bus.write(BASE + 8, 0xffffffff);
    assert.deepEqual(written, [
      [0, 0x80000001],
      [8, 0xffffffff],
    ]);
    assert.deepEqual(told(), []);
  });

  it('no-register: reading and writing where the block has none', () => {
    const { bus, findings, told } = made();
    bus.read(BASE + 0xc);
    bus.write(BASE + 0x1c, 7);
    assert.deepEqual(told(), ['no-register BLOCK undefined undefined', 'no-register BLOCK undefined 7']);
    assert.equal(findings.list[1]?.text, 'there is no register at 0x1c');
  });

  it('read-only-write: and it goes on to the block all the same', () => {
    const { bus, written, told } = made();
    bus.write(BASE + 4, 1);
    assert.deepEqual(told(), ['read-only-write BLOCK STA 1']);
    assert.deepEqual(written, [[4, 1]]);
  });

  it('write-only-read', () => {
    const { bus, told } = made();
    bus.read(BASE + 8);
    assert.deepEqual(told(), ['write-only-read BLOCK FIFO undefined']);
  });

  it('reserved-bit: those bits that no field has', () => {
    const { bus, findings, told } = made();
    bus.write(BASE, 0x80000013);
    assert.deepEqual(told(), [`reserved-bit BLOCK CTL ${0x80000013}`]);
    assert.equal(findings.list[0]?.text, 'reserved bits 0x12 were set');
  });

  it('abort: before the first and behind the last byte of a block', () => {
    const { bus, device, told } = made();
    assert.equal(bus.find(BASE + 0x1f), device);
    for (const address of [BASE - 1, BASE + 0x20]) {
      assert.equal(bus.find(address), undefined);
      const aborts = (error: unknown): boolean => error instanceof BusAbort && error.address === address;
      assert.throws(() => bus.read(address), aborts);
      assert.throws(() => bus.write(address, 0), aborts);
    }
    assert.deepEqual(told(), []);
  });
});
