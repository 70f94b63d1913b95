// Decodes the code section of a module, instruction by instruction: WebAssembly 1.0 with multi-value blocks, sign
// extension, saturating truncation and bulk memory, which is what asc emits and more than what wasm3 takes.
// https://webassembly.github.io/spec/core/binary/instructions.html

import { parseModule, Reader, SectionId, WasmFormatError, type WasmModule } from '../../build/wasm-module.js';

export const enum Op {
  Unreachable = 0x00,
  Nop = 0x01,
  Block = 0x02,
  Loop = 0x03,
  If = 0x04,
  Else = 0x05,
  End = 0x0b,
  Br = 0x0c,
  BrIf = 0x0d,
  BrTable = 0x0e,
  Return = 0x0f,
  Call = 0x10,
  CallIndirect = 0x11,
  Drop = 0x1a,
  Select = 0x1b,
  LocalGet = 0x20,
  LocalSet = 0x21,
  LocalTee = 0x22,
  GlobalGet = 0x23,
  GlobalSet = 0x24,
  /** The first load and the last store. */
  FirstLoad = 0x28,
  LastStore = 0x3e,
  MemorySize = 0x3f,
  MemoryGrow = 0x40,
  I32Const = 0x41,
  I64Const = 0x42,
  F32Const = 0x43,
  F64Const = 0x44,
  /** The first and the last that only take operands and give a result. */
  FirstOperator = 0x45,
  LastOperator = 0xc4,
  /** Behind the prefix 0xfc. */
  LastSaturating = 0xfc07,
  MemoryInit = 0xfc08,
  DataDrop = 0xfc09,
  MemoryCopy = 0xfc0a,
  MemoryFill = 0xfc0b,
  TableInit = 0xfc0c,
  ElemDrop = 0xfc0d,
  TableCopy = 0xfc0e,
}

export const enum ValueType {
  F64 = 0x7c,
  F32 = 0x7d,
  I64 = 0x7e,
  I32 = 0x7f,
}

export interface FunctionType {
  readonly parameters: readonly ValueType[];
  readonly results: readonly ValueType[];
}

export interface Instruction {
  /** `Op`, or what is between its names. */
  readonly op: number;
  /** In the module's bytes: its own, and that of what follows. */
  readonly offset: number;
  readonly end: number;
  /** The first immediate where it is an index: local, global, function, type, label; else 0. */
  readonly index: number;
  /** Of a block, loop or if. */
  readonly type?: FunctionType;
  /** Of a br_table, the default last. */
  readonly labels?: readonly number[];
}

export interface CodeBody {
  readonly index: number;
  readonly type: FunctionType;
  /** Offset of the body's length prefix, and of the list of locals behind it. */
  readonly offset: number;
  readonly localsAt: number;
  /** Of the parameters too. */
  readonly locals: readonly ValueType[];
  /** With the last `end`. */
  readonly code: readonly Instruction[];
}

export interface Code {
  readonly module: WasmModule;
  /** Names of imported functions by their index, `board.ticks`. */
  readonly imported: readonly string[];
  /** Of functions, imported ones first. */
  readonly functions: readonly FunctionType[];
  readonly types: readonly FunctionType[];
  /** Types of globals, imported ones first. */
  readonly globals: readonly ValueType[];
  readonly bodies: readonly CodeBody[];
}

const NO_TYPES: readonly ValueType[] = [];
/** The count of data segments. */
const LAST_SECTION = 12;
const MOST_LOCALS = 50_000; // as other engines have it

function valueType(reader: Reader): ValueType {
  const value = reader.byte();
  if (value < ValueType.F64 || value > ValueType.I32) {
    throw new WasmFormatError(reader.at - 1, `value type 0x${value.toString(16)} is not supported`);
  }
  return value;
}

/** LEB128, signed, up to 64 bits: only skipped. */
function skipSigned(reader: Reader): void {
  for (let bytes = 0; reader.byte() >= 0x80; bytes++) {
    if (bytes >= 9) throw new WasmFormatError(reader.at, 'a number is too long');
  }
}

function blockType(reader: Reader, types: readonly FunctionType[]): FunctionType {
  const first = reader.bytes[reader.at] ?? 0;
  if (first === 0x40) {
    reader.byte();
    return { parameters: NO_TYPES, results: NO_TYPES };
  }
  // A negative number of one byte is a value type, others are indexes.
  if (first < 0x80 && first & 0x40) return { parameters: NO_TYPES, results: [valueType(reader)] };
  const type = types[reader.u32()];
  if (!type) throw new WasmFormatError(reader.at, 'a block has an unknown type');
  return type;
}

