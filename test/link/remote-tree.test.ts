// Changes of what is on a card: folders made and removed, names that change, and Ctrl-C in between.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { FileOp } from '../../firmware/link/protocol.js';
import { FileClient } from '../../host-tools/link/file-client.js';
import { existingName, newName, placeName } from '../../host-tools/link/remote-names.js';
import { checkMayLose, makeFolders, removeTree, type RemoveOptions } from '../../host-tools/link/remote-tree.js';
import { Problem, type ProblemCode } from '../../host-tools/problem.js';
import { testFolder } from '../media/sounds.js';
import { makeFat } from '../support/fat-image.js';
import { RigLink } from './files-link.js';
import { FilesRig } from './files-rig.js';

/** A promise that must be rejected with a Problem of this kind, about this name. */
const refuses = (promise: Promise<unknown>, code: ProblemCode, file: string, text = /./): Promise<void> =>
  assert.rejects(promise, (error) => {
    assert(error instanceof Problem, String(error));
    assert.deepEqual([error.code, error.file], [code, file], error.line());
    assert.match(error.line(), text);
    return true;
  });

describe('link/remote-tree', () => {
  const image = path.join(testFolder(), 'card.img');
  let rig: FilesRig;
  let client: FileClient;
  before(async () => (rig = await FilesRig.start()));
  beforeEach(() => {
    makeFat(image, { bits: 16, kib: 4000, clusterSectors: 1 });
    rig.mount(fs.readFileSync(image));
    rig.use('');
    client = new FileClient(new RigLink(rig));
  });
  const put = (name: string): void => void rig.put(name, Buffer.from(name));
  const all = async (names: AsyncGenerator<string>): Promise<string[]> => {
    const list: string[] = [];
    for await (const name of names) list.push(name);
    return list;
  };
  const make = (name: string, parents: boolean): Promise<string[]> => all(makeFolders(client, name, parents));
  const remove = (name: string, options?: RemoveOptions): Promise<string[]> => all(removeTree(client, name, options));

  it('removes trees, makes folders and renames, and tells each change', async () => {
    assert.deepEqual(await make('a/b/c', true), ['a', 'a/b', 'a/b/c']);
    assert.deepEqual(await make('a/b/c', true), []);
    assert.deepEqual(await make('a/b/d', true), ['a/b/d']);
    put('a/b/x');
    await client.rename('a/b/x', 'y', false);
    assert.equal((await client.find('y'))?.bytes, 5);
    await refuses(remove('a'), 'refused', 'a', /-r/);
    await refuses(remove(''), 'refused', '/', /-r/);
    assert.deepEqual(await remove('a', { recursive: true }), ['a/b/c', 'a/b/d', 'a/b', 'a']);
    assert.deepEqual(await client.list(''), [{ name: 'y', isFolder: false, bytes: 5, written: undefined }]);
    await make('empty', false);
    assert.deepEqual(await remove('empty'), ['empty']);
    const { freeBytes, totalBytes, clusterBytes } = await client.space();
    assert(freeBytes < totalBytes && freeBytes % clusterBytes === 0);
  });

  it('names what a refusal is about, with what may be done', async () => {
    put('from');
    put('to');
    await make('folder', false);
    await refuses(client.rename('from', 'to', false), 'would-overwrite', 'to', /-f replaces it/);
    await refuses(client.rename('from', 'folder', true), 'refused', 'folder');
    await refuses(client.rename('from', 'none/to', false), 'not-found', 'none/to', /no such folder/);
    await refuses(client.rename('none', 'to2', false), 'not-found', 'none');
    await refuses(make('folder', false), 'would-overwrite', 'folder', /; with -p/);
    await refuses(make('from', true), 'refused', 'from', /is a file/);
    rig.use('from');
    await refuses(client.rename('from', 'new', false), 'in-use', 'from');
    await refuses(client.rename('from', 'to', true), 'in-use', 'from or to');
  });

  it('says of the file in which the player keeps its place that it does', async () => {
    put('player.state');
    rig.use('player.state');
    await refuses(remove('player.state'), 'in-use', 'player.state', /the player keeps its place in it; /);
  });

  it('takes nothing away without which a card does not boot, unless it is asked to', async () => {
    for (const name of ['kernel8.img', 'song.wav']) put(name);
    for (const name of ['config.txt', 'Start4.elf', 'start4cd.elf', 'fixup4cd.dat', 'bcm2711-rpi-4-b.dtb'])
      assert.throws(() => checkMayLose(name), Problem);
    for (const name of ['music/kernel8.img', 'player.ini', 'next.img']) checkMayLose(name);
    await refuses(remove('kernel8.img'), 'refused', 'kernel8.img', /does not boot without it; -f/);
    await refuses(remove('', { recursive: true }), 'refused', 'kernel8.img', /-f/);
    assert.equal(rig.list('').length, 2, 'nothing is gone');
    assert.deepEqual(await remove('', { recursive: true, force: true }), ['kernel8.img', 'song.wav']);
  });

  it('takes no empty name, nor one that a card has not, before anything is asked', () => {
    const usage = (error: unknown): boolean => error instanceof Problem && error.code === 'usage';
    for (const call of [() => existingName(''), () => newName(''), () => newName('a:b'), () => placeName('a:b')])
      assert.throws(call, usage);
    assert.deepEqual([existingName('/'), placeName(''), placeName('/a/')], ['', '', 'a']);
  });

  it('stops at Ctrl-C behind the change that is being made', async () => {
    for (let i = 0; i < 10; i++) put(`${i}`);
    const ending = new AbortController();
    let removed = 0;
    const link = new RigLink(rig, (_, payload) => {
      if (payload[0] === FileOp.Remove && ++removed === 4) ending.abort();
    });
    const gone: string[] = [];
    const removing = async (): Promise<void> => {
      const tree = removeTree(new FileClient(link, ending.signal), '', { recursive: true });
      for await (const name of tree) gone.push(name);
    };
    await assert.rejects(removing(), (error: Problem) => error.code === 'interrupted');
    assert.deepEqual([gone, rig.list('').length], [['0', '1', '2', '3'], 6]);
    await assert.rejects(new FileClient(link, ending.signal).makeFolder('new'), Problem);
    assert.equal(rig.list('').length, 6, 'nothing is begun afterwards');
  });

  it('breaks off what only looks', async () => {
    put('a');
    const ending = new AbortController();
    let aborts = 0;
    const link = new RigLink(rig, (_, payload) => (aborts += Number(payload[0] === FileOp.Abort)));
    const { send } = link;
    // The device is at it, and does not answer.
    link.send = (channel, payload) =>
      payload[0] === FileOp.Stat ? Promise.resolve(void rig.give(payload)) : send.call(link, channel, payload);
    const asked = new FileClient(link, ending.signal).stat('a', true);
    await new Promise((resolve) => setImmediate(resolve));
    ending.abort();
    await assert.rejects(asked, (error: Problem) => error.code === 'interrupted');
    assert.equal(aborts, 1);
    rig.reset();
  });
});
