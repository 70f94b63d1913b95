// Prints what the controls ask for, a line each: its number (Control), and of a turn its detents. Before it, a line
// `ready`. The RAM disk begins with the milliseconds that each step takes, then the bytes and the text of a player.ini.
// When the play button is held it prints how many changes were lost and how many steps there were, and ends.

import { Exit, Info, copyIn, exit, info, ticks, wait } from '../../drivers/board';
import { endLine, printByte, printLine, printNumber, serviceConsole } from '../../firmware/console/console';
import { Control, Controls } from '../../firmware/controls/controls';
import { Settings } from '../../firmware/settings';

const RAM_DISK: u32 = 0x10000000;
const header = memory.data(8);
const text = memory.data(4096);
const settings = new Settings();
const controls = new Controls();
let steps = 0;

function tell(control: i32, value: i64): void {
  printNumber(control);
  printByte(0x20);
  printNumber(value);
  endLine();
}

export function start(_generation: i32): void {
  copyIn(RAM_DISK, header, 8);
  const bytes = min(load<i32>(header, 4), 4096);
  copyIn(RAM_DISK + 8, text, bytes);
  settings.parse(text, bytes);
  controls.start(settings);
  printLine('ready');
}

export function step(_events: i32): i64 {
  steps++;
  const busyMs = load<i32>(header);
  if (busyMs) wait(ticks() + (busyMs * info(Info.TickRate)) / 1000, 0);
  for (let control = controls.next(); control; control = controls.next()) {
    tell(control, control === Control.Turn ? controls.turns : 0);
    if (control === Control.Stop) {
      tell(steps, info(Info.GpioLost));
      exit(Exit.End, 0);
    }
  }
  return min(serviceConsole(), controls.service());
}
