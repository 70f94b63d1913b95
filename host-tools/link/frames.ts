// Frames of the serial line (docs/link.md, Frames): made for the line, and read from what stood between zero bytes.

import crc32 from 'crc-32';
import { Link } from '../../firmware/link/protocol.js';
import { cobsBytes, cobsDecode, cobsEncode } from './cobs.js';

export interface Frame {
  version: number;
  channel: number;
  session: number;
  /** 16 bits. */
  sequence: number;
  payload: Uint8Array;
}

const AROUND: number = Link.HeaderBytes + Link.CrcBytes;
const FRAME_BYTES: number = AROUND + Link.PayloadBytes;

/** The most that a frame takes between its zero bytes. */
export const STUFFED_BYTES = cobsBytes(FRAME_BYTES);
/** The most that a frame takes on the line. */
export const WIRE_BYTES = STUFFED_BYTES + 2;

/** The frame as it goes onto the line, zero bytes included. */
export function makeFrame(frame: Frame): Uint8Array {
  const { payload } = frame;
  const plain = new Uint8Array(AROUND + payload.length);
  const view = new DataView(plain.buffer);
  view.setUint8(0, frame.version);
  view.setUint8(1, frame.channel);
  view.setUint16(2, frame.session, true);
  view.setUint16(4, frame.sequence, true);
  view.setUint16(6, payload.length, true);
  plain.set(payload, Link.HeaderBytes);
  const covered = plain.length - Link.CrcBytes;
  view.setInt32(covered, crc32.buf(plain.subarray(0, covered)), true);
  const stuffed = cobsEncode(plain);
  const wire = new Uint8Array(stuffed.length + 2);
  wire.set(stuffed, 1);
  return wire;
}

/** What stood between two zero bytes as a frame; undefined when it is none. The payload is a copy. */
export function readFrame(stuffed: Uint8Array): Frame | undefined {
  const plain = cobsDecode(stuffed, FRAME_BYTES);
  if (!plain || plain.length < AROUND) return undefined;
  const view = new DataView(plain.buffer, plain.byteOffset, plain.length);
  const covered = plain.length - Link.CrcBytes;
  if (view.getUint16(6, true) !== plain.length - AROUND) return undefined;
  if (crc32.buf(plain.subarray(0, covered)) !== view.getInt32(covered, true)) return undefined;
  return {
    version: view.getUint8(0),
    channel: view.getUint8(1),
    session: view.getUint16(2, true),
    sequence: view.getUint16(4, true),
    payload: plain.subarray(Link.HeaderBytes, covered),
  };
}
