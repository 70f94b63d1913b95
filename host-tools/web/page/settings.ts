// The player.ini of the page.

/** A level that is loud enough to hear and startles nobody; the computer has a volume of its own. */
const VOLUME_DB = -12;

/** The text; undefined for programs that take none. */
export function settingsFor(program: string): string | undefined {
  if (program !== 'player') return undefined;
  return [`volume_db = ${VOLUME_DB}`, 'records = on', 'at_end = stay', ''].join('\n');
}
