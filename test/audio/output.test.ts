// The pump, where the player does not come: marks that are older than the last opening of the jack. What it plays is
// tested through the player (../player/).

import assert from 'node:assert/strict';
import { ProgramRig } from '../player/program-rig.js';
import { compileProgram } from '../support/module.js';

describe('the output', () => {
  it('knows that a mark was heard when the jack was opened again since', async () => {
    const { wasm } = await compileProgram('test/audio/assembly/output.ts', { board: true });
    const rig = new ProgramRig(wasm).start().run(2000);
    assert.deepEqual(rig.lines(), ['not yet heard', 'heard']);
  });
});
