// The registers of a block by the names of their fields, as the manual has them. What has changed is marked.

import { fieldValue, type Field, type Register } from '../../virtual-pi/registers.js';
import type { DeviceShown } from './messages.js';
import { byId, make, setText } from './page.js';

const FIRST_SHOWN = 'PWM1';
/** How long a change stays marked. */
const MARKED_MS = 1200;

interface Shown {
  element: HTMLElement;
  /** Its text for a register's value. */
  text: (value: number) => string;
  changedAt: number;
}

const hex = (value: number, digits = 8): string => (value >>> 0).toString(16).toUpperCase().padStart(digits, '0');

function fieldText(field: Field, value: number): string {
  const number = fieldValue(field, value);
  const name = field.values?.[number];
  if (name !== undefined) return name;
  return (field.bits ?? 1) > 8 ? `0x${hex(number, 1)}` : String(number);
}

export class RegisterView {
  private readonly host = byId('registers');
  private readonly select = byId<HTMLSelectElement>('device');
  private devices: readonly DeviceShown[] = [];
  private device: DeviceShown | undefined;
  private shown: Shown[][] = [];

  constructor(private readonly watch: (device: string | undefined) => void) {
    this.select.addEventListener('change', () => this.choose(this.select.value));
  }

  /** The blocks that there are. */
  begin(devices: readonly DeviceShown[]): void {
    const before = this.device?.name ?? FIRST_SHOWN;
    this.devices = devices;
    this.select.replaceChildren(
      ...devices.map(({ name, base }) => make('option', { value: name }, `${name}  0x${hex(base)}`)),
    );
    this.select.disabled = false;
    this.choose(devices.some(({ name }) => name === before) ? before : (devices[0]?.name ?? ''));
  }

  show(name: string, values: readonly number[]): void {
    if (name !== this.device?.name) return;
    const now = performance.now();
    values.forEach((value, i) => {
      for (const shown of this.shown[i] ?? []) {
        const text = shown.text(value);
        const { element } = shown;
        if (element.textContent !== text) {
          if (element.textContent !== '') shown.changedAt = now;
          setText(element, text);
        }
        element.classList.toggle('changed', now - shown.changedAt < MARKED_MS);
      }
    });
  }

  private choose(name: string): void {
    this.select.value = name;
    this.device = this.devices.find((device) => device.name === name);
    this.shown = [];
    const rows = (this.device?.registers ?? []).map((register) => this.row(register));
    const head = make(
      'thead',
      {},
      make(
        'tr',
        {},
        make('th', { scope: 'col' }, 'Offset'),
        make('th', { scope: 'col' }, 'Register'),
        make('th', { scope: 'col' }, 'Value'),
        make('th', { scope: 'col' }, 'Fields'),
      ),
    );
    this.host.replaceChildren(make('table', {}, head, make('tbody', {}, ...rows)));
    this.watch(this.device?.name);
  }

  private row({ name, offset, access, fields }: Register): HTMLElement {
    const shown: Shown[] = [];
    const place = (element: HTMLElement, text: (value: number) => string): HTMLElement => {
      shown.push({ element, text, changedAt: -Infinity });
      return element;
    };
    const readable = access !== 'wo';
    const value = readable
      ? place(make('span', { class: 'value' }), (number) => hex(number))
      : make('span', { class: 'faint' }, 'write only');
    const parts = readable && fields ? fields : [];
    const list = parts.map((field) =>
      make(
        'span',
        { class: 'field' },
        make('span', { class: 'field-name' }, field.name),
        place(make('span', { class: 'field-value' }), (number) => fieldText(field, number)),
      ),
    );
    this.shown.push(shown);
    return make(
      'tr',
      { 'data-register': name },
      make('td', { class: 'faint' }, hex(offset, 2)),
      make('th', { scope: 'row' }, name),
      make('td', {}, value),
      make('td', {}, make('div', { class: 'fields' }, ...list)),
    );
  }
}
