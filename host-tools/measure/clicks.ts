// Clicks: what is heard beside the programme when the jack starts, stops, pauses, goes on, seeks or changes tracks.
//
// A click is the largest peak of the jack's signal between 2 and 20 kHz, of either channel, from 5 ms before the event's
// first change to 5 ms after its last. Below 2 kHz lies the programme itself (the session plays a tone of 100 Hz) and
// the slow ramps that are meant to be there; above 20 kHz lies what nobody hears: the carrier, and what a shaper moves
// there. A full-scale click, the step from low to the middle, has -6 dBFS by this measure, the ramp of 64 ms that takes
// its place -113; rounded to whole clocks of a period, as every level is, it has -66.
//
// What the programme has in this band by itself (harmonics and noise of the PWM) is in it as well, so the same peak is
// told of the undisturbed sound next to the event. Heard is what is louder than that by 3 dB and above -60 dBFS; below
// lie the rounded ramps of a jack that is as it should be.

import { BlockKind } from '../../drivers/jack-keys.js';
import { Fourier } from '../capture/fft.js';
import type { Recorder, Stretch } from './recorder.js';
import { amplitudeDb } from './spectrum.js';

export type ClickEvent = 'start' | 'stop' | 'pause' | 'resume' | 'seek' | 'track';

export interface Click {
  event: ClickEvent;
  /** Virtual milliseconds since power on at which the sound before it ended, or the level began to rise. */
  atMs: number;
  /** The peak, in dBFS: 0 is a full-scale sine's. */
  peakDbfs: number;
  /** The programme's own peak in the same band, before or behind it. */
  ownDbfs: number;
  /** Above -60 dBFS, and more than 3 dB above `ownDbfs`. */
  heard: boolean;
}

/** Nothing below this is heard. */
export const HEARD_DBFS = -60;
/** A peak that is no more above the programme's own is no click. */
export const SAME_DB = 3;

/** Whether a peak is a click that is heard. */
export const isHeard = (peakDbfs: number, ownDbfs: number): boolean =>
  peakDbfs > HEARD_DBFS && peakDbfs > ownDbfs + SAME_DB;

/** Where an event begins and ends at the jack, in seconds, and where undisturbed sound is. */
export interface Disturbance {
  event: ClickEvent;
  from: number;
  to: number;
  own: [number, number];
}

const BAND_HZ = [2000, 20_000] as const;
/** The band's edges go down to nothing as half a cosine within so much. */
const EDGE_HZ = [1000, 2000] as const;
const AROUND = 0.005;
/** Filtered beside what is looked at: so long does the filter ring, and more. */
const MARGIN = 0.02;
const OWN = 0.1;
/** Level between two tracks that is no longer than this is a bridge, else a pause. */
const BRIDGE = 0.3;
/** After a pause has begun its ramp lasts no longer. */
const RAMP = 0.15;

/** The largest peak in the band, of samples that begin and end `MARGIN` seconds beside what is meant. */
export function bandPeak(samples: Float32Array, rateHz: number): number {
  const size = 2 ** Math.ceil(Math.log2(Math.max(2, samples.length)));
  const fourier = new Fourier(size);
  const last = samples.length - 1;
  const slope = ((samples[last] as number) - (samples[0] as number)) / Math.max(1, last);
  // With the line through its ends taken away the signal begins and ends at 0, so it may be repeated.
  const flat = (i: number): number => (i > last ? 0 : (samples[i] as number) - (samples[0] as number) - slope * i);
  const forward = (re: Float64Array, im: Float64Array, from: (i: number) => number, fromIm?: Float64Array): void => {
    for (let i = 0; i < size; i++) {
      const at = fourier.reversed[i] as number;
      re[i] = from(at);
      im[i] = fromIm ? (fromIm[at] as number) : 0;
    }
    fourier.transform(re, im);
  };
  const [re, im] = [new Float64Array(size), new Float64Array(size)];
  forward(re, im, flat);
  for (let k = 0; k < size; k++) {
    const share = bandShare((Math.min(k, size - k) * rateHz) / size);
    re[k] = (re[k] as number) * share;
    im[k] = (im[k] as number) * share;
  }
  // The signal is real, so a second transform gives it back with time reversed.
  const [back, rest] = [new Float64Array(size), new Float64Array(size)];
  forward(back, rest, (i) => re[i] as number, im);
  const margin = Math.round(MARGIN * rateHz);
  let most = 0;
  for (let i = margin; i < samples.length - margin; i++)
    most = Math.max(most, Math.abs(back[(size - i) % size] as number));
  return most / size;
}

function bandShare(hz: number): number {
  const below = (BAND_HZ[0] - hz) / EDGE_HZ[0];
  const above = (hz - BAND_HZ[1]) / EDGE_HZ[1];
  const out = Math.max(below, above, 0);
  return out >= 1 ? 0 : 0.5 + 0.5 * Math.cos(Math.PI * out);
}

/**
 * The events of a run, by what followed what at the jack. `seeks` are the seconds at which a key asked for another
 * place: a bridge that begins within half a second of one is a seek, any other one is between two tracks.
 */
export function disturbances(stretches: readonly Stretch[], seeks: readonly number[] = []): Disturbance[] {
  const out: Disturbance[] = [];
  const isTrack = (stretch?: Stretch): boolean => stretch?.kind === BlockKind.Track;
  const before = (at: number): [number, number] => [at - OWN - AROUND, at - AROUND];
  const after = (at: number): [number, number] => [at + AROUND, at + AROUND + OWN];
  for (const [i, now] of stretches.entries()) {
    const [last, next] = [stretches[i - 1], stretches[i + 1]];
    const { fromSeconds: from, toSeconds: to } = now;
    if (isTrack(now)) {
      // One track right behind another, or begun with no level before it.
      if (!last) out.push({ event: 'start', from, to: from, own: after(from) });
      else if (isTrack(last)) out.push({ event: 'track', from, to: from, own: before(from) });
    } else if (!last) out.push({ event: 'start', from, to, own: after(to) });
    else if (!next) out.push({ event: 'stop', from, to, own: before(from) });
    else if (to - from > BRIDGE) {
      out.push({ event: 'pause', from, to: from + RAMP, own: before(from) });
      out.push({ event: 'resume', from: to - RAMP, to, own: after(to) });
    } else {
      const sought = last.track === next.track && seeks.some((at) => from >= at && from - at < 0.5);
      out.push({ event: sought ? 'seek' : 'track', from, to, own: before(from) });
    }
  }
  return out;
}

/** Measures the events of what was recorded. */
export function measureClicks(recorder: Recorder, seeks: readonly number[] = []): Click[] {
  const peak = (from: number, to: number): number =>
    Math.max(
      ...(['left', 'right'] as const).map((channel) =>
        bandPeak(recorder.samples(channel, from - MARGIN, to + MARGIN), recorder.rateHz),
      ),
    );
  return disturbances(recorder.stretches, seeks).map(({ event, from, to, own }) => {
    const peakDbfs = amplitudeDb(peak(from - AROUND, to + AROUND));
    const ownDbfs = amplitudeDb(peak(own[0], own[1]));
    return { event, atMs: from * 1000, peakDbfs, ownDbfs, heard: isHeard(peakDbfs, ownDbfs) };
  });
}
