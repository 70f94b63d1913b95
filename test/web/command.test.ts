// mirleft web, as a process.

import assert from 'node:assert/strict';
import http from 'node:http';
import { run, start } from '../cli/mirleft.js';
import { testFolder } from '../media/sounds.js';

const STOP = ['SIGINT', 'SIGTERM'] as const;

describe('mirleft web', () => {
  const folder = testFolder();

  it('prints the address, serves the program there, and ends by Ctrl-C', async () => {
    const ends = await Promise.all(
      STOP.map(async (signal) => {
        const running = start(folder, ['web', 'blink', '--port', '0']);
        let said = '';
        running.child.stdout.on('data', (text: string) => (said += text));
        await running.until('Ctrl-C ends');
        const url = said.trim();
        assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/$/);
        const program = (await (await fetch(`${url}program.json`)).json()) as Record<string, string>;
        assert.equal(program['name'], 'blink');
        running.child.kill(signal);
        const { status, stdout } = await running.ended;
        assert.equal(stdout, `${url}\n`);
        return status;
      }),
    );
    assert.deepEqual(ends, [0, 0]);
  });

  it('says what is wrong with a port', async () => {
    const other = http.createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as { port: number };
    const [taken, wrong] = await Promise.all([
      run(folder, ['web', 'blink', '--port', String(port)]),
      run(folder, ['web', '--port', '99999']),
    ]);
    other.close();
    assert.equal(taken.status, 1);
    assert.match(taken.stderr, new RegExp(`another program has port ${port}; give another with --port`));
    assert.equal(wrong.status, 2);
    assert.match(wrong.stderr, /a number from 0 to 65535/);
  });
});
