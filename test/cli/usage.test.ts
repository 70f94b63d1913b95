import assert from 'node:assert/strict';
import { CommanderError, type Command } from 'commander';
import { createProgram } from '../../host-tools/cli/program.js';
import { usageProblem } from '../../host-tools/cli/usage.js';
import { run } from './mirleft.js';

const COMMANDS = [
  'play',
  'push',
  'run',
  'image',
  'card',
  'check',
  'console',
  'flash',
  'jack',
  'web',
  'build',
  'size',
  'new',
  'bench',
  'setup',
  'ls',
  'get',
  'put',
  'rm',
  'mv',
  'mkdir',
  'df',
  'dev',
  'update',
  'top',
  'metrics',
  'doctor',
  'crash',
  'log',
];

/** What is told when these words are given. */
async function told(words: string[]): Promise<string> {
  const program = await createProgram(words[0]);
  try {
    await program.parseAsync(words, { from: 'user' });
  } catch (error) {
    assert.ok(error instanceof CommanderError);
    return usageProblem(error, program, words).line();
  }
  throw new Error(`taken: ${words.join(' ')}`);
}

describe('the command line', () => {
  it('tells wrong words in one line, with what to try', async () => {
    const cases: [words: string[], line: string][] = [
      [['sise'], 'unknown command sise; did you mean size? mirleft --help lists the commands'],
      [['new'], 'missing required argument dir; mirleft new --help tells what it takes'],
      [
        ['new', 'a', 'b'],
        'too many arguments for new: expected 1 argument but got 2; mirleft new --help tells what it takes',
      ],
      [['build', '-o'], 'option -o, --out <dir> argument missing; mirleft build --help lists the options'],
      [
        ['play', '--volume', '3', 'x'],
        'option -v, --volume <db> argument 3 is invalid: a number of decibels from -100 to 0 is wanted; ' +
          'mirleft play --help lists the options',
      ],
      [
        ['metrics', '-l', 'foo'],
        'option -l, --listen <address> argument foo is invalid: ADDRESS:PORT is wanted; ' +
          'mirleft metrics --help lists the options',
      ],
      ...['ls', 'mkdir x', 'push a.wav', 'top', 'console', 'metrics', 'crash', 'log', 'dev', 'update'].map(
        (words): [string[], string] => [
          [...words.split(' '), '--port', ''],
          `option ${words.startsWith('mkdir') ? '' : '-p, '}--port <port> argument is empty: ` +
            `the name of a port is wanted; mirleft ${words.split(' ')[0]} --help lists the options`,
        ],
      ),
    ];
    for (const [words, line] of cases) assert.equal(await told(words), line);
    assert.deepEqual(await run('.', ['size', '--foo']), {
      status: 2,
      stdout: '',
      stderr: 'error: unknown option --foo; mirleft size --help lists the options\n',
    });
  });

  it('loads only the file of the command that is named', async () => {
    for (const name of COMMANDS) {
      const { commands } = await createProgram(name);
      assert.ok(commands.length < COMMANDS.length && commands.some((each) => each.name() === name), name);
    }
    assert.equal((await createProgram('--help')).commands.length, COMMANDS.length);
  });

  it('has examples in every help, and one voice', async () => {
    const program = await createProgram();
    const helpOf = (command: Command): string => {
      let text = '';
      command.configureOutput({ writeOut: (words) => (text += words) }).outputHelp();
      return text;
    };
    const all = helpOf(program);
    assert.match(all, /\nExamples:\n/);
    assert.deepEqual(program.commands.map((command) => command.name()).sort(), [...COMMANDS].sort());
    assert.match(
      helpOf(program.commands.find((command) => command.name() === 'metrics') ?? program),
      /default:\s+127\.0\.0\.1:9640\)/,
    );
    for (const { options } of program.commands)
      for (const option of options) if (option.long === '--json') assert.equal(option.short, '-j');
    for (const command of program.commands) {
      const name = command.name();
      const text = helpOf(command);
      assert.match(text, new RegExp(`\\nExamples:\\n {2}mirleft ${name}`), name);
      // A sentence about what it does; beside its name, a few words about what to do.
      assert.match(text, /\n\n[A-Z][a-z]+s [^]*?\.\n\n/, name);
      // It is wrapped for the terminal, so it has no line breaks of its own but between paragraphs.
      assert.doesNotMatch(command.description(), /[^\n]\n[^\n]/, name);
      assert.match(all, new RegExp(`\\n {2}${name}\\b.* {2}[a-z]`), name);
    }
  });
});
