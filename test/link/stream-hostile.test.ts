// What the device makes of audio messages that make no sense, come at the wrong time, or stop coming.

import assert from 'node:assert/strict';
import { AudioFormat, AudioOp, Channel, LinkError } from '../../firmware/link/protocol.js';
import type { Link } from '../../host-tools/link/link.js';
import { encodeQoa } from '../../host-tools/media/qoa.js';
import type { ProgramSource } from '../../host-tools/virtual-pi/board/program.js';
import { archive, ini, tone, wav16, wordsOf } from '../player/program-rig.js';
import { playerOf } from '../virtual-pi/pi-rig.js';
import { AudioRig, STREAM } from './audio-rig.js';

const BUFFER = 256 * 1024;
const OWN = tone(44_100 * 2, 1, 7);
const OWN_WORDS = wordsOf(OWN, 2834, undefined, 1);

/** Open, with every field as it may be sent. */
function open(format: number, rateHz: number, channels: number, startMs = 100, name = 'a'): Buffer {
  const bytes = Buffer.alloc(10);
  bytes.set([AudioOp.Open, format, channels]);
  bytes.writeUInt16LE(startMs, 3);
  bytes.writeUInt32LE(rateHz, 5);
  return Buffer.concat([bytes, Buffer.from(name)]);
}

const data = (bytes: Uint8Array): Buffer[] =>
  Array.from({ length: Math.ceil(bytes.length / 1020) }, (_, i) =>
    Buffer.concat([Buffer.of(AudioOp.Data), bytes.subarray(i * 1020, (i + 1) * 1020)]),
  );

const pcm = (samples: Int16Array): Buffer => Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);

/** The largest step between neighbouring words of a side. */
const steepest = (words: readonly number[]): number =>
  words.reduce((most, word, i) => Math.max(most, i < 2 ? 0 : Math.abs(word - (words[i - 2] as number))), 0);

