// The UART's clock: the VideoCore says, else the clock manager, else the stock firmware's 48 MHz.
//
//   uart_clock   x0 = hertz, never 0. Uses x0-x9.

#include "macros.inc"

.equ MAILBOX_WAIT_SHIFT, 3              // 1/8 s for each of the two waits

routine uart_clock
    mov     x9, x30
    bl      mailbox_uart_clock
    bl      is_sane
    b.eq    1f
    ldr     w1, =CM_UART
    ldr     w2, [x1, #CM_CONTROL]       // not as a pair, which may become one access of 64 bits
    ldr     w3, [x1, #CM_DIVISOR]
    and     w2, w2, #CM_SOURCE_MASK
    cmp     w2, #CM_SOURCE_PLLD
    b.ne    2f
    and     w3, w3, #CM_DIV_MASK
    ldr     x0, =PLLD_TIMES_4096
    udiv    x0, x0, x3                  // 0 for a divisor of 0
    bl      is_sane
    b.eq    1f
2:  ldr     w0, =UART_CLOCK_DEFAULT
1:  ret     x9

// Z set when x0 is a rate that 115200 baud can be made of. Uses x1.
is_sane:
    ldr     w1, =UART_CLOCK_LOW
    cmp     x0, x1
    b.lo    3f
    ldr     w1, =UART_CLOCK_HIGH
    cmp     x0, x1
    b.hi    3f
    cmp     x0, x0
    ret
3:  cmp     sp, #0
    ret

// x0 = what the property channel says, or 0. The buffer is the end of the DMA window, which no module has used yet.
mailbox_uart_clock:
    ldr     w0, =MAILBOX_BUFFER
    mov     w1, #MAILBOX_BUFFER_BYTES
    stp     w1, wzr, [x0]
    ldr     w1, =TAG_CLOCK_RATE
    mov     w2, #8
    stp     w1, w2, [x0, #8]
    mov     w3, #CLOCK_UART
    stp     w2, w3, [x0, #16]
    stp     wzr, wzr, [x0, #24]         // rate, end of tags
    dsb     sy
    ldr     w1, =MAILBOX
    mrs     x2, cntfrq_el0
    lsr     x2, x2, #MAILBOX_WAIT_SHIFT
    isb
    mrs     x3, cntpct_el0
    add     x3, x3, x2
1:  ldr     w4, [x1, #MAILBOX_STATUS1]
    tbz     w4, #MAILBOX_FULL_BIT, 2f
    isb
    mrs     x4, cntpct_el0
    cmp     x4, x3
    b.lo    1b
    b       5f
2:  ldr     w5, =MAILBOX_BUFFER | BUS_RAM | MAILBOX_PROPERTY
    str     w5, [x1, #MAILBOX_WRITE]
    mrs     x3, cntpct_el0
    add     x3, x3, x2
3:  ldr     w4, [x1, #MAILBOX_STATUS]
    tbz     w4, #MAILBOX_EMPTY_BIT, 4f
    isb
    mrs     x4, cntpct_el0
    cmp     x4, x3
    b.lo    3b
    b       5f
4:  ldr     w4, [x1, #MAILBOX_READ]
    cmp     w4, w5
    b.ne    3b
    dmb     sy
    ldr     w4, [x0, #4]
    ldr     w5, =MAILBOX_OK
    cmp     w4, w5
    b.ne    5f
    ldr     w0, [x0, #24]
    ret
5:  mov     x0, #0
    ret
