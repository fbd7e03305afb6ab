// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The state of a warp as handlers of operations see it. Threads of a warp are
// scheduled independently: a warp is a set of fragments, groups of lanes that
// stand at the same operation.

#ifndef ATTN_SIMULATOR_WARP_H
#define ATTN_SIMULATOR_WARP_H

#include "attn/Simulator/Launch.h"

#include <array>
#include <cstring>
#include <type_traits>

/// Families of instructions are compiled for several instruction sets of the
/// host. What they share with others must be inlined, otherwise the linker
/// could keep the copy that not every processor can run.
#define ATTN_SIM_INLINE __attribute__((always_inline))

namespace attn::sim {

class Block;

/// Lanes of a warp that stand at the same operation.
struct Fragment {
  uint32_t pc = 0;
  LaneMask lanes = 0;
  /// Its operation has returned Wait and nothing has moved since.
  bool waiting = false;
  /// It has had its turn: others go first.
  bool rested = false;
};

/// What became of the time that a warp or block was given.
enum class Progress : uint8_t {
  /// Nothing has moved: all wait.
  None,
  /// Only polling: little was done until an operation yielded.
  Polling,
  Some,
};

class Warp {
public:
  Warp(Block &block, const Program &program, uint32_t index);

  /// \name What handlers read and write
  /// @{

  /// The lanes that execute the current operation: those of the fragment for
  /// which the guard holds. Never none.
  LaneMask active = 0;

  ATTN_SIM_INLINE const Row &row(Slot slot) const {
    return slot & kConstant ? constants[slot & ~kConstant] : rows[slot];
  }
  ATTN_SIM_INLINE LaneMask predicate(Slot slot) const {
    return slot & kConstant ? constantPredicates[slot & ~kConstant]
                            : predicates[slot & ~kNegated] ^
                                  (slot & kNegated ? kAllLanes : 0);
  }
  ATTN_SIM_INLINE Defined defined(Slot slot) const {
    return slot & kConstant ? Defined() : definedRows[slot];
  }
  ATTN_SIM_INLINE LaneMask definedPredicate(Slot slot) const {
    return slot & kConstant ? kAllLanes : definedPredicates[slot & ~kNegated];
  }

  /// Reads an operand as numbers of 1 to 8 bytes.
  template <typename T>
  ATTN_SIM_INLINE Lanes<T> read(Slot slot) const {
    static_assert(sizeof(T) <= 8);
    Lanes<T> result;
    if constexpr (sizeof(T) == 8) {
      const Row &low = row(slot), &high = row(slot + 1);
      for (unsigned i = 0; i < kLanes; ++i)
        result[i] =
            bitCast<T>(uint64_t(high.lane[i]) << 32 | uint64_t(low.lane[i]));
    } else {
      const Row &bits = row(slot);
      for (unsigned i = 0; i < kLanes; ++i)
        result[i] = bitCast<T>(narrow<sizeof(T)>(bits.lane[i]));
    }
    return result;
  }

  /// Whether all of an operand of `bytes` bytes is defined, by lane.
  ATTN_SIM_INLINE LaneMask isDefined(Slot slot, unsigned bytes) const {
    if (bytes == 8)
      return defined(slot).both() & defined(slot + 1).both();
    return bytes == 4 ? defined(slot).both() : defined(slot).low;
  }

  /// Writes the active lanes of a register; `values` of lanes where `where` is
  /// false are undefined. Values of 1 and 2 bytes leave a high half of zero.
  template <typename T>
  ATTN_SIM_INLINE void write(Slot slot, const Lanes<T> &values,
                             LaneMask where) {
    static_assert(sizeof(T) <= 8);
    if constexpr (sizeof(T) == 8) {
      Row low, high;
      for (unsigned i = 0; i < kLanes; ++i) {
        uint64_t bits = bitCast<uint64_t>(values[i]);
        low.lane[i] = uint32_t(bits);
        high.lane[i] = uint32_t(bits >> 32);
      }
      writeRow(slot, low, {where, where});
      writeRow(slot + 1, high, {where, where});
    } else {
      Row bits;
      for (unsigned i = 0; i < kLanes; ++i)
        bits.lane[i] = bitCast<Unsigned<sizeof(T)>>(values[i]);
      writeRow(slot, bits, {where, where});
    }
  }

