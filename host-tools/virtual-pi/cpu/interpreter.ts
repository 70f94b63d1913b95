// What wasm3 makes of a function: the operations that it executes for each instruction, so that they can be charged.
//
// wasm3 translates in one pass. A `local.get` or a constant becomes an operand of the operation that takes it, one
// result at a time lives in a register (one for integers, one for floats), all else in slots of its stack; a register
// that is wanted again is first saved to a slot. So what an instruction costs depends on where its operands are, and
// that is what is followed here. Facts from wasm3's compiler (m3_compile.c), held against measurements by
// host-tools/bench/weights.ts.

import { OPERATORS, type Operator } from './operators.js';
import type { OperationName } from './weights.js';
import { Op, ValueType, type CodeBody, type FunctionType, type Instruction } from './wasm-code.js';

/** Takes what is executed: so many times this operation. */
export type Charge = (operation: OperationName, count: number) => void;

/** Where a value is: a local's number, or one of these. */
const enum Place {
  Register = -1,
  FloatRegister = -2,
  Slot = -3,
  Constant = -4,
}

interface Scope {
  op: number;
  type: FunctionType;
  /** Values below the block's own. */
  height: number;
  /** From here up a local that is set is looked for on the stack. */
  from: number;
  /** Whether its beginning was reached. */
  live: boolean;
  /** Whether a live branch leads to its end. */
  targeted: boolean;
}

const isFloat = (type: ValueType): boolean => type <= ValueType.F32;
const isWide = (type: ValueType): boolean => type === ValueType.I64 || type === ValueType.F64;
const registerOf = (type: ValueType): Place => (isFloat(type) ? Place.FloatRegister : Place.Register);

/** Slots of 4 bytes that wasm3 keeps for a function's constants; those beyond are operations. */
const CONSTANT_SLOTS = 120;
const SLOT_BYTES = 4;
const slotsOf = (type: ValueType): number => (isWide(type) ? 2 : 1);

/** Follows one function. `step` has to be called with all its instructions in order. */
export class Interpreter {
  private readonly types: ValueType[] = [];
  private readonly places: number[] = [];
  private readonly scopes: Scope[] = [];
  private readonly constants = new Set<string>();
  private constantSlots = 0;
  /** Whether the next instruction can be reached. */
  live = true;

  constructor(
    private readonly wasm: Uint8Array,
    private readonly body: CodeBody,
    private readonly functions: readonly FunctionType[],
    private readonly typeList: readonly FunctionType[],
    private readonly globals: readonly ValueType[],
    private readonly charge: Charge,
  ) {
    this.scopes.push({ op: -1, type: body.type, height: 0, from: 0, live: true, targeted: false });
  }

  /** Bytes that entering the function clears or copies; right when all was followed. */
  get entryBytes(): number {
    const { parameters } = this.body.type;
    const own = this.body.locals.slice(parameters.length);
    return SLOT_BYTES * (own.reduce((sum, type) => sum + slotsOf(type), 0) + this.constantSlots);
  }

  /** The operation that moves a value to a slot. */
  private move(type: ValueType, inRegister: boolean): OperationName {
    if (inRegister) return isWide(type) ? 'set64' : 'set';
    return isWide(type) ? 'copy64' : 'copy';
  }

  private push(type: ValueType, place: number): void {
    this.types.push(type);
    this.places.push(place);
  }

  private pop(): void {
    this.types.pop();
    this.places.pop();
  }

  private topType(below = 0): ValueType {
    return this.types[this.types.length - 1 - below] ?? ValueType.I32;
  }

  private inRegister(below = 0): boolean {
    const place = this.places[this.places.length - 1 - below];
    return place === Place.Register || place === Place.FloatRegister;
  }

  /** Saves a register that holds a value of the stack. */
  private preserve(register: Place, except = -1): void {
    const at = this.places.indexOf(register);
    if (at < 0 || at === except) return;
    this.charge(this.move(this.types[at] ?? ValueType.I32, true), 1);
    this.places[at] = Place.Slot;
  }

  /** Before a block: nothing may be in a register, nor in a local that could be set in it. */
  private preserveAll(keepTop: boolean): void {
    const top = keepTop ? this.places.length - 1 : -1;
    this.preserve(Place.Register, top);
    this.preserve(Place.FloatRegister, top);
    const { from } = this.scope;
    const copied = new Set<number>();
    for (let at = from; at < this.places.length; at++) {
      const place = this.places[at] ?? Place.Slot;
      if (place < 0) continue;
      if (!copied.has(place)) this.charge(this.move(this.types[at] ?? ValueType.I32, false), 1);
      copied.add(place);
      this.places[at] = Place.Slot;
    }
  }

  private get scope(): Scope {
    return this.scopes[this.scopes.length - 1] as Scope;
  }

  private target(depth: number): Scope {
    return (this.scopes[this.scopes.length - 1 - depth] ?? this.scopes[0]) as Scope;
  }

