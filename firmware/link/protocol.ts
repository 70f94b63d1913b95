// The numbers of the serial line's protocol, for both sides: compiled into the firmware by asc, imported by the host
// tools. What they mean stands in docs/link.md. Numbers are added at the end and never given another meaning; what
// cannot be read by the other side as it is needs another Link.Version.

export const enum Link {
  /** The protocol's version, the first byte of each frame. */
  Version = 1,
  /** Bytes of a frame before and behind its payload. */
  HeaderBytes = 8,
  CrcBytes = 4,
  /** The longest payload. */
  PayloadBytes = 1024,
  /** Frames in flight at most, each way; the bits of an Ack's mask. */
  Window = 32,
  /** The rate at power on, in bit/s. */
  Baud = 115200,
  /** A frame of which nothing more comes for so long is given up, in milliseconds. */
  IdleMs = 50,
  /** Nothing heard for so long: a Ping; and for so long: the session is over. */
  PingMs = 1000,
  SilenceMs = 5000,
  /** A new rate that was not confirmed within this is given up, in milliseconds. */
  BaudMs = 600,
}

/** Channels: the second byte of a frame. */
export const enum Channel {
  /** About the link itself; not numbered, not sent again. */
  Control = 0,
  Console = 1,
  Files = 2,
  Audio = 3,
  Modules = 4,
  Telemetry = 5,
  Log = 6,
  /** How many there are. */
  Count = 7,
}

/** First byte of a payload on Channel.Control. */
export const enum Control {
  /** Host: who are you? */
  Hello = 1,
  /** Device: the answer. */
  Welcome = 2,
  /** Device: no version in common. */
  Refuse = 3,
  /** Both: what has arrived, and what may be sent. */
  Ack = 4,
  Ping = 5,
  Pong = 6,
  /** Device: no such session (it was reset), say Hello again. */
  Unknown = 7,
  /** Host: the session ends. */
  Bye = 8,
  /** Host: another rate, please. Device: yes (with the rate it makes), or no. */
  Baud = 9,
  BaudAnswer = 10,
  /** Host: a pattern at the new rate. Device: the same back. */
  Pattern = 11,
  /** Host: the new rate is kept. */
  BaudKeep = 12,
}

/** Bits of a Welcome's flags. */
export const enum Ability {
  /** New modules are taken. */
  Modules = 1,
  /** The line keeps its own pace, as in the emulator: rates mean nothing. */
  Unpaced = 8,
}

/** Answers carry one of these where something went wrong; the text beside it is for people. */
export const enum LinkError {
  None = 0,
  /** The message makes no sense, or comes at the wrong time. */
  Message = 1,
  NotFound = 2,
  Exists = 3,
  /** No room on the card, or for what was asked. */
  Full = 4,
  /** The card failed, is gone or write-protected. */
  Card = 5,
  /** A name that may not be. */
  Name = 6,
  /** A folder where a file is needed, or the other way round, or a folder that is not empty. */
  Kind = 7,
  /** What arrived is not what was announced. */
  Digest = 8,
  /** Switched off in player.ini. */
  Off = 9,
  /** Something else is being done on this channel. */
  Busy = 10,
  /** The module was refused. */
  Module = 11,
  /** The format cannot be played. */
  Format = 12,
}

/** First byte of a message on Channel.Files; answers of the device have bit 7 set. */
export const enum FileOp {
  Stat = 1,
  List = 2,
  Get = 3,
  Put = 4,
  Data = 5,
  End = 6,
  Abort = 7,
  Remove = 8,
  Rename = 9,
  MakeFolder = 10,
  Space = 11,
  Credit = 12,
  Answer = 0x80,
}

/** First byte of a message on Channel.Audio; the device's have bit 7 set. */
export const enum AudioOp {
  Open = 1,
  Data = 2,
  End = 3,
  Pause = 4,
  Flush = 5,
  Close = 6,
  Opened = 0x81,
  Status = 0x82,
  Ended = 0x83,
  Failed = 0x84,
}

