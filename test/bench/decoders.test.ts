import assert from 'node:assert/strict';
import { countDecoders, type Count } from '../../host-tools/bench/decoders.js';
import { music } from '../../host-tools/bench/music.js';
import { encodeQoa } from '../../host-tools/media/qoa.js';

const FRAMES = 11_025;
const sample = ({ instructions, frames }: Count): number => instructions / frames / 2;

describe('bench of decoders', () => {
  it('decodes the same with three decoders, and counts each one', async () => {
    // It throws when the frames of one differ from another's.
    const { wasm3, c, wasm2c, chain } = await countDecoders(encodeQoa(music(0.25), 44_100, 2));
    for (const { frames } of [wasm3, c, wasm2c, chain]) assert.equal(frames, FRAMES);
    assert.ok(sample(c) > 20 && sample(c) < 100, `C: ${sample(c)}`);
    assert.ok(sample(wasm2c) > 20 && sample(wasm2c) < 100, `wasm2c: ${sample(wasm2c)}`);
    assert.ok(sample(wasm3) > 3 * sample(c), `wasm3: ${sample(wasm3)}`);
    // Counts, not times: these budgets hold on every machine.
    assert.ok(sample(wasm3) <= 450, `wasm3: ${sample(wasm3)}`);
    const frame = chain.instructions / FRAMES;
    assert.ok(frame > 2 * sample(wasm3) && frame <= 1200, `chain: ${frame}`);
  });
});
