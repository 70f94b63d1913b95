// wasm3's heap: an arena that only grows and is reset as a whole when another module takes it. Blocks have a header
// with their size; the last one can be given back or grow.
//
//   arena_reset              x0 arena's number (0 or 1)
//   arena_expect_linear      x0 linear memory's number: the next block that has the size of whole Wasm pages and a
//                            header is placed so that the pages begin at LINEAR
//   calloc, realloc, free    as in C
//
//   arena_peak   the most that was ever used, over all modules. What belongs to one of them is in instance.S.

#include "macros.inc"

.equ HEADER, 16
.equ WASM_PAGE_SHIFT, 16
.equ HEADER_LIMIT, PAGE                 // wasm3's own header of a linear memory is below a page
.equ NOT_EXPECTED, -1

routine arena_reset
    ldr     w1, =ARENA
    ldr     w2, =ARENA_BYTES
    madd    x1, x0, x2, x1
    add     x2, x1, x2
    store   x0, arena_number, x3
    store   x1, arena_start, x3
    store   x1, arena_next, x3
    store   x2, arena_end, x3
    store   xzr, arena_last, x3
    store   xzr, linear_base, x3
    store   xzr, linear_bytes, x3
    store   xzr, linear_block, x3
    mov     x1, #NOT_EXPECTED
    store   x1, linear_expected, x3
    ret

routine arena_expect_linear
    store   x0, linear_expected, x1
    ret

routine calloc
    mul     x1, x0, x1
    stp     x29, x30, [sp, #-32]!
    str     x1, [sp, #16]
    bl      allocate
    cbz     x0, 1f
    ldr     x2, [sp, #16]
    mov     w1, #0
    bl      memset
1:  ldp     x29, x30, [sp], #32
    ret

// x1 bytes -> x0 block or 0. Uses x2-x5.
allocate:
    add     x2, x1, #HEADER + 15
    and     x2, x2, #~15
    adrp    x3, arena_next
    ldr     x0, [x3, :lo12:arena_next]
    load    x4, arena_end
    sub     x5, x4, x0
    cmp     x1, x5
    b.hs    1f
    cmp     x2, x5
    b.hi    1f
    str     x1, [x0], #HEADER
    store   x0, arena_last, x5
    sub     x2, x2, #HEADER
    add     x4, x0, x2
    str     x4, [x3, :lo12:arena_next]
    load    x5, arena_start
    sub     x4, x4, x5
    adrp    x3, arena_peak
    ldr     x5, [x3, :lo12:arena_peak]
    cmp     x4, x5
    b.ls    2f
    str     x4, [x3, :lo12:arena_peak]
    ret
1:  mov     x0, #0
2:  ret

routine realloc
    cbz     x0, 3f
    load    x2, linear_block
    cmp     x0, x2
    b.eq    4f                          // a linear memory is fixed: memory.grow answers -1
    ldr     x2, [x0, #-HEADER]
    cmp     x1, x2
    b.ls    2f
    load    x3, arena_last
    cmp     x0, x3
    b.ne    1f
    // The last block grows where it is.
    load    x4, arena_end
    sub     x4, x4, x0
    add     x5, x1, #15
    and     x5, x5, #~15
    cmp     x1, x4
    b.hs    4f
    cmp     x5, x4
    b.hi    4f
    str     x1, [x0, #-HEADER]
    add     x5, x5, x0
    store   x5, arena_next, x4
    load    x4, arena_start
    sub     x5, x5, x4
    adrp    x3, arena_peak
    ldr     x4, [x3, :lo12:arena_peak]
    cmp     x5, x4
    b.ls    2f
    str     x5, [x3, :lo12:arena_peak]
2:  ret
1:  stp     x29, x30, [sp, #-32]!
    stp     x0, x2, [sp, #16]
    bl      allocate
    cbz     x0, 5f
    ldp     x1, x2, [sp, #16]
    bl      memcpy
5:  ldp     x29, x30, [sp], #32
    ret
3:  load    x2, linear_expected
    cmn     x2, #1
    b.eq    allocate
    // wasm3 asks for whole pages and its header in front of them.
    mov     x4, #HEADER_LIMIT
    and     x5, x1, #(1 << WASM_PAGE_SHIFT) - 1
    sub     x3, x5, #1
    cmp     x3, x4
    b.hs    allocate
    sub     x4, x1, x5
    ldr     w3, =LINEAR_BYTES - (1 << WASM_PAGE_SHIFT)
    cmp     x4, x3
    b.hi    4f
    store   x4, linear_bytes, x3
    ldr     w3, =LINEAR
    ldr     w4, =LINEAR_BYTES
    madd    x3, x2, x4, x3
    store   x3, linear_base, x4
    mov     x4, #NOT_EXPECTED
    store   x4, linear_expected, x2
    sub     x0, x3, x5
    store   x0, linear_block, x4
    ret
4:  mov     x0, #0
    ret

routine free
    cbz     x0, 1f
    load    x1, arena_last
    cmp     x0, x1
    b.ne    1f
    sub     x0, x0, #HEADER
    store   x0, arena_next, x1
    store   xzr, arena_last, x1
1:  ret

variable arena_peak, 8
