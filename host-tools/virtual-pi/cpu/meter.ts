// Charges CPU time: rewrites a module so that each basic block adds to a counter what it costs on the board, in
// AArch64 instructions. Time of the virtual Pi is made of that counter, so a late firmware is late here as well, and
// a limit ends an endless loop.
//
// It works on the module's instructions as they are, not through binaryen's IR: the costs belong to the instructions
// that wasm3 executes, which a way through an IR orders anew and merges; each instruction keeps a known offset in the
// original, so reports name exact lines of AssemblyScript; and it takes tens of milliseconds, in a web page too.
//
// Nothing is numbered anew: three globals come behind the module's own and a local behind a function's own, and there
// is no import. A program over its limit sets a flag and traps.

import { SectionId, type Section } from '../../build/wasm-module.js';
import { chargesOf, type Charge } from './charges.js';
import { OffsetMap } from './offset-map.js';
import { WasmBytes } from './wasm-bytes.js';
import { Op, readCode, type CodeBody } from './wasm-code.js';
import { WEIGHTS, type Weights } from './weights.js';

/** Names of the exported globals, all of them i32. */
export const METER_GLOBALS = {
  /** Instructions charged, modulo 2^32. */
  cost: 'mirleft:cost',
  /** When the cost, unsigned, is above it, the next call or turn of a loop traps. At first 2^32 - 1: never. */
  limit: 'mirleft:limit',
  /** 1 when the trap was for that. */
  over: 'mirleft:over',
} as const;

export interface Metered {
  wasm: Uint8Array;
  /** The offset in the original of what is at an offset of `wasm`; what was added belongs to what is behind it. */
  originalOffset(offset: number): number;
}

interface Globals {
  cost: number;
  limit: number;
  over: number;
}

const EMPTY_BLOCK = 0x40;
const I32 = 0x7f;
const MUTABLE = 1;
const EXPORT_GLOBAL = 3;
const I32_LT_U = 0x49;
const I32_ADD = 0x6a;
const I32_MUL = 0x6c;
const I32_SHR_U = 0x76;
/** Lengths are charged in units of 16 bytes, so that a product with the largest fits in 32 bits. */
const LENGTH_UNIT_LOG2 = 4;

/**
 * Rewrites a module that is valid. Costs are `weights`, rounded for each block. Throws WasmFormatError where there is
 * an instruction that is not known.
 */
export function meter(wasm: Uint8Array, weights: Weights = WEIGHTS): Metered {
  const code = readCode(wasm);
  const { sections } = code.module;
  const first = code.globals.length;
  const globals: Globals = { cost: first, limit: first + 1, over: first + 2 };
  const contents = (id: SectionId): Uint8Array => {
    const section = sections.find((each) => each.id === id);
    return section ? wasm.subarray(section.contents, section.offset + section.bytes) : Uint8Array.of(0);
  };

  const out = new WasmBytes().append(wasm.subarray(0, 8));
  const map = new OffsetMap();
  const own: [SectionId, WasmBytes, OffsetMap][] = [
    [SectionId.Global, withMore(contents(SectionId.Global), globalEntries()), new OffsetMap()],
    [SectionId.Export, withMore(contents(SectionId.Export), exportEntries(globals)), new OffsetMap()],
  ];
  if (code.bodies.length) {
    const part = new OffsetMap();
    const bodies = new WasmBytes().u32(code.bodies.length);
    for (const body of code.bodies) {
      const { blocks, lengths } = chargesOf(wasm, code, body, weights);
      new BodyWriter(wasm, body, globals, blocks, lengths).write(bodies, part);
    }
    own.push([SectionId.Code, bodies, part]);
  }

  /** Writes those of the sections made here that belong before the one of the given rank. */
  const writeOwn = (before: number, original: number): void => {
    while (own[0] && rank(own[0][0]) < before) {
      const [id, bytes, part] = own.shift() as (typeof own)[number];
      map.add(out.length, original, false);
      out.append([id]).u32(bytes.length);
      map.include(part, out.length);
      out.append(bytes.bytes());
    }
  };
  for (const section of sections) {
    const replaced = own.some(([id]) => id === section.id);
    // Custom sections stand anywhere.
    if (section.id !== SectionId.Custom) writeOwn(rank(section.id) + (replaced ? 1 : 0), section.offset);
    if (replaced) continue;
    map.add(out.length, section.offset, true);
    out.append(bytesOf(wasm, section));
  }
  writeOwn(Infinity, wasm.length);
  return { wasm: out.bytes().slice(), originalOffset: (offset) => map.original(offset) };
}

