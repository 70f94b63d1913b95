/* What wasm3 uses of <stdlib.h>. The heap is boot/arena.S; the number parsers serve a part of wasm3 that is not
   linked into the image. */
#pragma once
#include <stddef.h>
void *calloc(size_t count, size_t bytes);
void *malloc(size_t bytes);
void *realloc(void *old, size_t bytes);
void free(void *block);
_Noreturn void abort(void);
unsigned long strtoul(const char *text, char **end, int base);
unsigned long long strtoull(const char *text, char **end, int base);
double strtod(const char *text, char **end);
