// The changes of folders that a host asks for: to remove, to rename, to make a folder. Each is done, or refused, at once.

import { FsError } from '../storage/fat/fs-error';
import { Volume } from '../storage/fat/volume';
import { FileRequest, requestPtr } from './file-request';
import { PATH_BYTES, Target, trimmed } from './file-target';
import { FileOp, LinkError } from './protocol';

/** Whether a request is one for a change. */
export function isChange(op: FileOp): bool {
  return op === FileOp.Remove || op === FileOp.Rename || op === FileOp.MakeFolder;
}

/** Does what the request asks for. False: the problem says why not, and nothing has changed. */
export function change(op: FileOp, volume: Volume, request: FileRequest, target: Target): bool {
  if (op === FileOp.Remove) return remove(volume, request, target);
  return op === FileOp.Rename ? rename(volume, request, target) : makeFolder(volume, request, target);
}

function remove(volume: Volume, request: FileRequest, target: Target): bool {
  if (!request.find(1) || !target.mayTake(request.entry)) return false;
  return request.problem.take(volume.remove(requestPtr + 1, request.bytes - 1));
}

function rename(volume: Volume, request: FileRequest, target: Target): bool {
  const problem = request.problem;
  const entry = request.entry;
  const bytes = request.bytes;
  const length = bytes < 4 ? 0 : <i32>load<u16>(requestPtr, 2);
  const from = requestPtr + 4;
  const to = from + length;
  if (!request.holds(4 + length, 1)) return false;
  const toBytes = trimmed(to, bytes - 4 - length);
  if (!problem.take(length <= PATH_BYTES ? volume.lookUp(from, length, entry) : FsError.BadName)) return false;
  if (!target.mayMake(to, toBytes)) return false;
  const isSelf = target.isThere && target.entry.directory === entry.directory && target.entry.index === entry.index;
  if (!isSelf && !target.mayReplace(load<u8>(requestPtr, 1) !== 0)) return false;
  // What is in use is known by its place in the folder, and what the player keeps for itself it finds by its name.
  if (!target.isFree(entry)) return false;
  const failed = volume.rename(from, length, to, toBytes);
  // Both names are good ones by now: it is the place that cannot be.
  if (failed === FsError.BadName) return problem.set(LinkError.Name, 'a folder cannot go into itself');
  return problem.take(failed);
}

function makeFolder(volume: Volume, request: FileRequest, target: Target): bool {
  if (!request.holds(1, 1)) return false;
  const name = requestPtr + 1;
  const length = trimmed(name, request.bytes - 1);
  return target.mayMake(name, length) && request.problem.take(volume.makeDirectory(name, length));
}
