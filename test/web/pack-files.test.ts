import assert from 'node:assert/strict';
import { encodeWav } from '../../host-tools/media/wav.js';
import type { FromPacker } from '../../host-tools/web/page/messages.js';
import { packFiles } from '../../host-tools/web/page/pack-files.js';

const SOUND = Uint8Array.from(encodeWav({ rateHz: 8000, channels: 1, bits: 16, samples: Int32Array.of(1, 2, 3, 4) }));

describe('files that are dropped on the page', () => {
  it('are packed without those that break the packer', async () => {
    const broken = new File([SOUND], 'broken.wav');
    Object.defineProperty(broken, 'size', {
      get: () => {
        throw new RangeError('out of memory');
      },
    });
    const folder = new File([], 'folder');
    folder.arrayBuffer = () => Promise.reject(new DOMException('it is gone', 'NotFoundError'));
    const files = [broken, new File([SOUND], 'a.wav'), folder, new File([SOUND], 'b.wav')];
    const told: FromPacker[] = [];
    await packFiles({ files, settings: undefined, anything: false }, (message) => told.push(message));
    const refused = told.flatMap((each) => (each.type === 'refused' ? [each.text] : []));
    assert.equal(refused.length, 2);
    assert.equal(refused[0], 'broken.wav: cannot be packed (out of memory)');
    assert.match(refused[1] ?? '', /^folder: cannot be read/);
    const last = told.at(-1);
    assert.deepEqual(last?.type === 'packed' ? last.names : last, ['a.wav', 'b.wav']);
  });
});
