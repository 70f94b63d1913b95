// PL011, 115200 baud 8N1, on GPIO 14 and 15: receive and transmit queues between interrupt and module.
//
//   uart_init        pins, clock, baud rate, interrupts
//   uart_interrupt   handler. Uses x0-x13.
//   uart_take        x0 to, x1 bytes at most; x0 = bytes taken
//   uart_send        x0 from, x1 bytes; x0 = bytes queued
//   uart_put         w0 byte, straight to the FIFO; for reports, interrupts masked. Keeps all but x0-x3. Waits 1/32 s
//                    at most; after a byte that found no room none waits until there is some again. While
//                    uart_queueing is set it queues instead, in the half of the queue that is kept for that
//   uart_report_end  sends what was queued so
//   uart_drain       what is queued, straight to the FIFO, and waits until the line is idle; bounded
//
// Queue positions count bytes for ever; their low bits are the index.

#include "macros.inc"

.equ RECEIVE_QUEUE, QUEUES
.equ SEND_QUEUE, QUEUES + LIMIT_UART_QUEUE
.equ PUT_LIMIT_SHIFT, 5                 // one byte may take 1/32 s: more than 300 byte times

routine uart_init
    enter
    bl      uart_clock
    // Divisor times 64 = 4 * clock / baud, rounded.
    lsl     x0, x0, #2
    ldr     w1, =BAUD
    add     x0, x0, x1, lsr #1
    udiv    x0, x0, x1
    ldr     w1, =UART
    ldr     w2, =GPIO
    ldr     w3, [x2, #GPFSEL1]
    bic     w3, w3, #FSEL_UART_MASK
    ldr     w4, =FSEL_UART_ALT0
    orr     w3, w3, w4
    str     w3, [x2, #GPFSEL1]
    // Pins 32 and 33 can be this UART too (Bluetooth): as inputs they do not drive its receiver.
    ldr     w3, [x2, #GPFSEL3]
    bic     w3, w3, #FSEL_BLUETOOTH_MASK
    str     w3, [x2, #GPFSEL3]
    ldr     w3, [x2, #GPIO_PULL0]
    bic     w3, w3, #PULL_UART_MASK
    orr     w3, w3, #PULL_UART
    str     w3, [x2, #GPIO_PULL0]
    // Stopping it inside a byte would wedge the transmitter.
    bl      wait_idle
    str     wzr, [x1, #UART_CR]
    // FEN = 0 empties the FIFOs (DDI 0183 3.3.8). What a kernel before this one has left in them would keep the receive
    // interrupt from being raised again once it is cleared: that comes when a byte fills them to their level.
    str     wzr, [x1, #UART_LCRH]
    mov     w3, #INT_ALL
    str     w3, [x1, #UART_ICR]
    lsr     w3, w0, #6
    str     w3, [x1, #UART_IBRD]
    and     w3, w0, #63
    str     w3, [x1, #UART_FBRD]
    mov     w3, #LCRH_8N1_FIFO          // last: it latches the divisor, and what came meanwhile is gone, too
    str     w3, [x1, #UART_LCRH]
    mov     w3, #IFLS_VALUE
    str     w3, [x1, #UART_IFLS]
    mov     w3, #INT_RECEIVE
    str     w3, [x1, #UART_IMSC]
    mov     w3, #CR_ENABLE
    str     w3, [x1, #UART_CR]
    leave

// x1 = UART. Waits until nothing is on the wire, at most 1/32 s. Uses x2-x4.
wait_idle:
    mrs     x2, cntfrq_el0
    mrs     x3, cntpct_el0
    add     x3, x3, x2, lsr #PUT_LIMIT_SHIFT
1:  ldr     w2, [x1, #UART_FR]
    tbz     w2, #FR_BUSY_BIT, 2f
    isb
    mrs     x4, cntpct_el0
    cmp     x4, x3
    b.lo    1b
2:  ret

routine uart_interrupt
    ldr     w0, =UART
    // Cleared before the FIFO is drained: what comes meanwhile raises it again.
    ldr     w1, [x0, #UART_MIS]
    str     w1, [x0, #UART_ICR]
    ldr     w2, =RECEIVE_QUEUE
    adrp    x3, received
    ldr     x4, [x3, :lo12:received]
    load    x5, taken
    ldr     w10, =LIMIT_UART_QUEUE
    mov     x11, #0                     // lost
1:  ldr     w6, [x0, #UART_FR]
    tbnz    w6, #FR_RXFE_BIT, 4f
    ldr     w6, [x0, #UART_DR]
    ubfx    x7, x6, #DR_OE_BIT, #1      // at least one byte before this one had no room
    add     x11, x11, x7
    sub     x7, x4, x5
    cmp     x7, x10
    b.hs    3f
    and     x7, x4, #LIMIT_UART_QUEUE - 1
    strb    w6, [x2, x7]
    add     x4, x4, #1
    b       1b
3:  add     x11, x11, #1
    b       1b
4:  str     x4, [x3, :lo12:received]
    adrp    x3, uart_lost
    ldr     x4, [x3, :lo12:uart_lost]
    add     x4, x4, x11
    str     x4, [x3, :lo12:uart_lost]
    tbnz    w1, #INT_TX_BIT, fill_fifo
    ret

// x0 = UART. Moves queued bytes to the FIFO; its interrupt is on while some are left. Uses x3-x8.
fill_fifo:
    ldr     w3, =SEND_QUEUE
    load    x4, queued
    adrp    x5, sent
    ldr     x6, [x5, :lo12:sent]
1:  cmp     x6, x4
    b.eq    2f
    ldr     w7, [x0, #UART_FR]
    tbnz    w7, #FR_TXFF_BIT, 2f
    and     x7, x6, #SEND_RING - 1
    ldrb    w7, [x3, x7]
    str     w7, [x0, #UART_DR]
    add     x6, x6, #1
    b       1b
2:  str     x6, [x5, :lo12:sent]
    cmp     x6, x4
    mov     w7, #INT_RECEIVE
    mov     w8, #INT_RECEIVE | INT_TX
    csel    w7, w7, w8, eq
    str     w7, [x0, #UART_IMSC]
    ret

routine uart_take
    load    x2, received
    adrp    x3, taken
    ldr     x4, [x3, :lo12:taken]
    sub     x5, x2, x4
    cmp     x1, x5
    csel    x1, x1, x5, lo
    ldr     w2, =RECEIVE_QUEUE
    mov     x6, x1
1:  cbz     x6, 2f
    and     x7, x4, #LIMIT_UART_QUEUE - 1
    ldrb    w7, [x2, x7]
    strb    w7, [x0], #1
    add     x4, x4, #1
    sub     x6, x6, #1
    b       1b
2:  str     x4, [x3, :lo12:taken]
    mov     x0, x1
    ret

routine uart_send
    enter
    adrp    x2, queued
    ldr     x3, [x2, :lo12:queued]
    load    x4, sent
    ldr     w5, =LIMIT_SEND_QUEUE
    add     x4, x4, x5
    subs    x4, x4, x3                  // room; a report may have taken more than the module's half
    csel    x4, x4, xzr, hs
    cmp     x1, x4
    csel    x9, x1, x4, lo
    ldr     w5, =SEND_QUEUE
    mov     x6, x9
1:  cbz     x6, 2f
    ldrb    w7, [x0], #1
    and     x8, x3, #SEND_RING - 1
    strb    w7, [x5, x8]
    add     x3, x3, #1
    sub     x6, x6, #1
    b       1b
2:  mrs     x10, daif
    msr     daifset, #DAIF_IRQ
    str     x3, [x2, :lo12:queued]
    ldr     w0, =UART
    bl      fill_fifo
    msr     daif, x10
    mov     x0, x9
    leave

// The limit makes a wedged or stopped line lose bytes instead of holding up the end.
routine uart_put
    load    x1, crash_at
    cbz     x1, 5f
    ldr     w2, =DMA_WINDOW + WINDOW_CRASH + WINDOW_CRASH_BYTES
    cmp     x1, x2
    b.hs    5f
    strb    w0, [x1], #1
    store   x1, crash_at, x2
5:  load32  1, uart_queueing
    cbnz    w1, 4f
    ldr     w1, =UART
    mrs     x2, cntfrq_el0
    mrs     x3, cntpct_el0
    add     x2, x3, x2, lsr #PUT_LIMIT_SHIFT
1:  ldr     w3, [x1, #UART_FR]
    tbz     w3, #FR_TXFF_BIT, 2f
    load32  3, uart_wedged
    cbnz    w3, 3f
    isb
    mrs     x3, cntpct_el0
    cmp     x3, x2
    b.lo    1b
    mov     w3, #1
    store   w3, uart_wedged, x2
3:  ret
2:  str     w0, [x1, #UART_DR]
    store   wzr, uart_wedged, x2
    ret
4:  load    x2, queued
    load    x3, sent
    sub     x3, x2, x3
    cmp     x3, #SEND_RING >> 12, lsl #12
    b.hs    3b
    ldr     w3, =SEND_QUEUE
    and     x1, x2, #SEND_RING - 1
    strb    w0, [x3, x1]
    add     x2, x2, #1
    store   x2, queued, x1
    ret

routine uart_report_end
    store   wzr, uart_queueing, x0
    mov     x1, #0
    b       uart_send

routine uart_drain
    stp     x29, x30, [sp, #-32]!
    stp     x19, x20, [sp, #16]
    mrs     x20, daif
    msr     daifset, #DAIF_IRQ
    load    x19, sent
1:  load    x0, queued
    cmp     x19, x0
    b.hs    2f
    ldr     w0, =SEND_QUEUE
    and     x1, x19, #SEND_RING - 1
    ldrb    w0, [x0, x1]
    bl      uart_put
    add     x19, x19, #1
    b       1b
2:  store   x19, sent, x0
    ldr     w1, =UART
    bl      wait_idle
    msr     daif, x20
    ldp     x19, x20, [sp, #16]
    ldp     x29, x30, [sp], #32
    ret

variable received, 8
variable taken, 8
variable uart_lost, 8
variable queued, 8
variable uart_wedged, 4                // the last byte found no room in time
variable sent, 8
variable uart_queueing, 4              // uart_put queues: there is someone left to send it
