// The revision code of a board: which model, how much memory. Raspberry Pi documentation, "Raspberry Pi revision
// codes": bit 23 new style; 22:20 memory, 15:12 processor, 11:4 type, 3:0 revision.

const NEW_STYLE: u32 = 1 << 23;
const PROCESSOR_BCM2711: u32 = 3;
/** Bytes of memory code 0; each further code doubles them. */
const SMALLEST_MIB: u32 = 256;

/** Types that have a BCM2711. */
export const enum BoardType {
  Pi4 = 0x11,
  Pi400 = 0x13,
  ComputeModule4 = 0x14,
  ComputeModule4S = 0x15,
}

function field(code: u32, low: u32, bits: u32): u32 {
  return (code >> low) & (((<u32>1) << bits) - 1);
}

/** The type of the board; -1 for an old-style code. */
export function boardType(code: u32): i32 {
  return code & NEW_STYLE ? <i32>field(code, 4, 8) : -1;
}

/** Memory in MiB; 0 for an old-style code. */
export function boardMemoryMiB(code: u32): i32 {
  return code & NEW_STYLE ? <i32>(SMALLEST_MIB << field(code, 20, 3)) : 0;
}

/** The board's revision: 5 is "1.5" of a Pi 4. */
export function boardMinor(code: u32): i32 {
  return <i32>field(code, 0, 4);
}

/** Whether this firmware runs on the board: a Pi 4, a Pi 400, a Compute Module 4, or the emulator's Pi 4. */
export function isSupported(code: u32): bool {
  if (!(code & NEW_STYLE) || field(code, 12, 4) !== PROCESSOR_BCM2711) return false;
  const type = boardType(code);
  return type === BoardType.Pi4 || type === BoardType.Pi400 || type === BoardType.ComputeModule4;
}

/** The model's name; for a board that is not supported, too. */
export function boardName(code: u32): string {
  switch (boardType(code)) {
    case BoardType.Pi4:
      return 'Raspberry Pi 4';
    case BoardType.Pi400:
      return 'Raspberry Pi 400';
    case BoardType.ComputeModule4:
      return 'Compute Module 4';
    case BoardType.ComputeModule4S:
      return 'Compute Module 4S';
    default:
      return 'another board';
  }
}
