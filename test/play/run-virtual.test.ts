// How fast a run on the virtual Pi is let go.

import assert from 'node:assert/strict';
import net from 'node:net';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { Channel } from '../../firmware/link/protocol.js';
import { LineServer } from '../../host-tools/link/line-server.js';
import { openPort } from '../../host-tools/link/port.js';
import { startSession } from '../../host-tools/link/session.js';
import { startVirtualRun } from '../../host-tools/play/run-virtual.js';
import { toMs } from '../../host-tools/virtual-pi/time.js';
import type { VirtualPi } from '../../host-tools/virtual-pi/virtual-pi.js';
import { when } from '../cli/mirleft.js';
import { testFolder } from '../media/sounds.js';
import { playerOf, programOf } from '../virtual-pi/pi-rig.js';

const ignore = (): void => undefined;

/** A piece of virtual time between two looks at the clock, and some more of what the program does then. */
const GRAIN_MS = 20;

describe('a run on the virtual Pi', () => {
  it('keeps to the clock while somebody has its line, and not afterwards', async () => {
    // It ends 61 virtual seconds after it has begun.
    const program = await programOf('restarts');
    const line = await LineServer.listen(path.join(testFolder(), 'line'));
    let problem: string | undefined;
    const events = {
      text: ignore,
      record: ignore,
      tick: ignore,
      problem: (what: Error) => void (problem = what.message),
    };
    const client = net.connect(line.path);
    await when(() => line.isTaken, 'the client');
    const began = performance.now();
    const boxed: { pi?: VirtualPi } = {};
    const run = startVirtualRun({ program, line, records: false, prepare: (pi) => void (boxed.pi = pi) }, events);
    const virtualMs = (): number => toMs(boxed.pi?.now ?? 0);
    await when(() => virtualMs() > 300, 'virtual time');
    const [virtual, host] = [virtualMs(), performance.now() - began];
    assert.ok(virtual < host + GRAIN_MS, `${virtual} ms in ${host} ms`);
    client.destroy();
    const { fault } = await run.ended;
    const took = performance.now() - began;
    line.close();
    assert.deepEqual([fault?.kind, problem], ['trap', undefined]);
    assert.ok(virtualMs() > 61_000 && took < virtualMs(), `${virtualMs()} ms in ${took} ms`);
  });

  it('has a line on which the rate is raised, and back at the old one for keys after the session', async () => {
    const program = await playerOf();
    const line = await LineServer.listen(path.join(testFolder(), 'line'));
    let text = '';
    const events = { text: (more: string) => void (text += more), record: ignore, tick: ignore, problem: ignore };
    const keys = new PassThrough();
    const run = startVirtualRun({ program, line, records: false, keys, realtime: true }, events);
    const answered = async (): Promise<void> => {
      await when(() => text.includes('left and right'), 'the answer to a key');
      text = '';
    };
    try {
      for (const [given, wanted] of [
        [undefined, 3_000_000],
        [921_600, 921_600],
      ] as const) {
        const link = await startSession(await openPort(line.path), { baud: given });
        assert.equal(link.transport.baud, wanted);
        await link.send(Channel.Console, Buffer.from('?'));
        await answered();
        await link.close();
        keys.write('?');
        await answered();
      }
    } finally {
      keys.end();
      run.stop();
      await run.ended;
      line.close();
    }
  });
});
