// Notices that sources were saved, also by editors that write another file and rename it.

import fs from 'node:fs';
import path from 'node:path';

/** Nothing more is written for so long: what was saved is whole. */
const SETTLE_MS = 25;
const NOT_WATCHED = new Set(['node_modules', 'build']);
const SOURCE = /\.(ts|json)$/;

/** A file as it is now, without its content; what is not there is that. */
function stampOf(file: string): string {
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  return stat ? `${stat.ino}:${stat.size}:${stat.mtimeMs}` : '';
}

/** The folder and those in it, without what is no source. */
function foldersIn(folder: string): string[] {
  try {
    const inside = fs
      .readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !NOT_WATCHED.has(entry.name) && !entry.name.startsWith('.'))
      .flatMap(({ name }) => foldersIn(path.join(folder, name)));
    return [folder, ...inside];
  } catch {
    return []; // gone meanwhile
  }
}

export class SourceWatch {
  /** Sources were saved; the time (`performance.now`) of the first that was noticed. */
  onSave: (savedAt: number) => void = () => undefined;
  private watchers: fs.FSWatcher[] = [];
  private stamps = new Map<string, string>();
  private settling: NodeJS.Timeout | undefined;
  private savedAt = 0;

  /** `folder` is the program's own, where files may come that nothing imports yet. */
  constructor(private readonly folder: string | undefined) {}

  /** These are the sources from now on, as they were when `stamps` was taken. */
  follow(files: readonly string[]): void {
    const before = this.watchers;
    const folders = new Set([
      ...files.map((file) => path.dirname(file)),
      ...(this.folder ? foldersIn(this.folder) : []),
    ]);
    this.watchers = [...folders].flatMap((folder) => {
      try {
        const watcher = fs.watch(folder, (_event, name) => {
          if (name === null || SOURCE.test(name)) this.notice();
        });
        watcher.on('error', () => this.notice());
        return [watcher];
      } catch {
        return [];
      }
    });
    for (const watcher of before) watcher.close();
    // What was saved while nobody watched.
    for (const file of files) if (!this.stamps.has(file)) this.stamps.set(file, stampOf(file));
    if (this.isChanged()) this.notice();
  }

  /** Takes the sources as they are now for what is compiled next. */
  take(): void {
    for (const file of this.stamps.keys()) this.stamps.set(file, stampOf(file));
  }

  /** Whether something was saved since `take`, noticed or not. */
  isChanged(): boolean {
    return [...this.stamps].some(([file, stamp]) => stampOf(file) !== stamp);
  }

  private notice(): void {
    if (this.settling) clearTimeout(this.settling);
    else this.savedAt = performance.now();
    this.settling = setTimeout(() => {
      this.settling = undefined;
      this.onSave(this.savedAt);
    }, SETTLE_MS);
  }

  close(): void {
    clearTimeout(this.settling);
    for (const watcher of this.watchers) watcher.close();
    this.watchers = [];
  }
}
