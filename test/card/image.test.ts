import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { makeCardImage } from '../../host-tools/card/image.js';
import type { CardEvent } from '../../host-tools/card/options.js';
import { tellLimits } from '../../host-tools/card/player-limits.js';
import { encodeQoa } from '../../host-tools/media/qoa.js';
import { encodeWav, patchSizes, wavHeader } from '../../host-tools/media/wav.js';
import { Problem } from '../../host-tools/problem.js';
import { decodeQoa } from '../media/qoa-reference.js';
import { makeMusic, reference, testFolder, tool } from '../media/sounds.js';
import { checkFat, deviceTree, EMPTY_STATE, firmwareFolder, follow, kernel, makeImage, readCard } from './card-rig.js';

const folder = testFolder();
const at = (...names: string[]): string => path.join(folder, ...names);
let made = 0;
/** A folder of its own with these files. */
function filesIn(files: Record<string, string | Buffer>): string {
  const here = at(`music-${++made}`);
  for (const [name, contents] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(here, name)), { recursive: true });
    fs.writeFileSync(path.join(here, name), contents);
  }
  return here;
}
const texts = (events: readonly CardEvent[], kind: 'notice' | 'error'): string[] =>
  events.flatMap((event) =>
    event.event !== kind
      ? []
      : event.event === 'notice'
        ? event.text
        : event.event === 'error'
          ? event.problem.line()
          : [],
  );
/** What is left beside the images when nothing goes on. */
const leftOvers = (): string[] => fs.readdirSync(folder).filter((name) => name.startsWith('.mirleft'));

const isProblem =
  (code: string, message: RegExp) =>
  (error: unknown): boolean =>
    error instanceof Problem && error.code === code && message.test(error.line());

