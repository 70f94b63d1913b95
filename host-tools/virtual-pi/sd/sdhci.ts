// An SD host controller: EMMC2, at which the card's socket hangs, or EMMC1. SD Host Controller Simplified Specification
// 3.00: section numbers here and in the parts are its own unless PLSS (SD Physical Layer Simplified Specification) stands
// before them. Its text was not at hand: what is said of it is recalled, bits and resets are as in Microchip's manuals of
// controllers of that version, and what the BCM2711 does was measured by others on a Pi 4 (bases, capabilities, rest
// state, version, HOST bit 23) or is in Linux' sdhci-iproc.c (32-bit accesses only, lost writes, 200 kHz).
//
// Not modelled: DMA, suspend and resume, stop at block gap, SDIO interrupts, tuning, 1.8 V, Auto CMD23; asking for them
// is a finding. Card detect is not wired: the socket looks full always.

import type { Chip, Device, Line } from '../device.js';
import type { Rule } from '../findings.js';
import type { SdSlot } from './sd-slot.js';
import { SdhciClock } from './sdhci-clock.js';
import { SdhciCommands } from './sdhci-commands.js';
import { SdhciData } from './sdhci-data.js';
import { SdhciStatus } from './sdhci-status.js';
import {
  ARGUMENT,
  ARGUMENT2,
  AT_REST,
  AUTO_CMD23,
  BLOCK,
  CAPABILITIES,
  CLOCK,
  COMMAND,
  CONTROL2,
  DAT0_LEVEL,
  DATA,
  DMA_ENABLE,
  DMA_SELECT,
  EIGHT_LINES,
  FOUR_LINES,
  GAP_CONTROL,
  HOST,
  HOST_ALWAYS,
  INHIBIT_CMD,
  POWER_ON,
  POWER_VOLTAGE,
  PRESENT,
  REGISTERS,
  RESET_ALL,
  RESET_CMD,
  RESET_DAT,
  RESPONSE,
  SDHCI_BYTES,
  SIGNAL_ENABLE,
  SIGNALS_1V8,
  STATUS,
  STATUS_ENABLE,
  TIMEOUT,
  VERSION,
} from './sdhci-registers.js';
import { MICROSECOND, NEVER, SECOND, type Time } from '../time.js';

export { EMMC1, EMMC2, IRQ_EMMC } from './sdhci-registers.js';

export interface SdhciOptions {
  /** `EMMC2`. */
  readonly name: string;
  readonly base: number;
  /** What 40 and 44 read. */
  readonly capabilities: readonly [number, number];
  /** Units in a period of the base clock now; NEVER while it stands. Of EMMC2 the clock manager's `emmc2`. */
  readonly clock: () => Time;
  readonly slot: SdSlot;
  /** Quirk of EMMC1: a register that is written within two clocks of the card after another loses the write. */
  readonly losesWrites?: boolean;
  /** From Internal Clock Enable, or a new divider, to Internal Clock Stable; at most 150 ms by 3.2.1. Default 100 µs. */
  readonly settles?: Time;
  /** How long a software reset takes. Default 10 µs. */
  readonly resets?: Time;
}

const RESETS = RESET_ALL | RESET_CMD | RESET_DAT;
const LOST_CLOCKS = 2;
/** Of the data timeout's counter when the capabilities give none: the BCM2711's 50 kHz. */
const TIMEOUT_HZ = 50_000;
const VOLTAGE_3V3 = 7;

export class Sdhci implements Device {
  readonly name: string;
  readonly base: number;
  readonly bytes = SDHCI_BYTES;
  readonly registers = REGISTERS;
  readonly slot: SdSlot;
  private readonly status = new SdhciStatus();
  private readonly clock: SdhciClock;
  private readonly data: SdhciData;
  private readonly commands: SdhciCommands;
  private argument2 = 0;
  private argument = 0;
  private mode = 0;
  private host = 0;
  private timeoutValue = 0;
  private control2 = 0;
  private resetBits = 0;
  private resetUntil: Time = 0;
  private freeAt: Time = 0;

