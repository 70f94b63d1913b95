// Files over the serial line of a virtual Pi that plays meanwhile: the whole player, its card, and a line that keeps its
// pace.

import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { crc32 } from 'node:zlib';
import { Channel } from '../../firmware/link/protocol.js';
import { FileClient, type PutSource } from '../../host-tools/link/file-client.js';
import { Link } from '../../host-tools/link/link.js';
import { VirtualTransport, whilePassing } from '../../host-tools/link/virtual.js';
import { Problem } from '../../host-tools/problem.js';
import { CardRig, cardImage } from '../player/card-rig.js';
import { tone, wav16, wordsOf } from '../player/program-rig.js';
import { noise } from '../storage/fat-rig.js';
import type { TestModule } from '../support/module.js';
import { playerOf } from '../virtual-pi/pi-rig.js';

const RATE = 44_100;
const BAUD = 115_200;
const FAST = 921_600;
/** Of the jack at that rate. */
const RANGE = 2834;
const BITS_A_BYTE = 10;

interface Session {
  rig: CardRig;
  link: Link;
  client: FileClient;
  /** Types on the console, and lets what it prints come. */
  type(keys: string): Promise<void>;
  /** What it has printed since then, without records. */
  text(): string;
  /** The track that played then, and the names of those that have begun since. */
  first: string;
  played(): string[];
}

