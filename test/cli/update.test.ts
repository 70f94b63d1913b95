// `mirleft update` as a process: what it refuses before it looks for a board.

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { testFolder } from '../media/sounds.js';
import { run } from './mirleft.js';

describe('mirleft update', () => {
  it('says what is wrong with an image, whatever its name', async () => {
    const folder = testFolder();
    fs.writeFileSync(path.join(folder, 'empty.txt'), '');
    fs.writeFileSync(path.join(folder, 'prose.bin'), 'no kernel');
    for (const [file, text] of [
      ['empty.txt', 'is empty; mirleft build makes a kernel8.img'],
      [
        'prose.bin',
        'is no kernel of this library, or not all of one, so it could not be kept; mirleft build makes one',
      ],
      ['missing.img', 'cannot be read (no such file or folder)'],
    ] as const)
      assert.deepEqual(await run(folder, ['update', file]), {
        status: 1,
        stdout: '',
        stderr: `error: ${file}: ${text}\n`,
      });
  });
});
