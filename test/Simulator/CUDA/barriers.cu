// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Compiled for: sm_80 sm_90a sm_120a
//
// Barriers between parts of a block: named barriers of producers and consumers,
// mbarriers by inline assembly and through cuda::barrier.

#include <cstdint>
#include <cuda/barrier>

__device__ void sync(int id, int count) {
  asm volatile("bar.sync %0, %1;" ::"r"(id), "r"(count) : "memory");
}

__device__ void arrive(int id, int count) {
  asm volatile("bar.arrive %0, %1;" ::"r"(id), "r"(count) : "memory");
}

// Warp 0 fills a ring of two slots, warps 1 and 2 read it. Barrier 1 + slot:
// the slot is full; barrier 3 + slot: it is free again.
extern "C" __global__ void named_ring(const int *x, int *y, int tiles) {
  __shared__ int ring[2][64];
  int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  if (warp == 0) {
    for (int t = 0; t < tiles; ++t) {
      int slot = t % 2;
      if (t >= 2)
        sync(3 + slot, 96);
      ring[slot][lane] = x[64 * t + lane];
      ring[slot][lane + 32] = 10 * x[64 * t + 32 + lane];
      arrive(1 + slot, 96);
    }
    return;
  }
  int sum = 0, i = threadIdx.x - 32;
  for (int t = 0; t < tiles; ++t) {
    int slot = t % 2;
    sync(1 + slot, 96);
    sum = 3 * sum + ring[slot][63 - i];
    if (t + 2 < tiles)
      arrive(3 + slot, 96);
  }
  y[i] = sum;
}

// Two groups of two warps meet at barriers of their own, then all together.
extern "C" __global__ void groups(const int *x, int *y) {
  __shared__ int memory[128];
  int i = threadIdx.x, group = i / 64, steps = group ? 3 : 5;
  int v = x[i];
  for (int s = 0; s < steps; ++s) {
    memory[i] = v;
    if (group)
      asm volatile("barrier.sync 2, 64;" ::: "memory");
    else
      asm volatile("barrier.sync 1, 64;" ::: "memory");
    v = memory[group * 64 + (i + 33) % 64] + s;
    sync(1 + group, 64);
  }
  memory[i] = v;
  __syncthreads();
  y[i] = memory[127 - i];
}

__device__ uint32_t shared_address(const void *p) {
  return static_cast<uint32_t>(__cvta_generic_to_shared(p));
}

// Waits with the state of the own arrival, as sm_80 has it.
extern "C" __global__ void mbarrier_states(const int *x, int *y, int rounds) {
  __shared__ int memory[2][96];
  __shared__ uint64_t barrier;
  int i = threadIdx.x, v = x[i];
  uint32_t address = shared_address(&barrier);
  if (i == 0)
    asm volatile("mbarrier.init.shared.b64 [%0], 96;" ::"r"(address)
                 : "memory");
  __syncthreads();
  for (int r = 0; r < rounds; ++r) {
    memory[r % 2][i] = v;
    uint64_t state;
    asm volatile("mbarrier.arrive.shared.b64 %0, [%1];"
                 : "=l"(state)
                 : "r"(address)
                 : "memory");
    asm volatile("{\n"
                 ".reg .pred done;\n"
                 "AGAIN:\n"
                 "mbarrier.test_wait.shared.b64 done, [%0], %1;\n"
                 "@!done bra AGAIN;\n"
                 "}" ::"r"(address),
                 "l"(state)
                 : "memory");
    v = memory[r % 2][(i + 50) % 96] + 2 * v;
  }
  y[i] = v;
  __syncthreads();
  if (i == 0)
    asm volatile("mbarrier.inval.shared.b64 [%0];" ::"r"(address) : "memory");
}

