// The way to another kernel image: it is copied over this one, and entered as the VideoCore enters a kernel, but in EL1 and
// with CHAIN_MARK in x1. Cores 1 to 3 stay asleep in what is this image now: nothing wakes them.
//
//   import_chain   the board's import. Does not return.
//
//   x19 image   x20 length

#include "macros.inc"
#include "slots.inc"

.equ IMAGE_ALIGNED, 7                   // with the MMU off all memory wants aligned accesses

routine import_chain
    ldr     w8, [x2, #SLOT0]
    ldr     w10, [x2, #SLOT1]
    tst     w8, #IMAGE_ALIGNED
    b.ne    3f
    cbz     w10, 3f
    ldr     w11, =KERNEL_BYTES
    cmp     x10, x11
    b.hi    3f
    within  DMA_WINDOW, DMA_WINDOW_BYTES, 1f
    b       2f
1:  within  RAM_DISK, RAM_DISK_BYTES, 3f
2:  mov     x19, x8
    mov     x20, x10
    bl      uart_drain
    msr     daifset, #DAIF_ALL
    msr     cntp_ctl_el0, xzr
    msr     cntv_ctl_el0, xzr
    ldr     w0, =GICD
    str     wzr, [x0, #GICD_CTLR]
    // What copies lies outside of what is overwritten.
    ldr     w0, =QUEUES
    adr     x1, mover
    mov     x2, #mover_end - mover
    bl      memcpy
    dsb     sy
    ldr     w0, =SCTLR_EL1_OFF
    msr     sctlr_el1, x0
    isb
    bl      clean_data_caches
    tlbi    vmalle1
    ic      iallu
    dsb     sy
    isb
    mov     x0, x19
    mov     x1, x20
    ldr     w2, =KERNEL
    ldr     x3, =CHAIN_MARK
    ldr     w4, =QUEUES
    br      x4
3:  mov     w16, w8
    trap_with text_chain

// x0 image   x1 length   x2 KERNEL   x3 CHAIN_MARK
mover:
    mov     x5, x2
1:  ldr     x6, [x0], #8
    str     x6, [x5], #8
    subs    x1, x1, #8
    b.gt    1b
    dsb     sy
    ic      iallu
    dsb     sy
    isb
    mov     x0, #0
    mov     x1, x3
    mov     x3, #0
    mov     x5, x2
    mov     x2, #0
    br      x5
mover_end:

text text_chain, " to no image: 0x"
