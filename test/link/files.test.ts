// The device's side of files, on cards in memory.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';
import { FileOp, LinkError } from '../../firmware/link/protocol.js';
import { testFolder } from '../media/sounds.js';
import { noise } from '../storage/fat-rig.js';
import { checkFat, getFile, makeFat, mtools, putFile } from '../support/fat-image.js';
import { FilesRig, Refused, u32 } from './files-rig.js';

const HELD = 49152;
const CHUNK = 16384;

/** A call that must be refused with this error. */
function refuses(call: () => unknown, error: number, text = /./): void {
  assert.throws(call, (thrown) => {
    assert(thrown instanceof Refused, String(thrown));
    assert.equal(thrown.error, error, thrown.message);
    assert.match(thrown.text, text);
    return true;
  });
}

describe('link/files on the device', () => {
  const folder = testFolder();
  const file = path.join(folder, 'card.img');
  let rig: FilesRig;
  let image: Buffer;
  before(async () => (rig = await FilesRig.start()));
  beforeEach(() => insert());

  function insert(kib = 4000, clusterSectors = 1): void {
    makeFat(file, { bits: kib < 2000 ? 12 : 16, kib, clusterSectors });
    mtools(file, 'mmd', '::/music');
    putFile(file, '/music/ä long name.wav', noise(5000, 1));
    image = fs.readFileSync(file);
    rig.mount(image);
    rig.changes = 0;
  }
  const checked = (): void => {
    fs.writeFileSync(file, image);
    assert.equal(checkFat(file), '');
  };
  const names = (name = ''): string[] => rig.list(name).map((entry) => entry.name);

  it('tells what a name is, with the sum of its content', () => {
    const { written, ...stat } = rig.stat('/music/ä long name.wav');
    assert.deepEqual(stat, { isFolder: false, bytes: 5000, sum: zlib.crc32(noise(5000, 1)) });
    // 9 September 2001, 01:46:40: the time that mtools was given.
    assert.deepEqual([(written >>> 25) + 1980, (written >>> 21) & 15, (written >>> 16) & 31], [2001, 9, 9]);
    assert.equal(rig.stat('music/ä long name.wav', false).sum, 0);
    assert.equal(rig.stat('music').isFolder, true);
    assert.equal(rig.stat('').isFolder, true);
    refuses(() => rig.stat('music/no'), LinkError.NotFound);
    refuses(() => rig.stat('music/../x'), LinkError.Name);
    refuses(() => rig.stat('x'.repeat(256)), LinkError.Name);
    refuses(() => rig.stat('music/ä long name.wav/x'), LinkError.Kind);
  });

  it('lists folders of any length, in messages that are full', () => {
    const wanted = Array.from({ length: 300 }, (_, i) => `${i} ${'n'.repeat(i % 90)}.wav`);
    rig.makeFolder('many');
    for (const name of wanted) rig.put(`many/${name}`, Buffer.from(name));
    rig.remove(`many/${wanted[17]}`);
    wanted.splice(17, 1);
    const listed = rig.list('many');
    assert.deepEqual(
      listed.map(({ name, bytes }) => [name, bytes]),
      wanted.map((name) => [name, name.length]),
    );
    assert.deepEqual(
      rig.list('').map(({ name, isFolder }) => [name, isFolder]),
      [
        ['music', true],
        ['many', true],
      ],
    );
    refuses(() => rig.list('many/0 .wav'), LinkError.Kind);
    checked();
  });

  it('takes and gives files of every length', () => {
    for (const bytes of [0, 1, 511, 1023, CHUNK, HELD, HELD + 1, 65536, 65537, 300_001]) {
      const content = noise(bytes, bytes + 1);
      assert.equal(rig.put('music/new.bin', content).from, 0);
      assert(rig.get('music/new.bin').equals(content), `${bytes} bytes`);
      assert.equal(rig.stat('music/new.bin').sum, zlib.crc32(content));
    }
    assert.deepEqual(names(), ['music']);
    assert.equal(rig.changes, 10);
    fs.writeFileSync(file, image);
    assert(getFile(file, '/music/new.bin').equals(noise(300_001, 300_002)));
    checked();
  });

  it('gives a part of a file', () => {
    const content = noise(40_000, 5);
    rig.put('part', content);
    for (const [from, most] of [
      [0, 1],
      [1, 20_000],
      [511, 2],
      [39_999, 100],
      [40_000, 1],
      [16_385, 0xffffffff],
      [7, 0],
    ] as const)
      assert(rig.get('part', from, most).equals(content.subarray(from, from + most)), `${from}, ${most}`);
    refuses(() => rig.get('part', 40_001), LinkError.Message);
    refuses(() => rig.get('music'), LinkError.Kind);
  });

  it('goes on with a put that was broken off', () => {
    const content = noise(300_000, 7);
    for (const how of ['reset', 'abort', 'mount'] as const) {
      const begun = rig.begin('music/big.wav', content);
      assert.equal(begun.from, 0);
      rig.feed(content, begun, 100_000);
      if (how === 'reset') rig.reset();
      else rig.abort();
      if (how === 'mount') rig.mount(image);
      assert.deepEqual(names('music'), ['ä long name.wav']);
      checked();
      const again = rig.begin('music/big.wav', content);
      assert.equal(again.from, 98_304, how);
      rig.feed(content, again);
      rig.end(zlib.crc32(content));
      assert(rig.get('music/big.wav').equals(content), how);
      assert.deepEqual(names(), ['music']);
      rig.remove('music/big.wav');
    }
    // Of another content, name or length nothing is there.
    rig.feed(content, rig.begin('a', content), 100_000);
    rig.reset();
    assert.equal(rig.begin('b', content).from, 0);
    rig.reset();
    rig.feed(content, rig.begin('a', content), 100_000);
    rig.reset();
    assert.equal(rig.begin('a', noise(300_000, 8)).from, 0);
    rig.reset();
    checked();
  });

  it('finishes a put whose end has come when its session is over', () => {
    const content = noise(60_000, 9);
    const begun = rig.begin('a', content);
    rig.feed(content, begun);
    rig.give(Buffer.concat([Buffer.of(FileOp.End), u32(zlib.crc32(content))]));
    rig.reset();
    assert(rig.get('a').equals(content));
    assert.equal(rig.changes, 1);
    checked();
  });

  it('leaves nothing of a put whose name has no place in a folder that cannot grow', () => {
    makeFat(file, { bits: 12, kib: 300, clusterSectors: 1, options: ['-r', '16'] });
    image = fs.readFileSync(file);
    rig.mount(image);
    const files = Array.from({ length: 12 }, (_, i) => `F${i}`);
    for (const name of files) rig.put(name, Buffer.from(name));
    const { free } = rig.space();
    for (const bytes of [100, 100_000])
      refuses(() => rig.put('a name that needs four entries.wav', noise(bytes, 3)), LinkError.Full, /directory/);
    assert.deepEqual(names().sort(), files.sort());
    assert.equal(rig.space().free, free);
    checked();
  });

  it('takes nothing that is not what was announced', () => {
    const content = noise(100_000, 3);
    const begun = rig.begin('a', content);
    const other = Buffer.from(content);
    other[70_000] = (other[70_000] as number) ^ 1;
    rig.feed(other, begun);
    refuses(() => rig.end(zlib.crc32(content)), LinkError.Digest);
    assert.deepEqual(names(), ['music']);
    const { credit } = rig.begin('a', content);
    rig.feed(content, { from: 0, credit }, 5000);
    refuses(() => rig.end(zlib.crc32(content)), LinkError.Message, /fewer/);
    rig.begin('a', content.subarray(0, 10));
    rig.give(Buffer.concat([Buffer.of(FileOp.Data), content.subarray(0, 11)]));
    rig.work();
    refuses(() => rig.answer(FileOp.End), LinkError.Message, /more/);
    // What comes behind a failure is for nobody.
    rig.give(Buffer.of(FileOp.Data, 1, 2));
    rig.give(Buffer.of(FileOp.End, 1, 2, 3, 4));
    assert.deepEqual(rig.work().sent, []);
    assert.equal(rig.changes, 0);
    checked();
  });

  it('refuses what a full card has no room for, and leaves it as it was', () => {
    insert(1500, 1);
    const { free, cluster } = rig.space();
    assert.equal(cluster, 512);
    refuses(() => rig.begin('big', Buffer.alloc(free + 1)), LinkError.Full);
    // What others write meanwhile is not known at the beginning.
    const content = noise(free - 512, 4);
    const begun = rig.begin('big', content);
    rig.feed(content, begun, 100_000);
    rig.saveState('player.state');
    refuses(() => {
      rig.feed(content, begun2(begun), content.length);
      rig.end(zlib.crc32(content));
    }, LinkError.Full);
    assert.deepEqual(names(), ['music', 'player.state']);
    assert.equal(rig.space().free, free - 65536);
    // What says of what it is takes a cluster while it comes.
    refuses(() => rig.begin('big', Buffer.alloc(free - 65536)), LinkError.Full, /no room/);
    rig.put('fits', noise(free - 65536 - cluster, 5));
    assert.equal(rig.space().free, cluster);
    checked();
  });

  /** Goes on behind the 100,000 bytes that were sent: the credit was told meanwhile. */
  const begun2 = (begun: { credit: number }): { from: number; credit: number } => ({
    from: 100_000,
    credit: begun.credit - 100_000 + 98_304,
  });

  it('refuses names that may not be, and places that cannot', () => {
    const content = Buffer.from('x');
    for (const name of ['music/../b', '..', '.', 'a\x01b', 'a\x7f', 'a:b', 'a?', 'dot.', 'space ', 'n'.repeat(256)])
      refuses(() => rig.put(name, content), LinkError.Name);
    refuses(() => rig.makeFolder('a*b'), LinkError.Name);
    refuses(() => rig.put('', content), LinkError.Message);
    refuses(() => rig.put('/', content), LinkError.Name);
    for (const name of ['.mirleft-put', '/.MIRLEFT-PUT.INI', '//.mirleft-put'])
      refuses(() => rig.put(name, content), LinkError.Name);
    refuses(() => rig.rename('music', '.mirleft-put'), LinkError.Name);
    refuses(() => rig.put('no/where', content), LinkError.NotFound, /folder/);
    refuses(() => rig.put('music/ä long name.wav/x', content), LinkError.Kind);
    refuses(() => rig.put('music', content), LinkError.Kind);
    refuses(() => rig.put('music/Ä LONG NAME.wav', content, false), LinkError.Exists);
    refuses(() => rig.makeFolder('music'), LinkError.Exists);
    refuses(() => rig.rename('music', 'music/inner'), LinkError.Name, /into itself/);
    refuses(() => rig.remove('music'), LinkError.Kind);
    refuses(() => rig.remove(''), LinkError.Name);
    rig.put('.mirleft-puts', content);
    rig.put('music/.mirleft-put', content);
    assert.equal(rig.changes, 2);
    checked();
  });

  it('makes, renames and removes', () => {
    rig.makeFolder('music/new folder/');
    rig.rename('music/ä long name.wav', 'music/new folder/b.wav');
    assert.deepEqual(names('music/new folder'), ['b.wav']);
    rig.put('c', Buffer.from('c'));
    refuses(() => rig.rename('c', 'music/new folder/b.wav'), LinkError.Exists);
    rig.rename('c', 'music/new folder/b.wav', true);
    assert.equal(rig.get('music/new folder/b.wav').toString(), 'c');
    rig.rename('music/new folder/b.wav', 'music/new folder/B.wav');
    assert.deepEqual(names('music/new folder'), ['B.wav']);
    rig.remove('music/new folder/b.wav');
    rig.remove('music/new folder');
    assert.deepEqual(names('music'), []);
    checked();
  });

  it('leaves a file alone that is in use', () => {
    const name = 'music/ä long name.wav';
    rig.use(name);
    refuses(() => rig.put(name, Buffer.from('x')), LinkError.Busy, /player/);
    refuses(() => rig.remove(name), LinkError.Busy);
    rig.put('x', Buffer.from('x'));
    refuses(() => rig.rename('x', name, true), LinkError.Busy);
    refuses(() => rig.rename(name, 'y'), LinkError.Busy);
    assert.equal(rig.get(name).length, 5000);
    rig.use('');
    // It is taken while it comes.
    const content = noise(1000, 1);
    const begun = rig.begin(name, content);
    rig.feed(content, begun);
    rig.use(name);
    refuses(() => rig.end(zlib.crc32(content)), LinkError.Busy);
    assert.equal(rig.get(name).length, 5000);
    rig.use('');
  });

  it('changes nothing while folders are looked through', () => {
    rig.running.exports.setLooking(1);
    rig.give(Buffer.from(`${String.fromCharCode(FileOp.MakeFolder)}later`));
    for (let i = 0; i < 100; i++) assert.equal(rig.running.exports.serve(), 1);
    assert.deepEqual(rig.sent, []);
    rig.running.exports.setLooking(0);
    rig.work().answer(FileOp.MakeFolder);
    assert.deepEqual(names(), ['music', 'later']);
  });

  it('answers a second request with Busy, and waits for room to answer', () => {
    rig.room = 0;
    rig.give(Buffer.from([FileOp.Stat, 0]));
    rig.work();
    rig.give(Buffer.from([FileOp.Space]));
    rig.work();
    rig.room = Infinity;
    rig.work().answer(FileOp.Stat);
    refuses(() => rig.answer(FileOp.Space), LinkError.Busy);
    // A get stops where there is no room, and when it is aborted.
    rig.put('long', noise(100_000, 2));
    rig.room = 3;
    rig.give(Buffer.concat([Buffer.of(FileOp.Get), u32(0), u32(0xffffffff), Buffer.from('long')]));
    rig.work();
    assert.equal(rig.sent.length, 3);
    rig.room = Infinity;
    rig.abort();
    assert.equal(rig.stat('long').bytes, 100_000);
  });

  it('makes nothing of messages that are cut off, or of no card', () => {
    for (let code = 0; code < 256; code++) {
      for (const length of [1, 2, 3, 4, 5, 9, 10, 11]) {
        rig.give(Buffer.concat([Buffer.of(code), Buffer.alloc(length - 1, 0xff)]));
        rig.work();
        for (const message of rig.sent.splice(0)) assert(message.length >= 2 && message[1] !== undefined);
      }
      rig.reset();
    }
    rig.give(Buffer.alloc(0));
    assert.deepEqual(rig.work().sent, []);
    assert.deepEqual(names(), ['music']);
    checked();
  });

  it('tells of a card that fails, and is there for the next request', () => {
    const content = noise(100_000, 6);
    const sent = (): void => void rig.put('a', content);
    rig.card.failFrom = rig.card.calls + 1;
    refuses(sent, LinkError.Card);
    for (let after = 2; after < 20; after++) {
      rig.mount(Buffer.from(image));
      rig.card.failFrom = rig.card.calls + after;
      refuses(sent, LinkError.Card, /card/);
      refuses(() => rig.get('music/ä long name.wav'), LinkError.Card);
    }
    rig.mount(image);
    sent();
    checked();
  });

  it('asks little of the card in one call', () => {
    insert(32_000, 8);
    rig.mostCardCalls = 0;
    rig.put('big', noise(3_000_000, 6));
    rig.get('big');
    assert(rig.mostCardCalls <= 12, `${rig.mostCardCalls} calls`);
  });
});
