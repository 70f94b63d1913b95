// mirleft flash IMAGE DEVICE

import type { Command } from 'commander';
import { BlockDevices } from '../card/block-devices.js';
import { FileSource } from '../card/byte-source.js';
import { flash, FLASH_SCHEMA, type FlashReport } from '../card/flash.js';
import { planFlash, type FlashPlan } from '../card/flash-plan.js';
import { checkSame, flashableDevice, objection, type FlashConsent } from '../card/flash-policy.js';
import { openDeviceTarget, openFileTarget, type FlashTarget } from '../card/flash-target.js';
import { Problem } from '../problem.js';
import { confirm } from './confirm.js';
import { Status } from './render-errors.js';
import { deviceLines, FlashView } from './render-flash.js';
import { print, printErrors } from './render-json.js';
import { styleText } from './render-style.js';
import { onInterrupt } from './render-terminal.js';
import { sizeText } from './render-text.js';

interface Flags {
  to?: string;
  yes?: true;
  force?: true;
  serial?: string;
  list?: true;
  json?: true;
}

const HELP = `
Only blocks that are in use are written: the partition table, the FATs, folders and files. Everything is then read back from
the card, not from this system's cache, and compared; the block that makes it boot is written last of all.

DEVICE is a whole device (/dev/sdb, not /dev/sdb1) that is removable, unmounted and no part of the running system. Another
one is written only with --force and its --serial number; the disk that the system is on never. Writing to devices takes
Linux and root; elsewhere Raspberry Pi Imager or dd write the image.
Exit status: 0, 1 when something failed or differs, 2 for wrong options, 130 after Ctrl-C, which leaves a card that does not
boot until the command is given again.

Examples:
  mirleft flash --list                       the devices that can be written
  sudo mirleft flash card.img /dev/sdb       asks before it writes
  sudo mirleft flash card.img /dev/sdb --yes
  mirleft flash card.img --to copy.img       the same into a file, to try it`;

export function register(program: Command): void {
  program
    .command('flash')
    .summary('write an image to a card, and compare')
    .description('Writes the used blocks of an image to a card, reads them back and compares.')
    .argument('[image]', 'the image')
    .argument('[device]', 'the device that the card is in')
    .option('--to <file>', 'write to a file that is made, instead of a device')
    .option('-y, --yes', 'do not ask')
    .option(
      '--force',
      'also a device that is not removable, or in use; replace the file of --to; write what seems no image',
    )
    .option('--serial <number>', "the device's serial number, which --force needs")
    .option('-l, --list', 'the devices that can be written')
    .option('-j, --json', 'the report as JSON on stdout, and nothing else there')
    .addHelpText('after', HELP)
    .action(async (image: string | undefined, device: string | undefined, flags: Flags) => {
      if (flags.list) listDevices(flags.json ?? false);
      else process.exitCode = await run(image, device, flags);
    });
}

function listDevices(isJson: boolean): void {
  if (process.platform !== 'linux')
    throw new Problem('usage', 'devices are listed on Linux only', { hint: 'Raspberry Pi Imager shows them' });
  const devices = new BlockDevices().candidates();
  if (isJson) {
    print({ schema: FLASH_SCHEMA, devices, errors: [] });
    return;
  }
  const lines = devices.flatMap(deviceLines);
  process.stdout.write(lines.length > 0 ? `${lines.join('\n')}\n` : 'there is no removable device\n');
}

async function run(image: string | undefined, device: string | undefined, flags: Flags): Promise<Status> {
  if (image === undefined || (device === undefined) === (flags.to === undefined))
    throw new Problem(
      'usage',
      image === undefined ? 'an image is missing' : 'a device or --to is wanted, one of them',
      {
        hint: 'mirleft flash --help tells what it takes',
      },
    );
  try {
    const report = await write(image, device, flags);
    if (flags.json) print({ ...report, errors: [] });
    return report.interrupted ? Status.Interrupted : Status.Fine;
  } catch (error) {
    if (flags.json) printErrors(FLASH_SCHEMA, error);
    throw error;
  }
}

async function write(image: string, device: string | undefined, flags: Flags): Promise<FlashReport> {
  const source = FileSource.open(image);
  let plan: FlashPlan;
  try {
    plan = planFlash(source, flags.force);
  } finally {
    source.close();
  }
  const view = new FlashView();
  const ending = new AbortController();
  const interrupts = onInterrupt(() => ending.abort());
  let target: FlashTarget | undefined;
  try {
    if (plan.whole !== undefined)
      view.status.line(`${styleText('yellow', 'note:')} ${image} is written whole: ${plan.whole}`);
    target =
      device === undefined
        ? await openFileTarget(flags.to ?? '', image, flags.force ?? false)
        : await openDevice(device, plan, flags, view, ending);
    const flashing = flash({ image, plan, target, signal: ending.signal });
    for (;;) {
      const { done, value } = await flashing.next();
      if (!done) {
        view.show(value);
        continue;
      }
      view.finish(value, device !== undefined);
      return value;
    }
  } finally {
    view.status.clear();
    await target?.close();
    interrupts.undo();
  }
}

async function openDevice(
  device: string,
  plan: FlashPlan,
  flags: Flags,
  view: FlashView,
  ending: AbortController,
): Promise<FlashTarget> {
  const consent: FlashConsent = { force: flags.force, serial: flags.serial };
  const found = flashableDevice(device, plan.neededBytes, consent);
  const over = objection(found);
  if (over) view.status.line(`${styleText('yellow', 'note:')} ${device} ${over.message}`);
  if (!flags.yes) {
    view.status.line(deviceLines(found).join('\n'));
    await confirm(`All that is on it will be lost. Write ${sizeText(plan.usedBytes)} to ${found.path}?`, ending);
  }
  // Time has passed: it is looked at again.
  const again = flashableDevice(device, plan.neededBytes, consent);
  checkSame(found, again);
  return openDeviceTarget(again, objection(again)?.isUse ?? false);
}
