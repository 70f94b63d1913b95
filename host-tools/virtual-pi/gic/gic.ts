// The GIC-400 for core 0, entered on the non-secure side as the firmware's stub leaves it: all interrupts are in group
// 1, the CPU interface is on with an open mask, the distributor may be off (other cores turn it on when they come to
// it, so here it is). ARM IHI 0048B (GICv2); what the GIC-400 fixes is from its Technical Reference Manual (DDI 0471).
//
// Priorities are kept as the non-secure side sees them: 16 levels, the low four bits read as 0 (IHI 0048B, 3.5.1).

import { Line, type Chip, type Device } from '../device.js';
import type { Rule } from '../findings.js';
import { CPU_REGISTERS, DISTRIBUTOR_REGISTERS, Gicc, Gicd, IDS, WORDS } from './gic-registers.js';

const SPURIOUS = 1023;
/** Software generated interrupts, then those private to a CPU, then those of devices. */
const SGIS = 16;
const FIRST_SPI = 32;
const IDLE_PRIORITY = 0xff;
const PRIORITY_BITS = 0xf0;
const CTLR_BITS = 0x261;
const EOI_MODE = 1 << 9;
const THIS_CPU = 1;
/** Bits of ICFGR that can be written: the upper of each field; the lower is the fixed model, as it is here. */
const EDGE_BITS = 0xaaaaaaaa;

/** What is acknowledged and not yet ended, innermost last. */
interface Running {
  readonly value: number;
  readonly priority: number;
}

export class Gic {
  readonly distributor: Device;
  readonly cpu: Device;
  /** To the CPU: an interrupt is to be taken. */
  readonly irq = new Line();

  private enabled = false;
  private readonly enables = new Uint32Array(WORDS);
  /** Pending by an edge or by ISPENDR; a level is pending by itself. */
  private readonly latched = new Uint32Array(WORDS);
  private readonly levels = new Uint32Array(WORDS);
  private readonly active = new Uint32Array(WORDS);
  private readonly edges = new Uint32Array(WORDS);
  private readonly priorities = new Uint8Array(IDS);
  private readonly targets = new Uint8Array(IDS).fill(THIS_CPU, 0, FIRST_SPI);
  /** How many lines of an id are high. */
  private readonly high = new Uint16Array(IDS);
  private control = 0x61;
  private mask = PRIORITY_BITS;
  private binaryPoint = 3;
  private readonly running: Running[] = [];

  constructor(private readonly chip: Chip) {
    this.enables[0] = 0xffff;
    this.edges[0] = 0xffff;
    this.distributor = {
      name: 'GICD',
      base: 0xff841000,
      bytes: 0x1000,
      registers: DISTRIBUTOR_REGISTERS,
      read: (offset) => this.readDistributor(offset),
      peek: (offset) => this.readDistributor(offset),
      write: (offset, value) => this.writeDistributor(offset, value),
    };
    this.cpu = {
      name: 'GICC',
      base: 0xff842000,
      bytes: 0x2000,
      registers: CPU_REGISTERS,
      read: (offset) => (offset === Gicc.Iar ? this.acknowledge() : this.peekCpu(offset)),
      peek: (offset) => this.peekCpu(offset),
      write: (offset, value) => this.writeCpu(offset, value),
    };
  }

  /** A new line to an interrupt; it is asserted while any of its lines is. */
  input(id: number): Line {
    const line = new Line();
    this.connect(id, line);
    return line;
  }

  /** Lets a device's line assert an interrupt. */
  connect(id: number, line: Line): void {
    const follow = (level: boolean): void => {
      const before = this.high[id] ?? 0;
      const now = before + (level ? 1 : -1);
      this.high[id] = now;
      if (before === 0 || now === 0) this.inputChanged(id, level);
    };
    line.watch(follow);
    if (line.level) follow(true);
  }

  private inputChanged(id: number, level: boolean): void {
    const word = id >>> 5;
    const bit = 1 << (id & 31);
    this.levels[word] = level ? (this.levels[word] ?? 0) | bit : (this.levels[word] ?? 0) & ~bit;
    if (level && (this.edges[word] ?? 0) & bit) this.latched[word] = (this.latched[word] ?? 0) | bit;
    if (level && this.enabled && (this.enables[word] ?? 0) & bit) this.checkTarget(id, 'GICD_ITARGETSR');
    this.update();
  }

  private find(rule: Rule, register: string, text: string, value?: number): void {
    const device = register.startsWith('GICC') ? this.cpu.name : this.distributor.name;
    this.chip.findings.add({ rule, device, register, text, ...(value === undefined ? {} : { value }) });
  }

