// Which jack: PWM1 of a board, or the emulator's stand-in that logs what is written. Whether PWM1's register answers
// decides; a second, independent sign is only compared with it, and a boot setting overrides both.

import { probe32 } from './board';
import { DEBUG_LITE, dmaDebug } from './dma';
import { PWM1, STA } from './pwm';

/** The boot setting `jack`. */
export const enum JackSetting {
  Auto = 0,
  Pwm1 = 1,
  Capture = 2,
}

export const enum JackMode {
  None = 0,
  Pwm1 = 1,
  Capture = 2,
}

/** Bits: what spoke for a board. Only one of the two is a disagreement. */
export const enum JackSign {
  /** DMA channel 7 says of itself that it is a lite engine; the emulator's DEBUG reads 0. */
  LiteEngine = 1,
  /** PWM1's STA answers; in the emulator the read aborts. */
  RegisterAnswers = 2,
}

/** The signs that are there, as JackSign bits. The clock of the PWM should run. */
export function jackSigns(): i32 {
  let signs = 0;
  if (dmaDebug(7) & DEBUG_LITE) signs |= JackSign.LiteEngine;
  if (probe32(PWM1 + STA) >= 0) signs |= JackSign.RegisterAnswers;
  return signs;
}

/** The mode that signs and setting make. */
export function jackMode(signs: i32, setting: i32): JackMode {
  if (setting === JackSetting.Pwm1) return JackMode.Pwm1;
  if (setting === JackSetting.Capture) return JackMode.Capture;
  return signs & JackSign.RegisterAnswers ? JackMode.Pwm1 : JackMode.Capture;
}
