// The page's server: this machine's own loopback addresses only, a fixed list of files out of memory, and nobody but
// the page itself may ask for them.

import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { version } from '../build/library.js';
import type { ProgramSource } from '../virtual-pi/board/program.js';
import { Problem, systemCode, systemReason } from '../problem.js';
import { bundleScripts, staticFiles } from './bundle.js';

/** The first port that is tried. */
const PORT = 8640;
/** So many after it are tried when it is taken. */
const TRIES = 20;

const HEADERS = {
  'Content-Security-Policy': [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "worker-src 'self'",
    "connect-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), serial=(self)',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-store',
};

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  json: 'application/json',
  map: 'application/json',
  svg: 'image/svg+xml',
  wasm: 'application/wasm',
};

export interface WebOptions {
  /** The program with its name and build id. */
  program: ProgramSource & { name: string; buildId: string };
  /** The one port that will do, 0 for any; default: 8640 or one of those after it. */
  port?: number | undefined;
}

export interface WebServer {
  /** Address of the page. */
  readonly url: string;
  readonly port: number;
  /** Ends it, with all connections. */
  close(): Promise<void>;
}

/** Bundles the page and serves it. Throws Problem: the port is taken, the page cannot be bundled. */
export async function startWebServer(options: WebOptions): Promise<WebServer> {
  const files = await pageFiles(options);
  const first = await listenSomewhere(options.port);
  const { port } = first.address() as AddressInfo;
  // The same port of the other loopback address, where there is one and nobody else has it.
  const second = await listen(port, '::1').catch(() => undefined);
  const servers = second ? [first, second] : [first];
  const hosts = new Set([`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`]);
  // A browser leaves the usual port out.
  if (port === 80) for (const host of ['127.0.0.1', 'localhost', '[::1]']) hosts.add(host);
  for (const server of servers) server.on('request', (request, response) => answer(request, response, files, hosts));
  return {
    url: `http://127.0.0.1:${port}/`,
    port,
    async close() {
      const closed = servers.map((server) => new Promise((resolve) => server.close(resolve)));
      for (const server of servers) server.closeAllConnections();
      await Promise.all(closed);
    },
  };
}

/** Every file by its path: the whole of what there is. */
async function pageFiles({ program }: WebOptions): Promise<Map<string, Uint8Array>> {
  const { name, buildId, wasm, sourceMap } = program;
  const files = new Map<string, Uint8Array>();
  for (const [file, contents] of [...staticFiles(), ...(await bundleScripts())]) files.set(`/${file}`, contents);
  files.set('/firmware.wasm', wasm);
  files.set('/firmware.wasm.map', Buffer.from(sourceMap));
  files.set('/program.json', Buffer.from(JSON.stringify({ name, buildId, version })));
  return files;
}

function answer(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  files: ReadonlyMap<string, Uint8Array>,
  hosts: ReadonlySet<string>,
): void {
  const end = (status: number, text: string): void => {
    response.writeHead(status, { ...HEADERS, 'Content-Type': 'text/plain; charset=utf-8' });
    response.end(request.method === 'HEAD' ? undefined : `${text}\n`);
  };
  const { host, origin } = request.headers;
  // A foreign name that leads to this address (DNS rebinding), and a foreign page that asks.
  if (host === undefined || !hosts.has(host.toLowerCase())) return end(403, 'not under this name');
  if (origin !== undefined && origin.toLowerCase() !== `http://${host.toLowerCase()}`)
    return end(403, 'not for other pages');
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD');
    return end(405, 'only GET and HEAD');
  }
  const [asked = ''] = (request.url ?? '').split('?');
  const name = asked === '/' ? '/index.html' : asked;
  const contents = files.get(name);
  if (!contents) return end(404, 'no such file');
  response.writeHead(200, {
    ...HEADERS,
    'Content-Type': TYPES[name.slice(name.lastIndexOf('.') + 1)] ?? 'application/octet-stream',
    'Content-Length': contents.length,
  });
  response.end(request.method === 'HEAD' ? undefined : contents);
}

/** A server that listens. Rejects with the system's error. */
function listen(port: number, host: string): Promise<http.Server> {
  return new Promise((resolve, reject) => {
    const server = http.createServer();
    server.once('error', reject);
    server.listen({ port, host, exclusive: true }, () => {
      server.off('error', reject);
      resolve(server);
    });
  });
}

async function listenSomewhere(wanted: number | undefined): Promise<http.Server> {
  const ports = wanted === undefined ? Array.from({ length: TRIES }, (_, i) => PORT + i) : [wanted];
  let cause: unknown;
  for (const port of ports) {
    try {
      return await listen(port, '127.0.0.1');
    } catch (error) {
      cause = error;
      if (systemCode(error) !== 'EADDRINUSE') break;
    }
  }
  const last = ports.at(-1) ?? PORT;
  if (systemCode(cause) === 'EADDRINUSE')
    throw new Problem(
      'in-use',
      `another program has ${wanted === undefined ? `the ports ${PORT} to ${last}` : `port ${wanted}`}`,
      {
        hint: 'give another with --port, or --port 0 for any',
        cause,
      },
    );
  throw new Problem('in-use', `port ${wanted ?? PORT} cannot be opened (${systemReason(cause)})`, {
    hint: 'ports from 1024 on are open to everybody',
    cause,
  });
}
