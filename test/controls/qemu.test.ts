// Buttons and encoder in QEMU, driven from outside in real time, bounce included.

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { testFirmware } from '../support/firmware.js';
import { OutsidePins } from '../support/outside-pins.js';
import { runQemu } from '../support/qemu.js';
import { Pin, quadrature } from './controls-rig.js';
import { toldOf, wordsOf } from './program.js';

/** Between two changes that must both be seen; the emulator may be kept waiting by other work. */
const SEEN_MS = 40;

describe('controls in QEMU', () => {
  it('are told from pins that are driven outside', async () => {
    const pins = new OutsidePins();
    const settle = async (pin: number, level: boolean): Promise<void> => {
      for (const bounce of [level, !level, level, !level, level]) {
        pins.drive(pin, bounce);
        await sleep(2);
      }
      await sleep(6 * SEEN_MS);
    };
    const click = async (pin: number): Promise<void> => {
      await settle(pin, false);
      await settle(pin, true);
    };
    const script = async (): Promise<void> => {
      // All are low: pressed, which does nothing, and the encoder's rest.
      const buttons = [Pin.next, Pin.previous, Pin.up, Pin.down, Pin.play];
      for (const pin of buttons) pins.drive(pin, true);
      await sleep(10 * SEEN_MS);
      for (const pin of buttons) await click(pin);
      for (const transitions of [1, 2, 3, 4, 5, 6, 5, 6, 7, 8, 7, 6, 5, 4, 3, 4, 3, 2, 1, 0, -1, -2, -3, -4]) {
        const [a, b] = quadrature(transitions + 2);
        pins.drive(Pin.a, a);
        pins.drive(Pin.b, b);
        await sleep(SEEN_MS);
      }
      await settle(Pin.play, false);
    };
    let running: Promise<void> | undefined;
    try {
      const run = await runQemu(await testFirmware('controls'), {
        words: wordsOf(0, 'debounce_ms = 100', 'hold_ms = 2000'),
        args: pins.args,
        onConsole: (text) => {
          if (!running && text.includes('ready')) running = script();
        },
      });
      assert.equal(run.status, 0, run.console + run.errors);
      const { events, lost } = toldOf(run.console);
      assert.deepEqual(events, ['next', 'previous', 'louder', 'softer', 'play', 1, 1, -1, -1, -1, 'stop']);
      assert.equal(lost, 0);
    } finally {
      await running;
      pins.close();
    }
  });
});
