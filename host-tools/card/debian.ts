// Debian's packages with the VideoCore's files and the device tree, for whatever machine this is.
//
// apt gets its own list, indexes and downloads in a folder that goes away again; of the system's configuration it reads
// proxies and passwords, and it runs none of its hooks. The archive's address is the one that the machine uses already,
// and apt checks the signature as it always does.

import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { cached } from '../build/interpreter.js';
import { cacheFolder } from '../build/library.js';
import { runTool } from '../build/toolchain.js';
import { makeTemporary } from '../temporary.js';
import { Problem } from '../problem.js';
import { DEVICE_TREE } from './videocore.js';

const FIRMWARE_PACKAGE = 'raspi-firmware';
const FIRMWARE_PARTS = [
  ...['start4.elf', 'fixup4.dat', 'start4cd.elf', 'fixup4cd.dat'].map((name) => `./usr/lib/raspi-firmware/${name}`),
  './usr/share/doc/raspi-firmware/copyright',
];
/** Depends on the newest kernel. */
const KERNEL_PACKAGE = 'linux-image-arm64';
const KERNEL_PARTS = [`./usr/lib/linux-image-*/broadcom/${DEVICE_TREE}`];
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
/** What would run after an update of the system's own indexes. */
const HOOKS = ['APT::Update::Pre-Invoke', 'APT::Update::Post-Invoke', 'APT::Update::Post-Invoke-Success'];
const HINT = 'give the files with --firmware DIR';

export interface FetchOptions {
  cacheDir?: string | undefined;
  signal?: AbortSignal | undefined;
  /** Told what is fetched, and how much of it is there (0 to 1). */
  progress?: ((what: string, part: number) => void) | undefined;
}

/** The folder with Debian's VideoCore files, from the cache if they are there. Throws Problem: no apt, no Debian, no network. */
export const fetchFirmware = (options: FetchOptions = {}): Promise<string> =>
  fetchParts('videocore', 'non-free-firmware', FIRMWARE_PARTS, options, () => Promise.resolve(FIRMWARE_PACKAGE));

/** The folder with the device tree out of Debian's arm64 kernel, some 60 MB to fetch. Throws Problem. */
export const fetchDeviceTree = (options: FetchOptions = {}): Promise<string> =>
  fetchParts('device-tree', 'main', KERNEL_PARTS, options, async (apt) => {
    const depends = await apt.ask('apt-cache', 'depends', KERNEL_PACKAGE);
    const kernel = /Depends: (linux-image-\d[\w.+-]*)/.exec(depends)?.[1];
    if (kernel === undefined)
      throw new Problem('not-found', `Debian's ${KERNEL_PACKAGE} names no kernel`, { hint: HINT });
    return kernel;
  });

async function fetchParts(
  what: string,
  component: string,
  parts: readonly string[],
  options: FetchOptions,
  choose: (apt: PrivateApt) => Promise<string>,
): Promise<string> {
  const cache = options.cacheDir ?? cacheFolder();
  const archive = await findArchive();
  const folder = path.join(cache, `${what}-${archive.codename}`);
  await cached(folder, async (into) => {
    const scratch = makeTemporary(cache, 'apt-');
    try {
      const apt = new PrivateApt(scratch.folder, `${archive.address} ${archive.codename} ${component}`, options);
      await apt.run('the list of packages', 'update');
      const name = await choose(apt);
      await apt.run(name, 'download', name);
      const file = fs.readdirSync(scratch.folder).find((each) => each.startsWith(`${name}_`) && each.endsWith('.deb'));
      if (file === undefined) throw new Problem('not-found', `apt has brought no ${name}`, { hint: HINT });
      await unpack(path.join(scratch.folder, file), into, parts);
    } finally {
      scratch.remove();
    }
  });
  return folder;
}

/** Where this machine has its Debian from. Throws Problem. */
async function findArchive(): Promise<{ address: string; codename: string }> {
  const none = (message: string): Problem => new Problem('not-found', message, { hint: HINT });
  let release: string;
  try {
    release = fs.readFileSync('/etc/os-release', 'utf8');
  } catch {
    throw none('this is no Debian');
  }
  const codename = /^VERSION_CODENAME="?([\w-]+)"?$/m.exec(release)?.[1];
  if (!/^ID="?(?:debian|raspbian)"?$/m.test(release) || codename === undefined) throw none('this is no Debian');
  const format = '$(REPO_URI) $(RELEASE) $(COMPONENT)';
  const targets = await runTool('apt-get', ['indextargets', '--format', format, 'Created-By: Packages'], '/').catch(
    (error: unknown) => {
      throw new Problem('not-found', 'apt-get does not tell where packages come from', { hint: HINT, cause: error });
    },
  );
  const line = targets.split('\n').find((each) => each.endsWith(` ${codename} main`));
  const address = line?.split(' ')[0];
  if (address === undefined) throw none(`apt has no archive for ${codename}`);
  return { address, codename };
}

