// Small pieces of text that several commands show.

import { styleText } from './render-style.js';

/** `1:02:03`, `3:07`: of seconds. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (value: number): string => String(value).padStart(2, '0');
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** `1,234,567`. */
export const grouped = (value: number): string => String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',');

/** `44.1 kHz`. */
export const kilohertz = (hz: number): string => `${Number((hz / 1000).toFixed(3))} kHz`;

/** `1 track`, `2 tracks`. */
export const plural = (count: number, word: string): string => `${grouped(count)} ${word}${count === 1 ? '' : 's'}`;

/** A bar of `width` characters with `part` (0 to 1) of it filled. */
export function bar(part: number, width: number): string {
  const full = Math.round(Math.max(0, Math.min(1, part)) * width);
  return `${styleText('cyan', '━'.repeat(full))}${styleText('dim', '─'.repeat(width - full))}`;
}

/** Cut to `width` columns, with an ellipsis. Good enough for names: one column a code point. */
export function fit(text: string, width: number): string {
  const characters = [...text];
  return characters.length <= width ? text : `${characters.slice(0, Math.max(0, width - 1)).join('')}…`;
}
