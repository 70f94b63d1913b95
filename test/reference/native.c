// The two native decoders of the bench inside an image: the reference, and the library's own as wasm2c translated it.
// Each returns the ticks that decoding took. For the names of wasm2c 1.0.32.

#include "decoder.h"

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
  static Z_decoder_instance_t instance;
  Z_decoder_init_module();
  Z_decoder_instantiate(&instance, 0);
  copy(linear + Z_decoderZ_fileAddress(&instance), file, bytes);
  uint64_t start = ticks();
  uint32_t frames = Z_decoderZ_decodeAll(&instance, bytes);
  uint64_t taken = ticks() - start;
  copy((uint8_t *)out, linear + Z_decoderZ_outAddress(&instance), frames * 8);
  return taken;
}

// What wasm2c's output asks of its runtime. The memory is fixed, and a trap cannot be reported from here.

uint32_t wasm_rt_call_stack_depth;

bool wasm_rt_is_initialized(void) { return true; }

uint32_t wasm_rt_register_func_type(uint32_t params, uint32_t results, ...) {
  (void)params, (void)results;
  return 1;
}

void wasm_rt_allocate_memory(wasm_rt_memory_t *memory, uint32_t pages, uint32_t max_pages) {
  for (uint32_t i = 0; i < sizeof linear; i++) linear[i] = 0;
  memory->data = linear;
  memory->pages = pages;
  memory->max_pages = max_pages;
  memory->size = sizeof linear;
}

uint32_t wasm_rt_grow_memory(wasm_rt_memory_t *memory, uint32_t pages) {
  (void)memory, (void)pages;
  return 0xffffffff;
}

void wasm_rt_free_memory(wasm_rt_memory_t *memory) { (void)memory; }

void wasm_rt_trap(wasm_rt_trap_t trap) {
  (void)trap;
  __builtin_trap();
}

void Z_envZ_abort(struct Z_env_instance_t *env, u32 message, u32 file, u32 line, u32 column) {
  (void)env, (void)message, (void)file, (void)line, (void)column;
  __builtin_trap();
}
