// New code over the serial line (docs/link.md, Modules): takes in a module, of which the host sends what is not in
// the running one, and swaps when the program is ready for it. The module that starts then answers, in the same session;
// after a fault that is the one before it.

import { crc32, Ended, Info, info, preload, reload, Reload, ticks } from '../../drivers/board';
import { milliseconds } from '../../drivers/timer';
import { flushConsole } from '../console/console';
import { BaseModule, BLOCK_BYTES } from './base-module';
import { putText, setAbility } from './control';
import { canSend, isLinkQuiet, isResumed, linkSession, noteSwap, sendMessage, swapBegun } from './link';
import { Ability, Channel, Link, LinkError, ModuleOp } from './protocol';
import { SwapUser } from './swap-user';
import { UpdateUser } from './update-user';

/** The longest module that is taken. */
const MOST_BYTES: i32 = 512 * 1024;
/** For so long the program may get ready, and what it has to say be sent. */
const READY_MS: i64 = 1000;
const RUNNING_HEADER: i32 = 23;
const RUNNING_SUMS: i32 = (Link.PayloadBytes - RUNNING_HEADER) / 4;
const BLOCK_HEADER: i32 = 5;
/** Of a range in Copy: to, from, bytes. */
const RANGE_BYTES: i32 = 12;

const enum State {
  Idle,
  /** Blocks come. */
  Taking,
  /** All is there, and is loaded while this module goes on. */
  Loading,
  /** It is loaded; the program gets ready. */
  Ready,
}

const incoming = heap.alloc(MOST_BYTES);
const answer = heap.alloc(Link.PayloadBytes);
const told = heap.alloc(Link.PayloadBytes);
const running = new BaseModule();
const previous = new BaseModule();
/** What the module that comes is made from. */
let base = running;
/** Bytes of the answer that waits to be sent. */
let answerBytes: i32 = 0;
let user = new SwapUser();
let updates: UpdateUser | null = null;
let isAllowed: bool = true;
let state: i32 = State.Idle;
/** The session that all this is of. */
let session: i32 = 0;
let length: i32 = 0;
let sum: u32 = 0;
let readyBy: i64 = 0;
/** The block from which on the host wants to know sums; -1: nothing was asked. */
let askedFrom: i32 = -1;
let isStartTold: bool = false;

/** The program that is told of swaps. To be called once, before `start`. */
export function openModules(program: SwapUser): void {
  user = program;
}

/** Who brings kernels onto the card. To be called once, before `start`. */
export function openUpdates(updater: UpdateUser): void {
  updates = updater;
}

/** What has become of a request for an update: Ready, or Failed with a text. */
export function answerUpdate(error: LinkError, text: string): void {
  if (error) fail(error, text);
  else ready(error, text);
}

/** Whether nothing waits to be told to the host. */
export function isModulesQuiet(): bool {
  return !session || (!answerBytes && isLinkQuiet());
}

/** Whether new modules are taken; they are unless this says no. */
export function allowModules(on: bool): void {
  isAllowed = on;
  setAbility(Ability.Modules, on);
}

/** Takes a message on the channel of modules. */
export function modulesMessage(ptr: usize, bytes: i32): void {
  follow();
  const op = <i32>load<u8>(ptr);
  if (!isAllowed) {
    fail(LinkError.Off, 'new code is switched off: link.modules in player.ini');
  } else if (op === ModuleOp.Ask && bytes === 3) {
    askedFrom = load<u16>(ptr, 1);
  } else if (op === ModuleOp.Begin && bytes === 13) {
    begin(load<i32>(ptr, 1), load<u32>(ptr, 5), load<u32>(ptr, 9));
  } else if (op === ModuleOp.Block && bytes > BLOCK_HEADER) {
    block(load<i32>(ptr, 1), ptr + BLOCK_HEADER, bytes - BLOCK_HEADER);
  } else if (op === ModuleOp.Copy && bytes % RANGE_BYTES === 1) {
    for (let at: i32 = 1; at < bytes; at += RANGE_BYTES)
      copy(load<i32>(ptr + at), load<i32>(ptr + at, 4), load<i32>(ptr + at, 8));
  } else if (op === ModuleOp.Commit && bytes === 1) {
    commit();
  } else if (op === ModuleOp.Update && bytes === 9) {
    update(load<i32>(ptr, 1), load<u32>(ptr, 5));
  } else {
    fail(LinkError.Message, 'no such message');
  }
}

/** What one session has begun is nothing to the next. */
function follow(): void {
  const now = linkSession();
  if (now === session) return;
  session = now;
  if (state === State.Ready) user.stay();
  state = State.Idle;
  askedFrom = -1;
  answerBytes = 0;
}

function begin(bytes: i32, wanted: u32, from: u32): void {
  running.find(Info.ModuleBase, Info.ModuleBytes);
  previous.find(Info.PreviousBase, Info.PreviousBytes);
  if (state >= State.Loading) {
    ready(LinkError.Busy, 'a module is being started');
  } else if (bytes <= 0 || bytes > MOST_BYTES) {
    ready(LinkError.Full, 'a module has 512 KiB at most');
  } else if (from !== running.sum && from !== previous.sum) {
    ready(LinkError.Digest, 'another module is running');
  } else {
    base = from === running.sum ? running : previous;
    length = bytes;
    sum = wanted;
    state = State.Taking;
    ready(LinkError.None, '');
  }
}

