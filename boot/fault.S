// The fault report, and what follows: the module before this one, or the end. Its lines are a fixed grammar
// (docs/board.md): the host reads fields.
//
//   fault_result      x0 text that wasm3 returned: reports by what the text is. Does not return.
//   fault_load        x0 text: the module could not be loaded. Does not return.
//   fault_exception   x0 frame on SP_EL1: reports it. From handlers; does not return.
//   fault_stuck       x0 frame of an interrupt: a module that never came back. Does not return.
//   fault_nested      an exception inside a handler. Does not return.

#include "macros.inc"

.equ REGISTERS, 31
.equ REGISTERS_A_LINE, 4
.equ TRAP_PREFIX, 7                     // "[trap] "

.macro say symbol
    adr     x0, \symbol
    bl      print
.endm

// Prints `name=0x` and a 64-bit word of fault_frame.
.macro say_register name, offset
    say     \name
    address x0, fault_frame
    ldr     x0, [x0, #\offset]
    mov     w1, #16
    bl      print_hex
.endm

// Only the first fault is reported: a second one while that is going on says so and ends.
begin:
    mov     x19, x30
    msr     daifset, #DAIF_ALL
    adrp    x1, fault_entered
    ldr     w2, [x1, :lo12:fault_entered]
    cbnz    w2, fault_nested
    mov     w2, #1
    str     w2, [x1, :lo12:fault_entered]
    store   xzr, running_since, x1
    mrs     x1, tpidr_el1
    cmp     x1, #STAGE_MODULE           // no UART yet
    b.lo    blink
    // With a module to go back to nobody waits for the line: the jack plays.
    bl      go_back_to
    cmp     x0, #0
    cset    w0, ne
    store   w0, uart_queueing, x1
    cbnz    w0, 1f
    bl      uart_drain
1:  bl      print_line
    bl      crash_begin
    say     text_fault
    ret     x19

// Not a routine that returns: the frames, the last line, the end.
finish:
    bl      print_line
finish_frames:
    load    x0, runtime
    cbz     x0, 1f
    bl      backtrace_print
1:  say     text_finish
    load    x0, build_id
    mov     w1, #16
    bl      print_hex
    bl      print_line
    bl      crash_end
    load32  0, uart_queueing
    cbnz    w0, go_back
    bl      uart_drain
    b       power_fail

// Notes how the module has ended, an Ended. Uses x0, x1.
.macro ended how
    mov     w0, #\how
    store   w0, last_fault, x1
.endm

routine fault_result
    mov     x20, x0
    bl      begin
    ended   ENDED_TRAP
    adr     x1, text_hang
    cmp     x20, x1
    b.eq    2f
    adr     x1, text_bus_abort
    cmp     x20, x1
    b.eq    4f
    adr     x1, text_serror
    cmp     x20, x1
    b.eq    5f
    adr     x1, text_abort
    cmp     x20, x1
    b.eq    3f
    adr     x1, text_native_stack
    cmp     x20, x1
    b.eq    6f
    say     kind_trap
    ldrb    w0, [x20]
    cmp     w0, #'['
    b.ne    1f
    add     x20, x20, #TRAP_PREFIX
1:  mov     x0, x20
    bl      print_quoted
    b       finish
2:  ended   ENDED_HANG
    say     kind_hang
    b       finish
3:  say     kind_abort
    load    x0, fault_code
    bl      print_decimal
    say     field_text
    address x0, trap_text
    bl      print_quoted
    b       finish
4:  ended   ENDED_EXCEPTION
    say     kind_data_abort
    b       exception
5:  ended   ENDED_EXCEPTION
    say     kind_serror
    b       exception
6:  say     kind_stack
    b       finish

routine fault_load
    mov     x20, x0
    bl      begin
    ended   ENDED_TRAP
    say     kind_load
    mov     x0, x20
    bl      print_quoted
    b       finish

routine fault_exception
    mov     x20, x0
    bl      keep_frame
    bl      begin
    ended   ENDED_EXCEPTION
    address x0, fault_frame
    ldr     x1, [x0, #FRAME_VECTOR]
    cmp     x1, #3
    b.eq    7f
    cmp     x1, #0
    b.ne    6f
    ldr     x2, [x0, #FRAME_ESR]
    lsr     x2, x2, #EC_SHIFT
    cmp     x2, #EC_DATA_ABORT
    b.eq    1f
    cmp     x2, #EC_PREFETCH_ABORT
    b.eq    3f
    cmp     x2, #EC_UNKNOWN
    b.eq    4f
    cmp     x2, #EC_SP_ALIGNMENT
    b.eq    5f
    b       6f
1:  ldr     x2, [x0, #FRAME_FAR]
    ldr     w3, =WASM_STACK_GUARD
    sub     x2, x2, x3
    cmp     x2, #GUARD_BYTES
    b.lo    2f
    say     kind_data_abort
    b       8f
2:  say     kind_stack
    b       8f
3:  say     kind_prefetch_abort
    b       8f
4:  say     kind_undefined
    b       8f
5:  say     kind_sp_alignment
    b       8f
6:  say     kind_exception
    b       8f
7:  say     kind_serror
8:  // Inside wasm3 the first argument is mostly the instruction's place; frames lie on the native stack.
    address x2, fault_frame
    ldr     x1, [x2]
    ldr     x0, [x2, #FRAME_SP]
    ldr     w3, =WASM_STACK
    ldr     w4, =WASM_STACK_BYTES
    sub     x5, x0, x3
    cmp     x5, x4
    csel    x0, x0, x3, lo
    bl      backtrace_scan
    b       exception

routine fault_stuck
    mrs     x1, elr_el1
    mrs     x2, spsr_el1
    stp     x1, x2, [x0, #FRAME_ELR]
    mrs     x1, sp_el0
    str     x1, [x0, #FRAME_SP]
    stp     xzr, xzr, [x0, #FRAME_ESR]
    mov     x1, #1
    str     x1, [x0, #FRAME_VECTOR]
    stp     x19, x20, [x0, #FRAME_X19]  // an interrupt does not save these
    stp     x21, x22, [x0, #FRAME_X19 + 16]
    stp     x23, x24, [x0, #FRAME_X19 + 32]
    stp     x25, x26, [x0, #FRAME_X19 + 48]
    stp     x27, x28, [x0, #FRAME_X19 + 64]
    str     x29, [x0, #FRAME_X19 + 80]
    bl      keep_frame
    ldr     w0, =GICC                   // its handler will not return
    mov     w1, #IRQ_TICK
    str     w1, [x0, #GICC_EOIR]
    bl      begin
    ended   ENDED_HANG
    say     kind_hang_registers
    address x2, fault_frame
    mov     x1, #0
    ldr     x0, [x2, #FRAME_SP]
    bl      backtrace_scan
    b       exception

// fault_frame has what happened: the fields of the first line, then the registers.
exception:
    say     field_vector
    address x0, fault_frame
    ldr     x0, [x0, #FRAME_VECTOR]
    bl      print_decimal
    say     field_esr
    address x0, fault_frame
    ldr     x0, [x0, #FRAME_ESR]
    mov     w1, #8
    bl      print_hex
    say_register field_far, FRAME_FAR
    say_register field_elr, FRAME_ELR
    say_register field_spsr, FRAME_SPSR
    say_register field_sp, FRAME_SP
    mov     x21, #0
1:  tst     x21, #REGISTERS_A_LINE - 1
    b.ne    2f
    bl      print_line
2:  mov     w0, #'x'
    bl      uart_put
    mov     x0, x21
    bl      print_decimal
    say     field_value
    address x0, fault_frame
    ldr     x0, [x0, x21, lsl #3]
    mov     w1, #16
    bl      print_hex
    mov     w0, #' '
    bl      uart_put
    add     x21, x21, #1
    cmp     x21, #REGISTERS
    b.lo    1b
    b       finish

routine fault_nested
    mrs     x22, esr_el1
    mrs     x23, far_el1
    mrs     x24, elr_el1
    adrp    x1, fault_entered
    ldr     w2, [x1, :lo12:fault_entered]
    cmp     w2, #2
    b.hs    power_fail
    mov     w2, #2
    str     w2, [x1, :lo12:fault_entered]
    mrs     x1, tpidr_el1
    cmp     x1, #STAGE_MODULE
    b.lo    blink
    store   wzr, uart_queueing, x1
    bl      uart_drain
    bl      print_line
    say     text_fault
    say     kind_nested
    say     field_esr
    mov     x0, x22
    mov     w1, #8
    bl      print_hex
    say     field_far
    mov     x0, x23
    mov     w1, #16
    bl      print_hex
    say     field_elr
    mov     x0, x24
    mov     w1, #16
    bl      print_hex
    bl      print_line
    store   xzr, runtime, x1            // its structures cannot be trusted now
    b       finish_frames

text text_fault, "fault kind="
text kind_trap, "trap text="
text kind_hang, "hang"
text kind_hang_registers, "hang text=\"in native code\""
text kind_abort, "abort code="
text kind_load, "load text="
text kind_data_abort, "data-abort"
text kind_prefetch_abort, "prefetch-abort"
text kind_undefined, "undefined"
text kind_sp_alignment, "sp-alignment"
text kind_serror, "serror"
text kind_stack, "stack-overflow"
text kind_exception, "exception"
text kind_nested, "nested"
text field_text, " text="
text field_vector, " vector="
text field_esr, " esr=0x"
text field_far, " far=0x"
text field_elr, " elr=0x"
text field_spsr, " spsr=0x"
text field_sp, " sp=0x"
text field_value, "=0x"
text text_finish, "fault end build="
// What a stopped or trapping module returns; told apart by address.
text text_hang, "hang"
text text_serror, "serror"
text text_bus_abort, "bus abort"
text text_abort, "abort"
text text_native_stack, "native stack overflow"

variable fault_entered, 4
variable fault_code, 8
