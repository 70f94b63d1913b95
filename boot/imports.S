// The board's imports, one line each: drivers/board.ts declares the same list, and a test compares them.
//
// A routine gets x0 runtime, x1 context, x2 the slots (u64 each) and x3 the linear memory. With a result: result at
// [x2], arguments from [x2, #8]; without: arguments from [x2]. It returns 0, or a text, which traps.
// Signatures as in wasm3: v nothing, i i32, I i64.

#include "macros.inc"

.macro import name, signature
    .section .rodata.import_texts, "a"
1:  .asciz  "\name"
2:  .asciz  "\signature"
    .section .imports, "a"
    .quad   1b, 2b, import_\name
.endm

    import  read32, "i(i)"
    import  write32, "v(ii)"
    import  probe32, "I(i)"
    import  readPort, "v(iii)"
    import  writePort, "v(iii)"
    import  copyIn, "i(iii)"
    import  copyOut, "i(iii)"
    import  ticks, "I()"
    import  info, "I(i)"
    import  take, "i(iii)"
    import  send, "i(ii)"
    import  listen, "v(ii)"
    import  wait, "i(Ii)"
    import  crc32, "i(iii)"
    import  preload, "i(ii)"
    import  reload, "i(ii)"
    import  chain, "v(ii)"
    import  fault, "v(iii)"
    import  exit, "v(ii)"
