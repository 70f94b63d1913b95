// The C library's routines that wasm3 calls, by the names and rules of C.
//
//   memcpy, memmove, memset, memcmp, strcmp, strlen, abort

#include "macros.inc"

.equ ZVA_BYTES, 64                      // what DC ZVA clears on a Cortex-A72
.equ ZVA_MIN, 256

routine memmove
    sub     x3, x0, x1
    cmp     x3, x2
    b.lo    backwards                   // the target begins inside the source
routine memcpy
    mov     x3, x0
    cmp     x2, #16
    b.lo    2f
1:  ldp     x4, x5, [x1], #16
    sub     x2, x2, #16
    stp     x4, x5, [x3], #16
    cmp     x2, #16
    b.hs    1b
2:  tbz     w2, #3, 3f
    ldr     x4, [x1], #8
    str     x4, [x3], #8
3:  tbz     w2, #2, 4f
    ldr     w4, [x1], #4
    str     w4, [x3], #4
4:  tbz     w2, #1, 5f
    ldrh    w4, [x1], #2
    strh    w4, [x3], #2
5:  tbz     w2, #0, 6f
    ldrb    w4, [x1]
    strb    w4, [x3]
6:  ret

backwards:
    add     x1, x1, x2
    add     x3, x0, x2
    cmp     x2, #16
    b.lo    2f
1:  ldp     x4, x5, [x1, #-16]!
    sub     x2, x2, #16
    stp     x4, x5, [x3, #-16]!
    cmp     x2, #16
    b.hs    1b
2:  cbz     x2, 4f
3:  ldrb    w4, [x1, #-1]!
    strb    w4, [x3, #-1]!
    subs    x2, x2, #1
    b.ne    3b
4:  ret

routine memset
    mov     x3, x0
    and     x1, x1, #0xff
    orr     x1, x1, x1, lsl #8
    orr     x1, x1, x1, lsl #16
    orr     x1, x1, x1, lsl #32
    cmp     x2, #ZVA_MIN
    ccmp    x1, #0, #0, hs
    b.eq    7f
1:  cmp     x2, #16
    b.lo    3f
2:  stp     x1, x1, [x3], #16
    sub     x2, x2, #16
    cmp     x2, #16
    b.hs    2b
3:  tbz     w2, #3, 4f
    str     x1, [x3], #8
4:  tbz     w2, #2, 5f
    str     w1, [x3], #4
5:  tbz     w2, #1, 6f
    strh    w1, [x3], #2
6:  tbz     w2, #0, 9f
    strb    w1, [x3]
    ret
// Much to clear: whole cache lines at once, when they have the size that this was written for.
7:  mrs     x4, dczid_el0
    cmp     x4, #4                      // log2 of words; bit 4 would forbid it
    b.ne    1b
    stp     x1, x1, [x3]
    stp     x1, x1, [x3, #16]
    stp     x1, x1, [x3, #32]
    stp     x1, x1, [x3, #48]
    add     x4, x3, #ZVA_BYTES
    and     x4, x4, #~(ZVA_BYTES - 1)
    sub     x5, x4, x3
    sub     x2, x2, x5
    mov     x3, x4
8:  dc      zva, x3
    add     x3, x3, #ZVA_BYTES
    sub     x2, x2, #ZVA_BYTES
    cmp     x2, #ZVA_BYTES
    b.hs    8b
    b       1b
9:  ret

routine memcmp
    mov     x3, x0
    mov     w0, #0
1:  cbz     x2, 2f
    ldrb    w4, [x3], #1
    ldrb    w5, [x1], #1
    sub     x2, x2, #1
    subs    w0, w4, w5
    b.eq    1b
2:  ret

routine strcmp
1:  ldrb    w2, [x0], #1
    ldrb    w3, [x1], #1
    subs    w4, w2, w3
    b.ne    2f
    cbnz    w2, 1b
2:  mov     w0, w4
    ret

routine strlen
    mov     x1, x0
1:  ldrb    w2, [x1], #1
    cbnz    w2, 1b
    sub     x0, x1, x0
    sub     x0, x0, #1
    ret

// wasm3 gives up: an undefined instruction, so that it is reported with registers and call stack.
routine abort
    udf     #0
