// Every command of the player's console, as a person types them: on the virtual Pi, with a card.

import assert from 'node:assert/strict';
import type { ProgramSource } from '../../host-tools/virtual-pi/board/program.js';
import { RANGE } from '../player/player-rig.js';
import { tone, wordsOf } from '../player/program-rig.js';
import { playerOf } from '../virtual-pi/pi-rig.js';
import { consoleOf, wav, type ConsoleRig } from './console-rig.js';

const FILES = {
  'a.wav': wav(30, 1),
  'b.wav': wav(20, 2),
  'Music/Für Elise.wav': wav(10, 3),
  'Music/Evening.m3u': 'Für Elise.wav\n../b.wav\n/a.wav\n',
  'data.bin': 'RIFF\x00\x10WAVE',
  'notes.txt': 'one\r\ntwo\tthree\n\x1b[31mred\n',
};

describe('the console of the player', () => {
  let program: ProgramSource;
  before(async () => {
    program = await playerOf();
  });
  const rigOf = (settings?: string): ConsoleRig => consoleOf(program, FILES, settings);

  it('shows no prompt before a line was begun, and what keys say at once', () => {
    const rig = rigOf();
    rig.type('- +');
    assert.doesNotMatch(rig.text, /\x1b|> /);
    assert.deepEqual(rig.lines().slice(-3), ['volume -8.0 dB', 'paused at 0:00 of 0:30', 'volume -6.0 dB']);
    rig.type('\r').run(20);
    assert.equal(rig.prompt, '>');
    rig.type(' +');
    assert.equal(rig.prompt, '>');
    rig.type('n +');
    assert.equal(rig.prompt, '> n +');
    rig.clean();
  });

  it('lists the commands, explains one, and knows them by their beginnings', () => {
    const rig = rigOf();
    const help = rig.command('help');
    for (const name of [
      ...['help', 'ls', 'cat', 'play', 'pause', 'stop', 'next', 'prev', 'seek', 'vol', 'queue', 'tone', 'gpio', 'peek'],
      ...['poke', 'clocks', 'temp', 'mem', 'stats', 'log', 'fs', 'reboot', 'panic'],
    ])
      assert.ok(
        help.some((row) => row.startsWith(`${name} `)),
        name,
      );
    assert.ok(help.every((row) => row.length < 80 && !/^[np] /.test(row)));
    assert.deepEqual(rig.command('help seek'), [help.find((row) => row.startsWith('seek'))]);
    assert.deepEqual(rig.command('HEL SEE'), rig.command('help seek'));
    assert.deepEqual(rig.command('xyz'), ['xyz: no such command; help lists them']);
    assert.deepEqual(rig.command('s'), ['s may be stop seek stats']);
    assert.deepEqual(rig.command('help pa'), ['pa may be pause panic']);
    assert.deepEqual(rig.command(''), ['>']);
    rig.clean();
  });

  it('says how a command is used when its arguments are wrong', () => {
    const rig = rigOf();
    for (const line of [
      ...['seek', 'seek x', 'seek 1:2:3:4', 'seek 1:99', 'seek +', 'seek 1 2', 'seek +-1', 'vol loud', 'vol -1 -2'],
      ...['vol 1.55', 'vol -', 'tone', 'tone up', 'tone left 10', 'tone left 440 x', 'tone off now', 'tone sweep 4'],
      ...['gpio x', 'gpio 5 sideways', 'gpio 5 in out', 'peek', 'peek 0xfe200000 0', 'peek 1g', 'peek 0xfe200000 65'],
      ...['poke 0xfe200000', 'poke 0xfe200000 -1', 'poke 0xfe200000 0x100000000', 'log 0', 'log x', 'log 1 2', 'cat'],
      ...['pause now', 'stop now', 'next 1', 'prev 1', 'queue 1', 'clocks 1', 'temp 1', 'mem 1', 'fs x', 'stats x'],
      ...['reboot now', 'panic now', 'help a b'],
    ].filter((line) => line !== 'vol -')) {
      const [name = ''] = line.split(' ');
      const [row = '', ...more] = rig.command(line);
      assert.ok(row.startsWith(`usage: ${name}`) && more.length === 0, `${line}: ${row}`);
    }
    assert.deepEqual(rig.command('tone left 10'), ['usage: tone left|right|both [20..20000]|sweep|off']);
    assert.deepEqual(rig.command('vol loud'), ['usage: vol [-100..0|+|-]']);
    assert.ok(!rig.pi.ended);
    rig.clean();
  });

  it('pauses, goes on, stops, seeks and sets the volume', () => {
    const rig = rigOf();
    assert.deepEqual(rig.command('pause'), ['paused at 0:00 of 0:30']);
    assert.deepEqual(rig.command('play'), ['on from 0:00 of 0:30']);
    assert.deepEqual(rig.command('play'), []);
    assert.deepEqual(rig.command('seek 0:12'), ['at 0:12 of 0:30']);
    assert.deepEqual(rig.command('seek +5'), ['at 0:17 of 0:30']);
    assert.deepEqual(rig.command('seek -0:10'), ['at 0:07 of 0:30']);
    assert.deepEqual(rig.command('seek -1:00:00'), ['at 0:00 of 0:30']);
    assert.deepEqual(rig.command('seek 25'), ['at 0:25 of 0:30']);
    assert.deepEqual(rig.command('vol'), ['volume -6.0 dB']);
    assert.deepEqual(rig.command('vol -12.5'), ['volume -12.5 dB']);
    assert.deepEqual(rig.command('vol +'), ['volume -10.5 dB']);
    assert.deepEqual(rig.command('vol -'), ['volume -12.5 dB']);
    assert.deepEqual(rig.command('vol 20'), ['volume 0.0 dB, the most']);
    assert.deepEqual(rig.command('vol -1000'), ['volume -100.0 dB, the least']);
    assert.deepEqual(rig.command('stop'), ['stopped at 0:25 of 0:30']);
    rig.run(500);
    assert.deepEqual(rig.command('play'), ['on from 0:25 of 0:30']);
    rig.run(500);
    assert.ok(rig.blocks.at(-1)?.kind === 1);
    rig.clean();
  });

  it('chooses tracks by their turn, number, path, folder and playlist', () => {
    const rig = rigOf();
    assert.deepEqual(rig.command('queue'), [
      '>    1  a.wav',
      '     2  b.wav',
      '     3  Music/Für Elise.wav',
      '3 tracks',
    ]);
    const plays = (line: string): string => {
      const from = rig.screen.row;
      rig.command(line);
      rig.run(400);
      return rig
        .rowsFrom(from)
        .filter((row) => /Hz mono/.test(row))
        .join();
    };
    assert.match(plays('next'), /2\/3 b\.wav/);
    assert.match(plays('p'), /1\/3 a\.wav/);
    assert.match(plays('n'), /2\/3 b\.wav/);
    assert.match(plays('play 3'), /3\/3 Music\/Für Elise\.wav/);
    assert.match(plays('play A.WAV'), /1\/3 a\.wav/);
    assert.match(plays('play /music/für elise.wav'), /3\/3 Music/);
    assert.match(plays('play "b.wav"'), /2\/3 b\.wav/);
    assert.match(plays('play music'), /3\/3 Music/);
    assert.deepEqual(rig.command('play 4'), ['there are tracks 1 to 3; queue shows some']);
    assert.deepEqual(rig.command('play c.wav'), ['c.wav: there is no such file; ls shows what there is']);
    assert.deepEqual(rig.command('play ../a.wav'), ['../a.wav: not a possible name']);
    assert.match(rig.command('play notes.txt').join(), /^notes.txt: not among the tracks/);
    assert.match(plays('play Music/Evening.m3u'), /1\/2 Music\/Für Elise\.wav/);
    assert.deepEqual(rig.command('queue'), ['>    1  Music/Für Elise.wav', '     2  a.wav', '2 tracks']);
    assert.match(plays('play b.wav'), /^$/);
    assert.match(plays('play /'), /1\/3 a\.wav/);
    rig.clean();
  });

  it('shows what is on the card', () => {
    const rig = rigOf();
    const list = rig.command('ls');
    assert.ok(list.includes('            Music/'), list.join('\n'));
    assert.ok(list.includes('   2646044  a.wav'));
    assert.match(list.at(-1) ?? '', /^1 folder, \d files, \d+ bytes$/);
    assert.deepEqual(rig.command('ls /MUSIC/').sort(), [
      '        31  Evening.m3u',
      '    882044  Für Elise.wav',
      '0 folders, 2 files, 882075 bytes',
    ]);
    assert.deepEqual(rig.command('ls b.wav'), ['   1764044  b.wav']);
    assert.deepEqual(rig.command('ls nothing'), ['nothing: there is no such file; ls shows what there is']);
    assert.deepEqual(rig.command('ls a.wav/b'), ['a.wav/b: not a directory']);
    assert.deepEqual(rig.command('cat notes.txt'), ['one', 'two     three', '\ufffd[31mred']);
    assert.deepEqual(rig.command('cat Music'), ['Music: a directory']);
    assert.deepEqual(rig.command('cat data.bin'), ['RIFF', 'no text from here on']);
    const volume = rig.command('fs');
    assert.match(volume[0] ?? '', /^card: 32 MiB on .* FAT16 MUSIC$/);
    assert.match(volume[1] ?? '', /^31 MiB, \d+ MiB free \(\d+ bytes\), in clusters of 2048 bytes$/);
    rig.clean();
  });

  it('completes commands, and paths with spaces, folders and other letters', () => {
    const rig = rigOf();
    const press = (keys: string): string => {
      rig.pi.type(Buffer.from(keys));
      rig.run(100);
      return rig.prompt;
    };
    assert.equal(press('q\t'), '> queue');
    assert.equal(press('\x15cat no\t'), '> cat notes.txt');
    assert.equal(press('\x15play mu\t'), '> play Music/');
    assert.equal(press('f\t'), '> play Music/Für Elise.wav');
    assert.equal(press('\x15ls xyz\t'), '> ls xyz');
    assert.equal(press('\x15vol a\t'), '> vol a');
    assert.equal(press('\x15ls nothing/a\t'), '> ls nothing/a');
    const from = rig.screen.row;
    assert.equal(press('\x15pl\x15p\t'), '> p');
    assert.equal(press('\t'), '> p');
    assert.deepEqual(rig.rowsFrom(from), ['play  pause  prev  peek  poke  panic']);
    assert.equal(press('\x15play Music/\t'), '> play Music/');
    press('\t');
    assert.match(rig.rowsFrom(from).at(-1) ?? '', /^(Für Elise\.wav|Evening\.m3u) {2}(Für Elise\.wav|Evening\.m3u)$/);
    rig.clean();
  });

  it('sounds a tone on one side while the track waits, and goes back to it without a frame lost', () => {
    const rig = rigOf('volume_db = 0\n');
    rig.run(500);
    const track = rig.trackWords().length;
    assert.deepEqual(rig.command('tone left 440'), ['tone of 440 Hz; "tone off" goes back']);
    rig.run(400);
    const pairs = rig.blocks.at(-1)?.words ?? [];
    const range = (side: number): number => {
      const words = pairs.filter((_, i) => i % 2 === side);
      return Math.max(...words) - Math.min(...words);
    };
    assert.deepEqual([range(0), range(1) > 500], [0, true]);
    assert.deepEqual(rig.command('tone sweep'), ['sweep from 20 Hz to 20 kHz; "tone off" goes back']);
    assert.deepEqual(rig.command('tone off'), ['tone off']);
    rig.run(500);
    assert.match(rig.command('pause').join(), /^paused at 0:01 of 0:30$/);
    rig.run(100);
    // The tone's words have the track's number: what is before and after it are the track's, without a frame lost.
    const words = rig.trackWords();
    const samples = wordsOf(tone(30 * 44_100, 1, 1), RANGE, 2 ** 30, 1);
    assert.deepEqual(words.slice(0, track), samples.slice(0, track));
    const rest = words.slice(-20_000);
    const at = samples.findIndex(
      (_, i) => i % 2 === 0 && rest.slice(0, 64).every((word, k) => word === samples[i + k]),
    );
    assert.deepEqual(rest, samples.slice(at, at + rest.length));
    const toneWords = rig.blocks.filter(({ kind }) => kind === 0).length;
    assert.ok(at > track - 20_000 && toneWords > 0);
    rig.clean();
  });

  it('shows pins and sets them, but those of devices', () => {
    const rig = rigOf();
    assert.equal(rig.command('gpio').length, 28);
    assert.deepEqual(rig.command('gpio 12'), ['GPIO12  low   in    pull down']);
    assert.deepEqual(rig.command('gpio 12 high'), ['GPIO12  high  out   pull down']);
    assert.deepEqual(rig.command('gpio 12 low'), ['GPIO12  low   out   pull down']);
    assert.deepEqual(rig.command('gpio 12 in'), ['GPIO12  low   in    pull down']);
    assert.match(rig.command('gpio 12 out now').join(), /^usage: gpio/);
    assert.deepEqual(rig.command('gpio 12'), ['GPIO12  low   in    pull down'], 'nothing was changed');
    assert.deepEqual(rig.command('gpio 12 up'), ['GPIO12  high  in    pull up']);
    assert.match(rig.command('gpio 12 none').join(), /^GPIO12 {2}\w+ +in$/);
    assert.match(rig.command('gpio 14').join(), /^GPIO14 {2}\w+ +alt0/);
    assert.deepEqual(rig.command('gpio 14 in'), ['gpio: pin 14 serves a device: left alone']);
    assert.deepEqual(rig.command('gpio 43 out'), ['gpio: pin 43 serves a device: left alone']);
    assert.deepEqual(rig.command('gpio 58'), ['gpio: pins are 0 to 57']);
  });

  it('reads and writes registers, and no wrong address ends the program', () => {
    const rig = rigOf();
    assert.match(rig.command('peek 0xfe200034').join(), /^fe200034: [0-9a-f]{8}$/);
    assert.match(
      rig.command('peek 0xFE003000 6').join('\n'),
      /^fe003000:( [0-9a-f]{8}){4}\nfe003010:( [0-9a-f]{8}){2}$/,
    );
    assert.deepEqual(rig.command('poke 0xfe20001c 0x1000'), []);
    for (const address of ['0', '3', '0xfe200001', '0xfbfffffc', '0x100000000', '-4', '4294967296', '0x80000'])
      assert.match(rig.command(`peek ${address}`).join(), /^not an address of a register/, address);
    assert.match(rig.command('peek 0xfffffffc 2').join(), /^not an address/);
    assert.match(rig.command('poke 0x80000 1').join(), /^not an address/);
    assert.deepEqual(rig.command('peek 0xfc000000'), ['fc000000: nothing answers']);
    assert.deepEqual(rig.command('poke 0xfc000000 1'), ['fc000000: nothing answers']);
    const off = rigOf('link.peek = off\n');
    for (const line of ['peek 0xfe200034', 'poke 0xfe20001c 1', 'peek'])
      assert.deepEqual(off.command(line), ['peek and poke are off: link.peek = on in player.ini allows them']);
  });

  it('tells of clocks, temperature, memory and time', () => {
    const rig = rigOf();
    const clocks = rig.command('clocks').join('\n');
    assert.match(clocks, /^ARM {4}[\d.]+ MHz/);
    assert.match(clocks, /\ntimer {2}\d+\.\d\d MHz$/);
    assert.match(rig.command('temp').join(), /^\d+\.\d C$/);
    const memory = rig.command('mem').join('\n');
    const [, all = '', used = ''] = /^linear memory {2}(\d+) bytes, (\d+) in use\n/.exec(memory) ?? [];
    assert.ok(Number(used) > 8 << 20 && Number(used) <= Number(all), memory);
    assert.match(memory, /\narena {10}\d+ bytes, \d+ in use, \d+ at most so far$/);
    assert.equal(rig.command('mem').join('\n'), memory, 'nothing is allocated by all that');
    const stats = rig.run(3000) && rig.command('stats').join('\n');
    assert.match(stats, /^ahead of the jack {2}\d+\.\d ms, at least (\d+\.\d) ms\nunderruns {10}0\n/);
    assert.match(
      stats,
      /\ndecoding {11}\d+\.\d ms, \d+\.\d\d %\nvolume and words {3}\d+\.\d ms, .*\ncard {15}\d+\.\d ms/,
    );
    assert.match(stats, /\nlongest step {7}[\d.]+ ms\nticks lost {9}\d+\nUART bytes lost {4}0\nUART errors {8}none$/);
    rig.clean();
  });

  it('has the last lines that were printed, without those of commands', () => {
    const rig = rigOf();
    rig.command('help');
    rig.command('next');
    rig.run(300);
    assert.match(rig.command('log 1').join(), /^2\/3 b\.wav/);
    const log = rig.command('log');
    assert.match(log[0] ?? '', /^Mirleft /);
    assert.ok(!log.some((row) => row.startsWith('help')));
    assert.deepEqual(rig.command('log 100'), log);
  });

  it('starts again with the level down, and fails when asked to', () => {
    const rig = rigOf();
    rig.type('reboot\r').run(3000);
    assert.equal(rig.pi.ended?.kind, 'exit');
    assert.ok(
      rig.blocks
        .at(-1)
        ?.words.slice(-2)
        .every((word) => word === 0),
    );
    const other = rigOf();
    other.type('panic\r').run(1000);
    assert.ok(other.pi.ended && other.pi.ended.status !== 0);
    assert.match(other.text, /asked to fail/);
  });

  it('prints what is long piece by piece, lets Ctrl-C end it, and the sound goes on', () => {
    const long = Buffer.from(Array.from({ length: 20_000 }, (_, i) => `line ${i}\n`).join(''));
    const rig = consoleOf(program, { ...FILES, 'long.txt': long });
    rig.type('cat long.txt\r').run(4000);
    const words = rig.trackWords().length;
    rig.type('\x03').run(3000);
    assert.equal(rig.prompt, '>');
    const rows = rig.rowsFrom(0).filter((row) => row.startsWith('line '));
    assert.ok(rows.length > 1000 && rows.length < 10_000, `${rows.length} rows`);
    assert.deepEqual(
      rows.slice(0, -1),
      Array.from({ length: rows.length - 1 }, (_, i) => `line ${i}`),
    );
    assert.ok(rig.trackWords().length > words + 2 * 44_100 * 2);
    // What is typed meanwhile waits, and Ctrl-C drops it too.
    rig.type('cat long.txt\rvol\rvol -7\r').run(500);
    rig.type('\x03').run(3000);
    assert.equal(rig.prompt, '>');
    rig.type('cat notes.txt\rvol\rvol -7\r').run(3000);
    const last = rig.rowsFrom(0).slice(-6);
    const expected = ['\ufffd[31mred', '> vol', 'volume -6.0 dB', '> vol -7', 'volume -7.0 dB'];
    assert.deepEqual(last.slice(1), expected, rig.rowsFrom(0).slice(-12).join('\n'));
    rig.clean();
  });

  it('lists a folder of hundreds, and completes in it, while the sound goes on', () => {
    const many = Object.fromEntries(Array.from({ length: 600 }, (_, i) => [`many/entry number ${i}.txt`, '']));
    const rig = consoleOf(program, { ...FILES, ...many });
    const words = rig.trackWords().length;
    const rows = rig.command('ls many');
    assert.deepEqual(
      new Set(rows.slice(0, -1)),
      new Set(Object.keys(many).map((name) => `         0  ${name.slice(5)}`)),
    );
    assert.equal(rows.at(-1), '0 folders, 600 files, 0 bytes');
    rig.pi.type(Buffer.from('cat many/e\t59\t8\t'));
    rig.run(5000, () => rig.prompt.endsWith('.txt'));
    assert.equal(rig.prompt, '> cat many/entry number 598.txt');
    assert.ok(rig.trackWords().length > words + 44_100 * 2);
    rig.clean();
  });
});
