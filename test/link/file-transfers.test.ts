// The host's side of files against the device's own service.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { FileOp, LinkError } from '../../firmware/link/protocol.js';
import { FileClient } from '../../host-tools/link/file-client.js';
import type { Connect, TransferEvent, TransferReport } from '../../host-tools/link/file-transfers.js';
import { getFiles, type GetOptions } from '../../host-tools/link/get-files.js';
import { putFiles, type PutOptions } from '../../host-tools/link/put-files.js';
import { remoteName } from '../../host-tools/link/remote-names.js';
import { RemoteProblem } from '../../host-tools/link/remote-problem.js';
import { Problem, type ProblemCode } from '../../host-tools/problem.js';
import { testFolder } from '../media/sounds.js';
import { noise } from '../storage/fat-rig.js';
import { checkFat, makeFat } from '../support/fat-image.js';
import { connecting, RigLink } from './files-link.js';
import { FilesRig } from './files-rig.js';

interface Ran {
  events: TransferEvent[];
  report: TransferReport;
}

async function finish(running: AsyncGenerator<TransferEvent, TransferReport>): Promise<Ran> {
  const events: TransferEvent[] = [];
  for (;;) {
    const { done, value } = await running.next();
    if (done) return { events, report: value };
    events.push(value);
  }
}

/** A promise that must be rejected with a Problem of this kind. */
const refuses = (promise: Promise<unknown>, code: ProblemCode, text = /./): Promise<void> =>
  assert.rejects(promise, (error) => {
    assert(error instanceof Problem, String(error));
    assert.equal(error.code, code, error.line());
    assert.match(error.line(), text);
    return true;
  });

/** The one file of a transfer must have failed with a Problem of this kind. */
function failed({ events, report }: Ran, code: ProblemCode, text = /./): void {
  const problems = events.flatMap((event) => (event.event === 'failed' ? [event.problem] : []));
  assert.deepEqual([problems.map((problem) => problem.code), report.files, report.failed], [[code], 0, 1]);
  assert.match(problems[0]?.line() ?? '', text);
}

