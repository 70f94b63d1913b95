// The player's commands on the console.

import { JackState } from '../../drivers/jack';
import { restart } from '../../drivers/power';
import { noMore } from '../console/arguments';
import { CommandSet, Outcome } from '../console/command-set';
import { isFlushed, printLine } from '../console/console';
import { endAside, shutDown } from './aside';
import { CardCommands } from './card-commands';
import { CardSession } from './card-session';
import { Deck, State } from './deck';
import { PlayCommands } from './play-commands';
import { PlayerKey, pressKey, pressPause, tellLent } from './player-keys';
import { Stats } from './stats';

/** In the order of the table. */
const enum Command {
  Play,
  Pause,
  Stop,
  Next,
  Prev,
  Seek,
  Vol,
  Queue,
  Tone,
  Ls,
  Cat,
  Fs,
  Stats,
  Reboot,
  /** Other names of `next` and `prev`. */
  N,
  P,
}
const TABLE = `play [path|number|playlist]\tgoes on, or plays what is named
pause\tpauses, and goes on
stop\tfades out and switches the jack off
next\tthe next track (n)
prev\tthe one before, or this one again (p)
seek m:ss | +s | -s\tgoes to a time, or on or back
vol [-100..0|+|-]\tthe volume in dB
queue\tthis track and the next ones
tone left|right|both [20..20000]|sweep|off\ta tone in Hz; the track waits
ls [path]\twhat is on the card
cat path\tprints a file
fs\tthe card and its file system
stats\tunderruns, and where the time goes
reboot\tfades out and starts again
n\t
p\t
`;

export class PlayerCommands extends CommandSet {
  readonly stats: Stats;
  private readonly files: CardCommands;
  private readonly playing: PlayCommands;
  private command: i32 = 0;

  constructor(
    private readonly deck: Deck,
    private readonly session: CardSession,
  ) {
    super(TABLE);
    const files = new CardCommands(session.card);
    this.stats = new Stats(deck);
    this.files = files;
    this.playing = new PlayCommands(deck, session, files);
  }

  run(command: i32): Outcome {
    this.command = command;
    switch (command) {
      case Command.Play:
        return this.playing.play();
      case Command.Seek:
        return this.playing.seek();
      case Command.Vol:
        return this.playing.volume();
      case Command.Queue:
        return this.playing.queue();
      case Command.Tone:
        return this.playing.playTone();
      case Command.Ls:
        return this.files.beginList();
      case Command.Cat:
        return this.files.beginCat();
      default:
        return noMore() ? this.runAlone(command) : Outcome.Usage;
    }
  }

  /** Commands without arguments. */
  private runAlone(command: i32): Outcome {
    const deck = this.deck;
    if (command === Command.Fs) return this.files.beginVolume();
    if (command === Command.Reboot) return this.beginReboot();
    if (command === Command.Stats) {
      this.stats.print();
      return Outcome.Done;
    }
    if (tellLent(deck)) return Outcome.Done;
    endAside(deck);
    const hasTrack = deck.state === State.Playing;
    if (command === Command.Pause && hasTrack) pressPause(deck);
    else if (command === Command.Stop && hasTrack) deck.rest();
    else if (command === Command.Next || command === Command.N) pressKey(deck, PlayerKey.Next);
    else if (command === Command.Prev || command === Command.P) pressKey(deck, PlayerKey.Previous);
    else printLine('no track plays');
    return Outcome.Done;
  }

  goOn(): Outcome {
    switch (this.command) {
      case Command.Play:
        return this.playing.searchOn();
      case Command.Ls:
        return this.files.listOn();
      case Command.Cat:
        return this.files.catOn();
      case Command.Fs:
        return this.files.volumeOn();
      default:
        if (this.deck.jack.state === JackState.Closed && isFlushed()) restart();
        return Outcome.Busy;
    }
  }

  /** What is to be remembered is written first. */
  private beginReboot(): Outcome {
    const keeper = this.session.card.keeper;
    if (this.session.isActive && this.deck.state !== State.Lost && keeper.due !== i64.MAX_VALUE) keeper.write();
    shutDown(this.deck);
    printLine('starting again');
    return Outcome.Busy;
  }

  beginOffers(command: i32, path: usize, bytes: i32): bool {
    const isPath = command === Command.Ls || command === Command.Cat || command === Command.Play;
    return isPath && this.files.beginOffers(path, bytes);
  }

  offerMore(): bool {
    return this.files.offerMore();
  }
}
