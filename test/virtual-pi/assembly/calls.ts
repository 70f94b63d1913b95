// What the host may ask of the exercise programs, shared by both sides, and where in the DMA window it does: a number
// of the call (0: none), its arguments as words, and two words of answer.

export const CALL = 0x1ff000;
export const ARGUMENTS = CALL + 4;
export const ANSWER = CALL + 64;
/** Room for a text, and for what the host lays out for an engine. */
export const TEXT = CALL + 128;

export const enum Call {
  None = 0,
  StartPwmClock,
  StopClock,
  ClockHz,
  UartClockHz,

  BusAddress,
  BusRegister,
  IsLite,
  DmaDebug,
  ArmEngine,
  WriteBlock,
  EngineUse,
  EngineSetUp,
  EngineStart,
  EngineActive,
  EngineTakeError,
  EngineStop,
  EngineTearDown,

  PinAllowed,
  SetPinFunction,
  SetPinPull,
  SetPin,
  PinLevel,
  StartLed,
  SetLed,

  BoardRevision,
  SerialNumber,
  ArmMemory,
  FirmwareDate,
  DmaChannels,
  ClockRate,
  ClockMeasured,
  ClockMax,
  SetClockRate,
  Temperature,
  Throttled,

  UartClock,
  UartDivisor,
  UartBaud,
  SetUartBaud,
  TakeUartErrors,
  UartLost,
  UartSent,
  UartIdle,
  Send,

  ResetCause,
  ArmWatchdog,
  FeedWatchdog,
  StopWatchdog,
  RestartNow,
  Restart,
  PowerOff,
  End,

  PwmStart,
  PwmStop,
  PwmClearFifo,
  PwmTakeFlags,
  PwmClearFlags,
  PwmWord,

  BoardType,
  BoardMemory,
  BoardMinor,
  IsSupported,
  BoardName,

  TickRate,
  Microseconds,
  Milliseconds,
  ToMicroseconds,
  SystemMicroseconds,
  Delay,
  WaitFor,

  JackSigns,
  JackMode,
}

/** Of the player around the jack. */
export const enum JackCall {
  None = 0,
  Probe,
  Signs,
  Disagree,
  Open,
  Close,
  Feed,
  BreakTrack,
  NoteTrack,
  SetFill,
  Append,
  State,
  Shape,
  Played,
  TrackPlayed,
  TrackAppended,
  FillPairs,
  Underruns,
  Starvations,
  WriteErrors,
  RegisterErrors,
  EngineErrors,
  FirstTrackTick,
  Idle,
}

/** Where blocks lie that are read or to be written. */
export const BLOCKS = 0x100000;

/** Of a card. */
export const enum SdCall {
  None = 0,
  Open,
  /** Sector (two words) and count; blocks to or from `BLOCKS`. */
  Read,
  Write,
  Flush,
  Sectors,
  IsWritable,
  BusWidth,
  IsHighSpeed,
  ClockHz,
  IsBlockAddressed,
  SerialNumber,
  Retries,
  CrcErrors,
  /** Calls of the waiter since the last time, and the longest time between two of them in microseconds. */
  Waits,
  LongestWait,
  /** 0: controller, 1: product, 2 and 3: code and text of an error. To `TEXT`; their bytes. */
  Text,
  /** How long each call of the waiter takes, in microseconds. */
  WaiterTakes,
}
