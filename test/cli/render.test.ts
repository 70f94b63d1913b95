import assert from 'node:assert/strict';
import { errorText, Status, statusOf } from '../../host-tools/cli/render-errors.js';
import { PlayView } from '../../host-tools/cli/render-play.js';
import { ENDING_KEYS, onInterrupt } from '../../host-tools/cli/render-terminal.js';
import { clock, columnsOf, fit, grouped, plural } from '../../host-tools/cli/render-text.js';
import { printable, Problem } from '../../host-tools/problem.js';

describe('text of the command line', () => {
  it('shows times, numbers and names as people read them', () => {
    assert.deepEqual([0, 59.9, 60, 3599, 3600, 36_061].map(clock), [
      '0:00',
      '0:59',
      '1:00',
      '59:59',
      '1:00:00',
      '10:01:01',
    ]);
    assert.deepEqual([0, 999, 1000, 1234567].map(grouped), ['0', '999', '1,000', '1,234,567']);
    assert.deepEqual(
      [0, 1, 2].map((count) => plural(count, 'track')),
      ['0 tracks', '1 track', '2 tracks'],
    );
  });

  it('cuts a name to its columns, not to its code units', () => {
    assert.deepEqual(
      [fit('short', 5), fit('longer', 5), fit('音楽の曲', 5), fit('😀😀😀', 4)],
      ['short', 'long…', '音楽…', '😀…'],
    );
    assert.deepEqual(['abc', 'e\u0301', '音', '😀'].map(columnsOf), [3, 1, 2, 2]);
  });

  it('makes one harmless line of a problem', () => {
    const problem = new Problem('bad-media', 'is broken', {
      file: 'a\n\x1b[31mb\u202ec',
      offset: 40,
      hint: 'try\tthis',
    });
    assert.equal(problem.line(), 'a\\n\\x1b[31mb\\u202ec: is broken at byte 40; try\\x09this');
    assert.equal(printable('\x7f\u0085\u2028'), '\\x7f\\x85\\u2028');
    assert.match(errorText(problem), /error:.* a\\n/);
  });

  it('keeps stacks for what should not happen', () => {
    assert.doesNotMatch(errorText(new Problem('usage', 'no')), /at /);
    assert.match(errorText(new TypeError('oops')), /should not have happened:.*oops[^]*render\.test/);
    assert.deepEqual([statusOf(new Problem('usage', 'no')), statusOf(new Error('x'))], [Status.Usage, Status.Failed]);
  });

  it('ends at once at the second Ctrl-C, by a signal or by a key', () => {
    const exit = process.exit.bind(process);
    const statuses: unknown[] = [];
    process.exit = ((status: unknown) => void statuses.push(status)) as typeof process.exit;
    let times = 0;
    const interrupts = onInterrupt(() => times++);
    try {
      interrupts.take();
      assert.deepEqual([times, statuses], [1, []]);
      interrupts.take();
      assert.deepEqual([times, statuses], [1, [130]]);
    } finally {
      interrupts.undo();
      process.exit = exit;
    }
  });

  const track = { event: 'track', index: 0, name: 'x\x07.wav', rateHz: 8000, channels: 1, frames: 80_000 } as const;
  const progress = { event: 'progress', index: 0, total: 80_000, speed: 2.54, paused: false } as const;

  /** What a view writes to stderr, a terminal or not. */
  function written(live: boolean, use: (view: PlayView) => void): string {
    const { stderr } = process;
    const [write, wasTty, term] = [stderr.write.bind(stderr), stderr.isTTY, process.env['TERM']];
    let text = '';
    stderr.write = (piece: string | Uint8Array): boolean => {
      text += String(piece);
      return true;
    };
    stderr.isTTY = live;
    process.env['TERM'] = 'xterm';
    try {
      use(new PlayView(false, live));
    } finally {
      Object.assign(stderr, { write, isTTY: wasTty });
      if (term === undefined) delete process.env['TERM'];
      else process.env['TERM'] = term;
    }
    return text.replace(/\x1b\[[0-9]+m/g, '');
  }

  it('writes no bar and few lines where there is no terminal, and not what the device has said', () => {
    const text = written(false, (view) => {
      view.show({ event: 'stage', stage: 'booting' });
      view.show(track);
      for (let frames = 0; frames < 1000; frames++) view.show({ ...progress, frames });
    });
    assert.equal(text, '');
  });

  it('shows the speed, or that the track is paused', () => {
    const text = written(true, (view) => {
      view.show(track);
      view.show({ ...progress, frames: 40_000 });
      view.show({ ...progress, frames: 40_000, paused: true });
    });
    const [playing, paused] = text.split(/(?=x\\x07\.wav)/);
    assert.match(playing ?? '', /━─.*0:05\/0:10 +2\.5×/);
    assert.match(paused ?? '', /━─.*0:05\/0:10 +paused/);
    assert.doesNotMatch(paused ?? '', /×/);
  });

  it('tells how to leave in the words of `run`', () => {
    const text = written(true, (view) => view.show({ event: 'stage', stage: 'booting' }));
    assert.ok(text.startsWith(`keys go to the player (? lists them), ${ENDING_KEYS}`), text);
  });
});
