import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { runProgram, type Running } from './support/module.js';
import { pick } from './support/pick.js';

const DEFAULTS = {
  jack: 0,
  free: 0,
  volumeTenths: -200,
  records: 0,
  crc: 0,
  exitAtEnd: 0,
  demo: 1,
  order: 0,
  repeat: 0,
  volumeLimitTenths: 0,
  buttonPull: 1,
  buttonHigh: 0,
  encoderPull: 1,
  ledHigh: 1,
  debounceMs: 10,
  holdMs: 700,
  repeatMs: 200,
  encoderSteps: 4,
  encoderTenths: 10,
  linkModules: 1,
  linkPeek: 1,
  restartsOnFault: 1,
};
/** The keys of pins in the order that the program counts them, and their defaults. */
const PINS = {
  pin_play: 17,
  pin_next: 27,
  pin_previous: 22,
  pin_volume_up: 23,
  pin_volume_down: 24,
  pin_encoder_a: 5,
  pin_encoder_b: 6,
  pin_led: -1,
};
const OTHER_KEYS = [
  ...['jack', 'pace', 'volume_db', 'records', 'crc', 'at_end', 'demo', 'order', 'repeat', 'playlist', 'resume'],
  ...['volume_limit_db', 'button_pull', 'button_active', 'encoder_pull', 'led_active', 'debounce_ms', 'hold_ms'],
  ...['repeat_ms', 'encoder_steps', 'encoder_db', 'link.modules', 'link.peek', 'on_fault'],
];
const KEYS = [...OTHER_KEYS, ...Object.keys(PINS)];
const Problem = { UnknownKey: 1, BadValue: 2, NotASetting: 3, TooLong: 4, PinTaken: 5, TooMany: 6 };

interface Parsed {
  set: Partial<Values>;
  problems: [line: number, problem: number, text: string][];
}
type Values = typeof DEFAULTS & typeof PINS & { playlist: string };
interface Exports extends Record<keyof typeof DEFAULTS, () => number> {
  buffer: WebAssembly.Global;
  parse(offset: number, length: number): number;
  pin(index: number): number;
  playlist(): number;
  playlistBytes(): number;
  resumes(offset: number, bytes: number): number;
  problemLine(index: number): number;
  problem(index: number): number;
  problemStart(index: number): number;
  problemBytes(index: number): number;
}

