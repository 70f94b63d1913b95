// What a plot needs, gathered while a track plays, in memory that does not grow with it.

import { Spectrum } from './fft.js';
import type { FrameSink, JackState } from './jack.js';
import { BlockKind } from '../../drivers/jack-keys.js';

const COLUMNS = 2048;

/** Lowest and highest sample in each of up to 2048 columns; columns are widened as the signal gets longer. */
export class Envelope {
  readonly low = new Int16Array(COLUMNS);
  readonly high = new Int16Array(COLUMNS);
  /** Columns in use. */
  columns = 0;
  /** Frames a column. */
  width = 1;
  private inColumn = 0;

  push(sample: number): void {
    if (this.inColumn === 0) {
      if (this.columns === COLUMNS) this.widen();
      this.low[this.columns] = sample;
      this.high[this.columns] = sample;
      this.columns++;
    } else {
      const last = this.columns - 1;
      if (sample < (this.low[last] as number)) this.low[last] = sample;
      if (sample > (this.high[last] as number)) this.high[last] = sample;
    }
    if (++this.inColumn === this.width) this.inColumn = 0;
  }

  private widen(): void {
    for (let i = 0; i < COLUMNS / 2; i++) {
      this.low[i] = Math.min(this.low[2 * i] as number, this.low[2 * i + 1] as number);
      this.high[i] = Math.max(this.high[2 * i] as number, this.high[2 * i + 1] as number);
    }
    this.columns = COLUMNS / 2;
    this.width *= 2;
  }
}

/** Level of one channel, of the track's own frames. Fractions of full scale. */
export class Loudness {
  peak = 0;
  private power = 0;
  private count = 0;

  push(sample: number): void {
    const value = Math.abs(sample) / 32768;
    if (value > this.peak) this.peak = value;
    this.power += value * value;
    this.count++;
  }

  get rms(): number {
    return Math.sqrt(this.power / Math.max(1, this.count));
  }
}

/** Frames `from` up to `to`, `to` left out. */
export interface Stretch {
  from: number;
  to: number;
}

/** More stretches than this, as of a track that is paused all the time, are not told apart. */
const MAX_STRETCHES = 200;

/** One track's picture. */
export interface TrackPlot {
  track: number;
  state: JackState;
  frames: number;
  left: Envelope;
  right: Envelope;
  leftLevel: Loudness;
  rightLevel: Loudness;
  /** Whether both channels are the same all the time. */
  mono: boolean;
  /** Ramps and held level: what is not the track's own, in order. */
  ramps: Stretch[];
  /** Of the track's own frames, without ramps. */
  spectrum: Spectrum;
}

/** Later tracks than this get no picture: the file stays one that a viewer opens. */
export const PLOT_TRACKS = 16;

/** Gathers the plots of all tracks. */
export class PlotSink implements FrameSink {
  readonly plots: TrackPlot[] = [];
  private current: TrackPlot | undefined;

  open(track: number, state: JackState): void {
    this.current = this.plots.find((plot) => plot.track === track);
    if (this.current || this.plots.length === PLOT_TRACKS) return;
    this.current = {
      track,
      state,
      frames: 0,
      left: new Envelope(),
      right: new Envelope(),
      leftLevel: new Loudness(),
      rightLevel: new Loudness(),
      mono: true,
      ramps: [],
      spectrum: new Spectrum(),
    };
    this.plots.push(this.current);
  }

  frames(samples: Int16Array, kind: BlockKind): void {
    const plot = this.current;
    if (!plot) return;
    const own = kind === BlockKind.Track;
    for (let i = 0; i + 1 < samples.length; i += 2) {
      const [left, right] = [samples[i] as number, samples[i + 1] as number];
      plot.left.push(left);
      plot.right.push(right);
      if (left !== right) plot.mono = false;
      if (!own) continue;
      plot.leftLevel.push(left);
      plot.rightLevel.push(right);
    }
    const before = plot.frames;
    plot.frames += samples.length >> 1;
    if (own) {
      plot.spectrum.push(samples);
      return;
    }
    const last = plot.ramps.at(-1);
    if (last?.to === before) last.to = plot.frames;
    else if (plot.ramps.length < MAX_STRETCHES) plot.ramps.push({ from: before, to: plot.frames });
  }
}
