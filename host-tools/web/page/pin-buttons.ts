// Buttons at the free pins of the header, for mouse, touch and keyboard: a button is down while it is held.

import { FREE } from './header-pins.js';
import type { PinShown, Status } from './messages.js';
import { make, rove, setText } from './page.js';

const PULL_UP = 1;
const KINDS = ['in', 'out'];

interface PinButton {
  button: HTMLButtonElement;
  state: HTMLElement;
}

export class PinButtons {
  private readonly buttons = new Map<number, PinButton>();
  private readonly held = new Set<number>();
  private pins: readonly PinShown[] = [];

  /** `drive` sets a pin's level from outside; undefined lets it go. */
  constructor(
    host: HTMLElement,
    private readonly drive: (gpio: number, level: boolean | undefined) => void,
    private readonly shown: (gpio: number, down: boolean) => void,
  ) {
    for (const gpio of FREE) {
      const state = make('span', { class: 'pin-state' });
      const button = make(
        'button',
        { type: 'button', 'data-gpio': String(gpio), 'aria-pressed': 'false' },
        make('span', { class: 'pin-name' }, make('span', { class: 'visually-hidden' }, 'GPIO '), String(gpio)),
        state,
      );
      button.disabled = true;
      host.append(button);
      this.buttons.set(gpio, { button, state });
      this.listen(button, gpio);
    }
    rove(host);
  }

  /** Presses a button or lets it go, wherever that was done. */
  press(gpio: number, down: boolean): void {
    const held = this.buttons.get(gpio);
    if (!held || held.button.disabled || down === this.held.has(gpio)) return;
    if (down) this.held.add(gpio);
    else this.held.delete(gpio);
    held.button.setAttribute('aria-pressed', String(down));
    this.shown(gpio, down);
    this.drive(gpio, down ? this.pins[gpio]?.pull !== PULL_UP : undefined);
  }

  off(): void {
    for (const gpio of [...this.held]) this.press(gpio, false);
    for (const { button, state } of this.buttons.values()) {
      button.disabled = true;
      button.classList.remove('high');
      setText(state, '');
    }
  }

  show({ pins }: Status): void {
    this.pins = pins;
    for (const [gpio, { button, state }] of this.buttons) {
      const pin = pins[gpio];
      if (!pin) continue;
      button.disabled = false;
      button.classList.toggle('high', pin.level);
      setText(state, `${KINDS[pin.kind] ?? 'alt'} ${pin.level ? '1' : '0'}`);
    }
  }

  private listen(button: HTMLButtonElement, gpio: number): void {
    button.addEventListener('pointerdown', (event) => {
      if (event.button !== 0) return;
      button.setPointerCapture(event.pointerId);
      this.press(gpio, true);
    });
    for (const up of ['pointerup', 'pointercancel', 'lostpointercapture', 'blur'])
      button.addEventListener(up, () => this.press(gpio, false));
    button.addEventListener('contextmenu', (event) => event.preventDefault());
    button.addEventListener('keydown', (event) => {
      if (event.key !== ' ' && event.key !== 'Enter') return;
      event.preventDefault();
      this.press(gpio, true);
    });
    button.addEventListener('keyup', (event) => {
      if (event.key === ' ' || event.key === 'Enter') this.press(gpio, false);
    });
  }
}
