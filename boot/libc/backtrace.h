/* Put before m3_compile.c, the unit that holds the instructions. When a trap unwinds, wasm3 reports each frame by a
   call of PushBacktraceFrame; merely having that call in them makes all memory instructions save and restore the
   link register. A BRK whose handler notes the frame (boot/backtrace.S) costs nothing until it is executed. */
#pragma once
#include "m3_core.h"
#define PushBacktraceFrame(runtime, pc)                        \
  ({                                                           \
    register pc_t frame_ __asm__("x0") = (pc);                 \
    __asm__ volatile("brk #0x3c3" : : "r"(frame_));            \
  })
#define FillBacktraceFunctionInfo(runtime, function) ((void)0)
