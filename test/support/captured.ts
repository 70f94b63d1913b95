// The words of the jack, out of an emulator's memory.

import { CAPTURE_RING, CAPTURE_RING_BYTES } from '../../boot/memory-map.js';
import { RingReader, type WordEvents } from '../../host-tools/capture/ring.js';
import { DESCRIPTOR, type GuestMemory } from '../../host-tools/emulator/memory.js';

/** What reads them; the memory is still the caller's to close. */
export const ringOf = ({ file }: GuestMemory, events: WordEvents): RingReader =>
  new RingReader({ file, descriptor: DESCRIPTOR, base: CAPTURE_RING, bytes: CAPTURE_RING_BYTES }, events);
