// States, status and commands of an SD memory card. SD Physical Layer Simplified Specification (PLSS) 4.10: 4.10.1
// (Card Status, Table 4-41, whose text was at hand); the state transition table as SanDisk's product manuals print it
// (SD Card Product Manual 2.2, Table 4-18); for commands that came later (CMD6, CMD8, CMD23) recalled from PLSS 4.8.

export type CardState = 'idle' | 'ready' | 'ident' | 'stby' | 'tran' | 'data' | 'rcv' | 'prg' | 'dis' | 'ina';

const CODES: readonly CardState[] = ['idle', 'ready', 'ident', 'stby', 'tran', 'data', 'rcv', 'prg', 'dis'];

/** CURRENT_STATE, in its place in the status; "the state of the card when receiving the command" (4.10.1). */
export const stateBits = (state: CardState): number => CODES.indexOf(state) << 9;

export const OUT_OF_RANGE = 0x8000_0000;
export const ADDRESS_ERROR = 1 << 30;
export const BLOCK_LEN_ERROR = 1 << 29;
export const ERASE_SEQ_ERROR = 1 << 28;
export const ERASE_PARAM = 1 << 27;
export const WP_VIOLATION = 1 << 26;
export const COM_CRC_ERROR = 1 << 23;
export const ILLEGAL_COMMAND = 1 << 22;
export const CARD_ECC_FAILED = 1 << 21;
export const ERROR = 1 << 19;
export const ERASE_RESET = 1 << 13;
export const READY_FOR_DATA = 1 << 8;
export const APP_CMD = 1 << 5;

/** Clear condition B: they tell of the command before, and go with the next valid one (4.10.1). */
export const OF_COMMAND_BEFORE = COM_CRC_ERROR | ILLEGAL_COMMAND;

const states = (text: string): ReadonlySet<CardState> => new Set(text.split(' ') as CardState[]);
const TRAN = states('tran');

/** Where a command is legal; commands that are not here are legal nowhere. */
export const COMMAND_STATES: ReadonlyMap<number, ReadonlySet<CardState>> = new Map([
  [0, states('idle ready ident stby tran data rcv prg dis')],
  [2, states('ready')],
  [3, states('ident stby')],
  [4, states('stby')],
  [6, TRAN],
  [7, states('stby tran data prg dis')],
  [8, states('idle')],
  [9, states('stby')],
  [10, states('stby')],
  [12, states('data rcv')],
  [13, states('stby tran data rcv prg dis')],
  [15, states('stby tran data rcv prg dis')],
  [16, TRAN],
  [17, TRAN],
  [18, TRAN],
  [23, TRAN],
  [24, TRAN],
  [25, TRAN],
  [32, TRAN],
  [33, TRAN],
  [38, TRAN],
  [55, states('idle stby tran data rcv prg dis')],
]);

/** The same for commands that follow a CMD55. Others are then taken as the command of that number (4.3.9.1). */
export const APP_COMMAND_STATES: ReadonlyMap<number, ReadonlySet<CardState>> = new Map([
  [6, TRAN],
  [13, TRAN],
  [22, TRAN],
  [23, TRAN],
  [41, states('idle')],
  [42, TRAN],
  [51, TRAN],
]);

/** Commands that carry a relative card address in bits 31:16 and are ignored by a card of another. */
export const ADDRESSED: ReadonlySet<number> = new Set([9, 10, 13, 15, 55]);

/** What comes back for a command (4.7.4, 4.9). */
export type ReplyKind = 'none' | 'R1' | 'R1b' | 'R2' | 'R3' | 'R6' | 'R7';

const R2 = new Set([2, 9, 10]);
/** Of MMC and SDIO: a host asks by them whether such a card is there, and no card of this kind answers. */
const R3 = new Set([1, 5]);
const NONE = new Set([0, 4, 15]);
const R1B = new Set([7, 12, 38]);

/** The reply that belongs to a command of a host. */
export function replyKind(index: number, app: boolean): ReplyKind {
  if (app && index === 41) return 'R3';
  if (app && APP_COMMAND_STATES.has(index)) return 'R1';
  if (NONE.has(index)) return 'none';
  if (R2.has(index)) return 'R2';
  if (R3.has(index)) return 'R3';
  if (R1B.has(index)) return 'R1b';
  return index === 3 ? 'R6' : index === 8 ? 'R7' : 'R1';
}

const READS = new Set([6, 17, 18]);
const APP_READS = new Set([13, 22, 51]);

/** Which way data goes with a command. */
export function dataOf(index: number, app: boolean): 'none' | 'read' | 'write' {
  if (app && APP_COMMAND_STATES.has(index)) return APP_READS.has(index) ? 'read' : 'none';
  if (READS.has(index)) return 'read';
  return index === 24 || index === 25 ? 'write' : 'none';
}

/** A card's answer on the CMD line. */
export interface Reply {
  readonly kind: ReplyKind;
  /** The command's number as it stands in the reply: 63 in R2 and R3. */
  readonly index: number;
  /** Bits 39:8. */
  readonly word: number;
  /** R2: 16 bytes, the highest first, the CRC's byte last; they stay the card's. */
  readonly long?: Uint8Array;
  /** Came damaged: its CRC is wrong. R3 has none at all. */
  readonly damaged: boolean;
}
