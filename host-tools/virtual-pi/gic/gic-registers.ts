// Registers of the GIC-400 as the ARM's non-secure side sees them, for 256 interrupt ids (TYPER says so). ARM Generic
// Interrupt Controller Architecture Specification, version 2.0 (IHI 0048B), 4.1.2 and 4.1.3.

import { arrayOf, flags, type Register } from '../registers.js';

export const IDS = 256;
/** Words of a register array with one bit an id. */
export const WORDS = IDS / 32;

/** Offsets in the distributor. */
export const enum Gicd {
  Ctlr = 0x000,
  Typer = 0x004,
  Iidr = 0x008,
  Igroupr = 0x080,
  Isenabler = 0x100,
  Icenabler = 0x180,
  Ispendr = 0x200,
  Icpendr = 0x280,
  Isactiver = 0x300,
  Icactiver = 0x380,
  Ipriorityr = 0x400,
  Itargetsr = 0x800,
  Icfgr = 0xc00,
  Sgir = 0xf00,
}

/** Offsets in the CPU interface. */
export const enum Gicc {
  Ctlr = 0x0000,
  Pmr = 0x0004,
  Bpr = 0x0008,
  Iar = 0x000c,
  Eoir = 0x0010,
  Rpr = 0x0014,
  Hppir = 0x0018,
  Iidr = 0x00fc,
  Dir = 0x1000,
}

/** One bit an id; fields carry the ids' numbers. */
const bits = (name: string, field: string, offset: number): Register[] =>
  arrayOf(WORDS, { name, offset, access: 'rw' }, 32, field);

const IIDR_FIELDS = [
  { name: 'ProductID', bit: 24, bits: 8 },
  { name: 'Variant', bit: 16, bits: 4 },
  { name: 'Revision', bit: 12, bits: 4 },
  { name: 'Implementer', bit: 0, bits: 12 },
];

export const DISTRIBUTOR_REGISTERS: readonly Register[] = [
  { name: 'GICD_CTLR', offset: Gicd.Ctlr, access: 'rw', fields: flags({ EnableGrp1: 0 }) },
  {
    name: 'GICD_TYPER',
    offset: Gicd.Typer,
    access: 'ro',
    reset: 0xfc67,
    fields: [
      { name: 'LSPI', bit: 11, bits: 5 },
      { name: 'SecurityExtn', bit: 10 },
      { name: 'CPUNumber', bit: 5, bits: 3 },
      { name: 'ITLinesNumber', bit: 0, bits: 5 },
    ],
  },
  { name: 'GICD_IIDR', offset: Gicd.Iidr, access: 'ro', reset: 0x0200143b, fields: IIDR_FIELDS },
  ...bits('GICD_IGROUPR', 'Group', Gicd.Igroupr),
  ...bits('GICD_ISENABLER', 'Enable', Gicd.Isenabler),
  ...bits('GICD_ICENABLER', 'Enable', Gicd.Icenabler),
  ...bits('GICD_ISPENDR', 'Pending', Gicd.Ispendr),
  ...bits('GICD_ICPENDR', 'Pending', Gicd.Icpendr),
  ...bits('GICD_ISACTIVER', 'Active', Gicd.Isactiver),
  ...bits('GICD_ICACTIVER', 'Active', Gicd.Icactiver),
  ...arrayOf(IDS / 4, { name: 'GICD_IPRIORITYR', offset: Gicd.Ipriorityr, access: 'rw' }, 4, 'Priority'),
  ...arrayOf(8, { name: 'GICD_ITARGETSR', offset: Gicd.Itargetsr, access: 'ro', reset: 0x01010101 }, 4, 'Targets'),
  ...arrayOf(IDS / 4 - 8, { name: 'GICD_ITARGETSR', offset: Gicd.Itargetsr + 32, access: 'rw' }, 4, 'Targets', 8),
  ...arrayOf(1, { name: 'GICD_ICFGR', offset: Gicd.Icfgr, access: 'ro', reset: 0xaaaaaaaa }, 16, 'Int_config'),
  ...arrayOf(IDS / 16 - 1, { name: 'GICD_ICFGR', offset: Gicd.Icfgr + 4, access: 'rw' }, 16, 'Int_config', 1),
  {
    name: 'GICD_SGIR',
    offset: Gicd.Sgir,
    access: 'wo',
    fields: [
      { name: 'TargetListFilter', bit: 24, bits: 2, values: { 0: 'list', 1: 'others', 2: 'self' } },
      { name: 'CPUTargetList', bit: 16, bits: 8 },
      { name: 'SGIINTID', bit: 0, bits: 4 },
    ],
  },
];

const ID_FIELDS = [
  { name: 'InterruptID', bit: 0, bits: 10 },
  { name: 'CPUID', bit: 10, bits: 3 },
];

const CPU_IIDR_FIELDS = [
  { name: 'ProductID', bit: 20, bits: 12 },
  { name: 'Architecture_version', bit: 16, bits: 4 },
  { name: 'Revision', bit: 12, bits: 4 },
  { name: 'Implementer', bit: 0, bits: 12 },
];

export const CPU_REGISTERS: readonly Register[] = [
  {
    name: 'GICC_CTLR',
    offset: Gicc.Ctlr,
    access: 'rw',
    reset: 0x61,
    fields: flags({ EnableGrp1: 0, FIQBypDisGrp1: 5, IRQBypDisGrp1: 6, EOImodeNS: 9 }),
  },
  { name: 'GICC_PMR', offset: Gicc.Pmr, access: 'rw', reset: 0xf0, fields: [{ name: 'Priority', bit: 0, bits: 8 }] },
  { name: 'GICC_BPR', offset: Gicc.Bpr, access: 'rw', reset: 3, fields: [{ name: 'Binary_point', bit: 0, bits: 3 }] },
  { name: 'GICC_IAR', offset: Gicc.Iar, access: 'ro', fields: ID_FIELDS },
  { name: 'GICC_EOIR', offset: Gicc.Eoir, access: 'wo', fields: ID_FIELDS },
  { name: 'GICC_RPR', offset: Gicc.Rpr, access: 'ro', reset: 0xff, fields: [{ name: 'Priority', bit: 0, bits: 8 }] },
  { name: 'GICC_HPPIR', offset: Gicc.Hppir, access: 'ro', fields: ID_FIELDS },
  { name: 'GICC_IIDR', offset: Gicc.Iidr, access: 'ro', reset: 0x0202143b, fields: CPU_IIDR_FIELDS },
  { name: 'GICC_DIR', offset: Gicc.Dir, access: 'wo', fields: ID_FIELDS },
];