// The barrier of the C++ library in shared memory.
extern "C" __global__ void library_barrier(const int *x, int *y) {
  using Barrier = cuda::barrier<cuda::thread_scope_block>;
#pragma nv_diag_suppress static_var_with_dynamic_init
  __shared__ Barrier barrier;
  __shared__ int memory[64];
  int i = threadIdx.x;
  if (i == 0)
    init(&barrier, 64);
  __syncthreads();
  int v = x[i];
  for (int r = 0; r < 3; ++r) {
    memory[i] = v;
    auto token = barrier.arrive();
    int own = 7 * v;
    barrier.wait(std::move(token));
    v = own + memory[63 - i];
    barrier.arrive_and_wait();
  }
  y[i] = v;
}

#if __CUDA_ARCH__ >= 900
__device__ void wait_parity(uint32_t barrier, uint32_t parity) {
  asm volatile("{\n"
               ".reg .pred complete;\n"
               "waitLoop:\n"
               "mbarrier.try_wait.parity.shared::cta.b64 complete, [%0], %1;\n"
               "@complete bra DONE;\n"
               "bra waitLoop;\n"
               "DONE:\n"
               "}" ::"r"(barrier),
               "r"(parity)
               : "memory");
}

// A ring of full and free barriers between one producer warp and two consumers.
extern "C" __global__ void mbarrier_ring(const float *x, float *y, int tiles) {
  constexpr int Stages = 3;
  __shared__ float ring[Stages][32];
  __shared__ uint64_t full[Stages], free[Stages];
  int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  if (threadIdx.x == 0)
    for (int s = 0; s < Stages; ++s) {
      asm volatile("mbarrier.init.shared::cta.b64 [%0], 32;" ::"r"(
          shared_address(&full[s])));
      asm volatile("mbarrier.init.shared::cta.b64 [%0], 64;" ::"r"(
          shared_address(&free[s])));
    }
  __syncthreads();
  if (warp == 0) {
    for (int t = 0; t < tiles; ++t) {
      int s = t % Stages;
      wait_parity(shared_address(&free[s]), (t / Stages & 1) ^ 1);
      ring[s][lane] = x[32 * t + lane];
      asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(
                       shared_address(&full[s]))
                   : "memory");
    }
  } else {
    float sum = 0;
    for (int t = 0; t < tiles; ++t) {
      int s = t % Stages;
      wait_parity(shared_address(&full[s]), t / Stages & 1);
      sum = 0.5f * sum + ring[s][31 - lane] * warp;
      asm volatile("mbarrier.arrive.release.cta.shared::cta.b64 _, [%0];" ::"r"(
                       shared_address(&free[s]))
                   : "memory");
    }
    y[threadIdx.x - 32] = sum;
  }
}

// One bulk copy in, one out; transaction bytes complete the barrier.
extern "C" __global__ void bulk_copies(const float *x, float *y) {
  __shared__ __align__(128) float in[256], result[256];
  __shared__ uint64_t full;
  int i = threadIdx.x;
  uint32_t barrier = shared_address(&full);
  for (int t = 0; t < 3; ++t) {
    if (t == 0) {
      if (i == 0) {
        asm volatile("mbarrier.init.shared::cta.b64 [%0], 1;" ::"r"(barrier));
        asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
      }
      __syncthreads();
    }
    if (i == 0) {
      asm volatile(
          "mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], 1024;" ::"r"(
              barrier)
          : "memory");
      asm volatile(
          "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::"
          "bytes [%0], [%1], 1024, [%2];" ::"r"(shared_address(in)),
          "l"(x + 256 * t), "r"(barrier)
          : "memory");
    }
    wait_parity(barrier, t & 1);
    for (int j = i; j < 256; j += 64)
      result[j] = 2 * in[255 - j];
    asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
    __syncthreads();
    if (i == 0) {
      asm volatile(
          "cp.async.bulk.global.shared::cta.bulk_group [%0], [%1], 1024;" ::"l"(
              y + 256 * t),
          "r"(shared_address(result))
          : "memory");
      asm volatile("cp.async.bulk.commit_group;" ::: "memory");
      asm volatile("cp.async.bulk.wait_group.read 0;" ::: "memory");
    }
    __syncthreads();
  }
  if (i == 0)
    asm volatile("cp.async.bulk.wait_group 0;" ::: "memory");
}
#endif
