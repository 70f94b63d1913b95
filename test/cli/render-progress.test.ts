// Lines that are written again and again, on terminals of every width, and what is said at the end.

import assert from 'node:assert/strict';
import { stripVTControlCharacters } from 'node:util';
import { FileView } from '../../host-tools/cli/render-files.js';
import { progressLine } from '../../host-tools/cli/render-progress.js';
import { PushView } from '../../host-tools/cli/render-push.js';
import { StatusLine } from '../../host-tools/cli/render-status.js';
import { columnsOf, fitPath } from '../../host-tools/cli/render-text.js';
import type { PushReport } from '../../host-tools/link/push-events.js';

/** What is written to a terminal of so many columns; 0: to no terminal. */
function written(columns: number, use: () => void): string {
  const { stderr } = process;
  const before = { write: stderr.write.bind(stderr), isTTY: stderr.isTTY, columns: stderr.columns };
  const term = process.env['TERM'];
  let text = '';
  const write = (piece: string | Uint8Array): boolean => {
    text += String(piece);
    return true;
  };
  Object.assign(stderr, { write, isTTY: columns > 0, columns });
  process.env['TERM'] = 'xterm';
  try {
    use();
  } finally {
    Object.assign(stderr, before);
    if (term === undefined) delete process.env['TERM'];
    else process.env['TERM'] = term;
  }
  return text;
}

/** The lines that were shown one after another. */
const shown = (text: string): string[] => text.split('\r\x1b[2K').map(stripVTControlCharacters).filter(Boolean);

const all = { allBytes: 900_000, allTotal: 3_600_000, bytesPerSecond: 91_234, secondsLeft: 27 };
const file = { name: 'music/a name that is rather long.flac', file: 1, files: 12, bytes: 900_000, total: 3_600_000 };
const sound = { index: 0, name: 'tone48 with a long name.wav', of: 600, fillMs: 1385, ppm: undefined } as const;
const counts = { isPaused: false, isWaiting: false, underruns: 0, dry: 0 };

describe('progress on one line', () => {
  it('fits every width, without a row of its own each time', () => {
    for (const columns of [10, 20, 30, 40, 48, 60, 80, 100, 200]) {
      const lines = shown(
        written(columns, () => {
          const view = new FileView();
          for (const secondsLeft of [27, 26, 25]) view.show({ event: 'progress', ...file, ...all, secondsLeft });
          view.clear();
          const push = new PushView(false, false);
          for (const seconds of [1, 2, 61]) push.show({ event: 'progress', ...sound, ...counts, seconds });
        }),
      );
      assert.ok(lines.length >= 1, String(lines.length));
      for (const line of lines) assert.ok(columnsOf(line) < Math.max(columns, 2), `${columns}: ${line}`);
    }
  });

  it('gives up first what matters least', () => {
    const line = (columns: number): string =>
      stripVTControlCharacters(progressLine(columns, 'name.flac', 0.5, ['91 kB/s, 0:27 left', '0:27 left', '50 %']));
    assert.equal(line(80), `name.flac  ${'━'.repeat(12)}${'─'.repeat(12)}  91 kB/s, 0:27 left`);
    assert.equal(line(41), 'name.flac  ━━━━━────  91 kB/s, 0:27 left');
    assert.equal(line(30), 'name.flac  ━━━━───  0:27 left');
    assert.equal(line(20), 'name…  ━━━───  50 %');
    assert.equal(line(10), '50 %');
    assert.equal(line(3), '5…');
  });

  it('wipes all rows that a terminal has made of a line as it became narrower', () => {
    const text = written(80, () => {
      const status = new StatusLine();
      status.set('x'.repeat(70));
      process.stderr.columns = 30;
      status.set('y');
      status.set('z'.repeat(50));
      status.clear();
    });
    assert.equal(text, `${'x'.repeat(70)}\x1b[2A\r\x1b[Jy\r\x1b[2K${'z'.repeat(28)}…\r\x1b[2K`);
  });

  it('keeps what a path ends with', () => {
    const path = '/tmp/mirleft-run-Xy12/uart';
    assert.deepEqual(
      [100, 26, 25, 12, 6, 5, 1].map((width) => fitPath(path, width)),
      [path, path, '/tmp/mirleft-run-Xy…/uart', '/tmp/m…/uart', '…/uart', '/tmp…', '…'],
    );
    assert.deepEqual([fitPath('qemu', 3), fitPath('COM3', 9)], ['qe…', 'COM3']);
  });
});

describe('the end of a push', () => {
  const end = (report: Partial<PushReport>): string =>
    written(0, () => {
      const fine = { tracks: 2, failed: 0, underruns: 0, dry: 0, lowestFillMs: 383, interrupted: false };
      new PushView(false, false).finish({ ...fine, ...report });
    });

  it('has underruns and the lowest fill, whatever happened, and says what that covers', () => {
    assert.equal(end({}), 'done: 2 tracks, 0 underruns, lowest fill 383 ms while more was to come\n');
    assert.equal(
      end({ dry: 1, underruns: 1, lowestFillMs: 0 }),
      'done: 2 tracks, 1 underrun, ran dry 1 time, lowest fill 0 ms while more was to come\n',
    );
    assert.match(end({ lowestFillMs: null }), /0 underruns, no lowest fill, as the board never had 350 ms waiting$/m);
    assert.equal(end({ tracks: 0, failed: 1, lowestFillMs: null }), 'done: 0 tracks, 1 error\n');
  });
});
