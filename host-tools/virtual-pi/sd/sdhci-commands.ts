// The command line of an SD host controller: a command out, its reply in, or not. SDHCI 3.00, 2.2.5 to 2.2.7 (Transfer
// Mode, Command, Response), 2.2.9 (Present State), 2.2.18 and 2.2.23 (errors), 3.7.1 (Transaction without Data),
// 3.10.1 (Error Recovery), recalled. Where it leaves open what hardware does the stricter is done here: after a command
// timeout Command Inhibit (CMD) stays until the line is reset.

import { dataOf, replyKind, type Reply, type ReplyKind } from './sd-card-states.js';
import {
  ABORT,
  AUTO_COMMAND,
  AUTO_CRC,
  AUTO_TIMEOUT,
  BUFFER_READ_READY,
  BUFFER_WRITE_READY,
  CHECK_CRC,
  CHECK_INDEX,
  COMMAND,
  COMMAND_COMPLETE,
  COMMAND_CRC,
  COMMAND_END,
  COMMAND_INDEX,
  COMMAND_INDEX_ERROR,
  COMMAND_TIMEOUT,
  COMMAND_TYPE,
  DATA_PRESENT,
  MULTIPLE,
  READ,
  RESPONSE_TYPE,
  TRANSFER_COMPLETE,
} from './sdhci-registers.js';
import type { SdhciData } from './sdhci-data.js';
import type { SdhciWires } from './sdhci-wires.js';
import { NEVER, SECOND, type Time } from '../time.js';
import type { Alarm } from '../timeline.js';

/** A command and a short reply have 48 bits, R2 has 136; NCR is 2 to 64 clocks (PLSS 4.12). */
const COMMAND_CLOCKS = 48;
const LONG_CLOCKS = 136;
const REPLY_CLOCKS = 8;
/** 2.2.18: no response "within 64 SD clock cycles from the end bit of the command". */
const TIMEOUT_CLOCKS = 64;

const STOP = 12;
/** Of a clock that is a little off. */
const TOLERANCE = 1.01;

type Stage = 'idle' | 'sends' | 'waits' | 'answered' | 'stuck';

/** Table of 2.2.6: Response Type and checks that belong to a reply. */
const TYPES: Readonly<Record<ReplyKind, number>> = {
  none: 0,
  R1: (2 << RESPONSE_TYPE) | CHECK_CRC | CHECK_INDEX,
  R1b: (3 << RESPONSE_TYPE) | CHECK_CRC | CHECK_INDEX,
  R2: (1 << RESPONSE_TYPE) | CHECK_CRC,
  R3: 2 << RESPONSE_TYPE,
  R6: (2 << RESPONSE_TYPE) | CHECK_CRC | CHECK_INDEX,
  R7: (2 << RESPONSE_TYPE) | CHECK_CRC | CHECK_INDEX,
};
const TYPE_BITS = (3 << RESPONSE_TYPE) | CHECK_CRC | CHECK_INDEX;

export class SdhciCommands {
  readonly response = new Uint32Array(4);
  /** CONTROL2, bits 7:0. */
  autoError = 0;
  private readonly alarm: Alarm;
  private stage: Stage = 'idle';
  private word = 0;
  private argument = 0;
  private sentAt: Time = 0;
  private reply: Reply | undefined;
  /** The one under way is an automatic CMD12; one waits for the line. */
  private auto = false;
  private autoWaits = false;
  /** The command before was CMD55. */
  private afterApp = false;
  /** One went wrong and the line was not reset. */
  private unrecovered = false;

  constructor(
    private readonly wires: SdhciWires,
    private readonly data: SdhciData,
    /** Whether the bus has power. */
    private readonly powered: () => boolean,
  ) {
    this.alarm = wires.timeline.alarm((now) => {
      if (this.stage === 'sends') this.sent(now);
      else this.answered(now);
    });
    data.stop = (now) => {
      if (this.stage === 'idle') this.sendStop(now);
      else this.autoWaits = true;
    };
  }

  get inhibit(): boolean {
    return this.stage !== 'idle';
  }

