// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Handlers of instructions that compute each lane by itself, made from a
// function of one lane, and choices of template arguments from qualifiers.

#ifndef ATTN_SIMULATOR_INSTRUCTIONS_ELEMENTWISE_H
#define ATTN_SIMULATOR_INSTRUCTIONS_ELEMENTWISE_H

#include "../Numerics.h"

#include "attn/Simulator/InstructionTable.h"
#include "attn/Simulator/Warp.h"

#include <tuple>
#include <utility>

// A product and a sum that PTX rounds twice must not become one operation.
#pragma STDC FP_CONTRACT OFF

namespace attn::sim::ATTN_SIM_VARIANT {
namespace {

//===----------------------------------------------------------------------===//
// Handlers
//===----------------------------------------------------------------------===//

template <typename F, typename D, typename... S, std::size_t... I>
ATTN_SIM_INLINE inline Outcome elementwiseImpl(Warp &warp, const Operation &op,
                                               unsigned row, D (*)(S...),
                                               std::index_sequence<I...>) {
  std::tuple<Lanes<S>...> sources(warp.read<S>(op.operands[1 + I] + row)...);
  Lanes<D> result;
  for (unsigned i = 0; i < kLanes; ++i)
    result[i] = F::apply(std::get<I>(sources)[i]...);
  LaneMask where =
      (kAllLanes & ... & warp.isDefined(op.operands[1 + I] + row, sizeof(S)));
  warp.write<D>(op.operands[0] + row, result, where);
  return Outcome::Next;
}

template <typename F, typename D, typename... S>
ATTN_SIM_INLINE inline Outcome elementwiseRow(Warp &warp, const Operation &op,
                                              unsigned row,
                                              D (*function)(S...)) {
  return elementwiseImpl<F>(warp, op, row, function,
                            std::index_sequence_for<S...>());
}

/// d = F::apply(a, b, ...) in each lane, with the types of its signature.
/// Defined where all sources are.
template <typename F>
Outcome elementwise(Warp &warp, const Operation &op) {
  return elementwiseRow<F>(warp, op, 0, &F::apply);
}

/// The same for both halves of 64-bit registers.
template <typename F>
Outcome elementwisePair(Warp &warp, const Operation &op) {
  elementwiseRow<F>(warp, op, 0, &F::apply);
  return elementwiseRow<F>(warp, op, 1, &F::apply);
}

template <typename F, std::size_t... I>
ATTN_SIM_INLINE inline Outcome halfwiseImpl(Warp &warp, const Operation &op,
                                            bool packed,
                                            std::index_sequence<I...>) {
  Row result;
  const Row *sources[] = {&warp.row(op.operands[1 + I])...};
  for (unsigned i = 0; i < kLanes; ++i)
    result.lane[i] = F::apply(sources[I]->lane[i] & 0xffffu ...);
  if (packed)
    for (unsigned i = 0; i < kLanes; ++i)
      result.lane[i] |= F::apply(sources[I]->lane[i] >> 16 ...) << 16;
  Defined where = (Defined() & ... & warp.defined(op.operands[1 + I]));
  if (!packed)
    where.high = where.low;
  warp.writeRow(op.operands[0], result, where);
  return Outcome::Next;
}

/// d = F::apply(a, b, ...) on codes of 16 bits, or if `Packed` on two of them.
/// Each half is defined where the same halves of all sources are.
template <typename F, bool Packed>
Outcome halfwise(Warp &warp, const Operation &op) {
  return halfwiseImpl<F>(warp, op, Packed,
                         std::make_index_sequence<F::sources>());
}

/// One bit for each lane where `values` is not zero.
ATTN_SIM_INLINE inline LaneMask toMask(const Lanes<uint32_t> &values) {
  LaneMask mask = 0;
  for (unsigned i = 0; i < kLanes; ++i)
    mask |= values[i] ? LaneMask(1) << i : 0;
  return mask;
}

/// Writes a predicate unless it is `_`.
ATTN_SIM_INLINE inline void writeOptional(Warp &warp, Slot slot,
                                          LaneMask values, LaneMask where) {
  if (slot != kNone)
    warp.writePredicate(slot, values, where);
}

//===----------------------------------------------------------------------===//
// From qualifiers to template arguments
//===----------------------------------------------------------------------===//

/// Carries a type to a lambda.
template <typename T>
struct Tag {
  using type = T;
};
template <typename TagType>
using TypeOf = typename TagType::type;

/// Calls `choose` with the tag of the integer, or bits, that `type` names.
template <typename F>
Handler forInteger(Type type, F choose) {
  switch (type) {
  case Type::U8:
  case Type::B8:
    return choose(Tag<uint8_t>());
  case Type::U16:
  case Type::B16:
    return choose(Tag<uint16_t>());
  case Type::U32:
  case Type::B32:
    return choose(Tag<uint32_t>());
  case Type::U64:
  case Type::B64:
    return choose(Tag<uint64_t>());
  case Type::S8:
    return choose(Tag<int8_t>());
  case Type::S16:
    return choose(Tag<int16_t>());
  case Type::S32:
    return choose(Tag<int32_t>());
  case Type::S64:
    return choose(Tag<int64_t>());
  default:
    return nullptr;
  }
}

/// Calls `choose` with `std::true_type` or `std::false_type`.
template <typename F>
Handler forFlag(bool flag, F choose) {
  return flag ? choose(std::true_type()) : choose(std::false_type());
}

template <Rounding R>
using RoundingTag = std::integral_constant<Rounding, R>;

/// Calls `choose` with the rounding that a qualifier names; to nearest if there
/// is none.
template <typename F>
Handler forRounding(const Binding &binding, F choose) {
  switch (binding.choose({"rz", "rm", "rp"})) {
  case 0:
    return choose(RoundingTag<Rounding::Zero>());
  case 1:
    return choose(RoundingTag<Rounding::Down>());
  case 2:
    return choose(RoundingTag<Rounding::Up>());
  default:
    return choose(RoundingTag<Rounding::NearestEven>());
  }
}

} // namespace
} // namespace attn::sim::ATTN_SIM_VARIANT

#endif // ATTN_SIMULATOR_INSTRUCTIONS_ELEMENTWISE_H
