// Makes binaryen faster. Its build calls C++ that may throw through JavaScript: for each such call an import `invoke_…`
// looks the function up in a table and calls it in a try block, which costs a third of an optimisation. Here these
// imports become WebAssembly that calls and catches by itself. A build, or a version of Node.js, in which something is
// not as expected keeps its own imports, and is only slower.

// @ts-check
/* global WebAssembly */
import { Buffer } from 'node:buffer';

/** @typedef {{ params: number[], results: number[] }} Type */
/** @typedef {(...values: number[]) => unknown} Callable */
/** @typedef {{ field: string, type: Type }} Invoke */

// The binary format: WebAssembly Core 2.0, 5; `try` and its kin: the legacy exception handling proposal.
const [TYPES, IMPORTS, FUNCTIONS, TABLES, EXPORTS, CODE] = [1, 2, 3, 4, 7, 10];
const [FUNCTION_TYPE, FUNC_REF, I32, EMPTY] = [0x60, 0x70, 0x7f, 0x40];
const [IF, TRY, RETHROW, END, CALL, CALL_INDIRECT, CATCH_ALL] = [0x04, 0x06, 0x09, 0x0b, 0x10, 0x11, 0x19];
const [LOCAL_GET, LOCAL_SET, I32_CONST, I32_EQZ] = [0x20, 0x21, 0x41, 0x45];
/** A zero of each type. */
const ZERO = new Map([
  [I32, [I32_CONST, 0]],
  [0x7e, [0x42, 0]],
  [0x7d, [0x43, 0, 0, 0, 0]],
  [0x7c, [0x44, 0, 0, 0, 0, 0, 0, 0, 0]],
]);

/** @param {number} value */
function unsigned(value) {
  const bytes = [];
  for (; value > 127; value >>>= 7) bytes.push((value & 127) | 128);
  return [...bytes, value];
}

/** @param {number[][]} items */
const vector = (items) => [...unsigned(items.length), ...items.flat()];
/** @param {string} text */
const name = (text) => [...unsigned(text.length), ...Buffer.from(text)];
/** @param {number} id @param {number[][]} items */
const section = (id, items) => [id, ...unsigned(vector(items).length), ...vector(items)];
/** @param {Type} type */
const typeBytes = ({ params, results }) => [
  FUNCTION_TYPE,
  ...vector(params.map((one) => [one])),
  ...vector(results.map((one) => [one])),
];
/** @param {number} from @param {number} to */
const locals = (from, to) =>
  Array.from({ length: to - from }, (_, index) => [LOCAL_GET, ...unsigned(from + index)]).flat();
/** @param {number[]} code, with its local variables */
const body = (code) => [...unsigned(code.length + 1), ...code, END];
/** @param {number[][]} sections */
const moduleOf = (...sections) => Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...sections.flat()]);

/**
 * The types of a module's imported functions; nothing where the module is not understood.
 * @param {Uint8Array} bytes
 * @returns {Map<string, Type>}
 */
function importTypes(bytes) {
  let at = 8;
  const number = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++] ?? 0;
      value |= (byte & 127) << shift;
      if (byte < 128) return value >>> 0;
    }
  };
  const text = () => {
    const length = number();
    at += length;
    return Buffer.from(bytes.subarray(at - length, at)).toString();
  };
  /** @template T @param {() => T} read */
  const list = (read) => Array.from({ length: number() }, read);
  const byte = () => bytes[at++] ?? 0;
  /** @type {Type[]} */
  let types = [];
  /** @type {Map<string, Type>} */
  const found = new Map();
  while (at < bytes.length) {
    const id = byte();
    const end = number() + at;
    if (id === TYPES) {
      types = list(() => {
        if (byte() !== FUNCTION_TYPE) throw new TypeError('not a type of a function');
        return { params: list(byte), results: list(byte) };
      });
    } else if (id === IMPORTS) {
      for (let left = number(); left > 0; left--) {
        text();
        const field = text();
        const type = byte() === 0 ? types[number()] : undefined;
        if (!type) throw new TypeError('not an import of a function');
        found.set(field, type);
      }
      return found;
    }
    at = end;
  }
  return found;
}

