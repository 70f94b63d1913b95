// The machine as the page sees it: its worker, and whether it is on.

import { DeviceConsole } from '../../play/device-console.js';
import type { PlayerRecord } from '../../play/records.js';
import { formatFault, symbolize } from '../../build/symbolize.js';
import type { DeviceShown, FromMachine, PageProgram, ToMachine } from './messages.js';
import { NOT_SERVED, workerReason } from './page.js';
import { SoundOutput } from './sound-output.js';

export type MachineStatus = FromMachine & { type: 'status' };

export interface MachineEvents {
  on(devices: DeviceShown[]): void;
  /** Text of the console. */
  text(text: string): void;
  /** What the firmware tells for programs. */
  record(record: PlayerRecord): void;
  /** A report of a fault, in lines, with the places in the source. */
  fault(report: string): void;
  status(status: MachineStatus): void;
  registers(device: string, values: number[]): void;
  failed(text: string): void;
}

interface Firmware {
  wasm: Uint8Array;
  sourceMap: string;
}

export class Machine {
  /** Whether it is on, or about to be. */
  on = false;
  /** Whether it stands still. */
  paused = false;
  /** Where no sound comes out the clock sets the pace. */
  readonly sound = new SoundOutput(() => this.tellPace());
  private readonly worker = new Worker('/machine.js', { name: 'virtual Pi' });
  private firmware: Firmware | undefined;
  private console: DeviceConsole | undefined;
  private faultTold = false;
  /** Counts what was asked for, on or off; of a machine before the page wants nothing any more. */
  private generation = 0;

  constructor(
    readonly program: PageProgram,
    private readonly events: MachineEvents,
  ) {
    this.worker.onmessage = ({ data }: MessageEvent<FromMachine>): void => this.take(data);
    this.worker.onerror = (event): void => events.failed(workerReason(event));
  }

  /**
   * Powers on with this RAM disk, off and on again if it was on; from a click, as `SoundOutput.start`. False when
   * something else was asked for before it was ready. Throws what kept it from being ready; it is off then.
   */
  async powerOn(archive: Uint8Array | undefined): Promise<boolean> {
    this.powerOff();
    this.on = true;
    const { generation } = this;
    try {
      const { sampleRate: rateHz } = await this.sound.start();
      const firmware = (this.firmware ??= await loadFirmware());
      if (generation !== this.generation) return false;
      this.begin(firmware, archive, rateHz);
      return true;
    } catch (error) {
      if (generation !== this.generation) return false;
      this.powerOff();
      throw error;
    }
  }

  private begin({ wasm, sourceMap }: Firmware, ramDisk: Uint8Array | undefined, rateHz: number): void {
    this.faultTold = false;
    this.console = new DeviceConsole({
      text: (text) => this.events.text(text),
      record: (record) => this.events.record(record),
    });
    const { generation, paused } = this;
    const { buildId } = this.program;
    const { shared: ring } = this.sound.ring;
    this.tell({ type: 'power', generation, wasm, sourceMap, buildId, ramDisk, rateHz, ring, paused });
    this.tellPace();
  }

  powerOff(): void {
    this.generation++;
    this.on = false;
    this.paused = false;
    this.console?.end();
    this.console = undefined;
    this.tell({ type: 'off' });
  }

  pause(paused: boolean): void {
    this.paused = paused;
    this.tell({ type: 'pause', paused });
  }

  step(what: 'millisecond' | 'program'): void {
    this.tell({ type: 'step', what });
  }

  type(text: string): void {
    this.tell({ type: 'type', bytes: new TextEncoder().encode(text), clicked: this.sound.ring.written });
  }

  drive(pin: number, level: boolean | undefined): void {
    this.tell({ type: 'drive', pin, level, clicked: this.sound.ring.written });
  }

  watch(device: string | undefined): void {
    this.tell({ type: 'watch', device });
  }

  private tellPace(): void {
    this.tell({ type: 'pace', by: this.sound.runs ? 'sound' : 'clock' });
  }

  private take(message: FromMachine): void {
    const { events } = this;
    if (message.generation !== this.generation) return;
    if (message.type === 'console') this.takeConsole(message.bytes);
    else if (message.type === 'on') events.on(message.devices);
    else if (message.type === 'status') events.status(message);
    else if (message.type === 'registers') events.registers(message.device, message.values);
    else events.failed(message.text);
  }

  private takeConsole(bytes: Uint8Array): void {
    this.console?.push(bytes);
    const report = this.console?.fault;
    if (!report || this.faultTold || !this.firmware) return;
    this.faultTold = true;
    const { wasm, sourceMap } = this.firmware;
    this.events.fault(formatFault(symbolize(report, { buildId: this.program.buildId, wasm, sourceMap, symbols: [] })));
  }

  private tell(message: ToMachine): void {
    this.worker.postMessage(message);
  }
}

async function fetched(file: string): Promise<Response> {
  const response = await fetch(file).catch(() => undefined);
  if (!response) throw new Error(`${file} ${NOT_SERVED}`);
  if (!response.ok) throw new Error(`${file} was not served (${response.status})`);
  return response;
}

export async function loadFirmware(): Promise<Firmware> {
  const [wasm, map] = await Promise.all([fetched('/firmware.wasm'), fetched('/firmware.wasm.map')]);
  return { wasm: new Uint8Array(await wasm.arrayBuffer()), sourceMap: await map.text() };
}

export const loadProgram = async (): Promise<PageProgram> =>
  (await (await fetched('/program.json')).json()) as PageProgram;
