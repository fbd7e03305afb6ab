// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// An entry of a PTX module, decoded: operations of a fixed size with function
// pointers and slots, in which no name is left.

#ifndef ATTN_SIMULATOR_PROGRAM_H
#define ATTN_SIMULATOR_PROGRAM_H

#include "attn/Simulator/Module.h"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace attn::sim {

class Warp;
struct Operation;

constexpr unsigned kLanes = 32;
/// One bit for each lane of a warp.
using LaneMask = uint32_t;
constexpr LaneMask kAllLanes = ~LaneMask(0);

/// 32 bits of each lane. Registers of at most 32 bits are one row, of 64 bits
/// two (low half first), of 128 bits four. 16-bit values are in the low half.
struct alignas(64) Row {
  std::array<uint32_t, kLanes> lane;
};

/// The values of one register in all lanes, as numbers of type T.
template <typename T>
using Lanes = std::array<T, kLanes>;

/// The lanes whose low and whose high 16 bits of a row have been computed from
/// values that were written. Two masks keep packed 16-bit values apart.
struct Defined {
  LaneMask low = kAllLanes;
  LaneMask high = kAllLanes;

  LaneMask both() const { return low & high; }
  friend Defined operator&(Defined a, Defined b) {
    return {a.low & b.low, a.high & b.high};
  }
};

/// Names a row: of the warp, or with `kConstant` one that all warps share.
/// Immediates are rows too, so that handlers need not ask what an operand is.
/// Predicates have slots of their own, with the same bit.
using Slot = uint32_t;
constexpr Slot kConstant = Slot(1) << 31;
/// The slot of an operand that is not there (`_`, or an optional one).
constexpr Slot kNone = ~Slot(0);
/// In the slot of a predicate that an operand names: its complement (`!%p`).
/// `Warp::predicate` applies it.
constexpr Slot kNegated = Slot(1) << 30;
/// The predicate slot of "always".
constexpr Slot kAlways = kConstant;
/// The predicate slot of the carry flag (add.cc, addc), the first of each warp.
constexpr Slot kCarry = 0;

/// What a handler did, for the loop that called it.
enum class Outcome : uint8_t {
  /// The lanes go on with the next operation.
  Next,
  /// The handler has changed the fragments of the warp: branch, exit.
  Diverged,
  /// The lanes wait at this operation; it is tried again when another fragment
  /// or warp has moved.
  Wait,
  /// Done, and others should run: a failed try_wait, nanosleep.
  Yield,
  /// A check has stopped the launch.
  Stop,
};

using Handler = Outcome (*)(Warp &warp, const Operation &op);

/// One decoded instruction.
struct Operation {
  Handler handler = nullptr;
  /// The lanes of the fragment take part whose predicate is true, or false with
  /// `guardFlip` = ~0.
  Slot guard = kAlways;
  LaneMask guardFlip = 0;
  /// Index into `Program::sites`. Jumps that only the layout of blocks needs
  /// have the site `Program::jumpSite`, which nobody counts.
  uint32_t site = 0;
  /// Where the operands that do not fit begin in `Program::slots`, for
  /// instructions of many registers (vectors, mma).
  uint32_t list = 0;
  /// Destinations first, then sources, as the form in the instruction table
  /// lists them. What each handler finds here is said where it is defined.
  std::array<Slot, 6> operands = {kNone, kNone, kNone, kNone, kNone, kNone};
  /// The offset of an address, the target of a branch, a width in bytes ...
  int64_t immediate = 0;
  /// The offset of a second address; free to the binder if there is none.
  int64_t immediate2 = 0;
};

/// Classes of instructions in the counters.
enum class InstructionClass : uint8_t {
  Integer,
  Float,
  Double,
  Half,
  Special,
  Convert,
  Compare,
  Move,
  Load,
  Store,
  Atomic,
  AsyncCopy,
  Tensor,
  Matrix,
  Barrier,
  Warp,
  Control,
};

/// Where an operation comes from, for reports and counters.
struct Site {
  Location where;
  /// The opcode with its qualifiers, as written.
  std::string text;
  InstructionClass kind = InstructionClass::Integer;
  /// The function it stands in; a function that is called at two places has two
  /// copies of each site.
  std::string function;
};

/// A value that is known when a warp starts: `%tid.x` of its lanes, `%ctaid.y`.
struct SpecialRow {
  std::string name;
  Slot slot;
};

/// A decoded entry with everything that it calls.
struct Program {
  std::string name;
  std::string file;
  unsigned target = 80;
  /// Blocks in reverse post-order, so that lanes that wait for others at a join
  /// have the larger index.
  std::vector<Operation> code;
  std::vector<Slot> slots;
  std::vector<Site> sites;
  uint32_t jumpSite = 0;
  /// How many rows and predicates a warp has.
  uint32_t rows = 0;
  uint32_t predicates = 0;
  /// The constants; the first predicate is true, the second false.
  std::vector<Row> constants;
  std::vector<LaneMask> constantPredicates;
  std::vector<SpecialRow> specials;

  /// Variables of the module in global and constant memory, at the addresses
  /// that decoding has chosen for them.
  struct Global {
    Variable variable;
    uint64_t address;
  };
  std::vector<Global> globals;
  /// Static variables in shared memory, for reports.
  struct SharedVariable {
    std::string name;
    uint64_t offset;
    uint64_t size;
  };
  std::vector<SharedVariable> sharedVariables;
  uint64_t staticShared = 0;
  /// The offset of dynamic shared memory, after the static variables.
  uint64_t dynamicShared = 0;
  uint64_t sharedAlignment = 16;
  /// Bytes of local memory of each thread.
  uint64_t local = 0;
  /// The parameters of the entry: where they lie in the parameter window.
  struct Parameter {
    std::string name;
    StorageType type;
    uint64_t offset;
    uint64_t size;
  };
  std::vector<Parameter> parameters;
  uint64_t parameterBytes = 0;
  Function::Extent maxThreads, requiredThreads, requiredCluster;
  /// Blocks may wait for each other: there are atomics, volatile or acquiring
  /// loads on global memory.
  bool interleavesBlocks = false;
  /// There are compare-and-swap loops, which may begin with a plain load: plain
  /// reads do not race with atomics then.
  bool hasCompareAndSwap = false;
  /// Binary logarithms of the narrowest accesses to shared and to global
  /// memory: races are found with that precision.
  uint8_t sharedCellBits = 2;
  uint8_t globalCellBits = 2;
};

/// Decodes the entry called `name` for `target` (80 for sm_80; 0: the module's
/// own). Functions that it calls are copied to where they are called. Unknown
/// instructions, operands of the wrong kind, recursion and instructions that
/// the target lacks are errors.
Result<Program> decode(const Module &module, std::string_view name,
                       unsigned target = 0);

} // namespace attn::sim

#endif // ATTN_SIMULATOR_PROGRAM_H
