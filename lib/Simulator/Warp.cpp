// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Runs the fragments of a warp.

#include "attn/Simulator/Warp.h"

#include "SpecialRegisters.h"

#include "attn/Simulator/Block.h"

#include <algorithm>

using namespace attn::sim;

/// A turn of fewer operations that ends with a yield is polling.
static constexpr unsigned kPollingLength = 64;

Warp::Warp(Block &block, const Program &program, uint32_t index)
    : block(block), program(program), index(index), rows(program.rows),
      predicates(program.predicates, 0),
      definedRows(program.rows, Defined{0, 0}),
      definedPredicates(program.predicates, 0),
      local(program.local * kLanes, 0),
      definedLocal((program.local * kLanes + 7) / 8, 0),
      constants(program.constants.data()),
      constantPredicates(program.constantPredicates.data()) {
  uint64_t threads = block.launch.options.block.count() - index * kLanes;
  live = threads >= kLanes ? kAllLanes : (LaneMask(1) << threads) - 1;
  fragments.push_back({0, live});
  for (const SpecialRow &special : program.specials) {
    const SpecialRegister *entry = lookupSpecialRegister(special.name);
    for (uint32_t lane = 0; lane < kLanes; ++lane) {
      uint64_t value = entry->value(*this, lane);
      rows[special.slot].lane[lane] = uint32_t(value);
      rows[special.slot + 1].lane[lane] = uint32_t(value >> 32);
    }
    definedRows[special.slot] = definedRows[special.slot + 1] = Defined();
  }
}

SiteCounters &Warp::counters(const Operation &op) {
  return block.counters[op.site];
}

Outcome Warp::branch(uint32_t target) {
  Fragment &fragment = fragments[current];
  if (active == fragment.lanes) {
    fragment.pc = target;
    return Outcome::Diverged;
  }
  fragment.lanes &= ~active;
  ++fragment.pc;
  fragments.push_back({target, active});
  return Outcome::Diverged;
}

Outcome Warp::branch(const Lanes<uint32_t> &targets) {
  Fragment &fragment = fragments[current];
  fragment.lanes &= ~active;
  ++fragment.pc;
  LaneMask left = active;
  while (left) {
    uint32_t target = targets[__builtin_ctz(left)];
    LaneMask lanes = 0;
    for (unsigned i = 0; i < kLanes; ++i)
      if (left >> i & 1 && targets[i] == target)
        lanes |= LaneMask(1) << i;
    fragments.push_back({target, lanes});
    left &= ~lanes;
  }
  if (fragments[current].lanes == 0)
    fragments.erase(fragments.begin() + current);
  current = 0;
  return Outcome::Diverged;
}

Outcome Warp::exit() {
  Fragment &fragment = fragments[current];
  live &= ~active;
  fragment.lanes &= ~active;
  ++fragment.pc;
  if (fragment.lanes == 0) {
    fragments.erase(fragments.begin() + current);
    current = 0;
  }
  return Outcome::Diverged;
}

bool Warp::haveArrived(const Operation &op, LaneMask mask) {
  // PTX waits for threads that have not exited. Those that a last warp lacks
  // count as such.
  LaneMask missing = mask & live & ~active;
  if (missing == 0)
    return true;
  // Those that the guard has held back have passed and will not come again.
  LaneMask passed = missing & fragments[current].lanes;
  if (passed == 0)
    return false;
  report(Check::Barrier, op, passed,
         "waits for threads of the warp that do not execute it");
  return true;
}

std::string Warp::describeLanes(LaneMask lanes) const {
  auto triple = [](Extent3 index) {
    return "(" + std::to_string(index.x) + ", " + std::to_string(index.y) +
           ", " + std::to_string(index.z) + ")";
  };
  std::string result = "; block " + triple(block.index);
  if (lanes == 0)
    return result;
  result += ", thread " + triple(getThreadIndex(*this, __builtin_ctz(lanes)));
  int others = __builtin_popcount(lanes) - 1;
  return others == 0
             ? result
             : result + " and " + std::to_string(others) + " more of its warp";
}

Outcome Warp::report(Check check, const Operation &op, LaneMask lanes,
                     const std::string &message) {
  const Site &site = program.sites[op.site];
  std::string text = "'" + site.text + "': " + message + describeLanes(lanes);
  bool stops = block.launch.report(check, site.where, text);
  return stops ? Outcome::Stop : Outcome::Next;
}

