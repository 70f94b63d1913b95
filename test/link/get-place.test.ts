// What a fetched file may replace, and what is left beside it.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { FileOp } from '../../firmware/link/protocol.js';
import type { Connect, TransferEvent } from '../../host-tools/link/file-transfers.js';
import { getFiles, type GetOptions } from '../../host-tools/link/get-files.js';
import { Part, placeOf } from '../../host-tools/link/get-place.js';
import { Problem } from '../../host-tools/problem.js';
import { testFolder } from '../media/sounds.js';
import { noise } from '../storage/fat-rig.js';
import { makeFat } from '../support/fat-image.js';
import { connecting } from './files-link.js';
import { FilesRig } from './files-rig.js';

describe('link/get-place', () => {
  let folder: string;
  let rig: FilesRig;
  let connect: Connect;
  const at = (name: string): string => path.join(folder, name);
  before(async () => (rig = await FilesRig.start()));
  beforeEach(() => {
    folder = testFolder();
    makeFat(at('card.img'), { bits: 16, kib: 4000, clusterSectors: 1 });
    rig.mount(fs.readFileSync(at('card.img')));
    rig.put('song', noise(200_000, 1));
    connect = connecting(rig);
  });

  /** Gets a file; its Problem, or undefined. */
  async function get(to: string, options: Partial<GetOptions> = {}): Promise<Problem | undefined> {
    const events: TransferEvent[] = [];
    try {
      for await (const event of getFiles({ connect, name: 'song', file: at(to), ...options })) events.push(event);
    } catch (error) {
      assert(error instanceof Problem, String(error));
      return error;
    }
    return events.flatMap((event) => (event.event === 'failed' ? [event.problem] : []))[0];
  }
  const parts = (): string[] => fs.readdirSync(folder).filter((name) => name.endsWith('.mirleft-get'));
  const isSong = (name: string): boolean => fs.readFileSync(at(name)).equals(noise(200_000, 1));
  /** Ends the transfer at a piece of it. */
  function breaking(after: number): Partial<GetOptions> {
    const ending = new AbortController();
    return {
      signal: ending.signal,
      connect: async (signal) => {
        const link = await connect(signal);
        const { receive } = link;
        let pieces = 0;
        link.receive = (channel, take) =>
          receive.call(link, channel, (payload) => {
            if (payload[0] === FileOp.Data && ++pieces > after) ending.abort();
            const isTransfer = payload[0] === FileOp.Data || payload[0] === FileOp.End;
            if (!ending.signal.aborted || !isTransfer) take(payload);
          });
        return link;
      },
    };
  }

  it('replaces files alone', async () => {
    execFileSync('mkfifo', [at('fifo')]);
    fs.mkdirSync(at('folder/song'), { recursive: true });
    fs.symlinkSync('nowhere', at('dangling'));
    fs.symlinkSync('/dev/null', at('device'));
    for (const [name, text] of [
      ['fifo', /fifo: is no file, but a device, a pipe or a socket/],
      ['folder', /folder\/song: is a folder here/],
      ['dangling', /dangling: is a link that leads nowhere/],
      ['device', /device: is no file, but a device/],
    ] as const)
      for (const force of [true, false]) {
        const problem = await get(name, { force });
        assert.equal(problem?.code, 'refused', name);
        assert.match(problem.line(), text);
      }
    assert(fs.lstatSync(at('fifo')).isFIFO() && fs.lstatSync(at('dangling')).isSymbolicLink());
    assert.deepEqual(parts(), []);
  });

  it('writes through a link to the file that it leads to, and keeps the link', async () => {
    fs.mkdirSync(at('other'));
    fs.writeFileSync(at('other/target'), 'old');
    fs.symlinkSync('other/target', at('link'));
    assert.equal((await get('link'))?.code, 'would-overwrite');
    assert.equal(await get('link', { force: true }), undefined);
    assert(fs.lstatSync(at('link')).isSymbolicLink() && isSong('other/target'));
    assert.deepEqual(fs.readdirSync(at('other')), ['target']);
  });

  it('takes no name that another has taken meanwhile', async () => {
    const place = placeOf(at('song'));
    const part = new Part(place, { name: 'song', bytes: 1, written: undefined });
    fs.writeFileSync(part.path, 'new');
    fs.writeFileSync(at('song'), 'mine');
    assert.throws(
      () => part.finish(at('song'), false),
      (error: Problem) => error.code === 'would-overwrite' && error.file === at('song'),
    );
    assert.equal(fs.readFileSync(at('song'), 'utf8'), 'mine');
    fs.rmSync(at('song'));
    execFileSync('mkfifo', [at('song')]);
    assert.throws(() => part.finish(at('song'), true), Problem);
    assert(fs.lstatSync(at('song')).isFIFO());
    fs.rmSync(at('song'));
    part.finish(at('song'), false);
    assert.deepEqual([fs.readFileSync(at('song'), 'utf8'), parts()], ['new', []]);
  });

  it('says where a fetch that was broken off waits, goes on with it, and removes it when it is of no use', async () => {
    const problem = await get('song', breaking(90));
    assert.equal(problem?.code, 'interrupted');
    const [part = ''] = parts();
    assert.match(problem.line(), new RegExp(`\\d+ bytes of it wait in .*${part}, and the same command goes on there`));
    let from = 0;
    for await (const event of getFiles({ connect, name: 'song', file: at('song') }))
      if (event.event === 'begin') from = event.from;
    assert.deepEqual([from > 50_000, isSong('song'), parts()], [true, true, []]);
    // One that nothing had come of leaves nothing.
    fs.rmSync(at('song'));
    await get('song', breaking(0));
    assert.deepEqual(parts(), []);
    // The card has another file by that name now.
    await get('song', breaking(90));
    assert.equal(parts().length, 1);
    rig.put('song', noise(1000, 2));
    fs.writeFileSync(at('.songs.01234567.mirleft-get'), 'of another file');
    await get('song');
    assert.deepEqual(parts(), ['.songs.01234567.mirleft-get']);
  });

  it('names the file that was asked for when something is wrong here', async () => {
    const problem = await get('none/there');
    assert.equal(problem?.file, at('none/there'));
    assert.doesNotMatch(problem.line(), /mirleft-get/);
  });
});