/** apt with everything of its own in one folder. */
class PrivateApt {
  private readonly options: string[];

  constructor(
    private readonly folder: string,
    source: string,
    private readonly fetching: FetchOptions,
  ) {
    const inside = (name: string): string => path.join(folder, name);
    for (const name of ['lists/partial', 'cache/archives/partial']) fs.mkdirSync(inside(name), { recursive: true });
    const signed = fs.existsSync(KEYRING) ? `[signed-by=${KEYRING}] ` : '';
    fs.writeFileSync(inside('debian.list'), `deb ${signed}${source}\n`);
    fs.writeFileSync(inside('apt.conf'), HOOKS.map((hook) => `#clear ${hook};\n`).join(''));
    const settings = {
      'Dir::Etc::sourcelist': inside('debian.list'),
      'Dir::Etc::sourceparts': '/dev/null',
      'Dir::State::lists': inside('lists'),
      'Dir::Cache': inside('cache'),
      'APT::Architecture': 'arm64',
      'APT::Architectures': 'arm64',
      // The folder is this user's alone: not the one that apt would change to.
      'APT::Sandbox::User': '',
      'Acquire::Retries': '2',
      'Acquire::http::Timeout': '20',
    };
    this.options = [
      '-c',
      inside('apt.conf'),
      ...Object.entries(settings).flatMap(([key, value]) => ['-o', `${key}=${value}`]),
    ];
  }

  ask(program: string, ...words: string[]): Promise<string> {
    return runTool(program, [...this.options, ...words], this.folder);
  }

  /** Runs apt-get; `what` is told with the progress. Throws Problem, and the signal's reason. */
  async run(what: string, ...words: string[]): Promise<void> {
    const { progress, signal } = this.fetching;
    progress?.(what, 0);
    const child = spawn('apt-get', [...this.options, '-q', '-o', 'APT::Status-Fd=3', ...words], {
      cwd: this.folder,
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
      env: { ...process.env, LC_ALL: 'C' },
      ...(signal ? { signal } : {}),
    });
    let said = '';
    (child.stderr as Readable).on('data', (chunk: Buffer) => (said += chunk.toString()));
    let rest = '';
    (child.stdio[3] as Readable).on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop() ?? '';
      // dlstatus:FILE:PERCENT:WHAT
      const percent = lines
        .map((line) => /^dlstatus:\d+:([\d.]+):/.exec(line)?.[1])
        .findLast((each) => each !== undefined);
      if (percent !== undefined) progress?.(what, Number(percent) / 100);
    });
    const status = await new Promise<number | null>((resolve, reject) =>
      child.on('close', resolve).on('error', reject),
    ).catch((error: unknown) => {
      signal?.throwIfAborted();
      throw new Problem('tool-failed', 'apt-get cannot be run', { hint: HINT, cause: error });
    });
    signal?.throwIfAborted();
    // An update that reached nothing ends with 0 as well, and warnings.
    if (status !== 0 || /^[EW]: Failed to fetch/m.test(said))
      throw new Problem('tool-failed', `apt-get ${words.join(' ')} failed`, { hint: HINT, details: said.trim() });
    progress?.(what, 1);
  }
}

/** Unpacks members of a package into `folder`, without their folders. Throws Problem. */
export async function unpack(deb: string, folder: string, patterns: readonly string[]): Promise<void> {
  const packed = spawn('dpkg-deb', ['--fsys-tarfile', deb], { stdio: ['ignore', 'pipe', 'ignore'] });
  // Only the last part of a name is kept: none leaves the folder.
  const words = ['-xf', '-', '-C', folder, '--no-same-owner', '--transform', 's,.*/,,', '--wildcards', ...patterns];
  const unpacking = spawn('tar', words, { stdio: ['pipe', 'ignore', 'pipe'] });
  // When tar ends early its status tells.
  unpacking.stdin.on('error', () => undefined);
  packed.stdout.pipe(unpacking.stdin);
  let said = '';
  unpacking.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const ends = [packed, unpacking].map(
    (child) => new Promise<number | null>((resolve, reject) => child.on('close', resolve).on('error', reject)),
  );
  const bad = (cause?: unknown): Problem =>
    new Problem('tool-failed', 'cannot be unpacked', {
      file: deb,
      hint: 'dpkg-deb and tar are needed',
      details: said.trim(),
      cause,
    });
  const [reading, writing] = await Promise.all(ends).catch((error: unknown) => {
    throw bad(error);
  });
  if (reading !== 0 || writing !== 0) throw bad();
}
