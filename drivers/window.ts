// Places in the DMA window (window-map.ts) as physical addresses.

import { Info, info } from './board';
import { DESCRIPTOR_FROM_END } from './jack-keys';

export * from './window-map';

let base: u32 = 0;

/** Physical address of `offset` in the DMA window. */
export function windowAddress(offset: u32): u32 {
  if (!base) base = <u32>info(Info.DmaBase);
  return base + offset;
}

/** Physical address of the descriptor that a host may have put into the window's last KiB (jack-memory.ts). */
export function descriptorAddress(): u32 {
  return windowAddress(<u32>info(Info.DmaBytes) - DESCRIPTOR_FROM_END);
}
