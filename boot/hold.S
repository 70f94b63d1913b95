// Holds the jack's level when the module is late: while a step is overdue, or a module is being replaced, and less than
// 10 ms are left in the ring, blocks of the last pair are appended, as the jack driver would append them. The driver
// finds them and goes on behind them (drivers/jack-stream.ts, `lock`); its header tells all that is needed here
// (RingHeader and BlockHeader in drivers/jack-keys.ts).
//
//   jack_hold     for the tick's handler: uses x0-x17
//   jack_unlock   the module that changed the ring is gone: it will not say that it is done. Uses x0.
//   jack_forget   nothing in memory is a ring yet. Uses x0.
//
//   x0 header   w1 last block's number   x2, x3 its slot: words, control blocks   x4, x5 the new block's
//   w6 its number   w7 pairs a second   w8 its pairs   w9 source   w10 target   w11 stamp   x12-x17 scratch

#include "macros.inc"

.equ HEADER, DMA_WINDOW + WINDOW_JACK_HEADER
.equ RING_MAGIC, 0x4b43414a             // "JACK"
.equ JACK_OPEN, 1                       // JackState
.equ JACK_CAPTURE, 2                    // JackMode
.equ LEFT_A_SECOND, 100                 // 10 ms
.equ LEFT_PERIODS, 10
.equ PAIR_SHIFT, 3
.equ CONTROL_BLOCK, 32
.equ NEXT, 20                           // in a control block
.equ WAIT_RESP, 8                       // transfer information
.equ DEST_INC_BIT, 4
.equ SYSTEM_TIMER, 0xfe003004
.equ SYSTEM_TIMER_BUS, 0x7e003004
.equ DMA_CONBLK, 4
.equ DMA_START, 0x10f10007              // ACTIVE, END and INT cleared, the driver's priorities

// x\words and x\blocks = the slot of block w\number. Uses x12, x13.
.macro slot number, words, blocks
    and     w12, w\number, #WINDOW_SLOTS - 1
    ldr     w13, =DMA_WINDOW + WINDOW_JACK_DATA
    mov     w\words, #WINDOW_SLOT_BYTES
    madd    x\words, x12, x\words, x13
    ldr     w13, =DMA_WINDOW + WINDOW_JACK_BLOCKS
    mov     w\blocks, #WINDOW_SLOT_BLOCKS_BYTES
    madd    x\blocks, x12, x\blocks, x13
.endm

.macro bus reg
    orr     \reg, \reg, #BUS_RAM
.endm

