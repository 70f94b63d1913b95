// Telemetry for Prometheus: the page by the rules of its format, and who may ask for it.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Metric, PlayState, TelemetryOp } from '../../firmware/link/protocol.js';
import { readAddress } from '../../host-tools/cli/metrics.js';
import type { Welcome } from '../../host-tools/link/control.js';
import { exposition } from '../../host-tools/link/exposition.js';
import { isLoopback, serveMetrics } from '../../host-tools/link/metrics-server.js';
import { readSnapshot, type Snapshot } from '../../host-tools/link/telemetry.js';
import { Problem } from '../../host-tools/problem.js';
import { start, when } from '../cli/mirleft.js';
import { testFolder } from '../media/sounds.js';
import { playerBuild } from '../play/player.js';
import { connected } from '../support/socket.js';

interface Family {
  type: string;
  samples: Map<string, number>;
}

/** Reads the text format strictly: HELP, TYPE, then samples of that family alone, each once. */
function parse(page: string): Map<string, Family> {
  const families = new Map<string, Family>();
  let name = '';
  assert.ok(page.endsWith('\n'));
  const lines = page.slice(0, -1).split('\n');
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? '';
    const [, helped, help] = /^# HELP (\S+) (.+)$/.exec(line) ?? [];
    if (helped !== undefined) {
      name = helped;
      assert.match(name, /^mirleft_[a-z_]+$/);
      assert.match(help ?? '', /^[A-Z].*\.$/);
      assert.ok(!families.has(name), `${name} twice`);
      const [, typed, type] = /^# TYPE (\S+) (gauge|counter)$/.exec(lines[++at] ?? '') ?? [];
      assert.equal(typed, name);
      assert.equal(type === 'counter', name.endsWith('_total'), `${name} is a ${type}`);
      families.set(name, { type: type as string, samples: new Map() });
      continue;
    }
    const [, of, labels = '', value] =
      /^([a-z_]+)(\{[a-z]+="(?:[^"\\\n]|\\["\\n])*"(?:,[a-z]+="(?:[^"\\\n]|\\["\\n])*")*\})? (\S+)$/.exec(line) ?? [];
    assert.equal(of, name, line);
    const samples = families.get(name)?.samples;
    assert.ok(samples && !samples.has(labels), line);
    assert.ok(Number.isFinite(Number(value)), line);
    samples.set(labels, Number(value));
  }
  return families;
}

const WELCOME: Welcome = {
  version: 1,
  abilities: { modules: true },
  isPaced: true,
  window: 32,
  boot: 7,
  generation: 1,
  build: '0123456789abcdef',
  baud: 115_200,
  highestBaud: 3_000_000,
  tickRate: 54_000_000,
  text: '0.1\\0 "x"\nmirleft_up 7',
};

function snapshotOf(values: readonly (readonly [Metric, number])[]): Snapshot {
  const bytes = Buffer.alloc(1 + 5 * values.length);
  bytes[0] = TelemetryOp.Snapshot;
  values.forEach(([key, value], i) => {
    bytes[1 + 5 * i] = key;
    bytes.writeUInt32LE(value >>> 0, 2 + 5 * i);
  });
  const snapshot = readSnapshot(bytes);
  assert.ok(snapshot);
  return snapshot;
}

