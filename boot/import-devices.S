// Imports that touch registers and the DMA window: read32, write32, probe32, readPort, writePort, copyIn, copyOut.
// Uses x0-x17 only; x30 stays, so that an abort can return from the import with a trap.

#include "macros.inc"
#include "slots.inc"

// Goes on when w8 is a register or a word of the DMA window; else traps. Uses x9, x10.
.macro check_word
    tst     w8, #3
    b.ne    trap_unaligned
    mov     w9, #DEVICES
    cmp     w8, w9
    b.hs    1f
    mov     w9, #DMA_WINDOW
    sub     w9, w8, w9
    cmp     w9, #DMA_WINDOW_BYTES >> 12, lsl #12
    b.hs    trap_outside
1:
.endm

routine trap_unaligned
    mov     w16, w8
    trap_with text_unaligned

routine trap_outside
    mov     w16, w8
    trap_with text_outside

// Ends the import with the result -1, in the 32 or the 64 bits that it has.
.macro answer_none
    mov     x8, #-1
    str     x8, [x2, #SLOT0]
    succeed
.endm

routine import_read32
    ldr     w8, [x2, #SLOT1]
    check_word
read32_access:
    ldr     w8, [x8]
    dmb     oshld                       // before reads of another device, or of what this one has written
    str     x8, [x2, #SLOT0]
    succeed
fixup read32_access, bus_abort

routine import_write32
    ldr     w8, [x2, #SLOT0]
    ldr     w11, [x2, #SLOT1]
    check_word
    dmb     oshst                       // what was written before is there when the device looks
write32_access:
    str     w11, [x8]
    succeed
fixup write32_access, bus_abort

// The handler has noted the registers.
routine bus_abort
    adr     x0, text_bus_abort
    ret

routine import_probe32
    ldr     w8, [x2, #SLOT1]
    check_word
    // On the A72 the abort may come as an SError, after the read: it is waited for.
    adr     x9, probe_aborted
    adrp    x10, probe_resume
    dsb     sy
    str     x9, [x10, :lo12:probe_resume]
probe32_access:
    ldr     w8, [x8]
    dsb     sy
    isb
    str     xzr, [x10, :lo12:probe_resume]
    str     x8, [x2, #SLOT0]
    succeed
probe_aborted:
    adrp    x10, probe_resume
    str     xzr, [x10, :lo12:probe_resume]
    answer_none
fixup probe32_access, probe_aborted

// An access that may abort on the bus, as the program's fault.
.macro access instruction:vararg
9:  \instruction
    fixup   9b, bus_abort
.endm

// Arguments of a port's import: x8 register, x11 address in linear memory, x12 bytes. Uses x9, x10, x16, x17.
.macro port_arguments
    ldr     w8, [x2, #SLOT0]
    ldr     w11, [x2, #SLOT1]
    ldr     w12, [x2, #SLOT2]
    check_word
    lsl     x12, x12, #2                // a negative number of words is a large one of bytes
    linear_range 11, 12
.endm

routine import_readPort
    port_arguments
    subs    x12, x12, #16
    b.lo    2f
1:  access  ldr w4, [x8]
    access  ldr w5, [x8]
    access  ldr w6, [x8]
    access  ldr w7, [x8]
    stp     w4, w5, [x11], #8
    stp     w6, w7, [x11], #8
    subs    x12, x12, #16
    b.hs    1b
2:  adds    x12, x12, #16
    b.eq    4f
3:  access  ldr w4, [x8]
    str     w4, [x11], #4
    subs    x12, x12, #4
    b.ne    3b
4:  dmb     oshld                       // as in read32
    succeed

routine import_writePort
    port_arguments
    dmb     oshst                       // as in write32
    subs    x12, x12, #16
    b.lo    2f
1:  ldp     w4, w5, [x11], #8
    ldp     w6, w7, [x11], #8
    access  str w4, [x8]
    access  str w5, [x8]
    access  str w6, [x8]
    access  str w7, [x8]
    subs    x12, x12, #16
    b.hs    1b
2:  adds    x12, x12, #16
    b.eq    4f
3:  ldr     w4, [x11], #4
    access  str w4, [x8]
    subs    x12, x12, #4
    b.ne    3b
4:  succeed

routine import_copyIn
    ldr     w8, [x2, #SLOT1]
    ldr     w9, [x2, #SLOT2]
    ldr     w10, [x2, #SLOT3]
    linear_range 9, 10
    within  RAM_DISK, RAM_DISK_BYTES, 1f
    b       2f
1:  within  DMA_WINDOW, DMA_WINDOW_BYTES, 5f
    b       2f
5:  within  MODULE_STORE, MODULE_STORE_BYTES, 6f
    b       2f
6:  address x11, module_start           // the first module, in the image
    address x12, module_end
    sub     x12, x12, x11
    inside  3f
2:  enter
    str     xzr, [x2, #SLOT0]
    mov     x0, x9
    mov     x1, x8
    mov     x2, x10
    bl      memcpy
    mov     x0, #0
    leave
3:  answer_none

routine import_copyOut
    ldr     w8, [x2, #SLOT1]
    ldr     w9, [x2, #SLOT2]
    ldr     w10, [x2, #SLOT3]
    linear_range 9, 10
    within  DMA_WINDOW, DMA_WINDOW_BYTES, 3f
    enter
    str     xzr, [x2, #SLOT0]
    mov     x0, x8
    mov     x1, x9
    mov     x2, x10
    bl      memcpy
    dsb     sy
    mov     x0, #0
    leave
3:  answer_none

text text_unaligned, " needs a multiple of 4: 0x"
text text_outside, " outside devices and DMA window: 0x"
