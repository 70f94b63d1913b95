// Lets the faults of a script happen to a machine.

import type { Fault, FaultKind, FaultScript } from './faults.js';
import { Random } from '../random.js';
import type { SdCard } from '../sd/sd-card.js';
import type { DamagedLine } from '../sd/sd-card-faults.js';
import { MICROSECOND, MILLISECOND, NEVER, type Time } from '../time.js';
import type { Alarm } from '../timeline.js';
import type { VirtualPi } from '../virtual-pi.js';

/** A contact opens and closes so often while it bounces. */
const BOUNCE_SHORTEST: Time = 30 * MICROSECOND;
const BOUNCE_LONGEST: Time = 800 * MICROSECOND;
/** Of a byte's 87 µs: what overran is told beside the byte that comes next, so the last ones are received again. */
const HELD: Time = 80 * MICROSECOND;

interface Contact {
  readonly alarm: Alarm;
  end: Time;
  level: boolean;
  now: boolean;
}

export class FaultRun {
  /** How many have happened. */
  happened = 0;
  private readonly random: Random;
  private readonly alarm: Alarm;
  private readonly noiseEnd: Alarm;
  private noises: { readonly until: Time; readonly probability: number }[] = [];
  private pulled: SdCard | undefined;
  private readonly contacts = new Map<number, Contact>();

  /** `pi` is new: the times count from its power on. `onFault` is told each as it happens. */
  constructor(
    private readonly pi: VirtualPi,
    private readonly script: FaultScript,
    private readonly onFault: (fault: Fault) => void = () => undefined,
  ) {
    this.random = new Random(script.seed);
    this.alarm = pi.timeline.alarm(() => this.ring());
    this.noiseEnd = pi.timeline.alarm(() => this.hearNoise());
    this.next();
  }

  private next(): void {
    const fault = this.script.faults[this.happened];
    if (fault) this.alarm.set(fault.atMs * MILLISECOND);
  }

  private ring(): void {
    const fault = this.script.faults[this.happened++];
    if (!fault) return;
    this.happen(fault);
    this.onFault(fault);
    this.next();
  }

  private happen({ fault, values }: Fault): void {
    const number = (name: string): number => Number(values[name]);
    const time = (): Time => number('ms') * MILLISECOND;
    const { pi } = this;
    const { blocks } = pi;
    const acts: Record<FaultKind, () => void> = {
      'stall-cpu': () => pi.cpu.stall(time()),
      'stall-dma': () => blocks.dma.stall(number('channel'), time()),
      'late-sd': () => blocks.slot.card?.faults.late(number('ms'), number('blocks')),
      'sd-crc': () => blocks.slot.card?.faults.crcError(values['line'] as DamagedLine, number('count')),
      'card-pull': () => (this.pulled = blocks.slot.pull() ?? this.pulled),
      'card-insert': () => {
        if (this.pulled) blocks.slot.insert(this.pulled);
        this.pulled = undefined;
      },
      'write-protect': () => blocks.slot.card?.writeProtect(values['on'] === true ? 'temporary' : false),
      'uart-noise': () => {
        this.noises.push({ until: pi.now + time(), probability: number('probability') });
        this.hearNoise();
      },
      'uart-burst': () => {
        blocks.uart.receive(new Uint8Array(number('bytes')).fill(number('value')));
        pi.kernel.hold(number('bytes') * HELD);
      },
      bounce: () => this.bounce(number('pin'), time(), values['level'] === true),
      'clock-ppm': () => (blocks.clocks.clock(values['clock'] === 'uart' ? 'uart' : 'pwm').skewPpm = number('ppm')),
      temperature: () => (blocks.thermal.temperature = number('celsius') * 1000),
      throttled: () => (blocks.firmware.throttled = number('bits')),
    };
    acts[fault]();
  }

  /** The loudest of what makes noise now. */
  private hearNoise(): void {
    const { now, blocks } = this.pi;
    this.noises = this.noises.filter(({ until }) => until > now);
    blocks.uart.noise = this.noises.reduce((most, { probability }) => Math.max(most, probability), 0);
    this.noiseEnd.set(this.noises.reduce((first, { until }) => Math.min(first, until), NEVER));
  }

  private bounce(pin: number, time: Time, level: boolean): void {
    const { timeline } = this.pi;
    let contact = this.contacts.get(pin);
    if (!contact) {
      contact = { alarm: timeline.alarm(() => this.bounceOnce(pin)), end: 0, level, now: level };
      this.contacts.set(pin, contact);
    }
    contact.end = timeline.now + time;
    contact.level = contact.now = level;
    contact.alarm.set(timeline.now);
  }

  private bounceOnce(pin: number): void {
    const contact = this.contacts.get(pin);
    if (!contact) return;
    const { timeline, blocks } = this.pi;
    const over = timeline.now >= contact.end;
    blocks.gpio.drive(pin, over ? contact.level : contact.now);
    if (over) return;
    contact.now = !contact.now;
    const pause = BOUNCE_SHORTEST + this.random.next() * (BOUNCE_LONGEST - BOUNCE_SHORTEST);
    contact.alarm.set(Math.min(contact.end, timeline.now + Math.round(pause)));
  }
}
