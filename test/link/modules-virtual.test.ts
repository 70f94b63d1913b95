// New code over the line of a virtual Pi: swapped while the jack plays, refused, rolled back.

import assert from 'node:assert/strict';
import { Channel, ModuleOp } from '../../firmware/link/protocol.js';
import { Link } from '../../host-tools/link/link.js';
import { ModuleClient, type Fallback } from '../../host-tools/link/module-client.js';
import { VirtualTransport, whilePassing } from '../../host-tools/link/virtual.js';
import { Problem } from '../../host-tools/problem.js';
import { MILLISECOND } from '../../host-tools/virtual-pi/time.js';
import { VirtualPi } from '../../host-tools/virtual-pi/virtual-pi.js';
import { hear, keeping, lastTold, type WordBlock } from '../support/swap-words.js';
import { swapModules } from '../support/swap-plan.js';
import { moduleOf, Variant, variantOf } from './swap-link.js';

interface Rig {
  pi: VirtualPi;
  link: Link;
  client: ModuleClient;
  blocks: WordBlock[];
  fallbacks: Fallback[];
  text(): string;
}

async function rigOf(): Promise<Rig> {
  const { wasm, sourceMap } = await variantOf(Variant.plain);
  const blocks: WordBlock[] = [];
  const fallbacks: Fallback[] = [];
  const pi = new VirtualPi({
    program: { wasm, sourceMap },
    words: keeping(blocks),
  });
  let text = '';
  const onText = (bytes: Uint8Array): void => void (text += Buffer.from(bytes).toString('latin1'));
  const link = await whilePassing(pi, Link.connect(new VirtualTransport(pi), { onText }));
  await whilePassing(pi, link.setBaud(3_000_000));
  const client = new ModuleClient(link);
  client.onFallback = (fallback) => void fallbacks.push(fallback);
  return { pi, link, client, blocks, fallbacks, text: () => text };
}

const pass = (pi: VirtualPi, ms: number): void => pi.runTo(pi.now + ms * MILLISECOND);

/** Ends the program by its key; what was heard, and what it has told. */
async function end({ pi, link, blocks, text }: Rig) {
  await whilePassing(pi, link.send(Channel.Console, Uint8Array.of(0x71)));
  for (let i = 0; i < 100 && !pi.ended; i++) pass(pi, 10);
  assert.deepEqual(pi.ended, { kind: 'exit', exit: 0, status: 0 }, text());
  assert.equal(pi.hardwareUnderruns, 0);
  return hear(blocks);
}

