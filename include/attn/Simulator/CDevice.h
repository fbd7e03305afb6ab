// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The simulator as a device for programs in C; they link
// libAttnSimulatorDevice.so.

#ifndef ATTN_SIMULATOR_CDEVICE_H
#define ATTN_SIMULATOR_CDEVICE_H

#include "attn/Runtime/Device.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Returns a device that executes kernels on the processor and checks them. A
/// check that fires fails the launch. Always the same; never null.
const attn_rt_device *attn_simulator_device(void);

#ifdef __cplusplus
}
#endif

#endif // ATTN_SIMULATOR_CDEVICE_H
