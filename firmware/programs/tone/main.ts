// Test tones by key, to hear whether the jack works and which side is which.

import { Jack, JackSetting } from '../../../drivers/jack';
import { RIGHT_FIRST } from '../../../drivers/sink';
import { Output } from '../../audio/output';
import { Channels, ToneSource } from '../../audio/tones';
import { volumeKey } from '../../audio/volume-keys';
import { printBanner, printJack, requireBoard } from '../../banner';
import { printLine, serviceConsole } from '../../console/console';
import { helpKey } from '../../console/help';
import { nextKey } from '../../console/keys';
import { Led, serviceLed, showLed } from '../../led';

const RATE_HZ: i32 = 48000;
const HELP = '1 1 kHz, s sweep, l left, r right, b both, space pause, + - volume';

const jack = new Jack();
const output = new Output(jack);
const tones = new ToneSource(RATE_HZ);

export function start(_generation: i32): void {
  requireBoard();
  jack.probe(JackSetting.Auto);
  output.play(tones, 0);
  showLed(Led.Playing);
  printBanner('tone');
  printJack(jack);
  printLine(RIGHT_FIRST ? 'words go right, left' : 'words go left, right');
  printLine(HELP);
}

export function step(_events: i32): i64 {
  for (let key = nextKey(); key; key = nextKey()) helpKey(key, press(key), HELP);
  output.pump();
  return min(jack.service(), min(serviceLed(), serviceConsole()));
}

/** False for keys that mean nothing here. */
function press(key: i32): bool {
  switch (key) {
    case 0x31: // 1
      tones.tone(1000);
      change('1 kHz');
      break;
    case 0x73: // s
      tones.sweep();
      change('20 Hz to 20 kHz in 10 s');
      break;
    case 0x6c: // l
      tones.on(Channels.Left);
      change('left');
      break;
    case 0x72: // r
      tones.on(Channels.Right);
      change('right');
      break;
    case 0x62: // b
      tones.on(Channels.Both);
      change('both');
      break;
    case 0x20:
      output.pause(!output.paused);
      showLed(output.paused ? Led.Paused : Led.Playing);
      printLine(output.paused ? 'paused' : 'on');
      break;
    default:
      return volumeKey(output, key);
  }
  return true;
}

/** The level does not go on from where it was: the jack bridges the gap. */
function change(text: string): void {
  jack.breakTrack();
  printLine(text);
}
