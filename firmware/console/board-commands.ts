// Commands for any program: the board's pins, registers, clocks, temperature and memory, and what was printed.

import { Fault, fault, Info, info } from '../../drivers/board';
import { Clock, clockMeasured, clockRate, temperature, throttled, Throttled } from '../../drivers/mailbox';
import { nextWord, noMore, wordNumber } from './arguments';
import { CommandSet, Outcome } from './command-set';
import { endLine, print, printFixed, printLine, printLog, printNumber } from './console';
import { runGpio } from './gpio-command';
import { runPeek, runPoke } from './peek';

/** In the order of the table. */
const enum Command {
  Log,
  Gpio,
  Peek,
  Poke,
  Clocks,
  Temp,
  Mem,
  Panic,
}
const TABLE = `log [lines]\tthe last lines that were printed
gpio [pin [in|out|high|low|up|down|none]]\tpins, and their pulls
peek address [words]\treads device registers
poke address value\twrites a device register
clocks\twhat clocks run at
temp\tthe chip's temperature
mem\tmemory and the interpreter's arena
panic\tends with a fault report
`;

const LINES: i64 = 20;
const MOST_LINES: i64 = 1000;
const CLOCKS: i32 = 5;
const PAGE_BYTES: i64 = 65536;
const PANIC_BYTES: i32 = 13;
const panic = memory.data<u8>([0x61, 0x73, 0x6b, 0x65, 0x64, 0x20, 0x74, 0x6f, 0x20, 0x66, 0x61, 0x69, 0x6c]); // asked to fail

export class BoardCommands extends CommandSet {
  /** Whether `peek` and `poke` are allowed. */
  mayPeek: bool = true;
  private clock: i32 = 0;
  /** Where the heap ended when the program had all that it needs. */
  private heapEnd: usize = 0;

  constructor() {
    super(TABLE);
  }

  /** Notes how much memory the program has taken. Call it in `start`, when all is made. */
  begin(): void {
    this.heapEnd = heap.alloc(1);
  }

  run(command: i32): Outcome {
    switch (command) {
      case Command.Log: {
        const lines = nextWord() ? wordNumber() : LINES;
        if (lines < 1 || lines > MOST_LINES || !noMore()) return Outcome.Usage;
        printLog(<i32>lines);
        return Outcome.Done;
      }
      case Command.Gpio:
        return runGpio();
      case Command.Peek:
      case Command.Poke:
        if (this.mayPeek) return command === Command.Peek ? runPeek() : runPoke();
        printLine('peek and poke are off: link.peek = on in player.ini allows them');
        return Outcome.Done;
      default:
        if (!noMore()) return Outcome.Usage;
    }
    switch (command) {
      case Command.Clocks:
        this.clock = 0;
        return Outcome.Busy;
      case Command.Temp:
        printTemperature();
        break;
      case Command.Mem:
        this.printMemory();
        break;
      default:
        fault(Fault.Panic, panic, PANIC_BYTES);
    }
    return Outcome.Done;
  }

  /** `clocks`: two questions to the VideoCore a step. */
  goOn(): Outcome {
    const clock = this.clock++;
    if (clock === 0) printClock('ARM    ', Clock.Arm);
    else if (clock === 1) printClock('core   ', Clock.Core);
    else if (clock === 2) printClock('EMMC2  ', Clock.Emmc2);
    else if (clock === 3) printClock('UART   ', Clock.Uart);
    else printClock('PWM    ', Clock.Pwm);
    if (clock < CLOCKS - 1) return Outcome.Busy;
    print('timer  ');
    printMegahertz(info(Info.TickRate));
    endLine();
    return Outcome.Done;
  }

  private printMemory(): void {
    print('linear memory  ');
    printNumber(<i64>memory.size() * PAGE_BYTES);
    print(' bytes, ');
    printNumber(this.heapEnd);
    printLine(' in use');
    print('arena          ');
    printNumber(info(Info.ArenaBytes));
    print(' bytes, ');
    printNumber(info(Info.ArenaUsed));
    print(' in use, ');
    printNumber(info(Info.ArenaPeak));
    printLine(' at most so far');
  }
}

function printClock(name: string, clock: Clock): void {
  print(name);
  printMegahertz(clockRate(clock));
  const measured = clockMeasured(clock);
  if (measured > 0) {
    print(', measured ');
    printMegahertz(measured);
  }
  endLine();
}

/** An error or 0 is a clock that the firmware does not tell. */
function printMegahertz(hz: i64): void {
  if (hz <= 0) {
    print('unknown');
    return;
  }
  printFixed(hz / 10_000, 2);
  print(' MHz');
}

function printTemperature(): void {
  const heat = temperature();
  if (heat < 0) {
    printLine('the VideoCore does not tell');
    return;
  }
  printFixed(heat / 100, 1);
  print(' C');
  const bits = throttled();
  if (bits > 0) {
    if (bits & Throttled.UnderVoltage) print(', too little voltage');
    if (bits & (Throttled.Capped | Throttled.Throttled | Throttled.SoftLimit)) print(', slowed down');
    if (bits >> 16) print(', at least once since power on');
  }
  endLine();
}
