// Which devices may be overwritten: a removable one that nobody uses. Anything else only by its serial number, and a
// disk that the system lives on never.

import { Problem } from '../problem.js';
import { BlockDevices, type BlockDevice } from './block-devices.js';

export interface FlashConsent {
  /** Other devices than removable ones that nobody uses. */
  force?: boolean | undefined;
  /** The device's, to show that this one is meant. */
  serial?: string | undefined;
}

/** What speaks against a device, and can be overridden. */
export interface Objection {
  message: string;
  hint?: string;
  /** Whether it is that somebody uses the device. */
  isUse: boolean;
}

/** Why it would not be written without force; undefined when it may be. */
export function objection(device: BlockDevice): Objection | undefined {
  const mounted = device.parts.filter(({ mounts }) => mounts.length > 0);
  if (mounted.length > 0)
    return {
      message: `is mounted (${mounted.flatMap(({ mounts }) => mounts).join(', ')})`,
      hint: `unmount it first: ${mounted.map((part) => `umount ${part.path}`).join('; ')}`,
      isUse: true,
    };
  const swap = device.parts.find(({ isSwap }) => isSwap);
  if (swap) return { message: 'is used for swap', hint: `end that first: swapoff ${swap.path}`, isUse: true };
  const holders = device.parts.flatMap((part) => part.holders);
  if (holders.length > 0)
    return { message: `is in use by ${holders.join(', ')} (LVM, RAID or encryption)`, isUse: true };
  if (device.isRemovable) return undefined;
  const { serial } = device;
  return {
    message: 'is no removable device',
    isUse: false,
    ...(serial === undefined ? {} : { hint: `--force --serial ${serial} writes it all the same` }),
  };
}

/** Why the device is not written, or undefined. `bytes` is how many it has to have. */
export function refusal(device: BlockDevice, bytes: number, consent: FlashConsent = {}): Problem | undefined {
  const refuse = (message: string, hint?: string): Problem =>
    new Problem('unsafe-device', message, { file: device.path, hint });
  if (device.isSystem)
    return refuse('holds the running system, and is never written', 'mirleft flash --list shows what can be');
  if (device.mayBeSystem)
    return refuse(
      'may hold the running system, whose disk cannot be told here, and is never written',
      'mirleft flash --list shows what can be',
    );
  if (device.bytes === 0) return refuse('has no card in it', 'put one in');
  if (device.isReadOnly) return refuse('is write-protected', 'mind the slide at the side of the card');
  if (device.bytes < bytes)
    return new Problem('no-room', `has ${device.bytes} bytes, and the image needs ${bytes}`, {
      file: device.path,
      hint: 'take a larger card, or a smaller image',
    });
  const { force = false, serial } = consent;
  if (serial !== undefined && serial !== device.serial)
    return refuse(
      device.serial === undefined ? 'tells no serial number' : `has the serial number ${device.serial}, not ${serial}`,
      'look again which device is meant',
    );
  const against = objection(device);
  if (!against) return undefined;
  if (!force) return refuse(against.message, against.hint);
  if (device.serial === undefined) return refuse(`${against.message}, and tells no serial number to name it by`);
  if (serial === undefined)
    return refuse(`${against.message}, and --force needs to know that it is the right one`, 'add --serial NUMBER');
  return undefined;
}

/** The device at a path, looked at now. Throws Problem when it is none, or must not be written. */
export function flashableDevice(file: string, bytes: number, consent: FlashConsent): BlockDevice {
  if (process.platform !== 'linux')
    throw new Problem('unsafe-device', 'devices are written on Linux only', {
      file,
      hint: 'Raspberry Pi Imager writes the image ("Use custom"), and so does dd',
    });
  const device = new BlockDevices().at(file);
  const refused = refusal(device, bytes, consent);
  if (refused) throw refused;
  return device;
}

/** What is at a path is not what was there before. */
export const otherDevice = ({ path }: BlockDevice): Problem =>
  new Problem('unsafe-device', 'is another device, or has another card, than a moment ago', {
    file: path,
    hint: 'look again which one is meant',
  });

/** Throws Problem unless both are the same device with the same card, as far as these tell. */
export function checkSame(shown: BlockDevice, now: BlockDevice): void {
  if (shown.number !== now.number || shown.serial !== now.serial || shown.bytes !== now.bytes) throw otherDevice(now);
}
