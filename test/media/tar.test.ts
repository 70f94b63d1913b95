import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import {
  pack,
  SETTINGS_NAME,
  type PackedTrack,
  type PackEvent,
  type PackOptions,
} from '../../host-tools/media/pack.js';
import { fitName } from '../../host-tools/media/tar.js';
import { readWav, wavChunks } from '../../host-tools/media/wav.js';
import { decodeQoa } from './qoa-reference.js';
import { makeMusic, testFolder, tool } from './sounds.js';

const folder = testFolder();
let archives = 0;

async function packed(
  files: (string | Buffer)[],
  options: Partial<PackOptions> = {},
): Promise<{ archive: string; tracks: PackedTrack[]; events: PackEvent[] }> {
  const archive = path.join(folder, `${archives++}.tar`);
  const packing = pack({ files: files.map(String), archive, settings: 'demo = off\n', ...options });
  const events: PackEvent[] = [];
  for (;;) {
    const { done, value } = await packing.next();
    if (done) return { archive, tracks: value, events };
    events.push(value);
  }
}

const errors = (events: PackEvent[]): string[] =>
  events.flatMap((event) => (event.event === 'error' ? [event.problem.line()] : []));

/** What tar makes of it, by the bytes of the names. */
function extracted(archive: string): Map<string, Buffer> {
  const into = fs.mkdtempSync(path.join(folder, 'x-'));
  execFileSync('tar', ['-xf', archive, '-C', into]);
  return new Map(
    fs
      .readdirSync(into, { encoding: 'buffer' })
      .map((name) => [name.toString('latin1'), fs.readFileSync(Buffer.concat([Buffer.from(`${into}/`), name]))]),
  );
}

