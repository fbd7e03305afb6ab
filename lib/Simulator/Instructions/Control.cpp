// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Control flow, and what a program tells the machine without changing values.

#include "attn/Simulator/Block.h"
#include "attn/Simulator/InstructionTable.h"

using namespace attn::sim;

namespace {

Outcome doNothing(Warp &warp, const Operation &op) { return Outcome::Next; }

/// `immediate` is the target.
Outcome branch(Warp &warp, const Operation &op) {
  return warp.branch(uint32_t(op.immediate));
}

/// A branch that all threads of the warp that are here take, or none.
Outcome branchUniformly(Warp &warp, const Operation &op) {
  if (warp.active != warp.fragments[warp.current].lanes)
    if (warp.report(Check::Invalid, op, warp.active,
                    "threads of a warp disagree about a branch that is said "
                    "to be uniform") == Outcome::Stop)
      return Outcome::Stop;
  return branch(warp, op);
}

/// Operand 0 is the index into the targets, which are `immediate` slots from
/// `list` on.
Outcome branchByIndex(Warp &warp, const Operation &op) {
  Lanes<uint32_t> index = warp.read<uint32_t>(op.operands[0]);
  if (LaneMask bad = warp.active & ~warp.isDefined(op.operands[0], 4))
    if (warp.report(Check::Undefined, op, bad,
                    "the index of a branch is undefined") == Outcome::Stop)
      return Outcome::Stop;
  Lanes<uint32_t> targets = {};
  const Slot *list = &warp.program.slots[op.list];
  for (unsigned lane = 0; lane < kLanes; ++lane) {
    if (!(warp.active >> lane & 1))
      continue;
    if (index[lane] >= uint64_t(op.immediate)) {
      warp.report(Check::Invalid, op, LaneMask(1) << lane,
                  "index " + std::to_string(index[lane]) +
                      " of a branch with " + std::to_string(op.immediate) +
                      " targets");
      return Outcome::Stop;
    }
    targets[lane] = list[index[lane]];
  }
  return warp.branch(targets);
}

Outcome exitThreads(Warp &warp, const Operation &op) { return warp.exit(); }

Outcome trap(Warp &warp, const Operation &op) {
  warp.report(Check::Trap, op, warp.active, "the program has stopped itself");
  return Outcome::Stop;
}

/// Operand 0 is a time in nanoseconds.
Outcome sleep(Warp &warp, const Operation &op) {
  Lanes<uint32_t> time = warp.read<uint32_t>(op.operands[0]);
  uint32_t longest = 0;
  for (unsigned lane = 0; lane < kLanes; ++lane)
    if (warp.active >> lane & 1)
      longest = std::max(longest, time[lane]);
  warp.block.launch.clock += longest;
  return Outcome::Yield;
}

/// setmaxnreg: all threads of a warp change the number of registers.
Outcome setRegisterCount(Warp &warp, const Operation &op) {
  if (warp.active != warp.live)
    return warp.report(Check::Invalid, op, warp.active,
                       "not all threads of the warp are here");
  return Outcome::Next;
}

void bindNothing(Binding &binding) { binding.op.handler = doNothing; }
void bindExit(Binding &binding) { binding.op.handler = exitThreads; }
void bindTrap(Binding &binding) { binding.op.handler = trap; }
void bindSleep(Binding &binding) { binding.op.handler = sleep; }

void bindBranch(Binding &binding) {
  binding.op.handler = binding.has("uni") ? branchUniformly : branch;
}

void bindIndexed(Binding &binding) { binding.op.handler = branchByIndex; }

void bindRegisterCount(Binding &binding) {
  int64_t count = binding.immediates[0];
  if (count < 24 || count > 256 || count % 8 != 0)
    binding.error = "setmaxnreg takes a multiple of 8 from 24 to 256, not " +
                    std::to_string(count);
  binding.op.handler = setRegisterCount;
}

} // namespace

void attn::sim::ATTN_SIM_VARIANT::addControlForms(FormList &forms) {
  constexpr InstructionClass kind = InstructionClass::Control;
  const Form list[] = {
      {"bra[.uni] @f", kind, bindBranch},
      {"brx.idx[.uni] a:u32, @f", kind, bindIndexed},
      {"call[.uni] ...", kind, bindNothing},
      {"ret[.uni]", kind, bindExit},
      {"exit", kind, bindExit},
      {"trap", kind, bindTrap},
      {"brkpt", kind, bindTrap},
      {"nanosleep.u32 a", kind, bindSleep, 70},
      {"pmevent[.mask] #n", kind, bindNothing},
      {"setmaxnreg.{inc|dec}.sync.aligned.u32 #n", kind, bindRegisterCount, 90},
      {"griddepcontrol.{launch_dependents|wait}", kind, bindNothing, 90},
  };
  forms.insert(forms.end(), std::begin(list), std::end(list));
}
