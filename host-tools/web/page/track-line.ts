// What plays, by the player's records.

import { textField, type PlayerRecord } from '../../play/records.js';
import { setText } from './page.js';

export class TrackLine {
  constructor(private readonly line: HTMLElement) {}

  begin(): void {
    setText(this.line, 'silent');
  }

  take(record: PlayerRecord): void {
    if (record.event === 'track') setText(this.line, textField(record, 'name') || 'plays');
    else if (record.event === 'done') setText(this.line, 'all played');
  }
}
