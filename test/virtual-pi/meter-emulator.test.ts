import assert from 'node:assert/strict';
import { music } from '../../host-tools/bench/music.js';
import { parseFields } from '../../host-tools/build/faults.js';
import { encodeQoa } from '../../host-tools/media/qoa.js';
import { meter } from '../../host-tools/virtual-pi/cpu/meter.js';
import { bootInstructions } from '../../host-tools/virtual-pi/cpu/cpu.js';
import { random } from '../support/decoder.js';
import { testFirmware } from '../support/firmware.js';
import { runQemu } from '../support/qemu.js';
import { chunk, fmt, riff } from '../support/wav.js';
import { INSTRUCTIONS_A_TICK, runMetered } from './meter-rig.js';

const BLOCK_BYTES = 512;
const BLOCK_FRAMES = 505;
const TOLERANCE = 0.15;

/** A stereo WAV file of IMA ADPCM whose codes are noise. */
function adpcm(blocks: number): Buffer {
  const { below } = random(7);
  const data = Buffer.from(Array.from({ length: blocks * BLOCK_BYTES }, () => below(256)));
  for (let at = 0; at < data.length; at += BLOCK_BYTES) {
    for (const channel of [0, 4]) data.set([below(89), 0], at + channel + 2);
  }
  const extra = Buffer.from([2, 0, BLOCK_FRAMES & 0xff, BLOCK_FRAMES >> 8]);
  return riff([fmt({ tag: 0x11, bits: 4, blockBytes: BLOCK_BYTES, extra }), chunk('data', data)]);
}

function ramDisk(): Buffer {
  const qoa = encodeQoa(music(0.25), 44_100, 2);
  const ima = adpcm(40);
  const head = Buffer.alloc(8);
  head.writeUInt32LE(qoa.length, 0);
  head.writeUInt32LE(ima.length, 4);
  return Buffer.concat([head, qoa, ima, Buffer.alloc(-(qoa.length + ima.length) & 3)]);
}

describe('virtual-pi/meter beside the emulator', () => {
  const NAMES = ['qoa', 'ima', 'stages', 'mixer', 'start', 'chain'];
  const emulated = new Map<string, Record<string, string>>();
  const charged = new Map<string, Record<string, string>>();

  before(async () => {
    const disk = ramDisk();
    const firmware = await testFirmware('meter');
    const words = Array.from({ length: disk.length / 4 }, (_, i) => disk.readUInt32LE(4 * i));
    const { console, status } = await runQemu(firmware, { words, deterministic: true });
    assert.equal(status, 0, console);
    const read = (text: string, into: typeof emulated): void => {
      for (const [, name = '', rest = ''] of text.matchAll(/^meter (\w+) (.*)$/gm)) into.set(name, parseFields(rest));
    };
    read(console, emulated);
    read(runMetered(meter(firmware.wasm).wasm, disk), charged);
  });

  it('knows what comes before start', async () => {
    const { wasm } = await testFirmware('meter');
    const wanted = Number(emulated.get('boot')?.['ticks']) * INSTRUCTIONS_A_TICK;
    const { before } = bootInstructions(wasm);
    assert.ok(Math.abs(before / wanted - 1) <= TOLERANCE, `${before} instead of ${wanted}`);
  });

  for (const name of NAMES) {
    it(`charges ${name} what it takes there`, () => {
      const there = emulated.get(name);
      const here = charged.get(name);
      assert.ok(there && here);
      assert.equal(here['frames'], there['frames']);
      const error = Number(here['ticks']) / Number(there['ticks']) - 1;
      assert.ok(Math.abs(error) <= TOLERANCE, `${name}: ${(100 * error).toFixed(1)} % off`);
    });
  }
});
