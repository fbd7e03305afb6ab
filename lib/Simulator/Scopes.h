// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What names mean: scopes of braces, from the module inwards.

#ifndef ATTN_LIB_SIMULATOR_SCOPES_H
#define ATTN_LIB_SIMULATOR_SCOPES_H

#include "attn/Simulator/Module.h"

#include <string_view>
#include <unordered_map>
#include <vector>

namespace attn::sim {

/// The meaning of a name.
struct Symbol {
  enum class Kind : uint8_t { Register, Variable, Function };
  Kind kind = Kind::Register;
  /// Of which list `index` is one.
  bool moduleScope = false;
  /// A vector register is this many registers from `index` on.
  uint8_t components = 1;
  uint32_t index = 0;
  Location where;
};

/// `.reg .b32 %r<100>`: `%r0` ... `%r99`.
struct RegisterRange {
  StorageType type;
  uint8_t components = 1;
  uint64_t count = 0;
  Location where;
};

/// An operand, or a branch target, whose label may be defined further below.
struct LabelUse {
  std::string_view name;
  Location where;
  /// The instruction or, with `inTargets`, the label with the list of targets.
  uint32_t holder = 0;
  /// Which of its operands or targets.
  uint32_t slot = 0;
  bool inTargets = false;
};

/// The open scopes. Names are parts of the parsed text.
class Scopes {
public:
  /// Open scopes are at most this many.
  static constexpr size_t maxDepth = 256;

  Scopes() : scopes(1) {}

  /// Opens a scope; false if there are too many.
  bool open();

  /// Closes the innermost scope and writes its labels into their uses. What is
  /// not known here is left to the scope outside.
  void close(Function &function);

  /// Label uses that no closed scope could resolve.
  const std::vector<LabelUse> &unresolved() const { return scopes.back().uses; }

  /// Each of these returns the place of an earlier declaration of the name in
  /// the innermost scope, or nothing if it has become known.
  std::optional<Location> declare(std::string_view name, const Symbol &symbol);
  std::optional<Location> declareRange(std::string_view prefix,
                                       const RegisterRange &range);
  std::optional<Location> defineLabel(std::string_view name, LabelId label,
                                      Location where);

  /// Gives a name of the module another meaning.
  void redefine(std::string_view name, const Symbol &symbol) {
    scopes.front().symbols[name] = symbol;
  }

  void useLabel(const LabelUse &use) { scopes.back().uses.push_back(use); }

  /// Returns the innermost meaning of `name`. The first use of a register of a
  /// range adds it to `function`.
  const Symbol *lookup(std::string_view name, Function *function);

  /// Returns the meaning of `name` in the module.
  const Symbol *lookupInModule(std::string_view name) const;

private:
  struct LabelDefinition {
    LabelId label;
    Location where;
  };
  struct Scope {
    std::unordered_map<std::string_view, Symbol> symbols;
    std::unordered_map<std::string_view, RegisterRange> ranges;
    std::unordered_map<std::string_view, LabelDefinition> labels;
    /// For each way to split a declared name in a prefix and a number, the
    /// smallest such number and its place: what a range must not contain.
    struct Numbered {
      uint64_t number;
      Location where;
    };
    std::unordered_map<std::string_view, Numbered> numbered;
    std::vector<LabelUse> uses;
  };
  static std::optional<Location> lookupDeclaration(const Scope &scope,
                                                   std::string_view name);
  static const RegisterRange *lookupRange(const Scope &scope,
                                          std::string_view name);

  std::vector<Scope> scopes;
};

/// Adds `components` registers called `name`, or `name.x` ..., to `function`
/// and returns the first.
RegisterId addRegisters(Function &function, std::string_view name,
                        StorageType type, unsigned components);

} // namespace attn::sim

#endif // ATTN_LIB_SIMULATOR_SCOPES_H
