// What stands in for navigator.serial in the tests' pages: one port, whose other end is functions of the test.

import type { Page } from 'playwright-core';

/** The other end of the port. A Problem of its own kind comes of an `open` that rejects: NetworkError, as the browser has. */
export interface PortEnd {
  open(options: SerialOptions): Promise<void> | void;
  write(bytes: Uint8Array): void;
  close(): void;
}

/** What the test does to the port in the page. */
export interface PagePort {
  /** Bytes from the other end. */
  take(bytes: Uint8Array): Promise<void>;
  /** Settles when the page's own script has had a turn. */
  turn(): Promise<void>;
  /** Noise: the stream breaks, and the port has a fresh one. */
  noise(): Promise<void>;
  /** The stream ends by itself. */
  end(): Promise<void>;
  /** The cable is pulled out, and put in again. */
  pull(): Promise<void>;
  plug(): Promise<void>;
}

interface StubScope {
  serialOpen(options: SerialOptions): Promise<void>;
  serialWrite(letters: string): Promise<void>;
  serialClose(): Promise<void>;
  serialDo: Record<'take' | 'turn' | 'noise' | 'end' | 'pull' | 'plug', (letters: string) => Promise<void> | void>;
}

/** Runs in the page. Bytes go over as letters: a list of numbers is three times as long. */
function stub(): void {
  const scope = globalThis as unknown as StubScope;
  const serial = new EventTarget();
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  const readable = (): ReadableStream<Uint8Array> => new ReadableStream({ start: (made) => void (controller = made) });
  const port = {
    readable: null as ReadableStream<Uint8Array> | null,
    writable: null as WritableStream<Uint8Array> | null,
    getInfo: () => ({ usbVendorId: 0x0403, usbProductId: 0x6001 }),
    async open(options: SerialOptions): Promise<void> {
      if (port.readable) throw new DOMException('The port is already open.', 'InvalidStateError');
      await scope.serialOpen(options).catch((error: unknown) => {
        throw new DOMException(error instanceof Error ? error.message : '', 'NetworkError');
      });
      port.readable = readable();
      // As the browser has it: a write is over when its bytes are kept, and only a close waits for them to leave.
      let last = Promise.resolve();
      port.writable = new WritableStream({
        write: (bytes: Uint8Array) => void (last = scope.serialWrite(String.fromCharCode(...bytes))),
        close: () => last,
      });
    },
    async close(): Promise<void> {
      if (port.readable?.locked || port.writable?.locked) throw new TypeError('the streams are locked');
      port.readable = port.writable = null;
      await scope.serialClose();
    },
  };
  scope.serialDo = {
    take: (letters) => controller?.enqueue(Uint8Array.from(letters, (letter) => letter.charCodeAt(0))),
    // A message is a task of its own, as a timer is, and one that a page in the background is not kept from.
    turn: () =>
      new Promise((resolve) => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => {
          port1.close();
          resolve();
        };
        port2.postMessage(undefined);
      }),
    noise: () => {
      const broken = controller;
      port.readable = readable();
      broken?.error(new DOMException('a framing error', 'FramingError'));
    },
    end: () => controller?.close(),
    pull: () => {
      port.readable = null;
      controller?.error(new DOMException('The device has been lost.', 'NetworkError'));
    },
    plug: () => {
      const event = new Event('connect');
      Object.defineProperty(event, 'target', { value: port });
      serial.dispatchEvent(event);
    },
  };
  Object.defineProperty(navigator, 'serial', {
    value: Object.assign(serial, { requestPort: () => Promise.resolve(port) }),
  });
}

/** Puts the stub into a page before its own scripts. */
export async function stubSerial(page: Page, end: PortEnd): Promise<PagePort> {
  // tsx names functions by a helper that the browser has not.
  await page.addInitScript('globalThis.__name = (value) => value;');
  await page.addInitScript(stub);
  await page.exposeFunction('serialOpen', (options: SerialOptions) => end.open(options));
  await page.exposeFunction('serialWrite', (letters: string) => end.write(Buffer.from(letters, 'latin1')));
  await page.exposeFunction('serialClose', () => end.close());
  const act = async (what: keyof StubScope['serialDo'], letters = ''): Promise<void> => {
    // Behind the end of the page nobody takes what a machine still says.
    await page
      .evaluate(([name, data]) => (globalThis as unknown as StubScope).serialDo[name](data), [what, letters] as const)
      .catch(() => undefined);
  };
  return {
    take: (bytes) => act('take', Buffer.from(bytes).toString('latin1')),
    turn: () => act('turn'),
    noise: () => act('noise'),
    end: () => act('end'),
    pull: () => act('pull'),
    plug: () => act('plug'),
  };
}
