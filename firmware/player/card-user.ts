// What the player says to a host that changes its card.

import { CardUser } from '../link/file-interfaces';
import { CardSession } from './card-session';

export class PlayersCard extends CardUser {
  constructor(private readonly session: CardSession) {
    super();
  }

  get mayChange(): bool {
    return !this.session.isLooking;
  }

  release(directory: u32, index: i32): bool {
    return !this.session.card.keeper.holds(directory, index) && this.session.release(directory, index);
  }

  changed(): void {
    this.session.list.changed();
  }
}
