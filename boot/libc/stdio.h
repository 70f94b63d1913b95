/* Nothing of <stdio.h> is linked into the image: these serve parts of wasm3 that are compiled away. */
#pragma once
#include <stdarg.h>
#include <stddef.h>
int printf(const char *format, ...);
int sprintf(char *to, const char *format, ...);
int snprintf(char *to, size_t bytes, const char *format, ...);
int vsnprintf(char *to, size_t bytes, const char *format, va_list arguments);
