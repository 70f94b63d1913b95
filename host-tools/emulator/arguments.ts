// QEMU's command line for one run.

import { RAM_DISK } from '../../boot/memory-map.js';
import { MACHINE } from './find.js';

export interface MachineOptions {
  /** A flat image, entered at 0x80000 in EL2; or an ELF file, entered in EL3. */
  kernel: string;
  /** A file to lie in the RAM disk's region. */
  ramDisk?: string | undefined;
  /** Virtual time that counts instructions, 1 ns each: the same run every time. Waiting takes no real time. */
  deterministic?: boolean | undefined;
  /** The FIFO or file that receives the log of the words. */
  log?: string | undefined;
  /** Further arguments of QEMU. */
  extra?: string[] | undefined;
}

/** In a value of QEMU's `key=value,…` options a comma is doubled. */
export const quoteOption = (value: string): string => value.replaceAll(',', ',,');

/** The console is QEMU's stdin and stdout; a guest that resets ends QEMU. */
export function machineArguments(options: MachineOptions): string[] {
  return [
    ...['-M', MACHINE, '-kernel', options.kernel],
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-monitor', 'none', '-no-reboot'],
    ...['-chardev', 'stdio,id=console,signal=off', '-serial', 'chardev:console'],
    ...['-semihosting-config', 'enable=on,target=native'],
    ...(options.ramDisk === undefined
      ? []
      : ['-device', `loader,file=${quoteOption(options.ramDisk)},addr=0x${RAM_DISK.toString(16)},force-raw=on`]),
    ...(options.deterministic ? ['-icount', 'shift=0,sleep=off'] : []),
    ...(options.log === undefined ? [] : ['-d', 'unimp', '-D', options.log]),
    ...(options.extra ?? []),
  ];
}
