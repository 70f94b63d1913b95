// Files that are dropped or chosen become the RAM disk, and the machine boots with it.

import { DropField } from './drops.js';
import type { FromPacker, ToPacker } from './messages.js';
import { byId, make, setText, workerReason } from './page.js';

export class Files {
  readonly field = new DropField('drop', 'files', (files) => this.pack(files));
  private readonly state = byId('files-state');
  private readonly remarks = byId('file-remarks');
  private worker: Worker | undefined;
  private before = this.state.textContent ?? '';

  /** `settings` for player.ini, undefined for programs that take none; `ready` gets the archive. */
  constructor(
    private readonly settings: string | undefined,
    private readonly ready: (archive: Uint8Array) => void,
  ) {}

  private pack(files: File[]): void {
    this.worker?.terminate(); // what was dropped before is not wanted any more
    this.remarks.replaceChildren();
    const worker = new Worker('/packer.js', { name: 'files' });
    this.worker = worker;
    worker.onmessage = ({ data }: MessageEvent<FromPacker>): void => this.take(data);
    worker.onerror = (event): void => this.take({ type: 'failed', text: workerReason(event) });
    const task: ToPacker = { files, settings: this.settings, anything: this.settings === undefined };
    worker.postMessage(task);
  }

  private take(message: FromPacker): void {
    switch (message.type) {
      case 'packing':
        setText(this.state, `reading ${message.name} (${message.index + 1} of ${message.count})…`);
        return;
      case 'refused':
      case 'remark':
        this.remarks.append(make('li', { class: message.type }, message.text));
        return;
      case 'failed':
        setText(this.state, this.before);
        this.remarks.append(make('li', { class: 'refused' }, message.text));
        break;
      case 'packed': {
        const { names, archive } = message;
        this.before = names.length === 1 ? (names[0] ?? '') : `${names.length} files`;
        setText(this.state, this.before);
        this.ready(archive);
        break;
      }
    }
    this.worker?.terminate();
    this.worker = undefined;
  }
}
