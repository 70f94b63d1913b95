// Why a board cannot be reached: looks from the adapter up to the session, and says for all that is wrong what to do.

import fs from 'node:fs';
import os from 'node:os';
import { Channel, Link as Numbers } from '../../firmware/link/protocol.js';
import { version } from '../build/library.js';
import { printable, Problem } from '../problem.js';
import { plural } from '../words.js';
import { findAdapters } from './adapters.js';
import { fetchCrash } from './crash.js';
import { isOther, isSocket, openPort } from './port.js';
import { inWords, portHolders } from './port-holders.js';
import { probe, type Answer } from './probe.js';
import { startSession, type OpenPort } from './session.js';
import { askSnapshots, readSnapshot, type Snapshot } from './telemetry.js';
import { realClock } from './clock.js';
import type { Link } from './link.js';
import { awayHint } from './serial-port.js';
import type { Transport } from './transport.js';

/** What was looked at. */
export type Check = 'adapter' | 'permission' | 'owner' | 'port' | 'answer' | 'version' | 'rate' | 'board';

export interface Finding {
  readonly check: Check;
  /** `note`: worth knowing, but nothing is wrong. */
  readonly outcome: 'fine' | 'note' | 'wrong';
  readonly text: string;
  /** The next step. */
  readonly hint?: string | undefined;
}

const fine = (check: Check, text: string): Finding => ({ check, outcome: 'fine', text });
const note = (check: Check, text: string, hint?: string): Finding => ({ check, outcome: 'note', text, hint });
const wrong = (check: Check, text: string, hint: string): Finding => ({ check, outcome: 'wrong', text, hint });

/** Rates that consoles have, the likeliest first. */
const RATES = [921_600, 3_000_000, 4_000_000, 2_000_000, 1_500_000, 1_000_000, 460_800, 230_400, 57_600, 9_600];
const FIRST_MS = 1000;
const OTHER_MS = 450;
/** A board forgets a session that nobody ended after so long, and listens at the first rate again. */
const LAST_MS = Numbers.SilenceMs - 2500;
const SNAPSHOT_MS = 2000;
const SHOWN_LETTERS = 60;

export interface DoctorOptions {
  /** As for openPort. */
  port?: string | undefined;
  /** Told before what takes long. */
  onProgress?: ((text: string) => void) | undefined;
  /** Breaks it off, within a second or two: the findings end there. */
  signal?: AbortSignal | undefined;
}

type Looking = Pick<DoctorOptions, 'onProgress' | 'signal'>;

/** Looks at everything up to the first thing that makes the rest impossible. Throws nothing that is to be expected. */
export async function* examine({ port: spec, ...looking }: DoctorOptions): AsyncGenerator<Finding> {
  if (spec === '') {
    yield wrong('adapter', '--port is empty', 'name a port, or leave it out');
    return;
  }
  const isSerial = spec === undefined || !(/^(qemu|tcp:)/.test(spec) || isSocket(spec));
  let path = spec;
  if (isSerial) {
    const found = await lookForAdapter(spec);
    yield* found.findings;
    if (found.path === undefined) return;
    path = found.path;
    const findings = [accessFinding(path), ownerFinding(path)].filter((finding) => finding !== undefined);
    yield* findings;
    if (findings.some(({ outcome }) => outcome === 'wrong')) return;
  }
  let port: OpenPort;
  try {
    port = await openPort(path);
  } catch (error) {
    yield problemFinding(error);
    return;
  }
  try {
    yield fine('port', `${port.transport.name} is open`);
    yield* examineLine(port, looking);
  } catch (error) {
    if (!looking.signal?.aborted) yield problemFinding(error);
  } finally {
    await port.transport.close();
  }
}

function problemFinding(error: unknown): Finding {
  if (!(error instanceof Problem)) throw error;
  const check = error.code === 'in-use' ? 'owner' : error.code === 'no-answer' ? 'answer' : 'port';
  const { hint = 'plug the adapter in again and run mirleft doctor once more' } = error;
  return wrong(check, new Problem(error.code, error.message, { file: error.file }).line(), hint);
}

async function lookForAdapter(spec: string | undefined): Promise<{ findings: Finding[]; path: string | undefined }> {
  const adapters = await findAdapters();
  const named = adapters.find(({ path }) => path === spec);
  if (named) return { findings: [fine('adapter', `${printable(named.name)} at ${named.path}`)], path: spec };
  if (spec !== undefined) {
    const isMissing = process.platform !== 'win32' && !fs.existsSync(spec);
    if (isMissing || isOther(spec)) {
      const others = adapters.map(({ path }) => path).join(', ');
      const none = isMissing ? awayHint(spec) : 'leave --port out to see which adapters there are';
      const hint = others === '' ? none : `there are: ${others}`;
      const what = isMissing ? 'no such port' : 'is no serial port';
      return { findings: [wrong('adapter', `${printable(spec)}: ${what}`, hint)], path: undefined };
    }
    return { findings: [note('adapter', `${spec} is there, but belongs to no USB adapter`)], path: spec };
  }
  const [first] = adapters;
  if (!first)
    return {
      findings: [
        wrong(
          'adapter',
          'no serial adapter is plugged in',
          'plug one in (3.3 V!): its TX to GPIO 15, its RX to GPIO 14, GND to GND; or try --port qemu without a board',
        ),
      ],
      path: undefined,
    };
  if (adapters.length > 1) {
    const list = adapters.map(({ path, name }) => `${path} (${printable(name)})`).join(', ');
    return {
      findings: [wrong('adapter', `there are several adapters: ${list}`, 'choose one with --port')],
      path: undefined,
    };
  }
  return { findings: [fine('adapter', `${printable(first.name)} at ${first.path}`)], path: first.path };
}

