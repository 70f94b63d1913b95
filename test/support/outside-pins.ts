// The pins of QEMU's header, driven from outside while it runs: writes of registers by its qtest socket. It has no
// pulls, so every pin that nobody has driven is low.

import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

const GPSET0 = 0xfe20001c;
const GPCLR0 = 0xfe200028;

export class OutsidePins {
  private readonly folder = fs.mkdtempSync(path.join(os.tmpdir(), 'mirleft-qtest-'));
  private readonly socket = path.join(this.folder, 'qtest');
  private connection: net.Socket | undefined;

  /** Arguments for QEMU. */
  readonly args = ['-qtest', `unix:${this.socket},server=on,wait=off`, '-qtest-log', 'none'];

  /** Sets a pin from 0 to 27. QEMU must be running. */
  drive(pin: number, high: boolean): void {
    if (!this.connection) {
      this.connection = net.connect(this.socket);
      this.connection.on('error', () => undefined); // the run is over
      this.connection.resume();
    }
    this.connection.write(`writel 0x${(high ? GPSET0 : GPCLR0).toString(16)} 0x${(1 << pin).toString(16)}\n`);
  }

  close(): void {
    this.connection?.destroy();
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}
