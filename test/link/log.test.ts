// What a board has printed last, asked for over the line: of the player on a virtual Pi, and of one in QEMU.

import assert from 'node:assert/strict';
import { Channel, LogOp } from '../../firmware/link/protocol.js';
import { Link } from '../../host-tools/link/link.js';
import { fetchLog } from '../../host-tools/link/log.js';
import { VirtualTransport, whilePassing } from '../../host-tools/link/virtual.js';
import { run } from '../cli/mirleft.js';
import { CardRig, cardImage } from '../player/card-rig.js';
import { wav16 } from '../player/program-rig.js';
import { playerOf } from '../virtual-pi/pi-rig.js';

describe('the log on the line', () => {
  const silence = (frames: number): Buffer => wav16(new Int16Array(2 * frames), 44_100);
  const track = silence(5 * 44_100);

  async function board(tracks: Record<string, Buffer>, ms = 800): Promise<{ rig: CardRig; link: Link }> {
    const rig = new CardRig(await playerOf(), cardImage({ 'player.ini': 'records = on\n', ...tracks }));
    rig.run(ms);
    return { rig, link: await whilePassing(rig.pi, Link.connect(new VirtualTransport(rig.pi))) };
  }

  it('has what was said before anybody listened; no records, and no answers to commands', async () => {
    const { rig, link } = await board({ '1.wav': track });
    const before = await whilePassing(rig.pi, fetchLog(link));
    assert.match(before[0] ?? '', /^Mirleft \d+\.\d+\.\d+ player, build [0-9a-f]{16}$/);
    assert.match(before.at(-1) ?? '', /^1\/1 1\.wav {2}44100 Hz stereo 0:05$/);
    assert.ok(before.every((line) => !line.includes('{')));
    await whilePassing(rig.pi, link.send(Channel.Console, Buffer.from('vol\r')));
    rig.run(300);
    assert.match(rig.text, /dB/);
    assert.deepEqual(await whilePassing(rig.pi, fetchLog(link)), before);
    await whilePassing(rig.pi, link.close());
  });

  it('is the last 4 KiB of whole lines, in pieces', async () => {
    const names = Array.from({ length: 120 }, (_, i) => `x/${'n'.repeat(40)}${i}.wav`);
    const tracks = Object.fromEntries(names.map((name) => [name, silence(100)]));
    const { rig, link } = await board(tracks, 20_000);
    let pieces = 0;
    const { receive } = link;
    link.receive = (channel, receiver) =>
      receive.call(link, channel, (payload) => {
        pieces++;
        receiver?.(payload);
      });
    const lines = await whilePassing(rig.pi, fetchLog(link));
    const bytes = lines.reduce((sum, line) => sum + line.length + 1, 0);
    assert.ok(bytes > 3900 && bytes <= 4096, String(bytes));
    assert.equal(pieces, 5);
    for (const line of lines) assert.match(line, /^\d+\/120 x\/n{40}\d+\.wav {2}44100 Hz stereo 0:00$|^end of tracks/);
    await whilePassing(rig.pi, link.close());
  });

  it('is not told for a message that is none', async () => {
    const { rig, link } = await board({ '1.wav': track });
    let told = 0;
    link.receive(Channel.Log, () => told++);
    for (const bytes of [[0], [LogOp.Ask, 0], [LogOp.Lines], [99]])
      await whilePassing(rig.pi, link.send(Channel.Log, Uint8Array.from(bytes)));
    rig.run(300);
    assert.equal(told, 0);
    await whilePassing(rig.pi, link.close());
  });

  it('is shown by a command, as lines and as JSON', async () => {
    const plain = await run('.', ['log', '--port', 'qemu']);
    assert.deepEqual([plain.status, plain.stderr], [0, '']);
    assert.match(plain.stdout, /^Mirleft \S+ player, build [0-9a-f]{16}\nRaspberry Pi 4 /);
    const json = await run('.', ['log', '-p', 'qemu', '-n', '1', '--json']);
    assert.equal(json.status, 0);
    const { lines } = JSON.parse(json.stdout) as { lines: string[] };
    assert.equal(lines.length, 1);
    const wrong = await run('.', ['log', '-n', '0']);
    assert.deepEqual([wrong.status, wrong.stdout], [2, '']);
  });
});
