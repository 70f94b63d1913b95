// mirleft card DIR

import type { Command } from 'commander';
import { fillCard } from '../card/folder.js';
import { addCardOptions, contentsOptions, runCard, type CardFlags } from './card-options.js';

const HELP = `
Does what mirleft image does, onto a card that is mounted. Nothing else on it is touched: what is there with the same
content is not written again, what differs is replaced whole, tracks that are no longer named stay. A config.txt or
player.ini that differs stays; the new one is put beside it as config.txt.new or player.ini.new, and --force replaces it.
The kernel of another system is replaced only with --force. Room is checked before anything is written.
Exit status: 0, 1 when a track failed or did not fit, 2 when there are no VideoCore files (the card will not boot) and for
wrong options, 130 after Ctrl-C, which leaves whole files.

Examples:
  mirleft card /media/me/MIRLEFT --music ~/Music   the player and all that is in there
  mirleft card /media/me/MIRLEFT                   only what a newer Mirleft does otherwise
  mirleft card /mnt --force --settings car.ini     other settings`;

export function register(program: Command): void {
  addCardOptions(
    program
      .command('card')
      .summary('put the player and your music onto a mounted card')
      .description('Puts the player, what the Pi boots from and your music onto a mounted FAT card.')
      .argument('<dir>', 'where the card is mounted'),
  )
    .addHelpText('after', HELP)
    .action(async (folder: string, flags: CardFlags) => {
      process.exitCode = await runCard(
        flags,
        (signal) => fillCard({ ...contentsOptions(flags, signal), folder }),
        () => ['unmount it before you take it out'],
      );
    });
}
