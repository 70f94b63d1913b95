// What the VideoCore and then the ARM start from: config.txt, the VideoCore's own files, the device tree, the kernel.

import { KERNEL } from '../../boot/memory-map.js';
import {
  CONFIG,
  kernelSetting,
  LONGEST_LINE,
  numberFor,
  readBootConfig,
  startFiles,
  type BootConfig,
  type ConfigLine,
} from './boot-config.js';
import { findFile, type CardEntry } from './card-files.js';
import { guarded, type Tell } from './check-report.js';
import { readOurKernel, readWholeKernel, unpackKernel } from './kernel-image.js';
import { DEVICE_TREE, firmwareBuild, fixupTarget } from './videocore.js';

const TAKE_PAIR = 'take both from the same release of the firmware, as they are';
const FULL_PAIR = { start: 'start4.elf', fixup: 'fixup4.dat' };
/** Larger files are none of those that are read whole here. */
const MOST_BYTES = 64 << 20;
const DEVICE_TREE_MAGIC = 0xd00dfeed;
/** Of a Linux kernel, at 0x38. */
const LINUX_MAGIC = 'ARMd';

export interface BootFacts {
  firmwareDate: string | undefined;
  buildId: string | undefined;
  config: BootConfig | undefined;
}

/** Tells what is wrong, and what is there. */
export function checkBoot(root: CardEntry, tell: Tell): BootFacts {
  const facts: BootFacts = { firmwareDate: undefined, buildId: undefined, config: undefined };
  const config = guarded(tell, 'broken-file', 'boot', CONFIG, () => readBootConfig(root));
  if (!config) return facts;
  facts.config = config;
  const check = new BootCheck(root, config, tell);
  check.config();
  facts.firmwareDate = check.videoCore();
  check.deviceTree();
  facts.buildId = check.kernel();
  check.ramFile();
  return facts;
}

class BootCheck {
  constructor(
    private readonly root: CardEntry,
    private readonly boot: BootConfig,
    private readonly tell: Tell,
  ) {}

  config(): void {
    const { boot, tell } = this;
    if (!boot.isThere) {
      tell('boot', 'no-config', CONFIG, 'is missing', 'mirleft image and mirleft card write one');
      return;
    }
    if (this.read(CONFIG)?.includes(0)) {
      tell('boot', 'config-not-text', CONFIG, 'is no plain text', 'save it as ASCII or UTF-8, not as UTF-16');
      return;
    }
    const each = (lines: ConfigLine[], say: (where: string, text: string) => void): void =>
      lines.forEach(({ file, line, text }) => say(`${file}, line ${line}`, text.trim()));
    each(boot.long, (where) =>
      tell('note', 'config-line-too-long', where, `goes on behind ${LONGEST_LINE} characters, where it is not read`),
    );
    each(boot.foreign, (where) => tell('note', 'config-not-ascii', where, 'has characters that are not ASCII'));
    each(boot.unjudged, (where, text) =>
      tell(
        'note',
        'config-condition',
        where,
        `"${text}" holds only for some boards or screens, and is not judged here`,
      ),
    );
    each(boot.missing, (where, text) => tell('note', 'config-include', where, `"${text}" leads to no file`));
    const delay = numberFor(boot, 'boot_delay', 1);
    if (delay > 0)
      tell('note', 'boot-delay', CONFIG, `lets the Pi wait ${delay} s before it starts`, 'add the line boot_delay=0');
  }

  /** The start and the fixup file; when the firmware was built. */
  videoCore(): string | undefined {
    const { tell } = this;
    const { start, fixup, cutDown } = startFiles(this.boot);
    const [startBytes, fixupBytes] = [this.read(start), this.read(fixup)];
    const because = cutDown ? ' (gpu_mem asks for the cut-down firmware)' : '';
    if (!startBytes && !fixupBytes) {
      const what = `${start} and ${fixup} are missing${because}: only the emulator boots this card`;
      tell(
        'boot',
        'no-videocore-files',
        undefined,
        what,
        'mirleft image fetches them; --firmware DIR takes them from a folder',
      );
      return undefined;
    }
    if (cutDown && !(this.find(FULL_PAIR.start) && this.find(FULL_PAIR.fixup)))
      // raspberrypi/firmware#1809: with gpu_mem=16 a board did not start without them.
      tell(
        'note',
        'no-full-pair',
        undefined,
        `${FULL_PAIR.start} and ${FULL_PAIR.fixup} are missing: it is told of some boards that they want them all the same`,
        'put them beside the cut-down pair',
      );
    if (!startBytes) tell('boot', 'no-start-file', start, `is missing, and ${fixup} is there${because}`, TAKE_PAIR);
    if (!fixupBytes) tell('boot', 'no-fixup-file', fixup, `is missing, and ${start} is there${because}`, TAKE_PAIR);
    if (!startBytes) return undefined;
    if (startBytes.toString('latin1', 0, 4) !== '\x7fELF')
      tell('boot', 'bad-start-file', start, 'is no firmware of the VideoCore', TAKE_PAIR);
    else if (fixupBytes) this.pair(start, startBytes, fixup, fixupBytes);
    return firmwareBuild(startBytes).date;
  }

