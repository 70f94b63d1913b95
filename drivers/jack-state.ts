// The jack's states, and what its operations answer.

export const enum JackState {
  Closed = 0,
  Open = 1,
  /** The ramp to 0 is on its way; `service` until Closed. */
  Closing = 2,
}

/** What `open` and `append` answer; 0 is success. */
export const enum JackError {
  None = 0,
  /** A rate below MIN_RATE_HZ or above MAX_RATE_HZ. */
  Rate = -1,
  /** Not closed yet. */
  Busy = -2,
  /** Not open. */
  NotOpen = -3,
  /** More pairs than MAX_PAIRS, or none, or than the ring has slots for. */
  Room = -4,
  /** The PWM's clock generator does not stop, so it cannot be set. */
  Clock = -5,
  /** The DMA engine does not answer. */
  Engine = -6,
  /** `probe` was not called, or the mode is PWM1 and no PWM1 answers. */
  NoDevice = -7,
}
