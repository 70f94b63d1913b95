// GPIO levels, sampled by the tick; changes of header pins are queued with their tick, so that no edge longer than
// a millisecond is lost while a step is long. Pins 14 and 15 carry the UART and those beyond 27 are not on the header.
// Sampling begins when the module first asks: an event that nobody takes would call `step` for ever.
//
//   gpio_sample   for the tick's handler. Uses x0-x9.
//   gpio_take     x0 to, x1 records at most; x0 = records taken. The first call takes the levels that changes are
//                 measured from.
//   gpio_forget   for a module that is about to start: it has asked for nothing yet. Uses x0, x1.

#include "macros.inc"

.equ GPIO_QUEUE, QUEUES + LIMIT_UART_QUEUE + SEND_RING

routine gpio_sample
    load32  0, gpio_watched
    cbz     w0, 1f
    ldr     w0, =GPIO
    ldr     w1, [x0, #GPLEV0]
    adrp    x2, gpio_levels
    ldr     w3, [x2, :lo12:gpio_levels]
    str     w1, [x2, :lo12:gpio_levels]
    eor     w3, w3, w1
    ldr     w4, =HEADER_PINS
    tst     w3, w4
    b.eq    1f
    ldr     w4, [x0, #GPLEV1]
    mrs     x5, cntvct_el0
    adrp    x6, gpio_written
    ldr     x7, [x6, :lo12:gpio_written]
    load    x8, gpio_taken
    sub     x8, x7, x8
    cmp     x8, #LIMIT_GPIO_QUEUE
    b.hs    2f
    and     x8, x7, #LIMIT_GPIO_QUEUE - 1
    ldr     w9, =GPIO_QUEUE
    add     x9, x9, x8, lsl #GPIO_RECORD_SHIFT
    stp     w1, w4, [x9]
    str     x5, [x9, #8]
    add     x7, x7, #1
    str     x7, [x6, :lo12:gpio_written]
1:  ret
2:  adrp    x6, gpio_lost
    ldr     x7, [x6, :lo12:gpio_lost]
    add     x7, x7, #1
    str     x7, [x6, :lo12:gpio_lost]
    ret

routine gpio_take
    adrp    x2, gpio_watched
    ldr     w3, [x2, :lo12:gpio_watched]
    cbnz    w3, 3f
    ldr     w3, =GPIO
    ldr     w3, [x3, #GPLEV0]
    store   w3, gpio_levels, x4
    mov     w3, #1
    str     w3, [x2, :lo12:gpio_watched]
3:  load    x2, gpio_written
    adrp    x3, gpio_taken
    ldr     x4, [x3, :lo12:gpio_taken]
    sub     x5, x2, x4
    cmp     x1, x5
    csel    x1, x1, x5, lo
    ldr     w5, =GPIO_QUEUE
    mov     x6, x1
1:  cbz     x6, 2f
    and     x7, x4, #LIMIT_GPIO_QUEUE - 1
    add     x7, x5, x7, lsl #GPIO_RECORD_SHIFT
    ldp     x8, x9, [x7]
    stp     x8, x9, [x0], #16
    add     x4, x4, #1
    sub     x6, x6, #1
    b       1b
2:  str     x4, [x3, :lo12:gpio_taken]
    mov     x0, x1
    ret

// The tick queues nothing more once the flag is down.
routine gpio_forget
    store   wzr, gpio_watched, x0
    load    x0, gpio_written
    store   x0, gpio_taken, x1
    ret

variable gpio_watched, 4               // the module has asked for changes
variable gpio_levels, 4
variable gpio_written, 8                // records ever queued and ever taken
variable gpio_taken, 8
variable gpio_lost, 8