/** Who asks, and what a port's file says; facts, so that all cases can be told apart without being all those users. */
export interface Access {
  readonly mayOpen: boolean;
  /** The group of the port's file. */
  readonly group: string;
  readonly user: string;
  /** Whether /etc/group has the user in it. */
  readonly isMember: boolean;
}

/** What is to be said of the right to open a port. */
export function judgeAccess(path: string, { mayOpen, group, user, isMember }: Access): Finding {
  if (mayOpen) return fine('permission', `${user} may open ${path}`);
  if (isMember)
    return wrong('permission', `${user} is in the group ${group}, but not since this login`, 'log out and in again');
  return wrong(
    'permission',
    `${user} may not open ${path}: it is the group ${group}'s`,
    `sudo usermod -aG ${group} ${user}, then log out and in again`,
  );
}

function accessFinding(path: string): Finding | undefined {
  if (process.platform === 'win32') return undefined;
  const groups = fs.existsSync('/etc/group') ? fs.readFileSync('/etc/group', 'utf8').split('\n') : [];
  const gid = fs.statSync(path).gid;
  const [group = String(gid), , , members = ''] =
    groups.map((line) => line.split(':')).find(([, , id]) => id === String(gid)) ?? [];
  const user = os.userInfo().username;
  return judgeAccess(path, { mayOpen: canOpen(path), group, user, isMember: members.split(',').includes(user) });
}

