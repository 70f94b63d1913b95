// All exercises, with the program that each runs on. A driver's own suite comes before those that only use it.

import { clockExercises } from './clock.js';
import { dmaExercises } from './dma.js';
import { gpioExercises } from './gpio.js';
import { jackExercises } from './jack.js';
import { mailboxExercises } from './mailbox.js';
import { pl011Exercises } from './pl011.js';
import { powerExercises } from './power.js';
import { pwmExercises } from './pwm.js';
import type { Exercise } from './rig.js';
import { sdErrorExercises } from './sd-errors.js';
import { sdRegisterExercises } from './sd-registers.js';
import { sdSocketExercises } from './sd-socket.js';
import { sdExercises } from './sd.js';
import { revisionExercises, timerExercises } from './timer.js';

export interface Suite {
  readonly name: string;
  /** Entry file, from the repository's root. */
  readonly program: string;
  /** The files of drivers/ that it is about. */
  readonly drivers: readonly string[];
  readonly exercises: readonly Exercise[];
}

const DEVICES = 'test/virtual-pi/assembly/devices.ts';
const PLAYER = 'test/virtual-pi/assembly/player.ts';

const devices = (name: string, drivers: readonly string[], exercises: readonly Exercise[]): Suite => ({
  name,
  program: DEVICES,
  drivers,
  exercises,
});

export const suites: readonly Suite[] = [
  devices('clock manager', ['clock-manager'], clockExercises),
  devices('DMA engines', ['dma'], dmaExercises),
  devices('pins', ['gpio'], gpioExercises),
  devices('mailbox', ['mailbox'], mailboxExercises),
  devices('UART', ['pl011'], pl011Exercises),
  devices('power', ['power'], powerExercises),
  devices('PWM', ['pwm', 'jack-probe'], pwmExercises),
  devices('timer', ['timer'], timerExercises),
  devices('revision', ['revision'], revisionExercises),
  {
    ...{
      name: 'SD card',
      program: 'test/virtual-pi/assembly/card.ts',
      exercises: [...sdExercises, ...sdRegisterExercises, ...sdErrorExercises, ...sdSocketExercises],
    },
    drivers: ['sd-card', 'sd-session', 'sd-commands', 'sd-clock', 'sdhci', 'patience', 'block-device'],
  },
  { name: 'jack', program: PLAYER, drivers: ['jack'], exercises: jackExercises },
];
