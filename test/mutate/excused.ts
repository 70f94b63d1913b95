// Mutants that no exercise on the virtual Pi can find, each with its reason; they are not run, and counted apart. A pattern is of the
// line as it was and as it is: `before => after`.

import type { Mutant } from './generate.js';

export interface Excuse {
  readonly file: RegExp;
  readonly pattern: RegExp;
  /** The same program in the end, or one that is another's to test. */
  readonly kind: 'equivalent' | 'elsewhere';
  readonly reason: string;
}

const CAPTURE = 'the stand-in for the jack in the emulator: test/drivers/jack-*.test.ts and QEMU';

const SWAPPED = 'what another module or the board has done to the ring: swap-jack.test.ts of boot and virtual-pi';

const elsewhere = (file: RegExp, pattern: RegExp, reason = CAPTURE): Excuse => ({
  ...{ file, pattern, reason },
  kind: 'elsewhere',
});
const equivalent = (file: RegExp, pattern: RegExp, reason: string): Excuse => ({
  ...{ file, pattern },
  kind: 'equivalent',
  reason,
});

export const excuses: readonly Excuse[] = [
  elsewhere(/jack-memory/, /./),
  elsewhere(/jack-keys/, /^export const (DESCRIPTOR|RESERVE|LEAST|BLOCK_MAGIC)/),
  elsewhere(/jack-keys/, /^(Magic[01]|Base|Bytes|Ahead|Written|Read|NotRead|Stamps|Note\w+|Kind|Pairs|Number|Stamp) =/),
  elsewhere(/jack-keys/, /^(RateHz = 8|Repeat = 12|Range = 16|Track = 20),/),
  elsewhere(/jack-keys/, /^(Level = 0|Track = 1),/),
  elsewhere(/jack-keys/, /^(Busy|Engine|Fifo = 72|EmptyTick|Appended|HoldPairs|HoldTicks|Held|HeldKnown)\b/, SWAPPED),
  elsewhere(/jack-stream/, /Header\.(Busy|Empty)/, SWAPPED),
  elsewhere(/jack-ring/, /BlockHeader\.Kind/, SWAPPED),
  elsewhere(/pwm/, /^export const CAPTURE/),
  elsewhere(/jack(-ring)?\.ts/, /CAPTURE|MEMORY_TRANSFER/),
  elsewhere(/dma/, /^export const TI_DEST_INC/),
  equivalent(
    /clock-manager/,
    /DIV_MASK: u32 = 0xffffff; => .*0x1ffffff/,
    'bits 31:24 are the password, which is never read',
  ),
  equivalent(
    /clock-manager/,
    /^write32\(divisor.* => write32\(control/,
    'the generator stands: divisor and source may come in either order',
  ),
  equivalent(
    /mailbox/,
    /write32\(message.* write32\(message.* => /,
    'words of a message in memory: nobody reads them before it is sent',
  ),
  equivalent(/dma/, /0x00ffffff\) \| 0x7e000000; => .*0x1ffffff/, 'every register is at 0xFE……, where that bit is 0'),
  equivalent(/mailbox/, /^None = 0/, 'an error is what is negative'),
  equivalent(/mailbox/, /^if \(words > 2\).*third\); => if \(words > 2\) \{\}/, 'no question has a third word but 0'),
  equivalent(
    /pwm/,
    /^this\.set\((DAT1|JackRegister\.Range1).* => this\.set\((DAT2|JackRegister\.Range2)/,
    'the two channels one after the other, at duty 0 and with an empty FIFO',
  ),
  equivalent(/power/, /_KEEP.*=> .*0x7fffffcf|_KEEP.*=> .*0x7ffffaaa/, 'the password is masked out as well'),
  equivalent(/power/, /0xff\) << 24.*=> .*0x1ff\) << 24/, 'bit 32 of 32'),
  equivalent(/pwm/, /^this\.set\(CTL, ENABLED\); write32\(this\.base \+ DMAC, 0\);/, 'no word is on its way any more'),
];

/** Why a mutant is not counted; undefined for one that is. */
export function excuseOf({ file, before, after }: Mutant): Excuse | undefined {
  return excuses.find((excuse) => excuse.file.test(file) && excuse.pattern.test(`${before} => ${after}`));
}
