// The chip's device blocks and their wires: who hangs on which clock, interrupt and DREQ. BCM2711 ARM Peripherals,
// 6.2 (interrupts), 4.2.1.3 (DREQs).

import { Bus } from './bus.js';
import { ClockManager } from './clocks/clock-manager.js';
import { sharedLine, type Chip } from './device.js';
import { DmaController } from './dma/dma.js';
import type { GenericTimer } from './clocks/generic-timer.js';
import { FirmwareState } from './firmware/firmware-state.js';
import { Gic } from './gic/gic.js';
import { Gpio } from './gpio/gpio.js';
import type { JackTap } from './board/jack-tap.js';
import { IRQ_DEADLINE, IRQ_TICK, IRQ_UART } from './board/kernel.js';
import { Mailbox } from './firmware/mailbox.js';
import type { Memory } from './memory.js';
import type { PinSink } from './pwm/pins.js';
import { Pl011 } from './uart/pl011.js';
import { Power } from './firmware/power.js';
import { Pwm, PWM0, PWM1 } from './pwm/pwm.js';
import type { SdCard } from './sd/sd-card.js';
import { SdSlot } from './sd/sd-slot.js';
import { EMMC1, EMMC2, IRQ_EMMC, Sdhci } from './sd/sdhci.js';
import { SystemTimer } from './clocks/system-timer.js';
import { Thermal } from './firmware/thermal.js';
import { SECOND, type Time } from './time.js';

/** GIC ids of the shared peripheral interrupts. */
const IRQ_MAILBOX = 65;
const IRQ_SYSTEM_TIMER = 96;
const IRQ_GPIO = 145;
/** What the VideoCore gives EMMC1. */
const EMMC1_HZ = 250_000_000;
/** Where the engine puts words. */
const FIFO_OF_PWM1 = 0x7e20c818;

const NOWHERE: PinSink = { run: () => undefined };

export class Blocks {
  readonly bus: Bus;
  readonly clocks: ClockManager;
  readonly gic: Gic;
  readonly systemTimer: SystemTimer;
  readonly gpio: Gpio;
  readonly uart: Pl011;
  readonly pwm0: Pwm;
  readonly pwm1: Pwm;
  readonly dma: DmaController;
  /** What the VideoCore's firmware answers. */
  readonly firmware = new FirmwareState();
  readonly mailbox: Mailbox;
  readonly power: Power;
  readonly thermal: Thermal;
  /** The card's socket, and the controller that it hangs on; on the other there is nothing. */
  readonly slot: SdSlot;
  readonly emmc2: Sdhci;
  readonly emmc1: Sdhci;

  constructor(
    private readonly chip: Chip,
    private readonly memory: Memory,
    pins: PinSink,
    card?: SdCard,
  ) {
    this.bus = new Bus(chip.findings);
    this.clocks = new ClockManager(chip);
    this.gic = new Gic(chip);
    this.systemTimer = new SystemTimer(chip);
    this.gpio = new Gpio(chip);
    const uartClock = this.clocks.clock('uart');
    this.uart = new Pl011(chip, () => uartClock.period());
    let skew = uartClock.skewPpm;
    uartClock.onChange(() => {
      // That the crystal is off is nobody's doing.
      if (uartClock.skewPpm === skew) this.uart.clockChanged();
      skew = uartClock.skewPpm;
    });
    const clock = this.clocks.clock('pwm');
    this.pwm0 = new Pwm(chip, { ...PWM0, clock, sink: NOWHERE });
    this.pwm1 = new Pwm(chip, { ...PWM1, clock, sink: pins });
    const paced = [this.pwm0, this.pwm1].map((source) => ({ source, base: source.base, bytes: source.bytes }));
    this.dma = new DmaController(chip, memory, { bus: this.bus, paced });
    this.mailbox = new Mailbox(chip, memory, this.firmware);
    this.power = new Power(chip);
    this.thermal = new Thermal();
    const now = (): Time => chip.timeline.now;
    this.slot = new SdSlot(now, card);
    const emmcClock = this.clocks.clock('emmc2');
    this.emmc2 = new Sdhci(chip, { ...EMMC2, clock: () => emmcClock.period(), slot: this.slot });
    const core = SECOND / EMMC1_HZ;
    this.emmc1 = new Sdhci(chip, { ...EMMC1, clock: () => core, slot: new SdSlot(now) });
    this.firmware.temperature = () => this.thermal.temperature;
    const { bus, gic } = this;
    for (const device of [this.clocks, gic.distributor, gic.cpu, this.systemTimer, this.gpio, this.uart])
      bus.add(device);
    for (const device of [this.pwm0, this.pwm1, this.dma, this.mailbox, this.power, this.thermal]) bus.add(device);
    for (const device of [this.emmc2, this.emmc1]) bus.add(device);
    gic.connect(IRQ_MAILBOX, this.mailbox.irq);
    this.systemTimer.interrupts.forEach((line, channel) => gic.connect(IRQ_SYSTEM_TIMER + channel, line));
    this.gpio.interrupts.forEach((line, bank) => gic.connect(IRQ_GPIO + bank, line));
    gic.connect(IRQ_UART, this.uart.irq);
    gic.connect(IRQ_EMMC, sharedLine([this.emmc1.irq, this.emmc2.irq]));
    for (const { id, line } of this.dma.interrupts) gic.connect(id, line);
  }

  connectTimer(timer: GenericTimer): void {
    this.gic.connect(IRQ_DEADLINE, timer.virtual.interrupt);
    this.gic.connect(IRQ_TICK, timer.physical.interrupt);
  }

  /** Tells the tap what goes to the jack. */
  followJack(tap: JackTap): void {
    const before = this.memory.onStore;
    this.memory.onStore = (physical, bytes) => {
      before(physical, bytes);
      tap.stored(physical, bytes);
    };
    this.dma.observer = {
      onBlock: (_channel, _address, block, what, at) => {
        if (what === 'end' && block.destination === FIFO_OF_PWM1) tap.moved(block.source, block.bytes, at);
      },
    };
  }

  /** Brings what is only looked at on demand up to `now`: the jack's pins. */
  settle(now: Time): void {
    this.pwm1.settle(now);
  }
}
