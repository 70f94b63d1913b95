// The instructions that wasm3 has one operation for, in classes that cost about the same.

import { ValueType } from './wasm-code.js';

const I32 = ValueType.I32;
const I64 = ValueType.I64;
const F32 = ValueType.F32;
const F64 = ValueType.F64;

type Class = 'i32.unary' | 'i64.unary' | 'float.unary' | 'i32.binary' | 'i64.binary' | 'float.binary';
type MoreClasses = 'divide' | 'float.extreme' | 'convert' | 'truncate' | 'load' | 'store';
/** An instruction that takes its operands and gives a result. */
export interface Operator {
  /** With `.r` or `.s`: an operand in a register, or all in slots. */
  of: Class | MoreClasses;
  operands: 1 | 2;
  /** Undefined for stores. */
  result: ValueType | undefined;
}

export const OPERATORS = new Map<number, Operator>();

function operators(from: number, to: number, of: Operator['of'], result?: ValueType): void {
  const operands = /binary|divide|extreme|store/.test(of) ? 2 : 1;
  for (let op = from; op <= to; op++) OPERATORS.set(op, { of, operands, result });
}

operators(0x28, 0x28, 'load', I32);
operators(0x29, 0x29, 'load', I64);
operators(0x2a, 0x2a, 'load', F32);
operators(0x2b, 0x2b, 'load', F64);
operators(0x2c, 0x2f, 'load', I32);
operators(0x30, 0x35, 'load', I64);
operators(0x36, 0x3e, 'store');
operators(0x45, 0x45, 'i32.unary', I32); // eqz
operators(0x46, 0x4f, 'i32.binary', I32); // comparisons
operators(0x50, 0x50, 'i64.unary', I32);
operators(0x51, 0x5a, 'i64.binary', I32);
operators(0x5b, 0x66, 'float.binary', I32);
operators(0x67, 0x69, 'i32.unary', I32); // clz, ctz, popcnt
operators(0x6a, 0x78, 'i32.binary', I32);
operators(0x6d, 0x70, 'divide', I32);
operators(0x79, 0x7b, 'i64.unary', I64);
operators(0x7c, 0x8a, 'i64.binary', I64);
operators(0x7f, 0x82, 'divide', I64);
operators(0x8b, 0x91, 'float.unary', F32);
operators(0x92, 0x98, 'float.binary', F32);
operators(0x96, 0x97, 'float.extreme', F32); // min, max
operators(0x99, 0x9f, 'float.unary', F64);
operators(0xa0, 0xa6, 'float.binary', F64);
operators(0xa4, 0xa5, 'float.extreme', F64);
operators(0xa7, 0xa7, 'i32.unary', I32); // wrap
operators(0xa8, 0xab, 'truncate', I32);
operators(0xac, 0xad, 'i64.unary', I64); // extend
operators(0xae, 0xb1, 'truncate', I64);
operators(0xb2, 0xb5, 'convert', F32);
operators(0xb6, 0xb6, 'float.unary', F32); // demote
operators(0xb7, 0xba, 'convert', F64);
operators(0xbb, 0xbb, 'float.unary', F64); // promote
operators(0xbc, 0xbc, 'convert', I32); // reinterpret
operators(0xbd, 0xbd, 'convert', I64);
operators(0xbe, 0xbe, 'convert', F32);
operators(0xbf, 0xbf, 'convert', F64);
operators(0xc0, 0xc1, 'i32.unary', I32); // extend in place
operators(0xc2, 0xc4, 'i64.unary', I64);
operators(0xfc00, 0xfc03, 'truncate', I32);
operators(0xfc04, 0xfc07, 'truncate', I64);
