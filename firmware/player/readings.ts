// What the player tells whoever watches it over the link (firmware/link/telemetry.ts).

import { JackState } from '../../drivers/jack';
import { putMetric, putName, putShare, Readings } from '../link/telemetry';
import { Metric, PlayState } from '../link/protocol';
import { Deck, State } from './deck';
import { Stats } from './stats';

export class PlayerReadings extends Readings {
  private sourceTicks: i64 = 0;
  private wordTicks: i64 = 0;
  private cardTicks: i64 = 0;
  private linkTicks: i64 = 0;

  constructor(
    private readonly deck: Deck,
    private readonly stats: Stats,
  ) {
    super();
  }

  watch(on: bool): void {
    this.deck.output.metering = on;
    this.deck.output.peak.reset();
  }

  put(elapsed: i64): void {
    const deck = this.deck;
    const output = deck.output;
    const stats = this.stats;
    putMetric(Metric.LevelLeft, output.peak.left >> 16);
    putMetric(Metric.LevelRight, output.peak.right >> 16);
    output.peak.reset();
    putMetric(Metric.RingUs, output.aheadUs);
    if (output.leastAheadUs >= 0) putMetric(Metric.RingLowestUs, output.leastAheadUs);
    putShare(Metric.CpuDecode, output.sourceTicks - this.sourceTicks, elapsed);
    putShare(Metric.CpuOutput, output.wordTicks - this.wordTicks, elapsed);
    putShare(Metric.CpuCard, stats.cardTicks - this.cardTicks, elapsed);
    putShare(Metric.CpuLink, stats.linkTicks - this.linkTicks, elapsed);
    this.sourceTicks = output.sourceTicks;
    this.wordTicks = output.wordTicks;
    this.cardTicks = stats.cardTicks;
    this.linkTicks = stats.linkTicks;
    putMetric(Metric.Underruns, deck.jack.underruns);
    putMetric(Metric.Volume, output.tenthsDb);
    putMetric(Metric.State, this.state);
    if (deck.jack.state === JackState.Open) putMetric(Metric.RateHz, deck.jack.rateHz);
    putMetric(Metric.Tracks, deck.playlist.count);
    const source = deck.source;
    if (deck.isLent || deck.state !== State.Playing || !source.rateHz) return;
    putMetric(Metric.Track, deck.playlist.index);
    const position = (source.position * 1000) / source.rateHz - output.aheadUs / 1000;
    putMetric(Metric.PositionMs, max<i64>(position, 0));
    putMetric(Metric.LengthMs, (source.frames * 1000) / source.rateHz);
    putName(deck.playlist.ptr, deck.playlist.length);
  }

  private get state(): PlayState {
    if (this.deck.isLent) return PlayState.Aside;
    switch (this.deck.state) {
      case State.Looking:
      case State.Opening:
        return PlayState.Opening;
      case State.Playing:
        return this.deck.output.paused ? PlayState.Paused : PlayState.Playing;
      case State.Lost:
        return PlayState.Lost;
      case State.Aside:
        return PlayState.Aside;
      case State.Draining:
        return PlayState.Playing;
      default:
        return PlayState.Ended;
    }
  }
}
