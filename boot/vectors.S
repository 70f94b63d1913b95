// The exception vectors. Code runs on SP_EL0 with SPSel = 0; every exception switches to SP_EL1, whose stack is empty
// then, so a blown stack of interpreted code does not stand in the way of its own report.
//
//   In handlers: sp -> a frame of FRAME_BYTES with all general registers, x0-x30 free to use.
//   Interrupts save x0-x18 and x30 only and call nothing that uses more.

#include "macros.inc"

.equ VECTOR_BYTES, 128
.equ SERROR_VECTOR, 3

// What only this entry knows goes to x1; x0 and x1 are saved.
.macro vector number, handler
    .balign VECTOR_BYTES
    sub     sp, sp, #FRAME_BYTES
    stp     x0, x1, [sp]
    mov     x1, #\number
    b       \handler
.endm

    .section .vectors, "ax"
    .balign 2048
    .global vectors
vectors:
    vector  0, exception                // from SP_EL0: our code
    vector  1, interrupt
    vector  2, exception                // FIQ
    vector  3, exception
    vector  4, nested                   // from SP_EL1: inside a handler
    vector  5, nested
    vector  6, nested
    vector  7, nested
    vector  8, exception                // from a lower level, 64 bit: there is none
    vector  9, exception
    vector  10, exception
    vector  11, exception
    vector  12, exception               // from a lower level, 32 bit
    vector  13, exception
    vector  14, exception
    vector  15, exception

// stp or ldp of x2-x17, which handlers may use, and of the others that the frame holds in pairs.
.macro scratch op
    \op     x2, x3, [sp, #16]
    \op     x4, x5, [sp, #32]
    \op     x6, x7, [sp, #48]
    \op     x8, x9, [sp, #64]
    \op     x10, x11, [sp, #80]
    \op     x12, x13, [sp, #96]
    \op     x14, x15, [sp, #112]
    \op     x16, x17, [sp, #128]
.endm
.macro kept op
    \op     x18, x19, [sp, #144]
    \op     x20, x21, [sp, #160]
    \op     x22, x23, [sp, #176]
    \op     x24, x25, [sp, #192]
    \op     x26, x27, [sp, #208]
    \op     x28, x29, [sp, #224]
.endm

    .section .text.boot.handlers, "ax"
// A frame of a trap's unwinding, an expected abort, or a fault.
exception:
    scratch stp
    kept    stp
    mrs     x2, sp_el0
    stp     x30, x2, [sp, #FRAME_X30]
    mrs     x2, elr_el1
    mrs     x3, spsr_el1
    stp     x2, x3, [sp, #FRAME_ELR]
    mrs     x4, esr_el1
    mrs     x3, far_el1
    stp     x4, x3, [sp, #FRAME_ESR]
    str     x1, [sp, #FRAME_VECTOR]
    cbz     x1, synchronous
    cmp     x1, #SERROR_VECTOR
    b.eq    serror
report:
    mov     x0, sp
    b       fault_exception

// x2 where it happened   x4 ESR_EL1
synchronous:
    lsr     x3, x4, #EC_SHIFT
    cmp     x3, #EC_BRK
    b.ne    1f
    and     w4, w4, #0xffff
    cmp     w4, #BRK_BACKTRACE
    b.ne    1f
    ldr     x0, [sp]
    bl      backtrace_note
    ldr     x2, [sp, #FRAME_ELR]
    add     x2, x2, #4
    b       resume
1:  adr     x4, fixups_start
    adr     x5, fixups_end
2:  cmp     x4, x5
    b.hs    report
    ldp     x6, x7, [x4], #16
    cmp     x6, x2
    b.ne    2b
    mov     x0, sp
    bl      keep_frame
    mov     x2, x7
    b       resume

// A bus error that no instruction can be blamed for. A probe waits for it; interpreted code is stopped at its
// next instruction, which is close; anything else is reported from here.
serror:
    load    x3, probe_resume
    load    x4, running_since
    orr     x5, x3, x4
    cbz     x5, report
    mov     x0, sp
    bl      keep_frame
    mov     x2, x3
    cbnz    x3, resume
    adr     x0, text_serror
    bl      stop_wasm
    b       restore

// Goes on at x2, with the registers of the frame.
resume:
    str     x2, [sp, #FRAME_ELR]
restore:
    ldp     x2, x3, [sp, #FRAME_ELR]
    msr     elr_el1, x2
    msr     spsr_el1, x3
    scratch ldp
    kept    ldp
    ldr     x30, [sp, #FRAME_X30]
    ldp     x0, x1, [sp]
    add     sp, sp, #FRAME_BYTES
    eret

// The report went wrong itself: say so with what is left, and end.
nested:
    ldr     w0, =EXCEPTION_STACK_TOP
    mov     sp, x0
    b       fault_nested

interrupt:
    scratch stp
    str     x18, [sp, #144]
    str     x30, [sp, #FRAME_X30]
    ldr     w0, =GICC
    ldr     w0, [x0, #GICC_IAR]
    str     w0, [sp, #FRAME_VECTOR]     // the end of the interrupt wants all of it
    and     w0, w0, #GIC_ID_MASK
    cmp     w0, #GIC_SPURIOUS
    b.hs    5f
    cmp     w0, #IRQ_TICK
    b.eq    1f
    cmp     w0, #IRQ_UART
    b.eq    2f
    cmp     w0, #IRQ_DEADLINE
    b.eq    3f
    bl      device_interrupt
    b       4f
1:  bl      tick
    b       4f
2:  bl      uart_interrupt
    b       4f
3:  msr     cntv_ctl_el0, xzr           // it only had to wake the loop
4:  dsb     sy                          // the device is quiet before the GIC may ask it again
    ldr     w0, =GICC
    ldr     w1, [sp, #FRAME_VECTOR]
    str     w1, [x0, #GICC_EOIR]
5:  scratch ldp
    ldr     x18, [sp, #144]
    ldr     x30, [sp, #FRAME_X30]
    ldp     x0, x1, [sp]
    add     sp, sp, #FRAME_BYTES
    eret

// fault_frame = the frame at x0. Uses x0, x8-x10.
routine keep_frame
    address x8, fault_frame
    mov     x9, #FRAME_BYTES
1:  ldr     x10, [x0], #8
    str     x10, [x8], #8
    subs    x9, x9, #8
    b.ne    1b
    ret

// Runs with SError unmasked for a moment, so that one left over from the firmware is taken and dropped.
routine swallow_serror
    adr     x0, 1f
    store   x0, probe_resume, x1
    dsb     sy
    isb
    msr     daifclr, #DAIF_SERROR
    isb
1:  msr     daifset, #DAIF_SERROR
    store   xzr, probe_resume, x1
    ret

variable fault_frame, FRAME_BYTES, 16
variable probe_resume, 8                // where a read that may abort goes on after an SError
