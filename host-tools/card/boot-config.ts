// What config.txt means to the VideoCore of a Pi 4: its lines, filters and includes read as the firmware reads them.
// Source: Raspberry Pi documentation, config_txt (what_is_config_txt, boot, memory, conditional).

import { findFile, type CardEntry } from './card-files.js';

export const CONFIG = 'config.txt';
/** Characters of a line; the firmware ignores those behind. */
export const LONGEST_LINE = 98;
/** Larger is no text that people write. */
const LARGEST_CONFIG = 1 << 20;
const DEEPEST_INCLUDE = 8;
/** A Pi with less takes the cut-down firmware. */
const CUT_DOWN_BELOW_MIB = 32;
const KERNEL_64 = 'kernel8.img';
const KERNEL_32 = 'kernel7l.img';
const DEFAULT_ADDRESS_64 = 0x200000;
const DEFAULT_ADDRESS_32 = 0x8000;
/** Models of the family: what is meant for one of the others may be meant for this board all the same. */
const OURS = new Set(['pi4']);
const MODEL = /^(?:pi\d.*|cm\d.*|board-type=.*)$/;

export interface ConfigLine {
  file: string;
  /** From 1. */
  line: number;
  text: string;
}

/** A file that is copied into memory before the kernel starts. */
export interface RamFile {
  /** As the card has them; several become one. */
  files: string[];
  /** Undefined: the firmware chooses. */
  address: number | undefined;
}

export interface BootConfig {
  isThere: boolean;
  /** The last value of each key that holds on a Pi 4, by its name in small letters. */
  values: Map<string, string>;
  ramFile: RamFile | undefined;
  /** Lines that are cut off, that are not ASCII, and those whose filter nobody here can judge. */
  long: ConfigLine[];
  foreign: ConfigLine[];
  unjudged: ConfigLine[];
  /** Includes that lead nowhere. */
  missing: ConfigLine[];
}

/** Reads config.txt and what it includes. Throws Problem when the card cannot be read. */
export function readBootConfig(root: CardEntry): BootConfig {
  const config: BootConfig = {
    ...{ isThere: false, values: new Map(), ramFile: undefined },
    ...{ long: [], foreign: [], unjudged: [], missing: [] },
  };
  const file = findFile(root, CONFIG);
  if (file) {
    config.isThere = true;
    new ConfigReader(root, config).read(file, CONFIG, 0);
  }
  return config;
}

/** Whether a filter holds; undefined when that depends on what is not on the card. */
function filterHolds(filter: string): boolean | undefined {
  if (OURS.has(filter) || filter === 'board-type=0x11') return true;
  if (MODEL.test(filter) || filter === 'none' || filter === 'tryboot') return false;
  return undefined;
}

class ConfigReader {
  /** By kind: filters of one kind replace each other, those of several all have to hold. */
  private filters = new Map<string, boolean | undefined>();
  private ramAddress: string | undefined;

  constructor(
    private readonly root: CardEntry,
    private readonly config: BootConfig,
  ) {}

  read(file: CardEntry, name: string, depth: number): void {
    const lines = file.read(0, LARGEST_CONFIG).toString('latin1').split(/\r?\n/);
    for (const [index, text] of lines.entries()) this.take({ file: name, line: index + 1, text }, depth);
  }