describe('the card image', () => {
  let wav: Buffer;
  before(() => {
    wav = fs.readFileSync(makeMusic(at('m.wav'), 1, 44100, 16));
    makeMusic(at('m24.wav'), 0.5, 48000, 24, 1);
    tool('flac', '-s', '-f', at('m.wav'), '-o', at('m.flac'));
    tool('flac', '-s', '-f', at('m24.wav'), '-o', at('m24.flac'));
    tool('ffmpeg', '-v', 'error', '-y', '-i', at('m.wav'), '-c:a', 'libmp3lame', at('m.mp3'));
    tool('ffmpeg', '-v', 'error', '-y', '-i', at('m.wav'), '-c:a', 'libvorbis', at('m.ogg'));
    tool('ffmpeg', '-v', 'error', '-y', '-i', at('m.wav'), '-c:a', 'libopus', at('m.opus'));
  });
  const sound = (name: string): Buffer => fs.readFileSync(at(name));

  it('holds what a Pi boots from, the program, its settings, and music in its folders', async () => {
    const qoa = encodeQoa(new Int16Array(2000), 44100, 2);
    const music = filesIn({
      'Jazz/Live/one.wav': wav,
      'two.qoa': qoa,
      'cover.jpg': 'x',
      '.hidden.wav': wav,
      'a.txt': '',
    });
    const firmware = firmwareFolder(at('firmware'));
    fs.writeFileSync(at('tree.dtb'), deviceTree());
    const output = at('whole.img');
    const { report, events } = await makeImage({
      ...{ output, firmware, deviceTree: at('tree.dtb'), music: [music, at('m.wav')] },
    });
    checkFat(output);
    const card = readCard(output);
    assert.deepEqual([...card.keys()].sort(), [
      ...['LICENCE.broadcom', 'bcm2711-rpi-4-b.dtb', 'config.txt', 'fixup4.dat', 'fixup4cd.dat', 'kernel8.img'],
      ...['music/Jazz/Live/one.wav', 'music/m.wav', 'music/two.qoa', 'player.ini', 'player.state'],
      ...['start4.elf', 'start4cd.elf'],
    ]);
    assert.ok(card.get('music/Jazz/Live/one.wav')?.equals(wav));
    assert.ok(card.get('player.state')?.equals(EMPTY_STATE));
    assert.ok(card.get('kernel8.img')?.equals(kernel().image));
    assert.ok(card.get('start4.elf')?.equals(fs.readFileSync(path.join(firmware, 'start4.elf'))));
    const config = String(card.get('config.txt'));
    for (const line of ['arm_64bit=1', 'kernel=kernel8.img', 'kernel_address=0x80000', 'enable_gic=1', 'boot_delay=0'])
      assert.ok(config.split('\n').includes(line), line);
    assert.match(config, /^gpu_mem=16$/m);
    // Comments and keys alone, as the VideoCore reads it.
    for (const line of config.split('\n')) assert.match(line, /^$|^# |^\w+=[\w.]+$/);
    assert.deepEqual(
      report.tracks.map(({ path: name, converted }) => [name, converted]),
      [
        ...[
          ['music/Jazz/Live/one.wav', false],
          ['music/two.qoa', false],
          ['music/m.wav', false],
        ],
      ],
    );
    assert.deepEqual(
      [report.bytes, report.ignored, report.errors, report.firmware, report.interrupted],
      [64 << 20, 3, [], { date: '2026-02-03', version: '0123456789'.repeat(4), deviceTree: true }, false],
    );
    assert.ok(report.freeBytes > 50e6 && report.freeBytes < 58.7e6);
    assert.deepEqual(texts(events, 'error'), []);
    assert.deepEqual(leftOvers(), []);
  });

  it('has the larger memory split where only the larger firmware is', async () => {
    const firmware = firmwareFolder(at('full-only'));
    for (const name of ['start4cd.elf', 'fixup4cd.dat']) fs.rmSync(path.join(firmware, name));
    const { report } = await makeImage({ output: at('full.img'), firmware });
    assert.match(String(readCard(at('full.img')).get('config.txt')), /^gpu_mem=32$/m);
    assert.deepEqual(
      report.notices.map((text) => /no bcm2711-rpi-4-b\.dtb/.test(text)),
      [true],
    );
  });

  it('converts what the device does not decode, to the bit as the encoder does with reference samples', async () => {
    const names = ['m.flac', 'm24.flac', 'm.mp3', 'm.ogg', 'm.opus'];
    const music = filesIn(Object.fromEntries(names.map((name) => [`${name}/${name}`, sound(name)])));
    const { report, events } = await makeImage({ output: at('qoa.img'), music: [music] });
    assert.deepEqual(report.errors, []);
    const card = readCard(at('qoa.img'));
    const track = (name: string): Buffer => card.get(`music/${name}/${path.parse(name).name}.qoa`) as Buffer;
    const samples = Int16Array.from(reference('flac', at('m.flac')));
    assert.ok(track('m.flac').equals(encodeQoa(samples, 44100, 2)));
    for (const [name, rateHz, channels] of [
      ['m.flac', 44100, 2],
      ['m24.flac', 48000, 1],
      ['m.mp3', 44100, 2],
      ['m.ogg', 44100, 2],
      ['m.opus', 48000, 2],
    ] as const) {
      const decoded = decodeQoa(track(name));
      const frames = reference('ffmpeg', at(name)).length;
      assert.deepEqual([decoded.rateHz, decoded.channels, decoded.samples.length], [rateHz, channels, frames], name);
    }
    const converting = events.filter((event) => event.event === 'converting');
    assert.deepEqual(new Set(converting.map(({ index, count }) => `${index}/${count}`)).size, 5);
    assert.ok(converting.some(({ seconds }) => seconds > 0.4));
  });

  it('converts without loss to the WAV that flac -d makes, and to what the reference decoder hears', async () => {
    const music = filesIn({ 'm.flac': sound('m.flac'), 'm24.flac': sound('m24.flac'), 'm.mp3': sound('m.mp3') });
    await makeImage({ output: at('wav.img'), music: [music], lossless: true });
    const card = readCard(at('wav.img'));
    for (const name of ['m', 'm24']) {
      const wanted = tool('flac', '-dcs', at(`${name}.flac`));
      const [got, data] = [card.get(`music/${name}.wav`) as Buffer, wanted.indexOf('data') + 4];
      // Above 16 bits flac writes the longer format chunk.
      assert.ok(got.subarray(40).equals(wanted.subarray(data)), name);
      assert.equal(got.readUInt32LE(4), got.length - 8);
    }
    const heard = Int16Array.from(reference('ffmpeg', at('m.mp3')));
    const mp3 = card.get('music/m (2).wav') as Buffer;
    assert.equal(mp3.length, encodeWav({ rateHz: 44100, channels: 2, bits: 16, samples: heard }).length);
    let worst = 0;
    for (let i = 0; i < heard.length; i++)
      worst = Math.max(worst, Math.abs(mp3.readInt16LE(44 + 2 * i) - (heard[i] as number)));
    assert.ok(worst <= 2, String(worst));
  });

  it('is the same, byte for byte, for the same input', async () => {
    const music = filesIn({ 'b/m.flac': sound('m.flac'), 'a/m.wav': wav, 'l.m3u': 'a/m.wav\nb/m.flac\n' });
    for (const output of [at('one.img'), at('two.img')])
      await makeImage({ output, music: [music], firmware: firmwareFolder(at('firmware')) });
    assert.ok(sound('one.img').equals(sound('two.img')));
    fs.appendFileSync(path.join(music, 'a/m.wav'), 'x');
    await makeImage({ output: at('two.img'), music: [music], firmware: at('firmware') });
    assert.ok(!sound('one.img').equals(sound('two.img')));
  });

  it('names tracks in playlists as they are called on the card', async () => {
    const list = '#EXTM3U\r\none.flac\r\n./Sub\\TWO.WAV\r\n../up.wav\r\n\r\nhttp://example.org/x.mp3\r\ngone.wav';
    const music = filesIn({
      ...{ 'up.wav': wav, 'lists/one.flac': sound('m.flac'), 'lists/Sub/two.wav': wav, 'lists/a.m3u': list },
      ...{
        'lists/latin.M3U': Buffer.from('caf\xe9.wav\n', 'latin1'),
        'lists/café.wav': wav,
        'big.m3u': '#'.repeat(5e6),
      },
    });
    fs.writeFileSync(
      path.join(music, 'all.m3u8'),
      `\ufeff${path.join(music, 'up.wav')}\nfile://${music}/lists/one.flac\n`,
    );
    const { report, events } = await makeImage({ output: at('lists.img'), music: [music] });
    const card = readCard(at('lists.img'));
    assert.deepEqual(String(card.get('music/lists/a.m3u')).split('\n'), [
      ...['#EXTM3U', 'one.qoa', 'Sub/two.wav', '/music/up.wav', '', 'http://example.org/x.mp3', 'gone.wav'],
    ]);
    assert.equal(String(card.get('music/lists/latin.M3U')), 'café.wav\n');
    assert.equal(String(card.get('music/all.m3u8')), 'up.wav\nlists/one.qoa\n');
    assert.equal(report.playlists, 3);
    assert.deepEqual(
      texts(events, 'notice').map((text) => text.replace(`${music}/`, '')),
      ['lists/a.m3u names 2 that are not on the card'],
    );
    assert.match(texts(events, 'error').join('\n'), /^\S+big\.m3u: is a playlist of more than/);
  });

  it('has short names for names that differ only in letters without a capital', async () => {
    const names = ['Spaß.wav', 'Spass.wav', 'kı.wav', 'ki.wav', 'ﬁ.wav', 'fi.wav'];
    await makeImage({
      output: at('short.img'),
      music: [filesIn(Object.fromEntries(names.map((name) => [name, wav])))],
    });
    checkFat(at('short.img'));
    const found = [...readCard(at('short.img')).keys()].filter((name) => name.startsWith('music/'));
    // ı is folded like i, and so counts as the same name.
    const wanted = names.map((name) => `music/${name.replace('kı', 'kı (2)')}`);
    assert.deepEqual(new Set(found), new Set(wanted));
  });

  it('leaves out WAVs that the player refuses, each with its reason', async () => {
    const header = (options: Parameters<typeof wavHeader>[0]): Buffer => wavHeader(options);
    const of = (rateHz: number, channels: number): Buffer => {
      const file = Buffer.concat([header({ rateHz, channels, bits: 16 }), Buffer.alloc(channels * 200)]);
      patchSizes(file, 44, channels * 200);
      file.writeUInt32LE(channels * 200, 40);
      return file;
    };
    const coded = (codec: number): Buffer => {
      const file = of(44100, 2);
      file.writeUInt16LE(codec, 20);
      return file;
    };
    const music = filesIn({
      ...{ 'slow.wav': of(4000, 2), 'fast.wav': of(384_000, 2), 'six.wav': of(48000, 6), 'good.wav': of(8000, 1) },
      ...{ 'none.wav': header({ rateHz: 44100, channels: 2, bits: 16 }), 'stub.wav': wav.subarray(0, 30) },
      ...{ 'adpcm.wav': coded(2), 'alaw.wav': coded(6), 'stub.qoa': Buffer.from('qoaf\0\0\0\x01') },
    });
    const { report, events } = await makeImage({ output: at('refused.img'), music: [music] });
    assert.deepEqual(
      report.tracks.map((track) => track.path),
      ['music/good.wav'],
    );
    const told = texts(events, 'error').map((line) => path.basename(line.slice(0, line.indexOf(';'))));
    assert.deepEqual(told, [
      'adpcm.wav: is a WAV with Microsoft ADPCM, which the device cannot decode',
      'alaw.wav: is a WAV with A-law, which the device cannot decode',
      'fast.wav: has a sampling rate of 384000 Hz, and 8 to 192 kHz are played',
      'none.wav: has no frames',
      'six.wav: is neither mono nor stereo but has 6 channels',
      'slow.wav: has a sampling rate of 4000 Hz, and 8 to 192 kHz are played',
      'stub.qoa: has no frames',
      'stub.wav: ends before its sound',
    ]);
  });

  it('gives sound an ending by which the player finds it', async () => {
    const qoa = encodeQoa(new Int16Array(2000), 44100, 2);
    const music = filesIn({ 'take 1.5': wav, plain: qoa, 'fine.WAVE': wav, 'odd.mp3': wav });
    const { events } = await makeImage({ output: at('endings.img'), music: [music] });
    assert.deepEqual([...readCard(at('endings.img')).keys()].filter((name) => name.startsWith('music/')).sort(), [
      'music/fine.WAVE',
      'music/odd.mp3',
      'music/plain.qoa',
      'music/take 1.5.wav',
    ]);
    assert.match(texts(events, 'notice').join('\n'), /plain is music\/plain\.qoa on the card/);
  });

  it('tells what the player does not take of so much', () => {
    const told = (paths: string[]): string => {
      const events: CardEvent[] = [];
      tellLimits(paths, (event) => events.push(event));
      return texts(events, 'notice').join('\n');
    };
    const tracks = (count: number, folders: number, name = ''): string[] =>
      Array.from({ length: count }, (_, i) => `music/${i % folders}/${name}${i}.qoa`);
    // The folder of all of them is one more.
    assert.equal(told([...tracks(8192, 2047), 'music/list.m3u']), '');
    assert.match(told(tracks(8193, 2047)), /^the card has 8193 tracks, and the player takes 8192; [^\n]*$/);
    assert.match(told(tracks(4000, 2048)), /^the card has 2049 folders, and the player looks into 2048; [^\n]*$/);
    assert.match(
      told(tracks(8000, 2, 'ä'.repeat(60))),
      /^the card has tracks whose paths are \d{7} bytes long together, /,
    );
    const deep = Array.from({ length: 800 }, (_, i) => `${'x'.repeat(160)}${i}/a.wav`);
    assert.match(told(deep), /^the card has folders whose paths are 131\d{3} bytes long together, /);
  });

  it('takes hostile names, and says what they became', async () => {
    const music = filesIn({
      ...{
        'a:b?.wav': wav,
        'song.wav': wav,
        'SONG.WAV': wav,
        'x/1.wav': wav,
        'X/2.wav': wav,
        'same.flac': sound('m.flac'),
      },
      ...{ 'same.qoa': encodeQoa(new Int16Array(20), 8000, 1), 'same.mp3': sound('m.mp3'), '-rf $(x) `y`.wav': wav },
      ...{ 'line\nbreak.wav': wav, 'dots...wav': wav, 'CON.wav': wav, 'e\u0301.wav': wav },
    });
    const broken = Buffer.concat([Buffer.from(`${music}/`), Buffer.from([0xff, 0xfe]), Buffer.from('.wav')]);
    fs.writeFileSync(broken, wav);
    fs.symlinkSync('..', path.join(music, 'x/circle'));
    const { report, events } = await makeImage({ output: at('hostile.img'), music: [music] });
    checkFat(at('hostile.img'));
    assert.deepEqual(report.errors, []);
    assert.deepEqual([...readCard(at('hostile.img')).keys()].filter((name) => name.startsWith('music/')).sort(), [
      ...['music/-rf $(x) `y`.wav', 'music/SONG.WAV', 'music/X/1.wav', 'music/X/2.wav', 'music/_CON.wav'],
      ...['music/__.wav', 'music/a_b_.wav', 'music/dots...wav', 'music/line_break.wav', 'music/same (2).qoa'],
      ...['music/same (3).qoa', 'music/same.qoa', 'music/song (2).wav', 'music/é.wav'],
    ]);
    const notices = texts(events, 'notice').join('\n');
    assert.match(notices, /a:b\?\.wav is music\/a_b_\.wav on the card/);
    assert.match(notices, /same\.mp3 is music\/same \(\d\)\.qoa on the card/);
    const long = filesIn({ [`${'f'.repeat(130)}/${'g'.repeat(130)}.wav`]: wav, 'ok.wav': wav });
    const other = await makeImage({ output: at('hostile.img'), music: [long] });
    assert.match(texts(other.events, 'error').join('\n'), /g\.wav: has a path of 271 characters on the card/);
    assert.deepEqual(
      other.report.tracks.map((track) => track.path),
      ['music/ok.wav'],
    );
  });

  it('tells each track that cannot be decoded or does not fit, and takes the rest', async () => {
    const half = sound('m.flac').subarray(0, sound('m.flac').length / 2);
    const large = Buffer.concat([wav, Buffer.alloc(40 << 20)]);
    const music = filesIn({
      ...{
        '1 large.wav': large,
        '2 large.wav': large,
        '3.wav': wav,
        'cut.flac': half,
        'x.mp3': 'no music',
        'y.m4a': 'x',
      },
      'empty.flac': Buffer.from('fLaC'),
    });
    const { report, events } = await makeImage({ output: at('small.img'), music: [music], size: 64 << 20 });
    checkFat(at('small.img'));
    assert.deepEqual(
      report.tracks.map((track) => track.path),
      ['music/1 large.wav', 'music/3.wav', 'music/cut.qoa'],
    );
    const errors = texts(events, 'error').map((line) => path.basename(line.slice(0, line.indexOf(': '))));
    assert.deepEqual(errors.sort(), ['2 large.wav', 'cut.flac', 'empty.flac', 'x.mp3', 'y.m4a']);
    assert.match(texts(events, 'error').join('\n'), /2 large\.wav: does not fit, with \d+ bytes/);
    assert.equal(report.errors.length, 5);
    // Without a size it grows.
    const grown = await makeImage({ output: at('small.img'), music: [music] });
    assert.deepEqual([grown.report.bytes, grown.report.tracks.length], [128 << 20, 4]);
    checkFat(at('small.img'));
    await assert.rejects(
      makeImage({ output: at('tiny.img'), size: 64 << 20, build: { ...kernel(), image: Buffer.alloc(60 << 20) } }),
      isProblem('no-room', /not even what is no music fits/),
    );
    await assert.rejects(makeImage({ output: at('t.img'), music: ['gone'] }), isProblem('not-found', /^gone: /));
    assert.deepEqual(leftOvers(), []);
  });

  it('replaces an image of ours, and nothing else but by force', async () => {
    const output = at('replace.img');
    await makeImage({ output });
    const before = sound('replace.img');
    const held = fs.openSync(output, 'r');
    await makeImage({ output, build: kernel('two') });
    assert.match(String(readCard(output).get('kernel8.img')), /^kernel two/);
    assert.ok(fs.readFileSync(held).equals(before), 'whoever reads the old one goes on doing so');
    fs.closeSync(held);
    fs.writeFileSync(output, 'my thesis');
    await assert.rejects(makeImage({ output }), isProblem('would-overwrite', /no card image of ours; --force/));
    assert.equal(fs.readFileSync(output, 'utf8'), 'my thesis');
    await makeImage({ output, force: true });
    checkFat(output);
    await assert.rejects(makeImage({ output: folder, force: true }), isProblem('usage', /no regular file/));
    for (const device of ['/dev/none', '/dev/disk/../none'])
      await assert.rejects(
        makeImage({ output: device }),
        isProblem('would-overwrite', /among the devices.*mirleft flash/),
      );
    assert.ok(!fs.existsSync('/dev/none'));
    await assert.rejects(makeImage({ output: at('no/such/x.img') }), isProblem('not-found', /folder does not exist/));
    await assert.rejects(
      makeImage({ output: at('n.img'), firmware: folder }),
      isProblem('not-found', /no start4\.elf/),
    );
    await assert.rejects(
      makeImage({ output: at('n.img'), settings: at('m.wav') }),
      isProblem('unknown-format', /no text/),
    );
    assert.ok(!fs.existsSync(at('n.img')));
    fs.writeFileSync(at('car.ini'), 'volume_db = -3\n');
    await makeImage({ output, settings: at('car.ini') });
    assert.equal(String(readCard(output).get('player.ini')), 'volume_db = -3\n');
    assert.deepEqual(leftOvers(), []);
  });

  it('leaves what was there when it is interrupted, while it converts and while it writes', async () => {
    const output = at('stopped.img');
    await makeImage({ output });
    const before = sound('stopped.img');
    const music = filesIn({ 'm.flac': sound('m.flac'), 'a.wav': Buffer.concat([wav, Buffer.alloc(100 << 20)]) });
    for (const when of ['converting', 'writing'] as const) {
      const ending = new AbortController();
      const options = {
        output,
        music: [music],
        build: kernel('other'),
        firmware: false,
        signal: ending.signal,
      } as const;
      let seen = 0;
      const { report } = await follow(makeCardImage(options), (event) => {
        if (event.event === when && ++seen === 2) ending.abort();
      });
      assert.deepEqual([report.interrupted, seen >= 2 && seen < 15], [true, true], `${when}, ${seen} times`);
      assert.ok(sound('stopped.img').equals(before), when);
      assert.deepEqual(leftOvers(), []);
    }
  });
});
