// The import `native` of the bench's image: I(iiii) which, file, bytes, out; ticks that the native decoder took.
// Registers as in boot/imports.S.

#include "macros.inc"
#include "slots.inc"

    .section .rodata.import_texts, "a"
1:  .asciz  "native"
2:  .asciz  "I(iiii)"
    .section .imports, "a"
    .quad   1b, 2b, import_native

routine import_native
    stp     x29, x30, [sp, #-32]!
    str     x2, [sp, #16]
    ldr     w9, [x2, #SLOT1]
    ldr     w0, [x2, #SLOT2]
    ldr     w1, [x2, #SLOT3]
    ldr     w4, [x2, #SLOT3 + 8]
    add     x0, x0, x3
    add     x2, x4, x3
    cbnz    w9, 3f
    bl      bench_reference
    b       4f
3:  bl      bench_wasm2c
4:  ldr     x2, [sp, #16]
    str     x0, [x2, #SLOT0]
    ldp     x29, x30, [sp], #32
    succeed
