// Loads a module: parse, allocate, check and link its imports, find its exports.
//
//   load_module      x0 bytes, x1 length, x2 arena; the bytes stay while it runs, and instance.S has what becomes of
//                    them. x0 = 0, or a text that says why not; load_phase tells of which kind it is.
//   compile_module   what was not called yet of the module that was loaded. x0 as above.
//
// The interpreter compiles a function when it is called for the first time. So `start` does not wait for what it does not
// use, and the rest is compiled behind it, before the first `step`: no call later on takes longer than the others.
//
//   x19 bytes   x20 length   x21 runtime   x22 module   x23, x24 import table, x24 arena before

#include "macros.inc"

.equ TYPE_I32, 1                        // M3ValueType in wasm3.h
.equ TYPE_I64, 2

.macro phase reload
    mov     w0, #\reload
    store   w0, load_phase, x1
.endm

routine load_module
    stp     x29, x30, [sp, #-80]!
    stp     x19, x20, [sp, #16]
    stp     x21, x22, [sp, #32]
    stp     x23, x24, [sp, #48]
    mov     x19, x0
    mov     x20, x1
    store   xzr, runtime, x3
    store   x1, module_bytes, x3
    mov     x24, x2
    mov     x0, x2
    bl      arena_reset
    phase   RELOAD_ROOM
    bl      m3_NewEnvironment
    cbz     x0, no_memory
    mov     x22, x0
    mov     w1, #WASM3_STACK_BYTES
    mov     x2, #0
    bl      m3_NewRuntime
    cbz     x0, no_memory
    mov     x21, x0
    store   x0, runtime, x1
    phase   RELOAD_NOT_WASM
    mov     x0, x22
    add     x1, sp, #64
    mov     x2, x19
    mov     w3, w20
    bl      m3_ParseModule
    cbnz    x0, done
    ldr     x22, [sp, #64]
    phase   RELOAD_IMPORTS
    mov     x0, x19
    mov     x1, x20
    bl      check_imports
    cbnz    x0, done
    phase   RELOAD_ROOM
    mov     x0, x24
    bl      arena_expect_linear
    mov     x0, x21
    mov     x1, x22
    bl      m3_LoadModule
    cbnz    x0, done

    phase   RELOAD_IMPORTS
    adr     x23, imports_start
    adr     x24, imports_end
1:  mov     x0, x22
    adr     x1, text_board
    ldp     x2, x3, [x23], #16
    ldr     x4, [x23], #8
    mov     x5, x2                      // userdata: its name
    bl      m3_LinkRawFunctionEx
    cbz     x0, 2f
    load    x1, m3Err_functionLookupFailed
    cmp     x0, x1                      // a module need not import everything
    b.eq    2f
    ldr     x1, [x23, #-24]
    bl      with_name
    b       done
2:  cmp     x23, x24
    b.lo    1b

    phase   RELOAD_EXPORTS
    store   x22, module, x0
    adr     x0, name_start
    mov     w1, #TYPE_I32
    mov     w2, #0
    bl      find
    cbnz    x0, done
    ldr     x0, [sp, #64]
    store   x0, function_start, x1
    adr     x0, name_step
    mov     w1, #TYPE_I32
    mov     w2, #TYPE_I64
    bl      find
    cbnz    x0, done
    ldr     x0, [sp, #64]
    store   x0, function_step, x1
    mov     x0, #0
done:
    ldp     x19, x20, [sp, #16]
    ldp     x21, x22, [sp, #32]
    ldp     x23, x24, [sp, #48]
    ldp     x29, x30, [sp], #80
    ret
no_memory:
    adr     x0, text_no_memory
    b       done

routine compile_module
    phase   RELOAD_NOT_WASM
    load    x0, module
    b       m3_CompileModule

// x0 name, w1 type of its argument, w2 of its result (0: none): the export goes to [sp, #64] of load_module.
// x0 = 0 or a text.
find:
    stp     x29, x30, [sp, #-48]!
    stp     x0, x1, [sp, #16]
    str     x2, [sp, #32]
    mov     x2, x0
    add     x0, sp, #48 + 64
    mov     x1, x21
    bl      m3_FindFunction
    cbnz    x0, 2f
    ldr     x0, [sp, #48 + 64]
    bl      m3_GetArgCount
    cmp     w0, #1
    b.ne    1f
    ldr     x0, [sp, #48 + 64]
    mov     w1, #0
    bl      m3_GetArgType
    ldr     x1, [sp, #24]
    cmp     w0, w1
    b.ne    1f
    ldr     x0, [sp, #48 + 64]
    bl      m3_GetRetCount
    ldr     x1, [sp, #32]
    cmp     w1, #0
    cset    w2, ne
    cmp     w0, w2
    b.ne    1f
    ldr     x0, [sp, #48 + 64]
    mov     w1, #0
    bl      m3_GetRetType
    ldr     x1, [sp, #32]
    cmp     w0, w1
    b.ne    1f
    mov     x0, #0
    b       3f
1:  adr     x0, text_signature
2:  ldr     x1, [sp, #16]
    bl      with_name
3:  ldp     x29, x30, [sp], #48
    ret

// x0 text, x1 name -> x0 = "text: name" in trap_text
routine with_name
    stp     x29, x30, [sp, #-32]!
    str     x1, [sp, #16]
    mov     x1, x0
    address x0, trap_text
    add     x2, x0, #TRAP_TEXT_BYTES - 1
    bl      text_copy
    adr     x1, text_colon
    bl      text_copy
    ldr     x1, [sp, #16]
    bl      text_copy
    address x0, trap_text
    ldp     x29, x30, [sp], #32
    ret

text text_board, "board"
text name_start, "start"
text name_step, "step"
text text_no_memory, "no room in the arena"
text text_signature, "export of another type"
text text_colon, ": "

variable load_phase, 4                 // a Reload: what is wrong if this fails
