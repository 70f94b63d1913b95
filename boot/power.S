// The ways to end: the emulator's exit through semihosting where it answers, restart, power off.
//
//   semihosting_probe   notes whether the debugger's call answers
//   power_end           w0 status: ends the emulator with it, or powers off. Does not return.
//   power_fail          the end after a fault. Does not return.
//   power_restart       through the watchdog. Does not return.
//   power_off           Does not return.

#include "macros.inc"

.equ SYS_ERRNO, 0x13
.equ SYS_EXIT, 0x18
.equ SEMIHOSTING_CALL, 0xf000
.equ APPLICATION_EXIT, 0x20026

routine semihosting_probe
    mov     w0, #SYS_ERRNO
    mov     x1, #0
semihosting_try:
    hlt     #SEMIHOSTING_CALL
    mov     w1, #1
    b       1f
semihosting_absent:
    mov     w1, #0
1:  store   w1, semihosting, x2
    ret
fixup semihosting_try, semihosting_absent

routine power_fail
    mov     w0, #1
    load32  1, semihosting
    cbnz    w1, power_end
    bl      crash_restart
    // On a board the LED tells and the registers stay for a debugger; the emulator shall not spin for ever.
    ldr     w1, =DMA7_DEBUG
    ldr     w1, [x1]
    tbnz    w1, #DMA_DEBUG_LITE_BIT, blink
    b       power_off

routine power_end
    load32  1, semihosting
    cbz     w1, power_off
    mov     w2, w0
    address x1, exit_block
    ldr     w0, =APPLICATION_EXIT
    stp     x0, x2, [x1]
    mov     w0, #SYS_EXIT
    hlt     #SEMIHOSTING_CALL
    b       power_off

// Partition 0: older bootloaders could leave another one behind.
routine power_restart
    mov     w3, #0
    b       reset

routine power_off
    mov     w3, #PM_RSTS_PARTITION
reset:
    msr     daifset, #DAIF_ALL
    dsb     sy
    ldr     w0, =PM
    ldr     w1, =PM_PASSWORD
    ldr     w2, [x0, #PM_RSTS]
    mov     w4, #PM_RSTS_PARTITION
    bic     w2, w2, w4
    orr     w2, w2, w3
    orr     w2, w2, w1
    str     w2, [x0, #PM_RSTS]
    mov     w2, #PM_WDOG_TICKS
    orr     w2, w2, w1
    str     w2, [x0, #PM_WDOG]
    ldr     w2, [x0, #PM_RSTC]
    bic     w2, w2, #PM_RSTC_FIELD
    orr     w2, w2, #PM_RSTC_FULL
    orr     w2, w2, w1
    str     w2, [x0, #PM_RSTC]
1:  wfi
    b       1b

variable semihosting, 8                 // 0 or 1 in its lower half
variable exit_block, 16
