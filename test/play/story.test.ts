import assert from 'node:assert/strict';
import type { PlayEvent } from '../../host-tools/play/options.js';
import { EventQueue } from '../../host-tools/play/queue.js';
import type { RunEnd } from '../../host-tools/play/run-player.js';
import { Story } from '../../host-tools/play/story.js';
import { Problem } from '../../host-tools/problem.js';

const killed: RunEnd = {
  emulator: { status: undefined, signal: 'SIGTERM', overtime: false, said: '' },
  fault: undefined,
  interrupted: false,
  touched: false,
};

const codes = (tell: (story: Story) => void): string[] => {
  const story = new Story(new EventQueue<PlayEvent>());
  tell(story);
  return story.report({ interrupted: false, end: killed }).errors.map(({ code }) => code);
};

describe('the story of a run', () => {
  it('does not blame QEMU for an end that it was brought to, whatever for', () => {
    for (const code of ['in-use', 'would-overwrite', 'write-failed', 'time-limit', 'emulator-silent'] as const)
      assert.deepEqual(
        codes((story) => story.problem(new Problem(code, 'ended it'))),
        [code],
      );
  });

  it('tells that QEMU ended early, also when something else went wrong before', () => {
    assert.deepEqual(
      codes(() => undefined),
      ['emulator-failed'],
    );
    assert.deepEqual(
      codes((story) => story.failed(new Problem('write-failed', 'one file was not packed'))),
      ['write-failed', 'emulator-failed'],
    );
  });
});
