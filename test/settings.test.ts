import assert from 'node:assert/strict';
import fc from 'fast-check';
import { runProgram, type Running } from './support/module.js';
import { pick } from './support/pick.js';

interface Exports {
  buffer: WebAssembly.Global;
  parse(offset: number, length: number): number;
  jack(): number;
  free(): number;
  volumeTenths(): number;
  records(): number;
  crc(): number;
  exitAtEnd(): number;
  demo(): number;
  problemLine(index: number): number;
  problem(index: number): number;
  problemStart(index: number): number;
  problemBytes(index: number): number;
}

const DEFAULTS = { jack: 0, free: 0, volumeTenths: -200, records: 0, crc: 0, exitAtEnd: 0, demo: 1 };
const Problem = { UnknownKey: 1, BadValue: 2, NotASetting: 3, TooLong: 4 };

describe('settings', () => {
  let running: Running<Exports>;
  before(async () => {
    running = await runProgram<Exports>('test/assembly/settings.ts');
  });

  /** The settings that differ from the defaults, and the problems as [line, code, text]. */
  function parse(text: string | Uint8Array): { set: Partial<typeof DEFAULTS>; problems: [number, number, string][] } {
    const { exports } = running;
    const bytes = Buffer.from(text as string);
    running.bytes().set(bytes, Number(exports.buffer.value));
    const count = exports.parse(0, bytes.length);
    const set = Object.entries(DEFAULTS).flatMap(([key, usual]) => {
      const value = exports[key as keyof typeof DEFAULTS]();
      return value === usual ? [] : [[key, value]];
    });
    const problems = Array.from({ length: Math.min(count, 16) }, (_, i): [number, number, string] => {
      const start = exports.problemStart(i);
      const shown = Buffer.from(running.bytes().subarray(start, start + exports.problemBytes(i)));
      return [exports.problemLine(i), exports.problem(i), shown.toString()];
    });
    return { set: Object.fromEntries(set) as Partial<typeof DEFAULTS>, problems };
  }

  it('are the defaults where nothing is said', () => {
    for (const text of ['', '\n', '\r\n\r\n', '# only a comment', '   \t \n#\n # = \n', '\ufeff']) {
      assert.deepEqual(parse(text), { set: {}, problems: [] }, JSON.stringify(text));
    }
  });

  it('are set by each key', () => {
    const cases: [string, Partial<typeof DEFAULTS>][] = [
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
    ];
    for (const [line, set] of cases) assert.deepEqual(parse(line), { set, problems: [] }, line);
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
      `demo = ${'x'.repeat(200)}`,
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

  it('keep the first 16 problems and count the others', () => {
    const { exports } = running;
    const { problems } = parse('?\n'.repeat(5000));
    assert.equal(problems.length, 16);
    assert.equal(exports.problemLine(15), 16);
    running.bytes().fill(0x3f, Number(exports.buffer.value), Number(exports.buffer.value) + 200000);
    assert.equal(exports.parse(0, 200000), 1);
    assert.equal(exports.problem(0), Problem.TooLong);
  });

  it('survive any text', () => {
    const words = [
      'jack',
      'volume_db',
      '=',
      '=',
      ' ',
      '\n',
      '\r',
      '#',
      '-',
      '.',
      '7',
      'on',
      'capture',
      '\0',
      '\xff',
      'é',
    ];
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
