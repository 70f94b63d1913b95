// The player: what it does at start, in each step, and at the end. `startPlayer` and `stepPlayer` are called as the
// board calls a program's own; all that they need is made before the first of them.

import { Exit, exit, Info, info, ticks } from '../../drivers/board';
import { JackState } from '../../drivers/jack';
import { tickRate } from '../../drivers/timer';
import { printBanner, printJack, requireBoard } from '../banner';
import { consoleRoom, flushConsole, printLine, printNumber, serviceConsole } from '../console/console';
import { keysWaiting, nextKey } from '../console/keys';
import { beginRecord, endRecord, recordNumber, setRecords } from '../console/records';
import { Led, serviceLed, showLed } from '../led';
import { readSettings, reportSettings } from './boot-settings';
import { Deck, State } from './deck';
import { pressKey } from './player-keys';
import { REPORT_BYTES, reportEnd, reportNumber } from './report';

/** After so many seconds at the end the jack is closed; a key opens it again. */
const IDLE_SECONDS: i64 = 60;
/** The console's buffer must have room for a track that fails and the next one that begins, and some ends. */
const ROOM_BYTES: i32 = 3 * REPORT_BYTES;
/** How far the archive is looked through in `start` and in one step (see Archive): 13 and 0.4 million instructions. */
const START_BUDGET: i32 = 16384;
const STEP_BUDGET: i32 = 512;
const deck = new Deck();
const jack = deck.jack;
const output = deck.output;
const settings = deck.settings;
const playlist = deck.playlist;
const endings = deck.endings;

let firstTold = false;
let doneTold = false;
/** While Ended: the tick at which the jack is closed. */
let idleUntil: i64 = 0;

/** The first track's jack comes before all that is printed, as its level takes 64 ms to rise. */
export function startPlayer(): void {
  requireBoard();
  showLed(Led.Paused);
  playlist.begin();
  const budget = playlist.look(START_BUDGET, true);
  readSettings(settings, playlist.settings);
  setRecords(settings.records);
  jack.probe(settings.jack);
  jack.free = settings.free;
  output.summing = settings.crc;
  output.tenthsDb = settings.volumeTenths;
  deck.state = State.Looking;
  deck.chooseFirst();
  const some = deck.state === State.Opening;
  const opened = some && deck.open();
  playlist.look(budget, false);

  printBanner('player');
  printJack(jack);
  reportSettings(settings);
  if (!playlist.more) tellLooked();
  if (opened) deck.announce();
  else if (some) deck.fail();
}

/** Looks on through the archive for tracks. */
function look(): void {
  playlist.look(STEP_BUDGET, false);
  if (deck.state === State.Looking) deck.chooseFirst();
  if (!playlist.more) tellLooked();
}

/** Tells what was odd about the archive. */
function tellLooked(): void {
  if (playlist.lateSettings) printLine("player.ini is not the archive's first file: not obeyed");
  if (playlist.tooMany) printLine('only the first 1000 tracks are played');
  if (playlist.gaveUp) printLine('nothing more found behind the damaged member within 64 MiB: not looked further');
  if (!playlist.count) nothing();
}

/** Does what is due; returns the tick by which to call it again. */
export function stepPlayer(): i64 {
  while (mayReport()) {
    const key = nextKey();
    if (!key) break;
    pressKey(deck, key);
  }
  deck.pump();
  if (playlist.more && mayReport()) look();
  if (deck.state === State.Opening && mayReport()) {
    deck.begin();
    deck.pump();
  }
  const due = jack.service();
  listen();
  const next = min(min(due, settle()), min(serviceLed(), serviceConsole()));
  return (playlist.more || keysWaiting()) && mayReport() ? 0 : next;
}

/** A full console holds up keys and new tracks, never the sound. */
function mayReport(): bool {
  return consoleRoom() >= ROOM_BYTES && !endings.full;
}

/** Tells what has been heard. */
function listen(): void {
  if (!firstTold && jack.firstTrackTick >= 0) {
    firstTold = true;
    if (beginRecord('first')) {
      recordNumber('ticks', jack.firstTrackTick - info(Info.EntryTicks));
      recordNumber('rate', tickRate());
      endRecord();
    }
  }
  while (endings.count && output.heard(endings.mark)) {
    reportEnd(endings);
    endings.drop();
  }
}

/** What follows when all was heard. Returns the tick by which something more follows. */
function settle(): i64 {
  switch (deck.state) {
    case State.Opening:
      return mayReport() ? 0 : i64.MAX_VALUE;
    case State.Draining:
      if (!endings.count) end();
      return deck.state === State.Leaving ? 0 : i64.MAX_VALUE;
    case State.Ended:
      if (jack.state !== JackState.Open) return i64.MAX_VALUE;
      if (ticks() < idleUntil) return idleUntil;
      output.close();
      return 0;
    case State.Leaving:
      if (jack.state !== JackState.Closed) return i64.MAX_VALUE;
      tellDone();
      if (flushConsole()) exit(Exit.End, playlist.failed ? 1 : 0);
      return i64.MAX_VALUE;
    default:
      return i64.MAX_VALUE;
  }
}

/** There are no tracks. */
function nothing(): void {
  printLine('no tracks: give WAV or QOA files in an archive, or set demo = on');
  playlist.failed = 1;
}

/** All was heard, or there is nothing to hear. */
function end(): void {
  if (settings.exitAtEnd) {
    output.close();
    deck.state = State.Leaving;
    return;
  }
  tellDone();
  if (playlist.failed < playlist.count) printLine('end of tracks; p plays the last, space all of them again');
  showLed(playlist.failed ? Led.Error : Led.Idle);
  deck.state = State.Ended;
  idleUntil = ticks() + IDLE_SECONDS * tickRate();
}

function tellDone(): void {
  if (doneTold) return;
  doneTold = true;
  if (jack.underruns) {
    printNumber(jack.underruns);
    printLine(' underruns');
  }
  reportNumber('underruns', 'count', jack.underruns);
  reportNumber('done', 'failed', playlist.failed);
}
