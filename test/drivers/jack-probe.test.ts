// The jack, found out: which of its two targets is there, and signs that disagree.

import assert from 'node:assert/strict';
import { compileJack, JackRig, Setting, State } from './jack-rig.js';

let wasm: Uint8Array;

before(async () => {
  wasm = await compileJack();
});

describe('the jack, found out', () => {
  const modes = { pwm1: 1, capture: 2 };

  it('is PWM1 on a board and the capture in the emulator', () => {
    const board = new JackRig(wasm, 'board');
    assert.equal(board.jack.probe(Setting.auto), modes.pwm1);
    assert.equal(board.jack.signs(), 3);
    assert.equal(board.jack.disagree(), 0);
    const emulator = new JackRig(wasm, 'emulator');
    assert.equal(emulator.jack.probe(Setting.auto), modes.capture);
    assert.equal(emulator.jack.signs(), 0);
    assert.equal(emulator.jack.disagree(), 0);
  });

  it('names signs that disagree; the register that answers decides', () => {
    const board = new JackRig(wasm, 'board');
    board.engines.lite = false;
    assert.equal(board.jack.probe(Setting.auto), modes.pwm1);
    assert.equal(board.jack.signs(), 2);
    assert.equal(board.jack.disagree(), 1);
    const emulator = new JackRig(wasm, 'emulator');
    emulator.engines.lite = true;
    assert.equal(emulator.jack.probe(Setting.auto), modes.capture);
    assert.equal(emulator.jack.signs(), 1);
    assert.equal(emulator.jack.disagree(), 1);
  });

  it('obeys the setting, but opens no PWM1 that does not answer', () => {
    assert.equal(new JackRig(wasm, 'board').jack.probe(Setting.capture), modes.capture);
    const emulator = new JackRig(wasm, 'emulator');
    assert.equal(emulator.jack.probe(Setting.pwm1), modes.pwm1);
    assert.equal(emulator.jack.open(44100), -7);
    assert.equal(emulator.jack.state(), State.closed);
    assert.equal(new JackRig(wasm, 'board').jack.open(44100), -7, 'not probed');
  });
});
