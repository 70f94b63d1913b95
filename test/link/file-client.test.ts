// The host's side of files against a device that is broken, silent or hostile, and names that may not be.

import assert from 'node:assert/strict';
import { FileOp, LinkError } from '../../firmware/link/protocol.js';
import { FileClient } from '../../host-tools/link/file-client.js';
import { remoteName } from '../../host-tools/link/remote-names.js';
import { RemoteProblem } from '../../host-tools/link/remote-problem.js';
import { Problem } from '../../host-tools/problem.js';
import { noise } from '../storage/fat-rig.js';
import { connecting, RigLink } from './files-link.js';
import { refuses, transfersHere } from './transfers-rig.js';

describe('link/file-client', () => {
  const here = transfersHere();
  const { at, tree, get } = here;

  it('makes no file of a name that leads out of its folder', async () => {
    const entry = (name: string): Buffer =>
      Buffer.concat([Buffer.alloc(9), Buffer.of(Buffer.byteLength(name)), Buffer.from(name)]);
    const names = ['../out', '..', '.', '', 'a/b', 'a\\b', 'esc\x1b]0;x'];
    const list = Buffer.concat([Buffer.of(FileOp.List | 0x80, 0, 0, 0, 0, 0), ...names.map(entry)]);
    here.connect = (signal) =>
      connecting(here.rig)(signal).then((link) => {
        const { receive } = link;
        link.receive = (channel, take) =>
          receive.call(link, channel, (payload) => take(payload[0] === (FileOp.List | 0x80) ? list : payload));
        return link;
      });
    const before = tree('.').length;
    const { report, events } = await get('', at('all'), { recursive: true });
    assert.deepEqual([report.files, report.failed, tree('all')], [0, names.length, []]);
    assert.equal(tree('.').length, before + 1);
    for (const event of events) assert(event.event === 'failed' && !event.problem.line().includes('\x1b'));
  });

  it('leaves the device free when what it sends cannot be kept', async () => {
    here.rig.put('big', noise(600_000, 5));
    const asked: number[] = [];
    const client = new FileClient(new RigLink(here.rig, (_, payload) => void asked.push(payload[0] ?? 0)));
    let pieces = 0;
    const full = new Problem('write-failed', 'the disk is full');
    const getting = client.get('big', 0, () => {
      if (++pieces === 3) throw full;
    });
    await assert.rejects(getting, full);
    assert.equal((await client.stat('big')).bytes, 600_000);
    assert.deepEqual([pieces, asked], [3, [FileOp.Get, FileOp.Abort, FileOp.Stat]]);
  });

  it('says of a program without files that it has none', async () => {
    const { setTimeout: real } = globalThis;
    // Seconds as milliseconds.
    globalThis.setTimeout = ((call: () => void, ms: number) => real(call, ms / 1000)) as typeof setTimeout;
    try {
      const link = new RigLink(here.rig);
      const { send } = link;
      link.send = () => Promise.resolve();
      const client = new FileClient(link);
      await refuses(client.stat('a'), 'no-answer', /does its program serve them/);
      // One that has, and falls silent while its link lives.
      link.send = send;
      here.rig.put('a', Buffer.from('a'));
      await client.stat('a');
      link.send = () => Promise.resolve();
      await refuses(client.stat('a'), 'no-answer', /has said nothing about it for 120 s/);
    } finally {
      globalThis.setTimeout = real;
    }
  });

  it('asks for no name that may not be', async () => {
    for (const name of ['../x', 'a/../b', 'a\x07b', 'n'.repeat(256)]) assert.throws(() => remoteName(name), Problem);
    const client = new FileClient(new RigLink(here.rig));
    for (const name of ['a:b', 'a.', '', 'b /c']) await refuses(client.makeFolder(name), 'usage');
    assert.equal(remoteName('//music//a.wav/'), 'music/a.wav');
  });

  it('takes nothing from a device that is broken, and hangs on none', async () => {
    const answers: [number, Uint8Array][] = [
      [FileOp.Stat, Uint8Array.of(FileOp.Stat | 0x80, 0, 1)],
      [FileOp.Space, Uint8Array.of(FileOp.Space | 0x80, 0)],
      [FileOp.List, Uint8Array.of(FileOp.List | 0x80, 0, 0, 0, 0, 0, 1)],
    ];
    for (const [op, answer] of answers) {
      const link = new RigLink(here.rig);
      let take: (payload: Uint8Array) => void = () => undefined;
      link.receive = (_, to) => (take = to);
      link.send = (_, payload) => Promise.resolve(payload[0] === op ? take(answer) : undefined);
      const client = new FileClient(link);
      const asked = op === FileOp.Stat ? client.stat('x') : op === FileOp.Space ? client.space() : client.list('');
      await refuses(asked, 'refused', /cut off/);
    }
    const unknown = new RemoteProblem(200, 'esc \x1b]0;x\x07', 'name');
    assert(!unknown.line().includes('\x1b'));
    assert.equal(new RemoteProblem(LinkError.NotFound, 'no', '').line().startsWith('/: no'), true);
  });
});
