// What reading from a card costs: through the file system beside raw sectors, in a large directory, from power on to the
// first sample, and with a card that is busy for half a second.

import fs from 'node:fs';
import path from 'node:path';
import { compile } from '../build/compile.js';
import { buildImage } from '../build/image.js';
import { libraryRoot } from '../build/library.js';
import { buildProgram, finishBuild } from '../build/program.js';
import { CardTree } from '../card/card-tree.js';
import { writeImage } from '../card/fat-image.js';
import { geometryOf } from '../card/fat-geometry.js';
import type { Scratch } from '../emulator/scratch.js';
import { encodeQoa } from '../media/qoa.js';
import { DeviceConsole } from '../play/device-console.js';
import type { PlayerRecord } from '../play/records.js';
import { Problem } from '../problem.js';
import { SdCard } from '../virtual-pi/sd/sd-card.js';
import { MemorySectors, SECTOR_BYTES } from '../virtual-pi/sd/sector-store.js';
import { MILLISECOND, SECOND } from '../virtual-pi/time.js';
import { VirtualPi } from '../virtual-pi/virtual-pi.js';
import type { BenchRow } from './bench.js';
import { music } from './music.js';
import { benchLines, NS_A_TICK, runOnBoard } from './on-board.js';

const CARD_BYTES = 64 << 20;
const BIG_BYTES = 8 << 20;
const MIB = 1 << 20;
const TICKS_A_SECOND = 62_500_000;
const DIRECTORY_FILES = 10_000;
const RATE_HZ = 44_100;
const TIMED_RUNS = 4;
const BUSY_MS = 500;
const SETTINGS = 'records = on\nvolume_db = 0\nat_end = exit\n';

const program = path.join(libraryRoot, 'test', 'programs', 'bench-card.ts');

/** Whether the program is there: it comes with a clone, not with the package. */
const cardReadsAvailable = (): boolean => fs.existsSync(program);

/** A card of 64 MiB with these files. */
export async function makeCard(file: string, files: Iterable<[path: string, data: Uint8Array]>): Promise<string> {
  const geometry = geometryOf(CARD_BYTES);
  const tree = new CardTree(geometry.clusterBytes);
  for (const [name, source] of files) {
    const refused = tree.add({ path: name, source, bytes: source.length });
    if (refused) throw new Problem('no-room', `${name} does not go onto the bench's card: ${refused}`);
  }
  await writeImage(file, geometry, tree);
  return file;
}

/** Boots a kernel with a card; the console's text. */
const boot = async (scratch: Scratch, image: Uint8Array, card: string, deterministic: boolean): Promise<string> =>
  (await runOnBoard(scratch, image, { card, deterministic })).toString();

interface Count {
  ticks: number;
  bytes: number;
  reads: number;
  sectors: number;
}

/** What the bench's program has counted, by name. */
function countsOf(text: string): (name: string) => Count {
  const lines = benchLines(text);
  return (name) => {
    const fields = lines(name);
    const number = (key: string): number => Number(fields[key]);
    return { ticks: number('ticks'), bytes: number('bytes'), reads: number('reads'), sectors: number('sectors') };
  };
}

