// What the host's send window takes for lost, and when.

import assert from 'node:assert/strict';
import { Link } from '../../firmware/link/protocol.js';
import { SendWindow } from '../../host-tools/link/send-window.js';
import { WIRE_BYTES } from '../../host-tools/link/frames.js';

const ROOM = Link.Window * WIRE_BYTES;

describe('link/send-window', () => {
  let window: SendWindow;
  let now = 0;
  let sendings = 0;
  beforeEach(() => {
    window = new SendWindow(Link.Window);
    now = sendings = 0;
    fill();
    sendAll();
    // Some answers, so that it is known how long they take.
    now = 10;
    window.acknowledge(16, 0, ROOM, now);
    sendings = 0;
  });
  const fill = (): void => {
    while (window.hasRoom) window.put(new Uint8Array(WIRE_BYTES));
  };
  const sendAll = (): void => {
    for (let frame = window.turn; frame; frame = window.turn) {
      window.sent(frame, now);
      sendings++;
    }
  };
  /** Nothing comes until then. */
  const standStill = (until: number): number => {
    let late = 0;
    for (now = window.dueAt; now < until; now = window.dueAt) {
      window.late();
      sendAll();
      late++;
    }
    now = until;
    return late;
  };

  it('sends little again to a device that stood still', () => {
    fill();
    sendAll();
    const late = standStill(1000);
    assert(late >= 3 && late <= 7, String(late));
    for (let next = 20; next <= 48; next += 4) {
      window.acknowledge(next, 0, ROOM, ++now);
      sendAll();
    }
    assert(window.isEmpty);
    assert.equal(window.again, late);
  });

  it('sends all of a window again that was lost as a whole, once a new frame tells', () => {
    fill();
    sendAll();
    assert.equal(standStill(window.dueAt + 1), 1);
    // The one that was sent again has arrived; it might have been the first sending.
    window.acknowledge(17, 0, ROOM, now + 5);
    sendAll();
    assert.equal(window.again, 1);
    fill();
    sendAll();
    const before = sendings;
    // The new one has number 48, and all between is missing.
    window.acknowledge(17, 1 << 30, ROOM, now + 10);
    sendAll();
    assert.equal(sendings - before, 31);
  });

  it('sends all of a window again that was lost as a whole, also where nothing follows', () => {
    assert.equal(standStill(window.dueAt + 1), 1);
    window.acknowledge(17, 0, ROOM, now + 5);
    sendAll();
    assert.equal(window.again, 1);
    assert.equal(standStill(window.dueAt + 1), 1);
    assert.equal(window.again, 1 + 15);
    window.acknowledge(32, 0, ROOM, now + 5);
    assert(window.isEmpty);
  });

  it('takes for lost at once what was passed by', () => {
    window.acknowledge(16, 0b10, ROOM, now + 1);
    sendAll();
    assert.equal(window.again, 2); // 16 and 17; 18 has arrived
  });
});
