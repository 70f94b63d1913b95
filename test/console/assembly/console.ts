export {
  consoleRoom,
  flushConsole,
  print,
  printByte,
  printFixed,
  printHex,
  printLine,
  printNumber,
  printTime,
} from '../../../firmware/console/console';
export { printJson, printName } from '../../../firmware/console/names';
export { nextKey } from '../../../firmware/console/keys';
import * as console from '../../../firmware/console/console';
import * as records from '../../../firmware/console/records';

const input = memory.data(4096);

/** Where the test puts bytes. */
export function inputAt(): usize {
  return input;
}

export function printSample(): void {
  console.print('Größe 𝄞 ');
}

export function recordSample(on: bool, length: i32): void {
  records.setRecords(on);
  if (!records.beginRecord('error')) return;
  records.recordNumber('index', -3);
  records.recordName('name', input, length);
  records.recordText('code', 'bad-header');
  records.recordHex('crc', 0x89abcdef, 8);
  records.endRecord();
}
