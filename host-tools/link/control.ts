// Messages of the control channel (docs/link.md): made for the device, and read from it.

import { Ability, Control, Link } from '../../firmware/link/protocol.js';
import type { Arrived } from './receive-window.js';

/** What the device says of itself. */
export interface Welcome {
  readonly version: number;
  readonly abilities: { readonly modules: boolean };
  /** Whether the line keeps a rate; an emulator's does not. */
  readonly isPaced: boolean;
  /** Frames in flight at most. */
  readonly window: number;
  /** Differs after each reset. */
  readonly boot: number;
  /** How many modules have been started since power on. */
  readonly generation: number;
  /** 16 hex digits, as in the banner. */
  readonly build: string;
  /** In bit/s. */
  readonly baud: number;
  readonly highestBaud: number;
  /** Ticks a second of the device's times. */
  readonly tickRate: number;
  /** The device's version, as text. */
  readonly text: string;
}

const WELCOME_BYTES = 33;
const ACK_BYTES = 11;
const PATTERN_BYTES = 256;
const WORD_BYTES = 5;

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

/** Reads a Welcome; undefined when it is too short. */
export function readWelcome(payload: Uint8Array): Welcome | undefined {
  if (payload.length < WELCOME_BYTES) return undefined;
  const view = viewOf(payload);
  const abilities = view.getUint8(2);
  const has = (bit: number): boolean => (abilities & bit) !== 0;
  return {
    version: view.getUint8(1),
    abilities: { modules: has(Ability.Modules) },
    isPaced: !has(Ability.Unpaced),
    window: view.getUint16(3, true),
    boot: view.getUint32(5, true),
    generation: view.getUint32(9, true),
    build: view.getBigUint64(13, true).toString(16).padStart(16, '0'),
    baud: view.getUint32(21, true),
    highestBaud: view.getUint32(25, true),
    tickRate: view.getUint32(29, true),
    text: new TextDecoder().decode(payload.subarray(WELCOME_BYTES)),
  };
}

export function helloOf(session: number, text: string): Uint8Array {
  const said = new TextEncoder().encode(text).subarray(0, Link.PayloadBytes - WORD_BYTES);
  const bytes = new Uint8Array(WORD_BYTES + said.length);
  bytes.set([Control.Hello, Link.Version, Link.Version]);
  viewOf(bytes).setUint16(3, session, true);
  bytes.set(said, WORD_BYTES);
  return bytes;
}

export function ackOf({ missing, mask }: Arrived, room: number): Uint8Array {
  const bytes = new Uint8Array(ACK_BYTES);
  const view = viewOf(bytes);
  view.setUint8(0, Control.Ack);
  view.setUint16(1, missing, true);
  view.setUint32(3, mask, true);
  view.setUint32(7, room, true);
  return bytes;
}

/** An Ack's fields; undefined when it is none. */
export function readAck(payload: Uint8Array): (Arrived & { readonly room: number }) | undefined {
  if (payload.length !== ACK_BYTES) return undefined;
  const view = viewOf(payload);
  return { missing: view.getUint16(1, true), mask: view.getUint32(3, true), room: view.getUint32(7, true) };
}

/** A message of one number: Ping, Pong, Baud, BaudKeep. */
export function wordOf(kind: Control, word: number): Uint8Array {
  const bytes = new Uint8Array(WORD_BYTES);
  bytes[0] = kind;
  viewOf(bytes).setUint32(1, word, true);
  return bytes;
}

/** Number `index` of a message; 0 where it is too short. */
export const readWord = (payload: Uint8Array, index = 0): number =>
  payload.length < 1 + 4 * (index + 1) ? 0 : viewOf(payload).getUint32(1 + 4 * index, true);

/** The session that an Unknown names. */
export const readUnknown = (payload: Uint8Array): number =>
  payload.length < 3 ? 0 : viewOf(payload).getUint16(1, true);

/** What a Refuse says. */
export const readRefuse = (payload: Uint8Array): { lowest: number; highest: number; text: string } => ({
  lowest: payload[1] ?? 0,
  highest: payload[2] ?? 0,
  text: new TextDecoder().decode(payload.subarray(3)),
});

/** What a new rate is tried with. */
export const PATTERN = Uint8Array.from({ length: 1 + PATTERN_BYTES }, (_, i) =>
  i === 0 ? Control.Pattern : ((i - 1) * 167 + 13) & 255,
);

export const isPattern = (payload: Uint8Array): boolean =>
  payload.length === PATTERN.length && payload.every((byte, i) => byte === PATTERN[i]);