  private take(line: ConfigLine, depth: number): void {
    const { config } = this;
    const whole = line.text.trim();
    if (whole === '' || whole.startsWith('#')) return;
    if (line.text.trimEnd().length > LONGEST_LINE) config.long.push(line);
    if (/[^\t\x20-\x7e]/.test(whole)) config.foreign.push(line);
    const text = line.text.slice(0, LONGEST_LINE).trim();
    const filter = /^\[([^\]]*)\]$/.exec(text)?.[1]?.trim();
    if (filter !== undefined) this.filter(filter.toLowerCase());
    else this.setting(text, line, depth);
  }

  private filter(filter: string): void {
    if (filter === 'all') this.filters.clear();
    else {
      const kind = MODEL.test(filter) || filter === 'none' ? 'model' : (/^[a-z]+|^0x/.exec(filter)?.[0] ?? filter);
      this.filters.set(kind, filterHolds(filter));
    }
  }

  private setting(text: string, line: ConfigLine, depth: number): void {
    const holds = [...this.filters.values()];
    if (holds.includes(false)) return;
    if (holds.includes(undefined)) {
      this.config.unjudged.push(line);
      return;
    }
    const [, word = '', rest = ''] = /^(\w+)\s+(\S.*)$/.exec(text) ?? [];
    if (word.toLowerCase() === 'include') this.include(rest, line, depth);
    else if (word.toLowerCase() === 'initramfs') {
      const [files = '', address] = rest.split(/\s+/);
      this.ramFile(files, address);
    } else {
      const at = text.indexOf('=');
      if (at > 0) this.assign(text.slice(0, at).trim().toLowerCase(), text.slice(at + 1).trim());
    }
  }

  private assign(key: string, value: string): void {
    this.config.values.set(key, value);
    if (key === 'ramfsaddr') this.ramAddress = value;
    if (key !== 'ramfsfile' && key !== 'ramfsaddr') return;
    const files = this.config.values.get('ramfsfile');
    if (files !== undefined) this.ramFile(files, this.ramAddress);
  }

  private ramFile(files: string, address: string | undefined): void {
    const value = address === undefined || address === 'followkernel' ? 0 : numberOf(address);
    this.config.ramFile = { files: files.split(',').filter(Boolean), address: value || undefined };
  }

  private include(name: string, line: ConfigLine, depth: number): void {
    const file = depth < DEEPEST_INCLUDE ? findFile(this.root, name) : undefined;
    if (file) this.read(file, name, depth + 1);
    else this.config.missing.push(line);
  }
}

/** Of a value: decimal, or hexadecimal with 0x. NaN when it is none. */
const numberOf = (text: string): number => (/^(?:\d+|0x[\da-f]+)$/i.test(text) ? Number(text) : NaN);

/** The number that a key has, or another one where it has none. */
export function numberFor(config: BootConfig, key: string, otherwise: number): number {
  const value = config.values.get(key);
  return value === undefined ? otherwise : numberOf(value);
}

/** The start file and its fixup file that a Pi 4 loads. */
export function startFiles(config: BootConfig): { start: string; fixup: string; cutDown: boolean } {
  const { values } = config;
  // A board with 1 GB and more, as every Pi 4 is, prefers the second key.
  const memory = numberFor(config, 'gpu_mem_1024', numberFor(config, 'gpu_mem', CUT_DOWN_BELOW_MIB));
  const cutDown = memory < CUT_DOWN_BELOW_MIB;
  const kind = numberFor(config, 'start_x', 0) ? 'x' : numberFor(config, 'start_debug', 0) ? 'db' : cutDown ? 'cd' : '';
  return {
    start: values.get('start_file') ?? `start4${kind}.elf`,
    fixup: values.get('fixup_file') ?? `fixup4${kind}.dat`,
    cutDown: kind === 'cd',
  };
}

export interface KernelSetting {
  name: string;
  /** NaN for what is no number. */
  address: number;
  is64Bit: boolean;
  /** Without a line for it a Pi's firmware decides by its age. */
  isSaid: boolean;
}

/** Which kernel is started, where to, and how. */
export function kernelSetting(config: BootConfig): KernelSetting {
  const { values } = config;
  const is64Bit = numberFor(config, 'arm_64bit', 1) !== 0;
  const prefix = values.get('os_prefix') ?? '';
  const name = values.get('kernel') ?? (is64Bit ? KERNEL_64 : KERNEL_32);
  const otherwise = numberFor(config, 'kernel_old', 0) ? 0 : is64Bit ? DEFAULT_ADDRESS_64 : DEFAULT_ADDRESS_32;
  return {
    name: name.startsWith('/') ? name.slice(1) : `${prefix}${name}`,
    address: numberFor(config, 'kernel_address', otherwise),
    is64Bit,
    isSaid: values.has('arm_64bit'),
  };
}
