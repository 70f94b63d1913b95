// Serial adapters that are plugged in, and the rate that was found to work with each.

import fs from 'node:fs';
import path from 'node:path';
import { cacheFolder } from '../build/library.js';
import { makeFolder } from '../folder.js';

export interface Adapter {
  /** The port's path. */
  readonly path: string;
  /** Vendor, product and serial number, as far as it tells them. */
  readonly id: string;
  /** For people. */
  readonly name: string;
}

const SYS = '/sys/class/tty';
/** From a port's device up to the USB device that has its numbers. */
const UP = 4;

const readText = (file: string): string | undefined => {
  try {
    return fs.readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
};

/** Linux: what /sys tells of a port; undefined where it is none of USB. */
function adapterOf(name: string): Adapter | undefined {
  let folder: string;
  try {
    folder = fs.realpathSync(path.join(SYS, name, 'device'));
  } catch {
    return undefined;
  }
  for (let i = 0; i < UP; i++, folder = path.dirname(folder)) {
    const vendor = readText(path.join(folder, 'idVendor'));
    if (vendor === undefined) continue;
    const product = readText(path.join(folder, 'idProduct')) ?? '';
    const serial = readText(path.join(folder, 'serial')) ?? '';
    const made = [readText(path.join(folder, 'manufacturer')), readText(path.join(folder, 'product'))];
    return {
      path: `/dev/${name}`,
      id: `${vendor}:${product}:${serial}`,
      name: made.filter(Boolean).join(' ') || `${vendor}:${product}`,
    };
  }
  return undefined;
}

/** The USB adapters that are plugged in. */
export async function findAdapters(): Promise<Adapter[]> {
  if (process.platform === 'linux') {
    const names = fs.existsSync(SYS) ? fs.readdirSync(SYS).filter((name) => /^tty(USB|ACM)\d/.test(name)) : [];
    return names.flatMap((name) => adapterOf(name) ?? []);
  }
  const { SerialPort } = await import('serialport');
  const ports = await SerialPort.list();
  return ports
    .filter(({ vendorId }) => vendorId !== undefined)
    .map(({ path: at, vendorId, productId = '', serialNumber = '', manufacturer }) => ({
      path: at,
      id: `${vendorId ?? ''}:${productId}:${serialNumber}`,
      name: manufacturer ?? at,
    }));
}

const memoryFile = (): string => path.join(cacheFolder(), 'adapters.json');

function readMemory(): Record<string, number> {
  try {
    const read: unknown = JSON.parse(fs.readFileSync(memoryFile(), 'utf8'));
    if (typeof read !== 'object' || read === null) return {};
    return Object.fromEntries(Object.entries(read).filter(([, baud]) => Number.isInteger(baud))) as Record<
      string,
      number
    >;
  } catch {
    return {}; // never written, or not by this program
  }
}

/** The rate that worked with an adapter the last time, in bit/s. */
export const rememberedBaud = (id: string): number | undefined => readMemory()[id];

/** Remembers it; what cannot be written is found out again. */
export function rememberBaud(id: string, baud: number): void {
  const memory = readMemory();
  if (memory[id] === baud) return;
  const file = memoryFile();
  const scratch = `${file}.${process.pid}`;
  try {
    makeFolder(path.dirname(file));
    fs.writeFileSync(scratch, `${JSON.stringify({ ...memory, [id]: baud }, null, 2)}\n`);
    fs.renameSync(scratch, file);
  } catch {
    fs.rmSync(scratch, { force: true });
  }
}
