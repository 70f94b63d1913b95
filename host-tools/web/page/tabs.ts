// The two consoles behind their tabs. ARIA Authoring Practices, tabs with automatic activation.

import { byId } from './page.js';

const TABS = ['virtual', 'serial'] as const;

/** Makes the tabs work; the first one is open. */
export function showTabs(): void {
  const tabs = TABS.map((name) => byId<HTMLButtonElement>(`tab-${name}`));
  const open = (chosen: number): void => {
    tabs.forEach((tab, i) => {
      tab.setAttribute('aria-selected', String(i === chosen));
      tab.tabIndex = i === chosen ? 0 : -1;
      byId(`${TABS[i] ?? ''}-panel`).hidden = i !== chosen;
    });
  };
  tabs.forEach((tab, i) => {
    tab.addEventListener('click', () => open(i));
    tab.addEventListener('keydown', ({ key }) => {
      if (key !== 'ArrowLeft' && key !== 'ArrowRight') return;
      const next = (i + 1) % tabs.length;
      open(next);
      tabs[next]?.focus();
    });
  });
}
