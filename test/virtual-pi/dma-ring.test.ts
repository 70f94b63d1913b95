// DMA and PWM together: blocks appended to a running chain with every possible lateness. A link stored before its block
// is loaded is followed, one stored later is not (4.2.1.1), and the program starts the engine again at what is left.

import assert from 'node:assert/strict';
import { Cs, Ti } from '../../host-tools/virtual-pi/dma/dma-registers.js';
import { BLOCK_LOAD } from '../../host-tools/virtual-pi/dma/dma-transfer.js';
import { Pwm, PWM1 } from '../../host-tools/virtual-pi/pwm/pwm.js';
import { MICROSECOND, type Time } from '../../host-tools/virtual-pi/time.js';
import { bus, Rig } from './dma-rig.js';

const PWM_FIFO = 0x7e20c818;
const PACED = (1 << 16) | Ti.SRC_INC | Ti.DEST_DREQ | Ti.WAIT_RESP;
const RANGE = 2834;
/** A period of the pins, of two words: 44.1 kHz at 125 MHz. */
const PERIOD = RANGE * 54;
const WORDS = 32;
const BLOCKS = 3;
const CS = 0x500;

class Player {
  readonly played: number[] = [];
  readonly rig: Rig;
  readonly loads: Time[] = [];
  pwm!: Pwm;
  restarts = 0;

  constructor(transfer = PACED) {
    this.rig = new Rig({
      more: ({ chip, bus: registers }) => {
        const sink = { run: ({ words }: { words: Uint32Array }) => void this.played.push(...words) };
        const clock = { period: () => 54, onChange: () => undefined };
        this.pwm = new Pwm(chip, { ...PWM1, clock, sink });
        registers.add(this.pwm);
        return [{ source: this.pwm, base: this.pwm.base, bytes: this.pwm.bytes }];
      },
    });
    const { rig } = this;
    rig.dma.observer = { onBlock: (_channel, _address, _block, what, at) => what === 'load' && this.loads.push(at) };
    for (const [offset, value] of [
      [0x10, RANGE],
      [0x20, RANGE],
      [0x00, 0xa1e1],
      [0x08, 0x80000707],
    ] as const) {
      rig.run(10);
      rig.bus.write(PWM1.base + offset, value);
    }
    const words = Array.from({ length: WORDS * BLOCKS }, (_, i) => i + 1);
    rig.store(0x1000, words);
    for (let block = 0; block < BLOCKS; block++) {
      const next = block === 0 ? bus(0x20) : 0;
      rig.block(block * 0x20, {
        transfer,
        source: bus(0x1000 + block * WORDS * 4),
        destination: PWM_FIFO,
        bytes: WORDS * 4,
        next,
      });
    }
    rig.start(0);
  }

  /** The last block, appended so long after the start, and then watched every 100 µs. */
  append(late: Time): void {
    const { rig } = this;
    rig.timeline.runTo(rig.timeline.now + late);
    rig.store(0x20 + 20, [bus(0x40)]);
    for (let i = 0; i < 14; i++) {
      if (!(rig.read(CS) & Cs.ACTIVE) && this.loads.length < BLOCKS) {
        this.restarts++;
        rig.start(0x40);
      }
      rig.run(100);
    }
    this.pwm.settle(rig.timeline.now);
  }

  /** Words that were played, without the silence of an empty FIFO. */
  get words(): number[] {
    return this.played.filter((word) => word > 0);
  }
}

const ALL = Array.from({ length: WORDS * BLOCKS }, (_, i) => i + 1);
const check = (late: Time): Player => {
  const player = new Player();
  player.append(late);
  assert.deepEqual(player.words, ALL, `${late / MICROSECOND} µs`);
  assert.deepEqual(player.rig.findings.list, [], `${late / MICROSECOND} µs`);
  return player;
};

describe('a DMA chain that plays', () => {
  /** When the second block is loaded, and when it has ended, after the start. */
  let load: Time;
  let end: Time;
  before(() => {
    const player = new Player();
    const started = player.rig.timeline.now;
    let ended = 0;
    player.rig.dma.observer = {
      onBlock: (_channel, address, _block, what, at) => {
        if (address === bus(0x20) && what === 'load') load = at - started;
        if (what === 'end') ended = at - started;
      },
    };
    player.rig.run(2000);
    end = ended;
    assert.ok(load > 100 * MICROSECOND && end > load + 10 * PERIOD);
  });

  it('plays every word once and in its order however late a block is appended', () => {
    for (let late = 0; late < end + 200 * MICROSECOND; late += 17.3 * MICROSECOND) check(late);
  });
  it('follows a link stored just before the block is loaded', () => {
    for (const before of [1, 54, BLOCK_LOAD, 2 * BLOCK_LOAD]) {
      const player = check(load - before);
      assert.equal(player.restarts, 0);
      assert.deepEqual(player.pwm.counts().gaps, check(0).pwm.counts().gaps);
    }
  });
  it('does not follow one stored just after it', () => {
    for (const after of [0, 1, 54, BLOCK_LOAD]) assert.equal(check(load + after).restarts, 1);
  });
  it('is started again when the engine has just become idle, and before', () => {
    for (const around of [-PERIOD, -54, -1, 0, 1, 54, PERIOD]) assert.equal(check(end + around).restarts, 1);
  });
  it('without WAIT_RESP writes in flight are lost: WERR (4.2.1.3, 8.6)', () => {
    const player = new Player(PACED & ~Ti.WAIT_RESP);
    player.append(0);
    assert.ok(player.pwm.counts().lost > 0);
    assert.notDeepEqual(player.words, ALL);
  });
});