function canOpen(path: string): boolean {
  try {
    fs.accessSync(path, fs.constants.R_OK | fs.constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function ownerFinding(path: string): Finding | undefined {
  const [holder] = portHolders(path).filter(({ pid }) => pid !== process.pid);
  if (!holder) return undefined;
  const text = `${path} is held by ${printable(inWords(holder))}`;
  return wrong('owner', text, 'end that one first: two readers take the bytes from each other');
}

/** What answers on an open port, and how well. */
export async function* examineLine(port: OpenPort, looking: Looking = {}): AsyncGenerator<Finding> {
  const { onProgress = (): void => undefined, signal } = looking;
  const { transport, memory } = port;
  const first = transport.isPaced ? FIRST_MS : FIRST_MS + LAST_MS;
  let answer = await probe(transport, first, { signal });
  let baud = transport.baud;
  if (transport.isPaced && !isCertain(answer)) {
    const known = memory?.baud();
    const rates = [...new Set([...(known === undefined ? [] : [known]), ...RATES])].filter((rate) => rate !== baud);
    [answer, baud] = await tryRates(transport, rates, answer, looking);
  }
  if (answer.kind === 'welcome' && baud !== Number(Numbers.Baud)) {
    // Now that the session that was left is ended, it listens at the first rate again.
    await transport.setBaud(Numbers.Baud);
    answer = await probe(transport, FIRST_MS, { signal });
    if (answer.kind !== 'welcome' && !signal?.aborted) {
      yield stuckAt(baud);
      return;
    }
  }
  if (signal?.aborted) return;
  yield judgeAnswer(answer, baud, transport.isPaced);
  if (answer.kind !== 'welcome') return;
  const { welcome } = answer;
  if (welcome.text !== version)
    yield note(
      'version',
      `the board runs Mirleft ${printable(welcome.text)}, this is ${version}: their protocols fit`,
      'mirleft update, or a new card, brings them together',
    );
  onProgress('opening a session…');
  const link = await startSession(port, { onProgress, signal });
  try {
    yield judgeRate(link, transport);
    const snapshot = await oneSnapshot(link, transport);
    yield* judgeBoard(snapshot);
    if (snapshot && (await fetchCrash(link)))
      yield note('board', 'it has had a fault since power on', 'mirleft crash shows the report');
  } finally {
    await link.leave();
  }
}

const isCertain = ({ kind }: Answer): boolean => kind === 'welcome' || kind === 'refuse' || kind === 'echo';

async function tryRates(
  transport: Transport,
  rates: readonly number[],
  before: Answer,
  { onProgress, signal }: Looking,
): Promise<[Answer, number]> {
  const { baud: at } = transport;
  let best: [Answer, number] = [before, at];
  for (const rate of rates) {
    if (signal?.aborted) return best;
    onProgress?.(`trying ${rate} baud…`);
    try {
      await transport.setBaud(rate);
    } catch (error) {
      if (error instanceof Problem) continue; // the adapter does not make it
      throw error;
    }
    const answer = await probe(transport, OTHER_MS, { signal });
    if (isCertain(answer)) return [answer, rate];
    if (answer.kind === 'text' && best[0].kind !== 'text') best = [answer, rate];
  }
  onProgress?.(`trying ${at} baud once more…`);
  await transport.setBaud(at);
  const last = await probe(transport, LAST_MS, { knock: true, signal });
  return isCertain(last) || best[0].kind === 'silence' || (last.kind === 'text' && best[0].kind !== 'text')
    ? [last, at]
    : best;
}

const stuckAt = (baud: number): Finding =>
  wrong(
    'answer',
    `Mirleft answers at ${baud} baud only, not at ${Numbers.Baud}`,
    'switch the board off and on; if it stays so, its UART has another clock than config.txt says: write a new card',
  );

/** What an answer means, and what to do. */
export function judgeAnswer(answer: Answer, baud: number, isPaced: boolean): Finding {
  const rate = isPaced ? ` at ${baud} baud` : '';
  switch (answer.kind) {
    case 'welcome': {
      const said = `Mirleft ${printable(answer.welcome.text)} answers${rate}, build ${answer.welcome.build}`;
      return !isPaced || baud === Number(Numbers.Baud)
        ? fine('answer', said)
        : note('answer', `${said}: a session had not been ended there; it is now`);
    }
    case 'refuse':
      return wrong(
        'version',
        `the board speaks versions ${answer.lowest} to ${answer.highest} of the protocol, this program ${Numbers.Version}: ${printable(answer.text)}`,
        answer.lowest > Number(Numbers.Version)
          ? 'bring this program up to date'
          : 'write a new card: mirleft image, mirleft flash',
      );
    case 'echo':
      return wrong(
        'answer',
        'what is sent comes back: TX and RX are joined',
        "take the bridge between them off; the adapter's TX goes to the board's RX (GPIO 15), its RX to GPIO 14",
      );
    case 'text':
      return wrong(
        'answer',
        `it prints text${rate} but does not answer: "${shown(answer.text)}"`,
        'another system runs there, or a program without the link: write a card with mirleft image and mirleft flash',
      );
    case 'noise':
      return wrong(
        'answer',
        'bytes come that make sense at no rate that was tried',
        'is GND connected, and the adapter one of 3.3 V? Is init_uart_clock in config.txt as mirleft image makes it?',
      );
    default:
      return wrong(
        'answer',
        'nothing comes back',
        isPaced
          ? "is the board switched on? TX and RX may be swapped: the adapter's TX goes to GPIO 15, its RX to GPIO 14, GND to GND"
          : 'is the program at the other end one with the link, as the player is?',
      );
  }
}

/** The last line that has something on it. */
function shown(text: string): string {
  const line = text.split(/[\r\n]+/).findLast((part) => part.trim() !== '') ?? '';
  return printable(line.trim().slice(0, SHOWN_LETTERS));
}

function judgeRate({ welcome, statistics }: Link, transport: Transport): Finding {
  if (!welcome.isPaced) return fine('rate', 'the line keeps no rate: bytes go as fast as they can');
  const { baud } = transport;
  const most = welcome.highestBaud;
  const damaged = statistics.damaged;
  if (baud === Number(Numbers.Baud) && most > baud)
    return note(
      'rate',
      `no rate above ${baud} baud works`,
      'shorter wires and a better adapter (FT232H, CP2102N) help',
    );
  return fine('rate', `${baud} baud works${damaged > 0 ? `, with ${plural(damaged, 'damaged frame')}` : ''}`);
}

async function oneSnapshot(link: Link, transport: Transport): Promise<Snapshot | undefined> {
  const clock = transport.clock ?? realClock;
  return new Promise((resolve, reject) => {
    const cancel = clock.at(clock.now() + SNAPSHOT_MS, () => resolve(undefined));
    link.receive(Channel.Telemetry, (payload) => {
      const snapshot = readSnapshot(payload);
      if (!snapshot) return;
      cancel();
      resolve(snapshot);
    });
    askSnapshots(link, SNAPSHOT_MS).catch(reject);
  });
}

/** Where the protocol's name does not follow `it is`. */
const STATE_TEXTS: Partial<Record<string, string>> = {
  opening: 'opening a track',
  ended: 'at the end of its tracks',
  lost: 'without a card',
  aside: 'playing a push or a tone',
};

function* judgeBoard(snapshot: Snapshot | undefined): Generator<Finding> {
  if (!snapshot) {
    yield note('board', 'it tells nothing of itself');
    return;
  }
  const { uartLost = 0, underruns = 0, temperature, state = 'running' } = snapshot;
  const heat = temperature === undefined ? '' : `, ${temperature.toFixed(1)} °C`;
  yield fine('board', `it is ${STATE_TEXTS[state] ?? state}${heat}`);
  if (uartLost > 0)
    yield note('board', `it has lost ${plural(uartLost, 'byte')} that came`, 'try a lower rate: --baud 921600');
  if (underruns > 0)
    yield note('board', `${plural(underruns, 'underrun')} since it plays`, 'mirleft top shows the load');
}
