// Colours, where stderr is a terminal that wants them (no-color.org).

const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;

const wanted = ((): boolean => {
  if (process.env['NO_COLOR']) return false;
  if (process.env['FORCE_COLOR']) return process.env['FORCE_COLOR'] !== '0';
  return process.stderr.isTTY && process.env['TERM'] !== 'dumb';
})();

export function styleText(style: keyof typeof CODES, text: string): string {
  return wanted && text !== '' ? `\x1b[${CODES[style]}m${text}\x1b[0m` : text;
}