describe('link/audio-stream, hostile hosts', () => {
  let program: ProgramSource;
  before(async () => {
    program = await playerOf();
  });

  interface Talk {
    rig: AudioRig;
    link: Link;
    /** Sends, and lets some time pass; the answers since the last call, without Status. */
    say(messages: Buffer[], ms?: number): Promise<Buffer[]>;
  }

  async function talk(): Promise<Talk> {
    const settings = ini('volume_db = 0', 'records = on', 'demo = off');
    const rig = new AudioRig(program, archive(settings, { name: 'own.wav', data: wav16(OWN, 44_100, 1) }));
    rig.pass(300);
    const link = await rig.connect(921_600);
    let answers: Buffer[] = [];
    link.receive(Channel.Audio, (payload) => answers.push(Buffer.from(payload)));
    const say = async (messages: Buffer[], ms = 60): Promise<Buffer[]> => {
      answers = [];
      for (const message of messages) await rig.until(link.send(Channel.Audio, message));
      await rig.until(link.flushed());
      await rig.until(new Promise<void>((resolve) => void rig.transport.clock.at(rig.ms + ms, resolve)));
      return answers.filter(([op]) => op !== AudioOp.Status);
    };
    return { rig, link, say };
  }

  const failed = (error: LinkError) => (answers: Buffer[]) =>
    assert.deepEqual(
      answers.map((answer) => [answer[0], answer[1]]),
      [[AudioOp.Failed, error]],
    );

  /** The device is as good as before: a stream plays, and then its own track goes on where it was. */
  async function works({ rig, link, say }: Talk): Promise<void> {
    const before = rig.trackWords(STREAM).length;
    const samples = tone(4000, 1, 2);
    const answers = await say([open(AudioFormat.Pcm16, 16_000, 1), ...data(pcm(samples)), Buffer.of(AudioOp.End)], 700);
    assert.deepEqual(
      answers.map(([op]) => op),
      [AudioOp.Opened, AudioOp.Ended],
    );
    assert.deepEqual(rig.trackWords(STREAM).slice(before), wordsOf(samples, 3906, undefined, 1, 2));
    await rig.until(link.close());
    rig.pass(200);
    rig.type(' ');
    rig.pass(2500);
    assert.deepEqual(rig.trackWords(0), OWN_WORDS);
  }

  it('refuses rates, channels and formats that are none, and goes on playing its own track', async () => {
    const device = await talk();
    const played = device.rig.trackWords(0).length;
    for (const bad of [
      open(0, 44_100, 2),
      open(3, 44_100, 2),
      open(AudioFormat.Pcm16, 7999, 2),
      open(AudioFormat.Pcm16, 192_001, 2),
      open(AudioFormat.Pcm16, 0xffffffff, 2),
      open(AudioFormat.Pcm16, 0x80000000, 2),
      open(AudioFormat.Qoa, 44_100, 0),
      open(AudioFormat.Qoa, 44_100, 3),
    ])
      failed(LinkError.Format)(await device.say([bad]));
    failed(LinkError.Message)(await device.say([open(AudioFormat.Pcm16, 44_100, 2).subarray(0, 9)]));
    assert.ok(device.rig.trackWords(0).length > played + 2000, 'its own track was not touched');
    await device.say([open(AudioFormat.Pcm16, 44_100, 1), Buffer.of(AudioOp.Close)]);
    await works(device);
  });

  it('tells once that no stream is open, and not what was under way when one ended', async () => {
    const device = await talk();
    failed(LinkError.Message)(await device.say([...data(Buffer.alloc(5000)), Buffer.of(AudioOp.End)]));
    const closed = await device.say([
      open(AudioFormat.Pcm16, 44_100, 1),
      Buffer.of(AudioOp.Close),
      ...data(Buffer.alloc(5000)),
      Buffer.of(AudioOp.Flush, 0, 0, 0, 0),
    ]);
    assert.deepEqual(
      closed.map(([op]) => op),
      [AudioOp.Opened, AudioOp.Ended].slice(closed.length === 1 ? 1 : 0),
    );
    await works(device);
  });

  it('ends a stream at a frame of QOA that is broken, and at messages that are none', async () => {
    const device = await talk();
    const frames = encodeQoa(tone(12_000, 1), 16_000, 1).subarray(8);
    const begin = open(AudioFormat.Qoa, 16_000, 1);
    for (const [offset, value] of [
      [0, 2],
      [3, 0],
      [4, 0xff],
      [6, 0],
      [2080 - 8 + 1, 9],
    ] as const) {
      const broken = Buffer.from(frames);
      broken[offset] = value;
      const answers = await device.say([begin, ...data(broken)], 700);
      failed(LinkError.Format)(answers.slice(1));
    }
    failed(LinkError.Format)(
      (await device.say([begin, ...data(frames.subarray(0, 1000)), Buffer.of(AudioOp.End)])).slice(1),
    );
    for (const message of [[99], [AudioOp.Pause], [AudioOp.Flush, 1, 2, 3], [AudioOp.Status, 1]])
      failed(LinkError.Message)((await device.say([begin, Buffer.from(message)])).slice(-1));
    failed(LinkError.Message)(
      (
        await device.say([begin, ...data(frames.subarray(0, 100)), Buffer.of(AudioOp.End), Buffer.of(AudioOp.Data, 1)])
      ).slice(-1),
    );
    await works(device);
  });

  it('takes no more than it has room for', async () => {
    const device = await talk();
    // Paused, so that nothing is taken.
    const begin = [open(AudioFormat.Pcm16, 44_100, 2), Buffer.of(AudioOp.Pause, 1)];
    const full = await device.say([...begin, ...data(Buffer.alloc(BUFFER))]);
    assert.deepEqual(
      full.map(([op]) => op),
      [AudioOp.Opened],
    );
    failed(LinkError.Full)(await device.say([Buffer.of(AudioOp.Data, 0)]));
    await works(device);
  });

  it('fades to silence when it runs dry, and goes on with the next sample', async () => {
    const { rig, say } = await talk();
    const samples = tone(20_000, 1, 2);
    const bytes = pcm(samples);
    await say([open(AudioFormat.Pcm16, 16_000, 1), ...data(bytes.subarray(0, 20_000))], 1500);
    const told = await say([...data(bytes.subarray(20_000)), Buffer.of(AudioOp.End)], 1500);
    assert.deepEqual(
      told.map((answer) => [answer[0], answer.readUInt32LE(9), answer.readUInt32LE(13)]),
      [[AudioOp.Ended, 0, 1]],
    );
    assert.deepEqual(rig.trackWords(STREAM), wordsOf(samples, 3906, undefined, 1, 2));
    const of = rig.blocks.filter(({ track }) => track === STREAM);
    const words = of.flatMap((block) => block.words);
    assert.ok(steepest(words) <= steepest(wordsOf(samples, 3906, undefined, 1, 2)), 'no step that is not in the sound');
    const first = of.findIndex(({ kind }) => kind === 1);
    const pause = of
      .slice(
        first,
        of.findLastIndex(({ kind }) => kind === 1),
      )
      .filter(({ kind }) => kind === 0);
    assert.ok(
      pause.flatMap((block) => block.words).filter((word) => word === 1953).length > 30_000,
      'silence meanwhile',
    );
  });

  it('shows a name without what a terminal would obey', async () => {
    const { rig, say } = await talk();
    await say([open(AudioFormat.Pcm16, 44_100, 2, 100, 'x\x1b]0;y\x07\r\n\u202ez'.repeat(40))]);
    const line = /from the line: (.*) 44100 Hz/.exec(rig.text)?.[1] ?? '';
    assert.ok(line.includes('x') && line.endsWith('... '), line);
    assert.ok(!/[\x00-\x1f\x7f]/.test(line));
  });

  it('is quiet when the host dies, and plays its own track again', async () => {
    const { rig, say } = await talk();
    await say([open(AudioFormat.Pcm16, 16_000, 1), ...data(Buffer.alloc(64_000, 1))], 300);
    assert.ok(rig.trackWords(STREAM).length > 0);
    // No goodbye: nobody is there any more.
    rig.transport.write = () => Promise.resolve();
    rig.pass(6000);
    const before = rig.blocks.length;
    rig.pass(300);
    assert.ok(!rig.blocks.slice(before).some(({ kind }) => kind === 1), 'silence');
    // With its session the device has given up the rate.
    await rig.until(rig.transport.setBaud(115_200));
    rig.type(' ');
    rig.pass(2500);
    assert.deepEqual(rig.trackWords(0), OWN_WORDS);
  });

  it('drops the stream of a session that another one follows', async () => {
    const { rig, say } = await talk();
    await say([open(AudioFormat.Pcm16, 16_000, 1), ...data(Buffer.alloc(64_000, 1))], 300);
    rig.transport.onBytes = () => undefined;
    await rig.until(rig.transport.setBaud(921_600));
    const again = await rig.connect(921_600);
    assert.ok(again.isOpen);
    const before = rig.blocks.length;
    rig.pass(300);
    // What the ring held when the other session came is heard.
    assert.ok(!rig.blocks.slice(before + 8).some(({ kind }) => kind === 1), 'silence');
  });
});
