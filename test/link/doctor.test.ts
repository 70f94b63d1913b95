// What the doctor finds: on lines in memory whose other end is played, on pseudo terminals, and on a board.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { Channel, Control } from '../../firmware/link/protocol.js';
import { VirtualClock } from '../../host-tools/link/clock.js';
import { examine, examineLine, judgeAccess, type Finding } from '../../host-tools/link/doctor.js';
import { makeFrame } from '../../host-tools/link/frames.js';
import { memoryPair } from '../../host-tools/link/memory-pair.js';
import { Link } from '../../host-tools/link/link.js';
import { lockPort } from '../../host-tools/link/port-lock.js';
import { openSerialPort } from '../../host-tools/link/serial-port.js';
import type { Transport } from '../../host-tools/link/transport.js';
import { start, when } from '../cli/mirleft.js';
import { DeviceRig } from './device-rig.js';

/** Lets time pass until the promise settles. */
async function drive<Result>(clock: VirtualClock, promise: Promise<Result>): Promise<Result> {
  let isSettled = false;
  const settle = (): void => void (isSettled = true);
  promise.then(settle, settle);
  for (await turn(); !isSettled; await turn()) {
    if (clock.now() > 60_000) throw new Error('nothing came of it within a minute');
    if (clock.nextAt < Infinity) clock.runTo(clock.nextAt);
  }
  return promise;
}

async function all(findings: AsyncGenerator<Finding>): Promise<Finding[]> {
  const list: Finding[] = [];
  for await (const finding of findings) list.push(finding);
  return list;
}

/** What is found on a line whose other end does as told. */
async function found(other: (end: Transport, clock: VirtualClock) => void, baud = 115_200): Promise<Finding[]> {
  const clock = new VirtualClock();
  const [here, there] = memoryPair(clock, { baud });
  other(there, clock);
  return drive(clock, all(examineLine({ transport: here })));
}

const only = (findings: Finding[]): Finding => {
  assert.equal(findings.length, 1, JSON.stringify(findings));
  return findings[0] as Finding;
};

