// Buttons: bounce, clicks, holds and repeats, by the ticks of the samples and not by when they are looked at.

import assert from 'node:assert/strict';
import { ControlsRig, Pin } from './controls-rig.js';

describe('buttons', () => {
  let rig: ControlsRig;
  beforeEach(async () => {
    rig = await ControlsRig.make();
  });

  it('ask for what they are for: when released, the volume when pressed', () => {
    rig.start();
    for (const [pin, event, pressed] of [
      [Pin.play, 'play', false],
      [Pin.next, 'next', false],
      [Pin.previous, 'previous', false],
      [Pin.up, 'louder', true],
      [Pin.down, 'softer', true],
    ] as const) {
      // Sampled in millisecond 1, sure 10 ms later.
      assert.deepEqual(rig.set(pin, false).watch(100), pressed ? [[11, event]] : []);
      assert.deepEqual(rig.set(pin, true).watch(100), pressed ? [] : [[11, event]]);
    }
    assert.equal(rig.due, undefined);
  });

  it('count once however their contacts bounce', () => {
    rig.start();
    // Bounce of 9 ms, in all rhythms that 1 kHz can see.
    for (let rhythm = 0; rhythm < 512; rhythm++) {
      for (const down of [true, false]) {
        for (let bit = 0; bit < 9; bit++) rig.set(Pin.play, ((rhythm >> bit) & 1) === Number(!down)).pass(1);
        rig.set(Pin.play, !down);
        assert.deepEqual(rig.told(), []);
        const seen = rig.watch(60);
        assert.deepEqual(
          seen.map(([, event]) => event),
          down ? [] : ['play'],
          `rhythm ${rhythm}`,
        );
      }
    }
  });

  it('do nothing for pulses shorter than the debounce time', () => {
    rig.start('debounce_ms = 20');
    for (let ms = 1; ms <= 19; ms++) {
      rig.set(Pin.up, false);
      assert.deepEqual(rig.watch(ms), []);
      rig.set(Pin.up, true);
      assert.deepEqual(rig.watch(50), []);
    }
    rig.set(Pin.up, false);
    assert.deepEqual(rig.watch(21), [[21, 'louder']]);
  });

  it('held: seek and change the volume again and again, and stop once', () => {
    rig.start('hold_ms = 500', 'repeat_ms = 100');
    const held = (pin: number) => {
      rig.set(pin, false);
      const seen = rig.watch(850);
      rig.set(pin, true);
      assert.deepEqual(rig.watch(300), []);
      return seen;
    };
    const again = (event: string) => [501, 601, 701, 801].map((ms) => [ms, event]);
    assert.deepEqual(held(Pin.next), again('forward'));
    assert.deepEqual(held(Pin.previous), again('back'));
    assert.deepEqual(held(Pin.up), [[11, 'louder'], ...again('louder')]);
    assert.deepEqual(held(Pin.down), [[11, 'softer'], ...again('softer')]);
    assert.deepEqual(held(Pin.play), [[501, 'stop']]);
  });

  it('tell when they want to be asked again', () => {
    rig.start('hold_ms = 500', 'repeat_ms = 100');
    assert.equal(rig.due, undefined);
    rig.set(Pin.next, false).pass(1).told();
    assert.equal(rig.due, 10);
    rig.watch(10);
    assert.equal(rig.due, 490);
    rig.watch(490);
    assert.equal(rig.due, 100);
    rig.set(Pin.next, true).pass(1).told();
    assert.equal(rig.due, 10);
    rig.watch(10);
    assert.equal(rig.due, undefined);
  });

  it('are told in order after a long step, as if it had been short', () => {
    const script = (): void => {
      rig.set(Pin.next, false).pass(100);
      rig.set(Pin.next, true).pass(100);
      rig.set(Pin.next, false).pass(950);
      rig.set(Pin.next, true).pass(50);
      rig.set(Pin.play, false).pass(30);
      rig.set(Pin.up, false).pass(30);
      rig.set(Pin.play, true).pass(30);
      rig.set(Pin.up, true).pass(30);
    };
    rig.start();
    script();
    const late = rig.told();
    assert.deepEqual(late, ['next', 'forward', 'forward', 'louder', 'play']);
    assert.deepEqual(rig.told(), []);
  });

  it('lose nothing of 200 records at once', () => {
    rig.start('debounce_ms = 2');
    for (let i = 0; i < 100; i++) {
      rig.set(Pin.up, false).pass(3);
      rig.set(Pin.up, true).pass(3);
    }
    assert.deepEqual(
      rig.told(),
      Array.from({ length: 100 }, () => 'louder'),
    );
    assert.equal(rig.lost, 0);
  });

  it('are where they are when more was lost than the queue holds', () => {
    rig.start('debounce_ms = 2');
    for (let i = 0; i < 200; i++) rig.set(Pin.up, i % 2 === 1).pass(3);
    // 56 changes are lost, then the button is pressed: that is lost as well.
    rig.set(Pin.play, false).pass(50);
    assert.ok(rig.lost === 0);
    for (let i = 0; i < 100; i++) rig.set(Pin.down, i % 2 === 1).pass(3);
    rig.set(Pin.next, false).pass(50);
    assert.ok(rig.lost > 0);
    rig.told();
    assert.deepEqual(rig.watch(20), []);
    rig.set(Pin.next, true);
    rig.set(Pin.play, true);
    assert.deepEqual(rig.watch(20), [
      [3, 'play'],
      [3, 'next'],
    ]);
  });

  it('that are down at power on do nothing until they were up', () => {
    rig.set(Pin.play, false).set(Pin.up, false).start();
    assert.equal(rig.due, undefined);
    assert.deepEqual(rig.watch(3000), []);
    rig.set(Pin.play, true).set(Pin.up, true);
    assert.deepEqual(rig.watch(100), []);
    rig.set(Pin.play, false).set(Pin.up, false);
    assert.deepEqual(rig.watch(50), [[11, 'louder']]);
    rig.set(Pin.play, true);
    assert.deepEqual(rig.watch(50), [[11, 'play']]);
  });

  it('that bounce while held go on being held', () => {
    rig.start('hold_ms = 500', 'repeat_ms = 100');
    rig.set(Pin.next, false);
    rig.watch(498);
    rig.set(Pin.next, true);
    assert.deepEqual(rig.watch(5), []);
    rig.set(Pin.next, false);
    assert.deepEqual(rig.watch(110), [
      [1, 'forward'],
      [98, 'forward'],
    ]);
  });

  it('have the pins, levels and pulls of the settings', () => {
    rig.levels = 0;
    rig.start('pin_play = 4', 'pin_next = off', 'button_active = high', 'button_pull = down', 'encoder_pull = none');
    const pull = (pin: number): number => ((rig.registers.get(0xe4 + (pin >> 4) * 4) ?? 0) >>> ((pin & 15) * 2)) & 3;
    assert.deepEqual([4, 17, 22, 23, 24, 27, 5, 6].map(pull), [2, 0, 2, 2, 2, 0, 0, 0]);
    rig.set(17, true).set(27, true);
    assert.deepEqual(rig.watch(50), []);
    rig.set(4, true);
    assert.deepEqual(rig.watch(50), []);
    rig.set(4, false);
    assert.deepEqual(rig.watch(50), [[11, 'play']]);
  });

  it('that are all off touch nothing and watch nothing', () => {
    const keys = ['play', 'next', 'previous', 'volume_up', 'volume_down', 'encoder_a', 'encoder_b'];
    rig.start(...keys.map((key) => `pin_${key} = off`));
    assert.equal(rig.watched, false);
    assert.deepEqual(rig.writes, []);
    assert.equal(rig.due, undefined);
    assert.deepEqual(rig.told(), []);
    assert.equal(rig.watched, false);
  });
});
