// Fields that files are dropped on or chosen with. What is dropped beside them goes to one of them, too: the browser
// would else leave the page for it.

import { byId } from './page.js';

export class DropField {
  private readonly field: HTMLElement;

  /** A label and the input in it; `wants` tells whether files that are dropped beside all fields are meant for this one. */
  constructor(
    field: string,
    input: string,
    readonly take: (files: File[]) => void,
    readonly wants: () => boolean = () => true,
  ) {
    this.field = byId(field);
    const chosen = byId<HTMLInputElement>(input);
    chosen.addEventListener('change', () => {
      const files = [...(chosen.files ?? [])];
      chosen.value = '';
      if (files.length > 0) take(files);
    });
  }

  holds(target: EventTarget | null): boolean {
    return target instanceof Node && this.field.contains(target);
  }

  mark(on: boolean): void {
    this.field.classList.toggle('over', on);
  }
}

/** Of several fields that want what is dropped beside them the first one gets it. */
export function listenToDrops(fields: readonly DropField[]): void {
  const meant = ({ target }: Event): DropField | undefined =>
    fields.find((field) => field.holds(target)) ?? fields.find((field) => field.wants());
  const mark = (chosen: DropField | undefined): void => {
    for (const field of fields) field.mark(field === chosen);
  };
  addEventListener('dragover', (event) => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = 'copy';
    mark(meant(event));
  });
  addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) mark(undefined);
  });
  addEventListener('drop', (event) => {
    mark(undefined);
    const files = [...(event.dataTransfer?.files ?? [])];
    if (files.length === 0) return;
    event.preventDefault();
    meant(event)?.take(files);
  });
}
