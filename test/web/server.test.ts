// What the page's server answers, and to whom.

import assert from 'node:assert/strict';
import http from 'node:http';
import net from 'node:net';
import type { AddressInfo } from 'node:net';
import { Problem } from '../../host-tools/problem.js';
import { startWebServer, type WebServer } from '../../host-tools/web/server.js';

const PROGRAM = { wasm: Uint8Array.of(0, 97, 115, 109), sourceMap: '{}', buildId: '0123456789abcdef', name: 'test' };
const FILES = [
  ...['/', '/index.html', '/page.css', '/board.css', '/xterm.css', '/icon.svg', '/app.js', '/machine.js', '/sound.js'],
  ...['/packer.js', '/decoder.js', '/timer.js', '/firmware.wasm', '/firmware.wasm.map', '/program.json'],
];

interface Answer {
  status: number | undefined;
  headers: http.IncomingHttpHeaders;
  body: string;
}

describe('the web server', () => {
  let server: WebServer;
  before(async () => {
    server = await startWebServer({ program: PROGRAM, port: 0 });
  });
  after(() => server.close());

  /** Asks as nothing but a raw client can: any path, any Host. */
  function ask(
    path: string,
    headers: http.OutgoingHttpHeaders = {},
    method = 'GET',
    host = '127.0.0.1',
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const { port } = server;
      const request = http.request({ host, port, path, method, headers, agent: false }, (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (text: string) => (body += text));
        response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }));
      });
      request.on('error', reject).end();
    });
  }

  it('serves a fixed list of files and nothing else', async () => {
    for (const file of FILES) assert.equal((await ask(file)).status, 200, file);
    const others = ['/package.json', '/page/app.ts', '/..', '/../package.json', '/%2e%2e/package.json', '//etc/passwd'];
    for (const file of [...others, '/index.html/', '/INDEX.HTML', '/app', '', '*', '/__proto__', '/constructor'])
      assert.equal((await ask(file || '/nothing')).status, 404, file);
    const firmware = await ask('/firmware.wasm');
    assert.deepEqual([firmware.headers['content-type'], firmware.body], ['application/wasm', '\0asm']);
    assert.deepEqual(JSON.parse((await ask('/program.json')).body), {
      ...{ name: 'test', buildId: PROGRAM.buildId },
      version: (JSON.parse((await ask('/program.json')).body) as { version: string }).version,
    });
  });

  it('gives every answer the headers that keep others out', async () => {
    for (const { headers } of [await ask('/'), await ask('/nothing'), await ask('/', { host: 'evil.example' })]) {
      const policy = String(headers['content-security-policy']).split('; ');
      assert.ok(policy.includes("default-src 'none'"));
      assert.ok(policy.includes("script-src 'self' 'wasm-unsafe-eval'"));
      for (const kind of ['style-src', 'worker-src', 'connect-src', 'img-src'])
        assert.ok(policy.includes(`${kind} 'self'`), kind);
      assert.ok(!policy.join().includes('unsafe-inline') && !policy.join().includes("'unsafe-eval'"));
      assert.equal(headers['cross-origin-opener-policy'], 'same-origin');
      assert.equal(headers['cross-origin-embedder-policy'], 'require-corp');
      assert.equal(headers['cross-origin-resource-policy'], 'same-origin');
      assert.equal(headers['x-content-type-options'], 'nosniff');
      assert.equal(headers['cache-control'], 'no-store');
    }
  });

  it('refuses a foreign Host: a name that was made to lead here', async () => {
    const { port } = server;
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `LOCALHOST:${port}`, `[::1]:${port}`])
      assert.equal((await ask('/', { host })).status, 200, host);
    const foreign = ['evil.example', `evil.example:${port}`, 'localhost', '127.0.0.1', `localhost:${port + 1}`];
    for (const host of [...foreign, `localhost.evil.example:${port}`, `0.0.0.0:${port}`, `127.0.0.2:${port}`])
      assert.equal((await ask('/firmware.wasm', { host })).status, 403, host);
    // Before HTTP/1.1 it could be left out.
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = net.connect(port, '127.0.0.1', () => socket.end('GET / HTTP/1.0\r\n\r\n'));
      let text = '';
      socket.setEncoding('utf8').on('data', (piece: string) => (text += piece));
      socket.on('end', () => resolve(text)).on('error', reject);
    });
    assert.match(answer, /^HTTP\/1\.1 403 /);
  });

  it('refuses a foreign Origin', async () => {
    const { port } = server;
    assert.equal((await ask('/', { origin: `http://127.0.0.1:${port}` })).status, 200);
    const foreign = ['http://evil.example', 'null', `https://127.0.0.1:${port}`, `http://127.0.0.1:${port + 1}`];
    for (const origin of [...foreign, `http://localhost:${port}`, ''])
      assert.equal((await ask('/program.json', { origin })).status, 403, origin);
  });

  it('only lets look: GET and HEAD', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE']) {
      const { status, headers } = await ask('/', {}, method);
      assert.deepEqual([status, headers.allow], [405, 'GET, HEAD'], method);
    }
    const [head, get] = [await ask('/', {}, 'HEAD'), await ask('/')];
    assert.deepEqual(
      [head.status, head.body, head.headers['content-length']],
      [200, '', get.headers['content-length']],
    );
  });

  it('listens on the loopback addresses alone', async () => {
    const { port } = server;
    const reached = (host: string): Promise<boolean> =>
      new Promise((resolve) => {
        const socket = net.connect({ host, port, timeout: 2000 });
        socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
        socket.once('timeout', () => resolve(false));
        socket.once('connect', () => socket.destroy());
      });
    assert.equal(await reached('127.0.0.1'), true);
    assert.equal(await reached('127.0.0.2'), false);
    if (await ipv6()) assert.equal((await ask('/', {}, 'GET', '::1')).status, 200);
  });

  it('says that the port it was given is taken, and looks for another only when it was given none', async () => {
    await assert.rejects(
      startWebServer({ program: PROGRAM, port: server.port }),
      (error) => error instanceof Problem && error.code === 'in-use' && error.message.includes(String(server.port)),
    );
    const first = await startWebServer({ program: PROGRAM });
    const second = await startWebServer({ program: PROGRAM });
    assert.ok(second.port > first.port);
    await Promise.all([first.close(), second.close()]);
    await assert.rejects(fetch(first.url));
  });
});

/** Whether this machine has the other loopback address. */
const ipv6 = (): Promise<boolean> =>
  new Promise((resolve) => {
    const server = net.createServer().once('error', () => resolve(false));
    server.listen(0, '::1', () => server.close(() => resolve((server.address() as AddressInfo | null) === null)));
  });
