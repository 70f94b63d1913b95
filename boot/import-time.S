// Imports for time, facts and sums: ticks, info, listen, wait, crc32. Uses x0-x17.

#include "macros.inc"
#include "slots.inc"

    .arch_extension crc

.equ LISTEN_BIT_LOW, 8                  // EVENT_INTERRUPT
.equ LISTEN_BIT_HIGH, 30

routine import_ticks
    isb
    mrs     x8, cntvct_el0
    str     x8, [x2, #SLOT0]
    succeed

// Kinds of facts: a constant, a variable of 8 or 4 bytes, a system register.
routine import_info
    ldr     w8, [x2, #SLOT1]
    mov     x9, #0
    cmp     w8, #INFO_PREVIOUS_BYTES
    b.hi    got
    adr     x10, facts
    add     x10, x10, x8, lsl #3
    br      x10
got:
    str     x9, [x2, #SLOT0]
    succeed

// Two instructions each, in the order of the keys.
facts:
    mrs     x9, cntfrq_el0              // TickRate
    b       got
    adr     x10, entry_ticks_fact       // EntryTicks
    br      x10
    adr     x10, entry_level_fact       // EntryLevel
    br      x10
    adr     x10, generation_fact        // Generation
    br      x10
    adr     x10, build_id_fact          // BuildId
    br      x10
    ldr     x9, =DMA_WINDOW             // DmaBase
    b       got
    ldr     x9, =DMA_WINDOW_BYTES       // DmaBytes
    b       got
    ldr     x9, =RAM_DISK               // RamDiskBase
    b       got
    ldr     x9, =RAM_DISK_BYTES         // RamDiskBytes
    b       got
    adr     x10, uart_lost_fact         // UartLost
    br      x10
    adr     x10, gpio_lost_fact         // GpioLost
    br      x10
    adr     x10, longest_step_fact      // LongestStep
    br      x10
    adr     x10, ticks_lost_fact        // TicksLost
    br      x10
    adr     x10, semihosting_fact       // Semihosting
    br      x10
    adr     x10, arena_used_fact        // ArenaUsed
    br      x10
    adr     x10, arena_peak_fact        // ArenaPeak
    br      x10
    ldr     x9, =ARENA_BYTES            // ArenaBytes
    b       got
    mrs     x9, midr_el1                // CoreId
    b       got
    ldr     x9, =DMA_WINDOW + WINDOW_STATE // StateBase
    b       got
    mov     x9, #WINDOW_STATE_BYTES     // StateBytes
    b       got
    adr     x10, last_fault_fact        // LastFault
    br      x10
    adr     x10, boot_reason_fact       // BootReason
    br      x10
    adr     x10, module_base_fact       // ModuleBase
    br      x10
    adr     x10, module_length_fact     // ModuleBytes
    br      x10
    adr     x10, previous_base_fact     // PreviousBase
    br      x10
    adr     x10, previous_length_fact   // PreviousBytes
    br      x10

.macro fact name, symbol
\name\()_fact:
    load    x9, \symbol
    b       got
.endm
    fact    entry_ticks, entry_ticks
    fact    entry_level, entry_level
    fact    generation, generation
    fact    build_id, build_id
    fact    uart_lost, uart_lost
    fact    gpio_lost, gpio_lost
    fact    longest_step, longest_step
    fact    ticks_lost, ticks_lost
    fact    arena_peak, arena_peak
    fact    module_base, running_bytes
    fact    module_length, running_length
    fact    previous_base, previous_bytes
    fact    previous_length, previous_length
last_fault_fact:
    load32  9, last_fault
    b       got
boot_reason_fact:
    mov     x9, #BOOT_CHAIN
    load32  10, chained
    cbnz    w10, got
    ldr     x10, =PM
    ldr     w10, [x10, #PM_RSTS]
    ubfx    x9, x10, #PM_RSTS_WATCHDOG_BIT, #1 // BOOT_WATCHDOG is 1, BOOT_POWER_ON 0
    b       got
semihosting_fact:
    load32  9, semihosting
    b       got
arena_used_fact:
    load    x9, arena_next
    load    x10, arena_start
    sub     x9, x9, x10
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
1:  mov     w1, w0
    trap_with text_listen
2:  mov     w1, w8
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
    linear_range 8, 10, 6f
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
6:  trap_with text_crc

text text_listen, "listen to no interrupt: 0x"
text text_listen_bit, "listen with no event bit: 0x"
text text_crc, "crc32 outside linear memory: 0x"
