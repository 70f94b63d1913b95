// Web Serial as a transport, on a port of the test's own: changes of the rate, noise, and a cable that is pulled.

import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { WebSerialTransport } from '../../host-tools/link/web-serial.js';
import { Problem } from '../../host-tools/problem.js';

const OPEN_MS = 30;

/** A port that takes its time to open, as adapters do. */
class FakePort {
  readable: ReadableStream<Uint8Array> | null = null;
  writable: WritableStream<Uint8Array> | null = null;
  /** What happened, in order. */
  readonly log: string[] = [];
  /** Rates that it does not make. */
  readonly refused = new Set<number>();
  private controller!: ReadableStreamDefaultController<Uint8Array>;

  getInfo(): SerialPortInfo {
    return { usbVendorId: 0x1a86, usbProductId: 0x7523 };
  }

  async open({ baudRate }: SerialOptions): Promise<void> {
    await pause(OPEN_MS);
    if (this.readable) throw new DOMException('The port is already open.', 'InvalidStateError');
    if (this.refused.has(baudRate)) throw new DOMException('Failed to open serial port.', 'NetworkError');
    this.log.push(`open ${baudRate}`);
    this.fresh();
    this.writable = new WritableStream({ write: (bytes) => void this.log.push(`write ${bytes.join()}`) });
  }

  close(): Promise<void> {
    assert.ok(!this.readable?.locked && !this.writable?.locked, 'the streams are locked');
    this.readable = this.writable = null;
    this.log.push('close');
    return Promise.resolve();
  }

  send(...bytes: number[]): void {
    this.controller.enqueue(Uint8Array.from(bytes));
  }

  fail(isGone: boolean): void {
    const broken = this.controller;
    if (isGone) this.readable = null;
    else this.fresh();
    broken.error(new DOMException(isGone ? 'The device has been lost.' : 'noise', 'NetworkError'));
  }

  private fresh(): void {
    this.readable = new ReadableStream({ start: (made) => void (this.controller = made) });
  }
}

describe('link/web-serial', () => {
  let port: FakePort;
  let transport: WebSerialTransport;
  let heard: number[];
  const open = (): Promise<WebSerialTransport> => WebSerialTransport.open(port as unknown as SerialPort);
  beforeEach(async () => {
    port = new FakePort();
    transport = await open();
    heard = [];
    transport.onBytes = (bytes) => heard.push(...bytes);
  });

  it('opens the port again for another rate, behind what was written, and before what is written then', async () => {
    const before = transport.write(Uint8Array.of(1));
    const changed = transport.setBaud(921_600);
    await Promise.all([before, changed, transport.write(Uint8Array.of(2))]);
    assert.equal(transport.baud, 921_600);
    port.send(3);
    await pause(1);
    await transport.close();
    assert.deepEqual(port.log, ['open 115200', 'write 1', 'close', 'open 921600', 'write 2', 'close']);
    assert.deepEqual(heard, [3]);
  });

  it('goes on at the rate before where the port does not make one', async () => {
    port.refused.add(4_000_000);
    await assert.rejects(
      transport.setBaud(4_000_000),
      (error: Problem) => error.line() === 'USB 1a86:7523: does not make 4000000 baud' && error.code === 'no-port',
    );
    assert.equal(transport.baud, 115_200);
    await transport.write(Uint8Array.of(1));
    await transport.close();
    assert.deepEqual(port.log, ['open 115200', 'close', 'open 115200', 'write 1', 'close']);
  });

  it('is gone where the port does not come back at all', async () => {
    port.refused.add(921_600).add(115_200);
    await assert.rejects(transport.setBaud(921_600));
    assert.equal((await transport.gone).code, 'link-lost');
    await assert.rejects(transport.write(Uint8Array.of(1)), /the port is gone/);
    await assert.rejects(transport.setBaud(230_400), /the port is gone/);
    await transport.close();
  });

  it('goes on after noise, and tells of a cable that was pulled', async () => {
    const noises: string[] = [];
    transport.onNoise = (reason) => noises.push(reason);
    port.fail(false);
    await pause(1);
    port.send(1);
    await pause(1);
    assert.deepEqual([noises, heard], [['noise'], [1]]);
    let closed: Problem | undefined;
    transport.onClose = (problem) => (closed = problem);
    port.fail(true);
    assert.equal((await transport.gone).line(), 'USB 1a86:7523: the port is gone; plug the adapter in again');
    assert.equal(closed?.code, 'link-lost');
    await assert.rejects(transport.write(Uint8Array.of(1)), /the port is gone/);
  });

  it('says that a port is held', async () => {
    await assert.rejects(open(), (error: Problem) => error.code === 'in-use' && /already open/.test(error.line()));
    await transport.close();
  });
});
