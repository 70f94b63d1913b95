// What the service of files needs of others: the way to the host, and the consent of whoever else uses the card.

/** Messages to the host, on the channel of files. */
export abstract class Outlet {
  /** Whether the next `send` will take a message. */
  abstract get isFree(): bool;
  /** Sends 1 to 1024 bytes, which are copied. False: there is no room, nothing was sent. */
  abstract send(ptr: usize, bytes: i32): bool;
}

/** Who else uses the card. */
export abstract class CardUser {
  /** Whether directories may be changed now; otherwise soon. */
  abstract get mayChange(): bool;
  /**
   * A file, by its key (see Entry), is to be removed, renamed or to get another content: lets go of it where it is only held
   * ready. False: it is in use.
   */
  abstract release(directory: u32, index: i32): bool;
  /** Files were added, removed or renamed. */
  abstract changed(): void;
}
