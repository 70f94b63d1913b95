import assert from 'node:assert/strict';
import { FaultReader, parseFields } from '../../host-tools/build/faults.js';
import { RecordSplitter, type PlayerRecord } from '../../host-tools/play/records.js';

function split(bytes: Buffer, size: number): { records: PlayerRecord[]; text: string } {
  const records: PlayerRecord[] = [];
  let text = '';
  const splitter = new RecordSplitter({ record: (record) => records.push(record), text: (piece) => (text += piece) });
  for (let at = 0; at < bytes.length; at += size) splitter.push(bytes.subarray(at, at + size));
  splitter.end();
  return { records, text };
}

describe('records in the console', () => {
  it('are taken out, however the bytes are cut, and the rest is text', () => {
    const console = Buffer.from(
      'Mirleft ä\n\x1e{"event":"track","name":"ü"}\n1/2 x\n\x1e{"event":"done","failed":0}\nend',
    );
    for (const size of [1, 2, 3, 7, 100])
      assert.deepEqual(split(console, size), {
        records: [
          { event: 'track', name: 'ü' },
          { event: 'done', failed: 0 },
        ],
        text: 'Mirleft ä\n1/2 x\nend',
      });
  });

  it('show what only looks like one, is cut off, or never ends', () => {
    assert.equal(
      split(Buffer.from('\x1enot json\n\x1e[1]\n\x1e{"event":1}\n\x1e{"event":"x'), 5).text,
      'not json\n[1]\n{"event":1}\n{"event":"x\n',
    );
    const endless = split(Buffer.concat([Buffer.from([0x1e]), Buffer.alloc(200_000, 0x41)]), 1000);
    assert.equal(endless.records.length, 0);
    assert.ok(endless.text.length >= 200_000);
  });

  it('replaces broken UTF-8', () => {
    assert.equal(split(Buffer.from([0x61, 0xff, 0x62]), 1).text, 'a\ufffdb');
  });
});

describe('fault reports in the console', () => {
  const report = [
    'fault kind=data-abort esr=0x96000050 far=0x00000000fe20c800 elr=0x0000000000081234 text="a \\"b\\" \\\\ c"',
    'x0=0x0000000000000000 x1=0x0000000000000001',
    '  wasm +0x00001234',
    '  wasm +0x00000042',
    'fault end build=0123456789abcdef',
  ];

  it('are read by their fields, and kept out of the text', () => {
    const console = `before\nfau${'lt.'}\nfault ki\n${report.join('\r\n')}\nafter`;
    for (const size of [1, 5, 1000]) {
      const reader = new FaultReader();
      let text = '';
      for (let at = 0; at < console.length; at += size) text += reader.push(console.slice(at, at + size));
      text += reader.end();
      assert.equal(text, 'before\nfault.\nfault ki\nafter');
      assert.deepEqual(reader.report, {
        kind: 'data-abort',
        fields: {
          kind: 'data-abort',
          esr: '0x96000050',
          far: '0x00000000fe20c800',
          elr: '0x0000000000081234',
          text: 'a "b" \\ c',
        },
        registers: ['x0=0x0000000000000000 x1=0x0000000000000001'],
        frames: [0x1234, 0x42],
        buildId: '0123456789abcdef',
        lines: report,
      });
    }
  });

  it('count when they are cut off, and a prompt is not held back', () => {
    const reader = new FaultReader();
    assert.equal(reader.push('name? '), 'name? ');
    reader.push('\nfault kind=hang\n  wasm +0x10\n  wasm');
    assert.equal(reader.end(), '');
    assert.deepEqual([reader.report?.kind, reader.report?.frames, reader.report?.buildId], ['hang', [16], '']);
  });

  it('have words and quoted texts as fields', () => {
    assert.deepEqual(parseFields('fault kind=abort code=1 text=""'), { kind: 'abort', code: '1', text: '' });
  });
});
