// The two native decoders of the bench inside an image: the reference, and the library's own as wasm2c translated it.
// Each returns the ticks that decoding took. wasm2c changed its names after 1.0.32 and its memory calls more than once;
// what differs comes from the headers at hand (host-tools/bench/wasm2c.ts), as WASM2C_* macros.

#include "decoder.h"

#if WASM2C_OLD_NAMES
typedef Z_decoder_instance_t w2c_decoder;
#define wasm2c_decoder_instantiate(instance, env) (Z_decoder_init_module(), Z_decoder_instantiate(instance, env))
#define w2c_decoder_fileAddress Z_decoderZ_fileAddress
#define w2c_decoder_outAddress Z_decoderZ_outAddress
#define w2c_decoder_decodeAll Z_decoderZ_decodeAll
#define w2c_env_abort Z_envZ_abort
#define w2c_env Z_env_instance_t
#endif

uint32_t qoa_decode(const uint8_t *file, int32_t *out);

#define PAGE_BYTES 65536
static uint8_t linear[MEMORY_PAGES * PAGE_BYTES];

static uint64_t ticks(void) {
  uint64_t value;
  __asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(value)::"memory");
  return value;
}

static void copy(uint8_t *to, const uint8_t *from, uint32_t bytes) {
  for (uint32_t i = 0; i < bytes; i++) to[i] = from[i];
}

uint64_t bench_reference(const uint8_t *file, uint32_t bytes, int32_t *out) {
  (void)bytes;
  uint64_t start = ticks();
  qoa_decode(file, out);
  return ticks() - start;
}

uint64_t bench_wasm2c(const uint8_t *file, uint32_t bytes, int32_t *out) {
  static w2c_decoder instance;
  wasm2c_decoder_instantiate(&instance, 0);
  copy(linear + w2c_decoder_fileAddress(&instance), file, bytes);
  uint64_t start = ticks();
  uint32_t frames = w2c_decoder_decodeAll(&instance, bytes);
  uint64_t taken = ticks() - start;
  copy((uint8_t *)out, linear + w2c_decoder_outAddress(&instance), frames * 8);
  return taken;
}

// What wasm2c's output asks of its runtime. The memory is fixed, and a trap cannot be reported from here.

uint32_t wasm_rt_call_stack_depth;

bool wasm_rt_is_initialized(void) { return true; }

uint32_t wasm_rt_register_func_type(uint32_t params, uint32_t results, ...) {
  (void)params, (void)results;
  return 1;
}

void wasm_rt_allocate_memory(wasm_rt_memory_t *memory, WASM2C_PAGES pages, WASM2C_PAGES max_pages WASM2C_MORE) {
  for (uint32_t i = 0; i < sizeof linear; i++) linear[i] = 0;
  memory->data = linear;
  memory->pages = pages;
  memory->max_pages = max_pages;
  memory->size = sizeof linear;
}

WASM2C_PAGES wasm_rt_grow_memory(wasm_rt_memory_t *memory, WASM2C_PAGES pages) {
  (void)memory, (void)pages;
  return (WASM2C_PAGES)-1;
}

void wasm_rt_free_memory(wasm_rt_memory_t *memory) { (void)memory; }

void wasm_rt_trap(wasm_rt_trap_t trap) {
  (void)trap;
  __builtin_trap();
}

void w2c_env_abort(struct w2c_env *env, u32 message, u32 file, u32 line, u32 column) {
  (void)env, (void)message, (void)file, (void)line, (void)column;
  __builtin_trap();
}
