// The whole card: an image as `mirleft image` makes it, booted in QEMU with its own kernel, played word for word, cut off,
// booted again.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { JackCapture } from '../../host-tools/capture/jack.js';
import { readCardBoot } from '../../host-tools/card/boot-card.js';
import { makeCardImage } from '../../host-tools/card/image.js';
import { makeScratch } from '../../host-tools/emulator/scratch.js';
import type { PlayerRecord } from '../../host-tools/play/records.js';
import { startRun } from '../../host-tools/play/run-player.js';
import { testFolder } from '../media/sounds.js';
import { playerBuild } from '../play/player.js';
import { checkFat } from '../support/fat-image.js';
import { tone, wav16, wordsOf } from './program-rig.js';

const RATE = 44_100;
const RANGE = 2834;
const folder = testFolder();
const at = (name: string): string => path.join(folder, name);

interface Session {
  words: number[];
  records: PlayerRecord[];
  text: string;
  status: number | undefined;
}

describe('a whole card in QEMU', () => {
  /** An image with these tracks and settings. */
  async function image(name: string, settings: string, tracks: Record<string, Uint8Array>): Promise<string> {
    for (const [track, data] of Object.entries(tracks)) {
      const file = at(`${name}/${track}`);
      fs.mkdirSync(path.dirname(file), { recursive: true });
      fs.writeFileSync(file, data);
    }
    fs.writeFileSync(at(`${name}.ini`), settings);
    const making = makeCardImage({
      output: at(`${name}.img`),
      music: [at(name)],
      settings: at(`${name}.ini`),
      build: await playerBuild(),
      firmware: false,
    });
    for (;;) {
      const { done, value } = await making.next();
      if (done) return at(`${name}.img`);
      if (value.event === 'error') throw value.problem;
    }
  }

  /** Boots the card with its own kernel until the program ends or `until` says so, which is a cut of power. */
  async function boot(card: string, until: (so: Session) => boolean = () => false): Promise<Session> {
    const scratch = makeScratch();
    const cut = new AbortController();
    const session: Session = { words: [], records: [], text: '', status: undefined };
    const list = {
      append: (words: Uint8Array) => {
        session.words.push(...new Uint32Array(words.slice().buffer));
        if (until(session)) cut.abort();
      },
    };
    try {
      const { kernel } = readCardBoot(card, false);
      assert.ok(kernel);
      const run = await startRun(
        {
          scratch,
          image: kernel.bytes,
          card,
          deterministic: true,
          capture: new JackCapture([], [list], false),
          records: true,
          limitSeconds: 100,
          signal: cut.signal,
        },
        {
          text: (text) => void (session.text += text),
          record: (record) => void session.records.push(record),
          tick: () => undefined,
          problem: (problem) => {
            throw problem;
          },
        },
      );
      const { emulator, fault } = await run.ended;
      assert.equal(fault, undefined, session.text);
      session.status = emulator.status;
      return session;
    } finally {
      scratch.remove();
    }
  }

  const volumeOf = (card: string): string => {
    // The partition by itself: fsck.fat knows no MBR.
    fs.writeFileSync(at('volume'), fs.readFileSync(card).subarray(4 << 20));
    return checkFat(at('volume'));
  };

  it('plays its tracks word for word', async () => {
    const samples = [1, 2, 3].map((seed) => tone(RATE, 2, seed));
    const card = await image('exact', 'records = on\nvolume_db = 0\nat_end = exit\npace = free\n', {
      '2.wav': wav16(samples[1] as Int16Array),
      '10.wav': wav16(samples[2] as Int16Array),
      '1.wav': wav16(samples[0] as Int16Array),
    });
    const { words, text, status } = await boot(card);
    assert.equal(status, 0, text);
    assert.match(text, /card: 64 MiB on EMMC2, .*FAT32 MIRLEFT/);
    assert.match(text, /1\/3 music\/1\.wav/);
    assert.deepEqual(
      words,
      samples.flatMap((each) => wordsOf(each, RANGE)),
    );
    assert.equal(volumeOf(card), '');
  });

  it('is cut, boots again, and goes on where it was', async () => {
    // Long enough that a host that is late to cut cuts before its end.
    const samples = tone(60 * RATE, 2, 5);
    const card = await image('book', 'records = on\nvolume_db = 0\nresume = music/book\n', {
      'a.wav': wav16(tone(1000, 2, 1)),
      'book/1.wav': wav16(samples),
    });
    const before = await boot(card, ({ words }) => words.length > 8.4 * RATE * 2);
    const all = wordsOf(samples, RANGE);
    assert.deepEqual(before.words.slice(2000, 4000), all.slice(0, 2000));
    assert.equal(volumeOf(card), '');
    const after = await boot(card, ({ words }) => words.length > RATE);
    assert.match(after.text, /2\/2 music\/book\/1\.wav/);
    // The words lead the ear by what the ring holds, and a second is kept once it is full.
    const cutAt = Math.floor((before.words.length - 2000) / (RATE * 2));
    const kept = JSON.stringify(after.words.slice(0, 2000));
    const seconds = Array.from({ length: 60 }, (_, second) => second).filter(
      (second) => JSON.stringify(all.slice(second * RATE * 2, second * RATE * 2 + 2000)) === kept,
    );
    assert.ok(
      seconds.length === 1 && [cutAt - 1, cutAt, cutAt + 1].includes(seconds[0] ?? -1),
      `cut in second ${cutAt}, began at ${seconds.join()}\n${after.text}`,
    );
  });
});
