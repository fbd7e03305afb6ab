// --device=cuda launches kernels through the CUDA driver. The tests have one of
// their own that runs them in the simulator: results are right, and whatever
// the driver refuses is said in one sentence.

// The driver of the tests is compiled without sanitizers.
// UNSUPPORTED: sanitizers

// RUN: rm -rf %t && mkdir -p %t/lib %t/none
// RUN: %llvm_bin/clang -std=gnu11 -O1 -Wall -Wextra -Werror -shared -fPIC -fvisibility=hidden -I%attn_source/include \
// RUN:   %S/Inputs/fake-cuda.c -L%attn_build/lib -lAttnSimulatorDevice -Wl,-rpath,%attn_build/lib -o %t/lib/libcuda.so.1

// DEFINE: %{run} = attn-run %s --target=sm_80 --device=cuda --input=random:1@1x2x70x64 --input=random:2@1x2x33x64 --input=random:3@1x2x33x64
// DEFINE: %{fake} = env LD_LIBRARY_PATH=%t/lib

// RUN: %{fake} %{run} --check | FileCheck %s --check-prefix=OK
// OK: relative error
// RUN: %{fake} %{run} --output=%t/cuda.npy
// RUN: attn-run %s --target=sm_80 --device=sim --input=random:1@1x2x70x64 --input=random:2@1x2x33x64 \
// RUN:   --input=random:3@1x2x33x64 --output=%t/sim.npy
// RUN: cmp %t/cuda.npy %t/sim.npy
// Code for sm_80 runs on later GPUs.
// RUN: %{fake} FAKE_CUDA=cc=12.0 %{run} --output=%t/later.npy
// RUN: cmp %t/later.npy %t/sim.npy

// One module for all runs, and no memory is kept.
// RUN: %{fake} FAKE_CUDA_LOG=1 FAKE_CUDA=skip %{run} --time --repeat=5 2> %t/log
// RUN: grep -c 'cuModuleLoadDataEx' %t/log | FileCheck %s --check-prefix=ONE
// RUN: grep -c 'cuModuleGetFunction' %t/log | FileCheck %s --check-prefix=ONE
// RUN: grep -c 'cuLaunchKernel' %t/log | FileCheck %s --check-prefix=SIX
// RUN: grep -c 'cuMemAlloc_v2' %t/log | FileCheck %s --check-prefix=EACH
// RUN: grep -c 'cuMemFree_v2' %t/log | FileCheck %s --check-prefix=EACH
// ONE: {{^}}1{{$}}
// SIX: {{^}}6{{$}}
// EACH: {{^}}24{{$}}

// RUN: not env LD_LIBRARY_PATH=%t/none %{run} 2>&1 | FileCheck %s --check-prefix=DRIVER
// DRIVER: error: cuda: cannot load the driver library (libcuda.so.1: {{.*}}); install the NVIDIA driver
// RUN: echo | %llvm_bin/clang -shared -fPIC -xc - -o %t/none/libcuda.so.1
// RUN: not env LD_LIBRARY_PATH=%t/none %{run} 2>&1 | FileCheck %s --check-prefix=OLD
// OLD: error: cuda: the driver library has no cuGetErrorName; update the NVIDIA driver
// RUN: not %{fake} FAKE_CUDA=cuInit=100 %{run} 2>&1 | FileCheck %s --check-prefix=NO-GPU
// RUN: not %{fake} FAKE_CUDA=empty %{run} 2>&1 | FileCheck %s --check-prefix=NO-GPU
// NO-GPU: error: cuda: the driver finds no GPU
// RUN: not %{fake} FAKE_CUDA=cuInit=34 %{run} 2>&1 | FileCheck %s --check-prefix=STUB
// STUB: error: cuda: libcuda.so.1 is the stub of the toolkit; install the NVIDIA driver, or take the stub out of the library path
// RUN: not %{fake} FAKE_CUDA=cuInit=803 %{run} 2>&1 | FileCheck %s --check-prefix=MISMATCH
// MISMATCH: error: cuda: the driver library and the kernel module have different versions; restart the machine after an update of the driver
// RUN: not %{fake} FAKE_CUDA=cuInit=999 %{run} 2>&1 | FileCheck %s --check-prefix=START
// START: error: cuda: the driver does not start: error 999
// RUN: not %{fake} FAKE_CUDA=cuDevicePrimaryCtxRetain=2 %{run} 2>&1 | FileCheck %s --check-prefix=OPEN
// OPEN: error: cuda: cannot open the GPU: CUDA_ERROR_OUT_OF_MEMORY (the meaning of the code)
// RUN: not %{fake} FAKE_CUDA=cc=7.5 %{run} 2>&1 | FileCheck %s --check-prefix=CC
// CC: error: cuda: code for sm_80 needs compute capability 8.0 or later, and Fake GPU has 7.5{{$}}
// RUN: not %{fake} FAKE_CUDA=cuMemAlloc_v2=2 %{run} 2>&1 | FileCheck %s --check-prefix=MEMORY
// MEMORY: error: cuda: Fake GPU has no memory for {{[0-9]+}} bytes: 1000 of 2000 are free
// RUN: not %{fake} FAKE_CUDA=cuMemAlloc_v2=700 %{run} 2>&1 | FileCheck %s --check-prefix=ALLOCATE
// ALLOCATE: error: cuda: cannot allocate memory: CUDA_ERROR_ILLEGAL_ADDRESS
// RUN: not %{fake} FAKE_CUDA=cuMemcpyHtoD_v2=700 %{run} 2>&1 | FileCheck %s --check-prefix=TO
// TO: error: cuda: cannot copy to the GPU: CUDA_ERROR_ILLEGAL_ADDRESS
// RUN: not %{fake} FAKE_CUDA=cuMemcpyDtoH_v2=700 %{run} 2>&1 | FileCheck %s --check-prefix=FROM
// FROM: error: cuda: cannot copy from the GPU: CUDA_ERROR_ILLEGAL_ADDRESS
// RUN: not %{fake} FAKE_CUDA=cuModuleLoadDataEx=222 %{run} 2>&1 | FileCheck %s --check-prefix=PTX
// PTX: error: cuda: the driver is for CUDA 12.4, which is too old for PTX 8.7; update the NVIDIA driver
// RUN: not %{fake} 'FAKE_CUDA=cuModuleLoadDataEx=218,log=ptxas application ptx input, line 9; fatal' %{run} 2>&1 | FileCheck %s --check-prefix=LOG
// LOG: error: cuda: the driver does not take the kernels: CUDA_ERROR_INVALID_PTX (the meaning of the code): ptxas application ptx input, line 9; fatal
// RUN: not %{fake} FAKE_CUDA=cuModuleGetFunction=500 %{run} 2>&1 | FileCheck %s --check-prefix=FUNCTION
// FUNCTION: error: cuda: attention: error 500
// RUN: not %{fake} FAKE_CUDA=cuLaunchKernel=701 %{run} 2>&1 | FileCheck %s --check-prefix=LAUNCH
// LAUNCH: error: cuda: attention: error 701
// RUN: not %{fake} FAKE_CUDA=cuCtxSynchronize=700 %{run} 2>&1 | FileCheck %s --check-prefix=FAULT
// FAULT: error: cuda: attention: CUDA_ERROR_ILLEGAL_ADDRESS (an illegal memory access was encountered)

