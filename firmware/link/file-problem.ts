// Why a request failed, as an answer tells it.

import { FsError } from '../storage/fat/fs-error';
import { Sectors } from '../storage/fat/sectors';
import { linkError, linkErrorText } from './file-errors';
import { LinkError } from './protocol';

export class FileProblem {
  error: LinkError = LinkError.None;
  /** For people; ASCII. */
  text: string = '';

  constructor(private readonly sectors: Sectors) {}

  clear(): void {
    this.error = LinkError.None;
  }

  /** Notes a problem; false, for callers that return it. */
  set(error: LinkError, text: string): bool {
    this.error = error;
    this.text = text;
    return false;
  }

  /** Notes an FsError that has just come from the volume; true when it is none. */
  take(error: i32): bool {
    if (error >= FsError.None) return true;
    return this.set(linkError(error), linkErrorText(error, this.sectors));
  }
}
