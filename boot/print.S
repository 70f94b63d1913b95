// Text for reports, byte by byte to the UART with interrupts masked, and texts of traps, built in memory.
//
//   print           x0 text                       print_quoted   x0 text, in quotes and escaped
//   print_hex       x0 value, w1 digits           print_decimal  x0 value
//   print_line      end of line
//   trap_import     x0 text, x1 context of the import, w16 number: trap_text = the import's name, the text and the number in
//                   hexadecimal; x0 = trap_text. trap_linear has a text of its own.
//   text_copy       x0 to, x1 text, x2 end of room: copies with the zero; x0 = behind the last character
//
// All keep x19-x28 and use x0-x12.

#include "macros.inc"
#include "slots.inc"

routine print
    stp     x29, x30, [sp, #-32]!
    str     x19, [sp, #16]
    mov     x19, x0
1:  ldrb    w0, [x19], #1
    cbz     w0, 2f
    bl      uart_put
    b       1b
2:  ldr     x19, [sp, #16]
    ldp     x29, x30, [sp], #32
    ret

routine print_line
    enter
    mov     w0, #'\r'
    bl      uart_put
    mov     w0, #'\n'
    bl      uart_put
    leave

// A quote and a backslash get a backslash, control characters become \xNN.
routine print_quoted
    stp     x29, x30, [sp, #-32]!
    stp     x19, x20, [sp, #16]
    mov     x19, x0
    mov     w0, #'"'
    bl      uart_put
1:  ldrb    w20, [x19], #1
    cbz     w20, 4f
    cmp     w20, #' '
    b.lo    3f
    cmp     w20, #'"'
    mov     w0, #'\\'
    ccmp    w20, w0, #4, ne             // either of the two
    b.ne    2f
    bl      uart_put
2:  mov     w0, w20
    bl      uart_put
    b       1b
3:  adr     x0, text_escape
    bl      print
    mov     x0, x20
    mov     w1, #2
    bl      print_hex
    b       1b
4:  mov     w0, #'"'
    bl      uart_put
    ldp     x19, x20, [sp, #16]
    ldp     x29, x30, [sp], #32
    ret

// w0 low four bits -> w0 digit
.macro digit
    and     w0, w0, #15
    cmp     w0, #10
    add     w0, w0, #'0'
    add     w12, w0, #'a' - '0' - 10
    csel    w0, w0, w12, lo
.endm

routine print_hex
    stp     x29, x30, [sp, #-32]!
    stp     x19, x20, [sp, #16]
    mov     x19, x0
    lsl     w20, w1, #2
1:  sub     w20, w20, #4
    lsr     x0, x19, x20
    digit
    bl      uart_put
    cbnz    w20, 1b
    ldp     x19, x20, [sp, #16]
    ldp     x29, x30, [sp], #32
    ret

routine print_decimal
    stp     x29, x30, [sp, #-48]!
    add     x4, sp, #47
    strb    wzr, [x4]
    mov     x5, #10
1:  udiv    x6, x0, x5
    msub    x7, x6, x5, x0
    add     w7, w7, #'0'
    strb    w7, [x4, #-1]!
    mov     x0, x6
    cbnz    x0, 1b
    mov     x0, x4
    bl      print
    ldp     x29, x30, [sp], #48
    ret

routine text_copy
1:  ldrb    w3, [x1], #1
    strb    w3, [x0]
    cbz     w3, 2f
    add     x0, x0, #1
    cmp     x0, x2
    b.lo    1b
    strb    wzr, [x0, #-1]!
2:  ret

routine trap_linear
    trap_with text_linear

routine trap_import
    mov     x9, x30
    mov     x10, x0
    ldr     x1, [x1]                    // userdata: see loader.S
    address x0, trap_text
    add     x2, x0, #TRAP_TEXT_BYTES - 16
    bl      text_copy
    mov     x1, x10
    bl      text_copy
    mov     w10, w16
    mov     w11, #32
1:  sub     w11, w11, #4
    lsr     w3, w10, w11
    mov     x4, x0
    mov     w0, w3
    digit
    mov     w3, w0
    mov     x0, x4
    strb    w3, [x0], #1
    cbnz    w11, 1b
    strb    wzr, [x0]
    address x0, trap_text
    ret     x9

text text_linear, " outside linear memory: 0x"
text text_escape, "\\\\x"

variable trap_text, TRAP_TEXT_BYTES
