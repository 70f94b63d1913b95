// Faults on demand: what a script may say, that one seed is one run, and what each kind does to the firmware.

import assert from 'node:assert/strict';
import { FaultRun } from '../../host-tools/virtual-pi/faults/fault-run.js';
import { FAULT_KINDS, parseFaults, randomFaults, type Fault } from '../../host-tools/virtual-pi/faults/faults.js';
import { SdCard } from '../../host-tools/virtual-pi/sd/sd-card.js';
import { MemorySectors } from '../../host-tools/virtual-pi/sd/sector-store.js';
import { MILLISECOND } from '../../host-tools/virtual-pi/time.js';
import { VirtualPi } from '../../host-tools/virtual-pi/virtual-pi.js';
import { archive, ini, tone, wav16, wordsOf } from '../player/program-input.js';
import type { TestModule } from '../support/module.js';
import { at, pairsOf, playerOf, programOf, runPi, Told, type PiRun } from './pi-rig.js';

const RANGE = 2834; // 125 MHz / 44.1 kHz

const script = (...faults: object[]) => parseFaults(JSON.stringify({ seed: 3, faults }));

describe('a script of faults', () => {
  it('has its faults by their time, with what is usual where nothing is said', () => {
    const { seed, faults } = parseFaults(
      '{ "seed": 7, "faults": [ { "atMs": 20, "fault": "stall-dma", "ms": 1.5 }, { "atMs": 10, "fault": "card-pull" } ] }',
    );
    assert.equal(seed, 7);
    assert.deepEqual(faults, [
      { atMs: 10, fault: 'card-pull', values: {} },
      { atMs: 20, fault: 'stall-dma', values: { ms: 1.5, channel: 5 } },
    ]);
    assert.equal(parseFaults('{"faults":[]}').seed, 1);
  });

  const entry = (text: string): string => `{ "faults": [ { "atMs": 1, "fault": "card-pull" }, ${text} ] }`;
  for (const [text, message] of [
    ['{', /^the faults are not JSON \(.+\)$/],
    ['[]', /^the script is not an object$/],
    ['null', /^the script is not an object$/],
    ['{}', /^the script needs "faults", a list$/],
    ['{"faults":{}}', /^the script needs "faults", a list$/],
    ['{"faults":[],"sed":1}', /^the script has no "sed"$/],
    ['{"faults":[],"seed":-1}', /^"seed" is -1$/],
    ['{"faults":[],"seed":"1"}', /^"seed" is "1"$/],
    [entry('7'), /^fault 2 is not an object$/],
    [entry('[]'), /^fault 2 is not an object$/],
    [entry('{ "atMs": 1 }'), /^fault 2: "fault" is nothing$/],
    [entry('{ "atMs": 1, "fault": "toString" }'), /^fault 2: "fault" is "toString"$/],
    [entry('{ "atMs": 1, "fault": "__proto__" }'), /^fault 2: "fault" is "__proto__"$/],
    [entry('{ "fault": "card-pull" }'), /^fault 2: "atMs" is nothing$/],
    [entry('{ "atMs": -1, "fault": "card-pull" }'), /^fault 2: "atMs" is -1$/],
    [entry('{ "atMs": 1e999, "fault": "card-pull" }'), /^fault 2: "atMs" is null$/],
    [entry('{ "atMs": 1, "fault": "stall-cpu" }'), /^fault 2: stall-cpu needs "ms"$/],
    [entry('{ "atMs": 1, "fault": "stall-cpu", "ms": "5" }'), /^fault 2: "ms" is "5"$/],
    [entry('{ "atMs": 1, "fault": "stall-cpu", "ms": 70000 }'), /^fault 2: "ms" is 70000$/],
    [entry('{ "atMs": 1, "fault": "stall-cpu", "ms": 5, "mss": 5 }'), /^fault 2: stall-cpu has no "mss"$/],
    [entry('{ "atMs": 1, "fault": "card-pull", "__proto__": 5 }'), /^fault 2: card-pull has no "__proto__"$/],
    [entry('{ "atMs": 1, "fault": "sd-crc", "line": "clock" }'), /^fault 2: "line" is "clock"$/],
    [entry('{ "atMs": 1, "fault": "bounce", "pin": 2.5, "ms": 1 }'), /^fault 2: "pin" is 2.5$/],
    [entry('{ "atMs": 1, "fault": "write-protect", "on": 1 }'), /^fault 2: "on" is 1$/],
    [entry('{ "atMs": 1, "fault": { "a": 1 } }'), /^fault 2: "fault" is an object$/],
    [
      entry(`{ "atMs": ${'['.repeat(20_000)}${']'.repeat(20_000)}, "fault": "card-pull" }`),
      /^fault 2: "atMs" is a list$/,
    ],
  ] as const)
    it(`is refused: ${text.slice(0, 90)}`, () => {
      assert.throws(() => parseFaults(text), { code: 'usage', message });
    });

  it('is refused when it is endless', () => {
    const many = `{"faults":[${'{"atMs":1,"fault":"card-pull"},'.repeat(100_001).slice(0, -1)}]}`;
    assert.throws(() => parseFaults(many), { message: 'the script has 100001 faults' });
  });

  it('of chance is the same for the same seed, another for another, and one that may be written', () => {
    const options = { kinds: FAULT_KINDS, fromMs: 500, toMs: 600_000, perMinute: 60 };
    const one = randomFaults({ seed: 5, ...options });
    assert.deepEqual(randomFaults({ seed: 5, ...options }), one);
    assert.notDeepEqual(randomFaults({ seed: 6, ...options }), one);
    assert.ok(one.faults.length > 450 && one.faults.length < 750, String(one.faults.length));
    assert.ok(one.faults.every(({ atMs }) => atMs >= 500 && atMs < 600_000));
    assert.deepEqual(new Set(one.faults.map(({ fault }) => fault)), new Set(FAULT_KINDS));
    const written = one.faults.map(({ values, ...rest }) => ({ ...rest, ...values }));
    assert.deepEqual(parseFaults(JSON.stringify({ seed: 5, faults: written })), one);
  });
});

