// The command `stats`: how much time the sound has left, and where the time goes.

import { Info, info, ticks } from '../../drivers/board';
import { UartErrors } from '../../drivers/pl011';
import { toMicroseconds } from '../../drivers/timer';
import { endLine, print, printFixed, printLine, printNumber } from '../console/console';
import { takeLineErrors } from '../link/line-errors';
import { serviceServices } from '../link/services';
import { Deck } from './deck';

/** Time in stages of a player, in ticks since it started. */
export class Stats {
  /** Reading ahead and opening what comes next, without the sound that was made meanwhile. */
  cardTicks: i64 = 0;
  /** What is done for the serial line. */
  linkTicks: i64 = 0;
  private since: i64 = 0;

  constructor(private readonly deck: Deck) {}

  /** Begins to count. */
  begin(): void {
    this.since = ticks();
  }

  /** Lets the deck read ahead, and counts how long that takes. What the deck says to it. */
  prepare(): bool {
    const output = this.deck.output;
    const from = ticks() - output.sourceTicks - output.wordTicks;
    const more = this.deck.prepare();
    this.cardTicks += ticks() - output.sourceTicks - output.wordTicks - from;
    return more;
  }

  /** Serves the link, and counts how long that takes. The tick by which to do it again. */
  serveLink(): i64 {
    const from = ticks();
    const due = serviceServices();
    this.linkTicks += ticks() - from;
    return due;
  }

  print(): void {
    const deck = this.deck;
    const output = deck.output;
    print('ahead of the jack  ');
    printMs(output.aheadUs);
    if (output.leastAheadUs >= 0) {
      print(', at least ');
      printMs(output.leastAheadUs);
    }
    endLine();
    print('underruns          ');
    printNumber(deck.jack.underruns);
    endLine();
    const whole = ticks() - this.since;
    printStage('decoding           ', output.sourceTicks, whole);
    printStage('volume and words   ', output.wordTicks, whole);
    printStage('card               ', this.cardTicks, whole);
    printStage('serial line        ', this.linkTicks, whole);
    print('longest step       ');
    printMs(toMicroseconds(info(Info.LongestStep)));
    endLine();
    print('ticks lost         ');
    printNumber(info(Info.TicksLost));
    endLine();
    print('UART bytes lost    ');
    printNumber(info(Info.UartLost));
    endLine();
    print('UART errors       ');
    printUartErrors(takeLineErrors());
    endLine();
  }
}

function printMs(us: i64): void {
  printFixed(us / 100, 1);
  print(' ms');
}

/** Time in a stage, and its share of all. */
function printStage(name: string, spent: i64, whole: i64): void {
  print(name);
  printMs(toMicroseconds(spent));
  print(', ');
  printFixed((spent * 10_000) / max<i64>(whole, 1), 2);
  printLine(' %');
}

/** What the UART has seen since the last time. */
function printUartErrors(errors: i32): void {
  if (!errors) print(' none');
  if (errors & UartErrors.Framing) print(' framing');
  if (errors & UartErrors.Parity) print(' parity');
  if (errors & UartErrors.Break) print(' break');
  if (errors & UartErrors.Overrun) print(' overrun');
}
