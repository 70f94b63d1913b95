// Instead of starting the module: takes the exception that the first word of the RAM disk names.

#include "macros.inc"

.equ UNDEFINED, 1
.equ EXECUTE_DATA, 2
.equ NESTED, 3
.equ NULL_POINTER, 4
.equ WRITE_CODE, 5
.equ NATIVE_HANG, 6

routine module_loaded
    ldr     x0, =RAM_DISK
    ldr     w1, [x0]
    ldr     x0, =ARENA + PAGE           // what the report takes for the place of an instruction
    cmp     w1, #EXECUTE_DATA
    b.eq    2f
    cmp     w1, #NESTED
    b.eq    4f
    cmp     w1, #NULL_POINTER
    b.eq    5f
    cmp     w1, #WRITE_CODE
    b.eq    6f
    cmp     w1, #NATIVE_HANG
    b.eq    7f
    udf     #UNDEFINED
2:  ldr     x1, =DMA_WINDOW
    br      x1
4:  mov     x1, #NESTED                 // a runtime that the report cannot read
    store   x1, runtime, x2
    udf     #NESTED
5:  mov     x2, #0
    ldr     x1, [x2, #NULL_POINTER]
    b       .
6:  address x1, entry
    str     xzr, [x1]
    b       .
7:  mrs     x1, cntvct_el0              // in a step, but never at a Wasm instruction again
    store   x1, running_since, x2
8:  wfi
    b       8b
