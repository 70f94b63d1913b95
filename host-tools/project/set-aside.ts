// What packing changes in a clone, set aside before and put back after: dist/ is made anew for the package, and the
// manifest of the bundled wasm3 is rewritten. Kept in build/, which a clone does not track.

import fs from 'node:fs';
import path from 'node:path';

export interface ClonePaths {
  /** The clone's folder. */
  root: string;
  /** The manifest of its wasm3. */
  manifest: string;
}

const KEPT = path.join('build', 'before-pack');
/** Is there as soon as all is set aside. */
const MARK = 'complete';

const places = ({ root, manifest }: ClonePaths): { kept: string; moves: [from: string, to: string][] } => {
  const kept = path.join(root, KEPT);
  return {
    kept,
    moves: [
      [manifest, path.join(kept, 'wasm3.package.json')],
      [path.join(root, 'dist'), path.join(kept, 'dist')],
    ],
  };
};

/** Moves dist/ away and copies the manifest. What an earlier packing that was cut off has left is put back first. */
export function setAside(clone: ClonePaths): void {
  putBack(clone);
  const { kept, moves } = places(clone);
  fs.mkdirSync(kept, { recursive: true });
  for (const [from, to] of moves) {
    if (!fs.existsSync(from)) continue;
    if (from === clone.manifest) fs.copyFileSync(from, to);
    else fs.renameSync(from, to);
  }
  fs.writeFileSync(path.join(kept, MARK), '');
}

/** Puts back what was set aside; dist/ goes where there was none. Does nothing when nothing is set aside. */
export function putBack(clone: ClonePaths): void {
  const { kept, moves } = places(clone);
  if (!fs.existsSync(kept)) return;
  const complete = fs.existsSync(path.join(kept, MARK));
  for (const [to, from] of moves) {
    const there = fs.existsSync(from);
    // Cut off while it was set aside: nothing was changed yet, and only dist/ may have been moved.
    if (!complete && (!there || to === clone.manifest)) continue;
    fs.rmSync(to, { recursive: true, force: true });
    if (there) fs.renameSync(from, to);
  }
  fs.rmSync(kept, { recursive: true, force: true });
}
