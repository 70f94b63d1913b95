// The status line of the console, on terminals of every width.

import assert from 'node:assert/strict';
import { statusText, type ConsoleState } from '../../host-tools/cli/console-status.js';
import { columnsOf } from '../../host-tools/cli/render-text.js';
import { snapshotOf } from '../link/snapshots.js';

const PLAYING = snapshotOf('Evening/a name that is long.wav');
const STATE: ConsoleState = {
  port: '/tmp/mirleft-emulator-0f7d2b9c-aaaa-bbbb-cccc-1234567890ab/uart',
  line: 'as fast as it goes',
  damagedFrames: 0,
  snapshot: PLAYING,
  hasCrash: false,
};

describe('the status line of the console', () => {
  it('keeps track, state, damaged frames and the key that ends at 40, 80 and 100 columns', () => {
    const at = (columns: number, state: Partial<ConsoleState> = {}): string =>
      statusText({ ...STATE, ...state }, columns);
    assert.equal(at(40), '3/12 Evening…  1:02 of 3:45  Ctrl-] ends');
    assert.equal(at(80), '3/12 Evening/a name that is long.wav  1:02 of 3:45  Ctrl-] ends');
    assert.equal(
      at(100),
      '3/12 Evening/a name that is long.wav  1:02 of 3:45  /tmp/mirl…/uart  as fast as it goes  Ctrl-] ends',
    );
    const bad = { damagedFrames: 1234, hasCrash: true };
    assert.equal(at(40, bad), 'fault  3/12  1,234 damaged  Ctrl-] ends');
    assert.equal(at(80, bad), 'fault kept: mirleft crash  3/12  1:02 of 3:45  1,234 damaged frames  Ctrl-] ends');
    assert.equal(at(40, { damagedFrames: 3 }), '3/12  3 damaged  Ctrl-] ends');
    const away = { snapshot: undefined, line: 'no answer' };
    assert.equal(at(40, away), '/tmp/mirle…/uart  no answer  Ctrl-] ends');
    assert.equal(at(100, { ...away, port: '/dev/ttyUSB0' }), '/dev/ttyUSB0  no answer  Ctrl-] ends');
  });

  it('fits every width', () => {
    for (let columns = 1; columns <= 150; columns++)
      for (const damagedFrames of [0, 7, 1_000_000])
        for (const hasCrash of [false, true])
          for (const snapshot of [undefined, PLAYING]) {
            const text = statusText({ ...STATE, damagedFrames, hasCrash, snapshot }, columns);
            assert.ok(columnsOf(text) <= Math.max(columns, 11), `${columns}: ${text}`);
            assert.ok(text.endsWith('Ctrl-] ends'), text);
          }
  });
});
