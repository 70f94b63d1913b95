// How fast a run on the virtual Pi is let go.

import assert from 'node:assert/strict';
import net from 'node:net';
import path from 'node:path';
import { LineServer } from '../../host-tools/link/line-server.js';
import { startVirtualRun } from '../../host-tools/play/run-virtual.js';
import { when } from '../cli/mirleft.js';
import { testFolder } from '../media/sounds.js';
import { programOf } from '../virtual-pi/pi-rig.js';

describe('a run on the virtual Pi', () => {
  it('keeps to the clock while somebody has its line, and not afterwards', async () => {
    // It ends 61 virtual seconds after it has begun.
    const program = await programOf('restarts');
    const line = await LineServer.listen(path.join(testFolder(), 'line'));
    let problem: string | undefined;
    const ignore = (): void => undefined;
    const events = {
      text: ignore,
      record: ignore,
      tick: ignore,
      problem: (what: Error) => void (problem = what.message),
    };
    const client = net.connect(line.path);
    await when(() => line.isTaken, 'the client');
    const began = performance.now();
    const run = startVirtualRun({ program, line, records: false }, events);
    let ended = false;
    void run.ended.then(() => (ended = true));
    await new Promise((resolve) => setTimeout(resolve, 1500));
    assert.equal(ended, false);
    client.destroy();
    const { fault, virtual } = await run.ended;
    const took = performance.now() - began;
    line.close();
    assert.deepEqual([fault?.kind, problem], ['trap', undefined]);
    assert.ok(virtual && virtual.virtualMs > 61_000 && took < 31_000, `${virtual?.virtualMs} ms in ${took} ms`);
  });
});
