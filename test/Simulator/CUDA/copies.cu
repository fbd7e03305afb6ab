// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Compiled for: sm_80 sm_120a
//
// Copies: by vectors with a tail, by bytes, strided, gathered, over 3-D grids.

extern "C" __global__ void copy_v4(const float *__restrict__ x, float *y,
                                   int n) {
  int i = 4 * (blockIdx.x * blockDim.x + threadIdx.x);
  if (i + 3 < n) {
    *reinterpret_cast<float4 *>(y + i) =
        *reinterpret_cast<const float4 *>(x + i);
    return;
  }
  for (; i < n; ++i)
    y[i] = x[i];
}

extern "C" __global__ void copy_v2_f64(const double2 *x, double2 *y, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) {
    double2 v = x[i];
    y[i] = make_double2(v.y, v.x);
  }
}

extern "C" __global__ void copy_bytes(const unsigned char *x, unsigned char *y,
                                      int n) {
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n;
       i += gridDim.x * blockDim.x)
    y[i] = x[n - 1 - i];
}

extern "C" __global__ void copy_uchar4(const uchar4 *x, uchar4 *y, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) {
    uchar4 v = x[i];
    y[i] = make_uchar4(v.w, v.z, v.y, v.x);
  }
}

extern "C" __global__ void copy_short2(const short2 *x, short2 *y, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n)
    y[i] = make_short2(x[i].y, -x[i].x);
}

extern "C" __global__ void copy_strided(const int *x, int *y, int n,
                                        long long stride, long long offset) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n)
    y[i] = x[offset + i * stride];
}

extern "C" __global__ void gather(const float *x, const int *index, float *y,
                                  int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n)
    y[i] = index[i] < 0 ? -1.0f : __ldg(x + index[i]);
}

extern "C" __global__ void grid_3d(int *y, int nx, int ny, int nz) {
  int x = blockIdx.x * blockDim.x + threadIdx.x;
  int r = blockIdx.y * blockDim.y + threadIdx.y;
  int z = blockIdx.z * blockDim.z + threadIdx.z;
  if (x < nx && r < ny && z < nz)
    y[(z * ny + r) * nx + x] = x + 1000 * r + 1000000 * z +
                               (gridDim.x * gridDim.y * gridDim.z) * 10000000 +
                               blockDim.y * 500;
}

extern "C" __global__ void pack_bits(const float *x, unsigned *y, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  unsigned bits = __ballot_sync(0xffffffffu, i < n && x[i] > 0);
  if (threadIdx.x % 32 == 0 && i < n)
    y[i / 32] = bits;
}