describe('link/file-transfers', () => {
  let folder: string;
  let image: Buffer;
  let rig: FilesRig;
  let connect: Connect;
  const at = (name: string): string => path.join(folder, name);
  const file = (name: string, content: Uint8Array | string): string => {
    fs.mkdirSync(path.dirname(at(name)), { recursive: true });
    fs.writeFileSync(at(name), content);
    return at(name);
  };
  before(async () => (rig = await FilesRig.start()));
  beforeEach(() => {
    folder = testFolder();
    makeFat(at('card.img'), { bits: 16, kib: 4000, clusterSectors: 1 });
    image = fs.readFileSync(at('card.img'));
    rig.mount(image);
    connect = connecting(rig);
  });
  afterEach(() => {
    fs.writeFileSync(at('card.img'), image);
    assert.equal(checkFat(at('card.img')), '');
  });
  const put = (files: string[], to: string, options: Partial<PutOptions> = {}): Promise<Ran> =>
    finish(putFiles({ connect, files, to, ...options }));
  const get = (name: string, to: string, options: Partial<GetOptions> = {}): Promise<Ran> =>
    finish(getFiles({ connect, name, file: to, ...options }));
  const kinds = ({ events }: Ran): string[] => [...new Set(events.map(({ event }) => event))];
  const parts = (): string[] => fs.readdirSync(folder).filter((name) => name.includes('mirleft-get'));

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
    connect = connecting(rig, (_, payload) => (sent += Number(payload[0] === FileOp.Put)));
    const again = await put([name], '/a.wav');
    assert.deepEqual([kinds(again), sent, again.report.same], [['same'], 0, 1]);
    assert.deepEqual(kinds(await get('a.wav', folder)), ['same']);
    // Of the same length, but another content.
    file('a.wav', noise(70_000, 2));
    const refused = await put([name], '');
    assert.equal(refused.report.failed, 1);
    assert.deepEqual(kinds(refused), ['failed']);
    assert(rig.get('a.wav').equals(noise(70_000, 1)));
    failed(await get('a.wav', folder), 'would-overwrite', /-f/);
    assert(fs.readFileSync(name).equals(noise(70_000, 2)));
    await put([name], '', { force: true });
    assert(rig.get('a.wav').equals(noise(70_000, 2)));
  });

  it('puts folders with what is in them, under names that a card takes', async () => {
    file('tree/one/ä.wav', 'a');
    file('tree/one/two/c.wav', 'c');
    file('tree/a:b?.wav', 'x');
    file('tree/same.wav', '1');
    file('tree/SAME.wav', '2');
    fs.symlinkSync('/etc/hostname', at('tree/link'));
    failed(await put([at('tree')], ''), 'refused', /-r/);
    rig.makeFolder('music');
    const { report, events } = await put([at('tree')], 'music/', { recursive: true });
    assert.equal(report.failed, 1);
    assert.deepEqual(
      events.filter(({ event }) => event === 'renamed').map((event) => event.event === 'renamed' && event.to),
      ['a_b_.wav'],
    );
    assert.deepEqual(
      rig.list('music/tree').map(({ name }) => name),
      ['SAME.wav', 'a_b_.wav', 'one'],
    );
    assert.equal(rig.get('music/tree/one/two/c.wav').toString(), 'c');
    assert.equal((await put([at('tree')], 'music', { recursive: true })).report.same, 4);
  });

  /** A folder on the card, with what only the card's own begun put may have. */
  function fill(): void {
    for (const name of ['music', 'music/one', 'music/one/two', 'music/empty']) rig.makeFolder(name);
    for (const name of ['1.wav', 'one/2.wav', 'one/two/3.wav']) rig.put(`music/${name}`, Buffer.from(name));
    rig.feed(noise(70_000, 1), rig.begin('half', noise(70_000, 1)), 20_000);
    rig.reset();
  }
  const tree = (name: string): string[] => fs.readdirSync(at(name), { recursive: true }).map(String).sort();
  const WHOLE = ['1.wav', 'empty', 'one', 'one/2.wav', 'one/two', 'one/two/3.wav'];

  it('gets folders with what is in them', async () => {
    fill();
    await refuses(get('music', `${folder}/`), 'refused', /-r/);
    const recursive = true;
    const { report } = await get('music', `${folder}/`, { recursive });
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
    await get('music', `${folder}/`, { recursive });
    connect = connecting(rig, (_, payload) => (asked += Number(payload[0] === FileOp.Get)));
    const again = await get('music', `${folder}/`, { recursive });
    assert.deepEqual([kinds(again), asked, again.report.same], [['same'], 0, 3]);
    fs.writeFileSync(at('music/one/2.wav'), 'mine');
    fs.rmSync(at('music/1.wav'));
    const { report, events } = await get('music', `${folder}/`, { recursive });
    assert.deepEqual([report.files, report.same, report.failed, asked], [2, 1, 1, 1]);
    const problem = events.flatMap((event) => (event.event === 'failed' ? [event.problem] : []))[0];
    assert.deepEqual([problem?.code, problem?.file], ['would-overwrite', at('music/one/2.wav')]);
    assert.equal(fs.readFileSync(at('music/one/2.wav'), 'utf8'), 'mine');
    await get('music', `${folder}/`, { recursive, force: true });
    assert.equal(fs.readFileSync(at('music/one/2.wav'), 'utf8'), 'one/2.wav');
  });

  it('tells progress over all, and goes on in the midst of a folder', async () => {
    rig.makeFolder('music');
    for (const name of ['a', 'b', 'c']) rig.put(`music/${name}`, noise(200_000, name.charCodeAt(0)));
    let pieces = 0;
    connect = connecting(rig, (link, payload) => {
      if (payload[0] === FileOp.Get && ++pieces === 2) link.lose();
    });
    const { events, report } = await get('music', `${folder}/`, { recursive: true });
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

  it('makes no file of a name that leads out of its folder', async () => {
    const entry = (name: string): Buffer =>
      Buffer.concat([Buffer.alloc(9), Buffer.of(Buffer.byteLength(name)), Buffer.from(name)]);
    const names = ['../out', '..', '.', '', 'a/b', 'a\\b', 'esc\x1b]0;x'];
    const list = Buffer.concat([Buffer.of(FileOp.List | 0x80, 0, 0, 0, 0, 0), ...names.map(entry)]);
    connect = (signal) =>
      connecting(rig)(signal).then((link) => {
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

  it('goes into a folder where the name is one, and is the name elsewhere', async () => {
    rig.makeFolder('music');
    const [a, b] = [file('a', '1'), file('b', '2')];
    await put([a], 'music');
    await put([a], 'music/other');
    await put([a, b], '/music/');
    assert.deepEqual(
      rig.list('music').map(({ name }) => name),
      ['a', 'other', 'b'],
    );
    assert.equal((await put([a], 'no/where')).report.failed, 1);
    failed(await put([at('none')], ''), 'not-found', /none: no such file/);
    await get('music/b', at('c'));
    await get('music/b', `${folder}/`, { force: true });
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

  it('leaves the device free when what it sends cannot be kept', async () => {
    rig.put('big', noise(600_000, 5));
    const asked: number[] = [];
    const client = new FileClient(new RigLink(rig, (_, payload) => void asked.push(payload[0] ?? 0)));
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
      const link = new RigLink(rig);
      const { send } = link;
      link.send = () => Promise.resolve();
      const client = new FileClient(link);
      await refuses(client.stat('a'), 'no-answer', /does its program serve them/);
      // One that has, and falls silent while its link lives.
      link.send = send;
      rig.put('a', Buffer.from('a'));
      await client.stat('a');
      link.send = () => Promise.resolve();
      await refuses(client.stat('a'), 'no-answer', /has said nothing about it for 120 s/);
    } finally {
      globalThis.setTimeout = real;
    }
  });

  it('goes on by itself when the cable was pulled', async () => {
    const content = noise(400_000, 4);
    let sent = 0;
    let links = 0;
    const cut = (after: number, op: number): Connect => {
      sent = 0;
      return (signal) => {
        links++;
        return connecting(rig, (link, payload) => {
          if (payload[0] === op && ++sent === after) link.lose();
        })(signal);
      };
    };
    connect = cut(200, FileOp.Data);
    const { events, report } = await put([file('big', content)], '');
    assert.deepEqual([report.files, report.failed, links], [1, 0, 2]);
    assert.deepEqual(
      events.filter(({ event }) => event !== 'progress').map(({ event }) => event),
      ['begin', 'lost', 'found', 'begin', 'done'],
    );
    const again = events.filter((event) => event.event === 'begin').at(-1);
    assert(again?.event === 'begin' && again.from > 100_000, 'began anew');
    assert(rig.get('big').equals(content));
    // The answer to the end was lost: all is there.
    connect = cut(1, FileOp.End);
    await put([file('big', noise(400_000, 5))], '', { force: true });
    assert(rig.get('big').equals(noise(400_000, 5)));
    connect = cut(1, FileOp.Get);
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
    connect = connecting(rig, (_, payload) => {
      if (payload[0] === FileOp.Abort) aborts++;
      if (payload[0] === FileOp.Data && ++sent === 150) ending.abort();
    });
    let sent = 0;
    await refuses(put([file('big', content)], '', { signal: ending.signal }), 'interrupted');
    assert.equal(aborts, 1);
    assert.deepEqual(
      rig.list('').filter(({ name }) => !name.startsWith('.mirleft-put')),
      [],
    );
    connect = connecting(rig);
    const { events } = await put([at('big')], '');
    const begun = events[0];
    assert(begun?.event === 'begin' && begun.from > 100_000, JSON.stringify(begun));
    assert(rig.get('big').equals(content));
  });

  it('fetches the rest of what was broken off, and notices another content', async () => {
    const content = noise(200_000, 7);
    rig.put('big', content);
    let client = 0;
    const breaking =
      (most: number): Connect =>
      async (signal) => {
        const link = (await connect(signal)) as RigLink;
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
    const ending = new AbortController();
    const running = get('big', at('big'), { connect: breaking(90_000), signal: ending.signal });
    const left = refuses(running, 'interrupted');
    while (parts().length === 0 || fs.statSync(at(parts()[0] ?? '')).size < 80_000)
      await new Promise((resolve) => setTimeout(resolve, 5));
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
    while (parts().length === 0 || fs.statSync(at(parts()[0] ?? '')).size < 80_000)
      await new Promise((resolve) => setTimeout(resolve, 5));
    other.abort();
    await broken;
    rig.put('big', noise(200_000, 8));
    failed(await get('big', at('big')), 'verify-failed', /changed/);
    assert.deepEqual(parts(), []);
    await get('big', at('big'));
    assert(fs.readFileSync(at('big')).equals(noise(200_000, 8)));
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

  it('asks for no name that may not be', async () => {
    for (const name of ['../x', 'a/../b', 'a\x07b', 'n'.repeat(256)]) assert.throws(() => remoteName(name), Problem);
    const client = new FileClient(new RigLink(rig));
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
      const link = new RigLink(rig);
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