describe('the archive', () => {
  const wav = path.join(folder, 'short.wav');
  before(() => {
    makeMusic(wav, 0.1, 8000, 16, 1);
    tool('flac', '-s', '-f', wav);
  });

  it('is what tar reads, settings first, the same bytes every time', async () => {
    const flac = wav.replace('.wav', '.flac');
    const { archive, tracks } = await packed([wav, flac]);
    assert.deepEqual(tool('tar', '-tf', archive).toString().trim().split('\n'), [
      SETTINGS_NAME,
      'short.wav',
      'short.flac',
    ]);
    assert.match(tool('tar', '-tvf', archive).toString(), /-rw-r--r-- 0\/0 +11 1970-01-01/);
    const members = extracted(archive);
    assert.equal(members.get(SETTINGS_NAME)?.toString(), 'demo = off\n');
    assert.deepEqual(members.get('short.wav'), fs.readFileSync(wav));
    assert.deepEqual(readWav(members.get('short.flac') ?? Buffer.alloc(0)), readWav(fs.readFileSync(wav)));
    assert.deepEqual(
      tracks.map(({ name, rateHz, format }) => [name, rateHz, format]),
      [
        ['short.wav', 8000, 'wav'],
        ['short.flac', 8000, 'flac'],
      ],
    );
    assert.deepEqual(fs.readFileSync((await packed([wav, flac])).archive), fs.readFileSync(archive));
    assert.equal(fs.statSync(archive).size % 512, 0);
  });

  it('takes hostile names as they are: spaces, quotes, leading dashes, broken UTF-8, long ones', async () => {
    const long = `${'ä'.repeat(80)}.wav`;
    const names = ['a b.wav', `quo'te".wav`, '-rf.wav', '..wav', 'new\nline.wav', '\x1b[31mred.wav', 'ünï.wav', long];
    const broken = Buffer.from('b\xff\xfe.wav', 'latin1');
    for (const name of names) fs.copyFileSync(wav, path.join(folder, name));
    fs.copyFileSync(wav, Buffer.concat([Buffer.from(`${folder}/`), broken]));
    // As an argument the name arrives with its broken bytes replaced.
    const { archive, tracks, events } = await packed([
      ...names.map((name) => `${folder}/${name}`),
      `${folder}/${broken}`,
    ]);
    assert.deepEqual(errors(events), []);
    assert.equal(tracks.length, names.length + 1);
    const members = extracted(archive);
    for (const name of names.slice(0, -1)) assert.ok(members.has(Buffer.from(name).toString('latin1')), name);
    assert.ok(members.has(broken.toString('latin1')));
    const cut = tracks[names.length - 1]?.name ?? '';
    assert.match(cut, /^ä+~ä+\.wav$/);
    assert.ok(Buffer.from(cut).length <= 100 && Buffer.from(cut).length > 96);
    assert.ok(events.some((event) => event.event === 'warning' && /too long a name/.test(event.problem.message)));
  });

  it('never has a name that means another place', () => {
    const name = (text: string): string => fitName(Buffer.from(text, 'latin1')).name.toString('latin1');
    assert.deepEqual(['..', '.', '', '../../etc/passwd', 'a\0b'].map(name), [
      '.._',
      '._',
      '_',
      '.._.._etc_passwd',
      'a_b',
    ]);
    for (let length = 95; length < 400; length++) assert.ok(fitName(Buffer.alloc(length, 0xa4)).name.length <= 100);
  });

  it('leaves out what fails and says what, where and what to try', async () => {
    const text = path.join(folder, 'notes.mp3');
    fs.writeFileSync(text, 'not a sound');
    fs.writeFileSync(path.join(folder, 'empty.wav'), '');
    const missing = path.join(folder, 'missing.flac');
    const { tracks, events } = await packed([missing, text, wav, folder, path.join(folder, 'empty.wav'), 'a\0b']);
    assert.deepEqual(
      tracks.map(({ input }) => input),
      [2],
    );
    assert.deepEqual(
      errors(events).map((line) => line.replaceAll(folder, 'F')),
      [
        'F/missing.flac: no such file; check the name and the folder',
        'F/notes.mp3: is not a sound file that is known here; WAV, QOA, FLAC, MP3, Ogg Vorbis and Opus are played',
        'F: is a folder; name the files in it',
        'F/empty.wav: is empty; WAV, QOA, FLAC, MP3, Ogg Vorbis and Opus are played',
        errors(events)[4] ?? '',
      ],
    );
    assert.match(errors(events)[4] ?? '', /^a\\x00b: cannot be read/);
  });

  it('takes what is whole of a FLAC file that was cut, and says that it has failed', async () => {
    const flac = fs.readFileSync(wav.replace('.wav', '.flac'));
    const long = path.join(folder, 'cut.flac');
    makeMusic(path.join(folder, 'cut.wav'), 2, 8000, 16, 1);
    tool('flac', '-s', '-f', path.join(folder, 'cut.wav'));
    fs.truncateSync(long, fs.statSync(long).size - 500);
    const none = path.join(folder, 'none.flac');
    fs.writeFileSync(none, flac.subarray(0, flac.length - 500));
    for (const qoa of [false, true]) {
      const { tracks, events } = await packed([none, long, wav], { qoa });
      assert.deepEqual(
        tracks.map(({ input }) => input),
        [1, 2],
      );
      assert.match(errors(events)[0] ?? '', /none\.flac: is cut off in the FLAC frame at byte \d+$/);
      assert.match(errors(events)[1] ?? '', /cut\.flac: is cut off .* at byte \d+; what comes before is played$/);
      assert.equal(errors(events).length, 2);
    }
  });

  it('says by how many bytes a file does not fit, and takes the next one that does', async () => {
    const large = path.join(folder, 'large.wav');
    makeMusic(large, 1, 8000, 16, 1);
    const limit = 512 * 2 + 1024 + 512 + 2048; // settings, end, and a member of 2048 bytes
    const { tracks, events } = await packed([large, wav], { limit });
    assert.deepEqual(
      tracks.map(({ name }) => name),
      ['short.wav'],
    );
    const over = Math.ceil(fs.statSync(large).size / 512) * 512 - 2048;
    assert.deepEqual(errors(events), [
      `${large}: does not fit into the board's RAM disk, by ${over} bytes; --qoa packs it to a fifth`,
    ]);
    const qoa = await packed([large], { limit, qoa: true });
    assert.match(errors(qoa.events)[0] ?? '', /by \d+ bytes; play fewer files/);
  });

  it('looks at the length before it decodes, and gives up as soon as the rest cannot fit', async () => {
    const long = path.join(folder, 'long.wav');
    tool('sox', '-n', '-r', '48000', '-c', '2', '-b', '16', long, 'trim', '0', '60');
    const flac = path.join(folder, 'long.flac');
    tool('flac', '-s', '-f', long);
    // As a pipe has it that FLAC was written to: no length, no MD5.
    const untold = path.join(folder, 'untold.flac');
    const bytes = fs.readFileSync(flac);
    bytes.fill(0, 22, 42);
    bytes[21] = (bytes[21] as number) & 0xf0;
    fs.writeFileSync(untold, bytes);
    const limit = 1 << 20;
    const settings = 2 * 512 + 1024;
    const over = (size: number): number => settings + 512 + Math.ceil(size / 512) * 512 - limit;
    const wavBytes = fs.statSync(long).size;
    const { events } = await packed([long, flac, untold], { limit });
    const [first, second, third] = errors(events).map((line) => /by (\d+) bytes/.exec(line)?.[1]);
    assert.deepEqual([first, second], [String(over(wavBytes)), String(over(wavBytes))]);
    assert.ok(Number(third) < over(wavBytes), 'not all of it was decoded');
    const qoa = await packed([flac, long, untold], { limit, qoa: true });
    assert.equal(qoa.tracks.length, 0);
    assert.match(errors(qoa.events)[0] ?? '', /by \d+ bytes; play fewer/);
  });

  it('reads a pipe to its end, and no more of it than fits', async () => {
    const pipe = path.join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const bytes = fs.readFileSync(path.join(folder, 'long.wav'));
    for (const [limit, count] of [
      [undefined, 1],
      [1 << 20, 0],
    ] as const) {
      const writing = fs.promises.writeFile(pipe, bytes).catch(() => undefined);
      const { archive, tracks } = await packed([pipe], limit === undefined ? {} : { limit });
      await writing;
      assert.equal(tracks.length, count);
      if (count === 1) assert.deepEqual(extracted(archive).get('pipe'), bytes);
    }
  });

  it('waits for who writes to a pipe only until it is told to give up', async () => {
    const pipe = path.join(folder, 'nobody');
    execFileSync('mkfifo', [pipe]);
    const { tracks } = await packed([pipe], { signal: AbortSignal.timeout(50) });
    assert.equal(tracks.length, 0);
  });

  it('gives up in the middle of a file when it is told to, and keeps what it has', async () => {
    const flac = path.join(folder, 'long.flac');
    const ending = new AbortController();
    let done = false;
    setTimeout(() => ending.abort(), 5);
    const packing = packed([wav, flac], { qoa: true, signal: ending.signal }).finally(() => (done = true));
    let turns = 0;
    while (!done) {
      await new Promise((resolve) => setImmediate(resolve));
      turns++;
    }
    const { events, archive } = await packing;
    assert.ok(turns > 3);
    assert.ok(!events.some((event) => event.event === 'packed' && event.track.given === flac));
    assert.deepEqual(errors(events), []);
    tool('tar', '-tf', archive);
  });

  it('refuses rates that no jack has, with the place, and believes no length that the bytes do not have', async () => {
    const patched = (name: string, patch: (bytes: Buffer) => void): string => {
      const bytes = Buffer.from(fs.readFileSync(name));
      patch(bytes);
      const file = path.join(folder, `${archives}-${path.basename(name)}`);
      fs.writeFileSync(file, bytes);
      archives++;
      return file;
    };
    const fast = patched(wav, (bytes) => bytes.writeUInt32LE(0xfffffff0, 24));
    const slow = patched(wav, (bytes) => bytes.writeUInt32LE(1, 24));
    const flac = patched(wav.replace('.wav', '.flac'), (bytes) => bytes.writeUIntBE(0, 18, 2));
    const lines = errors((await packed([fast, slow, flac], { qoa: true })).events);
    assert.deepEqual(
      lines.map((line) => line.replace(/^.*: has/, 'has')),
      [
        'has a sampling rate of 4294967280 Hz; 8 to 192 kHz are played, at byte 24',
        'has a sampling rate of 1 Hz; 8 to 192 kHz are played, at byte 24',
        'has a sampling rate of 0 Hz; 8 to 192 kHz are played, at byte 18',
      ],
    );
    const byteRate = patched(wav, (bytes) => bytes.writeUInt32LE(1, 28));
    const made = path.join(folder, 'counted.qoa');
    const { archive } = await packed([wav], { qoa: true });
    const qoa = Buffer.from(extracted(archive).get('short.wav') ?? '');
    qoa.writeUInt32BE(0xffffffff, 4);
    fs.writeFileSync(made, qoa);
    const { tracks } = await packed([byteRate, made, slow]);
    assert.equal(tracks[0]?.seconds, 0.1);
    assert.ok((tracks[1]?.seconds ?? Infinity) < 0.2);
    assert.equal(tracks[2]?.seconds, undefined);
  });

  it('looks at no more chunks of a WAV than anybody writes', async () => {
    const chunks = Buffer.alloc(8 * (1 << 20));
    for (let at = 0; at < chunks.length; at += 8) chunks.write('junk', at, 'latin1');
    const file = path.join(folder, 'chunks.wav');
    fs.writeFileSync(file, Buffer.concat([fs.readFileSync(wav).subarray(0, 12), chunks]));
    assert.ok(wavChunks(fs.readFileSync(file)).length <= 1000);
    const { events } = await packed([file], { qoa: true });
    assert.match(errors(events)[0] ?? '', /has no fmt chunk/);
  });

  it('goes on after a file for which the disk has no room, and keeps the others', async () => {
    const large = path.join(folder, 'half.wav');
    makeMusic(large, 20, 8000, 16, 1);
    const archive = path.join(folder, 'limited.tar');
    const script = `import { pack } from ${JSON.stringify(path.resolve(import.meta.dirname, '../../host-tools/media/pack.ts'))};
      const lines = [];
      for await (const event of pack({ files: JSON.parse(process.argv[1]), archive: process.argv[2] }))
        if (event.event === 'error') lines.push(event.problem.line());
      console.log(JSON.stringify(lines));`;
    // The shell's limit on the size of files stands in for a full disk: 100 KiB.
    const said = execFileSync(
      'sh',
      [
        ...['-c', 'trap "" XFSZ; ulimit -f 200; exec "$@"', 'sh', process.execPath, '--import', 'tsx'],
        ...['--input-type=module', '-e', script, JSON.stringify([wav, large, wav]), archive],
      ],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
    );
    assert.deepEqual(tool('tar', '-tf', archive).toString().trim().split('\n'), ['short.wav', 'short.wav']);
    const lines = JSON.parse(said) as string[];
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? '', /half\.wav: the RAM disk's image cannot be written/);
  });

  it('packs QOA that decodes to the sound, from WAV too, and leaves QOA alone', async () => {
    const { archive } = await packed([wav], { qoa: true });
    const member = extracted(archive).get('short.wav') ?? Buffer.alloc(0);
    const decoded = decodeQoa(member);
    assert.deepEqual([decoded.rateHz, decoded.channels, decoded.samples.length], [8000, 1, 800]);
    fs.writeFileSync(path.join(folder, 'made.qoa'), member);
    const again = await packed([path.join(folder, 'made.qoa')], { qoa: true });
    assert.deepEqual(extracted(again.archive).get('made.qoa'), member);
    assert.equal(again.tracks[0]?.seconds, 0.1);
  });
});