routine jack_forget
    ldr     w0, =HEADER
    str     wzr, [x0, #RING_HEADER_MAGIC]
    ret

routine jack_unlock
    ldr     w0, =HEADER
    str     wzr, [x0, #RING_HEADER_BUSY]
    ret

routine jack_hold
    ldr     w0, =HEADER
    ldr     w12, [x0, #RING_HEADER_MAGIC]
    ldr     w13, =RING_MAGIC
    cmp     w12, w13
    ldr     w12, [x0, #RING_HEADER_STATE]
    ccmp    w12, #JACK_OPEN, #0, eq
    ldr     w12, [x0, #RING_HEADER_BUSY]
    ccmp    w12, #0, #0, eq
    b.ne    nothing
    ldr     w1, [x0, #RING_HEADER_LAST]
    cbz     w1, nothing
    ldr     w7, [x0, #RING_HEADER_RATE_HZ]
    ldr     w12, [x0, #RING_HEADER_REPEAT]
    mul     w7, w7, w12
    ldr     w8, [x0, #RING_HEADER_HOLD_PAIRS]
    ldr     w12, [x0, #RING_HEADER_MODE]
    cmp     w12, #JACK_CAPTURE
    b.eq    captured

    // What is left, less what the engine has played of its block: its end before that one is stamped.
    ldr     w12, =DMA_WINDOW + WINDOW_JACK_PROGRESS
    ldr     w14, [x12]
    cmp     w14, w1
    b.eq    nothing                     // it has run dry, the level is 0: the driver bridges from there
    cbz     w14, nothing                // nothing is stamped before the end of the first block, in the ramp
    mov     w6, w1
    mov     w15, #0
1:  slot    6, 4, 5
    ldr     w16, [x4, #BLOCK_HEADER_PAIRS]
    add     w15, w15, w16
    sub     w6, w6, #1
    cmp     w15, w7, lsr #3             // an eighth of a second is enough
    b.hs    nothing
    cmp     w6, w14
    b.ne    1b
    and     w12, w14, #WINDOW_SLOTS - 1
    ldr     w13, =DMA_WINDOW + WINDOW_JACK_STAMPS
    ldr     w12, [x13, x12, lsl #2]
    ldr     w13, =SYSTEM_TIMER
    ldr     w13, [x13]
    sub     w12, w13, w12
    umull   x12, w12, w7
    ldr     w13, =1000000
    udiv    x12, x12, x13
    cmp     x12, x15
    csel    x12, x12, x15, lo
    sub     w15, w15, w12
    mov     w12, #LEFT_A_SECOND
    udiv    w12, w7, w12
    cmp     w15, w12
    b.hs    nothing
    b       append

captured:
    ldr     x14, [x0, #RING_HEADER_EMPTY_TICK]
    isb
    mrs     x15, cntvct_el0
    load    x12, tick_period
    mov     x13, #LEFT_PERIODS
    madd    x13, x12, x13, x15
    cmp     x13, x14
    b.lt    nothing
    cmp     x14, x15                    // time that nobody played is over
    csel    x14, x14, x15, gt
    ldr     w12, [x0, #RING_HEADER_HOLD_TICKS]
    add     x17, x14, x12               // kept until the block is there

append:
    slot    1, 2, 3
    add     w6, w1, #1
    slot    6, 4, 5
    // As the block before it, but for what is told below.
    ldp     x12, x13, [x2, #BLOCK_HEADER_RATE_HZ]
    stp     x12, x13, [x4, #BLOCK_HEADER_RATE_HZ]
    ldr     w12, =BLOCK_MAGIC           // BlockKind.Level is 0
    stp     w12, w8, [x4, #BLOCK_HEADER_KIND]
    str     w6, [x4, #BLOCK_HEADER_NUMBER]
    ldr     x13, [x0, #RING_HEADER_FIRST_WORD]
    add     x12, x4, #WINDOW_SLOT_HEADER_BYTES
    mov     w14, w8
2:  str     x13, [x12], #8
    subs    w14, w14, #1
    b.ne    2b

    lsl     w16, w8, #PAIR_SHIFT
    ldr     w12, [x3]                   // the transfer
    ldr     w10, [x3, #8]               // and its target, unless that is memory
    tbnz    w12, #DEST_INC_BIT, memory
    add     w9, w4, #WINDOW_SLOT_HEADER_BYTES
    ldr     w11, [x0, #RING_HEADER_STAMPS]
    cbnz    w11, 3f
    and     w13, w6, #WINDOW_SLOTS - 1
    ldr     w11, =DMA_WINDOW + WINDOW_JACK_STAMPS
    add     w11, w11, w13, lsl #2
    bus     w11
    b       3f

    // Memory that a host reads: the block's place in its ring, if there is room.
memory:
    ldr     w15, =DMA_WINDOW + DMA_WINDOW_BYTES - DESCRIPTOR_FROM_END
    ldr     w11, [x0, #RING_HEADER_APPENDED]
    ldr     w13, [x15, #DESCRIPTOR_READ]
    sub     w13, w11, w13
    ldr     w14, [x15, #DESCRIPTOR_AHEAD]
    cmp     w13, w14
    b.hi    nothing
    ldr     w14, [x15, #DESCRIPTOR_BYTES]
    sub     w13, w14, #1
    and     w13, w11, w13
    sub     w14, w14, w13
    mov     w9, #WINDOW_SLOT_BYTES
    cmp     w14, w9
    b.hs    4f
    add     w11, w11, w14
    mov     w13, #0
4:  ldr     w10, [x15, #DESCRIPTOR_BASE]
    add     w10, w10, w13
    bus     w10
    mov     w9, w4
    add     w16, w16, #WINDOW_SLOT_HEADER_BYTES
    add     w11, w11, w16
    str     w11, [x0, #RING_HEADER_APPENDED]
    add     w11, w10, #BLOCK_HEADER_STAMP

    // Data, stamp, progress; the link last.
3:  bus     w9
    stp     w12, w9, [x5]
    stp     w10, w16, [x5, #8]
    add     w13, w5, #CONTROL_BLOCK
    bus     w13
    stp     wzr, w13, [x5, #16]
    stp     wzr, wzr, [x5, #24]
    mov     w14, #WAIT_RESP
    ldr     w15, =SYSTEM_TIMER_BUS
    stp     w14, w15, [x5, #CONTROL_BLOCK]
    mov     w15, #4
    stp     w11, w15, [x5, #CONTROL_BLOCK + 8]
    add     w13, w13, #CONTROL_BLOCK
    stp     wzr, w13, [x5, #CONTROL_BLOCK + 16]
    stp     wzr, wzr, [x5, #CONTROL_BLOCK + 24]
    and     w13, w6, #WINDOW_SLOTS - 1
    ldr     w12, =DMA_WINDOW + WINDOW_JACK_NUMBERS
    add     w12, w12, w13, lsl #2
    str     w6, [x12]
    bus     w12
    stp     w14, w12, [x5, #2 * CONTROL_BLOCK]
    ldr     w12, =DMA_WINDOW + WINDOW_JACK_PROGRESS
    bus     w12
    stp     w12, w15, [x5, #2 * CONTROL_BLOCK + 8]
    stp     wzr, wzr, [x5, #2 * CONTROL_BLOCK + 16]
    stp     wzr, wzr, [x5, #2 * CONTROL_BLOCK + 24]

    str     w6, [x0, #RING_HEADER_LAST]
    ldr     x12, [x0, #RING_HEADER_PAIRS]
    add     x12, x12, x8
    str     x12, [x0, #RING_HEADER_PAIRS]
    ldr     w12, [x0, #RING_HEADER_HELD]
    add     w12, w12, #1
    str     w12, [x0, #RING_HEADER_HELD]
    ldr     w12, [x0, #RING_HEADER_MODE]
    cmp     w12, #JACK_CAPTURE
    b.ne    5f
    str     x17, [x0, #RING_HEADER_EMPTY_TICK]
5:  dsb     sy
    orr     w12, w5, #BUS_RAM
    str     w12, [x3, #2 * CONTROL_BLOCK + NEXT]
    dsb     sy

    // An idle engine is started at the first block not played, which need not be this one.
    ldr     w9, [x0, #RING_HEADER_ENGINE]
    ldr     w12, [x9]
    tbnz    w12, #0, nothing
    ldr     w12, =DMA_WINDOW + WINDOW_JACK_PROGRESS
    ldr     w14, [x12]
    cmp     w14, w6
    b.eq    6f
    add     w14, w14, #1
    slot    14, 4, 5
    orr     w12, w5, #BUS_RAM
    str     w12, [x9, #DMA_CONBLK]
    ldr     w12, =DMA_START
    str     w12, [x9]
    dsb     sy
    ldr     w12, [x9]
    tbnz    w12, #0, nothing
    // In the emulator it is there already: the host may read it.
6:  ldr     w12, [x3]
    tbz     w12, #DEST_INC_BIT, nothing
    ldr     w15, =DMA_WINDOW + DMA_WINDOW_BYTES - DESCRIPTOR_FROM_END
    ldr     w12, [x0, #RING_HEADER_APPENDED]
    str     w12, [x15, #DESCRIPTOR_WRITTEN]
nothing:
    ret
