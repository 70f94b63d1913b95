// Plays a tone, then one of another rate, and says when the first one's mark was heard.

import { Jack, JackSetting } from '../../../drivers/jack';
import { Output } from '../../../firmware/audio/output';
import { ToneSource } from '../../../firmware/audio/tones';
import { printLine, serviceConsole } from '../../../firmware/console/console';

const jack = new Jack();
const output = new Output(jack);
const first = new ToneSource(44100);
const second = new ToneSource(48000);
let mark: i64 = -1;
let steps = 0;

export function start(_generation: i32): void {
  jack.probe(JackSetting.Auto);
  output.play(first, 0);
}

export function step(_events: i32): i64 {
  output.pump();
  if (++steps === 20) {
    mark = output.mark;
    printLine(output.heard(mark) ? 'heard at once' : 'not yet heard');
    output.play(second, 1);
  }
  if (output.opens === 2 && steps > 20) {
    // The jack counts from 0 again, and has not come to the mark's number by far.
    printLine(output.heard(mark) ? 'heard' : 'forgotten');
    steps = i32.MIN_VALUE;
  }
  return min(jack.service(), serviceConsole());
}
