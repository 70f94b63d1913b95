import assert from 'node:assert/strict';
import { dialect } from '../../host-tools/bench/wasm2c.js';
import { Problem } from '../../host-tools/problem.js';

const runtime = (parameters: string): string =>
  `/** wasm_rt_allocate_memory(&my_memory, 1, 2, false); */\nvoid wasm_rt_allocate_memory(wasm_rt_memory_t*,\n  ${parameters});`;

describe('wasm2c', () => {
  it('is told by its headers, whatever its release', () => {
    const old = dialect('void Z_decoder_instantiate(', runtime('uint32_t initial_pages, uint32_t max_pages'));
    for (const flag of ['OLD_NAMES=1', 'PAGES=uint32_t', 'MORE=']) assert.ok(old.includes(`-DWASM2C_${flag}`), flag);
    const now = dialect(
      'void wasm2c_decoder_instantiate(',
      runtime('uint64_t initial_pages,\n uint64_t max_pages,\n bool is64,\n uint32_t page_size'),
    );
    for (const flag of ['OLD_NAMES=0', 'PAGES=uint64_t', 'MORE=, bool is64, uint32_t page_size'])
      assert.ok(now.includes(`-DWASM2C_${flag}`), flag);
  });

  it('is refused where its names are others', () => {
    for (const [generated, header] of [
      ['void other(', runtime('uint64_t initial_pages, uint64_t max_pages')],
      ['void wasm2c_decoder_instantiate(', 'nothing'],
    ] as const)
      assert.throws(
        () => dialect(generated, header, '9.9.9'),
        (error: unknown) =>
          error instanceof Problem && /wasm2c, 9\.9\.9, has names .*; use one of wabt 1\./.test(error.line()),
      );
  });
});
