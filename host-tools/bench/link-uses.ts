// What waits for the serial line: the first sample of a push, and a small file, in a virtual Pi's time; and what QEMU's
// UART carries, through the link and for a program that only takes bytes.

import fs from 'node:fs';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import { compile } from '../build/compile.js';
import { buildImage } from '../build/image.js';
import { libraryRoot } from '../build/library.js';
import { buildProgram, finishBuild } from '../build/program.js';
import { startEmulator, type EmulatorOptions } from '../emulator/emulator.js';
import type { Scratch } from '../emulator/scratch.js';
import { Channel } from '../../firmware/link/protocol.js';
import { openEmulator } from '../link/emulator-port.js';
import { FileClient } from '../link/file-client.js';
import { lineBytes } from '../link/line-choice.js';
import { Link } from '../link/link.js';
import { Push } from '../link/push.js';
import { Sound } from '../link/sound.js';
import { VirtualTransport, whilePassing } from '../link/virtual.js';
import { archiveOf, settingsMember } from '../media/archive.js';
import { Problem } from '../problem.js';
import type { ProgramSource } from '../virtual-pi/board/program.js';
import { Random } from '../virtual-pi/random.js';
import { SdCard } from '../virtual-pi/sd/sd-card.js';
import { MemorySectors, SECTOR_BYTES } from '../virtual-pi/sd/sector-store.js';
import { MILLISECOND, SECOND, toMs } from '../virtual-pi/time.js';
import { VirtualPi } from '../virtual-pi/virtual-pi.js';
import type { BenchRow } from './bench.js';
import { makeCard } from './card-reads.js';
import { music } from './music.js';

const RATE_HZ = 48_000;
const BITS_A_BYTE = 10;
const FILE_BYTES = 100;
const FILE_BAUD = 115_200;
const QEMU_BYTES = 1 << 19;
const KB = 1000;
const BARE_TRIES = 3;
const FIRST = /"event":"first","ticks":(\d+),"rate":(\d+)/;

const bareLoop = path.join(libraryRoot, 'test', 'programs', 'bench-uart.ts');

/** Rows of all three. Throws Problem. */
export async function linkUses(scratch: Scratch): Promise<BenchRow[]> {
  const program = await finishBuild(buildProgram({ program: 'player' }));
  return [...(await firstSamples(program)), ...(await smallFile(program, scratch)), ...(await throughQemu(scratch))];
}

async function firstSamples(program: ProgramSource): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const [baud, what] of [
    [3_000_000, 'as samples'],
    [921_600, 'as QOA'],
  ] as const) {
    const measured = await firstSample(program, baud);
    const how = `2 s of 48 kHz stereo at ${baud} baud, ${what}, virtual time`;
    rows.push({
      id: `pushFirst${baud}`,
      what: 'push: connection to first sample',
      unit: 'ms',
      goal: 300,
      measured,
      how,
    });
  }
  return rows;
}

/** Milliseconds from the connection to the first sample that leaves the jack. */
async function firstSample(program: ProgramSource, baud: number): Promise<number> {
  const settings = settingsMember('records = on\ndemo = off\nvolume_db = 0\n');
  const pi = new VirtualPi({ program, ramDisk: archiveOf([settings]) });
  let said = '';
  const onText = (bytes: Uint8Array): void => void (said += Buffer.from(bytes).toString('latin1'));
  pi.runTo(SECOND / 2);
  const link = await whilePassing(pi, Link.connect(new VirtualTransport(pi), { onText }));
  await whilePassing(pi, link.setBaud(baud));
  const sound = new Sound('music', RATE_HZ, 2, () => undefined);
  sound.add(music(2, RATE_HZ));
  sound.end();
  const push = new Push(link, [{ name: 'music', open: () => sound }], { lineBytes: lineBytes(baud) });
  const began = toMs(pi.now);
  const work = async (): Promise<void> => {
    const run = push.run();
    while (!(await run.next()).done);
  };
  await whilePassing(pi, work());
  await whilePassing(pi, link.leave());
  const [, ticks, rate] = FIRST.exec(said) ?? [];
  const at = (Number(ticks) * 1000) / Number(rate);
  if (!(at > began)) throw new Problem('not-played', 'no sample came of a push');
  return at - began;
}