  private checkTarget(id: number, register: string): void {
    if ((this.targets[id] ?? 0) & THIS_CPU) return;
    const where = this.targets[id] ? 'goes to other cores only' : 'has no target and goes nowhere';
    this.find('forbidden', register, `interrupt ${id} is enabled and ${where} (IHI 0048B 4.3.12)`);
  }

  private pending(word: number): number {
    return (this.latched[word] ?? 0) | ((this.levels[word] ?? 0) & ~(this.edges[word] ?? 0));
  }

  private get runningPriority(): number {
    return this.running.at(-1)?.priority ?? IDLE_PRIORITY;
  }

  /** The bits of a priority that decide whether it preempts. */
  private group(priority: number): number {
    return priority & (0xff << (this.binaryPoint + 1));
  }

  /** The interrupt that IAR would give; SPURIOUS when none. */
  private highest(): number {
    if (!this.enabled || !(this.control & 1)) return SPURIOUS;
    let best = SPURIOUS;
    let bestPriority = this.mask;
    for (let word = 0; word < WORDS; word++) {
      let ready = this.pending(word) & (this.enables[word] ?? 0) & ~(this.active[word] ?? 0);
      while (ready) {
        const bit = 31 - Math.clz32(ready & -ready);
        ready &= ready - 1;
        const id = word * 32 + bit;
        const priority = this.priorities[id] ?? 0;
        if (priority < bestPriority && (this.targets[id] ?? 0) & THIS_CPU) {
          best = id;
          bestPriority = priority;
        }
      }
    }
    const preempts = this.running.length === 0 || this.group(bestPriority) < this.group(this.runningPriority);
    return preempts ? best : SPURIOUS;
  }

  private update(): void {
    this.irq.set(this.highest() !== SPURIOUS);
  }

  private acknowledge(): number {
    const id = this.highest();
    if (id === SPURIOUS) return SPURIOUS;
    const word = id >>> 5;
    const bit = 1 << (id & 31);
    this.active[word] = (this.active[word] ?? 0) | bit;
    this.latched[word] = (this.latched[word] ?? 0) & ~bit;
    this.running.push({ value: id, priority: this.priorities[id] ?? 0 });
    this.update();
    return id;
  }

  private end(value: number): void {
    if ((value & 0x3ff) >= 1020) {
      this.find('forbidden', 'GICC_EOIR', 'a spurious interrupt has no end (IHI 0048B 4.4.5)', value);
      return;
    }
    const last = this.running.at(-1);
    if (!last) this.find('forbidden', 'GICC_EOIR', 'no interrupt was acknowledged (IHI 0048B 4.4.5)', value);
    else if (last.value !== value)
      this.find('forbidden', 'GICC_EOIR', `the last value read from IAR was ${last.value} (IHI 0048B 4.4.5)`, value);
    if (!last) return;
    this.running.pop();
    if (!(this.control & EOI_MODE)) this.deactivate(value & 0x3ff);
    this.update();
  }

  private deactivate(id: number): void {
    if (id < IDS) this.active[id >>> 5] = (this.active[id >>> 5] ?? 0) & ~(1 << (id & 31));
  }

  private peekCpu(offset: number): number {
    if (offset === Gicc.Ctlr) return this.control;
    if (offset === Gicc.Pmr) return this.mask;
    if (offset === Gicc.Bpr) return this.binaryPoint;
    if (offset === Gicc.Iar || offset === Gicc.Hppir) return this.highest();
    if (offset === Gicc.Rpr) return this.runningPriority;
    return offset === Gicc.Iidr ? 0x0202143b : 0;
  }

  private writeCpu(offset: number, value: number): void {
    if (offset === Gicc.Eoir) return this.end(value);
    if (offset === Gicc.Ctlr) this.control = value & CTLR_BITS;
    else if (offset === Gicc.Pmr) this.mask = value & PRIORITY_BITS;
    else if (offset === Gicc.Bpr) this.binaryPoint = Math.max(3, value & 7);
    else if (offset === Gicc.Dir) {
      if (!(this.control & EOI_MODE))
        this.find('forbidden', 'GICC_DIR', 'written while EOIR ends interrupts by itself (IHI 0048B 4.4.15)', value);
      else this.deactivate(value & 0x3ff);
    }
    this.update();
  }

  private readDistributor(offset: number): number {
    if (offset === Gicd.Ctlr) return this.enabled ? 1 : 0;
    if (offset === Gicd.Typer) return 0xfc67;
    if (offset === Gicd.Iidr) return 0x0200143b;
    if (offset >= Gicd.Icfgr && offset < Gicd.Sgir) return this.config((offset - Gicd.Icfgr) / 4);
    if (offset >= Gicd.Icfgr) return 0;
    if (offset >= Gicd.Itargetsr) return four(this.targets, offset - Gicd.Itargetsr);
    if (offset >= Gicd.Ipriorityr) return four(this.priorities, offset - Gicd.Ipriorityr);
    const word = (offset & 0x7f) / 4;
    const array = offset & ~0x7f;
    if (array === Gicd.Isenabler || array === Gicd.Icenabler) return (this.enables[word] ?? 0) >>> 0;
    if (array === Gicd.Ispendr || array === Gicd.Icpendr) return this.pending(word) >>> 0;
    if (array === Gicd.Isactiver || array === Gicd.Icactiver) return (this.active[word] ?? 0) >>> 0;
    return 0;
  }

