// The commands that choose what is played, and how: play, seek, vol, queue and tone.

import { printVolume, STEP_TENTHS, turnVolume } from '../audio/volume-keys';
import { Channels, ToneSource } from '../audio/tones';
import {
  isWord,
  nextWord,
  noMore,
  NO_NUMBER,
  restAsWord,
  wordBytes,
  wordFixed,
  wordNumber,
  wordSeconds,
  wordSecondsBehindSign,
  wordText,
} from '../console/arguments';
import { Outcome } from '../console/command-set';
import { endLine, print, printByte, printLine, printNumber } from '../console/console';
import { printName, printWhole } from '../console/names';
import { isPlaylist, readPath } from '../setting-paths';
import { Entry } from '../storage/fat/entry';
import { endAside, playAside } from './aside';
import { CardCommands, printRight } from './card-commands';
import { CardSession } from './card-session';
import { Deck, State } from './deck';
import { pressPause, tellLent } from './player-keys';

/** Tracks that `queue` lists behind the current one, and of an archive are looked at at once. */
const QUEUED: i32 = 12;
const SEARCHED: i32 = 8;
const NUMBER_COLUMNS: i32 = 5;
const SOFTEST_TENTHS: i64 = -1000;
const TONE_RATE_HZ: i32 = 44100;
const TONE_HZ: i64 = 1000;
const LEAST_HZ: i64 = 20;
const MOST_HZ: i64 = 20000;
const PLUS: u8 = 0x2b;
const MINUS: u8 = 0x2d;

export class PlayCommands {
  private readonly tone: ToneSource = new ToneSource(TONE_RATE_HZ);
  private readonly entry: Entry = new Entry();
  /** Where a name is looked for in an archive. */
  private searched: i32 = 0;

  constructor(
    private readonly deck: Deck,
    private readonly session: CardSession,
    private readonly files: CardCommands,
  ) {}

  /** `play [number|path]`. */
  play(): Outcome {
    const deck = this.deck;
    if (!restAsWord()) {
      if (tellLent(deck)) return Outcome.Done;
      if (deck.state === State.Aside) endAside(deck);
      else if (deck.state !== State.Playing || deck.output.paused) pressPause(deck);
      return Outcome.Done;
    }
    const number = wordNumber();
    if (number !== NO_NUMBER) {
      if (number < 1 || number > deck.playlist.count) {
        print('there are tracks 1 to ');
        printNumber(deck.playlist.count);
        printLine('; queue shows some');
        return Outcome.Done;
      }
      return this.jumpTo(<i32>number - 1);
    }
    if (this.session.isActive) return this.playPath();
    this.searched = 0;
    return Outcome.Busy;
  }

  /** Looks for a name in the archive. */
  searchOn(): Outcome {
    const playlist = this.deck.playlist;
    for (let i = 0; i < SEARCHED; i++) {
      const index = this.searched++;
      if (index >= playlist.count) {
        printWhole(wordText, wordBytes);
        printLine(': there is no such track; queue shows some');
        return Outcome.Done;
      }
      playlist.showName(index);
      const isSame = playlist.shownBytes === wordBytes && !memory.compare(playlist.shownPtr, wordText, wordBytes);
      playlist.hideName();
      if (isSame) return this.jumpTo(index);
    }
    return Outcome.Busy;
  }

  /** Plays a file, the first of a folder's, or a playlist of the card. */
  private playPath(): Outcome {
    const entry = this.entry;
    if (!this.files.find(entry)) return Outcome.Done;
    const isRoot = entry.index < 0;
    const isList = !entry.isDirectory && readPath(wordText, wordText + wordBytes) && isPlaylist();
    if (isRoot || isList) {
      this.session.list.takeOther(wordText, isRoot ? 0 : wordBytes);
      return Outcome.Done;
    }
    const index = this.session.card.tracks.findEntry(entry);
    if (index >= 0) return this.jumpTo(index);
    printWhole(wordText, wordBytes);
    printLine(entry.isDirectory ? ': no tracks in it' : ': not among the tracks; "play /" takes those of all folders');
    return Outcome.Done;
  }