/** A file of 100 bytes there and back, beyond the time of the bytes in the direction that more go. */
async function smallFile(program: ProgramSource, scratch: Scratch): Promise<BenchRow[]> {
  const image = fs.readFileSync(
    await makeCard(scratch.file('card.img'), [['player.ini', Buffer.from('demo = off\n')]]),
  );
  const card = new SdCard({ store: new MemorySectors(image.length / SECTOR_BYTES, image) });
  const pi = new VirtualPi({ program, card });
  pi.runTo(pi.now + SECOND);
  const link = await whilePassing(pi, Link.connect(new VirtualTransport(pi)));
  const client = new FileClient(link);
  const content = Buffer.alloc(FILE_BYTES, 'mirleft');
  const source = {
    bytes: content.length,
    crc32: crc32(content),
    read: (offset: number, most: number) => Promise.resolve(content.subarray(offset, offset + most)),
  };
  const got: Uint8Array[] = [];
  const beyond = async (act: () => Promise<unknown>): Promise<number> => {
    const before = { ...link.statistics };
    const began = pi.now;
    await whilePassing(pi, act());
    const { bytesSent, bytesReceived } = link.statistics;
    const bytes = Math.max(bytesSent - before.bytesSent, bytesReceived - before.bytesReceived);
    return (pi.now - began) / MILLISECOND - (bytes * BITS_A_BYTE * 1000) / FILE_BAUD;
  };
  const put = await beyond(() => client.put('small', source, false));
  const get = await beyond(() => client.get('small', 0, (piece) => void got.push(piece)));
  if (!Buffer.concat(got).equals(content)) throw new Problem('verify-failed', 'a small file came back as another');
  await whilePassing(pi, link.leave());
  const how = `beyond the time of its bytes at ${FILE_BAUD} baud, virtual time`;
  const row = (id: string, what: string, measured: number): BenchRow => ({
    ...{ id, what, unit: 'ms', goal: 50, measured, how },
  });
  return [row('smallPut', `a file of ${FILE_BYTES} bytes put`, put), row('smallGet', '  and fetched', get)];
}

async function throughQemu(scratch: Scratch): Promise<BenchRow[]> {
  const row = (id: string, what: string, ms: number, how: string): BenchRow => ({
    ...{ id, what, unit: 'KB/s', measured: QEMU_BYTES / ms / (KB / 1000), how },
  });
  const rows = [
    row('qemuGoodput', "goodput through QEMU's UART", await linkInQemu(), '512 KiB to the player, wall time'),
  ];
  if (fs.existsSync(bareLoop))
    rows.push(row('qemuBare', '  a bare loop that only takes bytes', await bareInQemu(scratch), '512 KiB, wall time'));
  return rows;
}

const noise = (bytes: number): Uint8Array => {
  const random = new Random(1);
  return Uint8Array.from({ length: bytes }, () => random.word());
};

/** Milliseconds for QEMU_BYTES of payload. */
async function linkInQemu(): Promise<number> {
  const transport = await openEmulator(undefined);
  try {
    const link = await Link.connect(transport, { timeoutMs: 20_000 });
    const payload = noise(QEMU_BYTES);
    const began = performance.now();
    for (let at = 0; at < payload.length; at += link.payloadBytes)
      await link.send(Channel.Log, payload.slice(at, at + link.payloadBytes));
    await link.flushed();
    const ms = performance.now() - began;
    await link.leave();
    return ms;
  } finally {
    await transport.close();
  }
}

/**
 * The same bytes without a link, and so without a window: where they keep the processor in interrupts for two seconds the
 * loop counts as one that hangs, and is tried again.
 */
async function bareInQemu(scratch: Scratch): Promise<number> {
  const { wasm } = await compile({ entry: bareLoop, board: true });
  const kernel = scratch.file('kernel8.img');
  fs.writeFileSync(kernel, (await buildImage({ wasm })).image);
  const ramDisk = scratch.file('ramdisk');
  fs.writeFileSync(ramDisk, new Uint8Array(Uint32Array.of(QEMU_BYTES).buffer));
  for (let tries = 1; ; tries++)
    try {
      return await takeBare({ scratch, kernel, ramDisk, limitSeconds: 60 });
    } catch (error) {
      if (!(error instanceof Problem) || tries === BARE_TRIES) throw error;
    }
}

async function takeBare(options: EmulatorOptions): Promise<number> {
  const emulator = await startEmulator(options);
  try {
    let text = '';
    const says = (what: string): Promise<void> =>
      new Promise((resolve, reject) => {
        const look = (): void => void (text.includes(what) && resolve());
        emulator.console.on('data', look);
        void emulator.ended.then(() => reject(new Problem('emulator-failed', `it never said ${what}`)), reject);
        look();
      });
    emulator.console.on('data', (bytes: Buffer) => (text += bytes.toString('latin1')));
    await says('ready');
    const began = performance.now();
    emulator.keys.write(noise(QEMU_BYTES));
    await says('all');
    return performance.now() - began;
  } finally {
    await emulator.stop();
  }
}
