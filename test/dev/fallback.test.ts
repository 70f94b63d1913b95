// What `dev` tells of builds that are ended on the board, on a virtual Pi.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { Channel } from '../../firmware/link/protocol.js';
import { findProgram } from '../../host-tools/build/project.js';
import { Dev, type DevEvents } from '../../host-tools/dev/dev.js';
import { Link } from '../../host-tools/link/link.js';
import { VirtualTransport, whilePassing } from '../../host-tools/link/virtual.js';
import { VirtualPi } from '../../host-tools/virtual-pi/virtual-pi.js';
import { Variant, variantOf } from '../link/swap-link.js';
import { testFolder } from '../media/sounds.js';

const TRAP_KEY = 't';
const ENDLESS_MS = 1e9;

const source = (onKey: string): string => `
import { serviceConsole } from 'mirleft/firmware/console/console';
import { nextKey } from 'mirleft/firmware/console/keys';
import { serviceDevLine } from 'mirleft/firmware/link/dev-line';

export function start(_generation: i32): void {}

export function step(_events: i32): i64 {
  const line = serviceDevLine();
  for (let key = nextKey(); key; key = nextKey()) ${onKey};
  return min(line, serviceConsole());
}
`;

describe('mirleft dev on a virtual Pi', () => {
  it('tells the lines of a build that runs again and traps, too', async () => {
    const main = path.join(testFolder(), 'main.ts');
    fs.writeFileSync(main, source('continue'));
    const { wasm, sourceMap } = await variantOf(Variant.plain);
    const pi = new VirtualPi({ program: { wasm, sourceMap } });
    const swapped: string[] = [];
    const failed: string[] = [];
    const nothing = (): void => undefined;
    const events: DevEvents = {
      text: nothing,
      building: nothing,
      built: nothing,
      unchanged: nothing,
      sending: nothing,
      swapped: (kind) => void swapped.push(kind),
      failed: (problem) => void failed.push(problem.text()),
      waiting: nothing,
    };
    const ending = new AbortController();
    const dev = new Dev({ program: findProgram(main), cache: false, signal: ending.signal }, events);
    const transport = new VirtualTransport(pi);
    const link = await whilePassing(pi, Link.connect(transport, { onText: dev.onText }));
    const until = async (so: () => boolean): Promise<void> => {
      const state = async (): Promise<void> => {
        while (!so()) await setImmediate();
      };
      await whilePassing(pi, state(), ENDLESS_MS);
    };
    try {
      const serving = dev.serve(link);
      await until(() => swapped.length === 1);
      fs.writeFileSync(main, source('if (key === 0x74) unreachable()'));
      await until(() => swapped.length === 3 || failed.length > 0);
      assert.deepEqual([swapped, failed], [['full', 'quick', 'full'], []]);
      for (const times of [1, 2]) {
        await whilePassing(pi, link.send(Channel.Console, Buffer.from(TRAP_KEY)));
        await until(() => failed.length === times);
      }
      for (const text of failed)
        assert.match(
          text,
          /^the new code was ended: it traps; .*\nfault: trap: unreachable executed\n {2}at step \(main\.ts:10:\d+\)$/,
        );
      ending.abort();
      await whilePassing(pi, Promise.all([serving, link.leave()]));
    } finally {
      await dev.close();
    }
  });
});
