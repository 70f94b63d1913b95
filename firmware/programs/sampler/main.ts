// Plays the sounds of the RAM disk by keys: the first file by 1, … the ninth by 9, then a to z. Up to eight sound at
// once. What plays is named, and ? lists the keys. All must have the first one's rate; others are refused with a line.

import { Jack, JackSetting } from '../../../drivers/jack';
import { Mixer } from '../../audio/mixer';
import { Output } from '../../audio/output';
import { Source, SourceError, sourceErrorText } from '../../audio/source';
import { volumeKey } from '../../audio/volume-keys';
import { printBanner, printJack, requireBoard } from '../../banner';
import { Decoders } from '../../codecs/decoders';
import { consoleRoom, endLine, print, printByte, printLine, printNumber, serviceConsole } from '../../console/console';
import { helpKey } from '../../console/help';
import { nextKey } from '../../console/keys';
import { printName } from '../../console/names';
import { Led, serviceLed, showLed } from '../../led';
import { Part } from '../../storage/bytes';
import { RamDisk } from '../../storage/ram-disk';
import { Archive, BLOCK, Member } from '../../storage/ustar';

const SOUNDS: i32 = 35;
const DIGITS: i32 = 9;
/** From a key to its sound: two blocks of 44.1 kHz, where 60 ms would be felt. */
const FILL_MS: i32 = 24;
/** How far the archive is looked through in one step (see Archive), and the console bytes that this may take. */
const STEP_BUDGET: i32 = 256;
const ROOM_BYTES: i32 = 8192;
const HELP = '1 to 9 and a to z play the sounds, eight at once at most; + - volume';

const jack = new Jack();
const output = new Output(jack);
const mixer = new Mixer();
const disk = new RamDisk();
const archive = new Archive();
/** A sound's name is read again from its header when it is wanted. */
const header = new Part();
const names = new Archive();
const decoders = new Decoders();
let looking = true;
let damagedAt: i64 = -1;
const sounds = new StaticArray<Part>(SOUNDS);
/** Where each begins in the archive. */
const offsets = new StaticArray<i64>(SOUNDS);
let count: i32 = 0;

export function start(_generation: i32): void {
  requireBoard();
  showLed(Led.Blink);
  printBanner('sampler');
  jack.probe(JackSetting.Auto);
  jack.fillMs = FILL_MS;
  printJack(jack);
  for (let i = 0; i < SOUNDS; i++) sounds[i] = new Part();
  archive.open(disk);
  findSounds();
}

export function step(_events: i32): i64 {
  for (let key = nextKey(); key; key = nextKey()) helpKey(key, press(key), HELP);
  if (looking && consoleRoom() >= ROOM_BYTES) findSounds();
  output.pump();
  if (count) showLed(mixer.playing ? Led.On : Led.Blink);
  const due = min(jack.service(), min(serviceLed(), serviceConsole()));
  return looking && consoleRoom() >= ROOM_BYTES ? 0 : due;
}

/** False for keys that mean nothing here. */
function press(key: i32): bool {
  const sound = key >= 0x61 ? key - 0x61 + DIGITS : key - 0x31;
  if (sound < 0 || sound >= count || (key < 0x61 && key > 0x39)) return volumeKey(output, key);
  mixer.play(sounds[sound]);
  // The sound does not wait for a console that is busy.
  if (consoleRoom() >= ROOM_BYTES) name(sound);
  return true;
}

function name(sound: i32): void {
  header.of(disk, offsets[sound] - BLOCK, disk.size);
  names.open(header);
  if (names.next() !== Member.File) return;
  print('playing ');
  printName(names.name, names.nameBytes);
  endLine();
}

/** Lists what the archive holds, a piece in each step. */
function findSounds(): void {
  archive.budget = STEP_BUDGET;
  while (looking && count < SOUNDS) {
    const member = archive.next();
    if (member === Member.Paused) return;
    if (member === Member.Damaged || member === Member.Failed) damagedAt = archive.offset;
    // What begins with no header at all is no archive, unless something follows.
    if (damagedAt >= 0 && archive.found) explainDamage();
    if (member === Member.File) list();
    if (member === Member.End || member === Member.Failed) break;
  }
  looking = false;
  if (!count) printLine('no sounds: give WAV or QOA files in an archive, with mirleft run sampler --ramdisk FILE...');
}

function list(): void {
  const file = sounds[count];
  file.of(disk, archive.offset, archive.size);
  offsets[count] = archive.offset;
  const source = decoders.open(file);
  if (!count) mixer.rateHz = source.rateHz;
  const fit = source.error === SourceError.None && source.rateHz === mixer.rateHz;
  printByte(fit ? keyOf(count) : 0x2d);
  printByte(0x20);
  printName(archive.name, archive.nameBytes);
  if (fit) count++;
  else explain(source);
  endLine();
  if (fit && count === 1) output.play(mixer, 0);
}

function explainDamage(): void {
  print('- damaged member of the archive at byte ');
  printNumber(damagedAt);
  endLine();
  damagedAt = -1;
}

function keyOf(sound: i32): i32 {
  return sound < DIGITS ? 0x31 + sound : 0x61 + sound - DIGITS;
}

function explain(source: Source): void {
  print(' is not played: ');
  if (source.error !== SourceError.None) {
    print(sourceErrorText(source.error));
    print(' at byte ');
    printNumber(source.errorOffset);
  } else {
    printNumber(source.rateHz);
    print(' Hz, the first is ');
    printNumber(mixer.rateHz);
  }
}
