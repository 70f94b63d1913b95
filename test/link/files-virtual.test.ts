// Files over the serial line of a virtual Pi that plays meanwhile: the whole player, its card, and a line that keeps its
// pace.

import assert from 'node:assert/strict';
import { crc32 } from 'node:zlib';
import { Channel } from '../../firmware/link/protocol.js';
import { FileClient, type PutSource } from '../../host-tools/link/file-client.js';
import { Link } from '../../host-tools/link/link.js';
import { VirtualTransport, whilePassing } from '../../host-tools/link/virtual.js';
import { Problem } from '../../host-tools/problem.js';
import { CardRig, cardImage } from '../player/card-rig.js';
import { tone, wav16 } from '../player/program-rig.js';
import { noise } from '../storage/fat-rig.js';
import type { TestModule } from '../support/module.js';
import { playerOf } from '../virtual-pi/pi-rig.js';

const RATE = 44_100;
const BAUD = 115_200;
const FAST = 921_600;
const BITS_A_BYTE = 10;

interface Session {
  rig: CardRig;
  link: Link;
  client: FileClient;
  /** The names of the tracks that have begun since then. */
  played(): string[];
}

describe('files over the serial line of a virtual Pi', function () {
  this.timeout(240_000);
  let player: TestModule;
  before(async () => (player = await playerOf()));

  /** A player with these files on its card, and a session with it at a rate. */
  async function connect(files: Record<string, Uint8Array | string>, baud = BAUD): Promise<Session> {
    const rig = new CardRig(player, cardImage({ 'player.ini': 'records = on\n', ...files }));
    rig.run(1000);
    let text = '';
    const onText = (bytes: Uint8Array): void => void (text += Buffer.from(bytes).toString('latin1'));
    const link = await whilePassing(rig.pi, Link.connect(new VirtualTransport(rig.pi), { onText }));
    if (baud !== BAUD) assert.equal(await whilePassing(rig.pi, link.setBaud(baud)), baud);
    const played = (): string[] =>
      [...text.matchAll(/\x1e([^\n]*)\n/g)]
        .map(([, json = '']) => JSON.parse(json) as { event: string; name: string })
        .flatMap(({ event, name }) => (event === 'track' ? [name] : []));
    return { rig, link, client: new FileClient(link), played };
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

  it('keeps what plays, and plays what was put when it has played all it knew', async () => {
    const session = await connect({ 'a.wav': wav16(tone(4 * RATE, 2, 1)) }, FAST);
    const { rig, client } = session;
    await assert.rejects(
      put(session, 'a.wav', Buffer.from('x'), true),
      (error) => error instanceof Problem && error.code === 'in-use',
    );
    await assert.rejects(whilePassing(rig.pi, client.remove('a.wav')), /player uses it/);
    await put(session, 'b.wav', wav16(tone(1000, 2, 2)));
    assert.deepEqual(session.played(), []);
    await passing(rig, 6000);
    await whilePassing(rig.pi, session.link.send(Channel.Console, Buffer.from(' ')));
    await passing(rig, 6000, () => session.played().length === 2);
    assert.deepEqual(session.played(), ['a.wav', 'b.wav']);
    rig.clean();
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
