// The folders that player.ini tells to resume, against the tracks that there are: a name that was mistyped is seen
// nowhere else.

import { endLine, print } from '../console/console';
import { printName } from '../console/names';
import { isWithin, pathAt, pathBytes } from '../setting-paths';
import { Settings } from '../settings';
import { CardTracks } from './card-tracks';

/** Names the folders in which there is no track. To be called when all tracks are known. */
export function tellResumeFolders(settings: Settings, tracks: CardTracks): void {
  for (let folder = 1; folder <= settings.resumeFolders; folder++) {
    if (hasTrack(folder, tracks)) continue;
    print('resume: there is no track in ');
    printName(pathAt(folder), pathBytes(folder));
    endLine();
  }
}

function hasTrack(folder: i32, tracks: CardTracks): bool {
  for (let index = 0; index < tracks.count; index++) {
    tracks.name(index);
    if (isWithin(folder, tracks.namePtr, tracks.nameBytes)) return true;
  }
  return false;
}
