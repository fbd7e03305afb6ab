// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Instructions by which the lanes of a warp exchange values. They order no
// accesses to memory.

#include "Elementwise.h"

#include "attn/Simulator/Block.h"

using namespace attn::sim;
using namespace attn::sim::ATTN_SIM_VARIANT;

namespace {

constexpr LaneMask bit(unsigned lane) { return LaneMask(1) << lane; }
unsigned firstOf(LaneMask lanes) { return __builtin_ctz(lanes); }

/// Calls `function` with each set of lanes that exchange values: those that
/// name the same member mask, which is in `slot`. Wait until all members are
/// here.
template <typename Function>
Outcome forEachGroup(Warp &warp, const Operation &op, Slot slot,
                     Function function) {
  const LaneMask active = warp.active;
  LaneMask undefined = active & ~warp.isDefined(slot, 4);
  if (undefined && warp.block.launch.options.checks &&
      warp.report(Check::Undefined, op, undefined,
                  "the member mask is undefined") == Outcome::Stop)
    return Outcome::Stop;
  const Row &masks = warp.row(slot);
  std::array<LaneMask, kLanes> groups;
  unsigned count = 0;
  for (LaneMask rest = active; rest;) {
    LaneMask mask = masks.lane[firstOf(rest)], same = 0;
    for (unsigned i = 0; i < kLanes; ++i)
      same |= masks.lane[i] == mask ? bit(i) : 0;
    same &= rest;
    rest &= ~same;
    if (same & ~mask) {
      warp.report(Check::Barrier, op, same & ~mask,
                  "threads are not in the member mask that they name");
      return Outcome::Stop;
    }
    if (!warp.haveArrived(op, mask))
      return Outcome::Wait;
    if (same != (mask & active)) {
      warp.report(Check::Barrier, op, mask & active & ~same,
                  "threads are in the member mask of others but name another");
      return Outcome::Stop;
    }
    groups[count++] = same;
  }
  for (unsigned i = 0; i < count; ++i)
    function(groups[i]);
  return Outcome::Next;
}

//===----------------------------------------------------------------------===//
// Shuffles
//===----------------------------------------------------------------------===//

enum class Shuffle : uint8_t { Up, Down, Butterfly, Index };

/// Operands: result, predicate or kNone, value, lane, clamp, member mask.
template <Shuffle Mode>
Outcome shuffle(Warp &warp, const Operation &op) {
  const auto &operands = op.operands;
  Row result = {};
  Defined where = {0, 0};
  LaneMask inRange = 0;
  const LaneMask control =
      warp.isDefined(operands[3], 4) & warp.isDefined(operands[4], 4);
  Outcome outcome = forEachGroup(warp, op, operands[5], [&](LaneMask members) {
    const Row &value = warp.row(operands[2]);
    Defined defined = warp.defined(operands[2]);
    const Row &lanes = warp.row(operands[3]), &clamps = warp.row(operands[4]);
    Lanes<int32_t> source;
    Lanes<uint32_t> isIn;
    for (int lane = 0; lane < int(kLanes); ++lane) {
      int offset = int(lanes.lane[lane] & 31);
      int segment = int(clamps.lane[lane] >> 8 & 31);
      int first = lane & segment;
      int last = first | (int(clamps.lane[lane] & 31) & ~segment);
      int from = Mode == Shuffle::Up          ? lane - offset
                 : Mode == Shuffle::Down      ? lane + offset
                 : Mode == Shuffle::Butterfly ? lane ^ offset
                                              : first | (offset & ~segment);
      isIn[lane] = Mode == Shuffle::Up ? from >= last : from <= last;
      source[lane] = isIn[lane] ? from : lane;
    }
    inRange |= toMask(isIn) & members;
    for (unsigned lane = 0; lane < kLanes; ++lane) {
      // Lanes that are not members have no value to give.
      LaneMask given = members >> source[lane] & members >> lane & 1;
      result.lane[lane] =
          members >> lane & 1 ? value.lane[source[lane]] : result.lane[lane];
      where.low |= (given & defined.low >> source[lane]) << lane;
      where.high |= (given & defined.high >> source[lane]) << lane;
    }
  });
  if (outcome != Outcome::Next)
    return outcome;
  if (operands[0] != kNone)
    warp.writeRow(operands[0], result,
                  {where.low & control, where.high & control});
  writeOptional(warp, operands[1], inRange, control);
  return Outcome::Next;
}

//===----------------------------------------------------------------------===//
// Votes and matches
//===----------------------------------------------------------------------===//

enum class Vote : uint8_t { All, Any, Uniform, Ballot };

/// Operands: result, predicate, member mask.
template <Vote Mode>
Outcome vote(Warp &warp, const Operation &op) {
  LaneMask values = warp.predicate(op.operands[1]);
  LaneMask defined = warp.definedPredicate(op.operands[1]);
  LaneMask results = 0, where = 0;
  Lanes<uint32_t> ballots = {};
  Outcome outcome =
      forEachGroup(warp, op, op.operands[2], [&](LaneMask members) {
        LaneMask set = values & members;
        where |= members & ~defined ? 0 : members;
        bool holds = Mode == Vote::All   ? set == members
                     : Mode == Vote::Any ? set != 0
                                         : set == 0 || set == members;
        results |= holds ? members : 0;
        for (unsigned i = 0; i < kLanes; ++i)
          ballots[i] = members >> i & 1 ? set : ballots[i];
      });
  if (outcome != Outcome::Next)
    return outcome;
  if constexpr (Mode == Vote::Ballot)
    warp.write(op.operands[0], ballots, where);
  else
    warp.writePredicate(op.operands[0], results, where);
  return Outcome::Next;
}

/// Operands: result, value, member mask.
template <typename T>
Outcome matchAny(Warp &warp, const Operation &op) {
  Lanes<T> values = warp.read<T>(op.operands[1]);
  LaneMask defined = warp.isDefined(op.operands[1], sizeof(T)), where = 0;
  Lanes<uint32_t> result = {};
  Outcome outcome =
      forEachGroup(warp, op, op.operands[2], [&](LaneMask members) {
        where |= members & ~defined ? 0 : members;
        for (unsigned i = 0; i < kLanes; ++i)
          for (unsigned j = 0; j < kLanes; ++j)
            if (members >> i & members >> j & 1 && values[i] == values[j])
              result[i] |= bit(j);
      });
  if (outcome == Outcome::Next)
    warp.write(op.operands[0], result, where);
  return outcome;
}

/// Operands: result, predicate or kNone, value, member mask.
template <typename T>
Outcome matchAll(Warp &warp, const Operation &op) {
  Lanes<T> values = warp.read<T>(op.operands[2]);
  LaneMask defined = warp.isDefined(op.operands[2], sizeof(T)), where = 0;
  LaneMask equal = 0;
  Lanes<uint32_t> result = {};
  Outcome outcome =
      forEachGroup(warp, op, op.operands[3], [&](LaneMask members) {
        where |= members & ~defined ? 0 : members;
        T first = values[firstOf(members)];
        bool isEqual = true;
        for (unsigned i = 0; i < kLanes; ++i)
          isEqual &= !(members >> i & 1) || values[i] == first;
        equal |= isEqual ? members : 0;
        for (unsigned i = 0; i < kLanes; ++i)
          if (members >> i & 1)
            result[i] = isEqual ? members : 0;
      });
  if (outcome != Outcome::Next)
    return outcome;
  if (op.operands[0] != kNone)
    warp.write(op.operands[0], result, where);
  writeOptional(warp, op.operands[1], equal, where);
  return Outcome::Next;
}

//===----------------------------------------------------------------------===//
// Reductions
//===----------------------------------------------------------------------===//

struct Add {
  template <typename T>
  static T apply(T a, T b) {
    return a + b;
  }
};
struct Min {
  template <typename T>
  static T apply(T a, T b) {
    return std::min(a, b);
  }
};
struct Max {
  template <typename T>
  static T apply(T a, T b) {
    return std::max(a, b);
  }
};
struct And {
  template <typename T>
  static T apply(T a, T b) {
    return a & b;
  }
};
struct Or {
  template <typename T>
  static T apply(T a, T b) {
    return a | b;
  }
};
struct Xor {
  template <typename T>
  static T apply(T a, T b) {
    return a ^ b;
  }
};

/// min and max of f32: of the absolute values, NaN if one is.
template <bool IsMax, bool Absolute, bool KeepsNaN>
struct Extremum {
  static uint32_t apply(uint32_t a, uint32_t b) {
    if (Absolute) {
      a &= 0x7fffffff;
      b &= 0x7fffffff;
    }
    auto isNaN = [](uint32_t bits) { return (bits & 0x7fffffff) > 0x7f800000; };
    if (isNaN(a) || isNaN(b)) {
      if (KeepsNaN || (isNaN(a) && isNaN(b)))
        return 0x7fffffff;
      return isNaN(a) ? b : a;
    }
    // Integers of the same order; -0 is below +0.
    auto key = [&](uint32_t bits) {
      return bits & 0x80000000 ? -int64_t(bits & 0x7fffffff) - 1
                               : int64_t(bits);
    };
    return (key(a) > key(b)) == IsMax ? a : b;
  }
};

/// Operands: result, value, member mask.
template <typename F, typename T>
Outcome reduce(Warp &warp, const Operation &op) {
  Lanes<T> values = warp.read<T>(op.operands[1]);
  LaneMask defined = warp.isDefined(op.operands[1], sizeof(T)), where = 0;
  Lanes<T> result = {};
  Outcome outcome =
      forEachGroup(warp, op, op.operands[2], [&](LaneMask members) {
        where |= members & ~defined ? 0 : members;
        unsigned first = firstOf(members);
        // A single value goes through the function as well: it may change it.
        T sum = members & (members - 1) || std::is_same_v<F, Add> ||
                        std::is_same_v<F, Xor>
                    ? values[first]
                    : F::apply(values[first], values[first]);
        for (LaneMask rest = members & (members - 1); rest; rest &= rest - 1)
          sum = F::apply(sum, values[firstOf(rest)]);
        for (unsigned i = 0; i < kLanes; ++i)
          result[i] = members >> i & 1 ? sum : result[i];
      });
  if (outcome == Outcome::Next)
    warp.write(op.operands[0], result, where);
  return outcome;
}

//===----------------------------------------------------------------------===//
// Masks
//===----------------------------------------------------------------------===//

Outcome readActiveMask(Warp &warp, const Operation &op) {
  Lanes<uint32_t> result;
  result.fill(warp.active);
  warp.write(op.operands[0], result, kAllLanes);
  return Outcome::Next;
}

/// Operands: result or kNone, predicate, member mask. The first is elected.
Outcome elect(Warp &warp, const Operation &op) {
  Lanes<uint32_t> leader = {};
  LaneMask leaders = 0;
  Outcome outcome =
      forEachGroup(warp, op, op.operands[2], [&](LaneMask members) {
        leaders |= bit(firstOf(members));
        for (unsigned i = 0; i < kLanes; ++i)
          if (members >> i & 1)
            leader[i] = firstOf(members);
      });
  if (outcome != Outcome::Next)
    return outcome;
  if (op.operands[0] != kNone)
    warp.write(op.operands[0], leader, kAllLanes);
  writeOptional(warp, op.operands[1], leaders, kAllLanes);
  return Outcome::Next;
}

//===----------------------------------------------------------------------===//
// Binders
//===----------------------------------------------------------------------===//

void bindShuffle(Binding &binding) {
  constexpr Handler handlers[] = {shuffle<Shuffle::Up>, shuffle<Shuffle::Down>,
                                  shuffle<Shuffle::Butterfly>,
                                  shuffle<Shuffle::Index>};
  binding.op.handler = handlers[binding.choose({"up", "down", "bfly", "idx"})];
}

void bindVote(Binding &binding) {
  constexpr Handler handlers[] = {vote<Vote::All>, vote<Vote::Any>,
                                  vote<Vote::Uniform>, vote<Vote::Ballot>};
  binding.op.handler =
      handlers[binding.choose({"all", "any", "uni", "ballot"})];
}

void bindMatchAny(Binding &binding) {
  binding.op.handler =
      getBits(binding.type()) == 64 ? matchAny<uint64_t> : matchAny<uint32_t>;
}

void bindMatchAll(Binding &binding) {
  binding.op.handler =
      getBits(binding.type()) == 64 ? matchAll<uint64_t> : matchAll<uint32_t>;
}

void bindReduce(Binding &binding) {
  constexpr Handler unsignedHandlers[] = {
      reduce<Add, uint32_t>, reduce<Min, uint32_t>, reduce<Max, uint32_t>,
      reduce<And, uint32_t>, reduce<Or, uint32_t>,  reduce<Xor, uint32_t>};
  constexpr Handler signedHandlers[] = {
      reduce<Add, uint32_t>, reduce<Min, int32_t>, reduce<Max, int32_t>};
  int operation = binding.choose({"add", "min", "max", "and", "or", "xor"});
  binding.op.handler = isSigned(binding.type()) ? signedHandlers[operation]
                                                : unsignedHandlers[operation];
}

template <bool IsMax>
Handler chooseExtremum(bool absolute, bool keepsNaN) {
  if (absolute)
    return keepsNaN ? reduce<Extremum<IsMax, true, true>, uint32_t>
                    : reduce<Extremum<IsMax, true, false>, uint32_t>;
  return keepsNaN ? reduce<Extremum<IsMax, false, true>, uint32_t>
                  : reduce<Extremum<IsMax, false, false>, uint32_t>;
}

void bindReduceFloat(Binding &binding) {
  bool absolute = binding.has("abs"), keepsNaN = binding.has("NaN");
  binding.op.handler = binding.has("max")
                           ? chooseExtremum<true>(absolute, keepsNaN)
                           : chooseExtremum<false>(absolute, keepsNaN);
}

void bindActiveMask(Binding &binding) { binding.op.handler = readActiveMask; }
void bindElect(Binding &binding) { binding.op.handler = elect; }

} // namespace