describe('faults on a virtual Pi', () => {
  const samples = tone(44_100 * 0.4);
  const ramDisk = archive(ini('jack = pwm1', 'volume_db = 0', 'records = on', 'at_end = exit'), {
    name: 'tone.wav',
    data: wav16(samples),
  });
  let player: TestModule;
  let board: TestModule;
  before(async () => {
    [player, board] = await Promise.all([playerOf(), programOf('board')]);
  });

  function play(...faults: object[]): { run: PiRun; told: Told; underruns: number; happened: Fault[] } {
    const told = new Told();
    const happened: Fault[] = [];
    const prepare = (pi: VirtualPi): void => void new FaultRun(pi, script(...faults), (each) => happened.push(each));
    const run = runPi(player, { ramDisk, jack: told, prepare });
    assert.deepEqual(run.ended, { kind: 'exit', exit: 0, status: 0 }, run.console);
    const [, count] = /"underruns","count":(\d+)/.exec(run.console) ?? [];
    // Late or not, no frame is lost, doubled or changed.
    assert.deepEqual(told.track, wordsOf(samples, RANGE));
    assert.deepEqual(run.pi.findings.list, []);
    return { run, told, underruns: Number(count), happened };
  }

  it('stall-cpu: the level is held, which the driver counts', () => {
    const { run, underruns } = play({ atMs: 250, fault: 'stall-cpu', ms: 120 });
    assert.ok(underruns > 0, `${underruns}`);
    assert.equal(run.pi.hardwareUnderruns, 0);
  });

  it('stall-cpu shorter than what lies in the ring is not heard', () => {
    const { run, underruns } = play({ atMs: 250, fault: 'stall-cpu', ms: 30 });
    assert.deepEqual([underruns, run.pi.hardwareUnderruns], [0, 0]);
    assert.ok((run.pi.jack.fill?.lowestMs ?? 60) < 40, 'the ring has seen it');
  });

  it('stall-cpu: a later one that is shorter does not end it', () => {
    const { timeline, cpu } = new VirtualPi({ program: board });
    const from = timeline.now;
    cpu.stall(100 * MILLISECOND);
    timeline.runTo(from + 10 * MILLISECOND);
    cpu.stall(MILLISECOND);
    cpu.spend(1000);
    assert.ok(timeline.now - from > 100 * MILLISECOND && timeline.now - from < 100.1 * MILLISECOND);
  });

  it('stall-dma: the FIFO runs dry, which driver and hardware count', () => {
    const { run, underruns } = play({ atMs: 250, fault: 'stall-dma', ms: 3 });
    assert.ok(underruns > 0 && run.pi.hardwareUnderruns > 0, `${underruns} ${run.pi.hardwareUnderruns}`);
  });

  it('stall-dma of another channel, or shorter than what lies in the FIFO, is not heard', () => {
    const { run, underruns } = play(
      { atMs: 250, fault: 'stall-dma', ms: 3, channel: 4 },
      { atMs: 300, fault: 'stall-dma', ms: 0.03 },
    );
    assert.deepEqual([underruns, run.pi.hardwareUnderruns], [0, 0]);
  });

  it('clock-ppm: the jack is so much faster', () => {
    const length = ({ blocks }: Told): number => (blocks.at(-1)?.[2] ?? 0) - (blocks[0]?.[2] ?? 0);
    const usual = length(play().told);
    for (const ppm of [300, -300]) {
      const off = length(play({ atMs: 0, fault: 'clock-ppm', clock: 'pwm', ppm }).told);
      const found = (usual / off - 1) * 1e6;
      // Bridges may be a block longer or shorter; words are not.
      assert.ok(Math.abs(found - ppm) < 30, `${found} ppm`);
    }
  });

  it('temperature: the banner has it', () => {
    assert.match(play({ atMs: 0, fault: 'temperature', celsius: 91.5 }).run.console, /, 91\.5 C\r?\n/);
  });

  it('happen at their time, in their order', () => {
    const { happened } = play(
      { atMs: 200, fault: 'throttled', bits: 5 },
      { atMs: 100, fault: 'temperature', celsius: 50 },
      { atMs: 100, fault: 'temperature', celsius: 60 },
    );
    assert.deepEqual(
      happened.map(({ atMs, values }) => [atMs, ...Object.values(values)]),
      [
        [100, 50],
        [100, 60],
        [200, 5],
      ],
    );
  });

  it('are the same run for the same seed, and another for another', () => {
    const one = (seed: number): unknown => {
      const kinds = ['stall-cpu', 'stall-dma', 'bounce', 'clock-ppm', 'uart-burst'] as const;
      const faults = randomFaults({ seed, kinds, fromMs: 100, toMs: 500, perMinute: 2400 });
      const told = new Told();
      const prepare = (pi: VirtualPi): void => void new FaultRun(pi, faults);
      const run = runPi(player, { ramDisk, jack: told, prepare });
      return [run.console, told.blocks, run.pi.now, run.pi.steps, run.pi.hardwareUnderruns];
    };
    const first = one(11);
    assert.deepEqual(one(11), first);
    assert.notDeepEqual(one(12), first);
  });

  const onBoard = (words: number[], faults: object[], type?: Uint8Array): PiRun => {
    let sent = false;
    return runPi(board, {
      words,
      limitMs: 500,
      prepare: (pi) => void new FaultRun(pi, script(...faults)),
      onConsole(text, pi) {
        if (sent || !type || !text.includes('ready=1\n')) return;
        sent = true;
        pi.type(type);
        // What ends the program, once more when no noise can have changed it.
        at(pi, pi.now + 100 * MILLISECOND, () => pi.type(Uint8Array.of(0x21)));
      },
    });
  };

  it('uart-noise: what is received is not what was sent', () => {
    const bytes = Uint8Array.from({ length: 400 }, (_, i) => (i === 399 ? 0x21 : 0x22 + ((i * 7) % 90)));
    const quiet = Object.fromEntries(pairsOf(onBoard([5], [], bytes)));
    const noisy = Object.fromEntries(
      pairsOf(onBoard([5], [{ atMs: 0, fault: 'uart-noise', ms: 40, probability: 0.02 }], bytes)),
    );
    assert.equal(quiet['total'], '400');
    assert.notDeepEqual([noisy['total'], noisy['crc']], [quiet['total'], quiet['crc']]);
  });

  it('uart-noise: it ends', () => {
    const pi = new VirtualPi({ program: board });
    new FaultRun(pi, script({ atMs: 30, fault: 'uart-noise', ms: 5, probability: 0.5 }));
    pi.runTo(50 * MILLISECOND);
    pi.type(Uint8Array.of(1, 2, 3, 4));
    pi.runTo(52 * MILLISECOND);
    assert.deepEqual([...pi.kernel.received.takeSome(10)], [1, 2, 3, 4]);
  });

  it('uart-noise: a later one that is shorter does not end it, and the louder one is heard', () => {
    const pi = new VirtualPi({ program: board });
    new FaultRun(
      pi,
      script(
        { atMs: 30, fault: 'uart-noise', ms: 20, probability: 0.1 },
        { atMs: 35, fault: 'uart-noise', ms: 2, probability: 0.5 },
        { atMs: 40, fault: 'uart-noise', ms: 30, probability: 0.02 },
      ),
    );
    const found: number[] = [];
    Object.defineProperty(pi.blocks.uart, 'noise', { set: (probability: number) => void found.push(probability) });
    for (let ms = 31; ms < 80; ms++) pi.runTo(ms * MILLISECOND);
    assert.deepEqual(found, [0.1, 0.5, 0.1, 0.1, 0.02, 0]);
  });

  it('uart-burst: the FIFO overruns, and the program is told', () => {
    const run = onBoard([6, 1], [{ atMs: 40, fault: 'uart-burst', bytes: 60, value: 0x55 }]);
    const { total, lost } = Object.fromEntries(pairsOf(run));
    assert.equal(lost, '1');
    assert.ok(Number(total) >= 33 && Number(total) < 40, '32 of the FIFO, and what came when it was read');
  });

  it('clock-ppm of the UART: a little is forgiven, more is another byte', () => {
    const received = (ppm: number): number[] => {
      const pi = new VirtualPi({ program: board });
      new FaultRun(pi, script({ atMs: 30, fault: 'clock-ppm', clock: 'uart', ppm }));
      pi.runTo(40 * MILLISECOND);
      pi.type(Uint8Array.of(0x55, 0xf0, 0x0f));
      pi.runTo(42 * MILLISECOND);
      assert.deepEqual(pi.findings.list, []);
      return [...pi.kernel.received.takeSome(10)];
    };
    assert.deepEqual(received(300), [0x55, 0xf0, 0x0f]);
    assert.notDeepEqual(received(-90_000), [0x55, 0xf0, 0x0f]);
  });

  it('bounce: the pin changes often and stays where it was pushed to', () => {
    const run = onBoard([7, 4], [{ atMs: 40, fault: 'bounce', pin: 17, ms: 12, level: true }]);
    const levels = pairsOf(run).filter(([name]) => name === 'pin17');
    assert.ok(levels.length >= 4);
    const pi = new VirtualPi({ program: board });
    let edges = 0;
    const { gpio } = pi.blocks;
    const drive = gpio.drive.bind(gpio);
    gpio.drive = (pin, level) => {
      if (level !== gpio.levelOf(pin)) edges++;
      drive(pin, level);
    };
    new FaultRun(pi, script({ atMs: 40, fault: 'bounce', pin: 17, ms: 12, level: true }));
    pi.runTo(60 * MILLISECOND);
    assert.ok(edges > 12 && edges % 2 === 1, `${edges} edges`);
    assert.equal(gpio.levelOf(17), true);
  });

  it('throttled: the firmware is told by the VideoCore', () => {
    const pi = new VirtualPi({ program: board });
    new FaultRun(pi, script({ atMs: 30, fault: 'throttled', bits: 0x50005 }));
    pi.runTo(20 * MILLISECOND);
    assert.equal(pi.blocks.firmware.throttled, 0);
    pi.runTo(31 * MILLISECOND);
    assert.equal(pi.blocks.firmware.throttled, 0x50005);
  });

  it('card-pull, card-insert, write-protect, late-sd, sd-crc: the card has it', () => {
    const card = new SdCard({ store: new MemorySectors(65_536) });
    const protection: unknown[] = [];
    card.writeProtect = (how) => void protection.push(how);
    const pi = new VirtualPi({ program: board, card });
    new FaultRun(
      pi,
      script(
        { atMs: 30, fault: 'late-sd', ms: 7, blocks: 2 },
        { atMs: 30, fault: 'sd-crc', line: 'response', count: 1 },
        { atMs: 30, fault: 'sd-crc', line: 'command', count: 2 },
        { atMs: 30, fault: 'sd-crc', count: 3 },
        { atMs: 32, fault: 'write-protect' },
        { atMs: 36, fault: 'write-protect', on: false },
        { atMs: 40, fault: 'card-pull' },
        { atMs: 45, fault: 'late-sd', ms: 9 },
        { atMs: 50, fault: 'card-insert' },
        { atMs: 60, fault: 'card-insert' },
      ),
    );
    const { slot } = pi.blocks;
    assert.equal(slot.card, card);
    pi.runTo(35 * MILLISECOND);
    assert.deepEqual(
      [1, 2, 3].map(() => card.faults.takeLate() / MILLISECOND),
      [7, 7, 0],
    );
    for (const [line, count] of [
      ['response', 1],
      ['command', 2],
      ['data', 3],
    ] as const) {
      for (let i = 0; i < count; i++) assert.ok(card.faults.takeDamage(line), line);
      assert.ok(!card.faults.takeDamage(line), line);
    }
    assert.deepEqual(protection, ['temporary']);
    pi.runTo(47 * MILLISECOND);
    assert.deepEqual(protection, ['temporary', false]);
    assert.equal(slot.card, undefined);
    pi.runTo(70 * MILLISECOND);
    assert.equal(slot.card, card);
    assert.equal(card.faults.takeLate(), 0, 'nothing happens to a card that is not there');
  });
});