  /** Moves the values on top to where a block or the function leaves its results. */
  private results(types: readonly ValueType[], floatStays: boolean): void {
    const base = this.types.length - types.length;
    for (const [i, type] of types.entries()) {
      const place = this.places[base + i];
      const register = place === registerOf(type);
      if (floatStays && i === types.length - 1 && isFloat(type)) {
        if (!register) this.charge('fetch', 1);
      } else this.charge(this.move(type, register), 1);
    }
  }

  private toRegister(): void {
    if (this.inRegister()) return;
    this.preserve(registerOf(this.topType()));
    this.charge('fetch', 1);
  }

  private open(op: number, type: FunctionType): void {
    const height = this.types.length - (this.live ? type.parameters.length : 0);
    const from = op === Op.Block ? this.scope.from : height;
    this.scopes.push({ op, type, height, from, live: this.live, targeted: false });
  }

  /** Puts the stack to what it is behind a block. */
  private leave(scope: Scope): void {
    this.types.length = this.places.length = Math.min(scope.height, this.types.length);
    for (const [i, type] of scope.type.results.entries()) {
      const last = i === scope.type.results.length - 1;
      this.push(type, last && isFloat(type) ? Place.FloatRegister : Place.Slot);
    }
  }

  /** A branch that is taken for sure: what it moves, and itself. */
  private branch(scope: Scope): void {
    scope.targeted = true;
    if (scope.op === -1) this.return();
    else if (scope.op === Op.Loop) {
      this.results(scope.type.parameters, false);
    } else {
      this.results(scope.type.results, true);
      this.charge('branch', 1);
    }
  }

  private return(): void {
    this.results(this.body.type.results, false);
    this.charge('return', 1);
  }

  private unary({ of, result }: { of: Operator['of']; result: ValueType }): void {
    if (this.inRegister()) this.charge(`${of}.r` as OperationName, 1);
    else {
      this.preserve(registerOf(result));
      this.charge(`${of}.s` as OperationName, 1);
    }
    this.pop();
    this.push(result, registerOf(result));
  }

  private operator({ of, operands, result }: Operator): void {
    if (of === 'convert' || of === 'truncate') {
      this.convert(of, result ?? ValueType.I32);
      return;
    }
    // A comparison of floats has its result in the other register.
    if (isFloat(this.topType()) && result !== undefined && !isFloat(result)) this.preserve(Place.Register);
    if (operands === 1) {
      if (of === 'load' && result !== undefined && isFloat(result)) this.preserve(Place.FloatRegister);
      this.unary({ of, result: result ?? ValueType.I32 });
      return;
    }
    const some = this.inRegister() || this.inRegister(1);
    if (!some) this.preserve(registerOf(result ?? ValueType.I32));
    this.charge(`${of}.${some ? 'r' : 's'}` as OperationName, 1);
    this.pop();
    this.pop();
    if (result !== undefined) this.push(result, registerOf(result));
  }

  /** The only ones that leave a taken register alone: the result goes to a slot then. */
  private convert(of: 'convert' | 'truncate', result: ValueType): void {
    const taken = this.places.includes(registerOf(result));
    this.charge(`${of}.${this.inRegister() ? 'r' : 's'}`, 1);
    this.pop();
    this.push(result, taken ? Place.Slot : registerOf(result));
  }

  private setLocal(index: number, keep: boolean): void {
    const type = this.topType();
    const { from } = this.scope;
    let kept = false;
    for (let at = from; at < this.places.length; at++) {
      if (this.places[at] !== index) continue;
      this.places[at] = Place.Slot;
      kept = true;
    }
    const move = this.move(type, this.inRegister());
    this.charge(kept ? `keep-${move as 'set' | 'set64' | 'copy' | 'copy64'}` : move, 1);
    if (!keep) this.pop();
  }

  private constant({ op, offset, end }: Instruction): void {
    const type = (ValueType.I32 + Op.I32Const - op) as ValueType;
    const key = this.wasm.subarray(offset, end).join();
    if (!this.constants.has(key)) {
      if (this.constantSlots + slotsOf(type) > CONSTANT_SLOTS) {
        this.charge('const', 1);
        this.push(type, Place.Slot);
        return;
      }
      this.constantSlots += slotsOf(type);
      this.constants.add(key);
    }
    this.push(type, Place.Constant);
  }

  private call(type: FunctionType): void {
    for (let i = 0; i < type.parameters.length; i++) {
      this.charge(this.move(this.topType(), this.inRegister()), 1);
      this.pop();
    }
    for (const result of type.results) this.push(result, Place.Slot);
  }

  private select(): void {
    const some = this.inRegister() || this.inRegister(1) || this.inRegister(2);
    const type = this.topType(1);
    if (isFloat(type) ? !this.inRegister(1) && !this.inRegister(2) : !some) this.preserve(registerOf(type));
    this.charge(some ? 'select.r' : 'select.s', 1);
    this.pop();
    this.pop();
    this.pop();
    this.push(type, registerOf(type));
  }

