// The console's commands: a line that was typed is found in the tables of some CommandSets and run. A command that takes
// long goes on over many steps, each time when the console has handed on what was printed; Ctrl-C ends it.
//
//   const shell = new Shell(programCommands, boardCommands);
//   step: for (key = shell.nextKey(); key; key = shell.nextKey()) shell.press(key);
//         isBusy = shell.service();
//
// What is typed while a line waits for the command before it is kept, up to some keys.

import { beginArguments, nextWord, noMore, wordBytes, wordText } from './arguments';
import { CommandSet, Outcome } from './command-set';
import { copyName, isListed, Match, matchRow, nextRow, printRow, printUsage } from './command-table';
import { beginCompletion, endCompletion, forgetCompletion, offer } from './completion';
import { endLine, isFlushed, print, printByte, printLine } from './console';
import { drawLine, Edited, editKey, endedBytes, lineBytes, lineCursor, lineText, ringBell } from './editor';
import { Key, keysWaiting, nextKey } from './keys';
import { setLogging } from './log';
import { printName } from './names';

const SETS: i32 = 3;
const SPACE: u8 = 0x20;
const SLASH: u8 = 0x2f;
const CTRL_C: i32 = 0x03;
const NONE: i32 = -1;
/** Keys that are kept, a power of two; each is a u16. */
const AHEAD: u32 = 256;
const ahead = memory.data(2 * 256, 2);
const command = memory.data(256);
const name = memory.data(32);

export class Shell extends CommandSet {
  private sets: StaticArray<CommandSet> = new StaticArray<CommandSet>(SETS);
  /** The set whose command is running, or which offers; NONE. */
  private busy: i32 = NONE;
  private isOffering: bool = false;
  /** A line waits for the command before it; its length, or NONE. */
  private waiting: i32 = NONE;
  /** Numbers of the first key that is kept, and behind the last. */
  private first: u32 = 0;
  private last: u32 = 0;
  /** What `find` has found: set, row and number of the command. */
  private set: i32 = 0;
  private row: i32 = 0;
  private number: i32 = 0;

  constructor(program: CommandSet, board: CommandSet) {
    super('help [command]\tlists the commands, or explains one\n');
    this.sets[0] = this;
    this.sets[1] = program;
    this.sets[2] = board;
  }

  /** The next key that is to be obeyed, as keys.ts has it. */
  nextKey(): i32 {
    if (this.takesKeys && this.first !== this.last) return <i32>load<u16>(aheadAt(this.first++));
    while (this.takesKeys || this.last - this.first < AHEAD) {
      const key = nextKey();
      if (this.takesKeys || !key) return key;
      if (key !== CTRL_C) {
        store<u16>(aheadAt(this.last++), key);
        continue;
      }
      this.first = this.last;
      this.waiting = NONE;
      return key;
    }
    return Key.None;
  }

  /** Whether keys that came already are to be obeyed in a next step. */
  get hasKeys(): bool {
    return keysWaiting() || (this.takesKeys && this.first !== this.last);
  }

  private get takesKeys(): bool {
    return this.waiting === NONE && !this.isOffering;
  }

  /** Whether nothing was typed in the line. */
  get isEmpty(): bool {
    return lineBytes() === 0 && this.takesKeys;
  }

  /** Takes a key for the line. */
  press(key: i32): void {
    const edited = editKey(key);
    if (edited === Edited.Complete) {
      if (this.busy === NONE) this.complete();
      return;
    }
    forgetCompletion();
    if (edited === Edited.Line) {
      this.waiting = endedBytes();
      memory.copy(command, lineText(), this.waiting);
      if (this.busy === NONE) this.execute();
    } else if (edited === Edited.Stop && this.busy !== NONE) {
      this.sets[this.busy].stop();
      this.busy = NONE;
      this.isOffering = false;
      endLine();
    }
  }

  /** Goes on with what is running, and draws the line. Whether there is more to do at once. */
  service(): bool {
    if (this.busy === NONE) {
      drawLine();
      return false;
    }
    if (!isFlushed()) return false;
    const set = this.sets[this.busy];
    setLogging(false);
    if (this.isOffering) {
      if (!set.offerMore()) this.endOffers();
    } else {
      this.end(set.goOn());
    }
    setLogging(true);
    if (this.busy === NONE && this.waiting !== NONE) this.execute();
    return true;
  }

