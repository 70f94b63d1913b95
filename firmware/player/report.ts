// What the player says about tracks: one line for people, and the record for programs.

import { Jack } from '../../drivers/jack';
import { JackError } from '../../drivers/jack-state';
import { Output } from '../audio/output';
import { Source, SourceError, sourceErrorCode, sourceErrorText } from '../audio/source';
import { endLine, print, printByte, printLine, printNumber, printTime } from '../console/console';
import { printName } from '../console/names';
import { beginRecord, endRecord, recordHex, recordName, recordNumber, recordText } from '../console/records';
import { Endings } from './endings';

/** Console bytes that one track's line and record may need: a name of 255 bytes, six bytes each in JSON. */
export const REPORT_BYTES: i32 = 2048;

/** A track as it is named in reports: its number, how many there are (or `more`), and its name's bytes. */
export class TrackName {
  index: i32 = 0;
  count: i32 = 0;
  more: bool = false;
  ptr: usize = 0;
  length: i32 = 0;
}

function printWhich(track: TrackName): void {
  printNumber(track.index + 1);
  printByte(0x2f);
  printNumber(track.count);
  if (track.more) printByte(0x2b);
  printByte(0x20);
  printName(track.ptr, track.length);
}

/** A track begins. */
export function reportTrack(track: TrackName, source: Source): void {
  printWhich(track);
  print('  ');
  printNumber(source.rateHz);
  print(source.channels === 1 ? ' Hz mono ' : ' Hz stereo ');
  printTime(source.frames / source.rateHz);
  endLine();
  if (!beginRecord('track')) return;
  recordNumber('index', track.index);
  recordName('name', track.ptr, track.length);
  recordNumber('rateHz', source.rateHz);
  recordNumber('channels', source.channels);
  recordNumber('frames', source.frames);
  endRecord();
}

/** A track cannot be played, or not further; or, as a `warning`, it is odd and is played. */
export function reportProblem(track: TrackName, error: SourceError, offset: i64, warning: bool): void {
  printWhich(track);
  print(': ');
  print(sourceErrorText(error));
  print(' at byte ');
  printNumber(offset);
  endLine();
  if (!beginRecord(warning ? 'warning' : 'error')) return;
  recordNumber('index', track.index);
  recordName('name', track.ptr, track.length);
  recordText('code', sourceErrorCode(error));
  recordNumber('offset', offset);
  recordText('text', sourceErrorText(error));
  endRecord();
}

/** What a JackError means, for people. */
function jackErrorText(error: i32): string {
  if (error === JackError.Rate) return 'the jack has no such rate';
  if (error === JackError.Clock) return "the PWM's clock cannot be set";
  if (error === JackError.Engine) return 'the DMA engine does not answer';
  if (error === JackError.NoDevice) return 'there is no PWM1 here';
  return 'the jack is in use';
}

/** The jack cannot be opened for a track: `error` is a JackError. */
export function reportJack(track: TrackName, error: i32): void {
  printWhich(track);
  print(': the jack does not open: ');
  printLine(jackErrorText(error));
  if (!beginRecord('error')) return;
  recordNumber('index', track.index);
  recordName('name', track.ptr, track.length);
  recordText('code', 'jack');
  recordText('text', jackErrorText(error));
  recordNumber('jackError', error);
  endRecord();
}

/** The jack was opened. */
export function reportOpening(jack: Jack): void {
  if (!beginRecord('jack')) return;
  recordNumber('rateHz', jack.rateHz);
  recordNumber('range', jack.range);
  recordNumber('repeat', jack.repeat);
  endRecord();
}

/** Where a track goes on, or stands; as a record also how much of it was appended until there. */
export function reportPlace(text: string, track: TrackName, source: Source, output: Output): void {
  print(text);
  printTime(source.position / source.rateHz);
  print(' of ');
  printTime(source.frames / source.rateHz);
  endLine();
  if (!beginRecord('place')) return;
  recordNumber('index', track.index);
  recordNumber('frame', source.position);
  recordNumber('appended', output.appended);
  recordNumber('paused', output.paused ? 1 : 0);
  endRecord();
}

/** The last frame of a track was heard: the first of `endings`. */
export function reportEnd(endings: Endings): void {
  if (!beginRecord('end')) return;
  recordNumber('index', endings.index);
  recordNumber('frames', endings.frames);
  if (endings.summed) recordHex('pcmCrc32', endings.sum, 8);
  endRecord();
}

/** A record with one number. */
export function reportNumber(event: string, name: string, value: i64): void {
  if (!beginRecord(event)) return;
  recordNumber(name, value);
  endRecord();
}
