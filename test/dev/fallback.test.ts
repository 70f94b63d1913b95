// What `dev` makes of builds that are ended on the board, on a virtual Pi.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { Channel } from '../../firmware/link/protocol.js';
import { findProgram } from '../../host-tools/build/project.js';
import { Dev, type DevEvents } from '../../host-tools/dev/dev.js';
import { Link } from '../../host-tools/link/link.js';
import { VirtualTransport, whilePassing } from '../../host-tools/link/virtual.js';
import type { ProgramSource } from '../../host-tools/virtual-pi/board/program.js';
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

const PLAIN = source('continue');
const trapping = (times: number): string => source(`if (key === 0x74) unreachable() // ${times}`);
const nothing = (): void => undefined;

/** `dev` on a virtual Pi, and what it tells. */
class Rig {
  readonly swapped: string[] = [];
  readonly failed: string[] = [];
  readonly events: DevEvents = {
    text: nothing,
    building: nothing,
    built: nothing,
    unchanged: nothing,
    sending: nothing,
    swapped: (kind) => void this.swapped.push(kind),
    failed: (problem) => void this.failed.push(problem.text()),
    waiting: nothing,
  };
  private readonly main = path.join(testFolder(), 'main.ts');
  private readonly ending = new AbortController();
  private readonly dev: Dev;
  private readonly pi: VirtualPi;
  private link: Link | undefined;
  private serving: Promise<void> | undefined;

  constructor({ wasm, sourceMap }: ProgramSource) {
    this.pi = new VirtualPi({ program: { wasm, sourceMap } });
    this.save(PLAIN);
    this.dev = new Dev({ program: findProgram(this.main), cache: false, signal: this.ending.signal }, this.events);
  }

  /** Until what is saved runs. */
  async begin(): Promise<void> {
    const { pi, dev } = this;
    this.link = await whilePassing(pi, Link.connect(new VirtualTransport(pi), { onText: dev.onText }));
    this.serving = dev.serve(this.link);
    await this.until(() => this.swapped.length === 1);
  }

  save(text: string): void {
    fs.writeFileSync(this.main, text);
  }

  press(key: string): Promise<void> {
    return this.link?.send(Channel.Console, Buffer.from(key)) ?? assert.fail();
  }

  async until(so: () => boolean): Promise<void> {
    const state = async (): Promise<void> => {
      while (!so()) await setImmediate();
    };
    await whilePassing(this.pi, state(), ENDLESS_MS);
  }

  async end(): Promise<void> {
    this.ending.abort();
    await whilePassing(this.pi, Promise.all([this.serving, this.link?.leave()]));
    await this.dev.close();
  }
}

describe('mirleft dev on a virtual Pi', () => {
  let rig: Rig;
  let times = 0;
  before(async () => {
    rig = new Rig(await variantOf(Variant.plain));
    await rig.begin();
  });
  beforeEach(async () => {
    rig.swapped.length = rig.failed.length = 0;
    rig.save(trapping(times++));
    await rig.until(() => rig.swapped.length === 2 || rig.failed.length > 0);
    assert.deepEqual([rig.swapped, rig.failed], [['quick', 'full'], []]);
  });
  after(() => rig.end());

  it('tells the lines of a build that runs again and traps, too', async () => {
    for (const times of [1, 2]) {
      await rig.press(TRAP_KEY);
      await rig.until(() => rig.failed.length === times);
    }
    for (const text of rig.failed)
      assert.match(
        text,
        /^the new code was ended: it traps; .*\nfault: trap: unreachable executed\n {2}at step \(main\.ts:10:\d+\)$/,
      );
  });

  for (const stage of ['building', 'sending'] as const)
    it(`brings what was saved to the board when what runs is ended while that is ${stage}`, async () => {
      rig.events[stage] = () => {
        rig.events[stage] = nothing;
        void rig.press(TRAP_KEY);
      };
      rig.save(PLAIN.replace('continue', 'key++'));
      await rig.until(() => rig.swapped.length === 4);
      assert.deepEqual(rig.swapped.slice(2), ['quick', 'full']);
      assert.equal(rig.failed.length, 1, rig.failed.join('\n'));
      assert.match(rig.failed[0] ?? '', /^the new code was ended: it traps; /);
    });
});