describe('files over the serial line of a virtual Pi', () => {
  let player: TestModule;
  before(async () => (player = await playerOf()));

  /** A player with these files on its card, and a session with it at a rate. */
  async function connect(files: Record<string, Uint8Array | string>, baud = BAUD): Promise<Session> {
    const rig = new CardRig(player, cardImage({ 'player.ini': 'records = on\n', ...files }));
    const [first = ''] = rig.run(1000).played;
    let text = '';
    const onText = (bytes: Uint8Array): void => void (text += Buffer.from(bytes).toString('latin1'));
    const link = await whilePassing(rig.pi, Link.connect(new VirtualTransport(rig.pi), { onText }));
    if (baud !== BAUD) assert.equal(await whilePassing(rig.pi, link.setBaud(baud)), baud);
    return {
      rig,
      link,
      first,
      client: new FileClient(link),
      played: () =>
        [...text.matchAll(/\x1e([^\n]*)\n/g)]
          .map(([, json = '']) => JSON.parse(json) as { event: string; name: string })
          .flatMap(({ event, name }) => (event === 'track' ? [name] : [])),
      text: () => text.replaceAll(/\x1e[^\n]*\n/g, '').trimEnd(),
      async type(keys) {
        await whilePassing(rig.pi, link.send(Channel.Console, Buffer.from(keys)));
        await passing(rig, 100);
      },
    };
  }

  /** Lets time pass, or until `done`, with what the host does meanwhile. */
  async function passing(rig: CardRig, ms: number, done = (): boolean => false): Promise<void> {
    for (const until = rig.ms + ms; rig.ms < until && !done(); await new Promise(setImmediate)) rig.run(1);
  }

  const source = (content: Uint8Array): PutSource => ({
    bytes: content.length,
    crc32: crc32(content),
    read: (offset, most) => Promise.resolve(content.subarray(offset, offset + most)),
  });
  const put = ({ rig, client }: Session, name: string, content: Uint8Array, mayReplace = false): Promise<void> =>
    whilePassing(rig.pi, client.put(name, source(content), mayReplace));
  async function get({ rig, client }: Session, name: string): Promise<Buffer> {
    const parts: Uint8Array[] = [];
    await whilePassing(
      rig.pi,
      client.get(name, 0, (piece) => void parts.push(piece)),
    );
    return Buffer.concat(parts);
  }
  const music = { 'music/1.wav': wav16(tone(60 * RATE, 2, 1)) };

  it('puts and gets while it plays, and the sound does not stop', async () => {
    const session = await connect(music, FAST);
    const { rig } = session;
    const content = noise(300_000, 3);
    /** The part of the line's bytes that are the file's. */
    const goodput = (ms: number): number => (content.length * BITS_A_BYTE) / ((ms / 1000) * FAST);
    const began = rig.ms;
    await put(session, 'music/2.bin', content);
    const wasPut = rig.ms;
    assert((await get(session, 'music/2.bin')).equals(content));
    const parts = [goodput(wasPut - began), goodput(rig.ms - wasPut)];
    assert(
      parts.every((part) => part > 0.9),
      `goodput ${parts.map((part) => part.toFixed(3)).join(', ')}`,
    );
    rig.clean();
  });

  it('takes and gives a small file within 50 ms of the time of its bytes', async () => {
    const session = await connect(music);
    const { rig, link } = session;
    const content = noise(100, 3);
    /** What something takes beyond the time of the bytes in the direction that more go. */
    const beyond = async (act: () => Promise<unknown>): Promise<number> => {
      const before = { ...link.statistics };
      const began = rig.ms;
      await act();
      const { bytesSent, bytesReceived } = link.statistics;
      const bytes = Math.max(bytesSent - before.bytesSent, bytesReceived - before.bytesReceived);
      return rig.ms - began - (bytes * BITS_A_BYTE * 1000) / BAUD;
    };
    for (let i = 0; i < 5; i++) {
      const ms = [
        await beyond(() => put(session, `music/${i}`, content)),
        await beyond(async () => assert((await get(session, `music/${i}`)).equals(content))),
      ];
      assert(Math.max(...ms) < 50, `put and get ${i}: ${ms.map((each) => each.toFixed(1)).join(' and ')} ms`);
    }
    rig.clean();
  });

  it('keeps what plays', async () => {
    const session = await connect(music);
    const { rig, client } = session;
    const name = 'music/1.wav';
    const isInUse = (error: unknown): boolean => error instanceof Problem && error.code === 'in-use';
    await assert.rejects(put(session, name, Buffer.from('x'), true), isInUse);
    await assert.rejects(whilePassing(rig.pi, client.remove(name)), /player uses it/);
    await assert.rejects(whilePassing(rig.pi, client.rename(name, 'other.wav', false)), /player uses it/);
    rig.clean();
  });

  const INI = 'records = on\nvolume_db = 0\n';

  it('knows the tracks that were put, renamed and removed while one plays, which nobody hears', async () => {
    const samples = tone(12 * RATE, 1);
    const files = { 'b.wav': wav16(samples, RATE, 1), 'd.wav': wav16(tone(RATE)), 'f.wav': wav16(tone(RATE)) };
    const session = await connect({ 'player.ini': INI, ...files }, FAST);
    const { rig, client, type, text } = session;
    for (const name of ['a.wav', 'c.wav', 'z.wav']) await put(session, name, wav16(tone(RATE)));
    await whilePassing(rig.pi, client.rename('d.wav', 'e.wav', false));
    await whilePassing(rig.pi, client.remove('f.wav'));
    await passing(rig, 2500);
    await type('queue\r');
    const listed = text()
      .split('\r\n')
      .filter((line) => /^[ >] +\d|tracks$/.test(line))
      .map((line) => line.replace(/ +/g, ' '));
    assert.deepEqual(listed, ['> 2 b.wav', ' 3 c.wav', ' 4 e.wav', ' 5 z.wav', '5 tracks']);
    await passing(rig, 12_000, () => session.played().length === 1);
    assert.deepEqual(session.played(), ['c.wav']);
    await type('\x1b[6~');
    await passing(rig, 6000, () => session.played().length === 3);
    assert.deepEqual(session.played(), ['c.wav', 'e.wav', 'z.wav']);
    assert(isDeepStrictEqual(rig.trackWords(0), wordsOf(samples, RANGE, 2 ** 30, 1)), 'b.wav was disturbed');
    rig.clean();
  });

  it('begins a new order of chance with the track that plays, when others are put', async () => {
    const files = Object.fromEntries(['a', 'b', 'c', 'd'].map((name) => [`${name}.wav`, wav16(tone(5 * RATE))]));
    const session = await connect({ 'player.ini': `${INI}order = shuffle\n`, ...files }, FAST);
    const { rig } = session;
    await put(session, 'e.wav', wav16(tone(1000)));
    await passing(rig, 2500);
    await session.type('queue\r');
    const listed = [...session.text().matchAll(/([a-e])\.wav\r/g)].map(([, name = '']) => name);
    assert.deepEqual([listed[0], [...listed].sort().join('')], [session.first[0], 'abcde']);
    for (let i = 0; i < 4; i++) await session.type('\x1b[6~');
    assert.deepEqual(
      session.played(),
      listed.slice(1).map((name) => `${name}.wav`),
    );
  });

  it('begins to play when the first tracks are put on a card that has none', async () => {
    const session = await connect({ 'player.ini': 'records = on\ndemo = off\n' }, FAST);
    const { rig } = session;
    await put(session, '2.wav', wav16(tone(3000, 2, 2)));
    await put(session, '1.wav', wav16(tone(3000, 2, 1)));
    await passing(rig, 6000, () => session.played().length === 2);
    assert.deepEqual(session.played(), ['1.wav', '2.wav']);
    rig.clean();
  });
});
