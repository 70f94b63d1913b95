// Numbers about time: how full the rings are, what ran dry, how late a click is.

import type { MachineStatus } from './machine.js';
import { make, setText } from './page.js';
import type { SoundOutput } from './sound-output.js';

const ms = (value: number): string => `${value.toFixed(1)} ms`;
const NONE = '–';

export class Facts {
  private readonly values = new Map<string, HTMLElement>();

  constructor(private readonly host: HTMLElement) {}

  show({ status, speed, aheadMs }: MachineStatus, { ring, context, runs }: SoundOutput): void {
    const { fillMs, fillRangeMs, clickMs } = status;
    this.set('Ring of the firmware', fillMs === undefined ? NONE : ms(fillMs));
    this.set('Lowest, highest', fillRangeMs ? fillRangeMs.map((each) => each.toFixed(1)).join(' to ') + ' ms' : NONE);
    this.set('Underruns of the jack', String(status.hardwareUnderruns), status.hardwareUnderruns > 0);
    this.set('Click to changed word', clickMs === undefined ? NONE : `${ms(clickMs)} virtual`);
    this.set(
      'Ahead of the sound',
      `${ms((ring.fill * 1000) / (context?.sampleRate ?? 48_000))} of ${Math.round(aheadMs)}`,
    );
    this.set('Underruns of the page', String(ring.underruns), ring.underruns > 0);
    this.set('Browser to ear', context && runs ? ms(latency(context)) : 'no sound');
    this.set('Fastest possible', speed === undefined ? NONE : `${speed.toFixed(1)} × real time`);
    this.set('Steps of the program', String(status.steps));
  }

  private set(name: string, value: string, bad = false): void {
    let element = this.values.get(name);
    if (!element) {
      element = make('dd', { class: 'mono' });
      this.values.set(name, element);
      this.host.append(make('div', {}, make('dt', {}, name), element));
    }
    setText(element, value);
    element.classList.toggle('bad', bad);
  }
}

/** What the AudioContext says of itself: from the audio thread to its buffer, and on to the ear where it knows. */
const latency = ({ baseLatency, outputLatency }: AudioContext): number =>
  1000 * ((baseLatency || 0) + (outputLatency || 0));
