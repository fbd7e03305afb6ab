// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The table of instructions: the only place that knows opcodes, qualifiers and
// operands. A form is a line of syntax and a function that chooses a handler.
//
//   {"add[.sat].{s32} d, a, b", InstructionClass::Integer, bindAdd}
//
// Syntax, before the blank: the opcode, then qualifiers in order. `.x` must be
// there, `[.x]` may, `.{x|y}` is a choice that must and `[.{x|y}]` one that may
// be there. After it, operands, divided by commas; `[, x]` may be left out:
//   d a b     a register; sources may be immediates. The type is the last type
//             among the qualifiers, or what follows a colon: `a:u32`; `a:pred`
//             is a predicate, in a source also `!p`
//   d:2x      a register of twice the width of the type (mul.wide)
//   d:t0      of the first type among the qualifiers; `d:t1` of the second
//   d:any     of any width: the binder looks at `bits`
//   d?        a destination that may be `_`
//   d|p       a pair of d and a predicate, or d alone; each side may be `_`
//   [a]       an address: base register, variable or number, and offset
//   [a, {c:s32}]  an address with coordinates: a scalar and a vector
//   {d}       a vector in braces of any length, or a single register
//   {d*4:b32} a vector of exactly four
//   #n        a number that is known when the program is decoded
//   @f        a label, a function
//   ...       anything: the decoder itself deals with it (call)
//
// Operands whose names begin with d are destinations: those are registers. For
// ld, st and cvt registers may be wider than the type. A group of qualifiers
// may have several: `[.a.b]`, `.{x|y.z}`.

#ifndef ATTN_SIMULATOR_INSTRUCTIONTABLE_H
#define ATTN_SIMULATOR_INSTRUCTIONTABLE_H

#include "attn/Simulator/Program.h"

#include <string_view>
#include <vector>

namespace attn::sim {

/// The types that qualifiers name.
enum class Type : uint8_t {
  None,
  Pred,
  B1,
  B4,
  B8,
  B16,
  B32,
  B64,
  B128,
  U4,
  U8,
  U16,
  U16x2,
  U32,
  U64,
  S4,
  S8,
  S16,
  S16x2,
  S32,
  S64,
  F16,
  F16x2,
  BF16,
  BF16x2,
  TF32,
  F32,
  F32x2,
  F64,
  E4M3,
  E5M2,
  E4M3x2,
  E5M2x2,
};

/// Bits of a value of `type`; 0 for Pred and None.
unsigned getBits(Type type);
bool isSigned(Type type);
/// The type called `name`, without the dot; None if there is none.
Type lookupType(std::string_view name);

/// An instruction that matches a form, and the operation that it becomes. The
/// slots of operands are set already: scalars in `op.operands` in the order of
/// the syntax (kNone where one is left out), addresses as the slot of the base
/// with the offset in `op.immediate` (of a second address in `op.immediate2`),
/// `#n` in `immediates`, vectors in `Program::slots` from `op.list` on, one
/// after the other, with their lengths in `lengths`. Constants have two rows,
/// whatever their width.
struct Binding {
  const Instruction &instruction;
  Operation &op;
  Program &program;
  /// The types among the qualifiers, in order.
  std::vector<Type> types = {};
  std::vector<int64_t> immediates = {};
  std::vector<unsigned> lengths = {};
  /// The bits of the registers in `op.operands`, 0 for predicates and for what
  /// is not there: a load may extend to more than its type. For an address, of
  /// its base: 32 or 64.
  std::array<unsigned, 6> bits = {};
  /// The same for the slots in the list.
  std::vector<unsigned> listBits = {};
  /// The space named by a qualifier, or found from an address that is a
  /// variable; Generic if neither. Local for parameters of calls: only those of
  /// the entry are in the parameter window.
  Space space = Space::Generic;
  unsigned target = 80;
  /// Set by the binder if the form does not take what it was given: a sentence.
  std::string error = {};

  bool has(std::string_view qualifier) const;
  /// The first of `names` among the qualifiers: its index, or -1.
  int choose(std::initializer_list<std::string_view> names) const;
  Type type(unsigned i = 0) const {
    return i < types.size() ? types[i] : Type::None;
  }
};

/// Chooses `op.handler` for what the qualifiers say.
using Binder = void (*)(Binding &binding);

struct Form {
  std::string_view syntax;
  InstructionClass kind;
  Binder bind;
  /// The first target that has it: 90 for sm_90.
  unsigned minTarget = 0;
};

/// Lists of forms, one for each family. They are compiled once for each
/// instruction set of the host, in a namespace of its own.
using FormList = std::vector<Form>;
#define ATTN_SIM_FAMILIES(X)                                                   \
  X(Integer)                                                                   \
  X(Float)                                                                     \
  X(Half)                                                                      \
  X(Convert)                                                                   \
  X(Compare)                                                                   \
  X(Move)                                                                      \
  X(Memory)                                                                    \
  X(Atomic)                                                                    \
  X(Async)                                                                     \
  X(Barrier)                                                                   \
  X(Warp)                                                                      \
  X(Matrix)                                                                    \
  X(MatrixMemory)                                                              \
  X(Control)
#define ATTN_SIM_DECLARE(FAMILY) void add##FAMILY##Forms(FormList &forms);
namespace avx2 {
ATTN_SIM_FAMILIES(ATTN_SIM_DECLARE)
}
namespace avx512 {
ATTN_SIM_FAMILIES(ATTN_SIM_DECLARE)
}
#undef ATTN_SIM_DECLARE

/// Whether this processor has AVX2, FMA and F16C, which all handlers need.
bool isHostSupported();

/// All forms, with handlers for the processor that runs this.
const FormList &getInstructionForms();

} // namespace attn::sim

#endif // ATTN_SIMULATOR_INSTRUCTIONTABLE_H
