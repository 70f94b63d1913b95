/* What wasm2c's output asks for. */
#pragma once
#define alloca __builtin_alloca