// RUN: not %{fake} attn-run %s --target=sm_90a --device=cuda --input=random:1@1x2x7x64 --input=random:2@1x2x3x64 --input=random:3@1x2x3x64 2>&1 | FileCheck %s --check-prefix=EXACT
// EXACT: error: cuda: code for sm_90a needs compute capability 9.0 and runs on no other, and Fake GPU has 8.0; compile for sm_80, which runs from 8.0 on

// RUN: not attn-run %s --target=sm_80 2>&1 | FileCheck %s --check-prefix=DEVICE
// DEVICE: error: --target=sm_80: expected --device=sim or --device=cuda
// RUN: not attn-run %s --target=sm_80 --device=abacus 2>&1 | FileCheck %s --check-prefix=ABACUS
// ABACUS: error: --target=sm_80: expected --device=sim or --device=cuda, found --device=abacus
// RUN: not attn-run %s --device=cuda 2>&1 | FileCheck %s --check-prefix=CPU
// CPU: error: --device=cuda: expected a --target that is a GPU
// RUN: not attn-run %s --target=sm_80 --device=cuda --sim=seed=1 2>&1 | FileCheck %s --check-prefix=SIM
// SIM: error: --sim: expected --device=sim

// 10,000 launches take one module and no more memory; more than 48 KB of shared
// memory is asked for, once; another text at a known address is loaded anew.
// RUN: %llvm_bin/clang -std=c11 -O1 -Wall -Wextra -Werror -I%attn_source/include %S/Inputs/launches.c \
// RUN:   %attn_build/lib/libAttnRuntimeStatic.a -pthread -lm -ldl -o %t/launches
// RUN: %{fake} FAKE_CUDA=skip FAKE_CUDA_LOG=1 %t/launches > %t/launches.out 2> %t/launches.log
// RUN: FileCheck %s --check-prefix=MANY --input-file=%t/launches.out
// MANY: first: 0
// MANY-NEXT: at the limit: 0
// MANY-NEXT: above: 0
// MANY-NEXT: above again: 0
// MANY-NEXT: second: 0
// MANY-NEXT: another text: 0
// MANY-NEXT: too many blocks: 6 cuda: second: expected at most 2147483647 blocks, found 2147483648
// MANY-NEXT: pages: {{-?[0-9]$}}
// RUN: grep -v 'Mem\|cuCtxSync\|cuLaunch' %t/launches.log | FileCheck %s --check-prefix=CALLS --implicit-check-not={{.}}
// CALLS: cuInit 0
// CALLS-NEXT: cuDeviceGetCount 0
// CALLS-NEXT: cuDeviceGet 0
// CALLS-NEXT: cuDeviceGetName 0
// CALLS-NEXT: cuDevicePrimaryCtxRetain 0
// CALLS-NEXT: cuModuleLoadDataEx 13
// CALLS-NEXT: cuModuleGetFunction 0
// CALLS-NEXT: cuFuncSetAttribute 50000
// CALLS-NEXT: cuModuleGetFunction 0
// CALLS-NEXT: cuFuncSetAttribute 50000
// CALLS-NEXT: cuModuleUnload 0
// CALLS-NEXT: cuModuleLoadDataEx 13
// CALLS-NEXT: cuModuleGetFunction 0
// CALLS-NEXT: cuFuncSetAttribute 50000

func.func @attend(%q: tensor<1x2x?x64xbf16>, %k: tensor<1x2x?x64xbf16>,
                  %v: tensor<1x2x?x64xbf16>) -> tensor<1x2x?x64xbf16> {
  %o = attn.attention dots(%q * %k) values(%v) scale = 0.125
    : tensor<1x2x?x64xbf16>, tensor<1x2x?x64xbf16>, tensor<1x2x?x64xbf16> -> tensor<1x2x?x64xbf16>
  return %o : tensor<1x2x?x64xbf16>
}
