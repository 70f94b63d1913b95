/* wasm3 includes <assert.h> and asserts nothing in this build. */
#pragma once
#define assert(condition) ((void)0)
