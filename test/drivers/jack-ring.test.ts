// The ring against an engine that runs whenever it likes: no block lost, none doubled, words in order, whatever the
// engine did between any two accesses of the program.

import assert from 'node:assert/strict';
import { BoardModel } from '../support/board-model.js';
import { compileProgram, instantiate } from '../support/module.js';
import { DmaEngines } from './engine-model.js';

const FIFO = 0x7e20c818;
const PAIRS = 2;

interface Ring {
  [name: string]: (...parameters: number[]) => number;
  words: () => number;
  ringStart: (fifo: number) => number;
  ringAppend: (pairs: number) => number;
  ringRestart: () => number;
  ringDrained: () => number;
  ringPlayed: () => number;
  ringLast: () => number;
}

let wasm: Uint8Array;

class Rig {
  readonly board = new BoardModel();
  readonly out: number[] = [];
  readonly engine = new DmaEngines(this.board, (address, value) => {
    assert.equal(address, FIFO);
    this.out.push(value);
  });
  readonly ring: Ring;
  private readonly memory: WebAssembly.Memory;
  private readonly buffer: number;
  /** Engine steps to make before each access, by its number. */
  schedule: (access: number) => number = () => 0;
  accesses = 0;

  constructor() {
    this.board.plug(this.engine);
    this.board.ticksPerCall = 0n;
    this.board.beforeAccess = () => this.run(this.schedule(this.accesses++));
    const running = instantiate<Ring>(wasm, (memory) => this.board.imports(memory));
    this.ring = running.exports;
    this.memory = running.memory;
    this.buffer = this.ring.words();
  }

  run(steps: number): void {
    for (let i = 0; i < steps && this.engine.step(); i++);
  }

  restart(): void {
    this.schedule = () => 0;
    this.ring.ringStart(FIFO);
    this.out.length = 0;
    this.accesses = 0;
  }

  append(number: number): void {
    const words = new Uint32Array(this.memory.buffer, this.buffer, PAIRS * 2);
    for (let i = 0; i < words.length; i++) words[i] = number * 16 + i;
    this.ring.ringAppend(PAIRS);
  }

  /** What each further step of a program does, until everything is played. */
  drain(): void {
    this.schedule = () => 0;
    for (let i = 0; i < 8 && !this.ring.ringDrained(); i++) {
      this.run(1000);
      this.ring.ringRestart();
    }
    this.run(1000);
  }

  check(blocks: number, what: () => string): void {
    const wanted = blocks * PAIRS * 2;
    let right = this.out.length === wanted && this.ring.ringPlayed() === this.ring.ringLast();
    for (let i = 0; right && i < wanted; i++) {
      right = this.out[i] === (Math.floor(i / (PAIRS * 2)) + 1) * 16 + (i % (PAIRS * 2));
    }
    if (!right) assert.fail(`${what()}: ${this.out.map((word) => `${word >> 4}.${word & 15}`).join(' ')}`);
    assert.deepEqual(this.engine.violations, []);
  }
}

describe('the ring of the jack', () => {
  let rig: Rig;

  before(async () => {
    ({ wasm } = await compileProgram('test/drivers/assembly/jack.ts'));
    rig = new Rig();
  });

  for (const storesLinger of [false, true]) {
    describe(storesLinger ? 'when stores reach memory late' : 'when stores reach memory at once', () => {
      before(() => (rig.board.storesLinger = storesLinger));

      it('plays blocks in order when the engine is fast, and when it never runs between', () => {
        for (const steps of [0, 1000]) {
          rig.restart();
          rig.schedule = () => steps;
          for (let n = 1; n <= 5; n++) rig.append(n);
          rig.drain();
          rig.check(5, () => `${steps} steps before each access`);
        }
      });

      it('loses and doubles nothing, for every way the engine can run during one append', () => {
        // All ways to lay up to 8 engine steps (a block is 6, then a stop) before the accesses of the second append.
        rig.restart();
        rig.append(1);
        const from = rig.accesses;
        rig.append(2);
        const slots = rig.accesses - from + 3; // a restart adds three
        rig.drain();
        let cases = 0;
        const plan = new Array<number>(slots).fill(0);
        const each = (slot: number, left: number): void => {
          if (slot === slots) {
            rig.restart();
            rig.append(1);
            const first = rig.accesses;
            rig.schedule = (access) => plan[access - first] ?? 0;
            rig.append(2);
            rig.append(3);
            rig.drain();
            rig.check(3, () => `plan ${plan.join(' ')}`);
            cases++;
            return;
          }
          for (let steps = 0; steps <= left; steps++) {
            plan[slot] = steps;
            each(slot + 1, left - steps);
          }
          plan[slot] = 0;
        };
        each(0, 8);
        assert.ok(cases > 10_000, `${cases} cases`);
      });

      it('loses and doubles nothing, for every two moments in three appends', () => {
        rig.restart();
        for (let n = 1; n <= 3; n++) rig.append(n);
        const accesses = rig.accesses + 4;
        rig.drain();
        for (let one = 0; one < accesses; one++) {
          for (let two = one; two < accesses; two++) {
            for (let before = 1; before <= 8; before++) {
              for (let after = two === one ? 8 : 1; after <= 8; after++) {
                rig.restart();
                rig.schedule = (access) => (access === one ? before : access === two ? after : 0);
                for (let n = 1; n <= 3; n++) rig.append(n);
                rig.drain();
                rig.check(3, () => `${before} steps before access ${one}, ${after} before ${two}`);
              }
            }
          }
        }
      });

      it('goes round its slots many times under random lateness', () => {
        let seed = 1;
        const random = (below: number): number => {
          seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
          return Math.floor((seed / 2 ** 32) * below);
        };
        rig.restart();
        // Mostly still; else to the end of a block (where a wrong rule shows), or anywhere.
        rig.schedule = () => {
          const what = random(10);
          if (what === 0) {
            const steps = random(40);
            for (let i = 0; i < steps; i++) rig.engine.step();
            while (!rig.engine.betweenBlocks) rig.engine.step();
          }
          return what === 1 ? random(9) : 0;
        };
        const blocks = 1000;
        for (let n = 1; n <= blocks; n++) {
          while (rig.ring.ringLast() - rig.ring.ringPlayed() >= 127) {
            rig.run(1 + random(300));
            rig.ring.ringRestart();
          }
          rig.append(n);
        }
        rig.drain();
        rig.check(blocks, () => 'random');
      });
    });
  }
});
