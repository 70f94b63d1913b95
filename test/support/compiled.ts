// The host's tools as JavaScript, as the package has them: a process that loads them through a loader takes a second
// longer to start, and tests start many.

import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { build, version } from 'esbuild';

const root = path.resolve(import.meta.dirname, '../..');

/** Sources below a folder of the tree that have one of these endings. */
function sources(folder: string, ...endings: string[]): string[] {
  return fs
    .readdirSync(path.join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && endings.some((ending) => entry.name.endsWith(ending)))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => !file.includes(`${path.sep}template${path.sep}`))
    .sort();
}

/** Compiles them, once for each state of the sources; returns the path of a file of theirs. */
export async function compiledTool(name: string): Promise<string> {
  const tools = sources('host-tools', '.ts', '.js');
  const shared = ['boot', 'drivers', 'firmware'].flatMap((folder) => sources(folder, '.ts'));
  const hash = createHash('sha256').update(version);
  for (const file of [...tools, ...shared]) hash.update(`${file}\0`).update(fs.readFileSync(file));
  const made = path.join(root, 'build', `host-tools-${hash.digest('hex').slice(0, 16)}`);
  if (!fs.existsSync(made)) {
    fs.mkdirSync(path.dirname(made), { recursive: true });
    const scratch = fs.mkdtempSync(`${made}-`);
    await compileInto(scratch, tools);
    try {
      fs.renameSync(scratch, made);
    } catch (error) {
      // The other job was faster.
      fs.rmSync(scratch, { recursive: true });
      if (!fs.existsSync(made)) throw error;
    }
  }
  return path.join(made, name);
}

/** Compiles the tools and what they import of the device's sources, each file to one. */
async function compileInto(outdir: string, tools: string[]): Promise<void> {
  const common = { absWorkingDir: root, outbase: root, outdir, format: 'esm', target: 'node20' } as const;
  const graph = { bundle: true, platform: 'node', packages: 'external', write: false, metafile: true } as const;
  const { metafile } = await build({ ...common, ...graph, entryPoints: tools });
  const inputs = Object.keys(metafile.inputs).filter((name) => /\.[jt]s$/.test(name));
  await build({ ...common, entryPoints: inputs.map((name) => path.join(root, name)) });
}
