// The card's files on the serial line: the service, and the link that its messages come and go by.

import { Volume } from '../storage/fat/volume';
import { CardUser, Outlet } from './file-interfaces';
import { FileService } from './file-service';
import { canSend, linkSession, sendMessage } from './link';
import { Channel } from './protocol';

class LinkOutlet extends Outlet {
  /** Whether anything was sent since this was set to false. */
  isUsed: bool = false;
  get isFree(): bool {
    return canSend();
  }
  send(ptr: usize, bytes: i32): bool {
    const isSent = sendMessage(Channel.Files, ptr, bytes);
    if (isSent) this.isUsed = true;
    return isSent;
  }
}

const outlet = new LinkOutlet();
let service: FileService | null = null;
/** The session that the service works for. */
let session: i32 = 0;

/** Serves the files of a volume, whenever it is mounted. To be called once, before `start`. */
export function openFiles(volume: Volume, user: CardUser): void {
  service = new FileService(volume, user, outlet);
}

/** Takes a message on the channel of files. */
export function filesMessage(ptr: usize, bytes: i32): void {
  const files = service;
  if (!files) return;
  follow(files);
  files.message(ptr, bytes);
}

/** Does a little of what was asked; the tick by which to call it again. */
export function serviceFiles(): i64 {
  const files = service;
  if (!files) return i64.MAX_VALUE;
  follow(files);
  if (!session) return i64.MAX_VALUE;
  outlet.isUsed = false;
  const due = files.service();
  // The link is to see at once what was given to it.
  return outlet.isUsed ? 0 : due;
}

/** What one session has asked for is nothing to the next. */
function follow(files: FileService): void {
  const now = linkSession();
  if (now === session) return;
  session = now;
  files.reset();
}
