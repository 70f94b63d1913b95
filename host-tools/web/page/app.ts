// The page: its parts and how they hang together.

import { archiveOf, settingsMember } from '../../media/archive.js';
import { BoardPicture } from './board-picture.js';
import { listenToDrops } from './drops.js';
import { Facts } from './facts.js';
import { Files } from './files.js';
import { FindingsView } from './findings-view.js';
import { loadProgram, Machine, type MachineStatus } from './machine.js';
import type { PageProgram } from './messages.js';
import { byId, rove, setText, tell } from './page.js';
import { PinButtons } from './pin-buttons.js';
import { RecordButton } from './record-button.js';
import { RegisterView } from './register-view.js';
import { Scope } from './scope.js';
import { RealPi } from './serial.js';
import { settingsFor } from './settings.js';
import { showTabs } from './tabs.js';
import { openTerminal } from './terminal.js';
import { TrackLine } from './track-line.js';

/** A little less than two frames of a screen: 30 pictures a second. */
const FRAME_MS = 30;
const RED = '\x1b[31m';
const PLAIN = '\x1b[0m';

/** What a button sends: in the player's console a letter begins a line, page up and page down act at once. */
const buttonKey = (key: string): string => (key === 'n' ? '\x1b[6~' : key === 'p' ? '\x1b[5~' : key);

class App {
  private readonly machine: Machine;
  private readonly terminal = openTerminal(byId('terminal'), 'Console of the virtual Pi', (text) =>
    this.machine.type(text),
  );
  private readonly picture: BoardPicture;
  private readonly pins: PinButtons;
  private readonly registers = new RegisterView((device) => this.machine.watch(device));
  private readonly findings = new FindingsView();
  private readonly facts = new Facts(byId('facts'));
  private readonly scope: Scope;
  private readonly real: RealPi;
  private readonly track = new TrackLine(byId('track'));
  private readonly power = byId<HTMLButtonElement>('power');
  private readonly pause = byId<HTMLButtonElement>('pause');
  private readonly steps = [byId<HTMLButtonElement>('step-ms'), byId<HTMLButtonElement>('step-program')] as const;
  private readonly reset = byId<HTMLButtonElement>('reset');
  /** The RAM disk. */
  private archive: Uint8Array | undefined;
  private drawnAt = 0;

  constructor(program: PageProgram) {
    this.machine = new Machine(program, {
      on: (devices) => {
        this.registers.begin(devices);
        this.findings.begin();
      },
      text: (text) => this.terminal.write(text),
      record: (record) => this.track.take(record),
      fault: (report) => this.terminal.write(`${RED}${report}${PLAIN}\n`),
      status: (status) => this.show(status),
      registers: (device, values) => this.registers.show(device, values),
      failed: (text) => tell(`The page's own machinery has failed: ${text}`),
    });
    this.pins = new PinButtons(
      byId('pins'),
      (gpio, level) => this.machine.drive(gpio, level),
      (gpio, down) => this.picture.pressed(gpio, down),
    );
    this.picture = new BoardPicture(byId('board'), { press: (gpio, down) => this.pins.press(gpio, down) });
    this.scope = new Scope(this.machine.sound.ring);
    setText(byId('program'), `virtual Pi, ${program.name}`);
    setText(byId('build'), program.buildId);
    const settings = settingsFor(program.name);
    this.archive = settings === undefined ? undefined : archiveOf([settingsMember(settings)]);
    const files = new Files(settings, (archive) => {
      this.archive = archive;
      void this.switchOn();
    });
    if (program.name !== 'player') setText(byId('files-state'), 'none');
    byId('keys').hidden = program.name !== 'player';
    this.real = new RealPi(program, (onData) =>
      openTerminal(byId('serial-terminal'), 'Console of the real Pi', onData),
    );
    listenToDrops([this.real.push.field, files.field]);
    showTabs();
    this.listen();
    requestAnimationFrame(this.draw);
    this.power.disabled = false;
  }

  private listen(): void {
    rove(byId('keys'));
    for (const button of byId('keys').querySelectorAll<HTMLButtonElement>('button'))
      button.addEventListener('click', () => this.machine.type(buttonKey(button.dataset['key'] ?? '')));
    this.power.addEventListener('click', () => this.togglePower());
    this.reset.addEventListener('click', () => void this.switchOn());
    this.pause.addEventListener('click', () => this.togglePause());
    this.steps[0].addEventListener('click', () => this.machine.step('millisecond'));
    this.steps[1].addEventListener('click', () => this.machine.step('program'));
    new RecordButton(this.machine.sound);
    addEventListener('keydown', (event) => {
      const button = { F8: this.pause, F9: this.steps[0], F10: this.steps[1] }[event.key];
      if (!button) return;
      event.preventDefault();
      if (!button.disabled) button.click();
    });
  }

  /** Powers on; a machine that is on begins anew, and one that is about to be on begins with what is there now. */
  private async switchOn(): Promise<void> {
    this.switchOff();
    tell('');
    this.terminal.reset();
    try {
      const powering = this.machine.powerOn(this.archive);
      this.showControls();
      if (!(await powering)) return;
      if (!this.machine.sound.runs)
        tell('No sound comes out of this browser: time is kept by the clock, and everything else works.');
      // On a phone this would bring its keyboard up.
      if (matchMedia('(pointer: fine)').matches) this.terminal.focus();
    } catch (error) {
      tell(`It cannot be powered on: ${error instanceof Error ? error.message : String(error)}`);
      this.showControls();
    }
  }

  private switchOff(): void {
    this.pins.off();
    this.machine.powerOff();
    this.picture.off();
    this.track.begin();
    setText(byId('board-state'), 'off');
  }

  private togglePower(): void {
    if (!this.machine.on) return void this.switchOn();
    this.switchOff();
    this.showControls();
  }

  private togglePause(): void {
    this.machine.pause(!this.machine.paused);
    this.showControls();
  }

  private showControls(): void {
    const { on, paused } = this.machine;
    setText(this.power, on ? 'Power off' : 'Power on');
    this.power.classList.toggle('primary', !on);
    this.pause.disabled = !on;
    setText(this.pause, paused ? 'Resume' : 'Pause');
    this.pause.classList.toggle('primary', on && paused);
    for (const step of this.steps) step.disabled = !on || !paused;
    this.reset.disabled = !on;
  }

  private show(message: MachineStatus): void {
    const { status, paused } = message;
    setText(byId('clock'), (status.virtualMs / 1000).toFixed(3));
    this.picture.show(status);
    this.pins.show(status);
    this.findings.show(status.findings, status.findingCount);
    this.facts.show(message, this.machine.sound);
    const { ended } = status;
    const state = !ended ? (paused ? 'paused' : 'running') : ended.kind === 'exit' ? 'ended' : 'stopped by a fault';
    setText(byId('board-state'), state);
  }

  private readonly draw = (now: number): void => {
    requestAnimationFrame(this.draw);
    if (now - this.drawnAt < FRAME_MS) return;
    this.drawnAt = now;
    const level = this.scope.draw(now, this.machine.sound.context?.sampleRate ?? 48_000);
    if (this.machine.on) this.picture.sound(level);
    this.real.draw(now);
  };
}

async function begin(): Promise<void> {
  try {
    if (!globalThis.crossOriginIsolated) throw new Error('open it at the address that mirleft web has printed');
    new App(await loadProgram());
  } catch (error) {
    tell(`The page cannot begin: ${error instanceof Error ? error.message : String(error)}`);
  }
}

void begin();