describe('the doctor on a line', () => {
  it('hears nothing: power, or TX and RX swapped', async () => {
    const finding = only(await found(() => undefined));
    assert.equal(finding.outcome, 'wrong');
    assert.match(finding.text, /nothing comes back/);
    assert.match(finding.hint ?? '', /switched on.*swapped.*GPIO 15/);
  });

  it('hears itself: TX and RX joined', async () => {
    const finding = only(await found((end) => (end.onBytes = (bytes) => void end.write(bytes))));
    assert.equal(finding.outcome, 'wrong');
    assert.match(finding.text, /TX and RX are joined/);
  });

  it('hears a board that only prints, also after a stray zero byte, and shows a line of it made harmless', async () => {
    for (const before of ['', '\0']) {
      const finding = only(
        await found((end) => {
          end.onBytes = () => void end.write(Buffer.from(`${before}raspberrypi login: \x1b]0;x\x07\r\n`));
        }),
      );
      assert.equal(finding.outcome, 'wrong');
      assert.match(finding.text, /prints text at 115200 baud.*raspberrypi login/);
      assert.doesNotMatch(finding.text, /[\x00-\x1f\x7f]/);
    }
  });

  it('hears a board that prints at another rate', async () => {
    const findings = await found((end, clock) => {
      void end.setBaud(9600);
      const say = (): void => {
        void end.write(Buffer.from('U-Boot 2024.01\r\n'));
        clock.at(clock.now() + 50, say);
      };
      say();
    });
    assert.match(only(findings).text, /prints text at 9600 baud.*U-Boot/);
  });

  it('hears noise', async () => {
    const finding = only(
      await found((end) => {
        let seed = 1;
        end.onBytes = (bytes) =>
          void end.write(bytes.map(() => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) >>> 16));
      }),
    );
    assert.match(finding.text, /make sense at no rate/);
    assert.match(finding.hint ?? '', /GND/);
  });

  it('is refused: another version', async () => {
    const refuse = Uint8Array.of(Control.Refuse, 7, 9, ...Buffer.from('older than\x1b[2J me'));
    const wire = makeFrame({ version: 9, channel: Channel.Control, session: 0, sequence: 0, payload: refuse });
    const finding = only(await found((end) => (end.onBytes = () => void end.write(wire))));
    assert.equal(finding.check, 'version');
    assert.match(finding.text, /versions 7 to 9 .* this program 1: older than\\x1b\[2J me/);
    assert.match(finding.hint ?? '', /this program up to date/);
  });

  async function board(): Promise<{ clock: VirtualClock; rig: DeviceRig; here: Transport; there: Transport }> {
    const clock = new VirtualClock();
    const rig = await DeviceRig.make(clock);
    const [here, there] = memoryPair(clock, { baud: 115_200 });
    rig.connect(there);
    return { clock, rig, here, there };
  }

  it('finds a board, and the rate that works', async () => {
    const { clock, rig, here } = await board();
    const findings = await drive(clock, all(examineLine({ transport: here })));
    assert.ok(
      findings.every(({ outcome }) => outcome !== 'wrong'),
      JSON.stringify(findings),
    );
    assert.match(findings[0]?.text ?? '', /^Mirleft .* answers at 115200 baud/);
    assert.match(findings.find(({ check }) => check === 'rate')?.text ?? '', /^[34]000000 baud works/);
    clock.runTo(clock.now() + 50);
    assert.equal(rig.program.exports.isOpen(), 0, 'the session is ended, for whoever comes next');
  });

  it('finds a board that was left in a fast session, and ends that', async () => {
    const { clock, here, there } = await board();
    const link = await drive(clock, Link.connect(here));
    assert.equal(await drive(clock, link.setBaud(921_600)), 921_600);
    // Its host was killed; the next one begins at the rate at power on.
    await drive(clock, here.setBaud(115_200));
    assert.ok(Math.abs(there.baud / 921_600 - 1) < 0.01);
    const findings = await drive(clock, all(examineLine({ transport: here })));
    assert.match(findings[0]?.text ?? '', /answers at 921600 baud.*had not been ended/);
    assert.equal(findings[0]?.outcome, 'note');
    assert.match(findings.find(({ check }) => check === 'rate')?.text ?? '', /^[34]000000 baud works/);
  });

  it('finds a board that listens at another rate only', async () => {
    const { clock, rig, here, there } = await board();
    await there.setBaud(460_800);
    rig.connect(there);
    const finding = only(await drive(clock, all(examineLine({ transport: here }))));
    assert.equal(finding.outcome, 'wrong');
    assert.match(finding.text, /at 460800 baud only/);
  });
});

