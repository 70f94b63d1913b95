// What the parts of an SD host controller share.

import type { Rule } from '../findings.js';
import type { SdSlot } from './sd-slot.js';
import type { SdhciStatus } from './sdhci-status.js';
import type { Time } from '../time.js';
import type { Timeline } from '../timeline.js';

export interface SdhciWires {
  readonly timeline: Timeline;
  readonly slot: SdSlot;
  readonly status: SdhciStatus;
  /** A clock of the card; NEVER while it stands. */
  period(): Time;
  /** Clocks that the card has had since it was last without. */
  clocks(now: Time): number;
  /** How long the card may be silent or busy (Data Timeout Counter Value). */
  timeout(): Time;
  /** Data lines that the controller uses. */
  width(): 1 | 4;
  /** Tells a finding about a register. */
  tell(rule: Rule, offset: number, value: number | undefined, text: string): void;
}