const bytesOf = (wasm: Uint8Array, { offset, bytes }: Section): Uint8Array => wasm.subarray(offset, offset + bytes);

/** Where a section stands among the others. The count of data segments comes before the code that needs it. */
const rank = (id: number): number => (id === 12 ? SectionId.Element : id) * 2 + (id === 12 ? 1 : 0);

/** The contents of a section that is a list, with more entries. */
function withMore(contents: Uint8Array, entries: WasmBytes[]): WasmBytes {
  let count = 0;
  let at = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = contents[at++] ?? 0;
    count += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) break;
  }
  const out = new WasmBytes().u32(count + entries.length).append(contents.subarray(at));
  for (const entry of entries) out.append(entry.bytes());
  return out;
}

function globalEntries(): WasmBytes[] {
  return [0, -1, 0].map((value) => new WasmBytes().append([I32, MUTABLE]).i32Const(value).append([Op.End]));
}

function exportEntries(globals: Globals): WasmBytes[] {
  return (['cost', 'limit', 'over'] as const).map((name) =>
    new WasmBytes().text(METER_GLOBALS[name]).append([EXPORT_GLOBAL]).u32(globals[name]),
  );
}

/** Writes one function with its charges. */
class BodyWriter {
  private readonly out = new WasmBytes();
  private readonly map = new OffsetMap();

  constructor(
    private readonly wasm: Uint8Array,
    private readonly body: CodeBody,
    private readonly globals: Globals,
    private readonly blocks: ReadonlyMap<number, Charge>,
    private readonly lengths: ReadonlyMap<number, number>,
  ) {}

  write(bodies: WasmBytes, map: OffsetMap): void {
    const { out, body, wasm } = this;
    this.locals();
    for (const [position, { offset, end }] of body.code.entries()) {
      const charge = this.blocks.get(position);
      const each16 = this.lengths.get(position);
      if (charge || each16) {
        this.map.add(out.length, offset, false);
        if (charge) this.charge(charge);
        if (each16) this.chargeLength(Math.round(each16));
        this.map.add(out.length, offset, true);
      }
      out.append(wasm.subarray(offset, end));
    }
    map.add(bodies.length, body.offset, false);
    bodies.u32(out.length);
    map.include(this.map, bodies.length);
    bodies.append(out.bytes());
  }

  /** The list of locals, with one more where it is needed. */
  private locals(): void {
    const { out, body, wasm } = this;
    const more = this.lengths.size > 0;
    const list = wasm.subarray(body.localsAt, body.code[0]?.offset ?? body.localsAt);
    this.map.add(0, body.localsAt, false);
    out.append(more ? withMore(list, [new WasmBytes().u32(1).append([I32])]).bytes() : list);
    this.map.add(out.length, body.code[0]?.offset ?? 0, true);
  }

  private charge({ cost, check }: Charge): void {
    const { out, globals } = this;
    const rounded = Math.round(cost);
    if (rounded > 0) {
      out.append([Op.GlobalGet]).u32(globals.cost);
      out.i32Const(rounded).append([I32_ADD, Op.GlobalSet]).u32(globals.cost);
    }
    if (!check) return;
    out.append([Op.GlobalGet]).u32(globals.limit).append([Op.GlobalGet]).u32(globals.cost);
    out.append([I32_LT_U, Op.If, EMPTY_BLOCK]).i32Const(1).append([Op.GlobalSet]).u32(globals.over);
    out.append([Op.Unreachable, Op.End]);
  }

  private chargeLength(each16: number): void {
    const { out, globals } = this;
    const local = this.body.locals.length;
    out.append([Op.LocalTee]).u32(local);
    out.i32Const(LENGTH_UNIT_LOG2).append([I32_SHR_U]).i32Const(each16).append([I32_MUL, Op.GlobalGet]);
    out.u32(globals.cost).append([I32_ADD, Op.GlobalSet]).u32(globals.cost);
    out.append([Op.LocalGet]).u32(local);
  }
}