void attn::sim::ATTN_SIM_VARIANT::addWarpForms(FormList &forms) {
  constexpr auto kind = InstructionClass::Warp;
  const Form list[] = {
      {"shfl.sync.{up|down|bfly|idx}.b32 d|p, a, b:u32, c:u32, e:b32", kind,
       bindShuffle},
      {"vote.sync.{all|any|uni}.pred d, a, b:b32", kind, bindVote},
      {"vote.sync.ballot.b32 d, a:pred, b", kind, bindVote},
      {"match.any.sync.{b32|b64} d:b32, a, b:b32", kind, bindMatchAny, 70},
      {"match.all.sync.{b32|b64} d:b32|p, a, b:b32", kind, bindMatchAll, 70},
      {"redux.sync.{add|min|max}.{u32|s32} d, a, b:b32", kind, bindReduce, 80},
      {"redux.sync.{and|or|xor}.b32 d, a, b:b32", kind, bindReduce, 80},
      {"redux.sync.{min|max}[.abs][.NaN].f32 d, a, b:b32", kind,
       bindReduceFloat, 100},
      {"activemask.b32 d", kind, bindActiveMask},
      {"elect.sync d:b32|p, a:b32", kind, bindElect, 90},
  };
  forms.insert(forms.end(), std::begin(list), std::end(list));
}
