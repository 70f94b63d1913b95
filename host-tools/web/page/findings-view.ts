// What the model found wrong with what the program did, newest first.

import type { FindingShown } from './messages.js';
import { byId, make, setText } from './page.js';

const MOST = 200;
const MOST_CALLS = 6;

export class FindingsView {
  private readonly list = byId('findings');
  private readonly count = byId('finding-count');

  begin(): void {
    this.list.replaceChildren();
    setText(this.count, 'none');
    this.count.classList.remove('bad');
  }

  show(findings: readonly FindingShown[], count: number): void {
    for (const { rule, text, places } of findings) {
      // The text ends with the first place.
      const calls = places
        .slice(1, MOST_CALLS)
        .map(({ file, line, column, name }) =>
          make('li', {}, `${name ?? '?'} `, make('span', { class: 'faint' }, `${file}:${line}:${column}`)),
        );
      this.list.prepend(
        make(
          'li',
          {},
          make('span', { class: 'rule' }, rule),
          make('span', { class: 'finding-text' }, text),
          make('ol', { class: 'calls' }, ...calls),
        ),
      );
    }
    while (this.list.children.length > MOST) this.list.lastElementChild?.remove();
    setText(this.count, count === 0 ? 'none' : String(count));
    this.count.classList.toggle('bad', count > 0);
  }
}
