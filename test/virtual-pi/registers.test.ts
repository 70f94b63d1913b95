// The registers of all blocks as the page shows them: by fields, or as one number where it is one.

import assert from 'node:assert/strict';
import { Blocks } from '../../host-tools/virtual-pi/blocks.js';
import { Findings } from '../../host-tools/virtual-pi/findings.js';
import { Memory } from '../../host-tools/virtual-pi/memory.js';
import { arrayOf, fieldValue, numbered, reservedBits } from '../../host-tools/virtual-pi/registers.js';
import { Timeline } from '../../host-tools/virtual-pi/timeline.js';

/** Times, addresses, words of data: all 32 bits are one number. */
const NUMBERS: Readonly<Record<string, RegExp>> = {
  SYSTIMER: /^(CLO|CHI|C[0-3])$/,
  PWM0: /^(RNG|DAT)[12]$|^FIF1$/,
  PWM1: /^(RNG|DAT)[12]$|^FIF1$/,
  DMA: /^\d+_(CONBLK_AD|SOURCE_AD|DEST_AD|NEXTCONBK|CB|SRC|DEST|NEXT_CB)$/,
  EMMC1: /^(ARGUMENT2?|RESPONSE[0-3]|DATA)$/,
  EMMC2: /^(ARGUMENT2?|RESPONSE[0-3]|DATA)$/,
};

const timeline = new Timeline();
const { bus } = new Blocks({ timeline, findings: new Findings(() => 0) }, new Memory(), { run: () => undefined });

describe('virtual Pi: registers', () => {
  for (const { name, registers, bytes } of bus.devices) {
    it(`${name}: each register has fields, or is one number`, () => {
      for (const { name: register, fields } of registers)
        assert.equal(fields === undefined, NUMBERS[name]?.test(register) ?? false, register);
    });

    it(`${name}: no two fields share a bit or a name, no two registers a place or a name`, () => {
      for (const { name: register, fields = [] } of registers) {
        const names = new Set(fields.map((field) => field.name));
        assert.equal(names.size, fields.length, register);
        let taken = 0n;
        for (const { name: field, bit, bits = 1 } of fields) {
          const mask = ((1n << BigInt(bits)) - 1n) << BigInt(bit);
          assert.ok(bit + bits <= 32 && (taken & mask) === 0n, `${register} ${field}`);
          taken |= mask;
        }
      }
      assert.equal(new Set(registers.map((each) => each.name)).size, registers.length);
      assert.equal(new Set(registers.map(({ offset }) => offset)).size, registers.length);
      for (const { offset } of registers) assert.ok(offset % 4 === 0 && offset < bytes);
    });
  }

  it('registers that are arrays have fields that go on from one to the next', () => {
    const [first, second] = arrayOf(2, { name: 'A', offset: 8, access: 'rw' }, 4, 'F', 8);
    assert.deepEqual([first?.name, first?.offset, second?.name, second?.offset], ['A8', 8, 'A9', 12]);
    assert.deepEqual(first?.fields?.map(({ name, bit, bits }) => [name, bit, bits])[1], ['F33', 8, 8]);
    assert.equal(second?.fields?.[3]?.name, 'F39');
    assert.equal(numbered('F', 2, 5)[1]?.name, 'F6');
  });

  it('bits of no field are reserved, unless it is said otherwise', () => {
    const register = { name: 'R', offset: 0, access: 'rw', fields: numbered('F', 4, 0, 4) } as const;
    assert.equal(reservedBits(register), 0xffff0000);
    assert.equal(reservedBits({ ...register, reserved: 1 }), 1);
    assert.equal(fieldValue({ name: 'F', bit: 28, bits: 4 }, 0xf0000000), 15);
    assert.equal(fieldValue({ name: 'F', bit: 0, bits: 32 }, 0xf0000000), 0xf0000000);
  });
});
