import { send, exit, Exit, info, Info } from '../../drivers/board';
function say(text: string): void {
  const bytes = String.UTF8.encode(text);
  send(changetype<usize>(bytes), bytes.byteLength);
}
export function start(generation: i32): void {
  say('hello generation=' + generation.toString() + ' level=' + info(Info.EntryLevel).toString() + '\n');
}
export function step(events: i32): i64 {
  say('step ' + events.toString() + '\n');
  exit(Exit.End, 7);
  return i64.MAX_VALUE;
}
