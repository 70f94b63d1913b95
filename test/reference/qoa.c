// QOA after its specification (qoaformat.org, version 1.0), as plain as C allows: what the bench compares the
// library's decoder with. Stereo only, whole files, no checks.

#include <stdint.h>

enum { SLICE = 20, FRAME_SLICES = 256, CHANNELS = 2 };

typedef struct {
  int32_t history[4];
  int32_t weights[4];
} Predictor;

// round((s + 1)^2.75) for the 16 scale factors, and what a residual's 3 bits multiply it with.
static const int32_t scales[16] = {1, 7, 21, 45, 84, 138, 211, 304, 421, 562, 731, 928, 1157, 1419, 1715, 2048};
static const int32_t quarters[8] = {3, -3, 10, -10, 18, -18, 28, -28};

static uint64_t big(const uint8_t *bytes, int count) {
  uint64_t value = 0;
  for (int i = 0; i < count; i++) value = value << 8 | bytes[i];
  return value;
}

// Halves are rounded away from zero.
static int32_t residual_of(int scale, int code) {
  int32_t product = scales[scale] * quarters[code];
  return product < 0 ? -((2 - product) / 4) : (product + 2) / 4;
}

static int32_t next_sample(Predictor *p, int32_t residual) {
  int32_t sum = 0;
  for (int i = 0; i < 4; i++) sum += p->history[i] * p->weights[i];
  int32_t sample = (sum >> 13) + residual;
  if (sample < -32768) sample = -32768;
  if (sample > 32767) sample = 32767;

  int32_t delta = residual >> 4;
  for (int i = 0; i < 4; i++) p->weights[i] += p->history[i] < 0 ? -delta : delta;
  for (int i = 0; i < 3; i++) p->history[i] = p->history[i + 1];
  p->history[3] = sample;
  return sample;
}

// Decodes a file to interleaved frames, 16 bits shifted up by 16. Returns the frames.
uint32_t qoa_decode(const uint8_t *file, int32_t *out) {
  int32_t residuals[16][8];
  for (int s = 0; s < 16; s++)
    for (int q = 0; q < 8; q++) residuals[s][q] = residual_of(s, q);

  uint32_t total = (uint32_t)big(file + 4, 4);
  const uint8_t *at = file + 8;
  for (uint32_t done = 0; done < total;) {
    uint32_t samples = (uint32_t)big(at + 4, 2);
    Predictor predictors[CHANNELS];
    at += 8;
    for (int c = 0; c < CHANNELS; c++) {
      for (int i = 0; i < 4; i++, at += 2) predictors[c].history[i] = (int16_t)big(at, 2);
      for (int i = 0; i < 4; i++, at += 2) predictors[c].weights[i] = (int16_t)big(at, 2);
    }
    for (uint32_t first = 0; first < samples; first += SLICE) {
      for (int c = 0; c < CHANNELS; c++, at += 8) {
        uint64_t slice = big(at, 8);
        const int32_t *row = residuals[slice >> 60];
        for (uint32_t i = 0; i < SLICE && first + i < samples; i++) {
          int32_t sample = next_sample(&predictors[c], row[slice >> (57 - 3 * i) & 7]);
          out[(done + first + i) * CHANNELS + c] = (int32_t)((uint32_t)sample << 16);
        }
      }
    }
    done += samples;
  }
  return total;
}
