// The worker that the machine runs in. Virtual time goes as fast as the audio thread takes samples: the worker keeps
// the ring filled a little ahead, further where that turned out to be too little.

import { MILLISECOND, SECOND } from '../../virtual-pi/time.js';
import type { FromMachine, MachineMessage, ToMachine, WorkerScope } from './messages.js';
import { Session } from './session.js';
import { ROOM_FRAMES, SoundRing } from './sound-ring.js';

const scope = self as unknown as WorkerScope<ToMachine, FromMachine>;

const FIRST_AHEAD_MS = 40;
const MOST_AHEAD_MS = 200;
/** How long the worker looks away while the ring is full. */
const REST_MS = 3;
/** After so many grains it looks at its messages, so that a click is not left waiting for many milliseconds. */
const SLICE_GRAINS = 4;
const STATUS_MS = 33;
const REGISTERS_MS = 200;
/** Speed is told over so long. */
const SPEED_MS = 1000;

class MachineWorker {
  private session: Session | undefined;
  private generation = 0;
  private ring: SoundRing | undefined;
  private rateHz = 48_000;
  private paused = true;
  private byClock = false;
  private clockAt = 0;
  private aheadMs = FIRST_AHEAD_MS;
  private underruns = 0;
  private watched: string | undefined;
  private toldAt = 0;
  private registersAt = 0;
  private busyMs = 0;
  private speedFrom: { ms: number; virtual: number } | undefined;
  private speed: number | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** Comes back at once, behind the messages that wait; a timer of 0 takes 4 ms. */
  private readonly soon = new MessageChannel();
  /** Counts starts and stops: what was to come back belongs to one of them. */
  private turn = 0;
  /** Samples written before this machine was powered on. */
  private origin = 0;

  constructor() {
    this.soon.port1.onmessage = ({ data }): void => {
      if (data === this.turn) this.work();
    };
  }

  take(message: ToMachine): void {
    switch (message.type) {
      case 'power':
        this.power(message);
        break;
      case 'off':
        this.off();
        break;
      case 'type':
        this.session?.type(message.bytes, this.clickTime(message.clicked));
        break;
      case 'drive':
        this.session?.drive(message.pin, message.level, this.clickTime(message.clicked));
        break;
      case 'pause':
        this.pause(message.paused);
        break;
      case 'step':
        this.step(message.what);
        break;
      case 'watch':
        this.watched = message.device;
        this.tellRegisters();
        break;
      case 'pace':
        this.byClock = message.by === 'clock';
        this.clockAt = performance.now();
        break;
    }
  }

  private power(message: ToMachine & { type: 'power' }): void {
    this.off();
    const { generation } = message;
    this.generation = generation;
    const ring = new SoundRing(message.ring);
    this.ring = ring;
    ring.running = false;
    ring.drop(ring.fill); // of the machine before
    this.rateHz = message.rateHz;
    this.origin = ring.written;
    const { wasm, sourceMap, buildId, ramDisk, rateHz } = message;
    const session = new Session({
      program: { wasm, sourceMap },
      buildId,
      ramDisk,
      rateHz,
      samples: (left, right) => ring.push(left, right),
      console: (bytes) => scope.postMessage({ generation, type: 'console', bytes }, [bytes.buffer]),
    });
    this.session = session;
    this.underruns = ring.underruns;
    this.aheadMs = FIRST_AHEAD_MS;
    this.clockAt = performance.now();
    this.post({ type: 'on', devices: session.devices() });
    this.pause(message.paused);
  }

  private off(): void {
    clearTimeout(this.timer);
    this.turn++;
    this.session = undefined;
    if (this.ring) this.ring.running = false;
  }

  private pause(paused: boolean): void {
    this.paused = paused;
    clearTimeout(this.timer);
    this.turn++;
    this.speedFrom = undefined;
    this.speed = undefined;
    this.busyMs = 0;
    this.clockAt = performance.now();
    if (this.ring && (paused || !this.session)) this.ring.running = false;
    if (!paused && this.session) this.work();
    else this.tell();
  }

  private step(what: 'millisecond' | 'program'): void {
    const { session, ring } = this;
    if (!session || !ring || !this.paused) return;
    if (what === 'program') session.stepProgram();
    else session.runTo(session.pi.now + MILLISECOND);
    if (ring.fill > ROOM_FRAMES) ring.drop(ring.fill - ROOM_FRAMES);
    this.tell();
    this.tellRegisters();
  }

  private readonly work = (): void => {
    const { session, ring } = this;
    if (!session || !ring || this.paused) return;
    const began = performance.now();
    if (this.byClock) this.dropHeard(ring, began);
    this.widen(ring);
    const ahead = Math.min(ROOM_FRAMES, Math.round((this.aheadMs * this.rateHz) / 1000));
    for (let i = 0; i < SLICE_GRAINS && ring.fill < ahead; i++) session.advance();
    if (ring.fill >= ahead) ring.running = true;
    const now = performance.now();
    this.busyMs += now - began;
    this.measureSpeed(now, session);
    if (now - this.toldAt >= STATUS_MS) this.tell();
    if (now - this.registersAt >= REGISTERS_MS) this.tellRegisters();
    if (ring.fill < ahead) this.soon.port2.postMessage(this.turn);
    else this.timer = setTimeout(this.work, REST_MS);
  };

  /** Without an audio thread the samples are taken at the clock's pace. */
  private dropHeard(ring: SoundRing, now: number): void {
    const frames = Math.floor(((now - this.clockAt) * this.rateHz) / 1000);
    if (!ring.running) return;
    this.clockAt += (frames * 1000) / this.rateHz;
    ring.drop(frames);
  }

  /** A lack means that others kept the worker waiting for longer than it was ahead. Better one gap than many. */
  private widen(ring: SoundRing): void {
    if (ring.underruns === this.underruns) return;
    this.underruns = ring.underruns;
    this.aheadMs = Math.min(MOST_AHEAD_MS, this.aheadMs * 1.25);
    ring.running = false;
  }

  private measureSpeed(now: number, session: Session): void {
    const virtual = session.pi.now;
    this.speedFrom ??= { ms: now, virtual };
    if (now - this.speedFrom.ms < SPEED_MS) return;
    const virtualMs = (virtual - this.speedFrom.virtual) / MILLISECOND;
    this.speed = this.busyMs > 0 ? virtualMs / this.busyMs : undefined;
    this.speedFrom = { ms: now, virtual };
    this.busyMs = 0;
  }

  /** The virtual time of a click: what the page saw then was the ring as it was. */
  private clickTime(clicked: number): number {
    const frames = (clicked - this.origin) >>> 0;
    const now = this.session?.pi.now ?? 0;
    return Math.min(now, (frames / this.rateHz) * SECOND);
  }

  post(message: MachineMessage): void {
    scope.postMessage({ generation: this.generation, ...message });
  }

  private tell(): void {
    this.toldAt = performance.now();
    const { session, paused, speed, aheadMs } = this;
    if (session) this.post({ type: 'status', status: session.status(), paused, speed, aheadMs });
  }

  private tellRegisters(): void {
    this.registersAt = performance.now();
    const { watched: device } = this;
    const values = device === undefined ? undefined : this.session?.registers(device);
    if (device !== undefined && values) this.post({ type: 'registers', device, values });
  }
}

const worker = new MachineWorker();
scope.onmessage = ({ data }) => {
  try {
    worker.take(data);
  } catch (error) {
    worker.post({ type: 'failed', text: error instanceof Error ? error.message : String(error) });
  }
};
