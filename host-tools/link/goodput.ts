// What the link makes of a line: bytes of payload a second through a virtual Pi's UART, paced to its rate, beside what
// the line could carry at most.

import { Channel, Link as Numbers } from '../../firmware/link/protocol.js';
import type { ProgramSource } from '../virtual-pi/board/program.js';
import { Random } from '../virtual-pi/random.js';
import { VirtualPi } from '../virtual-pi/virtual-pi.js';
import { Link } from './link.js';
import { VirtualTransport, whilePassing } from './virtual.js';

export interface GoodputOptions {
  /** A program that serves the link. */
  program: ProgramSource;
  baud: number;
  /** Bytes of payload; default: 2 s of the line. */
  bytes?: number | undefined;
  /** How likely a byte is damaged on its way to the board, 0 to 1. */
  damage?: number | undefined;
}

export interface Goodput {
  readonly baud: number;
  readonly bytesPerSecond: number;
  /** Of a tenth of the rate: 8N1 takes ten bits a byte. */
  readonly share: number;
  readonly framesSent: number;
  readonly framesAgain: number;
  /** All instructions of the machine meanwhile, for each byte that its UART received. */
  readonly instructionsPerByte: number;
  /** Bytes of payload in a frame at the end. */
  readonly payloadBytes: number;
}

const BITS_A_BYTE = 10;
const DEFAULT_SECONDS = 2;

/** Sends messages that nobody wants, and measures until the last is acknowledged. The machine's time, not this one's. */
export async function measureGoodput({ program, baud, bytes, damage = 0 }: GoodputOptions): Promise<Goodput> {
  const pi = new VirtualPi({ program });
  const transport = new VirtualTransport(pi);
  const link = await whilePassing(pi, Link.connect(transport));
  if (baud !== Number(Numbers.Baud)) {
    const holds = await whilePassing(pi, link.setBaud(baud));
    if (holds !== baud) throw new Error(`${baud} baud did not work: ${holds}`);
  }
  pi.blocks.uart.noise = damage / BITS_A_BYTE;
  const total = bytes ?? (DEFAULT_SECONDS * baud) / BITS_A_BYTE;
  const random = new Random(1);
  const began = transport.clock.now();
  const instructionsBefore = pi.cpu.instructions;
  const sentBefore = link.statistics.bytesSent;
  const send = async (): Promise<void> => {
    for (let sent = 0; sent < total;) {
      // Zeros in it make a frame dearer to take apart: one in 256, as in packed sound.
      const message = Uint8Array.from({ length: Math.min(link.payloadBytes, total - sent) }, () => random.word());
      await link.send(Channel.Log, message);
      sent += message.length;
    }
    await link.flushed();
  };
  await whilePassing(pi, send());
  const seconds = (transport.clock.now() - began) / 1000;
  const { framesSent, framesAgain, bytesSent } = link.statistics;
  const instructionsPerByte = (pi.cpu.instructions - instructionsBefore) / (bytesSent - sentBefore);
  const { payloadBytes } = link;
  await whilePassing(pi, link.leave());
  const bytesPerSecond = total / seconds;
  const share = (bytesPerSecond * BITS_A_BYTE) / baud;
  return { baud, bytesPerSecond, share, framesSent, framesAgain, instructionsPerByte, payloadBytes };
}
