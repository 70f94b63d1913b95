// Telemetry of the player on a virtual Pi, over its serial line.

import assert from 'node:assert/strict';
import { Channel, Metric, PlayState, TelemetryOp } from '../../firmware/link/protocol.js';
import { Link } from '../../host-tools/link/link.js';
import { askSnapshots, readSnapshot, type Snapshot } from '../../host-tools/link/telemetry.js';
import { VirtualTransport, whilePassing } from '../../host-tools/link/virtual.js';
import { CardRig, cardImage } from '../player/card-rig.js';
import { wav16 } from '../player/program-rig.js';
import type { TestModule } from '../support/module.js';
import { playerOf } from '../virtual-pi/pi-rig.js';

const RATE = 44_100;
const SECONDS = 20;
/** Left at -6.02 dB of full scale, right at -26.02. */
const LEFT = 16384;
const RIGHT = 1638;

const sines = (): Int16Array =>
  Int16Array.from({ length: SECONDS * RATE * 2 }, (_, i) => {
    const phase = (2 * Math.PI * 441 * (i >> 1)) / RATE;
    return Math.round(Math.sin(phase) * (i & 1 ? RIGHT : LEFT));
  });

const pair = (key: number, value: number): number[] => [
  key,
  value & 255,
  (value >> 8) & 255,
  (value >> 16) & 255,
  (value >> 24) & 255,
];

describe('a snapshot on the line', () => {
  it('is read by its keys, with signs and units; unknown keys and half a pair are passed over', () => {
    const bytes = [
      TelemetryOp.Snapshot as number,
      ...pair(200, 77),
      ...pair(Metric.Volume, -205),
      ...pair(Metric.Temperature, -15),
      ...pair(Metric.RingUs, 61_500),
      ...pair(Metric.CpuDecode, 1234),
      ...pair(Metric.UartLost, -1),
      ...pair(Metric.State, PlayState.Paused),
      Metric.Underruns,
      3,
    ];
    const read = readSnapshot(Uint8Array.from(bytes));
    assert.ok(read);
    assert.equal(read.volumeDb, -20.5);
    assert.equal(read.temperature, -1.5);
    assert.equal(read.ringMs, 61.5);
    assert.equal(read.cpu.decode, 0.1234);
    assert.equal(read.uartLost, 0xffffffff);
    assert.equal(read.state, 'paused');
    assert.equal(read.underruns, undefined);
    assert.equal(read.levelLeft, undefined);
  });

  it('is nothing else', () => {
    assert.equal(readSnapshot(Uint8Array.of(TelemetryOp.CrashRecord, 1, 2, 3, 4, 5)), undefined);
    assert.equal(readSnapshot(new Uint8Array(0)), undefined);
  });
});

describe('telemetry of a virtual Pi', () => {
  let player: TestModule;
  before(async () => (player = await playerOf()));

  async function connect() {
    const rig = new CardRig(player, cardImage({ 'player.ini': 'volume_db = -10\n', '1.wav': wav16(sines(), RATE) }));
    rig.run(800);
    const link = await whilePassing(rig.pi, Link.connect(new VirtualTransport(rig.pi)));
    const snapshots: Snapshot[] = [];
    link.receive(Channel.Telemetry, (payload) => {
      const snapshot = readSnapshot(payload);
      if (snapshot) snapshots.push(snapshot);
    });
    const pass = async (ms: number): Promise<Snapshot[]> => {
      snapshots.length = 0;
      for (const until = rig.ms + ms; rig.ms < until; await new Promise(setImmediate)) rig.run(1);
      return [...snapshots];
    };
    const ask = (ms: number): Promise<void> => whilePassing(rig.pi, askSnapshots(link, ms));
    return { rig, link, pass, ask };
  }

  it('tells level, ring, load, temperature and place as often as it was asked to', async () => {
    const { rig, pass, ask } = await connect();
    assert.deepEqual(await pass(300), [], 'nobody asked');
    await ask(100);
    const snapshots = await pass(2000);
    assert.ok(snapshots.length >= 18 && snapshots.length <= 21, `${snapshots.length} in two seconds`);
    const last = snapshots.at(-1);
    assert.ok(last);
    // The peak of every seventh frame, behind the volume of -10 dB.
    const db = (level = 0): number => 20 * Math.log10(level);
    assert.ok(Math.abs(db(last.levelLeft) + 16.02) < 0.1, `left ${db(last.levelLeft)}`);
    assert.ok(Math.abs(db(last.levelRight) + 36.02) < 0.1, `right ${db(last.levelRight)}`);
    const { ringMs = 0, ringLowestMs = 0, positionSeconds = 0, temperature = 0, cpu } = last;
    assert.ok(ringMs > 30 && ringMs < 100, `ring ${ringMs}`);
    assert.ok(ringLowestMs > 0 && ringLowestMs <= ringMs + 15, `lowest ${ringLowestMs}`);
    assert.ok(Math.abs(positionSeconds - (snapshots[0]?.positionSeconds ?? 0) - 1.9) < 0.15, `at ${positionSeconds}`);
    assert.equal(temperature, Math.floor(rig.pi.blocks.thermal.temperature / 100) / 10);
    for (const [stage, share] of Object.entries(cpu) as [string, number][])
      assert.ok(share >= 0 && share < 1, `${stage} ${share}`);
    assert.ok((cpu.decode ?? 0) > 0.001 && (cpu.output ?? 0) > 0.001 && (cpu.link ?? 0) > 0, JSON.stringify(cpu));
    const { state, underruns, uartLost, uartErrors, framesDamaged, track, tracks, lengthSeconds, volumeDb, name } =
      last;
    assert.deepEqual(
      { state, underruns, uartLost, uartErrors, framesDamaged, track, tracks, lengthSeconds, volumeDb, name },
      {
        ...{ state: 'playing', underruns: 0, uartLost: 0, uartErrors: 0, framesDamaged: 0, track: 0, tracks: 1 },
        ...{ lengthSeconds: SECONDS, volumeDb: -10, name: '1.wav' },
      },
    );
  });

  it('stops when asked to, and with the session', async () => {
    const { rig, link, pass, ask } = await connect();
    await ask(50);
    assert.ok((await pass(500)).length >= 8);
    await ask(0);
    await pass(50);
    assert.deepEqual(await pass(300), []);
    await ask(50);
    await whilePassing(rig.pi, link.leave());
    rig.run(100);
    const again = await whilePassing(rig.pi, Link.connect(new VirtualTransport(rig.pi)));
    let came = 0;
    again.receive(Channel.Telemetry, () => came++);
    await pass(500);
    assert.equal(came, 0, 'another session did not ask');
  });

  it('passes over messages that make no sense, and plays on', async () => {
    const { rig, link, pass, ask } = await connect();
    for (const bytes of [[TelemetryOp.Every], [TelemetryOp.Every, 1], [TelemetryOp.Every, 50, 0, 9], [99, 1, 2], [0]])
      await whilePassing(rig.pi, link.send(Channel.Telemetry, Uint8Array.from(bytes)));
    assert.deepEqual(await pass(300), []);
    await ask(50);
    const [first] = await pass(300);
    assert.equal(first?.underruns, 0);
    assert.equal(first.state, 'playing');
  });

  it('tells silence and no place while it pauses', async () => {
    const { rig, link, pass, ask } = await connect();
    await whilePassing(rig.pi, link.send(Channel.Console, Buffer.from(' ')));
    await ask(100);
    await pass(500);
    const last = (await pass(300)).at(-1);
    assert.equal(last?.state, 'paused');
    assert.equal(last.levelLeft, 0);
    assert.equal(last.levelRight, 0);
  });
});
