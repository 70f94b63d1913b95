// What the player's keys do.

import { volumeKey } from '../audio/volume-keys';
import { printLine } from '../console/console';
import { Key } from '../console/keys';
import { Led, showLed } from '../led';
import { endAside } from './aside';
import { Deck, State } from './deck';

/** `p` goes to the track's beginning when more of it was played, else to the track before. */
const AGAIN_SECONDS: i64 = 3;
const SEEK_SECONDS: i64 = 10;
const HELP = 'space pause, left and right 10 s, page up and down tracks, + - volume; help and Enter: commands';

export const enum PlayerKey {
  Pause = 0x20,
  Louder = 0x2b,
  Softer = 0x2d,
  Help = 0x3f,
  Previous = Key.PageUp,
  Next = Key.PageDown,
}

/** Does what a key asks for. False for keys that the player has no use for. */
export function pressKey(deck: Deck, key: i32): bool {
  if (volumeKey(deck.output, key)) return true;
  if (deck.isLent) return key === PlayerKey.Pause && tellLent(deck);
  switch (key) {
    case PlayerKey.Pause:
      pressPause(deck);
      break;
    case PlayerKey.Next:
      endAside(deck);
      deck.leave(1);
      break;
    case PlayerKey.Previous:
      endAside(deck);
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
      return false;
  }
  return true;
}

/** Says that a stream has the output, where one has: what plays is not the deck's then. */
export function tellLent(deck: Deck): bool {
  if (deck.isLent) printLine('sound comes from the line: paused and sought there');
  return deck.isLent;
}

/** Pauses or goes on; at the end begins again. */
export function pressPause(deck: Deck): void {
  if (deck.state === State.Playing) {
    deck.output.pause(!deck.output.paused);
    showLed(deck.output.paused ? Led.Paused : Led.Playing);
    deck.tellPlace(deck.output.paused ? 'paused at ' : 'on from ');
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