describe('the page for Prometheus', () => {
  it('follows the format, in base units, whatever a board says of itself', () => {
    const snapshot = snapshotOf([
      [Metric.LevelLeft, 32767],
      [Metric.RingUs, 62_500],
      [Metric.CpuDecode, 1250],
      [Metric.CpuLink, 10],
      [Metric.Track, 3],
      [Metric.LongestStepUs, 1500],
      [Metric.Temperature, -15],
      [Metric.Underruns, 3],
      [Metric.UartLost, 12],
      [Metric.Volume, -205],
      [Metric.PositionMs, 61_500],
      [Metric.State, PlayState.Paused],
    ]);
    const families = parse(exposition({ welcome: WELCOME, snapshot, sessions: 2 }));
    const value = (name: string, labels = ''): number | undefined =>
      families.get(`mirleft_${name}`)?.samples.get(labels);
    assert.equal(value('up'), 1);
    assert.equal(value('sessions_total'), 2);
    assert.equal(value('info', '{build="0123456789abcdef",version="0.1\\\\0 \\"x\\"\\nmirleft_up 7"}'), 1);
    assert.equal(value('level_ratio', '{channel="left"}'), 1);
    assert.equal(value('level_ratio', '{channel="right"}'), undefined);
    assert.equal(value('ring_seconds'), 0.0625);
    assert.equal(value('cpu_ratio', '{stage="decode"}'), 0.125);
    assert.equal(value('cpu_ratio', '{stage="line"}'), 0.001);
    assert.equal(value('track'), 4);
    assert.equal(value('step_longest_seconds'), 0.0015);
    assert.equal(value('temperature_celsius'), -1.5);
    assert.equal(value('underruns_total'), 3);
    assert.equal(value('uart_lost_bytes_total'), 12);
    assert.equal(value('volume_decibels'), -20.5);
    assert.equal(value('track_position_seconds'), 61.5);
    assert.equal(value('state', '{state="paused"}'), 1);
    assert.equal(value('state', '{state="playing"}'), 0);
    assert.equal(families.has('mirleft_jack_rate_hertz'), false, 'not told, not there');
  });

  it('tells nothing old of a board that is away', () => {
    const page = exposition({ welcome: undefined, snapshot: snapshotOf([[Metric.Underruns, 1]]), sessions: 1 });
    assert.deepEqual([...parse(page).keys()], ['mirleft_up', 'mirleft_sessions_total']);
    assert.match(page, /^mirleft_up 0$/m);
  });
});

/** The status and the body of a request. */
function ask(url: string, headers: Record<string, string> = {}, method = 'GET'): Promise<[number, string]> {
  return new Promise((resolve, reject) => {
    const request = http.request(url, { method, headers, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.on('end', () => resolve([response.statusCode ?? 0, body]));
    });
    request.on('error', reject);
    request.end();
  });
}

describe('the server for Prometheus', () => {
  it('answers this machine, by its own names, and nobody else', async () => {
    let page = 'mirleft_up 0\n';
    const server = await serveMetrics({ host: '127.0.0.1', port: 0, isPublic: false, page: () => page });
    try {
      const { port } = new URL(server.url);
      assert.deepEqual(await ask(server.url), [200, page]);
      page = 'mirleft_up 1\n';
      assert.deepEqual(await ask(server.url, { host: `localhost:${port}` }), [200, page]);
      assert.equal((await ask(server.url, { host: 'evil.example' }))[0], 403);
      assert.equal((await ask(server.url, { host: `evil.example:${port}` }))[0], 403);
      assert.equal((await ask(server.url, { origin: 'http://evil.example' }))[0], 403);
      assert.equal((await ask(server.url, {}, 'POST'))[0], 405);
      assert.deepEqual(await ask(server.url, {}, 'HEAD'), [200, '']);
      assert.equal((await ask(`${new URL('/', server.url)}`))[0], 404);
      await assert.rejects(
        serveMetrics({ host: '127.0.0.1', port: Number(port), isPublic: false, page: () => page }),
        (error) => error instanceof Problem && error.code === 'in-use',
      );
    } finally {
      await server.close();
    }
  });

  it('refuses addresses that others reach, unless it is told to', async () => {
    for (const host of ['0.0.0.0', '::', '192.168.1.2', 'example.org', '127.evil.example'])
      await assert.rejects(
        serveMetrics({ host, port: 0, isPublic: false, page: () => '' }),
        (error) => error instanceof Problem && error.code === 'usage' && /--public/.test(error.hint ?? ''),
        host,
      );
    const server = await serveMetrics({ host: '0.0.0.0', port: 0, isPublic: true, page: () => 'x\n' });
    assert.deepEqual(await ask(server.url.replace('0.0.0.0', '127.0.0.1'), { host: 'player.lan' }), [200, 'x\n']);
    await server.close();
  });

  it('knows what is this machine, and reads addresses', () => {
    assert.ok(isLoopback('127.0.0.1') && isLoopback('127.9.9.9') && isLoopback('::1') && isLoopback('localhost'));
    assert.deepEqual(readAddress('9640'), { host: '127.0.0.1', port: 9640 });
    assert.deepEqual(readAddress('[::1]:0'), { host: '::1', port: 0 });
    assert.deepEqual(readAddress('0.0.0.0:80'), { host: '0.0.0.0', port: 80 });
    for (const wrong of ['', 'x', '1.2.3.4', '1.2.3.4:99999', '::1:80', 'a:b:1'])
      assert.throws(() => readAddress(wrong), wrong);
  });
});

