/* wasm3 wants the integer types; the formats serve text that is compiled away. */
#pragma once
#include <stdint.h>
#define PRIi32 "d"
#define PRIu32 "u"
#define PRIx32 "x"
#define PRIi64 "ld"
#define PRIu64 "lu"
#define PRIx64 "lx"
