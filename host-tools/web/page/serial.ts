// A real Pi over Web Serial: its port chosen, opened, given back, and opened again when its cable is back.

import type { Terminal } from '@xterm/xterm';
import { rateText } from '../../link/line-choice.js';
import type { Link } from '../../link/link.js';
import type { BaudMemory } from '../../link/session.js';
import { usbId, WebSerialTransport } from '../../link/web-serial.js';
import { printable, Problem, systemReason } from '../../problem.js';
import { BoardCard } from './board-card.js';
import { BoardLine } from './board-line.js';
import { CrashNotice } from './crash-notice.js';
import type { PageProgram } from './messages.js';
import { byId, setText } from './page.js';
import { PushPanel } from './push-panel.js';
import { WorkerClock } from './worker-clock.js';

const MISSING =
  'This browser has no Web Serial. Chrome, Edge and Opera on a computer have it; elsewhere use a terminal program such as screen or picocom at 115200 baud.';
const NOTHING = 'Nothing is connected.';

export class RealPi {
  readonly push = new PushPanel(() => !byId('serial-panel').hidden);
  private readonly button = byId<HTMLButtonElement>('serial');
  private readonly retry = byId<HTMLButtonElement>('serial-again');
  private readonly state = byId('serial-state');
  private readonly card = new BoardCard();
  private readonly crash: CrashNotice;
  private clock: WorkerClock | undefined;
  private terminal: Terminal | undefined;
  private line: BoardLine | undefined;
  /** Of a port that went away by itself; when such a one comes it is opened. */
  private awaited: string | undefined;

  /** `open` makes the terminal when it is first needed. */
  constructor(
    program: PageProgram,
    private readonly open: (onData: (text: string) => void) => Terminal,
  ) {
    this.crash = new CrashNotice(program);
    if (!('serial' in navigator)) {
      this.button.disabled = true;
      setText(this.state, MISSING);
      byId('serial-terminal').hidden = true;
      return;
    }
    // Not later: the server with its script may be gone then.
    this.clock = new WorkerClock();
    this.button.addEventListener('click', () => void (this.line ? this.disconnect() : this.choose()));
    this.retry.addEventListener('click', () => this.line?.again());
    navigator.serial.addEventListener('connect', ({ target }) => {
      const port = target as SerialPort;
      if (!this.line && this.awaited !== undefined && usbId(port) === this.awaited) void this.connect(port);
    });
  }

  /** Draws what moves. */
  draw(now: number): void {
    this.card.draw(now);
  }

  private async choose(): Promise<void> {
    this.button.disabled = true;
    this.awaited = undefined;
    try {
      await this.connect(await navigator.serial.requestPort());
    } catch (error) {
      // Nobody has to choose a port.
      const cancelled = error instanceof DOMException && error.name === 'NotFoundError';
      setText(this.state, cancelled ? 'No port was chosen.' : `No port can be chosen: ${systemReason(error)}`);
    } finally {
      this.button.disabled = false;
    }
  }

  /** Opens a port; what becomes of it then is told on the page. */
  private async connect(port: SerialPort): Promise<void> {
    this.button.disabled = true;
    this.awaited = undefined;
    try {
      const transport = await WebSerialTransport.open(port, this.clock);
      this.terminal ??= this.openTerminal();
      setText(this.button, 'Disconnect');
      this.terminal.focus();
      void this.converse(port, transport, this.terminal);
    } catch (error) {
      setText(this.state, error instanceof Problem ? error.line() : systemReason(error));
    } finally {
      this.button.disabled = false;
    }
  }

  private async converse(port: SerialPort, transport: WebSerialTransport, terminal: Terminal): Promise<void> {
    const id = usbId(port);
    const line = new BoardLine(transport, id === undefined ? undefined : memoryOf(id), {
      text: (text) => terminal.write(text),
      progress: (text) => this.tell(`${transport.name}: ${text}`),
      session: (link) => this.begin(transport, link),
      snapshot: (snapshot) => this.card.show(snapshot),
      lost: (problem) => {
        this.push.use(undefined);
        this.card.lost();
        this.tell(`${transport.name}: ${problem.data().what}; it is looked for…`);
      },
      plain: (problem) => {
        this.tell(`${problem.line()}. Text and keys go as they are.`);
        this.retry.hidden = false;
      },
    });
    transport.onNoise = (reason) => setText(this.state, `${this.told} Some bytes were lost: ${reason}.`);
    this.line = line;
    line.resize(terminal.cols);
    this.tell(`Connected to ${transport.name}, 115200 baud, 8N1. Looking for Mirleft…`);
    const gone = await line.run();
    this.line = undefined;
    this.push.close();
    this.card.close();
    this.crash.close();
    this.awaited = gone && id;
    this.tell(gone ? `${gone.line()}.` : NOTHING);
    setText(this.button, 'Connect…');
    this.button.disabled = false;
  }

  private openTerminal(): Terminal {
    const terminal = this.open((text) => this.line?.type(text));
    terminal.onResize(({ cols }) => this.line?.resize(cols));
    return terminal;
  }

  private begin(transport: WebSerialTransport, link: Link): void {
    const { text, build } = link.welcome;
    this.tell(`Connected to ${transport.name}, ${rateText(link)}: Mirleft ${printable(text)}, build ${build}.`);
    this.push.use(link);
    this.card.open();
    void this.crash.ask(link);
  }

  private disconnect(): void {
    this.button.disabled = true;
    this.line?.end();
  }

  private told = '';

  private tell(text: string): void {
    this.retry.hidden = true;
    this.told = text;
    setText(this.state, text);
  }
}

/** The browser's own store; where that is shut the rate is found out again. */
const memoryOf = (id: string): BaudMemory => ({
  baud() {
    try {
      const baud = Number(localStorage.getItem(`baud ${id}`));
      return Number.isInteger(baud) && baud > 0 ? baud : undefined;
    } catch {
      return undefined;
    }
  },
  remember(baud) {
    try {
      localStorage.setItem(`baud ${id}`, String(baud));
    } catch {
      // Shut.
    }
  },
});
