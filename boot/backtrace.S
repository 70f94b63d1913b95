// The Wasm call stack of a fault. While a trap unwinds, each frame's instruction executes a BRK with its address in
// wasm3's code (boot/libc/backtrace.h); whatever shall end a running module is turned into a trap, so that every
// report comes by its call stack the same way. The innermost and the outermost frames are kept.
//
//   backtrace_note    x0 instruction's address. For the exception handler: uses x0-x5.
//   backtrace_print   prints the frames, innermost first
//   backtrace_scan    x0 stack pointer, x1 innermost instruction or 0: for faults inside wasm3 itself, collects the
//                     frames from saved registers on the native stack
//   stop_wasm         x0 text: makes the running module trap with it at its next instruction. Uses x0-x7.

#include "macros.inc"

.equ INNER_FRAMES, 48
.equ OUTER_FRAMES, 16

routine backtrace_note
    adrp    x1, frames_noted
    ldr     x2, [x1, :lo12:frames_noted]
    add     x3, x2, #1
    str     x3, [x1, :lo12:frames_noted]
    address x1, frames
    cmp     x2, #INNER_FRAMES
    b.lo    1f
    sub     x2, x2, #INNER_FRAMES
    and     x2, x2, #OUTER_FRAMES - 1
    add     x2, x2, #INNER_FRAMES
1:  str     x0, [x1, x2, lsl #3]
    ret

routine backtrace_print
    stp     x29, x30, [sp, #-32]!
    stp     x19, x20, [sp, #16]
    load    x20, frames_noted
    mov     x19, #0
1:  cmp     x19, x20
    b.hs    4f
    mov     x0, x19
    cmp     x19, #INNER_FRAMES
    b.lo    3f
    b.ne    2f
    // How many were passed over.
    sub     x0, x20, #INNER_FRAMES + OUTER_FRAMES
    cmp     x0, #0
    b.le    2f
    add     x19, x19, x0
    str     x0, [sp, #-16]!
    adr     x0, text_more
    bl      print
    ldr     x0, [sp], #16
    bl      print_decimal
    bl      print_line
2:  sub     x0, x19, #INNER_FRAMES
    and     x0, x0, #OUTER_FRAMES - 1
    add     x0, x0, #INNER_FRAMES
3:  address x1, frames
    ldr     x1, [x1, x0, lsl #3]
    load    x0, runtime
    bl      FindModuleOffset
    add     x19, x19, #1
    // The stub of an import and the entry of a function have no place in the module: 0, or nonsense.
    sub     w1, w0, #1
    load    x2, module_bytes
    cmp     x1, x2
    b.hs    1b
    str     x0, [sp, #-16]!
    adr     x0, text_frame
    bl      print
    ldr     x0, [sp], #16
    mov     w1, #8
    bl      print_hex
    bl      print_line
    b       1b
4:  ldp     x19, x20, [sp, #16]
    ldp     x29, x30, [sp], #32
    ret

// A call's instruction keeps the address of its operands in a saved register, and the next frame puts that on the
// stack: a word that points right behind the word `op_Call` or `op_CallIndirect`, inside the arena, is a frame.
routine backtrace_scan
    stp     x29, x30, [sp, #-48]!
    stp     x19, x20, [sp, #16]
    stp     x21, x22, [sp, #32]
    and     x19, x0, #~7
    ldr     w20, =WASM_STACK_TOP
    load    x21, arena_start
    load    x22, arena_end
    sub     x0, x1, #8
    cmp     x0, x21
    ccmp    x0, x22, #2, hs
    b.hs    1f
    bl      backtrace_note
1:  cmp     x19, x20
    b.hs    3f
    ldr     x0, [x19], #8
    tst     x0, #7
    b.ne    1b
    cmp     x0, x21
    ccmp    x0, x22, #2, hi
    b.hs    1b
    ldr     x1, [x0, #-8]
    adr     x2, call_start
    adr     x3, call_end
    cmp     x1, x2
    ccmp    x1, x3, #2, hs
    b.hs    1b
    bl      backtrace_note
    b       1b
3:  ldp     x19, x20, [sp, #16]
    ldp     x21, x22, [sp, #32]
    ldp     x29, x30, [sp], #48
    ret

// wasm3 runs by jumping to the addresses in its code pages. Those are in the arena, and all its instructions lie
// between two symbols: so every word of the arena that points there is replaced by stopped_instruction. The run is
// over after that, so a number that happened to look like one does no harm.
routine stop_wasm
    store   x0, stop_text, x1
    load    x1, arena_start
    load    x2, arena_next
    adr     x3, instructions_start
    adr     x4, instructions_end
    sub     x4, x4, x3
    adr     x5, stopped_instruction
1:  cmp     x1, x2
    b.hs    2f
    ldr     x6, [x1], #8
    sub     x7, x6, x3
    cmp     x7, x4
    b.hs    1b
    str     x5, [x1, #-8]
    b       1b
2:  ret

// Stands for any instruction of wasm3: x0 = behind its word in the code page.
routine stopped_instruction
    sub     x0, x0, #8
    brk     #BRK_BACKTRACE
    load    x0, stop_text
    ret

text text_frame, "  wasm +0x"
text text_more, "  wasm more="

variable frames, (INNER_FRAMES + OUTER_FRAMES) * 8
variable frames_noted, 8
variable stop_text, 8
