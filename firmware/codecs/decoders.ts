// The decoders of the player, chosen by how a file begins, never by its name.

import { Bytes } from '../storage/bytes';
import { Source } from '../audio/source';
import { QOA_MAGIC, QoaSource } from './qoa';
import { WavSource } from './wav';

const magic = memory.data(4);

/** One decoder of each kind, made once. */
export class Decoders {
  readonly wav: WavSource = new WavSource();
  readonly qoa: QoaSource = new QoaSource();

  /**
   * Opens a file with the decoder that fits. The source is never null: look at its `error`. It belongs to this
   * object and is the same one for the next file of its kind; for two files at once have two of these.
   */
  open(file: Bytes): Source {
    const isQoa = file.read(0, magic, 4) === 4 && load<u32>(magic) === QOA_MAGIC;
    const source: Source = isQoa ? this.qoa : this.wav;
    source.open(file);
    return source;
  }
}