function readInstruction(reader: Reader, types: readonly FunctionType[]): Instruction {
  const offset = reader.at;
  let op = reader.byte();
  let index = 0;
  if (op === 0xfc) op = 0xfc00 + reader.u32();
  switch (op) {
    case Op.Block:
    case Op.Loop:
    case Op.If: {
      const type = blockType(reader, types);
      return { op, offset, end: reader.at, index, type };
    }
    case Op.BrTable: {
      const labels = reader.list(() => reader.u32());
      labels.push(reader.u32());
      return { op, offset, end: reader.at, index, labels };
    }
    case Op.Br:
    case Op.BrIf:
    case Op.Call:
    case Op.LocalGet:
    case Op.LocalSet:
    case Op.LocalTee:
    case Op.GlobalGet:
    case Op.GlobalSet:
    case Op.MemorySize:
    case Op.MemoryGrow:
    case Op.DataDrop:
    case Op.ElemDrop:
    case Op.MemoryFill:
      index = reader.u32();
      break;
    case Op.CallIndirect:
    case Op.MemoryInit:
    case Op.MemoryCopy:
    case Op.TableInit:
    case Op.TableCopy:
      index = reader.u32();
      reader.u32();
      break;
    case Op.I32Const:
    case Op.I64Const:
      skipSigned(reader);
      break;
    case Op.F32Const:
      reader.skip(4);
      break;
    case Op.F64Const:
      reader.skip(8);
      break;
    case Op.Unreachable:
    case Op.Nop:
    case Op.Else:
    case Op.End:
    case Op.Return:
    case Op.Drop:
    case Op.Select:
      break;
    default:
      if (op >= Op.FirstLoad && op <= Op.LastStore) {
        reader.u32();
        reader.u32();
      } else if (!(op >= Op.FirstOperator && op <= Op.LastOperator) && !(op >= 0xfc00 && op <= Op.LastSaturating)) {
        throw new WasmFormatError(offset, `instruction 0x${op.toString(16)} is not known here`);
      }
  }
  return { op, offset, end: reader.at, index };
}

function readBody(reader: Reader, index: number, type: FunctionType, types: readonly FunctionType[]): CodeBody {
  const offset = reader.at;
  const length = reader.u32();
  const localsAt = reader.at;
  const inner = new Reader(reader.bytes, localsAt, Math.min(reader.end, localsAt + length));
  reader.skip(length);
  const locals = [...type.parameters];
  inner.list(() => {
    const count = inner.u32();
    if (locals.length + count > MOST_LOCALS) throw new WasmFormatError(inner.at, 'a function has too many locals');
    const of = valueType(inner);
    for (let i = 0; i < count; i++) locals.push(of);
  });
  const code: Instruction[] = [];
  while (inner.at < inner.end) code.push(readInstruction(inner, types));
  if (code.at(-1)?.op !== Op.End) throw new WasmFormatError(inner.at, 'a function does not end');
  return { index, type, offset, localsAt, locals, code };
}

/** Decodes all functions of a module that is valid otherwise. Throws WasmFormatError. */
export function readCode(wasm: Uint8Array): Code {
  const module = parseModule(wasm);
  const unknown = module.sections.find(({ id }) => id > LAST_SECTION);
  if (unknown) throw new WasmFormatError(unknown.offset, `${unknown.name} is not known here`);
  const open = (id: SectionId): Reader => {
    const section = module.sections.find((each) => each.id === id);
    return section ? new Reader(wasm, section.contents, section.offset + section.bytes) : new Reader(Uint8Array.of(0));
  };

  const typeReader = open(SectionId.Type);
  const types = typeReader.list((): FunctionType => {
    typeReader.byte();
    const parameters = typeReader.list(() => valueType(typeReader));
    return { parameters, results: typeReader.list(() => valueType(typeReader)) };
  });

  const functions: FunctionType[] = [];
  const globals: ValueType[] = [];
  const typeAt = (reader: Reader): FunctionType => {
    const type = types[reader.u32()];
    if (!type) throw new WasmFormatError(reader.at, 'a function has an unknown type');
    return type;
  };
  const imported: string[] = [];
  const imports = open(SectionId.Import);
  imports.list(() => {
    const name = `${imports.text()}.${imports.text()}`;
    const kind = imports.byte();
    if (kind === 0) {
      functions.push(typeAt(imports));
      imported.push(name);
    } else if (kind === 3) {
      globals.push(valueType(imports));
      imports.byte();
    } else {
      if (kind === 1) imports.byte();
      imports.limits();
    }
  });
  const declared = open(SectionId.Function);
  declared.list(() => functions.push(typeAt(declared)));
  const own = open(SectionId.Global);
  own.list(() => {
    globals.push(valueType(own));
    own.byte();
    while (readInstruction(own, types).op !== Op.End);
  });

  const code = open(SectionId.Code);
  const bodies = code.list((position) => {
    const type = functions[imported.length + position];
    if (!type) throw new WasmFormatError(code.at, 'a function has no type');
    return readBody(code, imported.length + position, type, types);
  });
  return { module, imported, functions, types, globals, bodies };
}
