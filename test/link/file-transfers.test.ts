// The host's side of files against the device's own service.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { FileOp } from '../../firmware/link/protocol.js';
import { noise } from '../storage/fat-rig.js';
import { connecting } from './files-link.js';
import { failed, kinds, refuses, transfersHere } from './transfers-rig.js';

describe('link/file-transfers', () => {
  const here = transfersHere();
  const { at, file, tree, parts, put, get } = here;

  it('puts and gets files of every length', async () => {
    for (const bytes of [0, 1, 100, 1023, 1024, 50_000, 400_000]) {
      const content = noise(bytes, bytes + 1);
      const { events, report } = await put([file(`a${bytes}`, content)], '');
      assert.deepEqual(report, { files: 1, same: 0, bytes, failed: 0 });
      assert.deepEqual([events.at(0)?.event, events.at(-1)?.event], ['begin', 'done']);
      await get(`a${bytes}`, at('back'), { force: true });
      assert(fs.readFileSync(at('back')).equals(content), `${bytes} bytes`);
    }
    assert.deepEqual(parts(), []);
  });

  it('sends nothing of what is there already', async () => {
    const name = file('a.wav', noise(70_000, 1));
    await put([name], '');
    let sent = 0;
    here.connect = connecting(here.rig, (_, payload) => (sent += Number(payload[0] === FileOp.Put)));
    const again = await put([name], '/a.wav');
    assert.deepEqual([kinds(again), sent, again.report.same], [['same'], 0, 1]);
    assert.deepEqual(kinds(await get('a.wav', here.folder)), ['same']);
    // Of the same length, but another content.
    file('a.wav', noise(70_000, 2));
    const refused = await put([name], '');
    assert.equal(refused.report.failed, 1);
    assert.deepEqual(kinds(refused), ['failed']);
    assert(here.rig.get('a.wav').equals(noise(70_000, 1)));
    failed(await get('a.wav', here.folder), 'would-overwrite', /-f/);
    assert(fs.readFileSync(name).equals(noise(70_000, 2)));
    await put([name], '', { force: true });
    assert(here.rig.get('a.wav').equals(noise(70_000, 2)));
  });

  it('puts folders with what is in them, under names that a card takes', async () => {
    file('tree/one/ä.wav', 'a');
    file('tree/one/two/c.wav', 'c');
    file('tree/a:b?.wav', 'x');
    file('tree/d.mp3', 'd');
    file('tree/same.wav', '1');
    file('tree/SAME.wav', '2');
    fs.symlinkSync('/etc/hostname', at('tree/link'));
    failed(await put([at('tree')], ''), 'refused', /-r/);
    here.rig.makeFolder('music');
    const { report, events } = await put([at('tree')], 'music/', { recursive: true });
    assert.equal(report.failed, 1);
    assert.deepEqual(
      events.filter(({ event }) => event === 'renamed').map((event) => event.event === 'renamed' && event.to),
      ['a_b_.wav'],
    );
    const told = events.flatMap((event) =>
      event.event === 'skipped' || event.event === 'unplayable' ? [[event.event, path.basename(event.name)]] : [],
    );
    assert.deepEqual(told, [
      ['unplayable', 'd.mp3'],
      ['skipped', 'link'],
    ]);
    assert.deepEqual(
      here.rig.list('music/tree').map(({ name }) => name),
      ['SAME.wav', 'a_b_.wav', 'd.mp3', 'one'],
    );
    assert.equal(here.rig.get('music/tree/one/two/c.wav').toString(), 'c');
    assert.equal((await put([at('tree')], 'music', { recursive: true })).report.same, 5);
  });

  /** A folder on the card, with what only the card's own begun put may have. */
  function fill(): void {
    for (const name of ['music', 'music/one', 'music/one/two', 'music/empty']) here.rig.makeFolder(name);
    for (const name of ['1.wav', 'one/2.wav', 'one/two/3.wav']) here.rig.put(`music/${name}`, Buffer.from(name));
    here.rig.feed(noise(70_000, 1), here.rig.begin('half', noise(70_000, 1)), 20_000);
    here.rig.reset();
  }
  const WHOLE = ['1.wav', 'empty', 'one', 'one/2.wav', 'one/two', 'one/two/3.wav'];

  it('gets folders with what is in them', async () => {
    fill();
    await refuses(get('music', `${here.folder}/`), 'refused', /-r/);
    const recursive = true;
    const { report } = await get('music', `${here.folder}/`, { recursive });
    assert.deepEqual([report, tree('music')], [{ files: 3, same: 0, bytes: 27, failed: 0 }, WHOLE]);
    assert.equal(fs.readFileSync(at('music/one/two/3.wav'), 'utf8'), 'one/two/3.wav');
    // Under another name, and the root, but for a put that was begun.
    await get('music/one', at('other'), { recursive });
    assert.deepEqual(tree('other'), ['2.wav', 'two', 'two/3.wav']);
    await get('', at('card'), { recursive });
    assert.deepEqual(tree('card').slice(0, 2), ['music', 'music/1.wav']);
    assert(!tree('card').some((name) => name.includes('mirleft-put')));
  });

  it('fetches nothing of a folder that is here, and leaves what differs', async () => {
    fill();
    const recursive = true;
    let asked = 0;
    await get('music', `${here.folder}/`, { recursive });
    here.connect = connecting(here.rig, (_, payload) => (asked += Number(payload[0] === FileOp.Get)));
    const again = await get('music', `${here.folder}/`, { recursive });
    assert.deepEqual([kinds(again), asked, again.report.same], [['same'], 0, 3]);
    fs.writeFileSync(at('music/one/2.wav'), 'mine');
    fs.rmSync(at('music/1.wav'));
    const { report, events } = await get('music', `${here.folder}/`, { recursive });
    assert.deepEqual([report.files, report.same, report.failed, asked], [2, 1, 1, 1]);
    const problem = events.flatMap((event) => (event.event === 'failed' ? [event.problem] : []))[0];
    assert.deepEqual([problem?.code, problem?.file], ['would-overwrite', at('music/one/2.wav')]);
    assert.equal(fs.readFileSync(at('music/one/2.wav'), 'utf8'), 'mine');
    await get('music', `${here.folder}/`, { recursive, force: true });
    assert.equal(fs.readFileSync(at('music/one/2.wav'), 'utf8'), 'one/2.wav');
  });

  it('tells progress over all, and goes on in the midst of a folder', async () => {
    here.rig.makeFolder('music');
    for (const name of ['a', 'b', 'c']) here.rig.put(`music/${name}`, noise(200_000, name.charCodeAt(0)));
    let pieces = 0;
    here.connect = connecting(here.rig, (link, payload) => {
      if (payload[0] === FileOp.Get && ++pieces === 2) link.lose();
    });
    const { events, report } = await get('music', `${here.folder}/`, { recursive: true });
    assert.deepEqual(report, { files: 3, same: 0, bytes: 600_000, failed: 0 });
    assert.deepEqual(
      events.filter(({ event }) => event !== 'progress').map(({ event }) => event),
      ['begin', 'done', 'begin', 'lost', 'found', 'begin', 'done', 'begin', 'done'],
    );
    const told = events.flatMap((event) => (event.event === 'progress' ? [event] : []));
    assert.deepEqual(
      told.filter(({ bytes, total }) => bytes === total).map(({ name, file, allBytes }) => [name, file, allBytes]),
      [
        ['music/a', 1, 200_000],
        ['music/b', 2, 400_000],
        ['music/c', 3, 600_000],
      ],
    );
    assert(told.every(({ files, allTotal }) => files === 3 && allTotal === 600_000));
  });

  it('goes into a folder where the name is one, and is the name elsewhere', async () => {
    here.rig.makeFolder('music');
    const [a, b] = [file('a', '1'), file('b', '2')];
    await put([a], 'music');
    await put([a], 'music/other');
    await put([a, b], '/music/');
    assert.deepEqual(
      here.rig.list('music').map(({ name }) => name),
      ['a', 'other', 'b'],
    );
    assert.equal((await put([a], 'no/where')).report.failed, 1);
    failed(await put([at('none')], ''), 'not-found', /none: no such file/);
    await get('music/b', at('c'));
    await get('music/b', `${here.folder}/`, { force: true });
    assert.equal(fs.readFileSync(at('c'), 'utf8'), '2');
    await refuses(get('music', at('d')), 'refused', /-r/);
    await refuses(get('none', at('d')), 'not-found');
  });

  it('puts all that can be put, whatever is wrong with the others', async () => {
    const [a, b] = [file('a', '1'), file('b', '2')];
    file('folder/c', '3');
    const { report, events } = await put([a, at('none'), at('folder'), b], '');
    assert.deepEqual(report, { files: 2, same: 0, bytes: 2, failed: 2 });
    const wrong = events.flatMap((event) => (event.event === 'failed' ? [path.basename(event.name)] : []));
    assert.deepEqual(wrong, ['none', 'folder']);
  });

  it('tells what a full card has no room for, with what to do, and puts the others', async () => {
    const files = [
      file('1', '1'),
      file('big', Buffer.alloc(5_000_000)),
      file('3', '3'),
      file('huge', noise(4_500_000, 1)),
    ];
    const { events, report } = await put(files, '');
    assert.deepEqual(report, { files: 2, same: 0, bytes: 2, failed: 2 });
    const problems = events.flatMap((event) => (event.event === 'failed' ? [event.problem] : []));
    assert.deepEqual(
      problems.map(({ code, file }) => [code, file]),
      [
        ['no-room', 'big'],
        ['no-room', 'huge'],
      ],
    );
    assert.match(problems[0]?.line() ?? '', /df/);
  });
});
