// The boot settings that a run gives the player, as the text of `player.ini` (docs/player.md).

export interface PlayerSettings {
  /** Which jack there is: the emulator's stand-in, or a PWM. */
  jack: 'capture' | 'pwm1';
  /** Decibels below full scale; 0 leaves words bit-exact. */
  volumeDb: number;
  /** Whether the words flow at the speed of sound, or as fast as they are made. */
  pace: 'real' | 'free';
  /** Whether the firmware's own piece is played when there are no tracks. */
  demo: boolean;
}

/** The text. Records and checksums are on, and the emulator ends after the last track. */
export function playerIni(settings: PlayerSettings): string {
  const lines: [string, string][] = [
    ['jack', settings.jack],
    ['pace', settings.pace],
    ['volume_db', String(settings.volumeDb)],
    ['records', 'on'],
    ['crc', 'on'],
    ['at_end', 'exit'],
    ['demo', settings.demo ? 'on' : 'off'],
  ];
  return lines.map(([key, value]) => `${key} = ${value}\n`).join('');
}
