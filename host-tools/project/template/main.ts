// NAME: greets on the console and plays a quiet tone. The board calls `start` once, then `step` whenever something has
// happened or the tick that the last `step` returned has come. A step does what is due and returns at once.

import { Jack, JackSetting } from 'mirleft/drivers/jack';
import { Output } from 'mirleft/firmware/audio/output';
import { ToneSource } from 'mirleft/firmware/audio/tones';
import { volumeKey } from 'mirleft/firmware/audio/volume-keys';
import { printBanner, printJack, requireBoard } from 'mirleft/firmware/banner';
import { printLine, serviceConsole } from 'mirleft/firmware/console/console';
import { nextKey } from 'mirleft/firmware/console/keys';

const jack = new Jack();
const output = new Output(jack); // begins at -20 dB
const tone = new ToneSource(44100);

export function start(_generation: i32): void {
  requireBoard();
  printBanner('NAME');
  jack.probe(JackSetting.Auto);
  printJack(jack);
  tone.tone(440);
  output.play(tone, 0);
  printLine('Hello! + and - change the volume.');
}

export function step(_events: i32): i64 {
  for (let key = nextKey(); key; key = nextKey()) volumeKey(output, key);
  output.pump();
  return min(jack.service(), serviceConsole());
}
