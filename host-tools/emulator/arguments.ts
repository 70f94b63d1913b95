// QEMU's command line for one run.

import path from 'node:path';
import { RAM_DISK } from '../../boot/memory-map.js';
import { MACHINE } from './find.js';
import { MEMORY_BYTES } from './memory.js';

export interface MachineOptions {
  /** A flat image, entered at 0x80000 in EL2; or an ELF file, entered in EL3. */
  kernel: string;
  /** A file to lie in the RAM disk's region. */
  ramDisk?: string | undefined;
  /** The image of an SD card in the slot; its size is a power of two, and what the guest writes goes into it. */
  card?: string | undefined;
  /** The controller that the slot is wired to; default: EMMC2, as on a board. */
  cardSlot?: 'emmc2' | 'emmc1' | undefined;
  /** Leaves the card's image as it is: what is written goes with the run. */
  cardSnapshot?: boolean | undefined;
  /** Virtual time that counts instructions, 1 ns each: the same run every time. Waiting takes no real time. */
  deterministic?: boolean | undefined;
  /** A file to be the machine's memory. */
  memory?: string | undefined;
  /** A guest that resets the board begins anew, with its memory as it was and the same kernel; default: it ends QEMU. */
  resets?: boolean | undefined;
  /** Nobody answers semihosting, as on a board without a debugger: QEMU's status is then 0 however the guest ends. */
  undebugged?: boolean | undefined;
  /** The descriptor, a connected socket, on which QEMU tells its events. */
  events?: number | undefined;
  /** Further arguments of QEMU. */
  extra?: string[] | undefined;
}

/** In a value of QEMU's `key=value,…` options a comma is doubled. */
export const quoteOption = (value: string): string => value.replaceAll(',', ',,');

const sharedMemory = (file: string): string[] => [
  ...['-object', `memory-backend-file,id=ram0,size=${MEMORY_BYTES},mem-path=${quoteOption(file)},share=on`],
  ...['-machine', 'memory-backend=ram0'],
];

/** QEMU wires the board's slot to EMMC1; on EMMC2 a card is a device of its own. */
function cardArguments({ card, cardSlot, cardSnapshot }: MachineOptions): string[] {
  if (card === undefined) return [];
  // A relative name with a colon would be taken for a protocol.
  const file = quoteOption(path.resolve(card));
  const drive = `format=raw,file=${file}${cardSnapshot ? ',snapshot=on' : ''}`;
  if (cardSlot === 'emmc1') return ['-drive', `if=sd,${drive}`];
  const bus = 'main-system-bus/generic-sdhci/sd-bus';
  return ['-drive', `id=card,if=none,${drive}`, '-device', `sd-card,drive=card,bus=${bus}`];
}

const eventArguments = (descriptor: number): string[] => [
  ...['-chardev', `socket,id=events,fd=${descriptor}`],
  ...['-mon', 'chardev=events,mode=control'],
];

/** Has a file lie in memory at an address. */
export const loaderArguments = (file: string, address: number): string[] => [
  ...['-device', `loader,file=${quoteOption(file)},addr=0x${address.toString(16)},force-raw=on`],
];

/** The console is QEMU's stdin and stdout. */
export function machineArguments(options: MachineOptions): string[] {
  return [
    ...['-M', MACHINE, '-kernel', options.kernel],
    ...(options.memory === undefined ? [] : sharedMemory(options.memory)),
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-monitor', 'none'],
    ...(options.resets ? [] : ['-no-reboot']),
    ...['-chardev', 'stdio,id=console,signal=off', '-serial', 'chardev:console'],
    ...(options.undebugged ? [] : ['-semihosting-config', 'enable=on,target=native']),
    ...(options.events === undefined ? [] : eventArguments(options.events)),
    ...(options.ramDisk === undefined ? [] : loaderArguments(options.ramDisk, RAM_DISK)),
    ...cardArguments(options),
    ...(options.deterministic ? ['-icount', 'shift=0,sleep=off'] : []),
    ...(options.extra ?? []),
  ];
}