  private pair(start: string, startBytes: Buffer, fixup: string, fixupBytes: Buffer): void {
    const target = fixupTarget(fixupBytes);
    if (target === undefined) this.tell('boot', 'unpaired', fixup, 'is no fixup file of the VideoCore', TAKE_PAIR);
    else if (target !== startBytes.length) {
      const what = `belongs to a ${start} of ${target} bytes, and that one has ${startBytes.length}`;
      this.tell('boot', 'unpaired', fixup, what, TAKE_PAIR);
    }
  }

  deviceTree(): void {
    const { tell, boot } = this;
    const name = boot.values.get('device_tree') ?? DEVICE_TREE;
    const tree = name === '' ? undefined : this.read(name);
    const gic = boot.values.get('enable_gic');
    if (gic === '0')
      tell('sound', 'no-gic', CONFIG, 'turns off the interrupt controller that the player uses', 'set enable_gic=1');
    if (tree && (tree.length < 4 || tree.readUInt32BE(0) !== DEVICE_TREE_MAGIC))
      tell('sound', 'bad-device-tree', name, 'is no device tree', 'take it from the same release as start4.elf');
    if (tree) return;
    const fix = `put ${DEVICE_TREE} there (mirleft image --device-tree)`;
    if (gic === undefined)
      tell('sound', 'no-device-tree', name, 'is missing, and enable_gic is not set: circle#120 had no sound so', fix);
    else
      tell('note', 'no-device-tree', name, 'is missing; enable_gic is set, which is what the player needs of it', fix);
  }

  /** The kernel; its build id if it is ours. */
  kernel(): string | undefined {
    const { tell } = this;
    const { name, address, is64Bit, isSaid } = kernelSetting(this.boot);
    if (!is64Bit) tell('boot', 'arm-64bit', CONFIG, 'starts the ARM with 32 bits', 'set arm_64bit=1');
    else if (this.boot.isThere && !isSaid)
      tell('note', 'arm-64bit', CONFIG, 'does not say arm_64bit=1: older firmware starts the ARM with 32 bits then');
    const file = this.find(name);
    if (!file || file.bytes === 0) {
      tell('boot', 'no-kernel', name, file ? 'is empty' : 'is missing', 'mirleft image and mirleft card put it there');
      return undefined;
    }
    const packed = this.read(name);
    if (!packed) return undefined;
    const bytes = unpackKernel(packed);
    if (!bytes) {
      tell('boot', 'bad-kernel', name, 'is packed with gzip, and is broken or too large unpacked', 'copy it again');
      return undefined;
    }
    const ours = readOurKernel(bytes);
    if (!ours) {
      const what =
        bytes.toString('latin1', 0x38, 0x3c) === LINUX_MAGIC ? 'is a Linux kernel' : 'is no kernel of Mirleft';
      tell('note', 'other-kernel', name, `${what}: what it needs is not known here`);
    } else if (address !== KERNEL) {
      const hex = (value: number): string => (Number.isNaN(value) ? 'nowhere' : `0x${value.toString(16)}`);
      const what = `is loaded to ${hex(address)}, and was linked for ${hex(KERNEL)}`;
      tell('boot', 'kernel-address', name, what, `set kernel_address=${hex(KERNEL)} in ${CONFIG}`);
    } else if (!readWholeKernel(bytes))
      tell('boot', 'bad-kernel', name, 'is damaged: cut off, or another file than the one that boots', 'copy it again');
    return ours?.buildId;
  }

  ramFile(): void {
    for (const name of this.boot.ramFile?.files ?? [])
      if (!this.find(name)) this.tell('sound', 'no-ram-file', name, `is missing, and ${CONFIG} loads it`);
  }

  private find(name: string): CardEntry | undefined {
    return guarded(this.tell, 'broken-folder', 'boot', name, () => findFile(this.root, name));
  }

  /** A file whole; undefined when it is not there, or cannot be read, which is told. */
  private read(name: string): Buffer | undefined {
    return guarded(this.tell, 'broken-file', 'boot', name, () => {
      const file = findFile(this.root, name);
      return file?.read(0, MOST_BYTES);
    });
  }
}