/** Reads of 8 MiB and a look-up among 10,000, counted and timed in QEMU. */
export async function cardReads(scratch: Scratch): Promise<BenchRow[]> {
  if (!cardReadsAvailable()) return [];
  const { wasm } = await compile({ entry: program, board: true });
  const { image } = await buildImage({ wasm });
  const names = Array.from({ length: DIRECTORY_FILES }, (_, i) => `folder/a file with a long name, number ${i}.wav`);
  const card = await makeCard(scratch.file('card.img'), [
    ['big.bin', new Uint8Array(BIG_BYTES).fill(0x5a)],
    ...names.map((name): [string, Uint8Array] => [name, new Uint8Array(0)]),
  ]);
  const counted = countsOf(await boot(scratch, image, card, true));
  const timed: ReturnType<typeof countsOf>[] = [];
  while (timed.length < TIMED_RUNS) timed.push(countsOf(await boot(scratch, image, card, false)));
  for (const each of [counted, ...timed])
    for (const name of ['file', 'raw'])
      if (each(name).bytes !== BIG_BYTES) throw new Problem('bad-media', `the bench's card was not read by ${name}`);
  const perMib = (name: string): number => (counted(name).ticks * NS_A_TICK) / (BIG_BYTES / MIB);
  // Both are at the mercy of what else this machine does: the best of each is what they can do.
  const rate = (name: string): number =>
    BIG_BYTES / 1e6 / (Math.min(...timed.map((each) => each(name).ticks)) / TICKS_A_SECOND);
  const find = counted('find');
  const passes = `${find.sectors} sectors in ${find.reads} reads`;
  return [
    {
      ...{ id: 'cardRead', what: 'read from the card in QEMU, a file', unit: 'MB/s', goal: 2, atLeast: true },
      ...{ measured: rate('file'), how: `8 MiB by 32 KiB, wall time, the best of ${TIMED_RUNS}` },
    },
    {
      ...{ id: 'cardReadShare', what: '  beside raw multi-block reads', unit: 'times', goal: 0.9, atLeast: true },
      ...{ measured: rate('file') / rate('raw'), how: `raw ${rate('raw').toFixed(2)} MB/s, the best of as many` },
    },
    {
      ...{ id: 'cardMib', what: '1 MiB through the file system', unit: 'instructions', measured: perMib('file') },
      how: `${counted('file').reads} reads of the card for 8 MiB, -icount`,
    },
    {
      ...{ id: 'cardMibShare', what: '  beside the raw blocks', unit: 'times', goal: 1.2 },
      ...{ measured: perMib('file') / perMib('raw'), how: `raw ${Math.round(perMib('raw'))} instructions` },
    },
    {
      ...{ id: 'cardFind', what: 'look-up of the last of 10,000 files', unit: 'instructions' },
      ...{ measured: find.ticks * NS_A_TICK, how: `${passes}, the directory once` },
    },
  ];
}

/** From kernel entry to the first sample of 200 tracks. */
export async function cardFirstSample(scratch: Scratch): Promise<BenchRow[]> {
  const { image } = await finishBuild(buildProgram({ program: 'player' }));
  const track = encodeQoa(music(0.2, RATE_HZ), RATE_HZ, 2);
  const names = Array.from({ length: 200 }, (_, i) => `music/Album ${i % 10}/${i} a song.qoa`);
  const card = await makeCard(scratch.file('card.img'), [
    ['player.ini', Buffer.from(SETTINGS)],
    ...names.map((name): [string, Uint8Array] => [name, track]),
  ]);
  const records: PlayerRecord[] = [];
  const console = new DeviceConsole({ text: () => undefined, record: (record) => void records.push(record) }, true);
  console.push(Buffer.from(await boot(scratch, image, card, true)));
  console.end();
  const first = records.find((record) => record.event === 'first');
  if (first?.event !== 'first') throw new Problem('not-played', 'nothing came from the card');
  return [
    {
      ...{ id: 'cardFirstSample', what: 'power on to first sample from the card', unit: 'ms', goal: 150 },
      ...{
        measured: (Number(first.ticks) * 1000) / Number(first.rate),
        how: '200 tracks of QOA in ten folders, -icount, virtual',
      },
    },
  ];
}

/** Underruns of a player whose card is busy for half a second, again and again. */
export async function busyCard(scratch: Scratch): Promise<BenchRow[]> {
  const program = await finishBuild(buildProgram({ program: 'player' }));
  const file = await makeCard(scratch.file('card.img'), [
    ['player.ini', Buffer.from(SETTINGS)],
    ['music/long.qoa', encodeQoa(music(120, RATE_HZ), RATE_HZ, 2)],
    ['music/next.qoa', encodeQoa(music(5, RATE_HZ), RATE_HZ, 2)],
  ]);
  const image = fs.readFileSync(file);
  const card = new SdCard({ store: new MemorySectors(image.length / SECTOR_BYTES, image) });
  const pi = new VirtualPi({ program, card });
  let busy = 0;
  for (let due = SECOND; !pi.ended && pi.now < 200 * SECOND; pi.runTo(pi.now + 10 * MILLISECOND)) {
    if (pi.now < due) continue;
    card.faults.late(BUSY_MS);
    busy++;
    due += SECOND;
  }
  if (pi.ended?.kind !== 'exit' || pi.ended.status !== 0) throw new Problem('not-played', 'the card was not played');
  const measured = pi.hardwareUnderruns;
  const how = `each second the next block is ${BUSY_MS} ms late, ${busy} times in 125 s of QOA, virtual Pi`;
  return [{ id: 'cardBusy', what: 'underruns with a busy card', unit: 'times', goal: 0, measured, how }];
}
