import assert from 'node:assert/strict';
import { Spectrum } from '../../host-tools/capture/fft.js';
import { Envelope, PlotSink, PLOT_TRACKS } from '../../host-tools/capture/plot-data.js';
import { plotSvg } from '../../host-tools/capture/plot.js';
import { BlockKind } from '../../drivers/jack-keys.js';

const RATE = 48000;
const stereo = (length: number, left: (t: number) => number, right: (t: number) => number): Int16Array =>
  Int16Array.from({ length: 2 * length }, (_, i) => Math.round((i & 1 ? right : left)((i >> 1) / RATE) * 32767));
const sine = (hz: number, amplitude: number) => (t: number) => amplitude * Math.sin(2 * Math.PI * hz * t);

/** Tags that match, text that is escaped, no characters that XML forbids. */
function wellFormed(xml: string): void {
  assert.doesNotMatch(xml, /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd]/);
  const open: string[] = [];
  const rest = xml.replace(
    /<(\/?)([a-z]+)((?: [a-zA-Z:-]+="[^"<]*")*)(\/?)>/g,
    (_, closing, name: string, _attributes, empty) => {
      if (closing) assert.equal(open.pop(), name);
      else if (!empty) open.push(name);
      return '';
    },
  );
  assert.deepEqual(open, []);
  assert.doesNotMatch(rest.replace(/^<\?xml[^?]*\?>/, '').replace(/&(amp|lt|gt|quot);/g, ''), /[<>&]/);
}

describe('the plot', () => {
  it('has a full-scale sine at 0 dBFS in its bin and its channel, and nothing elsewhere', () => {
    const spectrum = new Spectrum();
    const bin = 375; // 2197 Hz exactly
    const hz = (bin * RATE) / Spectrum.size;
    spectrum.push(stereo(30000, sine(hz, 1), sine(2 * hz, 0.01)));
    const { left, right } = spectrum.levels();
    const level = (levels: Float64Array, at: number): number => levels[at] as number;
    assert.ok(Math.abs(level(left, bin)) < 0.01, `${level(left, bin)} dB`);
    assert.ok(Math.abs(level(right, 2 * bin) + 40) < 0.1, `${level(right, 2 * bin)} dB`);
    // 16-bit rounding, spread over 4096 bins.
    assert.ok(level(left, 2 * bin) < -100 && level(right, bin) < -100);
    assert.ok(level(left, 3000) < -110);
  });

  it('measures a signal shorter than its window', () => {
    const spectrum = new Spectrum();
    spectrum.push(stereo(1000, sine(5000, 1), sine(5000, 1)));
    const { left } = spectrum.levels();
    assert.equal(left.indexOf(Math.max(...left)), Math.round((5000 * Spectrum.size) / RATE));
  });

  it('keeps the peaks of a long signal', () => {
    const envelope = new Envelope();
    for (let i = 0; i < 100_000; i++) envelope.push(i === 77_777 ? 30000 : i % 2 ? 5 : -5);
    assert.ok(envelope.columns <= 2048 && envelope.columns * envelope.width >= 100_000);
    const at = Math.floor(77_777 / envelope.width);
    assert.equal(envelope.high[at], 30000);
    assert.equal(Math.max(...envelope.high.subarray(0, at)), 5);
    assert.equal(Math.min(...envelope.low.subarray(0, envelope.columns)), -5);
  });

  it('is well-formed SVG with units on every axis, whatever the names', () => {
    const sink = new PlotSink();
    for (let track = 0; track < PLOT_TRACKS + 3; track++) {
      sink.open(track, { rateHz: RATE, range: 2604, repeat: 1 });
      sink.frames(
        stereo(
          500,
          () => 0,
          () => 0,
        ),
        BlockKind.Level,
      );
      sink.frames(stereo(9000, sine(1000, 0.5), sine(3000, 0.1)), BlockKind.Track);
    }
    assert.equal(sink.plots.length, PLOT_TRACKS);
    const svg = plotSvg(sink.plots, ['<a> & "b".wav', 'x\x1b\0y.wav']);
    wellFormed(svg);
    for (const label of [
      'time in s',
      'frequency in Hz',
      'level in dBFS',
      'left',
      'right',
      '&lt;a&gt; &amp;',
      '48000 Hz',
    ])
      assert.ok(svg.includes(label), label);
    assert.match(plotSvg([], []), /No track was played/);
  });

  it('tells peak and RMS of the track’s own frames, and shades the rest', () => {
    const sink = new PlotSink();
    sink.open(0, { rateHz: RATE, range: 2604, repeat: 1 });
    const loud = stereo(
      6000,
      () => -1,
      () => -1,
    );
    sink.frames(loud, BlockKind.Level);
    sink.frames(loud, BlockKind.Level);
    sink.frames(stereo(RATE, sine(1000, 0.5), sine(1000, 0.25)), BlockKind.Track);
    sink.frames(loud, BlockKind.Level);
    const [plot] = sink.plots;
    assert.ok(plot);
    assert.deepEqual(plot.ramps, [
      { from: 0, to: 12_000 },
      { from: 12_000 + RATE, to: 18_000 + RATE },
    ]);
    const svg = plotSvg(sink.plots, ['a']);
    wellFormed(svg);
    assert.match(svg, /left \u00b7 peak −6\.0 dBFS \u00b7 RMS −9\.0 dBFS/);
    assert.match(svg, /right \u00b7 peak −12\.0 dBFS \u00b7 RMS −15\.1 dBFS/);
    assert.equal(svg.match(/class="ramp"/g)?.length, 2);
    assert.ok(svg.includes('>ramp</text>'));
  });

  it('draws a mono track once', () => {
    const sink = new PlotSink();
    sink.open(0, { rateHz: RATE, range: 2604, repeat: 1 });
    sink.frames(stereo(RATE, sine(1000, 0.5), sine(1000, 0.5)), BlockKind.Track);
    const shapes = (svg: string): number => svg.match(/<path (?:fill="#|fill="none" stroke="#)/g)?.length ?? 0;
    const mono = plotSvg(sink.plots, []);
    wellFormed(mono);
    assert.equal(shapes(mono), 2);
    assert.match(mono, />mono</);
    // One frame that differs makes it stereo.
    sink.frames(Int16Array.of(1, 2), BlockKind.Track);
    assert.equal(shapes(plotSvg(sink.plots, [])), 4);
  });

  it('has numbers on the frequency axis up to its end, none over another', () => {
    for (const [rateHz, wanted] of [
      [8000, ['2k', '4k']],
      [44_100, ['10k', '22.05k']],
      [96_000, ['20k', '30k', '48k']],
      [192_000, ['20k', '50k', '96k']],
    ] as const) {
      const sink = new PlotSink();
      sink.open(0, { rateHz, range: 2604, repeat: 1 });
      sink.frames(stereo(9000, sine(1000, 0.5), sine(3000, 0.1)), BlockKind.Track);
      const ticks = [...plotSvg(sink.plots, []).matchAll(/<text x="([\d.]+)" y="([\d.]+)"[^>]*>([\d.]+k?)<\/text>/g)];
      const axis = ticks.filter(([, , y]) => y === ticks.at(-1)?.[2]);
      for (const label of wanted)
        assert.ok(
          axis.some(([, , , words]) => words === label),
          `${rateHz}: ${label}`,
        );
      const xs = axis.map(([, x]) => Number(x));
      for (let i = 1; i < xs.length; i++) assert.ok((xs[i] as number) - (xs[i - 1] as number) >= 33);
    }
  });
});
