import assert from 'node:assert/strict';
import { SessionKeys } from '../../host-tools/play/session-keys.js';

describe('keys of a play session', () => {
  const sent = (...typed: string[]): string => {
    const keys = new SessionKeys();
    return typed.map((text) => Buffer.from(keys.translate(Buffer.from(text))).toString()).join('');
  };
  const NEXT = '\x1b[6~';
  const PREVIOUS = '\x1b[5~';

  it('make n and p next and previous where no line was begun', () => {
    assert.equal(sent('n', 'p', ' n+p-?n'), `${NEXT}${PREVIOUS} ${NEXT}+${PREVIOUS}-?${NEXT}`);
    assert.equal(sent('\r', 'n'), `\r${NEXT}`);
  });

  it('leave lines as they are', () => {
    assert.equal(sent('help panic\rn'), `help panic\r${NEXT}`);
    assert.equal(sent('ton\x15', 'p', 'xn\x7f\x7f', 'n'), `ton\x15${PREVIOUS}xn\x7f\x7f${NEXT}`);
    assert.equal(sent('q\x03n'), `q\x03${NEXT}`);
  });

  it('know sequences from letters, whole or in pieces', () => {
    assert.equal(sent('\x1b[Cn\x1b', '[', '1;5D', 'n', '\x1bOpn'), `\x1b[C${NEXT}\x1b[1;5D${NEXT}\x1bOp${NEXT}`);
  });
});