/**
 * What binaryen imports: each function only calls on, through a table that is filled when binaryen's own exists.
 * @param {Invoke[]} invokes
 */
function frontModule(invokes) {
  // As LEB128 that does not end in a set sign bit.
  const index = (/** @type {number} */ value) => [(value & 127) | 128, value >> 7];
  return moduleOf(
    section(
      TYPES,
      invokes.map(({ type }) => typeBytes(type)),
    ),
    section(
      FUNCTIONS,
      invokes.map((_, i) => unsigned(i)),
    ),
    section(TABLES, [[FUNC_REF, 0, ...unsigned(invokes.length)]]),
    section(EXPORTS, [...invokes.map(({ field }, i) => [...name(field), 0, ...unsigned(i)]), [...name('table'), 1, 0]]),
    section(
      CODE,
      invokes.map(({ type }, i) =>
        body([0, ...locals(0, type.params.length), I32_CONST, ...index(i), CALL_INDIRECT, ...unsigned(i), 0]),
      ),
    ),
  );
}

/**
 * What does the work: calls through binaryen's table, and where C++ threw, does what emscripten's invoke_… does.
 * @param {Invoke[]} invokes
 */
function callModule(invokes) {
  const count = invokes.length;
  const [GET, SET, PAIR] = [2 * count, 2 * count + 1, 2 * count + 2];
  const [SAVE, RESTORE, THREW, THROWN] = [0, 1, 2, 3];
  /** @param {string} field @param {number[]} what */
  const imported = (field, what) => [...name('binaryen'), ...name(field), ...what];
  return moduleOf(
    section(TYPES, [
      ...invokes.map(({ type }) => typeBytes(type)),
      ...invokes.map(({ type }) => typeBytes({ ...type, params: type.params.slice(1) })),
      typeBytes({ params: [], results: [I32] }),
      typeBytes({ params: [I32], results: [] }),
      typeBytes({ params: [I32, I32], results: [] }),
    ]),
    section(IMPORTS, [
      imported('save', [0, ...unsigned(GET)]),
      imported('restore', [0, ...unsigned(SET)]),
      imported('threw', [0, ...unsigned(PAIR)]),
      imported('thrown', [0, ...unsigned(GET)]),
      imported('table', [1, FUNC_REF, 0, 0]),
    ]),
    section(
      FUNCTIONS,
      invokes.map((_, i) => unsigned(i)),
    ),
    section(
      EXPORTS,
      invokes.map(({ field }, i) => [...name(field), 0, ...unsigned(4 + i)]),
    ),
    section(
      CODE,
      invokes.map(({ type: { params, results } }, i) => {
        const stack = unsigned(params.length);
        const result = results[0];
        return body([
          ...[1, 1, I32, CALL, SAVE, LOCAL_SET, ...stack],
          ...[TRY, result ?? EMPTY, ...locals(1, params.length), LOCAL_GET, 0],
          ...[CALL_INDIRECT, ...unsigned(count + i), 0],
          ...[CATCH_ALL, CALL, THROWN, I32_EQZ, IF, EMPTY, RETHROW, 1, END],
          ...[LOCAL_GET, ...stack, CALL, RESTORE, I32_CONST, 1, I32_CONST, 0, CALL, THREW],
          ...(result === undefined ? [] : (ZERO.get(result) ?? [])),
          END,
        ]);
      }),
    ),
  );
}

const WORD = '[\\w$]+';
/** emscripten's invoke_…, minified: names 1 to 3 are those of stackSave, stackRestore and setThrew. */
const INVOKE = new RegExp(
  `^function ${WORD}\\((${WORD})(?:,${WORD})*\\)\\{var ${WORD}=(${WORD})\\(\\);` +
    `try\\{(?:return )?${WORD}\\(\\1\\)\\([\\w$,]*\\)\\}` +
    `catch\\((${WORD})\\)\\{if\\((${WORD})\\(${WORD}\\),!\\(\\3 instanceof ${WORD}\\)\\)throw \\3;` +
    `(?:return )?(${WORD})\\(1,0\\)(?:,0n)?\\}\\}$`,
);

