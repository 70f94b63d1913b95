// Two timers: the physical one ticks at 1 kHz for sampling and supervision, the virtual one wakes the loop at exact
// deadlines (main.S programs it).
//
//   timer_init   starts the tick
//   tick         its handler: next period, GPIO sample, supervision of the running module. Uses x0-x18.

#include "macros.inc"

.equ LIMIT_TICKS, LIMIT_STEP_MS * TICKS_A_SECOND / 1000
.equ PROBATION_TICKS, LIMIT_PROBATION_MS * TICKS_A_SECOND / 1000
.equ PROBATION_STEP_TICKS, LIMIT_PROBATION_STEP_MS * TICKS_A_SECOND / 1000
.equ LATE_TICKS, 20                     // from here on the jack's level may have to be held
.equ GRACE_TICKS, TICKS_A_SECOND        // after a stop, until native code is given up too

routine timer_init
    msr     cntv_ctl_el0, xzr
    mrs     x0, cntfrq_el0
    mov     x1, #TICKS_A_SECOND
    udiv    x1, x0, x1
    store   x1, tick_period, x2
    mov     x2, #LIMIT_TICKS
    mul     x2, x1, x2
    store   x2, step_limit, x3
    mov     x2, #PROBATION_STEP_TICKS
    mul     x2, x1, x2
    store   x2, probation_limit, x3
    ldr     w2, =PROBATION_TICKS
    mul     x2, x1, x2
    store   x2, probation, x3
    mrs     x2, cntpct_el0
    add     x2, x2, x1
    msr     cntp_cval_el0, x2
    mov     x1, #TIMER_ENABLE
    msr     cntp_ctl_el0, x1
    isb
    ret

routine tick
    str     x30, [sp, #-16]!
    // The phase is kept: periods that went by unserved are counted and skipped.
    load    x1, tick_period
    mrs     x2, cntp_cval_el0
    isb
    mrs     x3, cntpct_el0
    sub     x4, x3, x2
    udiv    x4, x4, x1
    cbz     x4, 1f
    adrp    x5, ticks_lost
    ldr     x6, [x5, :lo12:ticks_lost]
    add     x6, x6, x4
    str     x6, [x5, :lo12:ticks_lost]
    // Nor did the module run: an emulator that brings bytes may stand still for half a second.
    adrp    x5, slept
    ldr     x6, [x5, :lo12:slept]
    madd    x6, x4, x1, x6
    str     x6, [x5, :lo12:slept]
1:  add     x4, x4, #1
    madd    x2, x4, x1, x2
    msr     cntp_cval_el0, x2
    isb
    bl      gpio_sample
    load    x0, late_since
    cbz     x0, 6f
    isb
    mrs     x1, cntvct_el0
    sub     x0, x1, x0
    load    x1, tick_period
    mov     x2, #LATE_TICKS
    mul     x1, x1, x2
    cmp     x0, x1
    b.lo    6f
    bl      jack_hold
6:
    // A start or step that takes too long is stopped at its next Wasm instruction.
    load    x0, running_since
    cbz     x0, 2f
    mrs     x1, cntvct_el0
    sub     x1, x1, x0
    load    x2, step_limit
    cmp     x1, x2
    b.hs    5f
    // On probation it has less time, but may wait.
    add     x0, x0, x1
    load    x2, probation_until
    cmp     x0, x2
    b.hs    2f
    load    x2, slept
    sub     x1, x1, x2                  // below 0 when nothing ran before it was called
    load    x2, probation_limit
    cmp     x1, x2
    b.lt    2f
5:  adrp    x3, overdue_ticks
    ldr     x4, [x3, :lo12:overdue_ticks]
    add     x5, x4, #1
    str     x5, [x3, :lo12:overdue_ticks]
    cbz     x4, 3f
    cmp     x4, #GRACE_TICKS
    b.eq    4f
2:  ldr     x30, [sp], #16
    ret
3:  adr     x0, text_hang
    bl      stop_wasm
    b       2b
4:  // It did not get to another Wasm instruction: report from here. The handler's frame lies above ours.
    add     x0, sp, #16
    b       fault_stuck

variable tick_period, 8
variable step_limit, 8
variable ticks_lost, 8
variable overdue_ticks, 8
variable slept, 8                       // of it, ticks in `wait`, and those in which nothing ran
variable probation, 8
variable probation_limit, 8
variable probation_until, 8             // 0: the module is not on probation
variable late_since, 8                  // as running_since, but until the next module is ready when one has failed
variable running_since, 8               // counter when start or step was called, 0 between calls
