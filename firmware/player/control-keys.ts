// What buttons and the encoder do: the same as keys, and what needs a hand on the box.

import { turnVolume } from '../audio/volume-keys';
import { Control } from '../controls/controls';
import { Key } from '../console/keys';
import { Deck } from './deck';
import { PlayerKey, pressKey } from './player-keys';

/** Does what a control asks for; `turns` are the encoder's detents, clockwise above 0. */
export function useControl(deck: Deck, control: Control, turns: i32): void {
  switch (control) {
    case Control.PlayPause:
      pressKey(deck, PlayerKey.Pause);
      break;
    case Control.Next:
      pressKey(deck, PlayerKey.Next);
      break;
    case Control.Previous:
      pressKey(deck, PlayerKey.Previous);
      break;
    case Control.SeekForward:
      pressKey(deck, Key.Right);
      break;
    case Control.SeekBack:
      pressKey(deck, Key.Left);
      break;
    case Control.VolumeUp:
      pressKey(deck, PlayerKey.Louder);
      break;
    case Control.VolumeDown:
      pressKey(deck, PlayerKey.Softer);
      break;
    case Control.Turn:
      turnVolume(deck.output, turns * deck.settings.encoderTenths);
      break;
    case Control.Stop:
      deck.rest();
      break;
    default:
      break;
  }
}