describe('the doctor before the line', () => {
  it('tells whose port it is', () => {
    const access = { mayOpen: false, group: 'dialout', user: 'ada', isMember: false };
    assert.equal(judgeAccess('/dev/ttyUSB0', { ...access, mayOpen: true }).outcome, 'fine');
    assert.match(judgeAccess('/dev/ttyUSB0', access).hint ?? '', /usermod -aG dialout ada/);
    assert.match(judgeAccess('/dev/ttyUSB0', { ...access, isMember: true }).hint ?? '', /log out and in/);
  });

  it('sees no port, no socket, and a port that another run of mirleft holds', async () => {
    assert.match(only(await all(examine({ port: '/dev/ttyNOT0' }))).text, /no such port/);
    for (const port of ['/dev/null', 'package.json', 'no-such', '']) {
      const finding = only(await all(examine({ port })));
      assert.deepEqual([finding.check, finding.outcome], ['adapter', 'wrong']);
      assert.match(finding.text, /is no serial port|no such port|is empty/);
      assert.equal(/still run/.test(finding.hint ?? ''), port === 'no-such');
    }
    const nobody = only(await all(examine({ port: 'tcp:127.0.0.1:1' })));
    assert.equal(nobody.outcome, 'wrong');
    assert.match(nobody.text, /nobody listens/);
    const lock = lockPort('tcp:127.0.0.1:1');
    try {
      const held = only(await all(examine({ port: 'tcp:127.0.0.1:1' })));
      assert.equal(held.check, 'owner');
      assert.match(held.text, new RegExp(`held by process ${process.pid}`));
    } finally {
      lock.release();
    }
  });

  it('ends as a command with status 1 and the next step, also as JSON', async () => {
    const ran = await start('.', ['doctor', '--port', '/dev/ttyNOT0', '--json']).ended;
    assert.equal(ran.status, 1);
    const report = JSON.parse(ran.stdout) as { isFine: boolean; findings: Finding[]; errors: unknown[] };
    assert.equal(report.isFine, false);
    assert.deepEqual(report.errors, []);
    assert.equal(report.findings[0]?.check, 'adapter');
    const empty = await start('.', ['doctor', '-p', '', '-j']).ended;
    assert.deepEqual([empty.status, /the name of a port is wanted/.test(empty.stderr)], [2, true]);
    const plain = await start('.', ['doctor', '--port', '/dev/ttyNOT0']).ended;
    assert.equal(plain.status, 1);
    assert.match(plain.stdout, /^wrong {2}adapter .*\n +is the adapter plugged in/);
  });

  for (const command of ['doctor', 'crash', 'log'])
    it(`is broken off by Ctrl-C on a line that says nothing: ${command}`, async () => {
      let heard = 0;
      const silent = net.createServer((socket) => {
        socket.on('data', (bytes) => (heard += bytes.length)).on('error', () => undefined);
      });
      await once(silent.listen(0, '127.0.0.1'), 'listening');
      try {
        const { port } = silent.address() as net.AddressInfo;
        const running = start('.', [command, '--port', `tcp:127.0.0.1:${port}`]);
        await when(() => heard > 0, 'its question');
        running.child.kill('SIGINT');
        const { status, stdout, stderr } = await running.ended;
        assert.equal(status, 130, stderr);
        assert.doesNotMatch(stdout + stderr, /nothing comes back|does not answer/);
        assert.match(stderr, /was broken off\n$/);
      } finally {
        silent.close();
      }
    });
});

describe('the doctor on a pseudo terminal', () => {
  /** A terminal whose other end is this process: what is written to it comes here, and the other way round. */
  async function pseudoTerminal() {
    const child = spawn('script', ['-qfc', 'stty raw -echo; echo at $(tty) end; exec sleep 600', '/dev/null']);
    let said = '';
    child.stdout.on('data', (bytes: Buffer) => (said += bytes.toString('latin1')));
    const at = (): string | undefined => /at (\S+) end/.exec(said)?.[1];
    await when(() => at() !== undefined, 'the name of the terminal');
    return { child, path: at() as string };
  }

  it('sees who holds it', async () => {
    const { child, path } = await pseudoTerminal();
    try {
      const findings = await all(examine({ port: path }));
      const owner = findings.find(({ check }) => check === 'owner');
      assert.equal(owner?.outcome, 'wrong', JSON.stringify(findings));
      assert.match(owner.text, /held by process \d+ \(.*sleep 600/);
    } finally {
      child.kill();
    }
  });

  it('hears itself on one that is looped', async () => {
    const { child, path } = await pseudoTerminal();
    child.stdout.on('data', (bytes: Buffer) => child.stdin.write(bytes));
    try {
      const transport = await openSerialPort(path, lockPort(path));
      try {
        const finding = only(await all(examineLine({ transport })));
        assert.match(finding.text, /TX and RX are joined/);
      } finally {
        await transport.close();
      }
    } finally {
      child.kill();
    }
  });
});
