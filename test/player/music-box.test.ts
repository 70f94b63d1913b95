// The music box as a whole: a card, buttons, an encoder and an LED, and no console.

import assert from 'node:assert/strict';
import type { ProgramSource } from '../../host-tools/virtual-pi/board/program.js';
import { playerOf } from '../virtual-pi/pi-rig.js';
import { CardRig, cardImage } from './card-rig.js';
import { tone, wav16 } from './program-rig.js';

const LED = 12;
const PLAY = 4;
const NEXT = 27;
const [A, B] = [5, 6];
const INI = `records = on
resume = /Books
repeat = all
pin_led = ${LED}
pin_play = ${PLAY}
`;

describe('the music box', () => {
  let program: ProgramSource;
  before(async () => {
    program = await playerOf();
  });

  const press = (rig: CardRig, pin: number, ms: number): void => {
    const { gpio } = rig.pi.blocks;
    for (const level of [false, true, false]) {
      gpio.drive(pin, level);
      rig.run(2);
    }
    rig.run(ms);
    gpio.drive(pin, true);
    rig.run(60);
  };
  const turnLeft = (rig: CardRig, detents: number): void => {
    const { gpio } = rig.pi.blocks;
    for (let i = 0; i < detents; i++)
      for (const [pin, level] of [
        [B, false],
        [A, false],
        [B, true],
        [A, true],
      ] as const) {
        gpio.drive(pin, level);
        rig.run(3);
      }
  };
  /** How often the LED lights in a second, counted through four. */
  const flashes = (rig: CardRig): number => {
    let edges = 0;
    let lit = rig.pi.blocks.gpio.levelOf(LED);
    for (let i = 0; i < 400; i++) {
      rig.run(10);
      const now = rig.pi.blocks.gpio.levelOf(LED);
      if (now && !lit) edges++;
      lit = now;
    }
    return edges / 4;
  };

  it('plays, is paused, skipped and turned down by hand, switched off, and goes on where it was', () => {
    const files = {
      'player.ini': INI,
      'Books/1.wav': wav16(tone(44_100 * 20, 2, 1)),
      'Books/2.wav': wav16(tone(44_100 * 60, 2, 2)),
    };
    const rig = new CardRig(program, cardImage(files));
    for (const pin of [PLAY, NEXT, A, B]) rig.pi.blocks.gpio.drive(pin, true);
    rig.run(500);
    assert.deepEqual(rig.played, ['Books/1.wav']);
    assert.equal(flashes(rig), 0.5, 'a second on, a second off: it plays');

    press(rig, PLAY, 80);
    rig.run(200);
    const before = rig.blocks.length;
    assert.equal(flashes(rig), 0.5, 'once in two seconds: paused');
    assert.ok(!rig.blocks.slice(before + 1).some(({ kind }) => kind === 1), 'no sound while paused');
    press(rig, PLAY, 80);

    press(rig, NEXT, 80);
    rig.run(5000);
    assert.deepEqual(rig.played, ['Books/1.wav', 'Books/2.wav']);
    turnLeft(rig, 5);
    rig.run(2500);
    press(rig, PLAY, 900);
    rig.run(500);
    const quiet = rig.blocks.length;
    rig.run(1000);
    assert.equal(rig.blocks.length, quiet, 'the jack is off');
    rig.clean();

    // The power is cut, and comes back.
    const again = new CardRig(program, rig.image()).run(1000);
    assert.deepEqual(again.played, ['Books/2.wav']);
    again.clean();
    const span = (words: readonly number[]): number => {
      const some = words.slice(0, 50_000);
      return Math.max(...some) - Math.min(...some);
    };
    const decibels = 20 * Math.log10(span(again.trackWords()) / span(rig.trackWords(1)));
    assert.ok(Math.abs(decibels + 5) < 0.3, `${decibels} dB`);
  });
});