  /// Writes the active lanes of a row.
  ATTN_SIM_INLINE void writeRow(Slot slot, const Row &bits, Defined where) {
    Row &target = rows[slot];
    Defined &mask = definedRows[slot];
    if (active == kAllLanes) {
      target = bits;
      mask = where;
      return;
    }
    const LaneMask lanes = active;
    for (unsigned i = 0; i < kLanes; ++i) {
      // Masks instead of a choice: the compiler makes vector code of them.
      uint32_t taken = 0u - (lanes >> i & 1);
      target.lane[i] = (bits.lane[i] & taken) | (target.lane[i] & ~taken);
    }
    mask.low = (mask.low & ~active) | (where.low & active);
    mask.high = (mask.high & ~active) | (where.high & active);
  }

  ATTN_SIM_INLINE void writePredicate(Slot slot, LaneMask values,
                                      LaneMask where) {
    predicates[slot] = (predicates[slot] & ~active) | (values & active);
    definedPredicates[slot] =
        (definedPredicates[slot] & ~active) | (where & active);
  }
  /// @}

  /// \name Control
  /// @{

  /// Moves the active lanes to `target` and the others of the fragment to the
  /// next operation.
  Outcome branch(uint32_t target);
  /// Moves each active lane to its own target.
  Outcome branch(const Lanes<uint32_t> &targets);
  /// Takes the active lanes out of the warp.
  Outcome exit();
  /// Whether the lanes of `mask` are active, or need not come because they have
  /// exited. Otherwise the caller returns Wait: the others may still arrive.
  /// Reports lanes that cannot.
  bool haveArrived(const Operation &op, LaneMask mask);
  /// @}

  /// Records that a check fired at `op` for `lanes`; further reports of the
  /// same check and site are only counted. Returns Stop if the launch must not
  /// go on (bounds, alignment, invalid, or too many reports), otherwise Next.
  Outcome report(Check check, const Operation &op, LaneMask lanes,
                 const std::string &message);

  SiteCounters &counters(const Operation &op);

  /// Runs until `budget` operations are done, one of them yields or no fragment
  /// can move.
  Progress run(unsigned budget);

  Block &block;
  const Program &program;
  /// The number of the warp in its block.
  const uint32_t index;
  /// The lanes that exist (the last warp of a block may have fewer) and have
  /// not exited.
  LaneMask live = 0;
  std::vector<Fragment> fragments;
  /// The fragment that runs: index into `fragments`.
  uint32_t current = 0;
  std::vector<Row> rows;
  std::vector<LaneMask> predicates;
  std::vector<Defined> definedRows;
  std::vector<LaneMask> definedPredicates;
  /// Local memory of each lane, one after the other, and one bit a byte for
  /// what has been written.
  std::vector<uint8_t> local;
  std::vector<uint8_t> definedLocal;

private:
  /// Chooses the fragment that runs, after merging; false if none can.
  bool selectFragment();
  void mergeFragments();
  /// Runs the current fragment until it meets another or cannot go on.
  Progress runFragment(unsigned &budget);
  /// Executes the operation of the current fragment.
  Outcome step(const Operation &op);
  std::string describeLanes(LaneMask lanes) const;

  template <unsigned Bytes>
  using Unsigned = std::conditional_t<
      Bytes == 1, uint8_t,
      std::conditional_t<Bytes == 2, uint16_t,
                         std::conditional_t<Bytes == 4, uint32_t, uint64_t>>>;
  template <unsigned Bytes>
  ATTN_SIM_INLINE static Unsigned<Bytes> narrow(uint32_t bits) {
    return Unsigned<Bytes>(bits);
  }
  template <typename To, typename From>
  ATTN_SIM_INLINE static To bitCast(From value) {
    static_assert(sizeof(To) == sizeof(From));
    To result;
    std::memcpy(&result, &value, sizeof(To));
    return result;
  }

  const Row *constants;
  const LaneMask *constantPredicates;
};

} // namespace attn::sim

#endif // ATTN_SIMULATOR_WARP_H
