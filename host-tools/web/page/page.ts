// Little helpers of the page.

/** The element of that id; its absence is a mistake in index.html. */
export function byId<Type extends Element = HTMLElement>(id: string): Type {
  const element = document.getElementById(id);
  if (!element) throw new Error(`index.html has no #${id}`);
  return element as unknown as Type;
}

export function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, string>> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** Sets a text only where it is another: assistive technology and layout are left in peace. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

const notice = (): HTMLElement => byId('notice');

/** Tells the person something above the page; an empty text takes it away. */
export function tell(text: string): void {
  setText(notice(), text);
  notice().hidden = text === '';
}

/** Of a file that the page's server has not brought. */
export const NOT_SERVED = 'did not come: is mirleft web still running?';

/** What is wrong with a worker; one whose script was not served says nothing. */
export const workerReason = ({ message }: ErrorEvent): string => message || `its program ${NOT_SERVED}`;

const colors = new Map<string, string>();
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => colors.clear());

/** A variable of the style sheet: a color, a font. */
export function color(name: string): string {
  let value = colors.get(name);
  if (value === undefined) {
    value = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    colors.set(name, value);
  }
  return value;
}

/** Small letters on a canvas. */
export const canvasFont = (): string => `11px ${color('--mono')}`;

/** Draws when the canvas' size or density has changed, and each time it is asked to. */
export function sized(canvas: HTMLCanvasElement): { context: CanvasRenderingContext2D; width: number; height: number } {
  const density = Math.min(3, devicePixelRatio || 1);
  const width = canvas.clientWidth;
  const height = canvas.clientHeight;
  const [wide, high] = [Math.round(width * density), Math.round(height * density)];
  if (canvas.width !== wide || canvas.height !== high) [canvas.width, canvas.height] = [wide, high];
  const context = canvas.getContext('2d') as CanvasRenderingContext2D;
  context.setTransform(density, 0, 0, density, 0, 0);
  context.clearRect(0, 0, width, height);
  return { context, width, height };
}

/** One tab stop for a row of buttons; arrow keys go through it. ARIA Authoring Practices, toolbar. */
export function rove(row: HTMLElement): void {
  const buttons = (): HTMLButtonElement[] => [...row.querySelectorAll<HTMLButtonElement>('button:not(:disabled)')];
  const stop = (chosen: HTMLButtonElement): void => {
    for (const button of row.querySelectorAll('button')) button.tabIndex = button === chosen ? 0 : -1;
  };
  const [first] = row.querySelectorAll('button');
  if (first) stop(first);
  row.addEventListener('focusin', ({ target }) => {
    if (target instanceof HTMLButtonElement) stop(target);
  });
  row.addEventListener('keydown', (event) => {
    const all = buttons();
    const at = all.findIndex((button) => button === document.activeElement);
    const to = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: -1 }[
      event.key
    ];
    if (to === undefined || at < 0) return;
    event.preventDefault();
    all.at(to % all.length)?.focus();
  });
}
