// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Compiled for: sm_90a sm_120a
//
// Faults around bulk copies, and the corrected twins.

#include <cstdint>

#define TWINS(name, parameters, arguments)                                     \
  extern "C" __global__ void bad_##name parameters { name<false> arguments; }  \
  extern "C" __global__ void good_##name parameters { name<true> arguments; }

__device__ uint32_t shared_address(const void *p) {
  return static_cast<uint32_t>(__cvta_generic_to_shared(p));
}

__device__ void wait_parity(uint32_t barrier, uint32_t parity) {
  asm volatile("{\n"
               ".reg .pred P1;\n"
               "LAB_WAIT:\n"
               "mbarrier.try_wait.parity.shared::cta.b64 P1, [%0], %1;\n"
               "@!P1 bra LAB_WAIT;\n"
               "}" ::"r"(barrier),
               "r"(parity)
               : "memory");
}

// Thread 0 starts a copy of 512 bytes; bytes: what the barrier waits for.
__device__ void start(void *tile, const float *x, uint64_t *barrier,
                      int bytes) {
  uint32_t address = shared_address(barrier);
  if (threadIdx.x == 0) {
    asm volatile("mbarrier.init.shared::cta.b64 [%0], 1;" ::"r"(address));
    asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
    asm volatile(
        "mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(address),
        "r"(bytes)
        : "memory");
    asm volatile(
        "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes"
        " [%0], [%1], 512, [%2];" ::"r"(shared_address(tile)),
        "l"(x), "r"(address)
        : "memory");
  }
  __syncthreads();
}

// The tile is read while the copy writes it.
template <bool Good>
__device__ void bulk_wait(const float *x, float *y) {
  __shared__ __align__(128) float tile[128];
  __shared__ uint64_t barrier;
  start(tile, x, &barrier, 512);
  if (Good)
    wait_parity(shared_address(&barrier), 0);
  y[threadIdx.x] = tile[127 - threadIdx.x];
  wait_parity(shared_address(&barrier), 0);
}
TWINS(bulk_wait, (const float *x, float *y), (x, y))

// More bytes are expected than come: nobody is ever let through.
template <bool Good>
__device__ void bulk_bytes(const float *x, float *y) {
  __shared__ __align__(128) float tile[128];
  __shared__ uint64_t barrier;
  start(tile, x, &barrier, Good ? 512 : 1024);
  wait_parity(shared_address(&barrier), 0);
  y[threadIdx.x] = tile[127 - threadIdx.x];
}
TWINS(bulk_bytes, (const float *x, float *y), (x, y))

// What threads wrote goes out without a fence between the proxies.
template <bool Good>
__device__ void bulk_fence(const float *x, float *y) {
  __shared__ __align__(128) float tile[128];
  int i = threadIdx.x;
  tile[i] = 2 * x[i];
  if (Good)
    asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
  __syncthreads();
  if (i == 0) {
    asm volatile(
        "cp.async.bulk.global.shared::cta.bulk_group [%0], [%1], 512;" ::"l"(y),
        "r"(shared_address(tile))
        : "memory");
    asm volatile("cp.async.bulk.commit_group;" ::: "memory");
    asm volatile("cp.async.bulk.wait_group 0;" ::: "memory");
  }
}
TWINS(bulk_fence, (const float *x, float *y), (x, y))

// The source is changed before the copy has read it.
template <bool Good>
__device__ void bulk_source(const float *x, float *y) {
  __shared__ __align__(128) float tile[128];
  int i = threadIdx.x;
  tile[i] = 2 * x[i];
  asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
  __syncthreads();
  if (i == 0) {
    asm volatile(
        "cp.async.bulk.global.shared::cta.bulk_group [%0], [%1], 512;" ::"l"(y),
        "r"(shared_address(tile))
        : "memory");
    asm volatile("cp.async.bulk.commit_group;" ::: "memory");
    if (Good)
      asm volatile("cp.async.bulk.wait_group.read 0;" ::: "memory");
  }
  __syncthreads();
  tile[i] = 0;
  if (i == 0)
    asm volatile("cp.async.bulk.wait_group 0;" ::: "memory");
}
TWINS(bulk_source, (const float *x, float *y), (x, y))