/**
 * The imports that are as expected, and how binaryen's exports are called that they use.
 * @param {Uint8Array} bytes @param {Record<string, Callable>} functions @param {string} source
 */
function recognise(bytes, functions, source) {
  const types = importTypes(bytes);
  /** @type {Invoke[]} */
  const invokes = [];
  /** @type {Set<string>} */
  const used = new Set();
  for (const [field, what] of Object.entries(functions)) {
    const match = INVOKE.exec(String(what));
    const type = types.get(field);
    if (!match || !type || type.params[0] !== I32 || type.results.length > 1) continue;
    invokes.push({ field, type });
    used.add([match[2], match[4], match[5]].join(' '));
  }
  if (used.size !== 1) return undefined;
  const exported = [...used]
    .join()
    .split(' ')
    .map((local) => new RegExp(`[,;{]${local.replaceAll('$', '\\$')}=${WORD}\\.(${WORD})[,;]`).exec(source)?.[1]);
  const [save, restore, threw] = exported;
  return save && restore && threw ? { invokes, save, restore, threw } : undefined;
}

/**
 * Instantiates binaryen with calls of its own.
 * @param {(bytes: any, imports?: any) => Promise<WebAssembly.WebAssemblyInstantiatedSource>} instantiate
 * @param {Uint8Array} bytes @param {Record<string, Record<string, Callable>>} imports @param {string} source
 */
async function instantiateWithCalls(instantiate, bytes, imports, source) {
  const [[space, functions] = ['', {}]] = Object.entries(imports);
  const known = recognise(bytes, functions, source);
  if (!known) return undefined;
  const { invokes } = known;
  const front = (await instantiate(frontModule(invokes))).instance.exports;
  const replaced = { ...functions };
  for (const { field } of invokes) replaced[field] = /** @type {Callable} */ (front[field]);

  // WebAssembly cannot look at what it caught: whoever throws for C++ leaves a mark.
  let thrown = 0;
  for (const [field, what] of Object.entries(functions)) {
    const text = String(what);
    if (!/\bthrow\b/.test(text) || /\btry\b/.test(text)) continue;
    replaced[field] = (...values) => {
      try {
        return what(...values);
      } catch (error) {
        thrown = error instanceof Error ? 0 : 1;
        throw error;
      }
    };
  }
  const takeThrown = () => {
    const was = thrown;
    thrown = 0;
    return was;
  };

  const result = await instantiate(bytes, { ...imports, [space]: replaced });
  const exported = /** @type {Record<string, any>} */ (result.instance.exports);
  const table = Object.values(exported).find((one) => one instanceof WebAssembly.Table);
  const binaryen = {
    ...{ save: exported[known.save], restore: exported[known.restore], threw: exported[known.threw] },
    ...{ thrown: takeThrown, table },
  };
  const calls = (await instantiate(callModule(invokes), { binaryen })).instance.exports;
  const slots = /** @type {WebAssembly.Table} */ (front['table']);
  for (const [index, { field }] of invokes.entries()) slots.set(index, calls[field]);
  return result;
}

/**
 * Gives the next module that is instantiated its own calls. `source` is the text that instantiates it.
 * Returns whether it could be done.
 * @param {string} source
 * @returns {Promise<boolean>}
 */
export function quickenCalls(source) {
  const instantiate = WebAssembly.instantiate;
  return new Promise((resolve) => {
    /** @type {(bytes: any, imports: any) => Promise<any>} */
    const once = async (bytes, imports) => {
      WebAssembly.instantiate = instantiate;
      const quick = await instantiateWithCalls(instantiate, bytes, imports, source).catch(() => undefined);
      resolve(quick !== undefined);
      return quick ?? instantiate(bytes, imports);
    };
    WebAssembly.instantiate = /** @type {typeof instantiate} */ (once);
  });
}
