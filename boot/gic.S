// GIC-400, non-secure view. Every interrupt is level-sensitive and goes to core 0.
//
//   gic_init           all off but the two timers and the UART
//   device_interrupt   w0 id: masks it and sets the event bit that listen named. For the interrupt handler.
//   gic_listen         w0 id, w1 event bit: clears the event, arms the interrupt
//   gic_forget         for a module that is about to start: it listens to nothing yet. Uses x0-x3.

#include "macros.inc"

// x0 register, w1 value, w2 words
.macro fill offset, value, words
    add     x3, x0, #\offset
    ldr     w1, =\value
    mov     w2, #\words
1:  str     w1, [x3], #4
    subs    w2, w2, #1
    b.ne    1b
.endm

routine gic_init
    ldr     w0, =GICD
    str     wzr, [x0, #GICD_CTLR]
    fill    GICD_ICENABLER, 0xffffffff, GIC_IDS / 32
    fill    GICD_ICPENDR, 0xffffffff, GIC_IDS / 32
    fill    GICD_ICACTIVER, 0xffffffff, GIC_IDS / 32
    fill    GICD_IPRIORITYR, GIC_PRIORITIES, GIC_IDS / 4
    fill    GICD_ITARGETSR + GIC_PRIVATE_IDS, GIC_TARGET_CORE_0, (GIC_IDS - GIC_PRIVATE_IDS) / 4
    fill    GICD_ICFGR + GIC_PRIVATE_IDS / 4, 0, (GIC_IDS - GIC_PRIVATE_IDS) / 16
    mov     w1, #1
    str     w1, [x0, #GICD_CTLR]
    ldr     w2, =GICC
    mov     w3, #GIC_PMR_OPEN
    str     w3, [x2, #GICC_PMR]
    str     w1, [x2, #GICC_CTLR]
    ldr     w1, =1 << IRQ_DEADLINE | 1 << IRQ_TICK
    str     w1, [x0, #GICD_ISENABLER]
    mov     w1, #1 << (IRQ_UART % 32)
    str     w1, [x0, #GICD_ISENABLER + IRQ_UART / 32 * 4]
    dsb     sy
    isb
    ret

routine device_interrupt
    address x1, listeners
    ldrb    w1, [x1, x0]
    mov     w2, #1
    lsl     w1, w2, w1
    adrp    x3, interrupt_events
    ldr     w4, [x3, :lo12:interrupt_events]
    orr     w4, w4, w1
    str     w4, [x3, :lo12:interrupt_events]
    ldr     w3, =GICD + GICD_ICENABLER
    b       one_bit

routine gic_listen
    address x2, listeners
    strb    w1, [x2, x0]
    mov     w2, #1
    lsl     w1, w2, w1
    mrs     x5, daif
    msr     daifset, #DAIF_IRQ
    adrp    x3, interrupt_events
    ldr     w4, [x3, :lo12:interrupt_events]
    bic     w4, w4, w1
    str     w4, [x3, :lo12:interrupt_events]
    msr     daif, x5
    dsb     sy
    ldr     w3, =GICD + GICD_ISENABLER
// Sets the bit of id w0 in the array of registers at x3.
one_bit:
    mov     w2, #1
    lsl     w2, w2, w0
    lsr     w0, w0, #5
    str     w2, [x3, x0, lsl #2]
    ret

routine gic_forget
    ldr     w0, =GICD
    fill    GICD_ICENABLER + 4, 0xffffffff, GIC_IDS / 32 - 1
    mov     w1, #1 << (IRQ_UART % 32)
    str     w1, [x0, #GICD_ISENABLER + IRQ_UART / 32 * 4]
    dsb     sy
    store   wzr, interrupt_events, x1
    ret

variable listeners, GIC_IDS             // event bit of each id
variable interrupt_events, 4