describe('settings', () => {
  let running: Running<Exports>;
  before(async () => {
    running = await runProgram<Exports>('test/assembly/settings.ts');
  });

  /** The settings that differ from the defaults, and the problems as [line, code, text]. */
  function parse(text: string | Uint8Array): Parsed {
    const { exports } = running;
    const bytes = Buffer.from(text as string);
    running.bytes().set(bytes, Number(exports.buffer.value));
    const count = exports.parse(0, bytes.length);
    const values = Object.keys(DEFAULTS).map(
      (key) => [key, exports[key as keyof typeof DEFAULTS]()] as [string, number],
    );
    const pins = Object.keys(PINS).map((key, i) => [key, exports.pin(i)] as [string, number]);
    const usual: Record<string, number> = { ...DEFAULTS, ...PINS };
    const set: [string, number | string][] = [...values, ...pins].filter(([key, value]) => value !== usual[key]);
    if (exports.playlistBytes()) {
      const at = exports.playlist();
      set.push(['playlist', Buffer.from(running.bytes().subarray(at, at + exports.playlistBytes())).toString()]);
    }
    const problems = Array.from({ length: Math.min(count, 16) }, (_, i): [number, number, string] => {
      const start = exports.problemStart(i);
      const shown = Buffer.from(running.bytes().subarray(start, start + exports.problemBytes(i)));
      return [exports.problemLine(i), exports.problem(i), shown.toString()];
    });
    return { set: Object.fromEntries(set) as Partial<Values>, problems };
  }

  it('are the defaults where nothing is said', () => {
    for (const text of ['', '\n', '\r\n\r\n', '# only a comment', '   \t \n#\n # = \n', '\ufeff']) {
      assert.deepEqual(parse(text), { set: {}, problems: [] }, JSON.stringify(text));
    }
  });

  it('are set by each key', () => {
    const cases: [string, Partial<Values>][] = [
      ['jack = auto', {}],
      ['jack = pwm1', { jack: 1 }],
      ['jack = capture', { jack: 2 }],
      ['pace = free', { free: 1 }],
      ['pace = real', {}],
      ['records = on', { records: 1 }],
      ['crc = on', { crc: 1 }],
      ['at_end = exit', { exitAtEnd: 1 }],
      ['at_end = stay', {}],
      ['demo = off', { demo: 0 }],
      ['volume_db = 0', { volumeTenths: 0 }],
      ['volume_db = -0.0', { volumeTenths: 0 }],
      ['volume_db = -6', { volumeTenths: -60 }],
      ['volume_db = -6.', { volumeTenths: -60 }],
      ['volume_db = -.5', { volumeTenths: -5 }],
      ['volume_db = -12.3', { volumeTenths: -123 }],
      ['volume_db = -12.34', { volumeTenths: -123 }],
      ['volume_db = -12.3500', { volumeTenths: -124 }],
      ['volume_db = -100', { volumeTenths: -1000 }],
      ['volume_limit_db = -12.5', { volumeLimitTenths: -125 }],
      ['volume_limit_db = -30', { volumeLimitTenths: -300, volumeTenths: -300 }],
      ['order = shuffle', { order: 1 }],
      ['order = natural', {}],
      ['repeat = all', { repeat: 1 }],
      ['repeat = one', { repeat: 2 }],
      ['repeat = off', {}],
      ['playlist = Evening.m3u', { playlist: 'Evening.m3u' }],
      ['playlist = /Lists/\u00dcben.M3U8', { playlist: 'Lists/\u00dcben.M3U8' }],
      ['playlist = "a # b/c.m3u" # it', { playlist: 'a # b/c.m3u' }],
      ['button_pull = none', { buttonPull: 0 }],
      ['button_pull = down', { buttonPull: 2 }],
      ['button_active = high', { buttonHigh: 1 }],
      ['encoder_pull = none', { encoderPull: 0 }],
      ['encoder_pull = down', { encoderPull: 2 }],
      ['led_active = low', { ledHigh: 0 }],
      ['debounce_ms = 1', { debounceMs: 1 }],
      ['debounce_ms = 100', { debounceMs: 100 }],
      ['hold_ms = 200', { holdMs: 200 }],
      ['hold_ms = 5000', { holdMs: 5000 }],
      ['repeat_ms = 50', { repeatMs: 50 }],
      ['repeat_ms = 2000', { repeatMs: 2000 }],
      ['encoder_steps = 1', { encoderSteps: 1 }],
      ['encoder_steps = 2', { encoderSteps: 2 }],
      ['encoder_steps = 4', {}],
      ['encoder_db = 0.1', { encoderTenths: 1 }],
      ['encoder_db = 6', { encoderTenths: 60 }],
      ['encoder_db = 6.000', { encoderTenths: 60 }],
      ['encoder_db = 5.96', { encoderTenths: 60 }],
      ['volume_db = -12.3499', { volumeTenths: -123 }],
      ['volume_db = -0.04', { volumeTenths: 0 }],
      ['resume = Books', {}],
      ['link.modules = off', { linkModules: 0 }],
      ['link.modules = on', {}],
      ['link.peek = off', { linkPeek: 0 }],
      ['on_fault = stop', { restartsOnFault: 0 }],
      ['on_fault = restart', {}],
    ];
    for (const [line, set] of cases) assert.deepEqual(parse(line), { set, problems: [] }, line);
    const pinKeys = Object.keys(PINS) as (keyof typeof PINS)[];
    for (const key of pinKeys) {
      for (const pin of [2, 3, 4, 13, 16, 26]) {
        assert.deepEqual(parse(`${key} = ${pin}`), { set: { [key]: pin }, problems: [] });
      }
      const off = PINS[key] < 0 ? {} : { [key]: -1 };
      assert.deepEqual(parse(`${key} = off`), { set: off, problems: [] });
    }
    const tested = new Set([...cases.map(([line]) => line.split(' ')[0] ?? ''), ...pinKeys]);
    assert.deepEqual([...tested].sort(), [...KEYS].sort());
  });

  it('may be written with any spaces, line ends, comments and a byte order mark; the last value wins', () => {
    const text =
      '\ufeff# settings\r\njack=capture\r\n\tvolume_db\t=  -3.5 # loud\r\nrecords =on\ncrc= on\nvolume_db = -4';
    assert.deepEqual(parse(text), { set: { jack: 2, volumeTenths: -40, records: 1, crc: 1 }, problems: [] });
  });

  it('leave a wrong line out and tell its number, what is wrong, and the line', () => {
    const lines = [
      'jack = hdmi',
      'jack = capture',
      'volume_db = loud',
      'volume_db = 0.1',
      'volume_db = -100.1',
      'volume_db = ',
      'volume_db = 1e1',
      'volume_db = -',
      'volume_db = -99999999999999999999',
      'volume = -3',
      'JACK = auto',
      'records = yes',
      'on',
      ' = on',
      '[player]',
      `demo = ${'x'.repeat(506)}`,
    ];
    const { UnknownKey, BadValue, NotASetting, TooLong } = Problem;
    const problems = [
      ...[BadValue, 0, BadValue, BadValue, BadValue, BadValue, BadValue, BadValue, BadValue, UnknownKey, UnknownKey],

      ...[BadValue, NotASetting, NotASetting, NotASetting, TooLong],
    ];
    const expected = lines
      .map((line, i): [number, number, string] => [i + 1, pick(problems, i), line])
      .filter((p) => p[1]);
    for (const end of ['\n', '\r\n']) {
      assert.deepEqual(parse(lines.join(end)), { set: { jack: 2 }, problems: expected });
    }
  });

  it('refuse what a key does not allow, and keep the value before', () => {
    const bad: Record<string, string[]> = {
      order: ['', 'random', 'naturals', 'natura', 'natural shuffle', 'Natural'],
      repeat: ['on', 'al', 'alls', '0'],
      playlist: ['', '/', 'list', 'a.m3u9', '.m3u', '../a.m3u', 'a/../b.m3u', 'a//b.m3u', './a.m3u', 'a\\b.m3u'],
      resume: ['', '""', '"', 'a/..', '..', 'a/./b', 'a//b', 'a\x1b[31m', 'a\x7f', 'a"b', '"a', 'C:\\Books'],
      volume_limit_db: ['0.1', '-100.1', 'x'],
      button_pull: ['on', '1'],
      button_active: ['up', ''],
      encoder_pull: ['high'],
      led_active: ['on'],
      debounce_ms: ['0', '101', '10.5', '10 ms', '-1', ''],
      hold_ms: ['199', '5001', '99999999999'],
      repeat_ms: ['49', '2001'],
      encoder_steps: ['0', '3', '8', '', '14'],
      encoder_db: ['0', '6.1', '6.01', '6.001', '6.0000001', '0.09', '-1', '.'],
      volume_db: ['0.01', '0.001', '-100.01', '-100.001'],
      'link.modules': ['yes', '1', ''],
      'link.peek': ['of', 'off.', '.'],
      on_fault: ['off', 'restarts', ''],
    };
    const pins = ['0', '1', '14', '15', '28', '-1', '1000', '5.0', 'on', 'of', 'offs', '', 'GPIO5'];
    for (const key of Object.keys(PINS)) bad[key] = pins;
    for (const [key, values] of Object.entries(bad)) {
      for (const value of values) {
        const line = `${key} = ${value}`;
        assert.deepEqual(parse(line), { set: {}, problems: [[1, Problem.BadValue, line]] }, line);
      }
    }
    const before = 'hold_ms = 900\nhold_ms = 100\nplaylist = a.m3u\nplaylist = ../b.m3u\npin_led = 4\npin_led = 40';
    const { set, problems } = parse(before);
    assert.deepEqual(set, { holdMs: 900, playlist: 'a.m3u', pin_led: 4 });
    assert.deepEqual(
      problems.map(([line]) => line),
      [2, 4, 6],
    );
  });

  it('take no more than a word for a key', () => {
    const keys = [
      'volume_db!-200 -1000 0',
      'link.',
      'link',
      'pin_play pin_next',
      'jac',
      'jacks',
      'playlist/0',
      'records\nrecords',
      '17',
    ];
    for (const key of keys) {
      const { set, problems } = parse(`${key} = on`);
      assert.deepEqual(set, key.includes('\n') ? { records: 1 } : {}, key);
      assert.equal(problems.length, 1, key);
    }
  });

  it('give a pin to one key only, whatever the order of lines', () => {
    const { PinTaken, BadValue } = Problem;
    // Exchanged: at no time two keys have the same pin in the end.
    assert.deepEqual(parse('pin_next = 22\npin_previous = 27'), {
      set: { pin_next: 22, pin_previous: 27 },
      problems: [],
    });
    assert.deepEqual(parse('pin_led = 17\npin_play = off'), { set: { pin_led: 17, pin_play: -1 }, problems: [] });
    assert.deepEqual(parse('pin_led = 17'), { set: {}, problems: [[1, PinTaken, 'pin_led = 17']] });
    assert.deepEqual(parse('pin_led = 4\r\n pin_play = 4 # here\r\ncrc = x'), {
      set: { pin_led: 4 },
      problems: [
        [2, PinTaken, ' pin_play = 4 # here'],
        [3, BadValue, 'crc = x'],
      ],
    });
    // Back at its default, a key meets another one that was given this very pin: that one goes back as well.
    assert.deepEqual(parse('pin_next = 17\npin_play = 4\npin_led = 4\npin_play = 4'), {
      set: { pin_led: 4 },
      problems: [
        [1, PinTaken, 'pin_next = 17'],
        [4, PinTaken, 'pin_play = 4'],
      ],
    });
    const all = Object.keys(PINS).map((key) => `${key} = 4\n`);
    const { set, problems } = parse(`${all.join('')}${'?\n'.repeat(20)}`);
    assert.deepEqual(set, { pin_play: 4 });
    assert.deepEqual(
      problems.map(([line, problem]) => [line, problem]),
      Array.from({ length: 16 }, (_, i) => [i + 2, i < 7 ? PinTaken : Problem.NotASetting]),
    );
  });

  it('tell which tracks resume', () => {
    const { exports } = running;
    const resumes = (track: string): boolean => {
      const bytes = Buffer.from(track);
      running.bytes().set(bytes, Number(exports.buffer.value) + 4096);
      return exports.resumes(4096, bytes.length) === 1;
    };
    parse('resume = Books\nresume = /Radio/Pl\u00e4y/\nresume = "One #1.wav"');
    for (const track of ['Books/a.wav', 'BOOKS/x/y/z.qoa', 'radio/PL\u00e4Y/1.wav', 'Books', 'one #1.wav']) {
      assert.ok(resumes(track), track);
    }
    for (const track of [
      'Books2/a.wav',
      'Book',
      'a/Books/a.wav',
      'Radio/a.wav',
      'radio/PL\u00c4Y/1.wav',
      '',
      'One #1.wavy',
    ]) {
      assert.ok(!resumes(track), track);
    }
    parse('resume = /');
    assert.ok(resumes('a.wav') && resumes('a/b.wav'));
    parse('');
    assert.ok(!resumes('a.wav') && !resumes('Books/a.wav'));
    // Letters only are folded, not the characters 32 apart from others.
    parse('resume = a[b');
    assert.ok(resumes('A[B/x') && !resumes('a{b/x'));
  });

  it('resume in eight folders, of any length that a line has', () => {
    const folders = Array.from({ length: 9 }, (_, i) => `${i}${'f'.repeat(480)}`);
    const { problems } = parse(folders.map((folder) => `resume = ${folder}\n`).join(''));
    assert.deepEqual(problems, [[9, Problem.TooMany, `resume = ${folders[8]}`]]);
    const { exports } = running;
    const resumed = folders.map((folder) => {
      running.bytes().set(Buffer.from(`${folder}/a`), Number(exports.buffer.value) + 8192);
      return exports.resumes(8192, folder.length + 2);
    });
    assert.deepEqual(resumed, [1, 1, 1, 1, 1, 1, 1, 1, 0]);
  });

  it('keep the first 16 problems and count the others', () => {
    const { exports } = running;
    const { problems } = parse('?\n'.repeat(5000));
    assert.equal(problems.length, 16);
    assert.equal(exports.problemLine(15), 16);
    running.bytes().fill(0x3f, Number(exports.buffer.value), Number(exports.buffer.value) + 200000);
    assert.equal(exports.parse(0, 200000), 1);
    assert.equal(exports.problem(0), Problem.TooLong);
  });

  describe('of the card', () => {
    const text = fs.readFileSync(path.join(import.meta.dirname, '../firmware/player/player.ini'), 'utf8');
    const isExample = (line: string): boolean => /^#\w/.test(line);

    it('are the defaults, in lines that fit a terminal and a file that is read whole', () => {
      assert.deepEqual(parse(text), { set: {}, problems: [] });
      assert.ok(text.length < 16384 && text.split('\n').every((line) => line.length <= 120));
    });

    it('name every key, each with its default unless it is an example', () => {
      const shown = text.split('\n').filter(isExample);
      for (const line of shown) {
        const { set, problems } = parse(line.slice(1));
        assert.deepEqual(problems, [], line);
        if (!/^#(playlist|resume) /.test(line)) assert.deepEqual(set, {}, line);
      }
      const keys = new Set(shown.map((line) => line.slice(1).split(' ')[0]));
      assert.deepEqual([...keys].sort(), [...KEYS].sort());
      const { set, problems } = parse(text.replace(/^#(?=\w)/gm, ''));
      assert.deepEqual({ set, problems }, { set: { playlist: 'music/Evening.m3u' }, problems: [] });
    });
  });

  it('know no other keys than those tested here', () => {
    const source = fs.readFileSync(path.join(import.meta.dirname, '../firmware/setting-values.ts'), 'utf8');
    const [, syntax = ''] = /const SYNTAX = `(.*?)`/s.exec(source) ?? [];
    assert.deepEqual(syntax.match(/^[a-z_.]+/gm)?.sort(), [...KEYS].sort());
  });

  it('survive any text', () => {
    const words = [...KEYS, ...'/ " = = = # - . 7 17 on off capture é'.split(' '), ' ', '\n', '\r', '\0', '\xff'];
    const texts = fc.array(fc.oneof(fc.constantFrom(...words), fc.string({ maxLength: 5 })), { maxLength: 60 });
    fc.assert(
      fc.property(texts, (parts) => {
        const { set, problems } = parse(parts.join(''));
        const volume = set.volumeTenths ?? -200;
        assert(volume >= -1000 && volume <= 0);
        problems.forEach(([line], i) => assert(line > (problems[i - 1]?.[0] ?? 0)));
      }),
      { seed: 5, numRuns: 2000 },
    );
  });
});