  /** COMMAND was written: a command goes out, unless it must not. */
  start(word: number, argument: number, now: Time): void {
    const { data } = this;
    const usesData = (word & DATA_PRESENT) !== 0;
    const busy = ((word >>> RESPONSE_TYPE) & 3) === 3;
    const aborts = ((word >>> COMMAND_TYPE) & 3) === ABORT;
    if (this.inhibit) {
      this.forbidden(word, 'a command while Command Inhibit (CMD) is set: it is lost (2.2.9)');
      return;
    }
    if (data.inhibit && (usesData || busy) && !aborts) {
      this.forbidden(word, 'a command that uses DAT while Command Inhibit (DAT) is set: it is lost (2.2.9)');
      return;
    }
    this.check(word, argument, now);
    this.word = word;
    this.argument = argument;
    this.auto = false;
    if (!aborts && (usesData || busy)) data.claim(word, usesData);
    this.send(now);
  }

  /** Software Reset for CMD Line (2.2.16). */
  reset(): void {
    this.alarm.clear();
    this.stage = 'idle';
    this.unrecovered = false;
    this.autoWaits = false;
    this.wires.status.clear(COMMAND_COMPLETE);
  }

  private send(now: Time): void {
    const period = this.wires.period();
    this.stage = period === NEVER ? 'stuck' : 'sends';
    if (period !== NEVER) this.alarm.set(now + COMMAND_CLOCKS * period);
  }

  private sendStop(now: Time): void {
    this.autoWaits = false;
    this.auto = true;
    this.word = (STOP << COMMAND_INDEX) | TYPES.R1b;
    this.argument = 0;
    this.send(now);
  }

  private sent(now: Time): void {
    const { wires, word } = this;
    const index = (word >>> COMMAND_INDEX) & 63;
    const card = this.powered() ? wires.slot.card : undefined;
    if (!this.auto && ((word >>> COMMAND_TYPE) & 3) === ABORT) this.data.abort();
    this.sentAt = now;
    this.reply = card?.command(index, this.argument, now);
    const type = (word >>> RESPONSE_TYPE) & 3;
    this.stage = 'waits';
    if (type === 0) {
      this.answered(now);
      return;
    }
    const bits = type === 1 ? LONG_CLOCKS : COMMAND_CLOCKS;
    this.alarm.set(now + (this.reply ? REPLY_CLOCKS + bits : TIMEOUT_CLOCKS) * wires.period());
  }

  private answered(now: Time): void {
    const { word, reply } = this;
    const type = (word >>> RESPONSE_TYPE) & 3;
    if (this.auto) {
      this.autoAnswered(reply, now);
      return;
    }
    if (type !== 0 && !reply) {
      this.wrong(COMMAND_TIMEOUT);
      this.stage = 'stuck';
      return;
    }
    this.stage = 'idle';
    const error = type === 0 || !reply ? 0 : this.errorOf(reply, type);
    if (type !== 0 && reply) this.store(reply);
    if (error) this.wrong(error | COMMAND_COMPLETE);
    else {
      this.wires.status.raise(COMMAND_COMPLETE);
      if (word & DATA_PRESENT || type === 3) this.data.go(this.sentAt, now);
      else if (((word >>> COMMAND_TYPE) & 3) === ABORT) this.data.go(this.sentAt, now);
    }
    if (this.autoWaits) this.sendStop(now);
  }

  private errorOf(reply: Reply, type: number): number {
    const { word } = this;
    if ((type === 1) !== (reply.kind === 'R2')) return COMMAND_END | COMMAND_CRC;
    const noCrc = reply.damaged || reply.kind === 'R3';
    return (
      (word & CHECK_CRC && noCrc ? COMMAND_CRC : 0) |
      (word & CHECK_INDEX && reply.index !== ((word >>> COMMAND_INDEX) & 63) ? COMMAND_INDEX_ERROR : 0)
    );
  }

  /** The data lines, if it claimed them, stay blocked until they are reset too. */
  private wrong(error: number): void {
    this.unrecovered = true;
    this.wires.status.raise(error);
  }