  /** The end of a block or of one of its parts, when it is reached by going on. */
  private fallThrough(scope: Scope): void {
    if (!this.live) return;
    if (scope.op === -1) this.return();
    else this.results(scope.type.results, true);
  }

  private die(): void {
    this.live = false;
    this.types.length = this.places.length = this.scope.height;
  }

  /** Follows one instruction: charges what it executes, and sets `live` for the next. */
  step(instruction: Instruction): void {
    const { op } = instruction;
    if (op === Op.Block || op === Op.Loop || op === Op.If || op === Op.Else || op === Op.End) {
      this.structure(instruction);
      return;
    }
    if (!this.live) return;
    const operator = OPERATORS.get(op);
    if (operator) this.operator(operator);
    else this.other(instruction);
  }

  private structure(instruction: Instruction): void {
    const { op, type } = instruction;
    if (op === Op.Else || op === Op.End) {
      const scope = this.scope;
      this.fallThrough(scope);
      if (op === Op.Else) {
        if (this.live) scope.targeted = true;
        this.live = scope.live;
        this.types.length = this.places.length = scope.height;
        for (const parameter of scope.type.parameters) this.push(parameter, Place.Slot);
        scope.op = Op.Else;
        return;
      }
      // The part behind `else` lies elsewhere in wasm3's code and goes back by a branch.
      if (scope.op === Op.Else && this.live) this.charge('branch', 1);
      const joined = scope.op !== Op.Loop && scope.targeted;
      this.live = this.live || joined || (scope.op === Op.If && scope.live);
      this.scopes.pop();
      this.leave(scope);
      return;
    }
    if (!type) return;
    if (this.live) {
      this.preserveAll(op === Op.If);
      if (op === Op.Loop) this.charge('loop', 1);
      if (op === Op.If) {
        this.charge(this.inRegister() ? 'branch-if.r' : 'branch-if.s', 1);
        this.pop();
      }
    }
    this.open(op, type);
  }

  private other(instruction: Instruction): void {
    const { op, index } = instruction;
    switch (op) {
      case Op.Unreachable:
        this.die();
        break;
      case Op.Br:
        this.branch(this.target(index));
        this.die();
        break;
      case Op.BrIf:
        this.branchIf(this.target(index));
        break;
      case Op.BrTable:
        this.preserve(Place.Register);
        this.charge('branch-table', 1);
        for (const label of instruction.labels ?? []) this.target(label).targeted = true;
        this.die();
        break;
      case Op.Return:
        this.return();
        this.die();
        break;
      case Op.Call:
        this.call(this.functions[index] ?? this.body.type);
        break;
      case Op.CallIndirect:
        if (this.inRegister()) this.preserve(Place.Register);
        this.pop();
        this.call(this.typeList[index] ?? this.body.type);
        this.charge('call-indirect', 1);
        break;
      case Op.Drop:
        this.pop();
        break;
      case Op.Select:
        this.select();
        break;
      case Op.LocalGet:
        this.push(this.body.locals[index] ?? ValueType.I32, index);
        break;
      case Op.LocalSet:
      case Op.LocalTee:
        this.setLocal(index, op === Op.LocalTee);
        break;
      case Op.GlobalGet:
        this.charge('global.get', 1);
        this.push(this.globals[index] ?? ValueType.I32, Place.Slot);
        break;
      case Op.GlobalSet:
        this.charge(this.inRegister() ? 'global.set.r' : 'global.set.s', 1);
        this.pop();
        break;
      case Op.I32Const:
      case Op.I64Const:
      case Op.F32Const:
      case Op.F64Const:
        this.constant(instruction);
        break;
      case Op.MemorySize:
        this.preserve(Place.Register);
        this.charge('memory.size', 1);
        this.push(ValueType.I32, Place.Register);
        break;
      case Op.MemoryGrow:
        this.toRegister();
        this.charge('memory.grow', 1);
        this.pop();
        this.push(ValueType.I32, Place.Register);
        break;
      case Op.MemoryCopy:
      case Op.MemoryFill:
      case Op.MemoryInit:
      case Op.TableInit:
      case Op.TableCopy:
        this.toRegister();
        this.charge(op === Op.MemoryFill ? 'memory.fill' : 'memory.copy', 1);
        for (let i = 0; i < 3; i++) this.pop();
        break;
    }
  }

  private branchIf(scope: Scope): void {
    scope.targeted = true;
    if (scope.op === Op.Loop && scope.type.parameters.length === 0) {
      this.toRegister();
      this.charge('continue-if', 1);
    } else this.charge(this.inRegister() ? 'branch-if.r' : 'branch-if.s', 1);
    // What a branch that is taken moves is left out: it is little, and few are taken.
    this.pop();
  }
}