/** Whether bytes lie in the module; else what has been taken is void. What still comes behind a refusal gets no other. */
function isInside(offset: i32, bytes: i32): bool {
  if (state !== State.Taking) return false;
  if (offset >= 0 && bytes >= 0 && bytes <= length && offset <= length - bytes) return true;
  state = State.Idle;
  fail(LinkError.Message, 'bytes beyond the end');
  return false;
}

function block(offset: i32, ptr: usize, bytes: i32): void {
  if (isInside(offset, bytes)) memory.copy(incoming + offset, ptr, bytes);
}

function copy(to: i32, from: i32, bytes: i32): void {
  if (!isInside(to, bytes)) return;
  // What is not there does not come; the sum tells.
  if (from >= 0 && bytes <= base.bytes && from <= base.bytes - bytes) base.copy(incoming + to, from, bytes);
}

function commit(): void {
  if (state !== State.Taking) {
    fail(LinkError.Message, 'no module was begun');
  } else if (crc32(incoming, length, 0) !== sum) {
    state = State.Idle;
    fail(LinkError.Digest, 'what arrived is not what was announced');
  } else {
    state = State.Loading;
  }
}

function update(bytes: i32, wanted: u32): void {
  const updater = updates;
  const error = updater ? updater.request(bytes, wanted) : LinkError.Card;
  if (error) fail(error, error === LinkError.NotFound ? 'there is no next.img' : 'next.img cannot be tried');
}

/** Does what is due; the tick by which to call it again. */
export function serviceModules(): i64 {
  follow();
  if (!session) return i64.MAX_VALUE;
  if (!isStartTold) tellStart();
  if (state === State.Loading) loadBeside();
  else if (state === State.Ready) swap();
  if (answerBytes && sendMessage(Channel.Modules, answer, answerBytes)) {
    answerBytes = 0;
    return 0;
  }
  if (askedFrom >= 0 && canSend()) {
    tellRunning();
    return 0;
  }
  if (state === State.Loading) return 0;
  return state === State.Ready || answerBytes ? ticks() + milliseconds(1) : i64.MAX_VALUE;
}

/** In the session of the module before: tells that this one runs, or runs again. */
function tellStart(): void {
  isStartTold = true;
  if (!isResumed) return;
  const ended = <i32>info(Info.LastFault);
  if (ended === Ended.Planned) {
    store<u8>(answer, ModuleOp.Swapped);
    store<u32>(answer, <u32>info(Info.Generation), 1);
    store<u32>(answer, <u32>(ticks() - swapBegun()), 5);
    store<u32>(answer, <u32>user.aheadTicks(), 9);
    answerBytes = 13;
  } else {
    fail(LinkError.Module, ended === Ended.Hang ? 'it hangs' : ended === Ended.Trap ? 'it traps' : 'an exception');
  }
}

function tellRunning(): void {
  running.find(Info.ModuleBase, Info.ModuleBytes);
  previous.find(Info.PreviousBase, Info.PreviousBytes);
  const from = askedFrom;
  const blocks = (running.bytes + BLOCK_BYTES - 1) / BLOCK_BYTES;
  const count = max(min(blocks - from, RUNNING_SUMS), 0);
  store<u8>(told, ModuleOp.Running);
  store<u32>(told, <u32>info(Info.Generation), 1);
  store<i32>(told, running.bytes, 5);
  store<u32>(told, running.sum, 9);
  store<i32>(told, previous.bytes, 13);
  store<u32>(told, previous.sum, 17);
  store<u16>(told, from, 21);
  for (let i = 0; i < count; i++)
    store<u32>(told + RUNNING_HEADER + (i << 2), running.blockSum((from + i) * BLOCK_BYTES, 0));
  if (sendMessage(Channel.Modules, told, RUNNING_HEADER + count * 4)) askedFrom = -1;
}

function loadBeside(): void {
  const refused = preload(incoming, length);
  if (refused === Reload.More) return;
  if (refused) {
    state = State.Idle;
    fail(LinkError.Module, refusal(refused));
  } else {
    state = State.Ready;
    readyBy = ticks() + milliseconds(READY_MS);
  }
}

function swap(): void {
  const now = ticks();
  const isReady = user.prepare();
  const isQuiet = flushConsole() && isLinkQuiet();
  if (!(isReady && isQuiet) && now < readyBy) return;
  state = State.Idle;
  noteSwap(now);
  const refused = reload(incoming, length);
  if (refused === Reload.Done) return;
  user.stay();
  fail(LinkError.Module, refusal(refused));
}

function refusal(why: i32): string {
  switch (why) {
    case Reload.NotWasm:
      return 'it is no Wasm module, or cannot be compiled';
    case Reload.Imports:
      return 'it imports what this board has not';
    case Reload.Exports:
      return 'it exports no start(i32) and step(i32): i64';
    default:
      return 'it, or its memory, is too large';
  }
}

function ready(error: LinkError, text: string): void {
  store<u8>(answer, ModuleOp.Ready);
  store<u8>(answer, error, 1);
  answerBytes = 2 + putText(answer + 2, text);
}

function fail(error: LinkError, text: string): void {
  store<u8>(answer, ModuleOp.Failed);
  store<u8>(answer, error, 1);
  store<u32>(answer, <u32>info(Info.Generation), 2);
  answerBytes = 6 + putText(answer + 6, text);
}
