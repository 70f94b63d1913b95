// NAME: greets on the console and plays a quiet tone. The board calls `start` once, then `step` whenever something has
// happened or the tick that the last `step` returned has come. A step does what is due and returns at once.

import { Jack, JackSetting } from 'mirleft/drivers/jack';
import { Output } from 'mirleft/firmware/audio/output';
import { OutputSwap } from 'mirleft/firmware/audio/output-swap';
import { ToneSource } from 'mirleft/firmware/audio/tones';
import { volumeKey } from 'mirleft/firmware/audio/volume-keys';
import { printBanner, printJack, requireBoard } from 'mirleft/firmware/banner';
import { printLine, serviceConsole } from 'mirleft/firmware/console/console';
import { nextKey } from 'mirleft/firmware/console/keys';
import { serviceDevLine } from 'mirleft/firmware/link/dev-line';
import { openModules } from 'mirleft/firmware/link/modules';

const jack = new Jack();
const output = new Output(jack); // begins at -20 dB
const tone = new ToneSource(44100);
openModules(new OutputSwap(output)); // what `mirleft dev` sends is swapped in while the tone sounds

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
  const line = serviceDevLine();
  for (let key = nextKey(); key; key = nextKey()) volumeKey(output, key);
  output.pump();
  return min(line, min(jack.service(), serviceConsole()));
}
