// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Compiled for: sm_80 sm_120a
//
// Transposes: direct, through shared memory with and without padding, swizzled.

extern "C" __global__ void transpose_direct(const float *x, float *y, int rows,
                                            int columns) {
  int c = blockIdx.x * blockDim.x + threadIdx.x;
  int r = blockIdx.y * blockDim.y + threadIdx.y;
  if (r < rows && c < columns)
    y[c * rows + r] = x[r * columns + c];
}

template <int Padding, typename T>
__device__ void transpose(const T *x, T *y, int rows, int columns) {
  __shared__ T tile[32][32 + Padding];
  int c = blockIdx.x * 32 + threadIdx.x;
  for (int i = threadIdx.y; i < 32; i += 8) {
    int r = blockIdx.y * 32 + i;
    if (r < rows && c < columns)
      tile[i][threadIdx.x] = x[r * columns + c];
  }
  __syncthreads();
  int r = blockIdx.y * 32 + threadIdx.x;
  for (int i = threadIdx.y; i < 32; i += 8) {
    int c = blockIdx.x * 32 + i;
    if (r < rows && c < columns)
      y[c * rows + r] = tile[threadIdx.x][i];
  }
}

extern "C" __global__ void transpose_tiled(const float *x, float *y, int rows,
                                           int columns) {
  transpose<0>(x, y, rows, columns);
}

extern "C" __global__ void transpose_padded(const float *x, float *y, int rows,
                                            int columns) {
  transpose<1>(x, y, rows, columns);
}

extern "C" __global__ void transpose_bytes(const signed char *x, signed char *y,
                                           int rows, int columns) {
  transpose<4>(x, y, rows, columns);
}

extern "C" __global__ void transpose_f64(const double *x, double *y, int rows,
                                         int columns) {
  transpose<1>(x, y, rows, columns);
}

// The 4-float chunk c of row r lies at chunk c ^ (r % 8).
extern "C" __global__ void transpose_swizzled(const float4 *x, float *y) {
  __shared__ float4 tile[32 * 8];
  int r = threadIdx.x / 8, c = threadIdx.x % 8;
  tile[r * 8 + (c ^ (r % 8))] = x[threadIdx.x];
  __syncthreads();
  const float *words = reinterpret_cast<const float *>(tile);
  for (int i = threadIdx.x; i < 1024; i += 256) {
    int row = i % 32, column = i / 32;
    y[i] = words[(row * 8 + ((column / 4) ^ (row % 8))) * 4 + column % 4];
  }
}
