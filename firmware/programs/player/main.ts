// The player as a program: see firmware/player/.

import { startPlayer, stepPlayer } from '../../player/player';

export function start(_generation: i32): void {
  startPlayer();
}

export function step(events: i32): i64 {
  return stepPlayer(events);
}
