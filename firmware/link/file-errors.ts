// The file system's errors as the protocol has them.

import { blockErrorText } from '../../drivers/block-device';
import { FsError, fsErrorText } from '../storage/fat/fs-error';
import { Sectors } from '../storage/fat/sectors';
import { LinkError } from './protocol';

/** What a host is told for an FsError. */
export function linkError(error: i32): LinkError {
  if (error === FsError.None) return LinkError.None;
  if (error === FsError.NotFound) return LinkError.NotFound;
  if (error === FsError.Exists) return LinkError.Exists;
  if (error === FsError.BadName) return LinkError.Name;
  if (error === FsError.NotADirectory || error === FsError.IsADirectory || error === FsError.NotEmpty) {
    return LinkError.Kind;
  }
  if (error === FsError.NoSpace || error === FsError.TooLarge || error === FsError.DirectoryFull) return LinkError.Full;
  return error === FsError.BadOffset ? LinkError.Message : LinkError.Card;
}

/** For people. `sectors` are those of the volume that failed last. */
export function linkErrorText(error: i32, sectors: Sectors): string {
  if (error !== FsError.Device || !sectors.blockError) return fsErrorText(error);
  return blockErrorText(sectors.blockError);
}
