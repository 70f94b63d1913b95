// Small pieces of text that several commands show; those that are for no terminal in particular stand in words.ts.

import { styleText } from './render-style.js';

export { clock, grouped, plural } from '../words.js';

/** `12.3 MB`, `31.9 GB`: of powers of ten, as cards count them. */
export function sizeText(bytes: number): string {
  const [unit, value] = bytes >= 1e9 ? ['GB', bytes / 1e9] : ['MB', bytes / 1e6];
  return `${value.toFixed(value < 100 ? 1 : 0)} ${unit}`;
}

/** A bar of `width` characters with `part` (0 to 1) of it filled. */
export function bar(part: number, width: number): string {
  const full = Math.round(Math.max(0, Math.min(1, part)) * width);
  return `${styleText('cyan', '━'.repeat(full))}${styleText('dim', '─'.repeat(width - full))}`;
}

/** Characters that take two columns of a terminal: East Asian wide ones and pictographs. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Extended_Pictographic}/u;

/** Columns that a text takes. */
export const columnsOf = (text: string): number =>
  [...text].reduce((sum, character) => sum + (WIDE.test(character) ? 2 : /\p{Mark}/u.test(character) ? 0 : 1), 0);

/** A path of at most `width` columns: what it ends with is kept, and of the rest the beginning. */
export function fitPath(path: string, width: number): string {
  if (columnsOf(path) <= width) return path;
  const end = `…${path.slice(path.lastIndexOf('/', path.length - 2))}`;
  const room = width - columnsOf(end);
  if (room < 0 || !path.includes('/')) return fit(path, width);
  return `${fit(path, room + 1).slice(0, -1)}${end}`;
}

/** Cut to `width` columns, with an ellipsis. */
export function fit(text: string, width: number): string {
  if (columnsOf(text) <= width) return text;
  if (width < 1) return '';
  let cut = '';
  for (const character of text) {
    if (columnsOf(cut + character) > width - 1) break;
    cut += character;
  }
  return `${cut}…`;
}