  constructor(
    private readonly chip: Chip,
    private readonly options: SdhciOptions,
  ) {
    this.name = options.name;
    this.base = options.base;
    this.slot = options.slot;
    this.clock = new SdhciClock(options.clock, options.settles ?? 100 * MICROSECOND);
    const wires = {
      timeline: chip.timeline,
      slot: options.slot,
      status: this.status,
      period: () => this.clock.period,
      clocks: (now: Time) => this.clock.clocks(now),
      timeout: () => this.timeout(),
      width: (): 1 | 4 => (this.host & FOUR_LINES ? 4 : 1),
      tell: (rule: Rule, offset: number, value: number | undefined, text: string) => {
        this.tell(rule, offset, value, text);
      },
    };
    this.data = new SdhciData(wires);
    this.commands = new SdhciCommands(wires, this.data, () => (this.host & POWER_ON) !== 0);
  }

  /** The interrupt; both controllers share IRQ_EMMC (`sharedLine`). */
  get irq(): Line {
    return this.status.line;
  }

  read(offset: number): number {
    const { now } = this.chip.timeline;
    if (offset === DATA) return this.data.read(now);
    if (offset === STATUS || offset === PRESENT) this.data.recheck(now);
    return this.peek(offset);
  }

  peek(offset: number): number {
    const { now } = this.chip.timeline;
    const { capabilities } = this.options;
    if (offset >= RESPONSE && offset < DATA) return this.commands.response[(offset - RESPONSE) >> 2] ?? 0;
    switch (offset) {
      case ARGUMENT2:
        return this.argument2;
      case BLOCK:
        return this.data.block;
      case ARGUMENT:
        return this.argument;
      case COMMAND:
        return this.mode;
      case DATA:
        return this.data.peek();
      case PRESENT:
        return (AT_REST & ~DAT0_LEVEL) | this.data.present(now) | (this.commands.inhibit ? INHIBIT_CMD : 0);
      case HOST:
        return this.host | HOST_ALWAYS;
      case CLOCK:
        return this.clock.at(now) | (this.timeoutValue << TIMEOUT) | (now < this.resetUntil ? this.resetBits : 0);
      case STATUS:
        return this.status.bits;
      case STATUS_ENABLE:
        return this.status.statusEnable;
      case SIGNAL_ENABLE:
        return this.status.signalEnable;
      case CONTROL2:
        return (this.control2 | this.commands.autoError) >>> 0;
      case CAPABILITIES:
        return capabilities[0];
      case CAPABILITIES + 4:
        return capabilities[1];
      case VERSION:
        return 0x1002_0000 | (this.status.line.level ? 1 : 0);
      default:
        return 0;
    }
  }

  write(offset: number, value: number): void {
    const { now } = this.chip.timeline;
    if (offset === DATA) {
      this.data.write(value, now);
      return;
    }
    if (this.lost(offset, value, now)) return;
    switch (offset) {
      case ARGUMENT2:
        this.argument2 = value;
        break;
      case BLOCK:
        if (this.data.moving) this.tell('changed-while-running', BLOCK, value, 'written in a transfer: lost (2.2.2)');
        else this.data.block = value;
        break;
      case ARGUMENT:
        if (this.commands.inhibit)
          this.tell('changed-while-running', ARGUMENT, value, 'written while a command goes out (2.2.4)');
        this.argument = value;
        break;
      case COMMAND:
        this.startCommand(value, now);
        break;
      case HOST:
        this.setHost(value);
        break;
      case CLOCK:
        this.setClock(value, now);
        break;
      case STATUS:
        this.status.clear(value);
        break;
      case STATUS_ENABLE:
        this.status.statusEnable = value;
        break;
      case SIGNAL_ENABLE:
        this.status.signalEnable = value;
        break;
      case CONTROL2:
        if (value & SIGNALS_1V8)
          this.tell('forbidden', CONTROL2, value, '1.8 V: a board that is then reset must take power off (linux#4527)');
        this.control2 = (value & 0xffff_0000) >>> 0;
        break;
    }
  }

