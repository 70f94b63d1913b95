// The board: everything that firmware can ask of the machine, and nothing else.
// boot/ offers these imports on AArch64; docs/board.md is the contract in prose.
// Addresses are physical and unsigned: an i32 only because Wasm has no other 32-bit type.
// An address or a pointer outside what a call allows is a programming error: it ends the program with a
// trap that names the address. Lengths are in bytes unless a name says words.

export { Boot, Ended, Info, Event, Queue, Exit, Fault, Limit, Reload } from './board-keys';

/** Reads a 32-bit device register or a word of the DMA window. `address` is a multiple of 4. */
@external('board', 'read32')
export declare function read32(address: u32): u32;

/** Writes a 32-bit device register or a word of the DMA window, after all earlier writes of the program. */
@external('board', 'write32')
export declare function write32(address: u32, value: u32): void;

/** Reads a device register that may not be there: its value, or -1 when the bus answers with an abort. */
@external('board', 'probe32')
export declare function probe32(address: u32): i64;

/** Reads a register `words` times into linear memory, one word after the other: a data port. `address` as for read32. */
@external('board', 'readPort')
export declare function readPort(address: u32, ptr: usize, words: i32): void;

/** Writes `words` words of linear memory into one register, in order, after all earlier writes of the program. */
@external('board', 'writePort')
export declare function writePort(address: u32, ptr: usize, words: i32): void;

/**
 * Copies from the RAM disk, the DMA window, the running module or the one before (`Info.ModuleBase`, `PreviousBase`)
 * into linear memory. 0, or -1 when the source does not lie wholly in one of them.
 */
@external('board', 'copyIn')
export declare function copyIn(physical: u32, ptr: usize, bytes: i32): i32;

/**
 * Copies from linear memory into the DMA window, then waits until a DMA engine can see it (`dsb sy`).
 * 0, or -1 when the target lies outside the window.
 */
@external('board', 'copyOut')
export declare function copyOut(physical: u32, ptr: usize, bytes: i32): i32;

/** The generic timer's counter; `info(Info.TickRate)` ticks a second, never going back. */
@external('board', 'ticks')
export declare function ticks(): i64;

/** A fact of the board by its key; 0 for a key it does not know. */
@external('board', 'info')
export declare function info(key: i32): i64;

/**
 * Takes what interrupt handlers have queued: up to `max` bytes, whole records only.
 * Returns how many bytes were written to `ptr`. GPIO changes are watched and queued from the first `take` of
 * `Queue.Gpio` on, also one with `max` 0: until then `Event.Gpio` never comes.
 */
@external('board', 'take')
export declare function take(queue: i32, ptr: usize, max: i32): i32;

/** Queues console bytes for the UART and returns at once with how many there was room for. */
@external('board', 'send')
export declare function send(ptr: usize, length: i32): i32;

/**
 * Turns an interrupt (its GIC id) into the event bit number `bit` (8 to 30). Its handler masks the interrupt;
 * calling `listen` again, once the device is quiet, arms it again.
 */
@external('board', 'listen')
export declare function listen(interrupt: i32, bit: i32): void;

/**
 * Sleeps until the counter reaches `until` or an event of `mask` is pending; returns the pending ones of `mask`
 * and leaves them for `step`. For short waits inside a driver: the time counts as the step's.
 */
@external('board', 'wait')
export declare function wait(until: i64, mask: i32): i32;

/** CRC-32 (IEEE 802.3, as in zip and PNG) of `length` bytes; `seed` is 0 or the value so far. */
@external('board', 'crc32')
export declare function crc32(ptr: usize, length: i32, seed: u32): u32;

/**
 * Loads another module, `length` bytes of Wasm, beside this one, a part in each call: the first one copies, parses and
 * links it, the others compile for some 2 ms each. The bytes must stay as they are. Answers `Reload.More` until there is
 * nothing left to do but `reload`. Less than 0: nothing has changed.
 */
@external('board', 'preload')
export declare function preload(ptr: usize, length: i32): i32;

/**
 * Loads another module, `length` bytes of Wasm, beside this one: copied, parsed, linked and compiled, which takes its time
 * (docs/board.md) where `preload` has not done it for the same bytes. `Reload.Done`: it is started when this step has
 * returned, and this one is gone. Else nothing has changed, except that a module of an earlier call in the same step is no
 * longer wanted.
 */
@external('board', 'reload')
export declare function reload(ptr: usize, length: i32): i32;

/**
 * Goes to another kernel image, `length` bytes at a multiple of 8 in the DMA window or the RAM disk: it takes this one's
 * place. The program has stopped every DMA engine and let the jack's level down before. Does not return.
 */
@external('board', 'chain')
export declare function chain(physical: u32, length: i32): void;

/** Reports a fault with UTF-8 text and the Wasm call stack, and ends the program. Does not return. */
@external('board', 'fault')
export declare function fault(code: i32, ptr: usize, length: i32): void;

/** Lets the console drain, then ends as `kind` (`Exit`) says; `status` is the emulator's. Does not return. */
@external('board', 'exit')
export declare function exit(kind: i32, status: i32): void;
