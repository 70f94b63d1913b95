// Serves a board's telemetry to Prometheus: this machine only, unless it is asked for otherwise.

import http from 'node:http';
import net from 'node:net';
import type { AddressInfo } from 'node:net';
import { Problem, systemReason } from '../problem.js';
import { EXPOSITION_TYPE } from './exposition.js';

export interface MetricsServer {
  readonly url: string;
  close(): Promise<void>;
}

export interface MetricsOptions {
  readonly host: string;
  /** 0 takes any that is free. */
  readonly port: number;
  /** Whether other machines may ask. */
  readonly isPublic: boolean;
  /** The page, made anew for each request. */
  readonly page: () => string;
}

const HEADERS_MS = 5000;
const PATH = '/metrics';

/** Whether an address is this machine's own, which no other reaches. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (net.isIPv4(host) && host.startsWith('127.'));

/** Listens. Throws Problem: an address that others reach without `isPublic`, one that is taken or not here. */
export async function serveMetrics({ host, port, isPublic, page }: MetricsOptions): Promise<MetricsServer> {
  if (!isPublic && !isLoopback(host))
    throw new Problem('usage', `other machines reach ${host}, and anybody there could read how the board does`, {
      hint: 'listen on 127.0.0.1, or say --public',
    });
  const server = http.createServer({ headersTimeout: HEADERS_MS, requestTimeout: HEADERS_MS });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      const problem = new Problem('in-use', `nothing can listen there (${systemReason(error)})`, {
        file: `${host}:${port}`,
        hint: 'choose another port with --listen',
        cause: error,
      });
      reject(problem);
    });
    server.listen({ port, host, exclusive: true }, resolve);
  });
  const bound = (server.address() as AddressInfo).port;
  const name = net.isIPv6(host) ? `[${host}]` : host;
  // A page of the web must not read it under a name of its own that leads here.
  const names = new Set([name, '127.0.0.1', 'localhost', '[::1]'].map((of) => `${of.toLowerCase()}:${bound}`));
  server.on('request', (request, response) => {
    const end = (status: number, text: string, type = 'text/plain; charset=utf-8'): void => {
      response.writeHead(status, { 'Content-Type': type, 'X-Content-Type-Options': 'nosniff' });
      response.end(request.method === 'HEAD' ? undefined : text);
    };
    const { host: asked, origin } = request.headers;
    if (!isPublic && !names.has((asked ?? '').toLowerCase())) end(403, 'not under this name\n');
    else if (origin !== undefined) end(403, 'not for pages of the web\n');
    else if (request.method !== 'GET' && request.method !== 'HEAD') end(405, 'only GET and HEAD\n');
    else if (request.url?.split('?')[0] !== PATH) end(404, `ask for ${PATH}\n`);
    else end(200, page(), EXPOSITION_TYPE);
  });
  return {
    url: `http://${name}:${bound}${PATH}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
