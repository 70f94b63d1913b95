// What a real Pi tells of itself while it runs, as mirleft top shows it.

import {
  boardFacts,
  decibels,
  gaugesOf,
  lineFacts,
  memoryFacts,
  trackText,
  type Fact,
} from '../../link/telemetry-words.js';
import type { Snapshot } from '../../link/telemetry.js';
import { makeMeters } from './meter.js';
import { byId, make, setText } from './page.js';

interface GaugeShown {
  bar: HTMLElement;
  full: HTMLElement;
  text: HTMLElement;
}

export class BoardCard {
  private readonly card = byId('real');
  private readonly state = byId('real-state');
  private readonly meters = makeMeters('board-meters', 'the board');
  private readonly gauges = new Map<string, GaugeShown>();
  private readonly facts = new Map<string, HTMLElement>();
  /** Not drawn yet: of both sides, in decibels. */
  private levels = [-Infinity, -Infinity];
  private drawnAt = 0;

  /** A session has begun. */
  open(): void {
    this.card.hidden = false;
    setText(this.state, 'waiting for the first values');
  }

  /** There is no session: what was told is old. */
  lost(): void {
    setText(this.state, 'no answer');
    this.levels = [-Infinity, -Infinity];
  }

  close(): void {
    this.card.hidden = true;
  }

  show(snapshot: Snapshot): void {
    setText(this.state, trackText(snapshot));
    this.levels = [snapshot.levelLeft, snapshot.levelRight].map((level) => decibels(level ?? 0));
    for (const { label, share, text } of gaugesOf(snapshot)) {
      const { bar, full, text: shown } = this.gauge(label);
      const percent = Math.round(100 * Math.max(0, Math.min(1, share ?? 0)));
      full.style.width = `${percent}%`;
      bar.setAttribute('aria-valuenow', String(percent));
      bar.setAttribute('aria-valuetext', text);
      setText(shown, text);
    }
    for (const fact of [...boardFacts(snapshot), ...lineFacts(snapshot), ...memoryFacts(snapshot)]) this.tell(fact);
  }

  /** Draws the meters. */
  draw(now: number): void {
    if (this.card.hidden) return;
    const passed = Math.min(250, now - this.drawnAt);
    this.drawnAt = now;
    this.meters.forEach((meter, side) => meter.show(this.levels[side] ?? -Infinity, now, passed));
    // Between two snapshots a meter falls.
    this.levels = [-Infinity, -Infinity];
  }

  private gauge(label: string): GaugeShown {
    let gauge = this.gauges.get(label);
    if (!gauge) {
      const full = make('span');
      const bar = make('div', { role: 'meter', class: 'gauge', 'aria-label': label }, full);
      bar.setAttribute('aria-valuemin', '0');
      bar.setAttribute('aria-valuemax', '100');
      const text = make('output', { class: 'mono' });
      byId('gauges').append(make('div', {}, make('span', { class: 'name' }, label), bar, text));
      gauge = { bar, full, text };
      this.gauges.set(label, gauge);
    }
    return gauge;
  }

  private tell({ name, value, isBad }: Fact): void {
    let element = this.facts.get(name);
    if (!element) {
      element = make('dd', { class: 'mono' });
      byId('board-facts').append(make('div', {}, make('dt', {}, capital(name)), element));
      this.facts.set(name, element);
    }
    setText(element, value);
    element.classList.toggle('bad', isBad);
  }
}

const capital = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
