import assert from 'node:assert/strict';
import { clickLatencies } from '../../host-tools/web/latency.js';
import { playerBuild } from '../play/player.js';

describe('a click', () => {
  it('changes a word within 60 virtual milliseconds, wherever it falls', async () => {
    const latencies = clickLatencies(await playerBuild());
    assert.ok(Math.max(...latencies) <= 60, latencies.join(' '));
    // Each is a click of its own.
    assert.ok(new Set(latencies).size > latencies.length / 2 && Math.min(...latencies) > 0);
  });
});
