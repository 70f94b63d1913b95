// QEMU's command line for one run.

import { RAM_DISK } from '../../boot/memory-map.js';
import { MACHINE } from './find.js';
import { MEMORY_BYTES } from './memory.js';

export interface MachineOptions {
  /** A flat image, entered at 0x80000 in EL2; or an ELF file, entered in EL3. */
  kernel: string;
  /** A file to lie in the RAM disk's region. */
  ramDisk?: string | undefined;
  /** Virtual time that counts instructions, 1 ns each: the same run every time. Waiting takes no real time. */
  deterministic?: boolean | undefined;
  /** A file to be the machine's memory. */
  memory?: string | undefined;
  /** Further arguments of QEMU. */
  extra?: string[] | undefined;
}

/** In a value of QEMU's `key=value,…` options a comma is doubled. */
export const quoteOption = (value: string): string => value.replaceAll(',', ',,');

const sharedMemory = (file: string): string[] => [
  ...['-object', `memory-backend-file,id=ram0,size=${MEMORY_BYTES},mem-path=${quoteOption(file)},share=on`],
  ...['-machine', 'memory-backend=ram0'],
];

/** The console is QEMU's stdin and stdout; a guest that resets ends QEMU. */
export function machineArguments(options: MachineOptions): string[] {
  return [
    ...['-M', MACHINE, '-kernel', options.kernel],
    ...(options.memory === undefined ? [] : sharedMemory(options.memory)),
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-monitor', 'none', '-no-reboot'],
    ...['-chardev', 'stdio,id=console,signal=off', '-serial', 'chardev:console'],
    ...['-semihosting-config', 'enable=on,target=native'],
    ...(options.ramDisk === undefined
      ? []
      : ['-device', `loader,file=${quoteOption(options.ramDisk)},addr=0x${RAM_DISK.toString(16)},force-raw=on`]),
    ...(options.deterministic ? ['-icount', 'shift=0,sleep=off'] : []),
    ...(options.extra ?? []),
  ];
}
