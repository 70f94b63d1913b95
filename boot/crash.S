// The crash record: a fault's report kept in the DMA window, which nothing clears at a warm reset; and whether there is one.
//
//   crash_begin     the bytes that uart_put gets from now on are kept, too
//   crash_end       seals the record: length, CRC-32, and last of all the mark that says it is whole
//   crash_restart   restarts where the program has asked for that and has run for a minute; else returns
//
// All use x0-x5. The window is not cached, so what was written is in RAM. The program reads it: firmware/link/crash.ts.

#include "macros.inc"

    .arch_extension crc

.equ RECORD, DMA_WINDOW + WINDOW_CRASH
.equ CRASH_SECONDS, 60

routine crash_begin
    ldr     w0, =RECORD
    str     wzr, [x0, #WINDOW_CRASH_MARK]
    add     x0, x0, #WINDOW_CRASH_TEXT
    store   x0, crash_at, x1
    ret

routine crash_end
    load    x2, crash_at
    cbz     x2, 3f
    store   xzr, crash_at, x1
    ldr     w0, =RECORD
    add     x1, x0, #WINDOW_CRASH_TEXT
    sub     x3, x2, x1
    str     w3, [x0, #WINDOW_CRASH_LENGTH]
    mov     w4, #-1
1:  cmp     x1, x2
    b.hs    2f
    ldrb    w5, [x1], #1
    crc32b  w4, w4, w5
    b       1b
2:  mvn     w4, w4
    str     w4, [x0, #WINDOW_CRASH_SUM]
    dsb     sy
    ldr     w1, =WINDOW_CRASH_WHOLE
    str     w1, [x0, #WINDOW_CRASH_MARK]
    dsb     sy
3:  ret

// At most once a minute: a program that fails at once must not do so for ever.
routine crash_restart
    ldr     w0, =RECORD
    ldr     w1, [x0, #WINDOW_CRASH_RULE]
    ldr     w2, =WINDOW_CRASH_RESTART
    cmp     w1, w2
    b.ne    1f
    load    x1, entry_ticks
    mrs     x2, cntvct_el0
    sub     x2, x2, x1
    mrs     x3, cntfrq_el0
    mov     x4, #CRASH_SECONDS
    mul     x3, x3, x4
    cmp     x2, x3
    b.hs    power_restart
1:  ret

variable crash_at, 8                    // where the next byte is kept; 0: none is
