// mirleft image

import { InvalidArgumentError, type Command } from 'commander';
import { imageSizeFor, LARGEST_IMAGE, LEAST_IMAGE } from '../card/fat-geometry.js';
import { makeCardImage } from '../card/image.js';
import type { CardReport } from '../card/options.js';
import { quoted } from '../project/new.js';
import { addCardOptions, contentsOptions, runCard, type CardFlags } from './card-options.js';

interface Flags extends CardFlags {
  output: string;
  size?: number;
}

const UNITS: Record<string, number> = { M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/** Bytes of `256M`, up to the next power of two. */
function size(text: string): number {
  const [, digits = '', unit = ''] = /^(\d{1,7})([MGT])$/i.exec(text) ?? [];
  const bytes = Number(digits) * (UNITS[unit.toUpperCase()] ?? NaN);
  if (!(bytes >= LEAST_IMAGE && bytes <= LARGEST_IMAGE))
    throw new InvalidArgumentError('a size from 64M to 1T is wanted.');
  return imageSizeFor(bytes);
}

const next = ({ target, firmware }: CardReport): string[] => [
  ...(firmware ? [`mirleft flash ${quoted(target)} /dev/…   writes it to a card`] : []),
  `mirleft run --card ${quoted(target)}   boots it in QEMU`,
];

const HELP = `
WAV and QOA go onto the card as they are; FLAC, MP3, Ogg Vorbis and Opus are converted to QOA, or with --lossless to WAV.
Folders stay as they are, below music/ on the card; playlists (.m3u, .m3u8) name the tracks as these are called there.
The size is the smallest power of two that leaves 8 MiB free; QEMU takes no other. The same input makes the same bytes;
SOURCE_DATE_EPOCH is the date of all files. An earlier image is replaced, any other file only with --force.

The VideoCore's files start the Pi. On Debian they are fetched once, by apt, from the archive that this machine uses, into
the cache (MIRLEFT_CACHE); elsewhere --firmware names a folder that has them. docs/card.md tells what each file is.
Exit status: 0, 1 when a track failed or did not fit, 2 when there are no VideoCore files (the emulator boots the image, a
Pi does not) and for wrong options, 130 after Ctrl-C.

Examples:
  mirleft image --music ~/Music                      card.img, with all that is in there
  mirleft image -m jazz -m song.flac -o jazz.img     folders and files
  mirleft image --lossless --size 4G -m ~/Music      FLAC stays as good as it is, on a card of 4 GB
  mirleft image --firmware /media/boot -m ~/Music    with the VideoCore files of a card that boots
  mirleft image --no-firmware --program tone         for QEMU, another program`;

export function register(program: Command): void {
  addCardOptions(
    program
      .command('image')
      .summary('make the image of a card that a Pi boots and that plays your music')
      .description('Makes the image of an SD card that a Raspberry Pi 4 boots, with your music on it.')
      .option('-o, --output <img>', 'the image', 'card.img')
      .option('--size <bytes>', '64M, 128M … 1T, up to the next power of two (default: what fits)', size),
  )
    .addHelpText('after', HELP)
    .action(async ({ output, size: bytes, ...flags }: Flags) => {
      process.exitCode = await runCard(
        flags,
        (signal) =>
          makeCardImage({ ...contentsOptions(flags, signal), output, ...(bytes === undefined ? {} : { size: bytes }) }),
        next,
      );
    });
}
