// Terminals in the colors of the page.

import { Terminal } from '@xterm/xterm';
import { color } from './page.js';

const LINES = 2000;

/**
 * The terminal writes style elements, which the content policy refuses as it should. Sheets that are made by script are
 * no such elements and are allowed, so what would be written into the one goes to the other.
 */
function adoptStyles(): void {
  const create = document.createElement.bind(document);
  const createElement = (name: string, options?: ElementCreationOptions): HTMLElement => {
    if (name !== 'style') return create(name, options);
    // Any element that shows nothing will do.
    const element = create('template');
    const sheet = new CSSStyleSheet();
    let text = '';
    Object.defineProperty(element, 'textContent', {
      get: () => text,
      set: (value: string) => {
        text = value;
        sheet.replaceSync(value);
      },
    });
    document.adoptedStyleSheets.push(sheet);
    return element;
  };
  document.createElement = createElement as typeof document.createElement;
}

adoptStyles();

const theme = (): Record<string, string> => ({
  background: color('--screen'),
  foreground: color('--screen-text'),
  cursor: color('--accent'),
  cursorAccent: color('--screen'),
  selectionBackground: color('--screen-selection'),
  red: color('--bad'),
  brightRed: color('--bad'),
  green: color('--accent'),
  yellow: color('--right'),
});

/** A terminal in `host` that keeps to its size and sends what is typed to `onData`. */
export function openTerminal(host: HTMLElement, label: string, onData: (text: string) => void): Terminal {
  const terminal = new Terminal({
    fontFamily: getComputedStyle(host).fontFamily,
    fontSize: 13,
    lineHeight: 1.25,
    scrollback: LINES,
    convertEol: true,
    cursorBlink: false,
    screenReaderMode: false,
    theme: theme(),
    allowProposedApi: false,
  });
  terminal.open(host);
  terminal.textarea?.setAttribute('aria-label', label);
  terminal.onData(onData);
  // Tab leaves the terminal, as it leaves every other field: no firmware here waits for it.
  terminal.attachCustomKeyEventHandler((event) => !['Tab', 'F8', 'F9', 'F10'].includes(event.key));
  const fit = (): void => fitTo(terminal, host);
  new ResizeObserver(fit).observe(host);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    terminal.options.theme = theme();
  });
  fit();
  return terminal;
}

/** As many columns and lines as there is room for; cells are measured where one is drawn. */
function fitTo(terminal: Terminal, host: HTMLElement): void {
  const screen = host.querySelector('.xterm-screen');
  if (!screen || host.clientWidth === 0) return;
  const { width, height } = screen.getBoundingClientRect();
  if (width === 0 || height === 0) return;
  const style = getComputedStyle(host);
  const free = (...sides: string[]): number => sides.reduce((sum, side) => sum + parseFloat(side), 0);
  const across = host.clientWidth - free(style.paddingLeft, style.paddingRight) - 12;
  const down = host.clientHeight - free(style.paddingTop, style.paddingBottom);
  const columns = Math.max(20, Math.floor(across / (width / terminal.cols)));
  const lines = Math.max(4, Math.floor(down / (height / terminal.rows)));
  if (columns !== terminal.cols || lines !== terminal.rows) terminal.resize(columns, lines);
}
