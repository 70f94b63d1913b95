// Which module runs, which one ran before it, and how the one takes the other's place. Modules lie as bytes in the slots of
// MODULE_STORE, the first one in the image.
//
//   import_reload   the board's import
//   swap            the module that `reload` has loaded is the running one now, and on probation. Uses x0-x9.
//   go_back_to      x0 = the module to go back to when the running one ends by a fault, x1 its length; x0 = 0: none.
//                   Uses x2.
//   go_back         starts that module anew. Does not return; may be called wherever a fault was met.
//
//   x19 slots   x20 bytes   x21 length   x22 its slot in the store

#include "macros.inc"
#include "slots.inc"

routine import_reload
    ldr     w8, [x2, #SLOT1]
    ldr     w10, [x2, #SLOT2]
    linear_range 8, 10
    stp     x29, x30, [sp, #-48]!
    stp     x19, x20, [sp, #16]
    stp     x21, x22, [sp, #32]
    mov     x19, x2
    mov     x20, x8
    mov     x21, x10
    // Loading is the board's work, and must not be stopped half way.
    store   xzr, running_since, x0
    store   xzr, pending_bytes, x0
    mov     w0, #RELOAD_ROOM
    ldr     w1, =MODULE_SLOT_BYTES
    cmp     x21, x1
    b.hi    3f
    ldr     w22, =MODULE_STORE
    load    x2, running_bytes
    load    x3, previous_bytes
1:  cmp     x22, x2
    ccmp    x22, x3, #4, ne
    b.ne    2f
    add     x22, x22, x1
    b       1b
2:  mov     x0, x22
    mov     x1, x20
    mov     x2, x21
    bl      memcpy
    load    x20, arena_number
    bl      instance_exchange
    mov     x0, x22
    mov     x1, x21
    eor     x2, x20, #1
    bl      load_module
    cbnz    x0, 4f
    bl      compile_module
4:  mov     x20, x0
    bl      instance_exchange
    load32  0, load_phase
    cbnz    x20, 3f
    store   x22, pending_bytes, x0
    store   x21, pending_length, x0
    mov     w0, #RELOAD_DONE
3:  str     w0, [x19, #SLOT0]
    isb
    mrs     x0, cntvct_el0
    store   x0, running_since, x1
    mov     x0, #0
    ldp     x19, x20, [sp, #16]
    ldp     x21, x22, [sp, #32]
    ldp     x29, x30, [sp], #48
    ret

routine swap
    enter
    load    x0, running_bytes
    load    x1, running_length
    store   x0, previous_bytes, x2
    store   x1, previous_length, x2
    load    x0, pending_bytes
    load    x1, pending_length
    store   xzr, pending_bytes, x2
    store   wzr, last_fault, x2         // ENDED_PLANNED
    bl      set_running
    bl      instance_exchange
    bl      gic_forget
    bl      jack_unlock
    leave

// x0 bytes, x1 length: the running module. One that was sent is on probation.
set_running:
    store   x0, running_bytes, x2
    store   x1, running_length, x2
    adr     x1, module_start
    cmp     x0, x1
    isb
    mrs     x0, cntvct_el0
    load    x1, probation
    add     x0, x0, x1
    csel    x0, x0, xzr, ne
    store   x0, probation_until, x1
    ret

routine go_back_to
    load    x0, running_bytes
    cbz     x0, 1f
    adr     x2, module_start
    cmp     x0, x2
    b.eq    2f                          // the first one: there is nothing before it
    load    x0, previous_bytes
    load    x1, previous_length
    cbnz    x0, 1f
    mov     x0, x2
    address x1, module_end
    sub     x1, x1, x0
1:  ret
2:  mov     x0, #0
    ret

routine go_back
    msr     daifset, #DAIF_ALL
    msr     spsel, #1
    ldr     w0, =EXCEPTION_STACK_TOP
    mov     sp, x0
    msr     spsel, #0
    ldr     w0, =WASM_STACK_TOP
    mov     sp, x0
    bl      go_back_to
    store   xzr, previous_bytes, x2
    store   xzr, pending_bytes, x2
    bl      set_running
    bl      gic_forget
    bl      jack_unlock
    store   wzr, fault_entered, x0
    bl      uart_report_end
    msr     daifclr, #DAIF_IRQ | DAIF_SERROR
    b       run_module


variable running_bytes, 8
variable running_length, 8
variable previous_bytes, 8              // 0: none that is younger than the image's
variable previous_length, 8
variable pending_bytes, 8               // loaded, to be started after this step; 0: none
variable pending_length, 8
variable last_fault, 8                  // an Ended in its lower half: of the module before
