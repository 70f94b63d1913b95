// The picture of the board: places in millimetres as on the Raspberry Pi 4 Model B mechanical drawing, header at the
// top. What changes on it is the LED, the levels of the pins, and the jack while it plays.

import { HEADER } from './header-pins.js';
import type { Status } from './messages.js';

const NAMESPACE = 'http://www.w3.org/2000/svg';
const WIDTH = 85;
const HEIGHT = 56;
/** Room for what stands out over the board's edges. */
const MARGIN = 4;
const PITCH = 2.54;
const FIRST_PIN = 32.5 - 9.5 * PITCH;
const INNER_ROW = 4.77;

type Attributes = Readonly<Record<string, string | number>>;

function draw(parent: Element, name: string, attributes: Attributes): SVGElement {
  const element = document.createElementNS(NAMESPACE, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  parent.append(element);
  return element;
}

function box(parent: Element, kind: string, x: number, y: number, width: number, height: number, rx = 0.6): SVGElement {
  return draw(parent, 'rect', { class: kind, x, y, width, height, rx });
}

function label(parent: Element, x: number, y: number, text: string, kind = 'silk'): void {
  draw(parent, 'text', { class: kind, x, y }).textContent = text;
}

export interface BoardEvents {
  /** A pin of the picture was pressed or let go. */
  press(gpio: number, down: boolean): void;
}

export class BoardPicture {
  private readonly svg: SVGElement;
  private readonly led: SVGElement;
  private readonly power: SVGElement;
  private readonly jack: SVGElement;
  private readonly pins = new Map<number, SVGElement>();

  constructor(host: Element, events: BoardEvents) {
    this.svg = draw(host, 'svg', {
      viewBox: `${-MARGIN} -1 ${WIDTH + 2 * MARGIN} ${HEIGHT + MARGIN + 1}`,
      role: 'img',
      'aria-label': 'Raspberry Pi 4, seen from above, with its header, activity LED and headphone jack',
    });
    const board = draw(this.svg, 'g', { class: 'pcb' });
    box(board, 'sd', -2.6, 22.5, 13, 12);
    box(board, 'plate', 0, 0, WIDTH, HEIGHT, 3);
    for (const [x, y] of [
      [3.5, 3.5],
      [61.5, 3.5],
      [3.5, 52.5],
      [61.5, 52.5],
    ] as const) {
      draw(board, 'circle', { class: 'pad', cx: x, cy: y, r: 3 });
      draw(board, 'circle', { class: 'hole', cx: x, cy: y, r: 1.4 });
    }
    this.drawTraces(board);
    this.drawChips(board);
    this.drawPorts(board);
    this.jack = this.drawJack(board);
    this.drawHeader(board, events);
    this.power = draw(board, 'circle', { class: 'led power', cx: 1.9, cy: 41.2, r: 0.9 });
    label(board, 3.6, 41.9, 'PWR');
    this.drawGlow(board);
    this.led = draw(board, 'circle', { class: 'led activity', cx: 1.9, cy: 44.2, r: 0.9 });
    label(board, 3.6, 44.9, 'ACT');
  }

  /** Shows it without power. */
  off(): void {
    this.power.classList.remove('lit');
    this.svg.classList.remove('lit');
    this.led.classList.remove('lit');
    this.sound(0);
    for (const pin of this.pins.values()) pin.classList.remove('high', 'output', 'pressed');
  }

  show({ led, pins }: Status): void {
    this.power.classList.add('lit');
    this.svg.classList.toggle('lit', led > 0.5);
    this.led.classList.toggle('lit', led > 0.5);
    for (const [gpio, element] of this.pins) {
      element.classList.toggle('high', pins[gpio]?.level ?? false);
      element.classList.toggle('output', pins[gpio]?.kind === 1);
    }
  }

  /** Shows a pin held down or not. */
  pressed(gpio: number, down: boolean): void {
    this.pins.get(gpio)?.classList.toggle('pressed', down);
  }

  /** Shows how loud the jack is: 0 to 1. */
  sound(level: number): void {
    const waves = level > 0.25 ? 3 : level > 0.05 ? 2 : level > 0.002 ? 1 : 0;
    this.jack.setAttribute('data-waves', String(waves));
  }

  /** The light around the LED. */
  private drawGlow(board: Element): void {
    const gradient = draw(draw(this.svg, 'defs', {}), 'radialGradient', { id: 'glow' });
    draw(gradient, 'stop', { class: 'glow-stop', offset: 0.2, 'stop-opacity': 0.75 });
    draw(gradient, 'stop', { class: 'glow-stop', offset: 1, 'stop-opacity': 0 });
    draw(board, 'circle', { class: 'glow', cx: 1.9, cy: 44.2, r: 3.2, fill: 'url(#glow)' });
  }

  private drawTraces(board: Element): void {
    const paths = [
      'M21 14V9.5H52',
      'M21 33.5V40H31l3 3v5',
      'M37 25h2M37 27h2M37 29h2M37 31h2',
      'M48.5 24h4.500l2 2',
      'M29 33.500v3l5 5v6.500',
      'M57 33v8l-3 3v4',
      'M61 20h3M61 30h3M61 46h3',
      'M10 40v7M14 28h6M14 30.500h6',
    ];
    for (const d of paths) draw(board, 'path', { class: 'trace', d });
  }

  private drawChips(board: Element): void {
    box(board, 'shield', 6.5, 9.5, 11, 9, 0.8);
    box(board, 'spreader', 20.5, 17.5, 16, 16, 0.8);
    box(board, 'spreader-top', 22, 19, 13, 13, 1.6);
    label(board, 28.5, 25.2, 'BCM2711', 'etched');
    label(board, 28.5, 28.2, 'virtual', 'etched small');
    box(board, 'chip', 39, 19.5, 10, 12);
    box(board, 'chip', 53, 25, 7, 7);
    box(board, 'chip', 10.5, 33.5, 5, 5);
    box(board, 'chip', 57.5, 9.5, 5.5, 5.5);
    for (const [x, y] of [
      [19, 41],
      [23, 41],
      [27, 41],
      [44, 36],
      [48, 36],
      [41.5, 14],
      [46, 14],
      [18, 36],
    ] as const)
      box(board, 'part', x, y, 2.2, 1.2, 0.2);
    label(board, 39, 41.5, 'Raspberry Pi 4', 'silk title');
  }

  private drawPorts(board: Element): void {
    box(board, 'port', 6.7, 49.5, 9, 8, 1.4);
    label(board, 11.2, 48.7, 'POWER', 'silk middle');
    for (const x of [26, 39.5]) box(board, 'port', x - 3.3, 50, 6.6, 7.5, 1);
    label(board, 26, 48.9, 'HDMI0', 'silk middle');
    label(board, 39.5, 48.9, 'HDMI1', 'silk middle');
    box(board, 'port', 66, 2.3, 21.5, 16, 0.5);
    box(board, 'port', 69.5, 22.3, 18, 13.4, 0.5);
    box(board, 'port', 69.5, 40.3, 18, 13.4, 0.5);
    for (const y of [22.3, 40.3]) for (const row of [3, 8.4]) box(board, 'slot', 78, y + row - 0.7, 9.5, 3.2, 0.3);
    box(board, 'slot', 79.5, 5.6, 8, 9.4, 0.4);
  }

  private drawJack(board: Element): SVGElement {
    const jack = draw(board, 'g', { class: 'jack' });
    box(jack, 'jack-body', 50.5, 44.5, 7, 12, 0.6);
    box(jack, 'jack-barrel', 51, 56, 6, 2.6, 0.4);
    draw(jack, 'circle', { class: 'jack-ring', cx: 54, cy: 50, r: 2.1 });
    [4.5, 6.8, 9.1].forEach((r, i) => {
      const reach = r * 0.72;
      draw(jack, 'path', {
        class: `wave wave-${i + 1}`,
        d: `M${54 + r * 0.69} ${50 - reach}A${r} ${r} 0 0 1 ${54 + r * 0.69} ${50 + reach}`,
      });
    });
    label(board, 54, 43.6, 'A/V', 'silk middle');
    return jack;
  }

  private drawHeader(board: Element, events: BoardEvents): void {
    box(board, 'header', FIRST_PIN - 1.27, INNER_ROW - PITCH - 1.27, 20 * PITCH, 2 * PITCH, 0.4);
    for (const { physical, gpio, name, free } of HEADER) {
      const x = FIRST_PIN + Math.floor((physical - 1) / 2) * PITCH;
      const y = INNER_ROW - (physical % 2 === 0 ? PITCH : 0);
      const kind = gpio !== undefined ? (free ? 'free' : 'uart') : name === 'GND' ? 'ground' : 'supply';
      const pin = draw(board, 'g', { class: `pin ${kind}` });
      box(pin, 'cell', x - PITCH / 2, y - PITCH / 2, PITCH, PITCH, 0);
      box(pin, 'metal', x - 0.72, y - 0.72, 1.44, 1.44, physical === 1 ? 0 : 0.72);
      draw(pin, 'title', {}).textContent = `Pin ${physical}: ${name}`;
      if (!free || gpio === undefined) continue;
      this.pins.set(gpio, pin);
      pin.addEventListener('pointerdown', (event) => {
        if (event.button !== 0) return;
        pin.setPointerCapture(event.pointerId);
        events.press(gpio, true);
      });
      // A press takes the focus from nothing: a button that loses it is let go.
      pin.addEventListener('mousedown', (event) => event.preventDefault());
      for (const up of ['pointerup', 'pointercancel', 'lostpointercapture'])
        pin.addEventListener(up, () => events.press(gpio, false));
    }
  }
}
