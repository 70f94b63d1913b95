// `mirleft dev` as a user has it: what is saved runs in QEMU, what is wrong is told, Ctrl-C leaves nothing behind.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { run, start, type Running } from '../cli/mirleft.js';
import { testFolder } from '../media/sounds.js';

describe('mirleft dev', function () {
  this.timeout(400_000);
  const folder = testFolder();
  const project = path.join(folder, 'hello');
  const main = path.join(project, 'main.ts');
  let text = '';
  let running: Running | undefined;
  before(async () => {
    const made = await run(folder, ['new', 'hello']);
    assert.equal(made.status, 0, made.stderr);
    text = fs.readFileSync(main, 'utf8');
    assert.match(text, /tone\.tone\(440\);/);
  });
  afterEach(async () => {
    running?.child.kill('SIGKILL');
    await running?.exited;
  });

  /** Saves as editors do that write another file first. */
  function save(line: string): void {
    fs.writeFileSync(`${main}~`, text.replace('tone.tone(440);', line));
    fs.renameSync(`${main}~`, main);
  }

  it('runs what is saved, quick and then optimised, and tells what is wrong with it', async () => {
    running = start(project, ['dev', '--port', 'qemu']);
    await running.until('hello on qemu');
    await running.until('runs already');
    save('tone.tone(330);');
    await running.until(/quick build[^]*module 2 runs[^]*optimised build[^]*module 3 runs/);
    save('tone.tonne(330);');
    await running.until(/does not compile\nmain\.ts:\d+:8: Property 'tonne' does not exist/);
    save('unreachable();');
    await running.until(
      /error: .*it traps; what ran before runs again\nfault: trap: unreachable executed\n {2}at start \(main\.ts:\d+:3\)/,
    );
    save('tone.tone(550);');
    await running.until(/fault: trap[^]*module \d+ runs[^]*optimised build[^]*module \d+ runs/);
    running.child.kill('SIGINT');
    assert.equal((await running.ended).status, 130);
  });

  it('tells all that to programs, a line for each event', async () => {
    running = start(project, ['dev', '--json', '--port', 'qemu']);
    save('tone.tone(440);');
    await running.until('"event":"waiting"');
    save('tone.tone(330);');
    await running.until(/"event":"swapped","kind":"full"[^]*"event":"waiting"/);
    save('tone.tone(330); // as it was');
    await running.until(/"event":"swapped","kind":"full"[^]*"event":"unchanged"[^]*"event":"waiting"/);
    save('tone.tonne(330);');
    await running.until(/"event":"failed"[^]*"event":"waiting"/);
    running.child.kill('SIGINT');
    const { status, stdout, stderr } = await running.ended;
    assert.deepEqual([status, stderr], [130, '']);
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    assert(events.every((event) => event['schema'] === 1 && typeof event['event'] === 'string'));
    const of = (name: string): Record<string, unknown>[] => events.filter(({ event }) => event === name);
    assert.deepEqual(
      [of('connected')[0]?.['program'], events.at(-1)],
      ['hello', { schema: 1, event: 'end', errors: [] }],
    );
    assert.deepEqual(
      of('swapped').map(({ kind, generation }) => [kind, generation]),
      [
        ['quick', 2],
        ['full', 3],
      ],
    );
    const [failure] = of('failed')[0]?.['errors'] as { code: string; message: string }[];
    assert.equal(failure?.code, 'not-compiled');
    assert.match(failure.message, /Property 'tonne' does not exist/);
  });

  it('does not send what nothing could replace', async () => {
    const lonely = path.join(folder, 'lonely.ts');
    fs.writeFileSync(
      lonely,
      'export function start(_g: i32): void {}\nexport function step(_e: i32): i64 {\n  return i64.MAX_VALUE;\n}\n',
    );
    const { status, stderr } = await run(folder, ['dev', 'lonely.ts', '--port', 'qemu']);
    assert.match(stderr, /lonely: does not serve the line.*serviceDevLine/);
    assert.equal(status, 1);
    // It has all of it but the call.
    assert.match(text, /= serviceDevLine\(\);/);
    fs.writeFileSync(main, text.replace('= serviceDevLine();', ': i64 = 1000;'));
    const deaf = await run(project, ['dev', '--port', 'qemu']);
    assert.match(deaf.stderr, /hello: does not serve the line.*serviceDevLine/);
    assert.equal(deaf.status, 1);
  });
});
