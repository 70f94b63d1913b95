// The report of a real Pi's last fault, which it keeps over a restart, as mirleft crash shows it.

import { formatFault, symbolize } from '../../build/symbolize.js';
import { fetchCrash, forgetCrash } from '../../link/crash.js';
import type { Link } from '../../link/link.js';
import { printable } from '../../problem.js';
import { loadFirmware } from './machine.js';
import type { PageProgram } from './messages.js';
import { byId, setText } from './page.js';

const NOT_OURS = { buildId: 'none', wasm: new Uint8Array(), sourceMap: '', symbols: [] };

export class CrashNotice {
  private readonly notice = byId<HTMLDetailsElement>('crash');
  private link: Link | undefined;

  constructor(private readonly program: PageProgram) {
    byId('crash-forget').addEventListener('click', () => void this.forget());
  }

  /** Asks the board of a new session. One that tells nothing of faults has none to show. */
  async ask(link: Link): Promise<void> {
    this.link = link;
    const report = await fetchCrash(link).catch(() => undefined);
    if (this.link !== link) return;
    this.notice.hidden = true;
    if (!report) return;
    // The board's own text is anything until it was looked at.
    const { buildId } = this.program;
    const firmware = report.buildId === buildId ? await loadFirmware().catch(() => undefined) : undefined;
    const fault = symbolize(report, firmware ? { buildId, ...firmware, symbols: [] } : NOT_OURS);
    const [first = '', ...calls] = [...formatFault(fault).split('\n'), ...report.registers].map(printable);
    if (this.link !== link) return;
    setText(byId('crash-title'), `The board has kept the report of a ${first}`);
    setText(byId('crash-report'), calls.join('\n'));
    byId('crash-hint').hidden = fault.matches;
    this.notice.hidden = false;
  }

  close(): void {
    this.link = undefined;
    this.notice.hidden = true;
  }

  private async forget(): Promise<void> {
    const { link } = this;
    if (!link) return;
    // A session that ends meanwhile is followed by another, which asks again.
    await forgetCrash(link).then(
      () => (this.notice.hidden = true),
      () => undefined,
    );
  }
}
