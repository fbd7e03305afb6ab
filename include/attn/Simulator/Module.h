// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A PTX module as the parser leaves it: names are resolved, scopes are gone,
// nothing is known yet about single instructions. PTX ISA, chapters 4 and 5.

#ifndef ATTN_SIMULATOR_MODULE_H
#define ATTN_SIMULATOR_MODULE_H

#include "attn/Simulator/Result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace attn::sim {

/// State spaces. `Generic` is the space of instructions that name none.
enum class Space : uint8_t {
  Generic,
  Global,
  Shared,
  Local,
  Param,
  Const,
  Register
};

/// A fundamental type of PTX, without its meaning: what registers and variables
/// are declared with. Types of instructions are qualifiers.
struct StorageType {
  /// The letters of the type: pred, b8 ... b128, u8 ... u64, s8 ..., f16 ...
  std::string_view name;
  /// 0 for predicates.
  unsigned bits = 0;

  bool isPredicate() const { return bits == 0; }
};

/// Returns the storage type called `name` (without the dot), if there is one.
std::optional<StorageType> lookupStorageType(std::string_view name);

/// Indices into the lists of the module or of the function that holds them.
using RegisterId = uint32_t;
using VariableId = uint32_t;
using FunctionId = uint32_t;
using LabelId = uint32_t;

/// A variable or parameter in memory. A function's parameters, its own
/// variables and those of its inner scopes are in `Function::variables`, all
/// others in `Module::variables`.
struct Variable {
  std::string name;
  Space space = Space::Global;
  StorageType type;
  uint64_t alignment = 1;
  /// Bytes; 0 for `.extern .shared x[]`, whose size the launch gives.
  uint64_t size = 0;
  bool isExtern = false;
  /// The first bytes of the initial value; what follows is zero. Empty if the
  /// variable has no initialiser.
  std::vector<uint8_t> initial;
  /// Addresses in the initialiser: the 8 bytes at `offset`, zero in `initial`,
  /// hold the address of `index` plus `addend`.
  struct Relocation {
    uint64_t offset = 0;
    int64_t addend = 0;
    /// A VariableId of the module or, with `isFunction`, a FunctionId.
    uint32_t index = 0;
    bool isFunction = false;
    /// A generic address, not one of the variable's state space.
    bool generic = false;
  };
  std::vector<Relocation> relocations;
  Location where;
};

struct Register {
  std::string name;
  StorageType type;
};

/// What an instruction operates on.
struct Operand {
  enum class Kind : uint8_t {
    /// `%r1`; `index` is a RegisterId. With `negated`, `!%p1`.
    Register,
    /// `5`, `-5`, `0x1fU`: 64 bits of two's complement in `bits`.
    Integer,
    /// `0f3f800000`: the 32 bits in `bits`.
    Float32,
    /// `0d...` or `1.5`: the bits of a double in `bits`.
    Float64,
    /// `%tid.x`, `%laneid`, `%clock64`: `name`, with the percent sign.
    Special,
    /// The address of a variable; `index` is a VariableId, `moduleScope` says
    /// of which list; `offset` is added.
    Variable,
    /// `index` is a FunctionId.
    Function,
    /// `index` is a LabelId, also of `.branchtargets` and `.callprototype`.
    Label,
    /// `[base + offset]`: `parts[0]` is the base (Register, Variable, Integer)
    /// and `parts[1..]` what follows after a comma (coordinates of a tensor
    /// copy: one Vector).
    Address,
    /// `{a, b, ...}`: `parts`.
    Vector,
    /// `_`.
    Sink,
    /// `a|b`: `parts` has two.
    Pair,
    /// `(a, b)`: the operands of a call.
    List,
  };
  Kind kind = Kind::Sink;
  bool negated = false;
  bool moduleScope = false;
  uint32_t index = 0;
  uint64_t bits = 0;
  int64_t offset = 0;
  std::string name;
  std::vector<Operand> parts;
  Location where;
};

/// One instruction. `@p bar.sync.x a, b;` has opcode `bar` and the qualifiers
/// `sync`, `x`: what is between dots, in order. `::` does not divide:
/// `shared::cta` is one qualifier.
struct Instruction {
  std::string opcode;
  std::vector<std::string> qualifiers;
  std::vector<Operand> operands;
  /// The guard predicate, if there is one.
  std::optional<RegisterId> guard;
  bool guardNegated = false;
  Location where;
};

/// A label, and where it points: the number of instructions before it. Labels
/// of `.branchtargets` list other labels instead.
struct Label {
  std::string name;
  uint32_t instruction = 0;
  std::vector<LabelId> targets;
  Location where;
};

/// `.entry` or `.func`.
struct Function {
  std::string name;
  bool isEntry = false;
  /// Declared without a body (`.extern .func vprintf`).
  bool isDeclaration = false;
  std::vector<Register> registers;
  std::vector<Variable> variables;
  /// Parameters, and what `.func (...)` returns, in order. Those in the space
  /// `Register` (`.func (.reg .b32 r) f(.reg .b32 a)`) are RegisterIds.
  struct Parameter {
    bool isRegister = false;
    uint32_t index = 0;
  };
  std::vector<Parameter> parameters;
  std::vector<Parameter> results;
  std::vector<Label> labels;
  std::vector<Instruction> body;
  /// `.maxntid`, `.reqntid`, `.reqnctapercluster`: 0 where not given.
  struct Extent {
    uint32_t x = 0, y = 0, z = 0;
  };
  Extent maxThreads, requiredThreads, requiredCluster;
  bool explicitCluster = false;
  /// `.blocksareclusters`: the grid of a launch counts clusters.
  bool blocksAreClusters = false;
  uint32_t maxClusterRank = 0;
  uint32_t minBlocksPerMultiprocessor = 0;
  uint32_t maxRegisters = 0;
  Location where;
};

/// A PTX file.
struct Module {
  std::string file;
  /// `.version 8.7` is 87.
  unsigned version = 0;
  /// `sm_90a`; `.target sm_80, debug` has the rest in `targetOptions`.
  std::string target;
  std::vector<std::string> targetOptions;
  unsigned addressSize = 64;
  std::vector<Variable> variables;
  std::vector<Function> functions;

  const Function *lookupFunction(std::string_view name) const;
};

/// Parses `text`, the content of `file`. The error is the first one, with line
/// and column.
Result<Module> parseModule(std::string_view text, std::string_view file);

} // namespace attn::sim

#endif // ATTN_SIMULATOR_MODULE_H
