// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Compiled for: sm_80 sm_120a
//
// mma.sync of every operand type: d[m, n] = c[m, n] + a[m, k] b[n, k]. One warp
// has one tile. A step reads the words (32 bits) t and t + 4 of rows of a and
// b.

#include <cstdint>

struct Tile {
  int g = threadIdx.x / 4, t = threadIdx.x % 4;
  int row = 16 * blockIdx.y, column = 8 * blockIdx.x;
};

// Accumulators of 32 bits.
#define MMA_KERNEL(name, T, constraint, instruction)                           \
  extern "C" __global__ void name(const uint32_t *a, const uint32_t *b,        \
                                  const T *c, T *d, int n, int words) {        \
    Tile w;                                                                    \
    T v[4];                                                                    \
    for (int i = 0; i < 4; ++i)                                                \
      v[i] = c[(w.row + w.g + i / 2 * 8) * n + w.column + 2 * w.t + i % 2];    \
    a += (w.row + w.g) * words;                                                \
    b += (w.column + w.g) * words;                                             \
    _Pragma("unroll 1") for (int k = w.t; k < words; k += 8) asm volatile(     \
        instruction " {%0, %1, %2, %3}, {%4, %5, %6, %7}, "                    \
                    "{%8, %9}, {%0, %1, %2, %3};" : "+" constraint(v[0]),      \
        "+" constraint(v[1]), "+" constraint(v[2]),                            \
        "+" constraint(v[3]) : "r"(a[k]), "r"(a[k + 8 * words]),               \
        "r"(a[k + 4]), "r"(a[k + 4 + 8 * words]), "r"(b[k]), "r"(b[k + 4]));   \
    for (int i = 0; i < 4; ++i)                                                \
      d[(w.row + w.g + i / 2 * 8) * n + w.column + 2 * w.t + i % 2] = v[i];    \
  }

MMA_KERNEL(mma_f16, float, "f",
           "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32")
MMA_KERNEL(mma_bf16, float, "f",
           "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32")
MMA_KERNEL(mma_tf32, float, "f",
           "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32")
MMA_KERNEL(mma_s8, int, "r", "mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32")
MMA_KERNEL(mma_s8_satfinite, int, "r",
           "mma.sync.aligned.m16n8k32.row.col.satfinite.s32.s8.s8.s32")
MMA_KERNEL(mma_u8_s8, int, "r",
           "mma.sync.aligned.m16n8k32.row.col.s32.u8.s8.s32")
#if __CUDA_ARCH__ >= 890
MMA_KERNEL(mma_e4m3, float, "f",
           "mma.sync.aligned.m16n8k32.row.col.f32.e4m3.e4m3.f32")
MMA_KERNEL(mma_e5m2_e4m3, float, "f",
           "mma.sync.aligned.m16n8k32.row.col.f32.e5m2.e4m3.f32")
#endif

// The short forms: half of the words per step.
#define MMA_SHORT_KERNEL(name, T, constraint, instruction)                     \
  extern "C" __global__ void name(const uint32_t *a, const uint32_t *b,        \
                                  const T *c, T *d, int n, int words) {        \
    Tile w;                                                                    \
    T v[4];                                                                    \
    for (int i = 0; i < 4; ++i)                                                \
      v[i] = c[(w.row + w.g + i / 2 * 8) * n + w.column + 2 * w.t + i % 2];    \
    a += (w.row + w.g) * words;                                                \
    b += (w.column + w.g) * words;                                             \
    _Pragma("unroll 1") for (int k = w.t; k < words; k += 4) asm volatile(     \
        instruction " {%0, %1, %2, %3}, {%4, %5}, {%6}, "                      \
                    "{%0, %1, %2, %3};" : "+" constraint(v[0]),                \
        "+" constraint(v[1]), "+" constraint(v[2]),                            \
        "+" constraint(v[3]) : "r"(a[k]), "r"(a[k + 8 * words]), "r"(b[k]));   \
    for (int i = 0; i < 4; ++i)                                                \
      d[(w.row + w.g + i / 2 * 8) * n + w.column + 2 * w.t + i % 2] = v[i];    \
  }

