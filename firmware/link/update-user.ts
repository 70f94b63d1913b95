// What the service of modules needs of a program that can bring another kernel onto its card.

import { LinkError } from './protocol';

/** Answers of an update, by `answerUpdate` of modules.ts. */
export abstract class UpdateUser {
  /**
   * A host has put a kernel of `bytes` bytes with that CRC-32 on the card as next.img, and wants it tried. LinkError.None: it
   * will be checked, which is answered later.
   */
  abstract request(bytes: i32, sum: u32): LinkError;
}
