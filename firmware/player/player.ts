// The player: which track is next, what a key does, what happens at the end. `startPlayer` and `stepPlayer` are called
// as the board calls a program's own; all that they need is made before the first of them.

import { Exit, exit, Info, info, ticks } from '../../drivers/board';
import { Jack, JackState } from '../../drivers/jack';
import { tickRate } from '../../drivers/timer';
import { Output, Pumped } from '../audio/output';
import { Source, SourceError } from '../audio/source';
import { volumeKey } from '../audio/volume-keys';
import { printBanner, printJack, requireBoard } from '../banner';
import { Decoders } from '../codecs/decoders';
import {
  consoleRoom,
  endLine,
  flushConsole,
  print,
  printLine,
  printNumber,
  printTime,
  serviceConsole,
} from '../console/console';
import { Key, keysWaiting, nextKey } from '../console/keys';
import { beginRecord, endRecord, recordNumber, setRecords } from '../console/records';
import { Led, serviceLed, showLed } from '../led';
import { Settings } from '../settings';
import { readSettings, reportSettings } from './boot-settings';
import { DemoSource } from './demo';
import { Endings } from './endings';
import { Playlist } from './playlist';
import { REPORT_BYTES, reportEnd, reportJack, reportNumber, reportProblem, reportTrack } from './report';

const enum State {
  /** All tracks that are known are played, but the archive is not looked through yet. */
  Looking,
  /** Track `index` is to be opened. */
  Opening,
  Playing,
  /** All is decoded; the last frames are still in the jack. */
  Draining,
  /** All was heard; keys may begin again. */
  Ended,
  /** The level goes down, then the program ends. */
  Leaving,
}

/** After so many seconds at the end the jack is closed; a key opens it again. */
const IDLE_SECONDS: i64 = 60;
/** `p` goes to the track's beginning when more of it was played, else to the track before. */
const AGAIN_SECONDS: i64 = 3;
const SEEK_SECONDS: i64 = 10;
/** The console's buffer must have room for a track that fails and the next one that begins, and some ends. */
const ROOM_BYTES: i32 = 3 * REPORT_BYTES;
/** How far the archive is looked through in `start` and in one step (see Archive): 13 and 0.4 million instructions. */
const START_BUDGET: i32 = 16384;
const STEP_BUDGET: i32 = 512;
const HELP = 'space pause, n next, p previous, left and right 10 s, + - volume';

const enum PlayerKey {
  Pause = 0x20,
  Help = 0x3f,
  Next = 0x6e,
  Previous = 0x70,
}

const jack = new Jack();
const output = new Output(jack);
const decoders = new Decoders();
const demo = new DemoSource();
const settings = new Settings();
const playlist = new Playlist(decoders, demo);
const endings = new Endings();

let state: i32 = State.Looking;
let source: Source = demo;
/** Where to go on when a track cannot be played: 1 or -1. */
let direction: i32 = 1;
let opens: i32 = 0;
let announced = false;
let firstTold = false;
let doneTold = false;
let hinted = false;
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
  state = State.Looking;
  chooseFirst();
  const some = state === State.Opening;
  const opened = some && open();
  playlist.look(budget, false);

  printBanner('player');
  printJack(jack);
  reportSettings(settings);
  if (!playlist.more) tellLooked();
  if (opened) announce();
  else if (some) fail();
}

/** What comes first, as soon as it is known. */
function chooseFirst(): void {
  if (playlist.move(1)) {
    state = State.Opening;
  } else if (!playlist.more) {
    state = State.Draining;
    if (playlist.count) return;
    if (settings.demo) {
      playlist.useDemo();
      state = State.Opening;
    }
  }
}

