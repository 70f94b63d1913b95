// Runs an image in QEMU for tests of boot/: console text and exit status, nothing more.
// (Playing, capturing and options for users are host-tools/emulator/.)

import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { keepAwake } from '../../host-tools/emulator/wake.js';

export interface QemuRun {
  console: string;
  /** The emulator's own messages. */
  errors: string;
  status: number | null;
}

export interface QemuOptions {
  /** Enter by the ELF file, in EL3, instead of by the image, in EL2. */
  elf?: boolean;
  /** Instructions as virtual nanoseconds: the same run each time. */
  deterministic?: boolean;
  semihosting?: boolean;
  /** 32-bit words at the beginning of the RAM disk. */
  words?: readonly number[];
  /** Bytes sent to the console as soon as it opens. */
  input?: Uint8Array;
  /** Further arguments. */
  args?: readonly string[];
  /** Seconds until the run is ended by force; default: 100. */
  limit?: number;
  /** Whether the console text shows all that is waited for: then the run is ended by force. */
  isEnough?: (text: string) => boolean;
  /** Called with all console text so far; may write to the console. */
  onConsole?: (text: string, write: (bytes: Uint8Array) => void) => void;
}

/** Runs until the firmware ends the emulator. A run that is ended by force has a status that no firmware gives. */
export async function runQemu(
  image: { image: Uint8Array; elf: Uint8Array },
  options: QemuOptions = {},
): Promise<QemuRun> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'mirleft-qemu-'));
  const kernel = path.join(folder, options.elf ? 'kernel.elf' : 'kernel8.img');
  fs.writeFileSync(kernel, options.elf ? image.elf : image.image);
  const args = [
    ...['-k', '2', String(options.limit ?? 100), 'qemu-system-aarch64', '-M', 'raspi4b', '-display', 'none'],
    ...['-monitor', 'none', '-serial', 'stdio', '-no-reboot', '-kernel', kernel],
    ...(options.semihosting === false ? [] : ['-semihosting-config', 'enable=on,target=native']),
    ...(options.deterministic ? ['-icount', 'shift=0,sleep=off'] : []),
    ...(options.args ?? []),
  ];
  if (options.words) {
    const file = path.join(folder, 'words.bin');
    fs.writeFileSync(file, new Uint8Array(Uint32Array.from(options.words).buffer));
    args.push('-device', `loader,file=${file},addr=0x10000000,force-raw=on`);
  }
  try {
    const child = spawn('timeout', args, { stdio: ['pipe', 'pipe', 'pipe'] });
    keepAwake(child);
    let text = '';
    let errors = '';
    child.stdin.on('error', () => undefined);
    if (options.input) child.stdin.write(options.input);
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      options.onConsole?.(text, (bytes) => child.stdin.write(bytes));
      if (options.isEnough?.(text)) child.kill();
    });
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    const status = await new Promise<number | null>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', resolve);
    });
    return { console: text, errors, status };
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}
