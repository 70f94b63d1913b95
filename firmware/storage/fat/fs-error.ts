// Why the file system could not do what it was asked.

/** All negative, so that calls which count return one instead. */
export const enum FsError {
  None = 0,
  /** The block device failed: its error and the sector are beside this one (Sectors). */
  Device = -1,
  /** No FAT file system on the device. */
  NotFat = -2,
  /** exFAT, which cards of 64 GB and more are sold with. */
  ExFat = -3,
  /** Partitioned with a GPT instead of an MBR. */
  Gpt = -4,
  /** What is on the card contradicts itself; the sector or cluster is beside this (Sectors). */
  Corrupt = -5,
  NotFound = -6,
  Exists = -7,
  NotADirectory = -8,
  IsADirectory = -9,
  NotEmpty = -10,
  /** No free cluster. */
  NoSpace = -11,
  /** Beyond 4 GiB - 1 bytes. */
  TooLarge = -12,
  /** Not UTF-8, longer than 255 UTF-16 units, `.` or `..`, a character that FAT does not have, or a place that cannot be. */
  BadName = -13,
  /** The device, or the file, must not be written. */
  ReadOnly = -14,
  /** No further entry fits into the directory. */
  DirectoryFull = -15,
  /** An offset before the beginning or behind the end of a file. */
  BadOffset = -16,
  /** Nothing is mounted, or the volume was mounted anew since the file was opened. */
  NotMounted = -17,
}

/** The code in records for programs: `not-fat`. */
export function fsErrorCode(error: i32): string {
  if (error === FsError.Device) return 'device';
  if (error === FsError.NotFat) return 'not-fat';
  if (error === FsError.ExFat) return 'exfat';
  if (error === FsError.Gpt) return 'gpt';
  if (error === FsError.Corrupt) return 'corrupt';
  if (error === FsError.NotFound) return 'not-found';
  if (error === FsError.Exists) return 'exists';
  if (error === FsError.NotADirectory) return 'not-a-directory';
  if (error === FsError.IsADirectory) return 'is-a-directory';
  if (error === FsError.NotEmpty) return 'not-empty';
  if (error === FsError.NoSpace) return 'no-space';
  if (error === FsError.TooLarge) return 'too-large';
  if (error === FsError.BadName) return 'bad-name';
  if (error === FsError.ReadOnly) return 'read-only';
  if (error === FsError.DirectoryFull) return 'directory-full';
  if (error === FsError.BadOffset) return 'bad-offset';
  if (error === FsError.NotMounted) return 'not-mounted';
  return 'none';
}

/** The same for people, with what to try where something helps. */
export function fsErrorText(error: i32): string {
  if (error === FsError.Device) return 'the card failed';
  if (error === FsError.NotFat) return 'no FAT file system: format the card as FAT32';
  if (error === FsError.ExFat) return 'the card is exFAT: format it as FAT32';
  if (error === FsError.Gpt) return 'the card has a GPT: partition it with an MBR';
  if (error === FsError.Corrupt) return 'the file system is damaged: repair it with fsck.fat or chkdsk';
  if (error === FsError.NotFound) return 'there is no such file';
  if (error === FsError.Exists) return 'there is one of that name';
  if (error === FsError.NotADirectory) return 'not a directory';
  if (error === FsError.IsADirectory) return 'a directory';
  if (error === FsError.NotEmpty) return 'the directory is not empty';
  if (error === FsError.NoSpace) return 'the card is full';
  if (error === FsError.TooLarge) return 'a file of 4 GiB or more';
  if (error === FsError.BadName) return 'not a possible name';
  if (error === FsError.ReadOnly) return 'write-protected';
  if (error === FsError.DirectoryFull) return 'the directory is full';
  if (error === FsError.BadOffset) return 'not a place in the file';
  if (error === FsError.NotMounted) return 'the card was changed';
  return '';
}
