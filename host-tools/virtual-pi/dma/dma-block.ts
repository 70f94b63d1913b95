// A control block (BCM2711 ARM Peripherals 4.2.1.1) and what the manual forbids in one.

import type { DmaBus } from './dma-bus.js';
import { burstOf, permapOf, Ti, TI_RESERVED, TI_RESERVED_LITE } from './dma-registers.js';
import type { Rule } from '../findings.js';

/** "Control Blocks (CB) are 8 words (256 bits) in length and must start at a 256-bit aligned address" (4.2.1.1). */
export const BLOCK_WORDS = 8;
export const BLOCK_BYTES = 32;
/** Words of a block. */
export const Word = { TI: 0, SOURCE: 1, DESTINATION: 2, LENGTH: 3, STRIDE: 4, NEXT: 5 } as const;

/** A block's words as an engine loads them. */
export type Words = Uint32Array<ArrayBuffer>;

/** Bytes from the lowest to the highest address that one side of a transfer touches. */
export interface Extent {
  readonly from: number;
  readonly bytes: number;
}

const at = (words: Words, index: number): number => words[index] ?? 0;
const signed16 = (value: number): number => (value << 16) >> 16;

/** Bytes of a row and rows; one row unless in 2D mode. */
export function shapeOf(words: Words, lite: boolean): { readonly row: number; readonly rows: number } {
  const length = at(words, Word.LENGTH);
  if (lite) return { row: length & 0xffff, rows: 1 };
  if (at(words, Word.TI) & Ti.TDMODE) return { row: length & 0xffff, rows: (length >>> 16) & 0x3fff };
  return { row: length & 0x3fffffff, rows: 1 };
}

function extentOf(words: Words, lite: boolean, address: number, increment: boolean, stride: number): Extent {
  const { row, rows } = shapeOf(words, lite);
  const bytes = increment ? row : Math.min(row, 4);
  const last = (rows - 1) * ((increment ? row : 0) + stride);
  return { from: address + Math.min(0, last), bytes: bytes + Math.abs(last) };
}

/** What the transfer reads; undefined when nothing. */
export function sourceExtent(words: Words, lite: boolean): Extent | undefined {
  const transfer = at(words, Word.TI);
  const { row, rows } = shapeOf(words, lite);
  if (row === 0 || rows === 0 || (!lite && transfer & Ti.SRC_IGNORE)) return undefined;
  const stride = signed16(at(words, Word.STRIDE));
  return extentOf(words, lite, at(words, Word.SOURCE), (transfer & Ti.SRC_INC) !== 0, stride);
}

/** What it writes. */
function destinationExtent(words: Words, lite: boolean): Extent | undefined {
  const transfer = at(words, Word.TI);
  const { row, rows } = shapeOf(words, lite);
  if (row === 0 || rows === 0 || (!lite && transfer & (Ti.DEST_IGNORE | Ti.SRC_IGNORE))) return undefined;
  const stride = signed16(at(words, Word.STRIDE) >>> 16);
  return extentOf(words, lite, at(words, Word.DESTINATION), (transfer & Ti.DEST_INC) !== 0, stride);
}

/** Called with each thing that is wrong, the text with its section. */
export type Tell = (rule: Rule, text: string, value?: number) => void;

const isPeripheral = (address: number): boolean => address >>> 24 === 0x7e;

/** Tells all that is wrong with a block at `address`; `page` is PAGE or PAGELITE of ENABLE. */
export function checkBlock(words: Words, channel: number, lite: boolean, page: number, bus: DmaBus, tell: Tell): void {
  checkWords(words, lite, tell);
  checkPace(words, channel, lite, bus, tell);
  for (const [extent, write] of [
    [sourceExtent(words, lite), false],
    [destinationExtent(words, lite), true],
  ] as const) {
    if (!extent) continue;
    const side = write ? 'destination' : 'source';
    const complaint = bus.complaint(extent.from, extent.bytes, write, page);
    if (complaint) tell('dma-address', `${side}: ${complaint} (1.2.4, 4.1)`, extent.from);
    if (!isPeripheral(extent.from)) continue;
    if ((extent.from | shapeOf(words, lite).row) & 3)
      tell('dma-address', `${side}: registers are words (1.2.4)`, extent.from);
    if (at(words, Word.TI) & (write ? Ti.DEST_WIDTH : Ti.SRC_WIDTH))
      tell('dma-block', `${side}: a 128-bit access to registers of 32 bits (4.2.1.2 TI)`, at(words, Word.TI));
  }
}

function checkWords(words: Words, lite: boolean, tell: Tell): void {
  const transfer = at(words, Word.TI);
  const length = at(words, Word.LENGTH);
  const { row, rows } = shapeOf(words, lite);
  if (transfer & (lite ? TI_RESERVED_LITE : TI_RESERVED))
    tell('dma-block', 'word 0: reserved bits are set (4.2.1.2 TI)', transfer);
  if (lite && length > 0xffff)
    tell('dma-block', 'word 3: the length register of a lite engine is 16 bits (4.5)', length);
  if (!lite && length >>> 30) tell('dma-block', 'word 3: reserved bits are set (4.2.1.2 TXFR_LEN)', length);
  if (row === 0 || rows === 0) tell('dma-block', 'word 3: nothing is to be transferred (4.2.1.2 TXFR_LEN)', length);
  if (at(words, Word.NEXT) & 31)
    tell('dma-block', 'word 5: the next block is not 256-bit aligned (4.2.1.2 NEXTCONBK)', at(words, Word.NEXT));
  if (at(words, 6) || at(words, 7) || (lite && at(words, Word.STRIDE)))
    tell('dma-block', 'reserved words are not zero (4.2.1.1)');
}

function checkPace(words: Words, channel: number, lite: boolean, bus: DmaBus, tell: Tell): void {
  const transfer = at(words, Word.TI);
  const permap = permapOf(transfer);
  const paced = transfer & (Ti.SRC_DREQ | Ti.DEST_DREQ);
  if (permap && !paced) tell('dma-block', 'PERMAP without SRC_DREQ or DEST_DREQ paces nothing (4.2.1.2 TI)', transfer);
  if (!permap && paced) tell('dma-block', 'DREQ 0 is always on and paces nothing (4.2.1.3)', transfer);
  if (permap && paced && !bus.sourceOf(permap))
    tell('dma-block', `no peripheral with DREQ ${permap} is modelled (4.2.1.3)`, transfer);
  const destination = at(words, Word.DESTINATION);
  const to = isPeripheral(destination) ? bus.pacedAt(destination, permap) : undefined;
  if (to && shapeOf(words, lite).row > 4 && !(transfer & Ti.DEST_DREQ && permap === to.source.dreq))
    tell('dma-block', 'writing to a peripheral without its DREQ (4.2.1.3)', transfer);
  const burstMost = lite ? 4 : channel === 0 ? 16 : 8;
  if (isPeripheral(at(words, Word.SOURCE)) && burstOf(transfer) > burstMost)
    tell('dma-block', `a burst of more than ${burstMost} words from a peripheral stalls the bus (4.3, 4.5)`, transfer);
}
