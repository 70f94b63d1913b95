// What belongs to one loaded module: wasm3's objects, its arena and linear memory. In one piece, so that a module can be
// loaded beside the running one and the two change places.
//
//   instance_exchange   instance <-> instance_beside. Uses x0-x5.

#include "macros.inc"

.macro field name
    .global \name
    .type   \name, %object
\name:
    .skip   8
.endm

    .section .bss.instance, "aw", %nobits
    .balign 16
    .global instance
instance:
    field   arena_number                // of its linear memory too
    field   arena_start
    field   arena_next
    field   arena_end
    field   arena_last
    field   linear_expected
    field   linear_block
    field   linear_base
    field   linear_bytes
    field   runtime
    field   module
    field   module_bytes
    field   function_start
    field   function_step
.equ INSTANCE_BYTES, . - instance

routine instance_exchange
    address x0, instance
    address x1, instance_beside
    mov     x2, #INSTANCE_BYTES / 16
1:  ldp     x3, x4, [x0]
    ldr     x5, [x1]
    str     x3, [x1]
    ldr     x3, [x1, #8]
    str     x4, [x1, #8]
    stp     x5, x3, [x0], #16
    add     x1, x1, #16
    subs    x2, x2, #1
    b.ne    1b
    ret

variable instance_beside, INSTANCE_BYTES, 16
