// What QEMU tells of its end: whether the guest has reset the board or switched it off looks the same from outside.
// The protocol is QMP (QEMU's manual, "QEMU Machine Protocol"): JSON, one object a line, and events only after a first
// command.

import type { Duplex } from 'node:stream';

/** Longer than any line that is of use here. */
const LINE_CHARACTERS = 1 << 16;

export class EmulatorEvents {
  /** Whether the guest has reset the board, which ended this QEMU. */
  isReset = false;
  private line = '';

  /** Takes the stream over. */
  constructor(stream: Duplex) {
    stream.on('error', () => undefined); // it ends with QEMU
    stream.setEncoding('utf8').on('data', (text: string) => {
      const lines = (this.line + text).split('\n');
      this.line = (lines.pop() ?? '').slice(-LINE_CHARACTERS);
      for (const line of lines) this.take(line);
    });
    stream.write('{"execute":"qmp_capabilities"}\n');
  }

  private take(line: string): void {
    try {
      const { event, data } = JSON.parse(line) as { event?: unknown; data?: { reason?: unknown } };
      if (event === 'SHUTDOWN') this.isReset = data?.reason === 'guest-reset';
    } catch {
      // No object: nothing that QEMU says.
    }
  }
}
