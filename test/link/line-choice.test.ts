// What is sent over which line.

import assert from 'node:assert/strict';
import { AudioFormat } from '../../firmware/link/protocol.js';
import { carriedBytes, chooseFormat, lineBytes, rateText, whatFits } from '../../host-tools/link/line-choice.js';

const BUFFER = 256 * 1024;
const at = (baud: number, rateHz: number, channels: number, seconds?: number) =>
  chooseFormat(rateHz, channels, lineBytes(baud), seconds, BUFFER);

describe('link/line-choice', () => {
  it('sends samples as they are where the line carries them, else QOA', () => {
    assert.equal(at(3_000_000, 48_000, 2).format, AudioFormat.Pcm16);
    assert.equal(at(921_600, 48_000, 2).format, AudioFormat.Qoa);
    assert.equal(at(921_600, 22_050, 1).format, AudioFormat.Pcm16);
    assert.equal(at(460_800, 44_100, 2).format, AudioFormat.Qoa);
    assert.equal(at(460_800, 44_100, 2).slow, undefined);
    assert.equal(chooseFormat(22_050, 1, undefined, undefined, BUFFER).format, AudioFormat.Pcm16, 'an emulator');
    assert.equal(chooseFormat(44_100, 2, undefined, undefined, BUFFER).format, AudioFormat.Qoa, 'too much for one');
    assert.equal(chooseFormat(192_000, 2, undefined, undefined, BUFFER).slow, undefined, 'no pace to keep');
  });

  it('goes by what the device says of its line', () => {
    const line = (isPaced: boolean) => ({ transport: { baud: 115_200 }, welcome: { isPaced } });
    assert.equal(carriedBytes(line(true)), lineBytes(115_200));
    assert.equal(carriedBytes(line(false)), undefined);
    assert.deepEqual([rateText(line(true)), rateText(line(false))], ['115,200 baud', 'as fast as it goes']);
  });

  it('packs what a line could not carry after all', () => {
    assert.equal(chooseFormat(48_000, 2, undefined, undefined, BUFFER, true).format, AudioFormat.Qoa);
    assert.equal(chooseFormat(8000, 1, 300_000, 10, BUFFER, true).format, AudioFormat.Qoa);
  });

  it('begins sooner on a line that is much faster', () => {
    const [easy, tight] = [at(3_000_000, 48_000, 2).startMs, at(2_200_000, 48_000, 2).startMs];
    assert.ok(easy < tight && tight <= 300, `${easy} ${tight}`);
  });

  it('fills first so much that a sound of a known length is not broken off', () => {
    const { slow, startMs, soundBytes } = at(230_400, 44_100, 2, 10);
    const line = lineBytes(230_400);
    assert.ok(slow && !slow.repeats);
    // What was saved up and what comes meanwhile is all that is played.
    assert.ok(Math.abs((startMs / 1000) * soundBytes + 10 * line - 10 * soundBytes) < 0.001 * soundBytes);
    assert.ok(Math.abs(slow.fillSeconds * line - (startMs / 1000) * soundBytes) < 0.001 * soundBytes);
  });

  it('says when it has to stop again and again, and what would fit', () => {
    const { slow, startMs, soundBytes } = at(115_200, 44_100, 2, 200);
    assert.ok(slow?.repeats);
    assert.ok((startMs / 1000) * soundBytes < BUFFER);
    assert.equal(whatFits(44_100, 2, lineBytes(230_400)), '--mono');
    assert.equal(whatFits(44_100, 2, lineBytes(115_200)), '--rate 12000');
    assert.equal(whatFits(8000, 1, 100), undefined);
  });
});
