// Commands of an SD memory card as words for the controller (transfer mode, and the command in the upper half), and
// the card's status. SD Physical Layer Simplified Specification (PLSS), 4.7.4 (Commands), 4.10.1 (Card Status).

/** GO_IDLE_STATE. */
export const CMD0: u32 = 0x00000000;
/** SEND_OP_COND of an MMC. */
export const CMD1: u32 = 0x01020000;
/** ALL_SEND_CID, SEND_RELATIVE_ADDR, SELECT_CARD, SEND_IF_COND, SEND_CSD. */
export const CMD2: u32 = 0x02090000;
export const CMD3: u32 = 0x031a0000;
export const CMD7: u32 = 0x071b0000;
export const CMD8: u32 = 0x081a0000;
export const CMD9: u32 = 0x09090000;
/** SWITCH_FUNC, with its block of 64 bytes. */
export const CMD6: u32 = 0x063a0010;
/** STOP_TRANSMISSION, of type abort. */
export const CMD12: u32 = 0x0cdb0000;
/** SEND_STATUS, SET_BLOCKLEN. */
export const CMD13: u32 = 0x0d1a0000;
export const CMD16: u32 = 0x101a0000;
/** READ_SINGLE_BLOCK; READ_MULTIPLE_BLOCK with automatic CMD12. */
export const CMD17: u32 = 0x113a0010;
export const CMD18: u32 = 0x123a0036;
/** WRITE_BLOCK; WRITE_MULTIPLE_BLOCK with automatic CMD12. */
export const CMD24: u32 = 0x183a0000;
export const CMD25: u32 = 0x193a0026;
/** APP_CMD, and what follows it: SET_BUS_WIDTH, SD_SEND_OP_COND. */
export const CMD55: u32 = 0x371a0000;
export const ACMD6: u32 = 0x061a0000;
export const ACMD41: u32 = 0x29020000;

/** Errors that a card tells of itself: address, block length, ECC, controller, general. */
const CARD_FAULT: u32 = 0x60380000;
export const OUT_OF_RANGE: u32 = 1 << 31;
export const WP_VIOLATION: u32 = 1 << 26;
/** OUT_OF_RANGE comes also of reading the last block (4.3.3), and counts in the reply to the command alone. */
export const CARD_ERRORS: u32 = CARD_FAULT | WP_VIOLATION;

/** CURRENT_STATE. */
export const STATE_SHIFT: u32 = 9;
export const STATE_MASK: u32 = 15;
export const enum CardState {
  Transfer = 4,
  Data = 5,
  Receive = 6,
  Programming = 7,
}
