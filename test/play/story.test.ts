import assert from 'node:assert/strict';
import { JackCapture } from '../../host-tools/capture/jack.js';
import type { PlayEvent } from '../../host-tools/play/options.js';
import { EventQueue } from '../../host-tools/play/queue.js';
import type { RunEnd } from '../../host-tools/play/run-player.js';
import { Story } from '../../host-tools/play/story.js';
import { Problem } from '../../host-tools/problem.js';
import { BlockKind, JackRegister } from '../../drivers/jack-keys.js';

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

describe('a track that keys disturb', () => {
  const RATE = 40_000;
  const TOTAL = 30 * RATE;

  /** A story of one track of 30 s, with a clock that the test sets. */
  class Told {
    private ms = 0;
    private readonly queue = new EventQueue<PlayEvent>();
    private readonly story = new Story(this.queue, () => this.ms);
    private readonly capture = new JackCapture([]);
    private readonly block = new Uint32Array(2 * RATE);

    constructor() {
      this.story.follow(this.capture, () => undefined);
      this.capture.register(JackRegister.NoteRate, RATE);
      this.capture.register(JackRegister.Range1, 3125);
      this.capture.register(JackRegister.Range2, 3125);
      this.capture.register(JackRegister.NoteTrack, 0);
    }

    record(event: string, fields: object = {}): this {
      this.story.record({ event, index: 0, rateHz: RATE, channels: 2, frames: TOTAL, ...fields });
      return this;
    }

    /** So many seconds of sound come in as many of the clock. */
    plays(seconds: number, clock: number): this {
      for (let i = 0; i < seconds; i++) this.capture.block(this.block, BlockKind.Track);
      return this.waits(clock);
    }

    waits(clock: number): this {
      this.ms += clock * 1000;
      this.story.tick();
      return this;
    }

    /** The last progress: seconds into the track, speed, pause. */
    async shown(): Promise<unknown[]> {
      this.queue.close();
      let last: unknown[] = [];
      for await (const event of this.queue)
        if (event.event === 'progress') last = [event.frames / RATE, event.speed, event.paused];
      return last;
    }

    report(): { frames: number; pcmCrc32: string | null; words: number; errors: string[] } {
      const end: RunEnd = { ...killed, emulator: { ...killed.emulator, status: 0, signal: undefined } };
      this.record('done');
      const { tracks, words, errors } = this.story.report({ interrupted: false, end });
      const { frames = -1, pcmCrc32 = '' } = tracks[0] ?? {};
      return { frames, pcmCrc32, words, errors: errors.map(({ message }) => message) };
    }
  }

  const begun = (): Told => new Told().record('track');
  const ended = (seconds: number, crc?: string): [string, object] => [
    'end',
    { frames: seconds * RATE, ...(crc === undefined ? {} : { pcmCrc32: crc }) },
  ];

  it('shows the place and the speed since the last key', async () => {
    assert.deepEqual(await begun().plays(4, 2).shown(), [4, 2, false]);
    // The player was half a second ahead of what was heard when it went back to the beginning.
    const again = begun()
      .plays(4, 2)
      .record('place', { frame: 0, appended: 4.5 * RATE, paused: 0 });
    assert.deepEqual(await again.plays(6, 2).shown(), [5.5, 3, false]);
    const on = begun()
      .plays(4, 2)
      .record('place', { frame: 14 * RATE, appended: 4 * RATE, paused: 0 });
    assert.deepEqual(await on.plays(3, 1).shown(), [17, 3, false]);
  });

  it('shows a pause, and leaves it out of the speed', async () => {
    const place = { frame: 4 * RATE, appended: 4 * RATE };
    const paused = (): Told =>
      begun()
        .plays(4, 2)
        .record('place', { ...place, paused: 1 })
        .waits(60);
    const [at, , isPaused] = await paused().shown();
    assert.deepEqual([at, isPaused], [4, true]);
    const on = paused()
      .record('place', { ...place, paused: 0 })
      .plays(2, 1);
    assert.deepEqual(await on.shown(), [6, 2, false]);
  });

  it('counts the frames that the words are made of, and has a sum only of a track as it is', () => {
    const whole = begun()
      .plays(30, 1)
      .record(...ended(30, 'abcd0123'));
    assert.deepEqual(whole.report(), { frames: TOTAL, pcmCrc32: 'abcd0123', words: 2 * TOTAL, errors: [] });
    // Left after 2 s and begun again by a key; that it was left is told before or after.
    const first = begun()
      .plays(2, 1)
      .record(...ended(2))
      .record('track')
      .plays(30, 1);
    const late = begun()
      .plays(2, 1)
      .record('track')
      .record(...ended(2))
      .plays(30, 1);
    for (const told of [first, late])
      assert.deepEqual(told.record(...ended(30, 'abcd0123')).report(), {
        frames: 32 * RATE,
        pcmCrc32: null,
        words: 64 * RATE,
        errors: [],
      });
  });

  it('shows the place of a track that was begun again', async () => {
    assert.deepEqual(
      await begun()
        .plays(2, 1)
        .record(...ended(2))
        .record('track')
        .plays(3, 1)
        .shown(),
      [3, 3, false],
    );
    assert.deepEqual(
      await begun()
        .plays(2, 1)
        .record('track')
        .record(...ended(2))
        .plays(3, 1)
        .shown(),
      [3, 3, false],
    );
  });

  it('misses frames that the player counted and nobody heard', () => {
    assert.deepEqual(
      begun()
        .plays(29, 1)
        .record(...ended(30))
        .report().errors,
      [`${29 * RATE} of ${TOTAL} frames came out of the jack`],
    );
  });
});
