// Lines of QEMU's log for tests of its reader and of what comes behind it.

import { JackRegister, type BlockKind } from '../../drivers/jack-keys.js';

/** Lines as QEMU writes them. */
export const write = (offset: number, value: number): string =>
  `bcm2835-i2s: unimplemented device write (size 4, offset 0x${offset.toString(16).padStart(2, '0')}, value 0x${(value >>> 0).toString(16).padStart(8, '0')})\n`;
export const words = (...values: number[]): string => values.map((value) => write(JackRegister.Fifo, value)).join('');
export const stamp = (kind: BlockKind, micros = 0): string => write(JackRegister.Stamps + 4 * kind, micros);

/** Feeds the text in pieces of `size`. */
export function feed(reader: { push(chunk: Buffer): void }, text: string, size: number): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size));
}