describe('new code over the line of a virtual Pi', () => {
  it('is swapped ten times while the jack plays: no gap, only what changed is sent, the session lasts', async () => {
    const rig = await rigOf();
    const { pi, client, link } = rig;
    const modules = [await moduleOf(10), await moduleOf(11), await moduleOf(12)];
    const swaps: number[] = [];
    for (let i = 0; i < 10; i++) {
      const report = await whilePassing(pi, client.replace(modules[i % 3] as Uint8Array));
      assert.equal(report.generation, i + 2);
      // Of the later ones only a number differs.
      if (i > 0) assert.ok(report.sentBytes > 0 && report.sentBytes < 64, `${report.sentBytes} bytes`);
      assert.ok(report.aheadMs > 100, `${report.aheadMs} ms`);
      swaps.push(report.swapMs);
      pass(pi, 50);
    }
    assert.ok(link.isOpen);
    assert.ok(Math.max(...swaps) <= 50, swaps.map((ms) => ms.toFixed(1)).join(' '));
    const { track, heldMs } = await end(rig);
    assert.deepEqual([track, heldMs], [lastTold(rig.text(), 'track'), 0]);
    assert.equal(lastTold(rig.text(), 'underruns'), 0);
  });

  for (const [name, variant, kind, isHeld] of [
    ['traps', Variant.trap, 'trap', false],
    ['hangs', Variant.hang, 'hang', true],
  ] as const)
    it(`goes back to the module before when it ${name}, and the host is told`, async () => {
      const rig = await rigOf();
      const { pi, client } = rig;
      await whilePassing(pi, client.replace(await moduleOf(variant)));
      for (let i = 0; i < 100 && !rig.fallbacks.length; i++) await whilePassing(pi, Promise.resolve(pass(pi, 10)));
      assert.deepEqual(
        rig.fallbacks.map(({ generation }) => generation),
        [3],
      );
      assert.match(rig.text(), new RegExp(`fault kind=${kind}[\\s\\S]*fault end`));
      // The line is as usable as before.
      await whilePassing(pi, client.replace(await moduleOf(10)));
      const { track, heldMs } = await end(rig);
      assert.equal(track, lastTold(rig.text(), 'track'));
      assert.ok(isHeld ? heldMs > 0 && heldMs < 300 : heldMs === 0, `${heldMs} ms`);
    });

  for (const [name, variant] of [
    ['traps', Variant.trapInStart],
    ['hangs', Variant.hangInStart],
  ] as const)
    it(`is not kept when it ${name} in its start`, async () => {
      const rig = await rigOf();
      const { pi, client } = rig;
      await assert.rejects(whilePassing(pi, client.replace(await moduleOf(variant))), {
        code: 'refused',
        hint: 'the module before it runs on',
      });
      await whilePassing(pi, client.replace(await moduleOf(10)));
      const { heldMs } = await end(rig);
      assert.ok(heldMs < 300, `${heldMs} ms`);
    });

  it('is refused with a reason, and the one that runs plays on', async () => {
    const rig = await rigOf();
    const { pi, client } = rig;
    const [, notWasm, foreign, noExports] = await swapModules();
    for (const [module, reason] of [
      [notWasm, /no Wasm module/],
      [foreign, /imports what this board has not/],
      [noExports, /exports no start/],
      [new Uint8Array(512 * 1024 + 1), /512 KiB at most/],
    ] as const)
      await assert.rejects(whilePassing(pi, client.replace(module as Uint8Array)), (problem: Problem) =>
        reason.test(problem.message),
      );
    await whilePassing(pi, client.replace(await moduleOf(10)));
    const { track, heldMs } = await end(rig);
    assert.deepEqual([track, heldMs], [lastTold(rig.text(), 'track'), 0]);
  });

  it('is refused when what it was put together from is not what the host thinks', async () => {
    const rig = await rigOf();
    const { pi, link, client } = rig;
    const wasm = await moduleOf(10);
    const { sum } = await whilePassing(pi, client.running());
    const wrong = new ModuleClient(link, new Map([[sum, wasm]]));
    await assert.rejects(whilePassing(pi, wrong.replace(wasm)), /what arrived is not what was announced/);
    const right = new ModuleClient(link);
    assert.equal((await whilePassing(pi, right.replace(wasm))).generation, 2);
    const { track, heldMs } = await end(rig);
    assert.deepEqual([track, heldMs], [lastTold(rig.text(), 'track'), 0]);
  });

  it('takes nonsense on its channel for an error, and what was begun before is void', async () => {
    const { pi, link } = await rigOf();
    const answers: Uint8Array[] = [];
    link.receive(Channel.Modules, (payload) => void answers.push(payload));
    const block = (offset: number): Uint8Array => {
      const message = new Uint8Array(9);
      message[0] = ModuleOp.Block;
      new DataView(message.buffer).setUint32(1, offset, true);
      return message;
    };
    for (const message of [
      Uint8Array.of(99),
      Uint8Array.of(ModuleOp.Ask),
      Uint8Array.of(ModuleOp.Begin, 1),
      Uint8Array.of(ModuleOp.Commit),
      Uint8Array.of(ModuleOp.Update),
    ]) {
      const before = answers.length;
      await whilePassing(pi, link.send(Channel.Modules, message));
      for (let i = 0; i < 50 && answers.length === before; i++) await whilePassing(pi, Promise.resolve(pass(pi, 1)));
      assert.deepEqual([...(answers[before] ?? [])].slice(0, 2), [ModuleOp.Failed, 1], `message ${message[0]}`);
    }
    await whilePassing(pi, link.send(Channel.Modules, block(0xfffffff0)));
    await whilePassing(pi, link.send(Channel.Modules, block(0x7fffffff)));
    const again = new ModuleClient(link);
    assert.ok((await whilePassing(pi, again.running())).bytes > 10_000);
  });
});
