// `mirleft dev`: what is saved runs. Builds, sends, and hears what became of it; the board plays on meanwhile.

import type { Remark } from '../build/compile.js';
import { FaultReader } from '../build/faults.js';
import type { Program } from '../build/project.js';
import { formatFault, symbolize } from '../build/symbolize.js';
import type { Link } from '../link/link.js';
import { isSame, ModuleClient, type Fallback, type SwapReport } from '../link/module-client.js';
import { TextFilter } from '../link/text-filter.js';
import { aborted } from '../play/aborted.js';
import { Problem } from '../problem.js';
import { DevBuilds, WARM_BUILDS, type DevBuild, type Kind } from './builds.js';
import { SourceWatch } from './watch.js';

/** Builds that are kept to tell the lines of a fault. */
const MOST_RUNNING = 4;

export interface DevEvents {
  /** Text of the board, safe for a terminal. */
  text(text: string): void;
  building(kind: Kind): void;
  built(build: Pick<DevBuild, 'kind' | 'ms' | 'cached'> & { bytes: number; warnings: readonly Remark[] }): void;
  /** It runs already, byte for byte. */
  unchanged(): void;
  sending(sent: number, of: number): void;
  /** `sinceSaveMs`: from the save to this. */
  swapped(kind: Kind, report: SwapReport, sinceSaveMs: number): void;
  /** It does not compile, was refused, or traps; the board goes on with what it had. */
  failed(problem: Problem): void;
  /** All is done; saves are waited for. */
  waiting(files: number): void;
}

export interface DevOptions {
  program: Program;
  /** As for createCompiler. */
  cache?: string | false;
  signal: AbortSignal;
}

export class Dev {
  private readonly builds: DevBuilds;
  private readonly watch: SourceWatch;
  private readonly filter = new TextFilter();
  private client: ModuleClient | undefined;
  /** What was sent, by its CRC-32. */
  private readonly known = new Map<number, Uint8Array>();
  private faults = new FaultReader();
  /** What runs, behind what ran before it: a fault is of the last one, and the board goes back to the one before. */
  private readonly running: DevBuild[] = [];
  /** The quick build of what runs. */
  private quick: Uint8Array | undefined;
  /** Whether what there is was sent on this link. */
  private isBegun = false;
  private files: readonly string[];
  /** Counts saves: what belongs to an earlier one is not sent any more. */
  private saves = 0;
  /** The one that runs. */
  private runs = 0;
  /** What is being started, and runs if all is well. */
  private starting: DevBuild | undefined;
  private work: Promise<void> = Promise.resolve();
  private sending: Promise<void> = Promise.resolve();

  constructor(
    private readonly options: DevOptions,
    private readonly events: DevEvents,
  ) {
    const { program } = options;
    this.builds = new DevBuilds(program, options.cache);
    this.watch = new SourceWatch(program.folder);
    this.files = [program.entry];
    this.builds.warm();
  }

  /** Throws Problem when the program, as it is, could not be replaced once it runs. What does not compile is told later. */
  async check(): Promise<void> {
    try {
      await this.builds.build('full');
    } catch (error) {
      if (!(error instanceof Problem) || error.code === 'refused') throw error;
    }
  }

  /** Text that the board sends. */
  readonly onText = (bytes: Uint8Array): void => {
    const rest = this.faults.push(Buffer.from(bytes).toString('latin1'));
    // As bytes again: characters may be cut between two pieces.
    const shown = this.filter.push(Buffer.from(rest, 'latin1'));
    if (shown) this.events.text(shown);
    const { report } = this.faults;
    if (!report) return;
    this.faults = new FaultReader();
    const source = this.starting ?? this.running.at(-1);
    const told = source && symbolize(report, { ...source, buildId: report.buildId, symbols: [] });
    this.fault = told ? formatFault(told) : report.lines.join('\n');
  };
  /** The last report, until the board says what followed. */
  private fault = '';

  /** Sends what is saved over this link until it ends or the signal comes; again for the next one. */
  async serve(link: Link): Promise<void> {
    const { signal } = this.options;
    this.client = new ModuleClient(link, this.known);
    this.client.onFallback = (fallback) => this.fellBack(fallback);
    this.isBegun = false;
    this.quick = undefined;
    this.watch.onSave = (savedAt) => this.save(savedAt);
    this.watch.follow(this.files);
    this.save(performance.now());
    await Promise.race([link.closed, aborted(signal)]);
    this.watch.onSave = () => undefined;
    this.saves++;
    this.client = undefined;
    await Promise.all([this.work, this.sending]);
  }