/** What an audio stream holds. */
export const enum AudioFormat {
  /** Interleaved signed 16-bit, little-endian. */
  Pcm16 = 1,
  /** Frames of QOA, as behind a file's header. */
  Qoa = 2,
}

/** First byte of a message on Channel.Modules; the device's have bit 7 set. */
export const enum ModuleOp {
  /** Host: what runs? Device: its identity and length, and the CRC-32 of each of its blocks of 1 KiB. */
  Ask = 1,
  /** Host: a module of so many bytes comes, with its digest, made from the running one or the one before it, its base. */
  Begin = 2,
  Block = 3,
  /** Host: all was sent: check it and swap. */
  Commit = 4,
  /** Host: a new kernel for the card is there as next.img: restart into it. */
  Update = 5,
  /** Host: bytes of the base that are to be taken over. */
  Copy = 6,
  Running = 0x81,
  Ready = 0x82,
  /** Device, of the new module: it runs. */
  Swapped = 0x84,
  Failed = 0x85,
}

/** First byte of a message on Channel.Telemetry; the device's have bit 7 set. */
export const enum TelemetryOp {
  /** Host: a snapshot each so many milliseconds; 0: no more. */
  Every = 1,
  /** Host: the crash record, please; and: forget it. */
  Crash = 2,
  Forget = 3,
  Snapshot = 0x81,
  CrashRecord = 0x82,
}

/** First byte of a message on Channel.Log; the device's have bit 7 set. */
export const enum LogOp {
  /** Host: the lines that are kept, please. */
  Ask = 1,
  Lines = 0x81,
}

/** Keys of a Snapshot. Each value is a u32; levels and times are since the snapshot before where it says so. */
export const enum Metric {
  /** No pair: what follows to the end of the message is the track's name, UTF-8. */
  Name = 0,
  /** Peak of what was made for the jack since the last snapshot, 0 to 32767. */
  LevelLeft = 1,
  LevelRight = 2,
  /** What is ahead in the jack's ring, in microseconds. */
  RingUs = 3,
  /** The least that was ahead since the player started; absent before a track has gone on. */
  RingLowestUs = 4,
  /** Share of a core since the last snapshot, in 0.01 %. */
  CpuDecode = 5,
  CpuOutput = 6,
  CpuCard = 7,
  CpuLink = 8,
  /** The longest step since power on, in microseconds. */
  LongestStepUs = 9,
  /** Of the chip, in 0.1 degrees Celsius, an i32; absent where the VideoCore does not tell. */
  Temperature = 10,
  /** Bytes that the UART or its queue has lost since power on. */
  UartLost = 11,
  /** Snapshots that found a framing, parity or break error since the one before. */
  UartErrors = 12,
  /** Frames that were damaged, and those of another version, channel or session. */
  FramesDamaged = 13,
  FramesRefused = 14,
  /** Frames that had to be sent again by the device. */
  FramesAgain = 15,
  Underruns = 16,
  /** Seconds since power on. */
  Uptime = 17,
  /** The track's number from 0, and how many there are. */
  Track = 18,
  Tracks = 19,
  /** What is heard of the track, and its length, in milliseconds. */
  PositionMs = 20,
  LengthMs = 21,
  /** Tenths of a decibel, an i32. */
  Volume = 22,
  /** A PlayState. */
  State = 23,
  /** The interpreter's arena: bytes in use and in all. */
  ArenaUsed = 24,
  ArenaBytes = 25,
  /** Bytes of linear memory. */
  HeapBytes = 26,
  Generation = 27,
  /** Hz that the jack plays. */
  RateHz = 28,
}

/** What a player does, as Metric.State tells it. */
export const enum PlayState {
  /** Looking for tracks, or opening one. */
  Opening = 0,
  Playing = 1,
  Paused = 2,
  /** All was heard. */
  Ended = 3,
  /** There is nothing to play from any more. */
  Lost = 4,
  /** Something else than a track is heard: a stream, a tone. */
  Aside = 5,
}
