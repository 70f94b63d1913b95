// `npm run mutate`: mutants of the drivers, and which of them the exercises on the virtual Pi catch.
//
//   npm run mutate -- [--file NAME] [--seed N] [--count N] [--json]
//
// Ends with status 1 when fewer than 90 % are caught.

import { parseArgs } from 'node:util';
import { allMutants, Mutation, sample, type Outcome } from './run.js';
import { table, toJson } from './report.js';

const GOAL = 0.9;

const USAGE = `usage: npm run mutate -- [--file NAME] [--seed N] [--count N] [--json]

  --file NAME  only mutants of drivers whose file name holds NAME
  --count N    only so many of them, by chance (default: all)
  --seed N     which those are (default: 1)
  --json       the outcomes as JSON on stdout
  --help       this

Exit status: 0, 1 if fewer than ${GOAL * 100} % are caught, 2 for wrong options.
`;

function refuse(message: string): never {
  process.stderr.write(`error: ${message}; npm run mutate -- --help lists the options\n`);
  process.exit(2);
}

function options(): { file: string | undefined; seed: number; count: number | undefined; json: boolean } {
  const number = (name: string, text: string): number =>
    /^\d{1,9}$/.test(text) ? Number(text) : refuse(`--${name} wants a whole number, not ${text}`);
  try {
    const { values } = parseArgs({
      options: {
        file: { type: 'string' },
        seed: { type: 'string', default: '1' },
        count: { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) {
      process.stdout.write(USAGE);
      process.exit(0);
    }
    const { file, seed, count, json } = values;
    return {
      file,
      seed: number('seed', seed),
      count: count === undefined ? undefined : number('count', count),
      json,
    };
  } catch (error) {
    // Node's own text goes on with advice that is of no use here.
    return refuse((error instanceof Error ? error.message : String(error)).split(/[.\n]/)[0] ?? '');
  }
}

const given = options();
const every = allMutants(given.file);
if (every.length === 0) refuse(`no driver has a name with ${given.file} in it`);
const chosen = given.count === undefined ? every : sample(every, given.count, given.seed);
const mutation = new Mutation();
const outcomes: Outcome[] = [];
for (const mutant of chosen) {
  outcomes.push(await mutation.run(mutant));
  if (process.stderr.isTTY) process.stderr.write(`\r${outcomes.length} of ${chosen.length}`);
}
await mutation.close();
if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
process.stdout.write(given.json ? `${JSON.stringify(toJson(outcomes), null, 2)}\n` : table(outcomes));
const caught = outcomes.filter(({ result }) => result === 'caught').length;
const survived = outcomes.filter(({ result }) => result === 'survived').length;
if (caught < GOAL * (caught + survived)) process.exitCode = 1;