  async close(): Promise<void> {
    this.saves++;
    this.watch.close();
    await this.builds.close();
  }

  private save(savedAt: number): void {
    const save = ++this.saves;
    this.work = this.work.then(() => this.run(save, savedAt)).catch((error: unknown) => this.fail(error, save));
  }

  private async run(save: number, savedAt: number): Promise<void> {
    if (save !== this.saves) return;
    this.watch.take();
    if (!this.isBegun) {
      await this.begin(save, savedAt);
      return;
    }
    const quick = await this.build(save, 'quick');
    if (!quick) return;
    if (this.quick && Buffer.compare(quick.module, this.quick) === 0) {
      this.events.unchanged();
      this.events.waiting(quick.sources.length);
      return;
    }
    await this.send(save, savedAt, quick);
    this.quick = quick.module;
    // Not waited for: a save meanwhile is built at once.
    const full = async (): Promise<void> => {
      const build = await this.build(save, 'full');
      if (build) await this.send(save, savedAt, build);
    };
    full().catch((error: unknown) => this.fail(error, save));
  }

  /** The optimised one first: mostly it is in the cache, and often it runs already. */
  private async begin(save: number, savedAt: number): Promise<void> {
    this.isBegun = true;
    const build = await this.build(save, 'full');
    if (!build) return;
    await this.send(save, savedAt, build);
    for (let i = 0; i < WARM_BUILDS; i++) {
      const { module } = await this.builds.build('quick');
      // What was saved meanwhile may be in it already, and does not run.
      if (save !== this.saves || this.watch.isChanged()) return;
      this.quick = module; // what the next one is compared with
    }
  }

  /** Undefined when something else was saved meanwhile. */
  private async build(save: number, kind: Kind): Promise<DevBuild | undefined> {
    this.events.building(kind);
    const build = await this.builds.build(kind);
    if (save !== this.saves) return undefined;
    this.files = build.sources;
    this.watch.follow(build.sources);
    const { ms, cached, warnings, module } = build;
    this.events.built({ kind, ms, cached, warnings, bytes: module.length });
    return build;
  }

  private send(save: number, savedAt: number, build: DevBuild): Promise<void> {
    return this.inTurn(async () => {
      const { client } = this;
      if (save !== this.saves || !client) return;
      // Until it is known what runs.
      const { quick } = this;
      this.quick = undefined;
      client.know(build.module);
      if (isSame(build.module, await client.running())) {
        this.events.unchanged();
        this.running.splice(-1, 1, build); // its lines may be others
      } else {
        const report = await this.replace(client, build, save);
        this.events.swapped(build.kind, report, performance.now() - savedAt);
      }
      this.runs = save;
      if (build.kind === 'full') {
        this.quick = quick;
        this.events.waiting(build.sources.length);
      }
    });
  }

  /** One at a time. */
  private inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.sending.then(work);
    this.sending = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }

  private async replace(client: ModuleClient, build: DevBuild, save: number): Promise<SwapReport> {
    const { running } = this;
    try {
      const report = await client.replace(build.module, {
        progress: (sent, of) => this.events.sending(sent, of),
        starting: () => (this.starting = build),
        again: () => save === this.saves,
      });
      running.push(build);
      if (running.length > MOST_RUNNING) running.shift();
      return report;
    } finally {
      this.starting = undefined;
    }
  }

  private fellBack({ text }: Fallback): void {
    this.running.pop();
    this.quick = undefined;
    this.starting = undefined;
    this.events.failed(this.faultProblem(`the new code was ended: ${text}`));
    // What was saved meanwhile goes on; an optimised build of what has failed does not.
    if (this.saves !== this.runs) return;
    this.runs = ++this.saves;
    this.events.waiting(this.files.length);
  }

  private faultProblem(what: string): Problem {
    const details = this.fault;
    this.fault = '';
    return new Problem('fault', what, { hint: 'what ran before runs again', details });
  }

  private fail(error: unknown, save: number): void {
    if (!(error instanceof Problem)) throw error;
    if (save !== this.saves || this.options.signal.aborted) return;
    this.events.failed(this.fault === '' ? error : this.faultProblem(error.message));
    this.events.waiting(this.files.length);
  }
}
