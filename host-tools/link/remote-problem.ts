// What a board refuses of the files on its card, as a Problem.

import { LinkError } from '../../firmware/link/protocol.js';
import { Problem, type ProblemCode } from '../problem.js';
import { ANSWER_HEAD } from './file-answer.js';

/** Something refused by the device. `error` is the protocol's number. */
export class RemoteProblem extends Problem {
  constructor(
    readonly error: number,
    text: string,
    name: string,
    /** What to do; default: what the kind of error asks for. */
    next?: string,
  ) {
    const [code, hint] = KINDS[error] ?? (['unexpected', undefined] as const);
    super(code, text, { file: name === '' ? '/' : name, hint: next ?? hint });
  }
}

const KINDS: Record<number, readonly [ProblemCode, string | undefined]> = {
  [LinkError.NotFound]: ['not-found', 'mirleft ls shows what there is'],
  [LinkError.Exists]: ['would-overwrite', '-f replaces it'],
  [LinkError.Full]: ['no-room', 'mirleft df tells how much is free, mirleft rm makes room'],
  [LinkError.Card]: ['bad-card', undefined],
  [LinkError.Name]: ['usage', undefined],
  [LinkError.Kind]: ['refused', undefined],
  [LinkError.Digest]: ['verify-failed', 'did the file change meanwhile? try again'],
  [LinkError.Off]: ['refused', undefined],
  [LinkError.Busy]: ['in-use', undefined],
};

/** What the player never gives away, whatever plays. */
const PLAYER_STATE = /^player\.state$/i;

/** The error that a message of the device tells, about a name. */
export function refusal(message: Uint8Array, name: string): RemoteProblem {
  const error = message[1] ?? 0;
  if (error === Number(LinkError.Busy) && PLAYER_STATE.test(name))
    return new RemoteProblem(
      error,
      'the player keeps its place in it',
      name,
      'change it with the card in this computer',
    );
  return new RemoteProblem(error, new TextDecoder().decode(message.subarray(ANSWER_HEAD)), name);
}