/** Looks on through the archive for tracks. */
function look(): void {
  playlist.look(STEP_BUDGET, false);
  if (state === State.Looking) chooseFirst();
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
    press(key);
  }
  pump();
  if (playlist.more && mayReport()) look();
  if (state === State.Opening && mayReport()) {
    begin();
    pump();
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

/** Opens the track `playlist.index`; false when it cannot be played. */
function open(): bool {
  source = playlist.open();
  if (source.error !== SourceError.None) return false;
  state = State.Playing;
  announced = false;
  direction = 1; // what breaks later goes on to the next, also after `p`
  output.play(source, playlist.index);
  showLed(Led.Playing);
  return true;
}

/** Opens a track and says so, or says why not and goes on to another. */
function begin(): void {
  if (open()) announce();
  else fail();
}

/** Says which track plays, once the jack is open for it: after another rate that takes a while, or fails. */
function announce(): void {
  if (announced || jack.state !== JackState.Open || state !== State.Playing) return;
  announced = true;
  tellJack();
  reportTrack(playlist, source);
  if (source.warning !== SourceError.None) reportProblem(playlist, source.warning, source.warningOffset, true);
}

function fail(): void {
  reportProblem(playlist, source.error, source.errorOffset, false);
  playlist.markFailed();
  goOn(direction);
}

/** Goes on to the next track that may be played (`by` 1) or the one before; where there is none before, stays. */
function goOn(by: i32): void {
  // What comes next need not come at once: until then the jack holds the middle.
  output.stop();
  direction = by;
  state = State.Opening;
  if (playlist.move(by)) return;
  direction = 1;
  if (by < 0 && (!playlist.hasFailed() || playlist.move(1))) return;
  state = playlist.more ? State.Looking : State.Draining;
}

/** Begins again with the first track (`by` 1) or the last. */
function again(by: i32): void {
  if (!playlist.count || !playlist.restart(by)) return;
  direction = by;
  state = State.Opening;
}

/** The track has come to its end, or is left: its `end` is told when its last frame has been heard. */
function finish(): void {
  const summed = output.summing && output.whole && output.appended === source.frames;
  endings.add(output.mark, playlist.index, output.appended, summed ? <i64>output.sum.value : -1);
}

function pump(): void {
  if (state !== State.Playing) return;
  const pumped = output.pump();
  announce();
  if (pumped === Pumped.Ended) {
    finish();
    if (source.error !== SourceError.None) fail();
    else goOn(1);
  } else if (pumped === Pumped.NoJack) {
    reportJack(playlist, output.jackError);
    playlist.markFailed();
    goOn(1);
  }
}

/** Tells how the jack was opened, when it was. */
function tellJack(): void {
  if (opens === output.opens) return;
  opens = output.opens;
  if (!beginRecord('jack')) return;
  recordNumber('rateHz', jack.rateHz);
  recordNumber('range', jack.range);
  recordNumber('repeat', jack.repeat);
  endRecord();
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
  switch (state) {
    case State.Opening:
      return mayReport() ? 0 : i64.MAX_VALUE;
    case State.Draining:
      if (!endings.count) end();
      return state === State.Leaving ? 0 : i64.MAX_VALUE;
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
    state = State.Leaving;
    return;
  }
  tellDone();
  if (playlist.failed < playlist.count) printLine('end of tracks; p plays the last, space all of them again');
  showLed(playlist.failed ? Led.Error : Led.Idle);
  state = State.Ended;
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

function press(key: i32): void {
  if (volumeKey(output, key)) return;
  switch (key) {
    case PlayerKey.Pause:
      pressPause();
      break;
    case PlayerKey.Next:
      leave(1);
      break;
    case PlayerKey.Previous:
      pressPrevious();
      break;
    case Key.Left:
      seek(source.position - SEEK_SECONDS * source.rateHz);
      break;
    case Key.Right:
      seek(source.position + SEEK_SECONDS * source.rateHz);
      break;
    case PlayerKey.Help:
      printLine(HELP);
      break;
    default:
      if (!hinted) printLine('? lists the keys');
      hinted = true;
  }
}

function pressPause(): void {
  if (state === State.Playing) {
    output.pause(!output.paused);
    showLed(output.paused ? Led.Paused : Led.Playing);
    printPlace(output.paused ? 'paused at ' : 'on from ');
  } else if (state === State.Ended) {
    again(1);
  }
}

function pressPrevious(): void {
  if (state === State.Ended || state === State.Draining || state === State.Looking) {
    again(-1);
  } else if (state === State.Playing) {
    if (source.position > AGAIN_SECONDS * source.rateHz || !playlist.hasPrevious()) {
      seek(0);
    } else {
      leave(-1);
    }
  } else {
    leave(-1);
  }
}

/** Leaves the track that plays, or that was just chosen, for the next or the one before. */
function leave(by: i32): void {
  if (state !== State.Playing && state !== State.Opening) return;
  if (state === State.Playing && announced) finish();
  goOn(by);
}

function seek(frame: i64): void {
  if (state !== State.Playing) return;
  if (output.seek(frame)) printPlace('at ');
}

function printPlace(text: string): void {
  print(text);
  printTime(source.position / source.rateHz);
  print(' of ');
  printTime(source.frames / source.rateHz);
  endLine();
}
