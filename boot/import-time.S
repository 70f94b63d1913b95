// Imports for time, facts and sums: ticks, info, listen, wait, crc32. Uses x0-x17.

#include "macros.inc"
#include "slots.inc"

    .arch_extension crc

.equ LISTEN_BIT_LOW, 8                  // EVENT_INTERRUPT
.equ LISTEN_BIT_HIGH, 30
.equ CODE_BIT, 0                        // of a fact's place: it is code

routine import_ticks
    isb
    mrs     x8, cntvct_el0
    str     x8, [x2, #SLOT0]
    succeed

routine import_info
    ldr     w8, [x2, #SLOT1]
    mov     x9, #0
    cmp     w8, #INFO_PREVIOUS_BYTES
    b.hi    got
    adr     x10, facts
    add     x10, x10, x8, lsl #2
    ldrsw   x9, [x10]
    add     x10, x10, x9
    tbnz    w10, #CODE_BIT, 1f
    ldr     x9, [x10]
got:
    str     x9, [x2, #SLOT0]
    succeed
1:  sub     x10, x10, #1 << CODE_BIT
    br      x10

// How far each fact is from its place in the list, in the order of the keys: 8 bytes of data, or code that puts the fact
// into x9.
.macro variable_fact symbol
    .section .rodata.facts, "a"
    .word   \symbol - .
.endm
.macro constant_fact value
    .section .rodata.fact_constants, "a"
    .balign 8
9:  .quad   \value
    variable_fact 9b
.endm
.macro code_fact routine
    variable_fact \routine + (1 << CODE_BIT)
.endm

    .section .rodata.facts, "a"
    .balign 4
facts:
    code_fact tick_rate
    variable_fact entry_ticks
    variable_fact entry_level
    variable_fact generation
    variable_fact build_id
    constant_fact DMA_WINDOW
    constant_fact DMA_WINDOW_BYTES
    constant_fact RAM_DISK
    constant_fact RAM_DISK_BYTES
    variable_fact uart_lost
    variable_fact gpio_lost
    variable_fact longest_step
    variable_fact ticks_lost
    variable_fact semihosting
    code_fact arena_used
    variable_fact arena_peak
    constant_fact ARENA_BYTES
    code_fact core_id
    constant_fact (DMA_WINDOW + WINDOW_STATE)
    constant_fact WINDOW_STATE_BYTES
    variable_fact last_fault
    code_fact boot_reason
    variable_fact running_bytes
    variable_fact running_length
    variable_fact previous_bytes
    variable_fact previous_length

    .section .text.boot.import_info, "ax"
tick_rate:
    mrs     x9, cntfrq_el0
    b       got
core_id:
    mrs     x9, midr_el1
    b       got
arena_used:
    load    x9, arena_next
    load    x10, arena_start
    sub     x9, x9, x10
    b       got
boot_reason:
    mov     x9, #BOOT_CHAIN
    load32  10, chained
    cbnz    w10, got
    ldr     w10, =PM
    ldr     w10, [x10, #PM_RSTS]
    ubfx    x9, x10, #PM_RSTS_WATCHDOG_BIT, #1 // BOOT_WATCHDOG is 1, BOOT_POWER_ON 0
    b       got

routine import_listen
    ldr     w0, [x2, #SLOT0]
    ldr     w8, [x2, #SLOT1]
    sub     w9, w0, #GIC_PRIVATE_IDS
    cmp     w9, #GIC_IDS - GIC_PRIVATE_IDS
    b.hs    1f
    cmp     w0, #IRQ_UART               // the board's own
    b.eq    1f
    sub     w9, w8, #LISTEN_BIT_LOW
    cmp     w9, #LISTEN_BIT_HIGH - LISTEN_BIT_LOW
    b.hi    2f
    enter
    mov     w1, w8
    bl      gic_listen
    mov     x0, #0
    leave
1:  mov     w16, w0
    trap_with text_listen
2:  mov     w16, w8
    trap_with text_listen_bit

// x19 slots   x20 until   w21 mask
routine import_wait
    stp     x29, x30, [sp, #-48]!
    stp     x19, x20, [sp, #16]
    str     x21, [sp, #32]
    mov     x19, x2
    ldr     x20, [x2, #SLOT1]
    ldr     w21, [x2, #SLOT2]
1:  msr     daifset, #DAIF_IRQ
    load    x0, overdue_ticks           // the tick has stopped the module: it shall get to know
    cbnz    x0, 3f
    bl      pending_events
    ands    w0, w0, w21
    b.ne    2f
    isb
    mrs     x1, cntvct_el0
    cmp     x1, x20
    b.ge    2f
    str     x1, [sp, #40]
    mov     x0, x20
    bl      sleep_until
    mrs     x0, cntvct_el0
    ldr     x1, [sp, #40]
    sub     x0, x0, x1
    adrp    x1, slept
    ldr     x2, [x1, :lo12:slept]
    add     x0, x0, x2
    str     x0, [x1, :lo12:slept]
    b       1b
2:  msr     cntv_ctl_el0, xzr
    msr     daifclr, #DAIF_IRQ
    mov     w0, w0
    str     x0, [x19, #SLOT0]
    mov     x0, #0
4:  ldp     x19, x20, [sp, #16]
    ldr     x21, [sp, #32]
    ldp     x29, x30, [sp], #48
    ret
3:  msr     cntv_ctl_el0, xzr
    msr     daifclr, #DAIF_IRQ
    load    x0, stop_text
    b       4b

routine import_crc32
    ldr     w8, [x2, #SLOT1]
    ldr     w10, [x2, #SLOT2]
    ldr     w11, [x2, #SLOT3]
    linear_range 8, 10
    mvn     w11, w11
    cmp     x10, #8
    b.lo    2f
1:  ldr     x12, [x8], #8
    sub     x10, x10, #8
    crc32x  w11, w11, x12
    cmp     x10, #8
    b.hs    1b
2:  tbz     w10, #2, 3f
    ldr     w12, [x8], #4
    crc32w  w11, w11, w12
3:  tbz     w10, #1, 4f
    ldrh    w12, [x8], #2
    crc32h  w11, w11, w12
4:  tbz     w10, #0, 5f
    ldrb    w12, [x8]
    crc32b  w11, w11, w12
5:  mvn     w11, w11
    str     x11, [x2, #SLOT0]
    succeed

text text_listen, " to no interrupt: 0x"
text text_listen_bit, " with no event bit: 0x"
