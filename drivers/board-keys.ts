// The numbers that both sides of the board contract share: this file is compiled into the firmware by asc,
// imported by the host tools, and written out for the assembler (host-tools/build/constants.ts).
// Values are part of the contract (docs/board.md): add at the end, never renumber.

/** Keys of `info`. Addresses are physical; ticks are of the generic timer. */
export const enum Info {
  /** Ticks of `ticks()` in a second (CNTFRQ_EL0). */
  TickRate = 0,
  /** `ticks()` at kernel entry. */
  EntryTicks = 1,
  /** Exception level the kernel was entered in: 1, 2 or 3. */
  EntryLevel = 2,
  /** How many modules have been started since power on, the running one included; the first is 1. */
  Generation = 3,
  /** Identity of the image: 64 bits of a hash over everything that went into it. */
  BuildId = 4,
  /** Physical address and size in bytes of the DMA window. */
  DmaBase = 5,
  DmaBytes = 6,
  /** Physical address and size in bytes of the RAM disk's region; what is in it says itself how long it is. */
  RamDiskBase = 7,
  RamDiskBytes = 8,
  /** Bytes that were received by the UART and lost: FIFO overruns and a full receive queue. */
  UartLost = 9,
  /** Changes of GPIO levels that were lost because their queue was full. */
  GpioLost = 10,
  /** The longest `step` so far, in ticks. */
  LongestStep = 11,
  /** Periods of the 1 kHz tick that passed unserved. */
  TicksLost = 12,
  /** 1 where the debugger's semihosting call answered, so that `exit` can end the emulator with a status. */
  Semihosting = 13,
  /** Bytes of the interpreter's arena in use, the most that were ever in use, and its size. */
  ArenaUsed = 14,
  ArenaPeak = 15,
  ArenaBytes = 16,
  /** MIDR_EL1: which core this is. */
  CoreId = 17,
  /** Physical address and size in bytes of the part of the DMA window that is kept for the next module's state. */
  StateBase = 18,
  StateBytes = 19,
  /** How the module before this one has ended, an `Ended`; 0 where there was none. */
  LastFault = 20,
  /** How the machine came to run this image, a `Boot`. */
  BootReason = 21,
  /** Physical address and length in bytes of the running module as it was loaded; `copyIn` reads it. */
  ModuleBase = 22,
  ModuleBytes = 23,
  /** The same of the module that would be gone back to, where that is not the image's: 0. */
  PreviousBase = 24,
  PreviousBytes = 25,
}

/** Bits of `step`'s argument and of `wait`'s mask. `listen` adds its own from `Event.Interrupt` up. */
export const enum Event {
  /** The UART queue is not empty. */
  Uart = 1,
  /** The GPIO queue is not empty. */
  Gpio = 2,
  /** The deadline that the last `step` returned has passed. */
  Deadline = 4,
  /** The lowest bit that `listen` may use; the highest is bit 30. */
  Interrupt = 256,
}

/** Queues of `take`. */
export const enum Queue {
  /** Received bytes. */
  Uart = 0,
  /** Records of 16 bytes: u32 levels of GPIO 0-31, u32 levels of GPIO 32-57, u64 tick of the sample. */
  Gpio = 1,
}

/** Kinds of `exit`. */
export const enum Exit {
  /** End the emulator with the status where semihosting was found, else power off. */
  End = 0,
  /** Restart through the watchdog. */
  Restart = 1,
  /** Power off (a Pi 4 halts and draws standby current). */
  PowerOff = 2,
}

/** What `preload` and `reload` answer. */
export const enum Reload {
  /** `preload`: there is more to do, in further calls. */
  More = 1,
  /** The module is loaded; after `reload` it starts when the step has returned. */
  Done = 0,
  /** It is no Wasm module, or one that cannot be compiled. */
  NotWasm = -1,
  /** It imports what the board has not, or by another type. */
  Imports = -2,
  /** It exports no `start` and `step` of the right types. */
  Exports = -3,
  /** It is longer than a slot of the module store, or it or its memory is too large. */
  Room = -4,
}

/** How a module ended. */
export const enum Ended {
  /** It was replaced as it had asked. */
  Planned = 0,
  /** By a trap, or by `fault`. */
  Trap = 1,
  /** Its `start` or a step took too long. */
  Hang = 2,
  /** By an exception of the processor, such as a bus error. */
  Exception = 3,
}

/** How the machine came to run this image. */
export const enum Boot {
  /** Power on, or nothing that the chip tells. */
  PowerOn = 0,
  /** The watchdog: `Exit.Restart`, or a program that armed it. */
  Watchdog = 1,
  /** Another image called `chain`. */
  Chain = 2,
}

/** Codes of `fault`, and of the reports that boot/ makes itself. */
export const enum Fault {
  /** AssemblyScript's `abort`: a failed assertion or a thrown error. */
  Abort = 1,
  /** The program found a state it cannot go on from. */
  Panic = 2,
}

/** Limits of the contract. */
export const enum Limit {
  /** A `start` or `step` that takes longer is ended and reported, in milliseconds. */
  StepMs = 2000,
  /** So long after its start a module that was sent (`reload`) is on probation, in milliseconds. */
  ProbationMs = 10000,
  /** What a `start` or `step` may take on probation, in milliseconds, `wait` left out: the jack's ring holds 300 ms. */
  ProbationStepMs = 250,
  /** Bytes that the receive queue holds. */
  UartQueue = 65536,
  /** Records that the GPIO queue holds. */
  GpioQueue = 256,
  /** Bytes that the console's transmit queue holds. */
  SendQueue = 16384,
}
