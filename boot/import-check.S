// Reads a module's import section, so that a module that asks for what the board has not is refused with the name.
// wasm3 has parsed the module before: lengths in it are sound.
//
//   check_imports   x0 bytes, x1 length; x0 = 0, or a text that names the first unknown import; then imported_functions is
//                   how many there are
//
//   x19 position   x20 end   x21 imports left   x22, x23 module name   x24, x25 field name (start, length)

#include "macros.inc"

.equ MODULE_HEADER, 8
.equ SECTION_IMPORT, 2
.equ KIND_FUNCTION, 0
.equ IMPORT_ENTRY, 24                   // name, signature, routine
.equ BOARD_LENGTH, 5
.equ NAME_SHOWN, 64

routine check_imports
    stp     x29, x30, [sp, #-80]!
    stp     x19, x20, [sp, #16]
    stp     x21, x22, [sp, #32]
    stp     x23, x24, [sp, #48]
    str     x25, [sp, #64]
    add     x20, x0, x1
    add     x19, x0, #MODULE_HEADER
    store   wzr, imported_functions, x0
1:  cmp     x19, x20
    b.hs    known
    ldrb    w21, [x19], #1
    bl      number
    cmp     w21, #SECTION_IMPORT
    b.eq    2f
    add     x19, x19, x0
    b       1b
2:  bl      number
    mov     w21, w0
    store   w0, imported_functions, x1
3:  cbz     w21, known
    sub     w21, w21, #1
    bl      number
    mov     x22, x19
    mov     x23, x0
    add     x19, x19, x0
    bl      number
    mov     x24, x19
    mov     x25, x0
    add     x19, x19, x0
    ldrb    w0, [x19], #1
    cmp     w0, #KIND_FUNCTION
    b.ne    unknown
    bl      number                      // its type, which linking compares
    cmp     x23, #BOARD_LENGTH
    b.ne    unknown
    mov     x0, x22
    adr     x1, text_board
    mov     x2, #BOARD_LENGTH
    bl      memcmp
    cbnz    w0, unknown
    adr     x9, imports_start
    adr     x10, imports_end
4:  cmp     x9, x10
    b.hs    unknown
    ldr     x1, [x9], #IMPORT_ENTRY
    mov     x0, x24
    mov     x2, x25
    bl      same_name
    cbnz    w0, 4b
    b       3b
known:
    mov     x0, #0
    b       leave_check
unknown:
    address x0, trap_text
    adr     x1, text_unknown
    add     x2, x0, #NAME_SHOWN
    bl      text_copy
    mov     x1, x22
    mov     x2, x23
    bl      name
    mov     w1, #'.'
    strb    w1, [x0], #1
    mov     x1, x24
    mov     x2, x25
    bl      name
    strb    wzr, [x0]
    address x0, trap_text
leave_check:
    ldp     x19, x20, [sp, #16]
    ldp     x21, x22, [sp, #32]
    ldp     x23, x24, [sp, #48]
    ldr     x25, [sp, #64]
    ldp     x29, x30, [sp], #80
    ret

// x0 bytes, x2 their number, x1 text with a zero at its end; w0 = 0 when they are the same. Uses x3-x5.
same_name:
1:  cbz     x2, 2f
    ldrb    w3, [x0], #1
    ldrb    w4, [x1], #1
    cmp     w3, w4
    b.ne    3f
    sub     x2, x2, #1
    cbnz    w4, 1b
3:  mov     w0, #1
    ret
2:  ldrb    w0, [x1]
    ret

// x0 to, x1 from, x2 length: at most NAME_SHOWN bytes of it; x0 moves on.
name:
    cmp     x2, #NAME_SHOWN
    b.ls    1f
    mov     x2, #NAME_SHOWN
1:  cbz     x2, 2f
    ldrb    w3, [x1], #1
    strb    w3, [x0], #1
    sub     x2, x2, #1
    b       1b
2:  ret

// LEB128 at x19 -> x0; x19 moves on. Uses x1-x3.
number:
    mov     x0, #0
    mov     x1, #0
1:  ldrb    w2, [x19], #1
    and     x3, x2, #0x7f
    lsl     x3, x3, x1
    orr     x0, x0, x3
    add     x1, x1, #7
    tbnz    w2, #7, 1b
    mov     w0, w0
    ret

text text_unknown, "unknown import "

variable imported_functions, 4
