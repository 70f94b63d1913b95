// The button that records what the jack plays, and saves it.

import { byId, setText, tell } from './page.js';
import { download, floatWav, MOST_SECONDS, type Recording } from './recording.js';
import type { SoundOutput } from './sound-output.js';

export class RecordButton {
  private readonly button = byId<HTMLButtonElement>('record');
  private recording = false;

  constructor(private readonly sound: SoundOutput) {
    this.button.addEventListener('click', () => void (this.recording ? this.end() : this.begin()));
  }

  private async begin(): Promise<void> {
    this.button.disabled = true;
    try {
      await this.sound.record((recording) => this.save(recording));
      this.show(true);
    } catch (error) {
      tell(`It cannot be recorded: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      this.button.disabled = false;
    }
  }

  private end(): void {
    this.show(false);
    this.sound.endRecording();
  }

  private save(recording: Recording): void {
    if (recording.full) {
      this.show(false);
      tell(`The recording was saved: it may be ${MOST_SECONDS / 60} minutes long.`);
    }
    download(floatWav(recording), 'jack.wav');
  }

  private show(recording: boolean): void {
    this.recording = recording;
    this.button.setAttribute('aria-pressed', String(recording));
    setText(this.button, recording ? 'Stop and save' : 'Record');
  }
}
