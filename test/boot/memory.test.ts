import assert from 'node:assert/strict';
import path from 'node:path';
import * as map from '../../boot/memory-map.js';
import { libraryRoot } from '../../host-tools/build/library.js';
import { testFirmware } from '../support/firmware.js';
import { runQemu } from '../support/qemu.js';

const hook = (name: string): string => path.join(libraryRoot, 'test', 'boot', name);

/** What a descriptor of a page or block allows (ARM ARM, VMSAv8-64 descriptor formats). */
function rights(descriptor: bigint): string {
  if (!(descriptor & 1n)) return 'nothing';
  const memory = ['write-back', 'non-cacheable', 'device'][Number((descriptor >> 2n) & 7n)];
  const write = descriptor & (1n << 7n) ? 'read' : 'write';
  return `${memory} ${write}${descriptor & (1n << 53n) ? '' : ' execute'}`;
}

describe('memory', () => {
  it('is mapped as the memory map says, with guards between', async () => {
    const firmware = await testFirmware('hello', 3, [hook('memory.S')]);
    const { console, status } = await runQemu(firmware, {});
    assert.equal(status, 0, console);
    const found = new Map(
      [...console.matchAll(/^([0-9a-f]{8}) ([0-9a-f]{16})\r$/gm)].map(([, address, descriptor]) => [
        parseInt(address ?? '', 16),
        rights(BigInt(`0x${descriptor}`)),
      ]),
    );
    const symbol = (name: string): number => firmware.symbols.find((each) => each.name === name)?.address ?? NaN;
    const data = 'write-back write';
    const expected: [number, string][] = [
      [0, 'nothing'],
      [map.KERNEL - 1, 'nothing'],
      [map.KERNEL, 'write-back read execute'],
      [symbol('build_id'), 'write-back read'],
      [symbol('fault_frame'), data],
      [map.TABLES - 1, 'nothing'],
      [map.TABLES, data],
      [map.WASM_STACK_GUARD - 1, data],
      [map.WASM_STACK_GUARD, 'nothing'],
      [map.WASM_STACK - 1, 'nothing'],
      [map.WASM_STACK, data],
      [map.EXCEPTION_STACK_GUARD - 1, data],
      [map.EXCEPTION_STACK_GUARD, 'nothing'],
      [map.EXCEPTION_STACK - 1, 'nothing'],
      [map.EXCEPTION_STACK, data],
      [map.QUEUES, data],
      [map.ARENA, data],
      [map.DMA_WINDOW - 1, data],
      [map.DMA_WINDOW, 'non-cacheable write'],
      [map.DMA_WINDOW + map.DMA_WINDOW_BYTES - 1, 'non-cacheable write'],
      [map.DMA_WINDOW + map.DMA_WINDOW_BYTES, 'nothing'],
      [map.LINEAR - 4097, 'nothing'],
      [map.LINEAR - 1, data],
      [map.LINEAR, data],
      [map.LINEAR + map.LINEARS * map.LINEAR_BYTES - 1, data],
      [map.LINEAR + map.LINEARS * map.LINEAR_BYTES, 'nothing'],
      [map.RAM_DISK - 1, 'nothing'],
      [map.RAM_DISK, 'write-back read'],
      [map.RAM_DISK + map.RAM_DISK_BYTES - 1, 'write-back read'],
      [map.RAM_DISK + map.RAM_DISK_BYTES, 'nothing'],
      [map.RESERVED, 'nothing'],
      [0x40000000, 'nothing'],
      [map.DEVICES - 1, 'nothing'],
      [map.DEVICES, 'device write'],
      [map.DEVICES + map.DEVICES_BYTES - 1, 'device write'],
    ];
    assert.deepEqual([...found], expected);
  });

  it('is the same for a module that was loaded a hundred times before', async () => {
    const once = await testFirmware('board');
    const often = await testFirmware('board', 3, [hook('reload.S')]);
    const [first, last] = await Promise.all(
      [once, often].map(async (firmware) => (await runQemu(firmware, { words: [1], deterministic: true })).console),
    );
    const used = (console: string | undefined): string[] => console?.match(/^info1[45]=\d+$/gm) ?? [];
    assert.equal(used(last).length, 2);
    assert.deepEqual(used(last), used(first));
    const work = (await runQemu(often, { words: [2] })).console;
    assert.equal(work, (await runQemu(once, { words: [2] })).console);
    assert.match(work, /done=1/);
  });
});