  /** ICFGR: the upper bit of each field is 1 for an edge; SGIs are edges, private ones levels. */
  private config(word: number): number {
    if (word === 0) return EDGE_BITS;
    if (word === 1) return 0x55540000;
    let value = 0x55555555;
    for (let i = 0; i < 16; i++)
      if ((this.edges[word >>> 1] ?? 0) & (1 << ((word & 1) * 16 + i))) value |= 2 << (i * 2);
    return value >>> 0;
  }

  private writeDistributor(offset: number, value: number): void {
    if (offset === Gicd.Ctlr) {
      this.enabled = (value & 1) === 1;
      if (this.enabled) this.checkTargets(this.enables, 0, WORDS);
    } else if (offset === Gicd.Sgir) this.generate(value);
    else if (offset >= Gicd.Icfgr + 8) this.configure((offset - Gicd.Icfgr) / 4, value);
    else if (offset >= Gicd.Itargetsr + FIRST_SPI && offset < Gicd.Icfgr) {
      setFour(this.targets, offset - Gicd.Itargetsr, value & 0x0f0f0f0f);
    } else if (offset >= Gicd.Ipriorityr && offset < Gicd.Itargetsr)
      setFour(this.priorities, offset - Gicd.Ipriorityr, value & 0xf0f0f0f0);
    else if (offset >= Gicd.Igroupr && offset < Gicd.Ipriorityr)
      this.writeBits(offset & ~0x7f, (offset & 0x7f) / 4, value);
    this.update();
  }

  private writeBits(array: number, word: number, value: number): void {
    // The non-secure side cannot move an interrupt to another group, and always has its SGIs.
    if (array === Gicd.Igroupr) {
      const text = 'the groups can be written on the secure side only (IHI 0048B 4.3.4)';
      this.find('forbidden', `GICD_IGROUPR${word}`, text, value);
    } else if (array === Gicd.Isenabler) {
      const fresh = value & ~(this.enables[word] ?? 0);
      this.enables[word] = (this.enables[word] ?? 0) | value;
      if (this.enabled) this.checkTargets(Uint32Array.of(fresh), word, 1);
    } else if (array === Gicd.Icenabler)
      this.enables[word] = ((this.enables[word] ?? 0) & ~value) | (word === 0 ? 0xffff : 0);
    else if (array === Gicd.Ispendr) this.latched[word] = (this.latched[word] ?? 0) | (value & notSgi(word));
    else if (array === Gicd.Icpendr) this.latched[word] = (this.latched[word] ?? 0) & ~(value & notSgi(word));
    else if (array === Gicd.Isactiver) this.active[word] = (this.active[word] ?? 0) | value;
    else if (array === Gicd.Icactiver) this.active[word] = (this.active[word] ?? 0) & ~value;
  }

  private checkTargets(bits: Uint32Array, from: number, words: number): void {
    for (let i = 0; i < words * 32; i++)
      if ((bits[i >>> 5] ?? 0) & (1 << (i & 31))) this.checkTarget(from * 32 + i, `GICD_ISENABLER${from + (i >>> 5)}`);
  }

  private configure(word: number, value: number): void {
    for (let i = 0; i < 16; i++) {
      const half = word >>> 1;
      const bit = 1 << ((word & 1) * 16 + i);
      const edge = (value & (2 << (i * 2))) !== 0;
      if (edge === (((this.edges[half] ?? 0) & bit) !== 0)) continue;
      if ((this.enables[half] ?? 0) & bit)
        this.find('changed-while-running', `GICD_ICFGR${word}`, 'the interrupt is enabled (IHI 0048B 4.3.13)', value);
      this.edges[half] = (this.edges[half] ?? 0) ^ bit;
    }
  }

  private generate(value: number): void {
    const filter = (value >>> 24) & 3;
    if (filter === 2 || (filter === 0 && (value >>> 16) & THIS_CPU))
      this.latched[0] = (this.latched[0] ?? 0) | (1 << (value & (SGIS - 1)));
  }
}

/** SGIs become pending through SGIR alone. */
const notSgi = (word: number): number => (word === 0 ? 0xffff0000 : 0xffffffff);

const four = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)) >>> 0;

function setFour(bytes: Uint8Array, at: number, value: number): void {
  for (let i = 0; i < 4; i++) bytes[at + i] = value >>> (8 * i);
}