/// Joins fragments that stand at the same operation.
void Warp::mergeFragments() {
  for (size_t i = 0; i < fragments.size(); ++i)
    for (size_t j = i + 1; j < fragments.size();) {
      if (fragments[i].pc != fragments[j].pc) {
        ++j;
        continue;
      }
      fragments[i].lanes |= fragments[j].lanes;
      // Together they may do what a part had to wait for.
      fragments[i].waiting = false;
      fragments[i].rested &= fragments[j].rested;
      fragments.erase(fragments.begin() + j);
    }
}

bool Warp::selectFragment() {
  if (fragments.size() == 1) {
    current = 0;
    fragments[0].rested = false;
    return !fragments[0].waiting;
  }
  mergeFragments();
  bool isAnyRested = false;
  uint32_t best = ~uint32_t(0);
  for (uint32_t i = 0; i < fragments.size(); ++i) {
    const Fragment &fragment = fragments[i];
    if (fragment.waiting)
      continue;
    isAnyRested |= fragment.rested;
    if (!fragment.rested &&
        (best == ~uint32_t(0) || fragment.pc < fragments[best].pc))
      best = i;
  }
  if (best == ~uint32_t(0)) {
    if (!isAnyRested)
      return false;
    for (Fragment &fragment : fragments)
      fragment.rested = false;
    return selectFragment();
  }
  current = best;
  return true;
}

/// Executes one operation for the lanes whose guard holds.
inline Outcome Warp::step(const Operation &op) {
  LaneMask lanes = fragments[current].lanes;
  if (op.guard != kAlways) {
    LaneMask undefined = lanes & ~definedPredicate(op.guard);
    if (undefined && block.launch.options.checks &&
        report(Check::Undefined, op, undefined,
               "the predicate that guards it is undefined") == Outcome::Stop)
      return Outcome::Stop;
    lanes &= predicate(op.guard) ^ op.guardFlip;
    if (lanes == 0)
      return Outcome::Next;
  }
  active = lanes;
  SiteCounters &counter = block.counters[op.site];
  ++counter.warps;
  counter.threads += unsigned(__builtin_popcount(lanes));
  Outcome outcome = op.handler(*this, op);
  if (outcome == Outcome::Wait) {
    --counter.warps;
    counter.threads -= unsigned(__builtin_popcount(lanes));
    ++counter.waits;
  }
  return outcome;
}

Progress Warp::runFragment(unsigned &budget) {
  // The next fragment on the way: there they may merge.
  uint32_t meeting = ~uint32_t(0);
  for (const Fragment &fragment : fragments)
    if (fragment.pc > fragments[current].pc)
      meeting = std::min(meeting, fragment.pc);
  const bool isAlone = fragments.size() == 1;
  const Operation *code = program.code.data();
  Progress progress = Progress::None;
  while (budget > 0) {
    Outcome outcome = step(code[fragments[current].pc]);
    --budget;
    switch (outcome) {
    case Outcome::Next:
      progress = Progress::Some;
      if (++fragments[current].pc >= meeting)
        return progress;
      break;
    case Outcome::Diverged:
      progress = Progress::Some;
      if (!isAlone || fragments.size() != 1)
        return progress;
      break;
    case Outcome::Wait:
      fragments[current].waiting = true;
      ++budget;
      return progress;
    case Outcome::Yield:
      ++fragments[current].pc;
      fragments[current].rested = true;
      return Progress::Polling;
    case Outcome::Stop:
      block.launch.stopped = true;
      return Progress::Some;
    }
  }
  fragments[current].rested = true;
  return progress;
}

Progress Warp::run(unsigned budget) {
  for (Fragment &fragment : fragments)
    fragment.waiting = false;
  const unsigned all = budget;
  Progress progress = Progress::None;
  bool hasYielded = false;
  while (budget > 0 && !hasYielded && !block.launch.stopped &&
         !fragments.empty() && selectFragment()) {
    Progress part = runFragment(budget);
    hasYielded = part == Progress::Polling;
    progress = std::max(progress, part);
  }
  const unsigned done = all - budget;
  block.launch.clock.fetch_add(done + 1, std::memory_order_relaxed);
  block.launch.instructions.fetch_add(done, std::memory_order_relaxed);
  if (progress == Progress::None)
    return progress;
  return hasYielded && done < kPollingLength ? Progress::Polling
                                             : Progress::Some;
}
