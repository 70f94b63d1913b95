// A link between the host's client and the device's service that needs no line, and that can be lost.

import type { Channel } from '../../firmware/link/protocol.js';
import type { Connect } from '../../host-tools/link/file-transfers.js';
import { Problem } from '../../host-tools/problem.js';
import type { FilesRig } from './files-rig.js';

export class RigLink {
  readonly transport = { name: 'rig' };
  readonly payloadBytes = 1024;
  readonly closed: Promise<{ problem: Problem | undefined }>;
  private take: (payload: Uint8Array) => void = () => undefined;
  private isOpen = true;
  private settle: (reason: { problem: Problem | undefined }) => void = () => undefined;

  constructor(
    private readonly rig: FilesRig,
    /** Called before each message of the host. */
    private readonly onSend: (link: RigLink, payload: Uint8Array) => void = () => undefined,
  ) {
    this.closed = new Promise((resolve) => (this.settle = resolve));
    rig.reset();
  }

  async send(_channel: Channel, payload: Uint8Array): Promise<void> {
    this.onSend(this, payload);
    if (!this.isOpen) throw new Problem('link-lost', 'the session has ended');
    this.rig.give(payload);
    this.deliver();
    await Promise.resolve();
  }

  /** Lets the device work, and gives on what it has to say. */
  deliver(): void {
    if (!this.isOpen) return;
    this.rig.work();
    for (const message of this.rig.sent.splice(0)) this.take(message);
  }

  receive(_channel: Channel, take: (payload: Uint8Array) => void): void {
    this.take = take;
  }

  /** The cable is pulled. */
  lose(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.settle({ problem: new Problem('link-lost', 'nothing is heard from the board any more') });
  }

  close(): Promise<void> {
    if (this.isOpen) this.settle({ problem: undefined });
    this.isOpen = false;
    this.rig.reset();
    return Promise.resolve();
  }
}

/** Opens such links. */
export const connecting =
  (rig: FilesRig, onSend?: (link: RigLink, payload: Uint8Array) => void): Connect =>
  () =>
    Promise.resolve(new RigLink(rig, onSend));
