// Ports as they are opened: who may, what is behind them, and what happens when they go away.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { Channel } from '../../firmware/link/protocol.js';
import { rememberBaud, rememberedBaud } from '../../host-tools/link/adapters.js';
import { LineServer } from '../../host-tools/link/line-server.js';
import type { Link } from '../../host-tools/link/link.js';
import { lockPort } from '../../host-tools/link/port-lock.js';
import { portHolders } from '../../host-tools/link/port-holders.js';
import { openLink } from '../../host-tools/link/port.js';
import { openSerialPort } from '../../host-tools/link/serial-port.js';
import { connectSocket } from '../../host-tools/link/stream-transport.js';
import { Problem } from '../../host-tools/problem.js';
import { when } from '../cli/mirleft.js';
import { testFolder } from '../media/sounds.js';
import { ptyLine, socketLine, type RealLine } from './real-lines.js';

async function echo(link: Link, messages: Uint8Array[]): Promise<Uint8Array[]> {
  const back: Uint8Array[] = [];
  link.receive(Channel.Files, (payload) => back.push(payload.slice()));
  for (const message of messages) await link.send(Channel.Files, message);
  await when(() => back.length === messages.length || !link.isOpen, 'the answers');
  return back;
}

const messages = Array.from({ length: 30 }, (_, i) => new Uint8Array(1000).fill(i));

describe('ports', () => {
  const folder = testFolder();
  const at = (name: string): string => path.join(folder, name);
  let line: RealLine | undefined;

  afterEach(() => {
    line?.close();
    line = undefined;
  });

  it('finds out who has a port open, this program before others', async () => {
    const file = fs.openSync(at('open'), 'w');
    assert.deepEqual(
      portHolders(at('open')).map(({ pid }) => pid),
      [process.pid],
    );
    fs.closeSync(file);
    assert.deepEqual(portHolders(at('open')), []);
    // Others may only keep it open for the one that has it.
    const [sleeps, ours] = [
      ['sleep', '60'],
      ['bash', '-c', 'sleep 60; true', 'mirleft', 'top'],
    ].map((words) => spawn('sh', ['-c', 'exec "$@" <"$0"', at('open'), ...words], { stdio: 'ignore', detached: true }));
    try {
      await when(() => portHolders(at('open')).length >= 2, 'both');
      assert.match(portHolders(at('open'))[0]?.command ?? '', /mirleft top$/);
    } finally {
      for (const child of [sleeps, ours]) process.kill(-(child?.pid ?? NaN), 'SIGKILL');
    }
  });

  it('is a unix socket', async () => {
    line = await socketLine(at('socket'));
    const link = await openLink(line.path);
    assert.equal(link.welcome.isPaced, false);
    assert.deepEqual(await echo(link, messages), messages);
    await assert.rejects(connectSocket(line.path), (error: Problem) => error.code === 'in-use');
    await link.close();
    await (await connectSocket(line.path)).close();
  });

  it('is no emulator with something in its slot that is no card', async () => {
    await assert.rejects(openLink('qemu:package.json'), (error: Problem) => error.code === 'bad-card');
    await assert.rejects(openLink('qemu:no-such'), (error: Problem) => error.code === 'not-found');
  });

  it('is a pseudo terminal by serialport, at the fastest rate that works, and may be unplugged', async () => {
    line = await ptyLine();
    const link = await openLink(line.path);
    assert.equal(link.transport.baud, 3_000_000);
    assert.ok(Math.abs(line.rig.baud / 3_000_000 - 1) < 0.01);
    assert.deepEqual(await echo(link, messages), messages);
    await assert.rejects(openLink(line.path), (error: Problem) => error.code === 'in-use');
    line.close();
    const { kind, problem } = await link.closed;
    assert.equal(kind, 'gone');
    assert.match(problem?.line() ?? '', /: the port is gone; plug the adapter in again$/);
    await link.transport.close();
  });

  it('connects to a pseudo terminal again and again', async () => {
    line = await ptyLine();
    for (let i = 0; i < 5; i++) {
      const link = await openLink(line.path, { baud: 921_600 });
      assert.deepEqual(await echo(link, [Uint8Array.of(i, 0)]), [Uint8Array.of(i, 0)]);
      await link.close();
      await when(() => line?.rig.program.exports.isOpen() === 0, 'the end of the session');
    }
  });

  it('says what is wrong with a port that cannot be opened', async () => {
    const code = (wanted: string) => (error: Problem) => error.code === wanted;
    await assert.rejects(openLink(at('no-such')), code('no-port'));
    fs.writeFileSync(at('file'), 'text');
    const noPort = (error: Problem): boolean =>
      error.code === 'no-port' && /: is no serial port; mirleft doctor without --port/.test(error.line());
    await assert.rejects(openLink(at('file')), noPort);
    await assert.rejects(openLink('/dev/null'), noPort);
    await assert.rejects(openSerialPort('/dev/zero', lockPort('/dev/zero')), noPort, 'as the library tells it');
    await assert.rejects(openLink(''), code('usage'));
    await assert.rejects(openLink('tcp:127.0.0.1:1'), code('no-port'));
    lockPort(at('no-such')).release();
  });

  it('offers a line to one other process at a time', async () => {
    const server = await LineServer.listen(at('uart'));
    let got = '';
    server.onBytes = (bytes) => (got += Buffer.from(bytes).toString());
    const first = await connectSocket(server.path);
    let heard = '';
    first.onBytes = (bytes) => (heard += Buffer.from(bytes).toString());
    await when(() => server.isTaken, 'the first one');
    await first.write(Buffer.from('to the machine'));
    await when(() => got === 'to the machine', 'its bytes');
    server.push(Buffer.from('from it'));
    await when(() => heard === 'from it', "the machine's");
    let lost: Problem | undefined;
    first.onClose = (problem) => (lost = problem);
    server.close();
    await when(() => lost?.code === 'link-lost', 'the end');
    await first.close();
  });

  it('remembers the rate of an adapter', () => {
    const before = process.env['MIRLEFT_CACHE'];
    process.env['MIRLEFT_CACHE'] = at('cache');
    try {
      assert.equal(rememberedBaud('0403:6001:A1'), undefined);
      rememberBaud('0403:6001:A1', 2_000_000);
      rememberBaud('1a86:7523:', 921_600);
      assert.deepEqual([rememberedBaud('0403:6001:A1'), rememberedBaud('1a86:7523:')], [2_000_000, 921_600]);
      fs.writeFileSync(at('cache/adapters.json'), '{ half');
      assert.equal(rememberedBaud('0403:6001:A1'), undefined);
    } finally {
      if (before === undefined) delete process.env['MIRLEFT_CACHE'];
      else process.env['MIRLEFT_CACHE'] = before;
    }
  });
});
