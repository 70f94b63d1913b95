// The line editor: keys as terminals send them, and the screen that a terminal then shows.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Running, runProgram } from '../support/module.js';
import { Screen } from '../support/screen.js';

interface Exports {
  step(): number;
  takeEnded(): number;
  endedAt(): number;
  lineText(): number;
  lineBytes(): number;
  lineCursor(): number;
  stopCount(): number;
  say(number: number): void;
  printLog(lines: number): void;
}

/** Columns of a terminal that no line takes; those of one that tells nothing; and a line's most bytes. */
const FREE = 4;
const SILENT = 40;
const MOST = 255;
const RUNS = 300;
const HISTORY = 16;

describe('the line editor', () => {
  let program: Running<Exports>;
  let screen: Screen;
  let raw: Buffer[];
  let allowed: number;
  let typed: Buffer;
  let lines: string[];
  /** Whether the terminal tells where its cursor is when it is asked. */
  let answers: boolean;

  beforeEach(async () => {
    screen = new Screen();
    answers = true;
    raw = [];
    lines = [];
    allowed = Infinity;
    typed = Buffer.alloc(0);
    program = await runProgram<Exports>('test/console/assembly/editor.ts', (memory) => ({
      ticks: () => 0n,
      info: () => 1n,
      send(ptr: number, length: number) {
        const taken = Math.min(length, allowed);
        allowed -= taken;
        const bytes = Buffer.from(memory().buffer, ptr, taken);
        raw.push(Buffer.from(bytes));
        screen.write(bytes);
        return taken;
      },
      take(_queue: number, ptr: number, max: number) {
        const taken = typed.subarray(0, max);
        new Uint8Array(memory().buffer).set(taken, ptr);
        typed = typed.subarray(taken.length);
        return taken.length;
      },
    }));
  });

  function press(keys: string | Buffer): void {
    typed = Buffer.concat([typed, Buffer.from(keys as string)]);
    const { exports } = program;
    // The loop on keys ends after those of one take, and after a line.
    for (let idle = 0; idle < 3; idle++) {
      if (typed.length > 0) idle = 0;
      const ended = exports.step();
      if (answers) typed = Buffer.concat([typed, Buffer.from(screen.reports.splice(0).join(''))]);
      if (!ended) continue;
      idle = 0;
      const bytes = exports.takeEnded();
      lines.push(Buffer.from(program.bytes().slice(exports.endedAt(), exports.endedAt() + bytes)).toString());
    }
  }

  const text = (): string => {
    const at = program.exports.lineText();
    return Buffer.from(program.bytes().slice(at, at + program.exports.lineBytes())).toString();
  };
  const sent = (): string => Buffer.concat(raw).toString();

  it('sends nothing before a line was begun', () => {
    program.exports.say(1);
    press('');
    assert.equal(sent(), 'line 1\r\n');
    press('\x1b[D\x1b[C\x7f');
    assert.equal(sent(), 'line 1\r\n');
    press('\r');
    assert.deepEqual(screen.lines, ['line 1', '>']);
  });

  it('ends a line once, with CR, LF or both', () => {
    press('a\rb\nc\r\nd\n\re\r');
    assert.deepEqual(lines, ['a', 'b', 'c', 'd', '', 'e']);
    assert.deepEqual(screen.lines, ['> a', '> b', '> c', '> d', '>', '> e', '>']);
    press('f\r');
    press('\ng\r');
    assert.deepEqual(lines.slice(6), ['f', 'g']);
  });

  it('sends as little as it can', () => {
    press('a');
    raw = [];
    press('bc');
    assert.equal(sent(), 'bc');
    raw = [];
    press('\x7f');
    assert.equal(sent(), '\b \b');
    raw = [];
    press('\x1b[D');
    assert.equal(sent(), '\b');
    raw = [];
    press('\x1b[C');
    assert.equal(sent(), '\x1b[C');
  });

  it('is drawn again below what a program prints, once for many lines', () => {
    press('abcd\x1b[D');
    raw = [];
    for (let i = 0; i < 3; i++) program.exports.say(i);
    press('');
    assert.equal(sent(), '\r\x1b[Kline 0\r\nline 1\r\nline 2\r\n\r> abcd\x1b[K\b');
    assert.deepEqual(screen.lines, ['line 0', 'line 1', 'line 2', '> abcd']);
    assert.equal(screen.column, 5);
  });

  it('waits with the drawing until all was sent', () => {
    press('ab');
    allowed = 8;
    raw = [];
    program.exports.say(1);
    press('c');
    assert.equal(sent(), '\r\x1b[Kline'); // 8 bytes
    allowed = Infinity;
    press('');
    assert.deepEqual(screen.lines, ['line 1', '> abc']);
  });

  it('shows what was typed while nothing could be drawn when the line ends', () => {
    press('\r');
    allowed = 2;
    program.exports.say(1);
    press('late\r');
    allowed = Infinity;
    press('');
    assert.deepEqual(lines, ['', 'late']);
    assert.deepEqual(screen.lines, ['line 1', '> late', '>']);
  });

  it('gives a line up with Ctrl-C, and clears the screen with Ctrl-L', () => {
    press('abc');
    press('\x03');
    assert.deepEqual([text(), program.exports.stopCount()], ['', 1]);
    assert.deepEqual(screen.lines, ['> abc^C', '>']);
    press('de\x1b[D');
    press('\x0c');
    assert.deepEqual([screen.row, screen.text(), screen.column], [0, '> de', 3]);
    assert.deepEqual(lines, []);
  });

  it('shows the part around the cursor of a line that is longer than a row', () => {
    const line = Array.from({ length: 100 }, (_, i) => String.fromCharCode(0x30 + (i % 70))).join('');
    press(line.slice(0, 80));
    assert.deepEqual([screen.text(), screen.column], [`> ${line.slice(4, 80)}`, 78]);
    press(line.slice(80));
    assert.deepEqual([screen.text(), screen.column], [`> ${line.slice(24)}`, 78]);
    press('\x1b[D');
    assert.deepEqual([screen.text(), screen.column], [`> ${line.slice(24)}`, 77]);
    press('\x01');
    assert.deepEqual([screen.text(), screen.column], [`> ${line.slice(0, 76)}`, 2]);
    press('\x0b');
    assert.deepEqual([screen.text(), screen.column, screen.row], ['>', 2, 0]);
  });

  const digits = (count: number): string => Array.from({ length: count }, (_, i) => i % 10).join('');

  for (const [columns, isSilent] of [
    [40, true],
    [80, true],
    [40, false],
    [57, false],
    [80, false],
    [132, false],
    [255, false],
  ] as const)
    it(`keeps a long line in its row on ${columns} columns${isSilent ? ' of a terminal that answers nothing' : ''}`, () => {
      screen = new Screen(columns);
      answers = !isSilent;
      const shown = (isSilent ? SILENT : columns) - FREE;
      const line = digits(250);
      for (let at = 0; at < line.length; at += 10) press(line.slice(at, at + 10));
      assert.deepEqual([text(), screen.lines], [line, [`> ${line.slice(-shown)}`]]);
      press('\x01\x1b[C\x04');
      const rest = line.slice(0, 1) + line.slice(2);
      assert.deepEqual([screen.lines, screen.column], [[`> ${rest.slice(0, shown)}`], 3]);
      press('\x05\x1b[D\x1b[D!');
      const at = screen.text().slice(screen.column - 2, screen.column + 1);
      assert.deepEqual([screen.row, at], [0, '7!8']);
      press('\r');
      assert.deepEqual([lines, screen.lines.slice(1)], [[`${rest.slice(0, -2)}!${rest.slice(-2)}`], ['>']]);
      assert.equal(sent().split('\x1b[6n').length - 1, 1, 'asked once');
    });

  it('asks nothing as long as lines are short, and once more after Ctrl-L', () => {
    press(`${digits(36)}\r${digits(36)}\x0c`);
    assert.doesNotMatch(sent(), /\x1b\[6n/);
    press(digits(10));
    assert.equal(screen.lines[0], `> ${digits(36)}${digits(10)}`);
    screen = new Screen(40);
    press('\x0cx');
    assert.equal(screen.lines[0], `> ${`${digits(36)}${digits(10)}x`.slice(-36)}`);
    assert.equal(sent().split('\x1b[6n').length - 1, 2);
  });

  it('takes a width that nobody has asked for, but no F3 for one', () => {
    press('\x1b[1;60R');
    press(digits(70));
    assert.equal(screen.lines[0], `> ${digits(70).slice(-56)}`);
    press('\x1b[1;5R\x1bOR\x1b[R\x1b[1;2;90R');
    assert.equal(screen.lines[0], `> ${digits(70).slice(-56)}`);
    assert.doesNotMatch(sent(), /\x1b\[6n/);
    press('\x1b[9;80R');
    assert.equal(screen.lines[0], `> ${digits(70)}`);
    press('\r\x1b[24;4000R\n');
    assert.equal(lines.length, 1);
  });

  it('takes no more than its bytes, and no characters that steer', () => {
    press(`${'x'.repeat(254)}é`);
    assert.deepEqual([text().length, screen.bells], [254, 1]);
    press('yz');
    assert.deepEqual([text().length, screen.bells], [255, 2]);
    press('\x15');
    press('a\u0085\u202e\x07\x1ab\u200f');
    press(Buffer.from([0xff, 0x80, 0xc0, 0xaf, 0xed, 0xa0, 0x80, 0xe2, 0x82, 0x63, 0xf0, 0x9d, 0x84, 0x9e]));
    assert.equal(text(), 'abc𝄞');
    assert.equal(screen.text(), '> abc𝄞');
  });

  it('goes through the lines typed before, each kept once, and back to the one that was begun', () => {
    press('one\rtwo\rone\r\rdraft');
    const up = '\x1b[A';
    const down = '\x1bOB';
    const seen = [up, up, up, down, down, down].map((key) => {
      press(key);
      return [text(), screen.text()];
    });
    assert.deepEqual(
      seen,
      ['one', 'two', 'two', 'one', 'draft', 'draft'].map((line) => [line, `> ${line}`]),
    );
    for (let i = 0; i < HISTORY + 4; i++) press(`\x15${i}\r`);
    for (let i = 0; i < 30; i++) press(up);
    assert.equal(text(), '4');
    press('x\r');
    assert.equal(lines.at(-1), '4x');
  });

  it('keeps what was printed for the log, without the line that was typed', () => {
    press('abc');
    program.exports.say(1);
    program.exports.say(2);
    press('\x15');
    raw = [];
    program.exports.printLog(1);
    press('');
    assert.equal(sent().split('\r\n')[0], '\r\x1b[Kline 2');
    for (let i = 0; i < 2000; i++) {
      program.exports.say(i);
      press('');
    }
    raw = [];
    program.exports.printLog(1000);
    press('');
    const logged = sent().split('\r\n').slice(0, -1);
    assert.ok(logged.length > 300 && Buffer.concat(raw).length <= 4200, `${logged.length} lines`);
    assert.deepEqual(
      logged.slice(1),
      Array.from({ length: logged.length - 1 }, (_, i) => `line ${2001 - logged.length + i}`),
    );
  });

  describe('as its model', () => {
    interface Model {
      line: string[];
      cursor: number;
    }
    const size = (line: string[]): number => Buffer.byteLength(line.join(''));
    const wordBefore = ({ line, cursor }: Model): number => {
      let at = cursor;
      while (at > 0 && line[at - 1] === ' ') at--;
      while (at > 0 && line[at - 1] !== ' ') at--;
      return at;
    };
    const wordAfter = ({ line, cursor }: Model): number => {
      let at = cursor;
      while (at < line.length && line[at] === ' ') at++;
      while (at < line.length && line[at] !== ' ') at++;
      return at;
    };
    const removing = (model: Model, from: number, to: number): void => {
      model.line.splice(from, to - from);
      model.cursor = from;
    };
    const moves: [keys: string[], act: (model: Model) => void][] = [
      [['\x1b[D', '\x1bOD', '\x02'], (model) => (model.cursor = Math.max(0, model.cursor - 1))],
      [['\x1b[C', '\x1bOC', '\x06'], (model) => (model.cursor = Math.min(model.line.length, model.cursor + 1))],
      [['\x01', '\x1b[H', '\x1b[1~', '\x1bOH'], (model) => (model.cursor = 0)],
      [['\x05', '\x1b[F', '\x1b[4~', '\x1bOF'], (model) => (model.cursor = model.line.length)],
      [['\x1b[1;5D', '\x1b[1;3D', '\x1bb'], (model) => (model.cursor = wordBefore(model))],
      [['\x1b[1;5C', '\x1b[1;3C', '\x1bf'], (model) => (model.cursor = wordAfter(model))],
      [['\x7f', '\b'], (model) => removing(model, Math.max(0, model.cursor - 1), model.cursor)],
      [['\x04', '\x1b[3~'], (model) => removing(model, model.cursor, Math.min(model.line.length, model.cursor + 1))],
      [['\x0b'], (model) => removing(model, model.cursor, model.line.length)],
      [['\x15'], (model) => removing(model, 0, model.cursor)],
      [['\x17'], (model) => removing(model, wordBefore(model), model.cursor)],
    ];
    const move = fc
      .constantFrom(...moves)
      .chain(([keys, act]) => fc.record({ keys: fc.constantFrom(...keys), act: fc.constant(act) }));
    const word = fc
      .array(fc.constantFrom('a', 'B', ' ', '7', 'é', '中', '𝄞', '~'), { minLength: 1, maxLength: 60, size: 'max' })
      .map((characters) => ({
        keys: characters.join(''),
        act: (model: Model): void => {
          for (const character of characters) {
            if (size(model.line) + Buffer.byteLength(character) > MOST) continue;
            model.line.splice(model.cursor++, 0, character);
          }
        },
      }));

    const modelled = (columns: number, isSilent: boolean): void => {
      screen = new Screen(columns);
      answers = !isSilent;
      const shownMost = (isSilent ? SILENT : columns) - FREE;
      fc.assert(
        fc.property(
          fc.array(fc.oneof({ weight: 2, arbitrary: word }, { weight: 3, arbitrary: move }), { maxLength: 40 }),
          (operations) => {
            press('\x05\x15');
            const model: Model = { line: [], cursor: 0 };
            for (const { keys, act } of operations) {
              press(keys);
              act(model);
              const whole = model.line.join('');
              assert.equal(text(), whole);
              const before = Buffer.byteLength(model.line.slice(0, model.cursor).join(''));
              assert.equal(program.exports.lineCursor(), before);
              const shown = [...(screen.rows[screen.row] ?? [])].join('');
              if (shown === '') continue; // no line was begun yet
              assert.ok(shown.startsWith('> '), shown);
              const visible = [...shown].slice(2).join('').trimEnd();
              assert.ok(whole.includes(visible) && [...visible].length <= shownMost, visible);
              if (model.line.length <= shownMost) assert.equal(visible, whole.trimEnd());
              assert.ok(screen.column - 2 <= shownMost);
              // What stands before the terminal's cursor is what stands before ours.
              const left = [...shown]
                .slice(2, screen.column)
                .join('')
                .padEnd(screen.column - 2);
              assert.ok(model.line.slice(0, model.cursor).join('').endsWith(left), `${left} of ${whole}`);
            }
            assert.ok(screen.rows.length <= 1, 'never a second row');
          },
        ),
        { numRuns: RUNS, seed: 5 },
      );
    };
    it('has the line, and shows the part around the cursor in one row', () => modelled(80, false));
    it('does so on a narrow terminal that answers nothing', () => modelled(40, true));
  });
});