  private autoAnswered(reply: Reply | undefined, now: Time): void {
    this.stage = 'idle';
    this.autoError = reply === undefined ? AUTO_TIMEOUT : reply.damaged ? AUTO_CRC : 0;
    if (reply && !reply.damaged) {
      this.response[3] = reply.word;
      this.data.stopped(now);
      return;
    }
    this.unrecovered = true;
    this.wires.status.raise(AUTO_COMMAND);
  }

  /** 2.2.7: bits 39:8 of a short reply; of R2 bits 127:8, the CRC's byte left out. */
  private store({ word, long }: Reply): void {
    const { response } = this;
    if (!long) {
      response[0] = word;
      return;
    }
    for (let i = 0; i < 4; i++) {
      let bits = 0;
      for (let byte = 3; byte >= 0; byte--) bits = (bits << 8) | (long[14 - 4 * i - byte] ?? 0);
      response[i] = bits;
    }
  }

  /** What the word, or the moment, has against the rules. */
  private check(word: number, argument: number, now: Time): void {
    const { wires } = this;
    const index = (word >>> COMMAND_INDEX) & 63;
    const app = this.afterApp;
    this.afterApp = index === 55;
    if (wires.period() === NEVER) wires.tell('unclocked', COMMAND, word, 'a command without an SD clock (3.2.2)');
    if (this.unrecovered) this.forbidden(word, 'a command after an error without a reset of the CMD line (3.10.1)');
    const stale = word & DATA_PRESENT ? COMMAND_COMPLETE | TRANSFER_COMPLETE : COMMAND_COMPLETE;
    const ready = word & DATA_PRESENT ? BUFFER_READ_READY | BUFFER_WRITE_READY : 0;
    if (wires.status.has(stale | ready))
      this.forbidden(word, 'a command while the status of one before it is not cleared (3.7.1.1)');
    this.checkType(word, index === 7 && argument >>> 16 === 0, replyKind(index, app));
    this.checkData(word, index, app);
    if (wires.slot.card === undefined) return;
    const { card } = wires.slot;
    if (card.fresh && wires.clocks(now) < 74)
      wires.tell('too-soon', COMMAND, word, 'a command before the card has had 74 clocks (PLSS 6.4.1)');
    if (SECOND / wires.period() > card.highestHz * TOLERANCE)
      this.forbidden(word, `a clock above the ${card.highestHz / 1000} kHz of the card's state (PLSS 4.2.1, 6.6)`);
  }

  private checkType(word: number, deselects: boolean, kind: ReplyKind): void {
    const bits = word & TYPE_BITS;
    // A card that is deselected says nothing (PLSS 4.7.4); CMD12 for a read is not busy (2.2.6).
    if (bits === (deselects ? 0 : TYPES[kind])) return;
    if (bits === TYPES.R1 && ((word >>> COMMAND_INDEX) & 63) === STOP) return;
    this.forbidden(word, `response type or checks are not those of ${deselects ? 'no reply' : kind} (2.2.6)`);
  }

  private checkData(word: number, index: number, app: boolean): void {
    const way = dataOf(index, app);
    const present = (word & DATA_PRESENT) !== 0;
    const type = (word >>> COMMAND_TYPE) & 3;
    if (present !== (way !== 'none')) this.forbidden(word, 'Data Present is not what the command has (2.2.6)');
    else if (present && ((word & READ) !== 0) !== (way === 'read'))
      this.forbidden(word, 'data goes the other way with this command (2.2.5)');
    const multiple = !app && (index === 18 || index === 25);
    if (((word & MULTIPLE) !== 0) !== multiple) this.forbidden(word, 'Multi Block is not what the command has (2.2.5)');
    if (index === STOP && type !== ABORT && this.data.moving)
      this.forbidden(word, 'CMD12 in a transfer must be of type abort (2.2.6)');
    if (type !== 0 && !(type === ABORT && index === STOP))
      this.forbidden(word, 'a command type that is only for CMD12 and CMD52 (2.2.6)');
  }

  private forbidden(word: number, text: string): void {
    this.wires.tell('forbidden', COMMAND, word, text);
  }
}
