// The loop around the module: load it, start it, then call `step` when something is due and sleep otherwise.
//
//   main             does not return
//   run_module       loads and starts the running module; the stacks are empty. Does not return.
//   pending_events   w0 = event bits now, without the deadline's. Uses x0-x3.
//   sleep_until      x0 tick: programs the deadline timer and waits for any interrupt. Interrupts are masked when it
//                    is called, so that none can slip in between a decision and the sleep, and open when it returns.
//
//   x19 events of this step     x20 deadline     x21 counter when the step began

#include "macros.inc"

    .weak   module_loaded               // a test's hook: called after each load

routine main
    adr     x0, module_start
    address x1, module_end
    sub     x1, x1, x0
    store   x0, running_bytes, x2
    store   x1, running_length, x2
    bl      jack_forget
    .global run_module
run_module:
    load    x0, running_bytes
    load    x1, running_length
    load    x2, arena_number
    bl      load_module
    cbnz    x0, fault_load
    adrp    x0, module_loaded
    add     x0, x0, :lo12:module_loaded
    cbz     x0, 1f
    blr     x0
1:  mov     w0, #STAGE_RUN
    bl      stage
begin_module:
    bl      gpio_forget
    adrp    x1, generation
    ldr     x0, [x1, :lo12:generation]
    add     x0, x0, #1
    str     x0, [x1, :lo12:generation]
    mov     x1, x0
    load    x0, function_start
    bl      call_module
    bl      compile_module
    cbnz    x0, fault_load
    mov     x20, #0

loop:
    msr     daifset, #DAIF_IRQ
    bl      pending_events
    mov     w19, w0
    isb
    mrs     x21, cntvct_el0
    cmp     x21, x20
    b.lt    1f
    orr     w19, w19, #EVENT_DEADLINE
1:  cbnz    w19, 2f
    mov     x0, x20
    bl      sleep_until
    b       loop
2:  msr     cntv_ctl_el0, xzr
    msr     daifclr, #DAIF_IRQ
    load    x0, function_step
    mov     x1, x19
    bl      call_module
    mov     x20, x0
    mrs     x0, cntvct_el0
    sub     x0, x0, x21
    adrp    x1, longest_step
    ldr     x2, [x1, :lo12:longest_step]
    cmp     x0, x2
    b.ls    3f
    str     x0, [x1, :lo12:longest_step]
3:  load    x0, pending_bytes
    cbz     x0, loop
    bl      swap
    b       begin_module

routine pending_events
    load32  0, interrupt_events
    load    x1, received
    load    x2, taken
    cmp     x1, x2
    cset    w3, ne
    orr     w0, w0, w3                  // EVENT_UART is 1
    load    x1, gpio_written
    load    x2, gpio_taken
    cmp     x1, x2
    b.eq    1f
    orr     w0, w0, #EVENT_GPIO
1:  ret

routine sleep_until
    ldr     x1, =NO_DEADLINE
    cmp     x0, x1
    b.eq    1f
    msr     cntv_cval_el0, x0
    mov     x1, #TIMER_ENABLE
    msr     cntv_ctl_el0, x1
    isb
1:  dsb     sy
    wfi
    msr     daifclr, #DAIF_IRQ
    isb
    ret

// x0 exported function, x1 argument: calls it under the tick's supervision; x0 = its result when it has one.
routine call_module
    stp     x29, x30, [sp, #-48]!
    stp     x0, x1, [sp, #16]
    store   xzr, frames_noted, x2
    store   xzr, overdue_ticks, x2
    store   xzr, slept, x2
    isb
    mrs     x2, cntvct_el0
    store   x2, running_since, x3
    load    x3, late_since
    cbnz    x3, 1f
    store   x2, late_since, x3
1:
    add     x2, sp, #24                 // the argument
    str     x2, [sp, #32]
    add     x2, sp, #32
    mov     w1, #1
    bl      m3_Call
    store   xzr, running_since, x1
    cbnz    x0, fault_result
    store   xzr, late_since, x1
    ldr     x0, [sp, #16]
    load    x1, function_step
    cmp     x0, x1
    b.ne    1f
    add     x2, sp, #24
    str     x2, [sp, #32]
    add     x2, sp, #32
    mov     w1, #1
    bl      m3_GetResults
    cbnz    x0, fault_result
1:  ldr     x0, [sp, #24]
    ldp     x29, x30, [sp], #48
    ret

// wasm3 calls this before each call of a Wasm function and traps with what it returns. It checks its own stack of
// Wasm values; the native one is checked here, because a function without values can recurse on that alone.
routine m3_Yield
    mov     x0, #0
    ldr     w8, =WASM_STACK + NATIVE_STACK_RESERVE
    mov     x9, sp
    cmp     x9, x8
    b.lo    1f
    ret
1:  adr     x0, text_native_stack
    ret

variable generation, 8
variable longest_step, 8
