// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Compiled for: sm_80 sm_120a
//
// The C++ interface of the matrix units: d = a b + c with one warp per tile.

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <mma.h>

using namespace nvcuda;

// a is m x k, b is k x n; ALayout and BLayout say how they are stored.
template <int M, int N, int K, typename In, typename Stored, typename Acc,
          typename ALayout, typename BLayout>
__device__ void product(const Stored *a, const Stored *b, const Acc *c, Acc *d,
                        int m, int n, int k) {
  constexpr bool aRows = std::is_same<ALayout, wmma::row_major>::value;
  constexpr bool bRows = std::is_same<BLayout, wmma::row_major>::value;
  int row = blockIdx.y * M, column = blockIdx.x * N;
  wmma::fragment<wmma::matrix_a, M, N, K, In, ALayout> fa;
  wmma::fragment<wmma::matrix_b, M, N, K, In, BLayout> fb;
  wmma::fragment<wmma::accumulator, M, N, K, Acc> acc;
  wmma::load_matrix_sync(acc, c + row * n + column, n, wmma::mem_row_major);
  for (int i = 0; i < k; i += K) {
    wmma::load_matrix_sync(fa, aRows ? a + row * k + i : a + i * m + row,
                           aRows ? k : m);
    wmma::load_matrix_sync(fb, bRows ? b + i * n + column : b + column * k + i,
                           bRows ? n : k);
    if constexpr (std::is_same<In, wmma::precision::tf32>::value) {
      for (int j = 0; j < fa.num_elements; ++j)
        fa.x[j] = wmma::__float_to_tf32(fa.x[j]);
      for (int j = 0; j < fb.num_elements; ++j)
        fb.x[j] = wmma::__float_to_tf32(fb.x[j]);
    }
    wmma::mma_sync(acc, fa, fb, acc);
  }
  wmma::store_matrix_sync(d + row * n + column, acc, n, wmma::mem_row_major);
}

#define WMMA_KERNEL(name, M, N, K, In, Stored, Acc, ALayout, BLayout)          \
  extern "C" __global__ void name(const Stored *a, const Stored *b,            \
                                  const Acc *c, Acc *d, int m, int n, int k) { \
    product<M, N, K, In, Stored, Acc, wmma::ALayout, wmma::BLayout>(           \
        a, b, c, d, m, n, k);                                                  \
  }

WMMA_KERNEL(wmma_f16, 16, 16, 16, __half, __half, float, row_major, col_major)
WMMA_KERNEL(wmma_f16_cr, 16, 16, 16, __half, __half, float, col_major,
            row_major)
WMMA_KERNEL(wmma_f16_wide, 8, 32, 16, __half, __half, float, row_major,
            row_major)
WMMA_KERNEL(wmma_f16_tall, 32, 8, 16, __half, __half, float, col_major,
            col_major)
WMMA_KERNEL(wmma_f16_f16, 16, 16, 16, __half, __half, __half, row_major,
            row_major)
WMMA_KERNEL(wmma_bf16, 16, 16, 16, __nv_bfloat16, __nv_bfloat16, float,
            row_major, row_major)
WMMA_KERNEL(wmma_tf32, 16, 16, 8, wmma::precision::tf32, float, float,
            row_major, col_major)
WMMA_KERNEL(wmma_s8, 16, 16, 16, signed char, signed char, int, row_major,
            col_major)
WMMA_KERNEL(wmma_u8, 32, 8, 16, unsigned char, unsigned char, int, row_major,
            row_major)
WMMA_KERNEL(wmma_f64, 8, 8, 4, double, double, double, row_major, col_major)

// Tiles in shared memory; the result is scaled and stored by columns.
extern "C" __global__ void wmma_shared(const __half *a, const __half *b,
                                       float *d) {
  __shared__ __align__(32) __half sa[16 * 24], sb[16 * 24];
  __shared__ __align__(32) float sd[16 * 20];
  for (int i = threadIdx.x; i < 256; i += 32) {
    sa[i / 16 * 24 + i % 16] = a[i];
    sb[i / 16 * 24 + i % 16] = b[i];
  }
  __syncwarp();
  wmma::fragment<wmma::matrix_a, 16, 16, 16, __half, wmma::row_major> fa;
  wmma::fragment<wmma::matrix_b, 16, 16, 16, __half, wmma::row_major> fb;
  wmma::fragment<wmma::accumulator, 16, 16, 16, float> acc;
  wmma::fill_fragment(acc, 1.0f);
  wmma::load_matrix_sync(fa, sa, 24);
  wmma::load_matrix_sync(fb, sb, 24);
  wmma::mma_sync(acc, fa, fb, acc);
  for (int i = 0; i < acc.num_elements; ++i)
    acc.x[i] *= 2.0f;
  wmma::store_matrix_sync(sd, acc, 20, wmma::mem_col_major);
  __syncwarp();
  for (int i = threadIdx.x; i < 256; i += 32)
    d[i] = sd[i / 16 * 20 + i % 16];
}
