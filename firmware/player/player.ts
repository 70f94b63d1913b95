// The player: what it does at start, in each step, and at the end. `startPlayer` and `stepPlayer` are called as the
// board calls a program's own; all that they need is made before the first of them.

import { BlockError } from '../../drivers/block-device';
import { Event, Exit, exit, Info, info, ticks } from '../../drivers/board';
import { JackState } from '../../drivers/jack';
import { milliseconds, tickRate } from '../../drivers/timer';
import { printBanner, printJack, requireBoard } from '../banner';
import { consoleRoom, flushConsole, printLine, printNumber, serviceConsole } from '../console/console';
import { BoardCommands } from '../console/board-commands';
import { beginRecord, endRecord, recordNumber, setRecords } from '../console/records';
import { Shell } from '../console/shell';
import { Led, serviceLed, showLed } from '../led';
import { setStreamStage } from '../link/audio-stream';
import { openFiles } from '../link/files';
import { allowModules, isModulesQuiet, openModules, openUpdates } from '../link/modules';
import { restartOnFault } from '../link/crash';
import { setReadings } from '../link/telemetry';
import { isMidFrame } from '../link/link';
import { Control, Controls } from '../controls/controls';
import { ArchiveTracks } from './archive-tracks';
import { readSettings, reportSettings } from './boot-settings';
import { Card } from './card';
import { CardSession } from './card-session';
import { PlayerCommands } from './commands';
import { PlayersCard } from './card-user';
import { useControl } from './control-keys';
import { Deck, State } from './deck';
import { DeckWaiter } from './deck-waiter';
import { LineStage } from './line-stage';
import { Order } from './play-mode';
import { pressKey } from './player-keys';
import { PlayerSwap, takeOver } from './player-swap';
import { PlayerReadings } from './readings';
import { REPORT_BYTES, reportEnd, reportNumber } from './report';
import { Updater } from './updater';

/** After so many seconds at the end the jack is closed; a key opens it again. */
const IDLE_SECONDS: i64 = 60;
/** The console's buffer must have room for a track that fails and the next one that begins, and some ends. */
const ROOM_BYTES: i32 = 3 * REPORT_BYTES;
/** How far the archive is looked through in `start` and in one step (see Archive): 13 and 0.4 million instructions. */
const START_BUDGET: i32 = 16384;
const STEP_BUDGET: i32 = 512;
/** Of which the first tells whether there is an archive at all. */
const FIRST_BUDGET: i32 = 64;
const archive = new ArchiveTracks();
const deck = new Deck(archive);
const card = new Card();
const line = new LineStage(deck);
const session = new CardSession(deck, card, new DeckWaiter(deck, line));
const controls = new Controls();
const commands = new PlayerCommands(deck, session);
const boardCommands = new BoardCommands();
const shell = new Shell(commands, boardCommands);
const readings = new PlayerReadings(deck, commands.stats);
const jack = deck.jack;
const output = deck.output;
const settings = deck.settings;
const playlist = deck.playlist;
const endings = deck.endings;
openFiles(card.volume, new PlayersCard(session));
const swap = new PlayerSwap(deck);
openModules(swap);
const updater = new Updater(card.volume);
openUpdates(updater);

/** Why there is no card, a BlockError. */
let cardError: i32 = BlockError.None;
let firstTold = false;
let doneTold = false;
/** While Ended: the tick at which the jack is closed. */
let idleUntil: i64 = 0;

/** The first track's jack comes before all that is printed, as its level takes 64 ms to rise. */
export function startPlayer(): void {
  requireBoard();
  setStreamStage(line);
  showLed(Led.Paused);
  archive.begin();
  playlist.begin(archive);
  let budget = playlist.look(FIRST_BUDGET, true) + START_BUDGET;
  // Without an archive a RAM disk is nothing, or memory as it was at power on.
  card.device.beginStep();
  cardError = archive.found ? BlockError.None : openCard();
  const isCard = card.isOpen;
  if (!isCard) budget = playlist.look(budget, true);
  const isRead = readSettings(settings, isCard ? card.settings : archive.settings);
  if (isCard && !isRead) card.settingsError = card.settings.error;
  setRecords(settings.records);
  allowModules(settings.linkModules);
  jack.free = settings.free;
  jack.probe(settings.jack);
  const handed = deck.handed;
  handed.find();
  firstTold = handed.isThere;
  if (firstTold) handed.takeEnds(endings, jack);
  output.summing = settings.crc;
  output.mostTenths = settings.volumeLimitTenths;
  output.setVolume(settings.volumeTenths);
  deck.state = State.Looking;
  if (isCard) {
    session.begin();
    budget = playlist.look(budget, true);
  }
  choose();
  const some = deck.state === State.Opening;
  const opened = some && deck.open();
  if (!isCard) playlist.look(budget, false);
  if (deck.state === State.Looking && !playlist.more) choose();

  printBanner('player');
  printJack(jack);
  if (!archive.found) card.print(cardError);
  reportSettings(settings, card.settingsError);
  if (!playlist.more) tellLooked();
  if (opened) deck.announce();
  else if (some) deck.fail();
  if (isCard) updater.begin();
  controls.start(settings);
  boardCommands.mayPeek = settings.linkPeek;
  boardCommands.begin();
  commands.stats.begin();
  restartOnFault(settings.restartsOnFault);
  setReadings(readings);
}