describe('mirleft metrics', () => {
  it('prints no address when there is no board', async () => {
    const { status, stdout, stderr } = await start('.', ['metrics', '-p', '/dev/ttyNOT0', '-l', '0']).ended;
    assert.deepEqual([status, stdout], [1, '']);
    assert.match(stderr, /no such port/);
  });

  it('serves what the player in QEMU tells, until it is interrupted', async () => {
    const run = start('.', ['metrics', '--port', 'qemu', '--listen', '127.0.0.1:0']);
    try {
      let out = '';
      run.child.stdout.on('data', (text: string) => (out += text));
      const url = (): string | undefined => /^(http:\S+)\n/.exec(out)?.[1];
      await when(() => url() !== undefined, 'the address');
      let page = '';
      for (const end = Date.now() + 200_000; !page.includes('mirleft_state') && Date.now() < end;) {
        await pause(200);
        [, page] = await ask(url() as string);
      }
      const families = parse(page);
      assert.equal(families.get('mirleft_up')?.samples.get(''), 1, page);
      assert.ok((families.get('mirleft_step_longest_seconds')?.samples.get('') ?? 0) > 0, page);
      assert.ok((families.get('mirleft_temperature_celsius')?.samples.get('') ?? 0) > 0, page);
    } finally {
      run.child.kill('SIGINT');
    }
    assert.equal((await run.ended).status, 130);
  });

  it('says when the board is away, tells nothing old then, and goes on after its reset', async () => {
    const folder = testFolder();
    const [kernel, line, monitor] = ['kernel8.img', 'line', 'monitor'].map((name) => path.join(folder, name)) as [
      string,
      string,
      string,
    ];
    fs.writeFileSync(kernel, (await playerBuild()).image);
    const words = ['-M', 'raspi4b', '-display', 'none', '-monitor', 'none', '-kernel', kernel];
    words.push('-serial', `unix:${line},server=on,wait=off`, '-qmp', `unix:${monitor},server=on,wait=off`);
    const emulator = spawn('timeout', ['-k', '2', '200', 'qemu-system-aarch64', ...words], { stdio: 'ignore' });
    const qmp = await connected(monitor);
    const command = (...names: string[]): void =>
      names.forEach((execute) => qmp.write(`${JSON.stringify({ execute })}\n`));
    command('qmp_capabilities');
    const run = start('.', ['metrics', '--port', line, '--listen', '127.0.0.1:0']);
    try {
      await run.until(/http:\S+\n[^]*connected/);
      let page = '';
      const url = /http:\S+/.exec(run.text())?.[0] ?? '';
      const value = (name: string): number | undefined => parse(page).get(`mirleft_${name}`)?.samples.get('');
      const until = async (so: () => boolean): Promise<void> => {
        for (const end = Date.now() + 100_000; Date.now() < end; await pause(100)) {
          [, page] = await ask(url);
          if (so()) return;
        }
        assert.fail(page);
      };
      await until(() => (value('uptime_seconds') ?? 0) >= 2);
      assert.deepEqual([value('up'), value('sessions_total')], [1, 1]);
      command('stop');
      await until(() => value('up') === 0);
      assert.deepEqual([...parse(page).keys()], ['mirleft_up', 'mirleft_sessions_total']);
      assert.equal(value('sessions_total'), 1);
      const resetAt = performance.now();
      command('system_reset', 'cont');
      await until(() => value('uptime_seconds') !== undefined);
      // What the board counts begins anew, which Prometheus takes for a reset; sessions are counted here, and go on.
      assert.deepEqual([value('up'), value('sessions_total')], [1, 2]);
      // Without a reset it has those 2 s from before, too.
      const seconds = (performance.now() - resetAt) / 1000;
      assert((value('uptime_seconds') ?? Infinity) < seconds + 1, `${seconds} s: ${page}`);
    } finally {
      run.child.kill('SIGINT');
      qmp.destroy();
      emulator.kill();
    }
    assert.equal((await run.ended).status, 130);
  });
});