  private jumpTo(index: i32): Outcome {
    if (tellLent(this.deck)) return Outcome.Done;
    endAside(this.deck);
    if (!this.deck.jumpTo(index)) printLine('nothing can be played now: there is no card');
    return Outcome.Done;
  }

  /** `seek m:ss`, `seek +s`, `seek -s`. */
  seek(): Outcome {
    if (!nextWord() || !noMore()) return Outcome.Usage;
    const deck = this.deck;
    const sign = load<u8>(wordText);
    const isRelative = sign === PLUS || sign === MINUS;
    const seconds = isRelative ? wordSecondsBehindSign() : wordSeconds();
    if (seconds < 0) return Outcome.Usage;
    if (tellLent(deck)) return Outcome.Done;
    if (deck.state !== State.Playing) {
      printLine('no track plays');
      return Outcome.Done;
    }
    const frames = seconds * deck.source.rateHz;
    deck.seek(!isRelative ? frames : deck.source.position + (sign === PLUS ? frames : -frames));
    return Outcome.Done;
  }

  /** `vol`, `vol +`, `vol -`, `vol -12.5`. */
  volume(): Outcome {
    const output = this.deck.output;
    if (!nextWord()) {
      printVolume(output);
      return Outcome.Done;
    }
    if (!noMore()) return Outcome.Usage;
    if (isWord('+') || isWord('-')) {
      turnVolume(output, isWord('+') ? STEP_TENTHS : -STEP_TENTHS);
      return Outcome.Done;
    }
    const tenths = wordFixed(1);
    if (tenths === NO_NUMBER) return Outcome.Usage;
    output.setVolume(<i32>max(SOFTEST_TENTHS, min<i64>(tenths, 0)));
    printVolume(output);
    return Outcome.Done;
  }

  /** `queue`: the current track, and what follows it. */
  queue(): Outcome {
    if (!noMore()) return Outcome.Usage;
    const playlist = this.deck.playlist;
    let turn = playlist.currentTurn;
    if (turn < 0 || !playlist.count) {
      printLine('no tracks');
      return Outcome.Done;
    }
    for (let i = 0; i <= QUEUED; i++) {
      const index = playlist.at(turn);
      printByte(i ? 0x20 : 0x3e);
      printRight(index + 1, NUMBER_COLUMNS);
      print('  ');
      playlist.showName(index);
      printName(playlist.shownPtr, playlist.shownBytes);
      endLine();
      turn = playlist.turnBehind(turn);
      if (turn < 0 || turn === playlist.currentTurn) break;
    }
    playlist.hideName();
    printNumber(playlist.count);
    print(playlist.more ? ' tracks so far' : playlist.count === 1 ? ' track' : ' tracks');
    if (playlist.failed) {
      print(', ');
      printNumber(playlist.failed);
      print(' cannot be played');
    }
    endLine();
    return Outcome.Done;
  }

  /** `tone left|right|both [Hz]`, `tone sweep`, `tone off`. */
  playTone(): Outcome {
    if (!nextWord()) return Outcome.Usage;
    const deck = this.deck;
    if (isWord('off')) {
      if (!noMore()) return Outcome.Usage;
      endAside(deck);
      printLine('tone off');
      return Outcome.Done;
    }
    const isSweep = isWord('sweep');
    const channels = isWord('left') ? Channels.Left : isWord('right') ? Channels.Right : Channels.Both;
    if (channels === Channels.Both && !isSweep && !isWord('both')) return Outcome.Usage;
    let hz = TONE_HZ;
    if (!isSweep && nextWord()) hz = wordNumber();
    if (hz < LEAST_HZ || hz > MOST_HZ || !noMore()) return Outcome.Usage;
    if (!playAside(deck, this.tone)) {
      printLine('no tone now: wait until a track plays, or the tracks have ended');
      return Outcome.Done;
    }
    if (isSweep) this.tone.sweep();
    else this.tone.tone(<i32>hz);
    this.tone.on(channels);
    print(isSweep ? 'sweep from 20 Hz to 20 kHz' : 'tone of ');
    if (!isSweep) {
      printNumber(hz);
      print(' Hz');
    }
    printLine('; "tone off" goes back');
    return Outcome.Done;
  }
}
