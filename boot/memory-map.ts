// Physical memory, as a chain: each address is the end of the one before. The assembler gets these numbers from
// host-tools/build/constants.ts, the firmware through `info`, host tools import them; they stand nowhere else.
// docs/board.md draws the map.

const KiB = 1024;
const MiB = 1024 * KiB;

/** Where the firmware loads the image and jumps to (kernel_address in config.txt; QEMU's default). */
export const KERNEL = 0x80000;
export const KERNEL_BYTES = 1536 * KiB;

/** Page tables, then stacks; each stack has an unmapped guard below it. */
export const TABLES = KERNEL + KERNEL_BYTES;
export const TABLES_BYTES = 256 * KiB;
/** The stack of interpreted code (SP_EL0). wasm3 uses some 80 bytes a Wasm call. */
export const WASM_STACK_GUARD = TABLES + TABLES_BYTES;
export const GUARD_BYTES = 64 * KiB;
export const WASM_STACK = WASM_STACK_GUARD + GUARD_BYTES;
export const WASM_STACK_BYTES = 1 * MiB;
/** The stack of exceptions and interrupts (SP_EL1). */
export const EXCEPTION_STACK_GUARD = WASM_STACK + WASM_STACK_BYTES;
export const EXCEPTION_STACK = EXCEPTION_STACK_GUARD + GUARD_BYTES;
export const EXCEPTION_STACK_BYTES = 64 * KiB;
/** Queues that interrupt handlers fill: UART receive and transmit, GPIO changes. */
export const QUEUES = EXCEPTION_STACK + EXCEPTION_STACK_BYTES;
export const QUEUES_BYTES = 0x400000 - QUEUES;

/** wasm3's heap: one arena for the running module, one for the next. */
export const ARENA = QUEUES + QUEUES_BYTES;
export const ARENA_BYTES = 4 * MiB;
export const ARENAS = 2;

/** Modules as bytes: running, previous, incoming. */
export const MODULE_STORE = ARENA + ARENAS * ARENA_BYTES;
export const MODULE_STORE_BYTES = 4 * MiB;
export const MODULE_SLOT_BYTES = 1 * MiB;

/** The DMA window: Normal Non-cacheable, mapped nowhere else. */
export const DMA_WINDOW = MODULE_STORE + MODULE_STORE_BYTES;
export const DMA_WINDOW_BYTES = 2 * MiB;

/** Linear memories. The page below each holds wasm3's header of it and is mapped. */
export const LINEAR = 0x2000000;
export const LINEAR_BYTES = 64 * MiB;
export const LINEARS = 2;

/** The RAM disk, read only. */
export const RAM_DISK = 0x10000000;
export const RAM_DISK_BYTES = 256 * MiB;

/** In the emulator: the words of the jack for the host (drivers/jack-memory.ts). Not mapped, only DMA writes there. */
export const CAPTURE_RING = RAM_DISK + RAM_DISK_BYTES;
export const CAPTURE_RING_BYTES = 32 * MiB;

/** Not mapped: the emulator's stray DMA lands here, a board's VideoCore owns it. */
export const RESERVED = 0x3e000000;

/** Device registers, and their alias in DMA control blocks. */
export const DEVICES = 0xfc000000;
export const DEVICES_BYTES = 64 * MiB;
