// The order of tracks by their names, and the lines of playlists.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { runProgram, type Running } from '../support/module.js';

const Line = { End: 0, Path: 1, Refused: 2, Failed: 3 };

interface Exports {
  buffer: WebAssembly.Global;
  open(size: number, nameBytes: number, failsAt: number): void;
  next(): number;
  path(): number;
  pathBytes(): number;
  line(): number;
  compare(first: number, second: number): number;
  clear(): void;
  add(folder: number, name: number, directory: number, index: number): number;
  sort(): number;
  count(): number;
  trackPath(place: number): number;
  trackPathBytes(place: number): number;
  directory(place: number): number;
  index(place: number): number;
  find(bytes: number): number;
}

describe('player: lists', () => {
  let running: Running<Exports>;
  before(async () => {
    running = await runProgram<Exports>('test/player/assembly/lists.ts');
  });

  const put = (...parts: (string | Buffer)[]): number[] => {
    const bytes = parts.map((part) => Buffer.from(part as string));
    running.bytes().set(Buffer.concat(bytes), running.exports.buffer.value as number);
    return bytes.map(({ length }) => length);
  };

  describe('natural order', () => {
    const compare = (a: string, b: string): number => {
      const [first = 0, second = 0] = put(a, b);
      return Math.sign(running.exports.compare(first, second));
    };
    const sorted = (...names: string[]): string[] => [...names].sort(compare);

    it('has numbers by their value, letters whatever their case', () => {
      const names = ['1.wav', '2.wav', '10.wav', 'a2.wav', 'A10.wav', 'b.wav', 'Track 9.wav', 'track 10.wav'];
      assert.deepEqual(sorted(...[...names].reverse()), names);
      assert.deepEqual(sorted('x 100', 'x 99', 'x 9'), ['x 9', 'x 99', 'x 100']);
      assert.equal(compare('12345678901234567890', '12345678901234567891'), -1);
    });

    it('has the files of a folder beside each other', () => {
      const names = ['Album/1.wav', 'Album/2.wav', 'Album 2/1.wav', 'Album-3/1.wav', 'Album1.wav'];
      assert.deepEqual(sorted(...[...names].reverse()), names);
    });

    it('takes leading zeros for nothing, and tells equal names by their bytes', () => {
      assert.deepEqual(sorted('010.wav', '2.wav', '01.wav'), ['01.wav', '2.wav', '010.wav']);
      assert.notEqual(compare('01', '1'), 0);
      assert.equal(compare('a', 'A'), 1);
      assert.equal(compare('same', 'same'), 0);
      assert.equal(compare('0', '00'), -1);
      assert.equal(compare('a', 'ab'), -1);
    });

    it('is an order', () => {
      const name = fc.stringMatching(/^[0-9aAb/]{0,6}$/);
      fc.assert(
        fc.property(name, name, name, (a, b, c) => {
          assert.equal(compare(a, b), -compare(b, a) || 0);
          if (compare(a, b) <= 0 && compare(b, c) <= 0) assert.ok(compare(a, c) <= 0);
        }),
        { seed: 1, numRuns: 3000 },
      );
    });
  });

  describe('table of tracks', () => {
    const add = (folder: string, name: string, directory: number, index: number): boolean => {
      const [folderBytes = 0, nameBytes = 0] = put(folder, name);
      return running.exports.add(folderBytes, nameBytes, directory, index) === 1;
    };
    const all = (): string[] => {
      const { exports } = running;
      return Array.from({ length: exports.count() }, (_, place) => {
        const at = exports.trackPath(place);
        return Buffer.from(running.bytes().subarray(at, at + exports.trackPathBytes(place))).toString();
      });
    };
    beforeEach(() => running.exports.clear());

    it('brings tracks into their order, and keeps what belongs to each', () => {
      for (const count of [0, 1, 2, 3, 200, 1025]) {
        running.exports.clear();
        const names = Array.from({ length: count }, (_, i) => `${(i * 7919) % count}.wav`);
        names.forEach((name, i) => assert.ok(add('Ä/', name, i, 2 * i)));
        running.exports.sort();
        const sorted = [...names].sort((a, b) => parseInt(a) - parseInt(b)).map((name) => `Ä/${name}`);
        assert.deepEqual(all(), sorted);
        sorted.forEach((name, place) => {
          assert.equal(running.exports.directory(place), names.indexOf(name.slice(2)));
          assert.equal(running.exports.index(place), 2 * names.indexOf(name.slice(2)));
          assert.equal(running.exports.find(put(name)[0] as number), place);
        });
        assert.equal(running.exports.find(put('nothing')[0] as number), -1);
      }
    });

    it('takes as many as there is room for', () => {
      let taken = 0;
      while (add('', `${taken}`, 0, 0)) taken++;
      assert.equal(taken, 8192);
      running.exports.clear();
      taken = 0;
      while (add('x'.repeat(900), 'y'.repeat(124), 0, 0)) taken++;
      assert.equal(taken, 1024);
      assert.ok(all().every((path) => path === 'x'.repeat(900) + 'y'.repeat(124)));
    });
  });

  describe('playlist', () => {
    const read = (
      text: string | Buffer,
      name = '',
      failsAt = 1 << 30,
    ): { kind: number; line: number; path: string }[] => {
      const [size = 0, nameBytes = 0] = put(text, name);
      const { exports } = running;
      exports.open(size, nameBytes, failsAt);
      const lines = [];
      for (;;) {
        const kind = exports.next();
        if (kind === Line.End) return lines;
        const path = Buffer.from(running.bytes().subarray(exports.path(), exports.path() + exports.pathBytes()));
        lines.push({ kind, line: exports.line(), path: kind === Line.Path ? path.toString() : '' });
        if (kind === Line.Failed) return lines;
      }
    };
    const paths = (text: string | Buffer, name = ''): string[] => read(text, name).map(({ path }) => path);

    it('has a path a line, without comments, byte order mark and spaces', () => {
      const text = '\ufeff#EXTM3U\r\n#EXTINF:12,A\r\n  a.wav \r\n\r\nb c.wav\n./d.wav';
      assert.deepEqual(read(text), [
        { kind: Line.Path, line: 3, path: 'a.wav' },
        { kind: Line.Path, line: 5, path: 'b c.wav' },
        { kind: Line.Path, line: 6, path: 'd.wav' },
      ]);
    });

    it('starts in its own folder, or at the root', () => {
      assert.deepEqual(paths('a.wav\n/b.wav\nc\\d.wav\n\\e.wav\nx/./y//z.wav', 'Lists/My/list.m3u'), [
        'Lists/My/a.wav',
        'b.wav',
        'Lists/My/c/d.wav',
        'e.wav',
        'Lists/My/x/y/z.wav',
      ]);
    });

    it('takes what is no UTF-8 for Latin-1, line by line', () => {
      const text = Buffer.concat([Buffer.from('Motörhead.wav\n'), Buffer.from('Motörhead.wav\n', 'latin1')]);
      assert.deepEqual(paths(text), ['Motörhead.wav', 'Motörhead.wav']);
      assert.deepEqual(paths(Buffer.from('é'.repeat(449), 'latin1')), ['é'.repeat(449)]);
    });

    it('refuses what leads elsewhere, and goes on', () => {
      const text = '../a.wav\nx/../b.wav\n..\nC:\\c.wav\nhttp://host/d.wav\na\x1bb.wav\n/\nok.wav\n...wav';
      assert.deepEqual(
        read(text).map(({ kind, path }) => [kind, path]),
        [...Array.from({ length: 7 }, () => [Line.Refused, '']), [Line.Path, 'ok.wav'], [Line.Path, '...wav']],
      );
    });

    it('refuses lines that are too long', () => {
      const kinds = (text: string | Buffer, name = ''): number[] => read(text, name).map(({ kind }) => kind);
      assert.deepEqual(kinds(`${'x'.repeat(899)}\n${'x'.repeat(900)}\n${'x'.repeat(5000)}\ny`), [1, 2, 2, 1]);
      assert.deepEqual(kinds(Buffer.from('é'.repeat(450), 'latin1')), [2]);
      assert.deepEqual(kinds('x.wav', `${'d'.repeat(900)}/l.m3u`), [2]);
    });

    it('tells where it could not be read on', () => {
      const text = `a.wav\n${'#'.repeat(600)}\nb.wav`;
      assert.deepEqual(
        read(text, '', 512).map(({ kind, line }) => [kind, line]),
        [
          [Line.Path, 1],
          [Line.Failed, 2],
        ],
      );
    });
  });
});
