// The card as the player has it: found at start, perhaps lost and found again, and what is said about it.

import { BlockError, blockErrorCode, blockErrorText } from '../../drivers/block-device';
import { SdCard } from '../../drivers/sd-card';
import { endLine, print, printLine, printNumber } from '../console/console';
import { printName } from '../console/names';
import { beginRecord, endRecord, recordName, recordNumber, recordText } from '../console/records';
import { Entry } from '../storage/fat/entry';
import { File } from '../storage/fat/file';
import { FsError, fsErrorCode, fsErrorText } from '../storage/fat/fs-error';
import { Volume } from '../storage/fat/volume';
import { SETTINGS_NAME, SETTINGS_NAME_BYTES } from './boot-settings';
import { CardTracks } from './card-tracks';
import { Keeper } from './keeper';

export class Card {
  readonly device: SdCard = new SdCard();
  readonly volume: Volume = new Volume();
  readonly tracks: CardTracks = new CardTracks(this.volume);
  readonly keeper: Keeper = new Keeper(this.volume);
  /** Whether a file system is mounted. */
  isOpen: bool = false;
  /** The settings' file; 0 bytes long when there is none, or when it cannot be opened: `settingsError`, an FsError. */
  readonly settings: File = new File(this.volume);
  settingsError: i32 = FsError.None;
  private readonly entry: Entry = new Entry();

  /** Looks for a card, which is then to be mounted. 0 or a BlockError. */
  find(): i32 {
    this.isOpen = false;
    return this.device.open();
  }

  /** Mounts the card that was found. A BlockError, or 0: `isOpen`, else why not is `volume.sectors.error`. */
  mount(): i32 {
    this.isOpen = this.volume.mount(this.device) === 0;
    if (!this.isOpen) return this.volume.sectors.blockError;
    let failed = this.volume.lookUp(SETTINGS_NAME, SETTINGS_NAME_BYTES, this.entry);
    if (!failed) failed = this.settings.open(this.entry);
    this.settingsError = failed === FsError.NotFound ? FsError.None : failed;
    return BlockError.None;
  }

  /** Says which card there is, or with a BlockError why there is none. */
  print(failed: i32): void {
    const sectors = this.volume.sectors;
    if (failed || !this.isOpen) {
      print('card: ');
      printLine(failed ? blockErrorText(failed) : fsErrorText(sectors.error));
      if (!beginRecord('card')) return;
      recordText('code', failed ? blockErrorCode(failed) : fsErrorCode(sectors.error));
      endRecord();
      return;
    }
    const device = this.device;
    print('card: ');
    printNumber(device.sectors >> 11);
    print(' MiB on ');
    print(device.controllerName);
    print(', ');
    printNumber(device.busWidth);
    print(' bit at ');
    printNumber(device.clockHz / 1_000_000);
    print(' MHz, FAT');
    printNumber(this.volume.layout.bits);
    print(device.isWritable ? ' ' : ', write-protected ');
    printName(this.volume.label, this.volume.labelBytes);
    endLine();
    if (!beginRecord('card')) return;
    recordText('code', 'none');
    recordNumber('sectors', device.sectors);
    recordNumber('fatBits', this.volume.layout.bits);
    recordNumber('clusterBytes', this.volume.clusterBytes);
    recordName('label', this.volume.label, this.volume.labelBytes);
    endRecord();
  }
}