  /** Runs the line that waits. */
  private execute(): void {
    beginArguments(command, this.waiting);
    this.waiting = NONE;
    if (!nextWord()) return;
    setLogging(false);
    if (this.find(wordText, wordBytes)) {
      this.busy = this.set;
      this.end(this.sets[this.set].run(this.number));
    }
    setLogging(true);
  }

  private end(outcome: Outcome): void {
    if (outcome === Outcome.Busy) return;
    this.busy = NONE;
    if (outcome === Outcome.Done) return;
    print('usage: ');
    printUsage(this.sets[this.set].table, this.row);
    endLine();
  }

  /** Finds a command by its name or the beginning of it; says so when there is none, or more than one. */
  private find(ptr: usize, bytes: i32): bool {
    const matches = this.match(ptr, bytes);
    if (matches === 1) return true;
    printName(ptr, bytes);
    if (!matches) {
      printLine(': no such command; help lists them');
      return false;
    }
    print(' may be');
    for (let set = 0; set < SETS; set++) {
      const table = this.sets[set].table;
      for (let row = 0; row >= 0; row = nextRow(table, row)) {
        if (!isListed(table, row) || !matchRow(table, row, ptr, bytes)) continue;
        printByte(SPACE);
        printName(name, copyName(table, row, name));
      }
    }
    endLine();
    return false;
  }

  /** How many commands begin so; an exact name is the only one. */
  private match(ptr: usize, bytes: i32): i32 {
    let matches = 0;
    for (let set = 0; set < SETS; set++) {
      const table = this.sets[set].table;
      let number = 0;
      for (let row = 0; row >= 0; row = nextRow(table, row)) {
        const match = matchRow(table, row, ptr, bytes);
        const counts = match === Match.Exact || (match === Match.Begins && isListed(table, row));
        if (counts) {
          matches++;
          this.set = set;
          this.row = row;
          this.number = number;
          if (match === Match.Exact) return 1;
        }
        number++;
      }
    }
    return matches;
  }

  /** `help`. */
  run(_command: i32): Outcome {
    if (nextWord()) {
      if (!noMore()) return Outcome.Usage;
      if (!this.find(wordText, wordBytes)) return Outcome.Done;
      printRow(this.sets[this.set].table, this.row);
      endLine();
      return Outcome.Done;
    }
    for (let set = 0; set < SETS; set++) {
      const table = this.sets[set].table;
      for (let row = 0; row >= 0; row = nextRow(table, row)) {
        if (!isListed(table, row)) continue;
        printRow(table, row);
        endLine();
      }
    }
    return Outcome.Done;
  }

  /** Tab: completes the command's name, or a path. */
  private complete(): void {
    const text = lineText();
    const cursor = lineCursor();
    let from = 0;
    while (from < cursor && load<u8>(text + from) === SPACE) from++;
    let end = from;
    while (end < cursor && load<u8>(text + end) !== SPACE) end++;
    if (end === cursor) {
      this.completeName(from);
      return;
    }
    const bytes = end - from;
    if (this.match(text + from, bytes) !== 1) {
      ringBell();
      return;
    }
    while (end < cursor && load<u8>(text + end) === SPACE) end++;
    let slash = cursor;
    while (slash > end && load<u8>(text + slash - 1) !== SLASH) slash--;
    beginCompletion(slash);
    this.isOffering = this.sets[this.set].beginOffers(this.number, text + end, slash - end);
    if (this.isOffering) this.busy = this.set;
    else ringBell();
  }

  private completeName(from: i32): void {
    beginCompletion(from);
    for (let set = 0; set < SETS; set++) {
      const table = this.sets[set].table;
      for (let row = 0; row >= 0; row = nextRow(table, row)) {
        if (isListed(table, row)) offer(name, copyName(table, row, name), false, SPACE);
      }
    }
    endCompletion();
  }

  private endOffers(): void {
    this.isOffering = false;
    this.busy = NONE;
    endCompletion();
  }
}

function aheadAt(number: u32): usize {
  return ahead + ((number & (AHEAD - 1)) << 1);
}