MMA_SHORT_KERNEL(mma_f16_k8, float, "f",
                 "mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32")
MMA_SHORT_KERNEL(mma_bf16_k8, float, "f",
                 "mma.sync.aligned.m16n8k8.row.col.f32.bf16.bf16.f32")
MMA_SHORT_KERNEL(mma_tf32_k4, float, "f",
                 "mma.sync.aligned.m16n8k4.row.col.f32.tf32.tf32.f32")
MMA_SHORT_KERNEL(mma_s8_k16, int, "r",
                 "mma.sync.aligned.m16n8k16.row.col.s32.s8.s8.s32")

// Sums in f16: two per register.
extern "C" __global__ void mma_f16_f16(const uint32_t *a, const uint32_t *b,
                                       const uint32_t *c, uint32_t *d, int n,
                                       int words) {
  Tile w;
  int low = ((w.row + w.g) * n + w.column) / 2 + w.t, high = low + 4 * n;
  uint32_t v0 = c[low], v1 = c[high];
  a += (w.row + w.g) * words;
  b += (w.column + w.g) * words;
#pragma unroll 1
  for (int k = w.t; k < words; k += 8)
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f16.f16.f16.f16 {%0, %1}, "
                 "{%2, %3, %4, %5}, {%6, %7}, {%0, %1};"
                 : "+r"(v0), "+r"(v1)
                 : "r"(a[k]), "r"(a[k + 8 * words]), "r"(a[k + 4]),
                   "r"(a[k + 4 + 8 * words]), "r"(b[k]), "r"(b[k + 4]));
  d[low] = v0;
  d[high] = v1;
}

// Tiles of 8 x 8.
extern "C" __global__ void mma_f64(const double *a, const double *b,
                                   const double *c, double *d, int n, int k) {
  int g = threadIdx.x / 4, t = threadIdx.x % 4;
  int row = 8 * blockIdx.y + g, column = 8 * blockIdx.x;
  double v0 = c[row * n + column + 2 * t], v1 = c[row * n + column + 2 * t + 1];
#pragma unroll 1
  for (int i = t; i < k; i += 4)
    asm volatile(
        "mma.sync.aligned.m8n8k4.row.col.f64.f64.f64.f64 {%0, %1}, {%2}, "
        "{%3}, {%0, %1};"
        : "+d"(v0), "+d"(v1)
        : "d"(a[row * k + i]), "d"(b[(column + g) * k + i]));
  d[row * n + column + 2 * t] = v0;
  d[row * n + column + 2 * t + 1] = v1;
}

// f32 products from three tf32 products, as accurate as f32.
extern "C" __global__ void mma_3xtf32(const float *a, const float *b, float *d,
                                      int n, int k) {
  Tile w;
  float v[4] = {};
  a += (w.row + w.g) * k;
  b += (w.column + w.g) * k;
#pragma unroll 1
  for (int i = w.t; i < k; i += 8) {
    float x[6] = {a[i], a[i + 8 * k], a[i + 4], a[i + 4 + 8 * k],
                  b[i], b[i + 4]};
    uint32_t high[6], low[6];
    for (int j = 0; j < 6; ++j) {
      asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(high[j]) : "f"(x[j]));
      asm("cvt.rna.tf32.f32 %0, %1;"
          : "=r"(low[j])
          : "f"(x[j] - __uint_as_float(high[j])));
    }
    auto add = [&](uint32_t *p, uint32_t *q) {
      asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 "
                   "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
                   "{%0, %1, %2, %3};"
                   : "+f"(v[0]), "+f"(v[1]), "+f"(v[2]), "+f"(v[3])
                   : "r"(p[0]), "r"(p[1]), "r"(p[2]), "r"(p[3]), "r"(q[4]),
                     "r"(q[5]));
    };
    add(low, high);
    add(high, low);
    add(high, high);
  }
  for (int i = 0; i < 4; ++i)
    d[(w.row + w.g + i / 2 * 8) * n + w.column + 2 * w.t + i % 2] = v[i];
}
