/* What wasm3 uses of <string.h>. -ffreestanding stops clang from seeing through these names; the builtins
   become single loads and stores again where the size is known, and calls of boot/libc.S elsewhere. */
#pragma once
#include <stddef.h>
void *memcpy(void *to, const void *from, size_t bytes);
void *memmove(void *to, const void *from, size_t bytes);
void *memset(void *to, int byte, size_t bytes);
int memcmp(const void *a, const void *b, size_t bytes);
int strcmp(const char *a, const char *b);
size_t strlen(const char *text);
#define memcpy __builtin_memcpy
#define memmove __builtin_memmove
#define memset __builtin_memset
