// Which module runs, which one ran before it, and how the one takes the other's place. Modules lie as bytes in the slots of
// MODULE_STORE, the first one in the image.
//
//   import_preload, import_reload   the board's imports
//   swap            the module that `reload` has loaded is the running one now, and on probation. Uses x0-x9.
//   go_back_to      x0 = the module to go back to when the running one ends by a fault, x1 its length; x0 = 0: none.
//                   Uses x2.
//   go_back         starts that module anew. Does not return; may be called wherever a fault was met.
//
//   x19 slots   x20 bytes   x21 length   x22 slot in the store, then the answer   x23 until

#include "macros.inc"
#include "slots.inc"

.equ PRELOAD_SHIFT, 9                   // a call of preload compiles for 1/512 of a second

routine import_preload
    mrs     x9, cntfrq_el0
    isb
    mrs     x11, cntvct_el0
    add     x11, x11, x9, lsr #PRELOAD_SHIFT
    b       load_beside

routine import_reload
    ldr     x11, =NO_DEADLINE

// The import of both: x11 the tick from which on what is left to compile is left for another call.
load_beside:
    ldr     w8, [x2, #SLOT1]
    ldr     w10, [x2, #SLOT2]
    linear_range 8, 10
    stp     x29, x30, [sp, #-64]!
    stp     x19, x20, [sp, #16]
    stp     x21, x22, [sp, #32]
    str     x23, [sp, #48]
    mov     x19, x2
    mov     x20, x8
    mov     x21, x10
    mov     x23, x11
    // Loading is the board's work, and must not be stopped half way.
    store   xzr, running_since, x0
    store   xzr, pending_bytes, x0
    load    x0, beside_from
    load    x1, beside_length
    cmp     x0, x20
    ccmp    x1, x21, #0, eq
    b.ne    1f
    ldr     x2, =NO_DEADLINE
    cmp     x23, x2
    b.ne    0f
    load    x0, beside_bytes            // for good: what was loaded must be what is there
    mov     x1, x20
    mov     x2, x21
    bl      memcmp
    cbnz    w0, 1f
0:  bl      instance_exchange
    b       4f

1:  store   xzr, beside_from, x0
    mov     w0, #RELOAD_ROOM
    ldr     w1, =MODULE_SLOT_BYTES
    cmp     x21, x1
    b.hi    8f
    ldr     w22, =MODULE_STORE
    load    x2, running_bytes
    load    x3, previous_bytes
2:  cmp     x22, x2
    ccmp    x22, x3, #4, ne
    b.ne    3f
    add     x22, x22, x1
    b       2b
3:  mov     x0, x22
    mov     x1, x20
    mov     x2, x21
    bl      memcpy
    store   x22, beside_bytes, x0
    store   x21, beside_length, x0
    load    x2, arena_number
    eor     x2, x2, #1
    str     x2, [sp, #56]
    bl      instance_exchange
    mov     x0, x22
    mov     x1, x21
    ldr     x2, [sp, #56]
    bl      load_module
    load32  22, load_phase
    cbnz    x0, 7f
    store   x20, beside_from, x0
    load32  0, imported_functions
    store   x0, beside_next, x1
    mov     w22, #RELOAD_MORE
    ldr     x0, =NO_DEADLINE
    cmp     x23, x0
    b.ne    7f

    // `start` and `step` are compiled by now, and are once more.
4:  mov     w22, #RELOAD_NOT_WASM
    load    x0, module
    adrp    x2, beside_next
    ldr     x1, [x2, :lo12:beside_next]
    add     x3, x1, #1
    str     x3, [x2, :lo12:beside_next]
    bl      Module_GetFunction
    cbz     x0, 5f
    bl      CompileFunction
    cbnz    x0, 6f
    mov     w22, #RELOAD_MORE
    isb
    mrs     x0, cntvct_el0
    cmp     x0, x23
    b.lt    4b
    b       7f
5:  mov     w22, #RELOAD_DONE
    b       7f
6:  store   xzr, beside_from, x0
7:  bl      instance_exchange
    mov     w0, w22
8:  str     w0, [x19, #SLOT0]
    isb
    mrs     x1, cntvct_el0
    store   x1, running_since, x2
    ldr     x1, =NO_DEADLINE
    cmp     x23, x1
    b.ne    9f
    cbnz    w0, 9f
    load    x0, beside_bytes
    store   x0, pending_bytes, x1
    load    x0, beside_length
    store   x0, pending_length, x1
    store   xzr, beside_from, x1
9:  mov     x0, #0
    ldp     x19, x20, [sp, #16]
    ldp     x21, x22, [sp, #32]
    ldr     x23, [sp, #48]
    ldp     x29, x30, [sp], #64
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
    store   xzr, beside_from, x2
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
variable beside_from, 8                 // where the module that is loaded beside the running one was copied from; 0: none is
variable beside_length, 8
variable beside_bytes, 8                // its slot
variable beside_next, 8                 // the function to compile next
variable pending_bytes, 8               // loaded, to be started after this step; 0: none
variable pending_length, 8
variable last_fault, 8                  // an Ended in its lower half: of the module before
