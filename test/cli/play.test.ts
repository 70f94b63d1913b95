import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { readWav } from '../../host-tools/media/wav.js';
import type { PlayReport } from '../../host-tools/play/report.js';
import { makeMusic, testFolder, tool } from '../media/sounds.js';
import { run, start, when, type Running } from './mirleft.js';

const folder = testFolder();
const at = (name: string): string => path.join(folder, name);
const temporary = at('tmp');

/** What runs have left in the folder for temporary files. */
const left = (): string[] => fs.readdirSync(temporary).filter((name) => name.startsWith('mirleft-run'));

describe('mirleft play', () => {
  const env = { TMPDIR: temporary };

  before(() => {
    fs.mkdirSync(temporary);
    makeMusic(at('short.wav'), 0.3, 8000, 16, 1);
    makeMusic(at('long.wav'), 60, 44100, 16);
  });

  it('prints the report as JSON and nothing else on stdout, errors as one line each, and status 1', async () => {
    fs.copyFileSync(at('short.wav'), at(`-x y'".wav`));
    fs.writeFileSync(at('torn.wav'), fs.readFileSync(at('short.wav')).subarray(0, 20));
    const files = ['gone.flac', 'torn.wav', `-x y'".wav`];
    const { status, stdout, stderr } = await run(
      folder,
      ['play', '--json', '-d', '-w', '/dev/null', '--', ...files],
      env,
    );
    const report = JSON.parse(stdout) as PlayReport;
    assert.equal(status, 1);
    assert.deepEqual(Object.keys(report), [
      ...['schema', 'tracks', 'words', 'wordsSha256', 'underruns', 'kernelBytes', 'buildId', 'errors', 'interrupted'],
      'firstSampleMs',
    ]);
    assert.deepEqual(
      [report.schema, report.tracks[0]?.name, report.tracks[0]?.capture],
      [1, files[2], `-x y'".jack.wav`],
    );
    assert.ok(report.kernelBytes > 50_000 && (report.firstSampleMs ?? 0) > 60);
    assert.equal(readWav(fs.readFileSync(at(`-x y'".jack.wav`))).rateHz, 8000);
    const lines = stderr.trim().split('\n');
    assert.equal(lines[0], 'error: gone.flac: no such file; check the name and the folder');
    assert.match(lines[1] ?? '', /^error: torn\.wav: .* at byte \d+/);
    assert.equal(lines.length, 2);
    assert.deepEqual(left(), []);
  });

  it('plays on the virtual Pi with faults, by a script or by chance, the same for the same seed', async () => {
    fs.writeFileSync(
      at('faults.json'),
      '{"faults":[{"atMs":200,"fault":"stall-cpu","ms":150},{"atMs":9e6,"fault":"card-pull"}]}',
    );
    const scripted = await run(folder, ['play', '--on', 'virtual', '--faults', 'faults.json', 'short.wav'], env);
    assert.equal(scripted.status, 0, scripted.stderr);
    assert.match(scripted.stderr, /^fault at 200 ms: stall-cpu, ms 150\n1 of 2 faults did not come/m);
    assert.match(
      scripted.stderr,
      /on the virtual Pi, 0 hardware underruns, ring .* ms, 1 fault, 0 findings\ndone: 1 track, 1 underrun,/,
    );
    const chance = ['play', '--json', '--on', 'virtual', '--faults', 'stall-cpu, bounce,', '--seed', '7', 'short.wav'];
    const [one, two] = [await run(folder, chance, env), await run(folder, chance, env)];
    assert.equal(two.stdout, one.stdout);
    const { virtual, firstSampleMs } = JSON.parse(one.stdout) as PlayReport;
    assert.ok(virtual && virtual.virtualMs > 300 && firstSampleMs !== undefined);
    assert.equal(virtual.faultsLeft, 0, 'those of chance are endless');
  });

  it('takes faults only where they can happen, and says what is wrong with them', async () => {
    fs.writeFileSync(at('bad.json'), '{ "faults": [ { "atMs": 200, "fault": "stall-cpu" } ] }');
    for (const [words, message] of [
      [['--seed', '7'], /^error: --seed needs --on virtual/],
      [['--faults', 'faults.json'], /^error: --faults needs --on virtual/],
      [['--on', 'virtual', '--faults', 'bad.json'], /^error: bad\.json: fault 1: stall-cpu needs "ms"/],
      [['--on', 'virtual', '--faults', 'stall.json'], /^error: stall\.json: cannot be read \(.*\)/],
      [
        ['--on', 'virtual', '--faults', 'stall-cpu,bogus'],
        /^error: --faults: bogus is no fault; there are stall-cpu, /,
      ],
      [['--on', 'virtual', '--faults', ''], /^error: --faults: nothing is no fault; there are /],
      [['--on', 'virtual', '--seed', '-1'], /^error: .*whole number from 0 to 4294967295/],
    ] as const) {
      const { status, stderr } = await run(folder, ['play', ...words, 'short.wav'], env);
      assert.match(stderr, message);
      assert.equal(status, 2, stderr);
    }
    for (const file of ['bad.json', 'stall.json']) {
      const words = ['play', '--json', '--on', 'virtual', '--faults', file, 'short.wav'];
      const { status, stdout } = await run(folder, words, env);
      const { errors } = JSON.parse(stdout) as PlayReport;
      assert.deepEqual([status, errors.map(({ code, file }) => [code, file])], [2, [['usage', file]]]);
    }
  });

  it('is heard with --listen, at the pace of the program that plays, with the rates of the tracks', async () => {
    const bin = at('bin');
    fs.mkdirSync(bin);
    fs.writeFileSync(path.join(bin, 'aplay'), '#!/bin/sh\necho "$*" >>heard.args\ncat >>heard.raw\n', { mode: 0o755 });
    tool('sox', at('short.wav'), '-r', '11025', at('other.wav'));
    const { status, stderr } = await run(folder, ['play', '--listen', 'short.wav', 'other.wav'], {
      ...env,
      PATH: `${bin}:${process.env['PATH'] ?? ''}`,
    });
    assert.equal(status, 0, stderr);
    const captured = ['short.jack.wav', 'other.jack.wav'].map((name) => readWav(fs.readFileSync(at(name))).samples);
    const heard = fs.readFileSync(at('heard.raw'));
    assert.deepEqual(
      heard,
      Buffer.concat(captured.map((samples) => new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength))),
    );
    assert.match(fs.readFileSync(at('heard.args'), 'utf8'), /-r 8000 -\n.*-r 11025 -\n/);
  });

  it('goes on without being heard when that program fails', async () => {
    for (const name of ['aplay', 'ffplay', 'play'])
      fs.writeFileSync(at(`bin/${name}`), '#!/bin/sh\necho "inner noise" >&2\nexit 1\n', { mode: 0o755 });
    const { status, stderr } = await run(folder, ['play', '-l', 'short.wav'], {
      ...env,
      PATH: `${at('bin')}:${process.env['PATH'] ?? ''}`,
    });
    assert.equal(status, 0, stderr);
    assert.match(stderr, /^note: no sound can be played here \(tried aplay, ffplay, play\); is there a sound card\? /m);
    assert.doesNotMatch(stderr, /inner noise/);
  });

  /** Waits until the capture holds sound. */
  const captured = (name: string, { child }: Running): Promise<void> =>
    when(
      () => fs.existsSync(at(name)) && fs.statSync(at(name)).size > 100_000,
      `sound in ${name}`,
      () => child.exitCode !== null,
    );

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    it(`ends at ${signal} with a valid WAV of what was played, status 130, and nothing left behind`, async () => {
      const running = start(folder, ['play', '--realtime', '-c', `${signal}.wav`, 'long.wav'], env);
      await captured(`${signal}.wav`, running);
      running.child.kill(signal);
      const { status, stderr } = await running.ended;
      assert.equal(status, 130, stderr);
      assert.match(stderr, /ended early: 1 track/);
      const seconds = Number(tool('soxi', '-D', at(`${signal}.wav`)).toString());
      assert.ok(seconds > 0.5 && seconds < 40, `${seconds} s`);
      tool('sox', at(`${signal}.wav`), '-n', 'stat');
      assert.deepEqual(left(), []);
    });

  it('ends at Ctrl-C before there is an emulator, and says so in the report', async () => {
    const clang = at('slow-clang');
    fs.writeFileSync(clang, '#!/bin/sh\necho $$ >clang.new\nmv clang.new clang.pid\nexec sleep 90\n', { mode: 0o755 });
    const running = start(folder, ['play', '--json', 'short.wav'], {
      ...env,
      MIRLEFT_CLANG: clang,
      MIRLEFT_CACHE: at('cache'),
    });
    let stdout = '';
    running.child.stdout.on('data', (text: string) => (stdout += text));
    await when(
      () => fs.existsSync(at('clang.pid')),
      'clang at work',
      () => running.child.exitCode !== null,
    );
    running.child.kill('SIGINT');
    try {
      assert.equal(await running.exited, 130);
    } finally {
      process.kill(Number(fs.readFileSync(at('clang.pid'), 'utf8')));
    }
    await running.ended;
    const report = JSON.parse(stdout) as PlayReport;
    assert.deepEqual([report.interrupted, report.errors, report.tracks], [true, [], []]);
    assert.deepEqual(left(), []);
  });

  it('gives the JSON also when the firmware cannot be built', async () => {
    const { status, stdout, stderr } = await run(folder, ['play', '--json', 'short.wav'], {
      ...env,
      MIRLEFT_CLANG: at('no-such-clang'),
    });
    assert.equal(status, 1);
    const { errors, schema } = JSON.parse(stdout) as PlayReport;
    assert.deepEqual([schema, errors.map(({ code }) => code)], [1, ['tool-missing']]);
    assert.match(stderr, /^error: .*no-such-clang was not found/);
  });

  it('tells that QEMU was killed, once, and keeps what was played', async () => {
    const qemu = at('own-qemu');
    fs.writeFileSync(
      qemu,
      '#!/bin/sh\necho $$ >"qemu.new.$$"\nmv "qemu.new.$$" qemu.pid\nexec qemu-system-aarch64 "$@"\n',
      {
        mode: 0o755,
      },
    );
    const running = start(folder, ['play', '--realtime', '-c', 'killed.wav', 'long.wav'], {
      ...env,
      MIRLEFT_QEMU: qemu,
    });
    await captured('killed.wav', running);
    process.kill(Number(fs.readFileSync(at('qemu.pid'), 'utf8')), 'SIGKILL');
    const { status, stderr } = await running.ended;
    assert.equal(status, 1, stderr);
    assert.deepEqual(
      stderr.split('\n').filter((line) => line.startsWith('error:')),
      ['error: QEMU ended before the last track did (SIGKILL)'],
    );
    tool('sox', at('killed.wav'), '-n', 'stat');
    assert.deepEqual(left(), []);
  });

  it('leaves a capture to the run that writes it', async () => {
    const first = start(folder, ['play', '--realtime', '-c', 'shared.wav', 'long.wav'], env);
    await captured('shared.wav', first);
    const second = await run(folder, ['play', '--json', '-c', 'shared.wav', 'short.wav'], env);
    assert.equal(second.status, 1);
    assert.deepEqual(
      (JSON.parse(second.stdout) as PlayReport).errors.map(({ code }) => code),
      ['in-use'],
    );
    first.child.kill('SIGINT');
    const { status, stderr } = await first.ended;
    assert.equal(status, 130, stderr);
    assert.ok(Number(tool('soxi', '-D', at('shared.wav')).toString()) > 0.5);
  });

  it('refuses to write where it must not, before anything runs, with one line', async () => {
    tool('sox', '-n', '-r', '8000', at('short2.jack.wav'), 'trim', '0', '0.1');
    fs.copyFileSync(at('short.wav'), at('short2.wav'));
    for (const [args, status, line] of [
      [['short2.wav'], 1, 'short2.jack.wav: exists and is no capture of ours; '],
      [['-c', './short.wav', 'short.wav'], 1, './short.wav: is one of the files to play; '],
      [['-r', '-d', 'short.wav'], 2, '--realtime and --deterministic exclude each other; '],
      [['-v', '3', 'short.wav'], 2, ''],
    ] as const) {
      const ran = await run(folder, ['play', ...args], env);
      assert.equal(ran.status, status, ran.stderr);
      assert.ok(ran.stderr.startsWith(`error: ${line}`), ran.stderr);
      assert.equal(ran.stdout, '');
      if (line !== '') assert.equal(ran.stderr.trim().split('\n').length, 1);
    }
    assert.deepEqual(readWav(fs.readFileSync(at('short2.jack.wav'))).samples.length, 800);
  });

  it('tells a full disk, and that QEMU is too old', async () => {
    const full = await run(folder, ['play', '-w', '/dev/full', 'short.wav'], env);
    assert.equal(full.status, 1);
    assert.match(full.stderr, /^error: \/dev\/full: cannot be written \(the disk is full\); make room/m);
    assert.match(full.stderr, /done: 1 track, .*1 error/);
    fs.writeFileSync(at('bin/qemu-system-aarch64'), '#!/bin/sh\necho "QEMU emulator version 8.2.0"\n', { mode: 0o755 });
    const old = await run(folder, ['play', '--json', 'short.wav'], {
      ...env,
      PATH: `${at('bin')}:${process.env['PATH'] ?? ''}`,
    });
    assert.equal(old.status, 1);
    assert.match(old.stderr, /^error: \S+qemu-system-aarch64: is QEMU 8\.2\.0, 9\.0 or newer is needed; .*\n$/);
    assert.equal((JSON.parse(old.stdout) as PlayReport).errors[0]?.code, 'qemu-too-old');
  });

  it('lists its options with examples', async () => {
    const { status, stdout } = await run(folder, ['play', '--help'], env);
    assert.equal(status, 0);
    for (const word of [
      '--capture',
      '--words',
      '--volume',
      '--realtime',
      '--listen',
      '--plot',
      '--deterministic',
      '--qoa',
      '--json',
      '--wasm3',
      'Examples:',
    ])
      assert.ok(stdout.includes(word), word);
  });
});
