// The activity LED, GPIO 42, tells how far a boot came before the UART can.
//
//   stage       w0 stage: noted, and the LED changes. Uses x0-x3, no memory.
//   blink       blinks the stage's number for ever. Needs no stack and no memory.

#include "macros.inc"

.equ BLINK_SHIFT, 2                     // on and off for a quarter of a second
.equ PAUSE_QUARTERS, 6

.macro led_output
    ldr     w1, =GPIO
    ldr     w2, [x1, #GPFSEL4]
    bic     w2, w2, #7 << FSEL_LED_SHIFT
    orr     w2, w2, #1 << FSEL_LED_SHIFT
    str     w2, [x1, #GPFSEL4]
    mov     w3, #LED_BIT
.endm

routine stage
    msr     tpidr_el1, x0
    led_output
    tbnz    w0, #0, 1f
    str     w3, [x1, #GPCLR1]
    ret
1:  str     w3, [x1, #GPSET1]
    ret

routine blink
    msr     daifset, #DAIF_ALL
    led_output
1:  mrs     x4, tpidr_el1
2:  str     w3, [x1, #GPSET1]
    mov     x5, #1
    bl      quarters
    str     w3, [x1, #GPCLR1]
    mov     x5, #1
    bl      quarters
    subs    x4, x4, #1
    b.gt    2b
    mov     x5, #PAUSE_QUARTERS
    bl      quarters
    b       1b

// x5 quarters of a second; keeps x0-x4.
quarters:
    isb
    mrs     x6, cntpct_el0
    mrs     x7, cntfrq_el0
    lsr     x7, x7, #BLINK_SHIFT
    madd    x7, x7, x5, x6
3:  isb
    mrs     x6, cntpct_el0
    cmp     x6, x7
    b.lo    3b
    ret
