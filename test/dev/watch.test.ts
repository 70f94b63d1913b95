// Saves as editors make them.

import fs from 'node:fs';
import path from 'node:path';
import { SourceWatch } from '../../host-tools/dev/watch.js';
import { when } from '../cli/mirleft.js';
import { testFolder } from '../media/sounds.js';

describe('the watch over sources', () => {
  const folder = testFolder();
  const at = (name: string): string => path.join(folder, name);
  let watch: SourceWatch;
  let saves = 0;
  const saved = async (act: () => void): Promise<void> => {
    const before = saves;
    act();
    await when(() => saves > before, 'the save');
    watch.take();
  };

  beforeEach(() => {
    saves = 0;
    fs.mkdirSync(at('lib'), { recursive: true });
    fs.writeFileSync(at('main.ts'), 'one');
    fs.writeFileSync(at('lib/part.ts'), 'one');
    watch = new SourceWatch(folder);
    watch.onSave = () => saves++;
    watch.follow([at('main.ts'), at('lib/part.ts')]);
  });
  afterEach(() => watch.close());

  it('sees a file written in place, replaced by another, removed, and made', async () => {
    await saved(() => fs.writeFileSync(at('main.ts'), 'two'));
    await saved(() => {
      fs.writeFileSync(at('.main.ts.swp'), 'three');
      fs.renameSync(at('.main.ts.swp'), at('main.ts'));
    });
    await saved(() => fs.rmSync(at('lib/part.ts')));
    await saved(() => fs.writeFileSync(at('lib/part.ts'), 'four'));
    await saved(() => fs.writeFileSync(at('lib/new.ts'), 'five'));
  });

  it('sees what was saved while nobody watched', async () => {
    fs.writeFileSync(at('main.ts'), 'longer than before');
    watch.follow([at('main.ts')]);
    await when(() => saves > 0, 'the save');
  });
});
