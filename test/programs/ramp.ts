// A track whose words tell their place (test/support/swap-words.ts): they go up and down by 1, so that one that is left
// out, doubled or falls is seen. It goes on where another module was.

import { exit, Exit } from '../../drivers/board';
import { Jack, JackSetting } from '../../drivers/jack';

const RATE_HZ: i32 = 44100;
const LOW: i32 = 1417;
const HEIGHT: i32 = 400;

const words = memory.data(4096, 16);

/** The word of a pair, on both sides. */
function wordOf(pair: i64): u32 {
  const phase = <i32>(pair % (2 * HEIGHT));
  return LOW + (phase < HEIGHT ? phase : 2 * HEIGHT - phase);
}

/** Opens the jack for it, or adopts an open one. Ends the run with status 8 where that fails. */
export function openRamp(jack: Jack): void {
  jack.probe(JackSetting.Auto);
  if (jack.adopted) return;
  if (jack.open(RATE_HZ)) exit(Exit.End, 8);
  jack.noteTrack(0);
}

/** Appends what there is room for. Ends the run with status 9 where the jack does not take it. */
export function feedRamp(jack: Jack): void {
  for (let room = jack.room(); room > 0; room = jack.room()) {
    const from = jack.trackPairsAppended;
    for (let i = 0; i < room; i++) {
      const word = wordOf(from + i);
      store<u32>(words + ((<usize>i) << 3), word);
      store<u32>(words + ((<usize>i) << 3), word, 4);
    }
    if (jack.append(words, room)) exit(Exit.End, 9);
  }
}
