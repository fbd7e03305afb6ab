// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The simulator as a device of the runtime library.

#ifndef ATTN_SIMULATOR_DEVICE_H
#define ATTN_SIMULATOR_DEVICE_H

#include "attn/Runtime/Device.h"
#include "attn/Simulator/Launch.h"

#include <functional>
#include <memory>
#include <string>

namespace attn::sim {

/// Files of PTX that take part in launches; empty: none.
struct KernelFiles {
  /// Its kernels run instead of those of the launch.
  std::string replacement;
  /// Receives the kernels of the launch.
  std::string dump;
};

/// A device that executes kernels on the CPU and checks them. A check that
/// fires fails the launch.
class SimulatorDevice {
public:
  /// Called after each launch, with what it executed and counted.
  using Observer = std::function<void(const Program &, const LaunchResult &)>;

  /// Launches take the seed, the policies and the checks from `options`.
  explicit SimulatorDevice(LaunchOptions options, Observer observer = {},
                           KernelFiles files = {});
  ~SimulatorDevice();

  /// What attn_rt_set_device takes; lives as long as this object.
  const attn_rt_device *getDevice() const;

private:
  class State;
  std::unique_ptr<State> state;
};

} // namespace attn::sim

#endif // ATTN_SIMULATOR_DEVICE_H
