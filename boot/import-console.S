// Imports for the console, queues and ends: take, send, fault, exit. Uses x0-x17.

#include "macros.inc"
#include "slots.inc"

.equ FAULT_TEXT_BYTES, 256

routine import_take
    ldr     w8, [x2, #SLOT1]
    ldr     w9, [x2, #SLOT2]
    ldr     w10, [x2, #SLOT3]
    linear_range 9, 10
    stp     x29, x30, [sp, #-32]!
    str     x2, [sp, #16]
    cmp     w8, #QUEUE_GPIO
    b.eq    1f
    b.hi    4f
    mov     x0, x9
    mov     x1, x10
    bl      uart_take
    b       2f
1:  mov     x0, x9
    lsr     x1, x10, #GPIO_RECORD_SHIFT
    bl      gpio_take
    lsl     x0, x0, #GPIO_RECORD_SHIFT
2:  ldr     x2, [sp, #16]
    str     x0, [x2, #SLOT0]
    ldp     x29, x30, [sp], #32
    succeed
4:  ldp     x29, x30, [sp], #32
    mov     w16, w8
    trap_with text_take_queue

routine import_send
    ldr     w8, [x2, #SLOT1]
    ldr     w10, [x2, #SLOT2]
    linear_range 8, 10
    stp     x29, x30, [sp, #-32]!
    str     x2, [sp, #16]
    mov     x0, x8
    mov     x1, x10
    bl      uart_send
    ldr     x2, [sp, #16]
    str     x0, [x2, #SLOT0]
    ldp     x29, x30, [sp], #32
    succeed

// A trap like any other, with a text and a code of the module's own: so it comes with the call stack.
routine import_fault
    ldr     w11, [x2, #SLOT0]
    ldr     w8, [x2, #SLOT1]
    ldr     w10, [x2, #SLOT2]
    linear_range 8, 10
    store   x11, fault_code, x9
    cmp     x10, #FAULT_TEXT_BYTES
    b.ls    1f
    mov     x10, #FAULT_TEXT_BYTES
1:  address x9, trap_text
2:  cbz     x10, 4f
    ldrb    w11, [x8], #1
    strb    w11, [x9], #1
    sub     x10, x10, #1
    b       2b
4:  strb    wzr, [x9]
    adr     x0, text_abort
    ret

routine import_exit
    ldr     w16, [x2, #SLOT0]
    cmp     w16, #EXIT_POWER_OFF
    b.hi    1f
    mov     w19, w16                    // no return: nothing has to be kept
    ldr     w20, [x2, #SLOT1]
    bl      uart_drain
    msr     daifset, #DAIF_ALL
    mov     w0, w20
    cmp     w19, #EXIT_RESTART
    b.lo    power_end
    b.eq    power_restart
    b       power_off
1:  trap_with text_exit

text text_take_queue, " from no queue: 0x"
text text_exit, " of no kind: 0x"
