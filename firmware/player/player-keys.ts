// What the player's keys do.

import { volumeKey } from '../audio/volume-keys';
import { printLine } from '../console/console';
import { Key } from '../console/keys';
import { Led, showLed } from '../led';
import { Deck, State } from './deck';

/** `p` goes to the track's beginning when more of it was played, else to the track before. */
const AGAIN_SECONDS: i64 = 3;
const SEEK_SECONDS: i64 = 10;
const HELP = 'space pause, n next, p previous, left and right 10 s, + - volume';

const enum PlayerKey {
  Pause = 0x20,
  Help = 0x3f,
  Next = 0x6e,
  Previous = 0x70,
}

let hinted = false;

/** Does what a key asks for. */
export function pressKey(deck: Deck, key: i32): void {
  if (volumeKey(deck.output, key)) return;
  switch (key) {
    case PlayerKey.Pause:
      pressPause(deck);
      break;
    case PlayerKey.Next:
      deck.leave(1);
      break;
    case PlayerKey.Previous:
      pressPrevious(deck);
      break;
    case Key.Left:
      deck.seek(deck.source.position - SEEK_SECONDS * deck.source.rateHz);
      break;
    case Key.Right:
      deck.seek(deck.source.position + SEEK_SECONDS * deck.source.rateHz);
      break;
    case PlayerKey.Help:
      printLine(HELP);
      break;
    default:
      if (!hinted) printLine('? lists the keys');
      hinted = true;
  }
}

function pressPause(deck: Deck): void {
  if (deck.state === State.Playing) {
    deck.output.pause(!deck.output.paused);
    showLed(deck.output.paused ? Led.Paused : Led.Playing);
    deck.printPlace(deck.output.paused ? 'paused at ' : 'on from ');
  } else if (deck.state === State.Ended) {
    deck.again(1);
  }
}

function pressPrevious(deck: Deck): void {
  if (deck.state === State.Ended || deck.state === State.Draining || deck.state === State.Looking) {
    deck.again(-1);
  } else if (deck.state === State.Playing) {
    if (deck.source.position > AGAIN_SECONDS * deck.source.rateHz || !deck.playlist.hasPrevious()) {
      deck.seek(0);
    } else {
      deck.leave(-1);
    }
  } else {
    deck.leave(-1);
  }
}
