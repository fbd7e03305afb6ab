// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The shared library that gives the simulator to programs in C.

#include "attn/Simulator/CDevice.h"

#include "attn/Simulator/Device.h"

using namespace attn::sim;

extern "C" __attribute__((visibility("default"))) const attn_rt_device *
attn_simulator_device(void) {
  // Never destroyed: a launch may run while the process ends.
  static const auto *device = new SimulatorDevice([] {
    LaunchOptions options;
    options.threads = 0;
    return options;
  }());
  return device->getDevice();
}