function openCard(): i32 {
  const failed = card.find();
  return failed ? failed : card.mount();
}

/** Looks on for tracks. */
function look(): void {
  playlist.look(STEP_BUDGET, false);
  if (deck.state === State.Looking) choose();
  if (!playlist.more) tellLooked();
}

/** Chooses the first track as soon as it is known. */
function choose(): void {
  if (session.isActive) {
    if (!playlist.more) session.choose();
    return;
  }
  // In an order of chance there is no first one before all are known.
  if (playlist.more && settings.order === Order.Shuffle) return;
  const handed = deck.handed;
  if (handed.isThere && playlist.more && handed.index >= playlist.count) return;
  if (!playlist.more) deck.arrange(handed.isThere ? handed.seed : <u32>ticks());
  if (handed.isThere && takeOver(deck, handed.index)) return;
  deck.chooseFirst();
}

/** Tells what was odd about where the tracks come from. */
function tellLooked(): void {
  if (session.isActive) session.tell();
  if (archive.lateSettings) printLine("player.ini is not the archive's first file: not obeyed");
  if (archive.tooMany) printLine('only the first 1000 tracks are played');
  if (archive.gaveUp) printLine('nothing more found behind the damaged member within 64 MiB: not looked further');
  if (!playlist.count) nothing();
}

/** What `stepPlayer` has answered last. */
let plannedAt: i64 = 0;

/** Does what is due, for the events of a step; returns the tick by which to call it again. */
export function stepPlayer(events: i32): i64 {
  card.device.beginStep();
  const linked = commands.stats.serveLink();
  if (isMidFrame && events === Event.Uart && plannedAt) return min(linked, plannedAt);
  return (plannedAt = step(linked));
}

function step(linked: i64): i64 {
  while (mayReport()) {
    const key = shell.nextKey();
    if (!key) break;
    // Some keys act at once while no line is begun.
    if (!shell.isEmpty || !pressKey(deck, key)) shell.press(key);
  }
  while (mayReport()) {
    const control = controls.next();
    if (control === Control.None) break;
    useControl(deck, control, controls.turns);
  }
  line.pump();
  deck.pump();
  if (playlist.more && mayReport()) look();
  if (deck.state === State.Opening && !deck.isLent && mayReport()) {
    deck.begin();
    deck.pump();
  }
  deck.endJoin();
  const isPreparing = commands.stats.prepare();
  const kept = session.service();
  const updated = updater.service(!session.isLooking);
  if (updater.isReady && deck.state !== State.Leaving && isModulesQuiet()) leave();
  const due = min(min(min(linked, updated), jack.service()), min(kept, controls.service()));
  listen();
  swap.note();
  const settled = settle();
  flushConsole();
  const isBusy = shell.service();
  const next = min(min(due, settled), min(serviceLed(), serviceConsole()));
  return isPreparing || isBusy || ((playlist.more || shell.hasKeys) && mayReport()) ? 0 : next;
}

/**
 * Before the module is swapped: fills the ring, step by step, and leaves what the next one needs to go on. Whether that is
 * done: then `reload` is to be called in the same step. `keepPlaying` when it has been refused.
 */
export function prepareSwap(): bool {
  if (!swap.prepare()) return false;
  swap.note();
  return true;
}

/** There is no swap, after all. */
export function keepPlaying(): void {
  swap.stay();
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
  if (deck.isLent) return line.due;
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
      if (updater.isReady) {
        if (!flushConsole()) return ticks() + milliseconds(1);
        updater.go();
        deck.state = State.Ended;
        return 0;
      }
      tellDone();
      if (flushConsole()) exit(Exit.End, playlist.failed ? 1 : 0);
      return i64.MAX_VALUE;
    default:
      return i64.MAX_VALUE;
  }
}

/** The level goes down; what follows is another program, or nothing. */
function leave(): void {
  output.close();
  deck.state = State.Leaving;
}

/** There are no tracks. */
function nothing(): void {
  printLine('no tracks: give WAV or QOA files in an archive, or set demo = on');
  playlist.failed = 1;
}

/** All was heard, or there is nothing to hear. */
function end(): void {
  if (settings.exitAtEnd) {
    leave();
    return;
  }
  tellDone();
  if (playlist.failed < playlist.count) printLine('end of tracks; p plays the last, space all of them again');
  showLed(endLed());
  deck.state = State.Ended;
  idleUntil = ticks() + IDLE_SECONDS * tickRate();
}

/** What the LED shows at the end. */
function endLed(): i32 {
  if (playlist.count) return output.jackError ? Led.NoJack : playlist.failed ? Led.Error : Led.Idle;
  if (cardError === BlockError.NoCard) return Led.NoCard;
  return session.isActive || archive.found ? Led.NoTracks : Led.BadCard;
}

function tellDone(): void {
  if (doneTold) return;
  doneTold = true;
  if (jack.underruns) {
    printNumber(jack.underruns);
    printLine(jack.underruns === 1 ? ' underrun' : ' underruns');
  }
  reportNumber('underruns', 'count', jack.underruns);
  reportNumber('done', 'failed', playlist.failed);
}
