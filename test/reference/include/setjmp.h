/* wasm2c's runtime header names it; without exceptions nothing jumps. */
#pragma once
typedef int jmp_buf[1];
int setjmp(jmp_buf state);