  /** Whether a write never arrives: within a reset, or too soon after another. */
  private lost(offset: number, value: number, now: Time): boolean {
    if (now < this.resetUntil) {
      this.tell('too-soon', offset, value, 'written while a software reset was under way: lost (2.2.16)');
      return true;
    }
    if (!this.options.losesWrites) return false;
    const soon = now < this.freeAt;
    const { divided } = this.clock;
    if (divided !== NEVER) this.freeAt = now + LOST_CLOCKS * divided;
    if (soon)
      this.tell('too-soon', offset, value, 'written within two SD clocks of the write before: lost (sdhci-iproc)');
    return soon;
  }

  private startCommand(value: number, now: Time): void {
    if (value & DMA_ENABLE)
      this.tell(
        'forbidden',
        COMMAND,
        value,
        'DMA, which is not modelled: words go by the data port all the same (2.2.5)',
      );
    if (value & AUTO_CMD23) this.tell('forbidden', COMMAND, value, 'Auto CMD23, which is not modelled (2.2.5)');
    if ((this.host & POWER_ON) === 0)
      this.tell('forbidden', COMMAND, value, 'a command without SD Bus Power: no card hears it (2.2.11)');
    this.mode = value;
    this.commands.start(value, this.argument, now);
  }

  private setHost(value: number): void {
    const changed = value ^ this.host;
    if (changed & FOUR_LINES && this.data.inhibit)
      this.tell('changed-while-running', HOST, value, 'the width was changed while DAT is in use (3.4)');
    if (value & (DMA_SELECT | EIGHT_LINES | GAP_CONTROL))
      this.tell(
        'forbidden',
        HOST,
        value,
        'ADMA, 8 lines or block gap control, which are not modelled (2.2.10, 2.2.12)',
      );
    if (value & POWER_ON && ((value >>> POWER_VOLTAGE) & 7) !== VOLTAGE_3V3)
      this.tell('forbidden', HOST, value, 'power at another voltage than 3.3 V, the board’s (2.2.11)');
    this.host = value;
  }

  private setClock(value: number, now: Time): void {
    const { commands, data } = this;
    const resets = value & RESETS;
    if (resets) {
      this.resetBits = resets;
      this.resetUntil = now + (this.options.resets ?? 10 * MICROSECOND);
    }
    if (resets & RESET_ALL) {
      this.resetAll();
      return;
    }
    if (resets & RESET_CMD) commands.reset();
    if (resets & RESET_DAT) data.reset();
    this.timeoutValue = (value >>> TIMEOUT) & 0xf;
    if (this.timeoutValue === 0xf) this.tell('forbidden', CLOCK, value, 'data timeout value 15 is reserved (2.2.15)');
    const busy = commands.inhibit || data.inhibit;
    for (const { rule, text } of this.clock.write(value & 0xffff, busy, now)) this.tell(rule, CLOCK, value, text);
  }

  /** 2.2.16: everything but the capabilities and the card detect circuit. */
  private resetAll(): void {
    this.commands.reset();
    this.data.reset();
    this.data.block = 0;
    this.clock.reset();
    this.status.reset();
    this.commands.response.fill(0);
    this.commands.autoError = 0;
    this.argument2 = this.argument = this.mode = this.host = this.timeoutValue = this.control2 = 0;
  }

  /** 2.2.15: the timeout clock times 2^(13 + value); its frequency is in the capabilities (2.2.25). */
  private timeout(): Time {
    const [low] = this.options.capabilities;
    const hz = (low & 0x3f) * (low & 0x80 ? 1e6 : 1e3) || TIMEOUT_HZ;
    return (2 ** (13 + this.timeoutValue) / hz) * SECOND;
  }

  private tell(rule: Rule, offset: number, value: number | undefined, text: string): void {
    const register = REGISTERS.find((each) => each.offset === offset)?.name;
    this.chip.findings.add({
      rule,
      device: this.name,
      text,
      ...(register ? { register } : {}),
      ...(value === undefined ? {} : { value }),
    });
  }
}
