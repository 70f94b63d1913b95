import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { checkCapture, checkDistinct, checkReplaceable, Output, WavFile } from '../../host-tools/capture/output.js';
import { readMark, thisWriter, writeMark } from '../../host-tools/capture/output-mark.js';
import { readWav, wavSoftware } from '../../host-tools/media/wav.js';
import { Problem } from '../../host-tools/problem.js';
import { testFolder, tool } from '../media/sounds.js';

const folder = testFolder();
const at = (name: string): string => path.join(folder, name);
const frames = Int16Array.from({ length: 2 * 300_000 }, (_, i) => (i * 7919) | 0);

function problem(code: string, run: () => void): Problem {
  let caught: unknown;
  assert.throws(run, (error) => {
    caught = error;
    return true;
  });
  assert.ok(caught instanceof Problem, String(caught));
  assert.equal(caught.code, code);
  return caught;
}

describe('a capture file', () => {
  it('is a WAV that sox reads, with the rate it was told', () => {
    const wav = new WavFile(at('whole.wav'), 44100, '1.2.3');
    for (let i = 0; i < frames.length; i += 1002) wav.append(frames.subarray(i, i + 1002));
    wav.finish();
    assert.deepEqual(readWav(fs.readFileSync(at('whole.wav'))), {
      rateHz: 44100,
      channels: 2,
      bits: 16,
      samples: frames,
    });
    const soxi = (flag: string): string => tool('soxi', flag, at('whole.wav')).toString().trim();
    assert.deepEqual(['-r', '-c', '-b', '-s'].map(soxi), ['44100', '2', '16', '300000']);
    assert.equal(wavSoftware(fs.readFileSync(at('whole.wav')))?.text.trim(), 'mirleft 1.2.3');
  });

  it('is a valid WAV at every moment, and says that it is under way', () => {
    const wav = new WavFile(at('growing.wav'), 48000, '1.2.3');
    for (let i = 0; i < frames.length; i += 100_000) {
      wav.append(frames.subarray(i, i + 100_000));
      const read = readWav(fs.readFileSync(at('growing.wav')));
      assert.deepEqual(read.samples, frames.subarray(0, read.samples.length));
      assert.ok(read.samples.length > i - 150_000);
    }
    const other = problem('in-use', () => checkCapture(at('growing.wav')));
    assert.match(other.line(), new RegExp(`growing.wav: is being written by another run \\(process ${process.pid}\\)`));
    wav.finish();
    checkCapture(at('growing.wav'));
  });

  it('replaces what it made, also when that run was killed, and nothing else', () => {
    new WavFile(at('old.wav'), 8000, '1').finish();
    checkCapture(at('old.wav'));
    const bytes = fs.readFileSync(at('old.wav'));
    const software = wavSoftware(bytes);
    assert.ok(software);
    const { pid, started } = thisWriter();
    const marked = (writer: string): string => {
      bytes.write(writeMark('1').replace(/ +$/, ` ${writer}`).padEnd(95), software.offset, 'latin1');
      fs.writeFileSync(at('killed.wav'), bytes);
      return at('killed.wav');
    };
    // Process numbers end at 2^22 on Linux.
    checkCapture(marked('{"pid":99999999}'));
    problem('in-use', () => checkCapture(marked(JSON.stringify({ pid }))));
    if (started !== undefined) {
      problem('in-use', () => checkCapture(marked(JSON.stringify({ pid, started }))));
      // Another process that got the number later.
      checkCapture(marked(JSON.stringify({ pid, started: started - 1 })));
    }
    for (const broken of ['{', '{}', '{"pid":"1"}', '{"pid":-1}', 'process 1']) checkCapture(marked(broken));
    assert.equal(readMark('Lavf 1'), undefined);
    tool('sox', '-n', '-r', '8000', at('foreign.wav'), 'trim', '0', '1');
    fs.writeFileSync(at('text.wav'), 'my notes on mirleft');
    for (const name of ['foreign.wav', 'text.wav'])
      assert.match(
        problem('would-overwrite', () => checkCapture(at(name))).line(),
        /exists and is no capture of ours; name another/,
      );
    assert.match(problem('not-found', () => checkCapture(at('no/such/x.wav'))).message, /folder does not exist/);
  });

  it('goes to a device or a pipe as a stream', () => {
    for (const device of ['/dev/null', '/dev/full']) checkCapture(device);
    const nothing = new WavFile('/dev/null', 8000, '1');
    nothing.append(frames);
    nothing.finish();
    assert.ok(fs.statSync('/dev/null').isCharacterDevice());
    assert.equal(
      problem('write-failed', () => new WavFile('/dev/full', 8000, '1')).line(),
      '/dev/full: cannot be written (the disk is full); make room, or choose another folder',
    );

    tool('mkfifo', at('pipe.wav'));
    assert.match(
      problem('write-failed', () => new WavFile(at('pipe.wav'), 8000, '1')).line(),
      /pipe\.wav: is a pipe that nobody reads; start its reader first$/,
    );
    const reader = fs.openSync(at('pipe.wav'), fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
    const piped = new WavFile(at('pipe.wav'), 8000, '1');
    piped.append(frames.subarray(0, 2000));
    piped.finish();
    const bytes = Buffer.alloc(8192);
    const read = bytes.subarray(0, fs.readSync(reader, bytes));
    fs.closeSync(reader);
    assert.equal(read.readUInt32LE(4), 0xffffffff);
    assert.deepEqual(readWav(read).samples, frames.subarray(0, 2000));
    fs.writeFileSync(at('piped.wav'), read);
    assert.equal(tool('sox', '--ignore-length', at('piped.wav'), '-t', 'raw', '-').length, 4000);
  });

  it('is made by one of two runs that have both found it free', () => {
    checkCapture(at('race.wav'));
    const first = new WavFile(at('race.wav'), 8000, '1');
    problem('in-use', () => new WavFile(at('race.wav'), 8000, '1'));
    first.append(frames.subarray(0, 200));
    first.finish();
    assert.equal(readWav(fs.readFileSync(at('race.wav'))).samples.length, 200);
  });

  it('is never one of the inputs, by whatever name', () => {
    fs.writeFileSync(at('input.wav'), '');
    fs.symlinkSync(at('input.wav'), at('link.wav'));
    fs.linkSync(at('input.wav'), at('hard.wav'));
    for (const name of ['input.wav', 'link.wav', 'hard.wav', '../' + path.basename(folder) + '/input.wav'])
      assert.match(
        problem('would-overwrite', () => checkDistinct([at('input.wav')], [at(name)])).message,
        /one of the files to play/,
      );
    assert.match(problem('would-overwrite', () => checkDistinct([], [at('new'), at('./new')])).message, /two outputs/);
    checkDistinct([at('input.wav')], [at('a'), at('b'), '/dev/null', '/dev/null']);
  });

  it('replaces a file without a mark of ours only when it has the ending of the output', () => {
    fs.writeFileSync(at('song.mp3'), 'music');
    fs.writeFileSync(at('old.svg'), '<svg/>');
    assert.match(problem('would-overwrite', () => checkReplaceable(at('song.mp3'), '.svg')).message, /end in \.svg/);
    for (const name of [at('old.svg'), at('new'), '/dev/null']) checkReplaceable(name, '.svg');
  });

  it('tells a full disk with path and bytes, and what is there stays valid', () => {
    const full = Output.create('/dev/full');
    full.append(new Uint8Array(1000));
    assert.equal(
      problem('write-failed', () => full.flush()).line(),
      '/dev/full: cannot be written (the disk is full); make room, or choose another folder',
    );
    full.close();

    const script = `
      import { WavFile } from ${JSON.stringify(path.resolve(import.meta.dirname, '../../host-tools/capture/output.ts'))};
      const wav = new WavFile(process.argv[1], 44100, '1');
      try {
        for (;;) wav.append(new Int16Array(10000).fill(77));
      } catch (error) {
        process.stdout.write(error.line());
      }
      wav.finish();`;
    const limited = spawnSync(
      'prlimit',
      ['--fsize=700001', process.execPath, '--import=tsx', '--input-type=module', '-e', script, at('limited.wav')],
      { cwd: path.resolve(import.meta.dirname, '../..'), encoding: 'utf8' },
    );
    assert.equal(limited.stderr, '');
    assert.match(limited.stdout, /limited\.wav: cannot be written after 700001 bytes \(the file would be larger than/);
    const { samples } = readWav(fs.readFileSync(at('limited.wav')));
    assert.ok(samples.length > 349_000 && samples.every((sample) => sample === 77));
    assert.equal(tool('soxi', '-s', at('limited.wav')).toString().trim(), String(samples.length / 2));
  });
});
