// Transfers whose line goes, or that are broken off: what is there is used again.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { FileOp } from '../../firmware/link/protocol.js';
import type { Connect } from '../../host-tools/link/file-transfers.js';
import { Problem } from '../../host-tools/problem.js';
import { when } from '../cli/mirleft.js';
import { noise } from '../storage/fat-rig.js';
import { connecting, type RigLink } from './files-link.js';
import { failed, refuses, transfersHere } from './transfers-rig.js';

describe('link/file-transfers, cut off', () => {
  const here = transfersHere();
  const { at, file, parts, put, get } = here;

  it('goes on by itself when the cable was pulled', async () => {
    const content = noise(400_000, 4);
    let sent = 0;
    let links = 0;
    const cut = (after: number, op: number): Connect => {
      sent = 0;
      return (signal) => {
        links++;
        return connecting(here.rig, (link, payload) => {
          if (payload[0] === op && ++sent === after) link.lose();
        })(signal);
      };
    };
    here.connect = cut(200, FileOp.Data);
    const { events, report } = await put([file('big', content)], '');
    assert.deepEqual([report.files, report.failed, links], [1, 0, 2]);
    assert.deepEqual(
      events.filter(({ event }) => event !== 'progress').map(({ event }) => event),
      ['begin', 'lost', 'found', 'begin', 'done'],
    );
    const again = events.filter((event) => event.event === 'begin').at(-1);
    assert(again?.event === 'begin' && again.from > 100_000, 'began anew');
    assert(here.rig.get('big').equals(content));
    // The answer to the end was lost: all is there.
    here.connect = cut(1, FileOp.End);
    await put([file('big', noise(400_000, 5))], '', { force: true });
    assert(here.rig.get('big').equals(noise(400_000, 5)));
    here.connect = cut(1, FileOp.Get);
    await get('big', at('back'));
    assert(fs.readFileSync(at('back')).equals(noise(400_000, 5)));
  });

  it('gives up what does not come back, and is told of a board that never answers', async () => {
    const never = (): Promise<never> => Promise.reject(new Problem('no-answer', 'nothing answers'));
    await refuses(put([file('a', '1')], '', { connect: never }), 'no-answer');
    await refuses(get('a', at('b'), { connect: never }), 'no-answer');
  });

  it('breaks off when told so; what is there stays to go on with', async () => {
    const content = noise(400_000, 6);
    const ending = new AbortController();
    let aborts = 0;
    here.connect = connecting(here.rig, (_, payload) => {
      if (payload[0] === FileOp.Abort) aborts++;
      if (payload[0] === FileOp.Data && ++sent === 150) ending.abort();
    });
    let sent = 0;
    await refuses(put([file('big', content)], '', { signal: ending.signal }), 'interrupted');
    assert.equal(aborts, 1);
    assert.deepEqual(
      here.rig.list('').filter(({ name }) => !name.startsWith('.mirleft-put')),
      [],
    );
    here.connect = connecting(here.rig);
    const { events } = await put([at('big')], '');
    const begun = events[0];
    assert(begun?.event === 'begin' && begun.from > 100_000, JSON.stringify(begun));
    assert(here.rig.get('big').equals(content));
  });

  it('fetches the rest of what was broken off, and notices another content', async () => {
    const content = noise(200_000, 7);
    here.rig.put('big', content);
    let client = 0;
    const breaking =
      (most: number): Connect =>
      async (signal) => {
        const link = (await here.connect(signal)) as RigLink;
        if (client++ > 0) throw new Problem('no-answer', 'nothing answers');
        const { receive } = link;
        let bytes = 0;
        link.receive = (channel, take) =>
          receive.call(link, channel, (payload) => {
            if (payload[0] === FileOp.Data && (bytes += payload.length) > most) link.lose();
            else if (bytes <= most) take(payload);
          });
        return link;
      };
    const isBegun = (): boolean => parts().some((name) => fs.statSync(at(name)).size >= 80_000);
    const ending = new AbortController();
    const running = get('big', at('big'), { connect: breaking(90_000), signal: ending.signal });
    const left = refuses(running, 'interrupted');
    await when(isBegun, 'a part');
    ending.abort();
    await left;
    assert(!fs.existsSync(at('big')));
    const { report } = await get('big', at('big'));
    assert(report.bytes < 120_000, `${report.bytes} bytes again`);
    assert(fs.readFileSync(at('big')).equals(content));
    // What is left of another content of the same length is found out, and not used twice.
    fs.rmSync(at('big'));
    client = 0;
    const other = new AbortController();
    const broken = refuses(get('big', at('big'), { connect: breaking(90_000), signal: other.signal }), 'interrupted');
    await when(isBegun, 'a part');
    other.abort();
    await broken;
    here.rig.put('big', noise(200_000, 8));
    failed(await get('big', at('big')), 'verify-failed', /changed/);
    assert.deepEqual(parts(), []);
    await get('big', at('big'));
    assert(fs.readFileSync(at('big')).equals(noise(200_000, 8)));
  });
});
