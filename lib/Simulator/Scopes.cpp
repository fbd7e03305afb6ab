// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What names mean: scopes of braces, from the module inwards.

#include "Scopes.h"

using namespace attn::sim;

/// Calls `visit` with each prefix of `name` that a number without leading zeros
/// follows, and that number, until it returns true.
template <typename Visit>
static bool anyNumberedSplit(std::string_view name, Visit visit) {
  uint64_t number = 0, power = 1;
  for (size_t digits = 1; digits <= 10 && digits < name.size(); ++digits) {
    size_t split = name.size() - digits;
    if (name[split] < '0' || name[split] > '9')
      return false;
    number += power * uint64_t(name[split] - '0');
    power *= 10;
    bool leadingZero = name[split] == '0' && digits > 1;
    if (!leadingZero && visit(name.substr(0, split), number))
      return true;
  }
  return false;
}

bool Scopes::open() {
  if (scopes.size() >= maxDepth)
    return false;
  scopes.emplace_back();
  return true;
}

void Scopes::close(Function &function) {
  Scope inner = std::move(scopes.back());
  scopes.pop_back();
  Scope &outer = scopes.back();
  for (const LabelUse &use : inner.uses) {
    auto found = inner.labels.find(use.name);
    if (found == inner.labels.end()) {
      outer.uses.push_back(use);
      continue;
    }
    LabelId label = found->second.label;
    if (use.inTargets)
      function.labels[use.holder].targets[use.slot] = label;
    else
      function.body[use.holder].operands[use.slot].index = label;
  }
}

const RegisterRange *Scopes::lookupRange(const Scope &scope,
                                         std::string_view name) {
  const RegisterRange *result = nullptr;
  if (scope.ranges.empty())
    return result;
  anyNumberedSplit(name, [&](std::string_view prefix, uint64_t number) {
    auto found = scope.ranges.find(prefix);
    if (found == scope.ranges.end() || number >= found->second.count)
      return false;
    result = &found->second;
    return true;
  });
  return result;
}

std::optional<Location> Scopes::lookupDeclaration(const Scope &scope,
                                                  std::string_view name) {
  if (auto found = scope.symbols.find(name); found != scope.symbols.end())
    return found->second.where;
  if (auto found = scope.labels.find(name); found != scope.labels.end())
    return found->second.where;
  if (const RegisterRange *range = lookupRange(scope, name))
    return range->where;
  return std::nullopt;
}

std::optional<Location> Scopes::declare(std::string_view name,
                                        const Symbol &symbol) {
  Scope &scope = scopes.back();
  if (std::optional<Location> earlier = lookupDeclaration(scope, name))
    return earlier;
  scope.symbols[name] = symbol;
  anyNumberedSplit(name, [&](std::string_view prefix, uint64_t number) {
    Scope::Numbered entry{number, symbol.where};
    auto [found, isNew] = scope.numbered.try_emplace(prefix, entry);
    if (!isNew && number < found->second.number)
      found->second = entry;
    return false;
  });
  return std::nullopt;
}

std::optional<Location> Scopes::declareRange(std::string_view prefix,
                                             const RegisterRange &range) {
  Scope &scope = scopes.back();
  if (auto found = scope.numbered.find(prefix);
      found != scope.numbered.end() && found->second.number < range.count)
    return found->second.where;
  auto [found, isNew] = scope.ranges.try_emplace(prefix, range);
  if (!isNew)
    return found->second.where;
  return std::nullopt;
}

std::optional<Location> Scopes::defineLabel(std::string_view name,
                                            LabelId label, Location where) {
  Scope &scope = scopes.back();
  if (std::optional<Location> earlier = lookupDeclaration(scope, name))
    return earlier;
  scope.labels[name] = {label, where};
  return std::nullopt;
}

const Symbol *Scopes::lookup(std::string_view name, Function *function) {
  for (size_t i = scopes.size(); i-- > 0;) {
    Scope &scope = scopes[i];
    if (auto found = scope.symbols.find(name); found != scope.symbols.end())
      return &found->second;
    const RegisterRange *range = lookupRange(scope, name);
    if (!range || !function)
      continue;
    Symbol symbol;
    symbol.components = range->components;
    symbol.where = range->where;
    symbol.index =
        addRegisters(*function, name, range->type, range->components);
    return &(scope.symbols[name] = symbol);
  }
  return nullptr;
}

const Symbol *Scopes::lookupInModule(std::string_view name) const {
  auto found = scopes.front().symbols.find(name);
  return found == scopes.front().symbols.end() ? nullptr : &found->second;
}

RegisterId attn::sim::addRegisters(Function &function, std::string_view name,
                                   StorageType type, unsigned components) {
  RegisterId first = RegisterId(function.registers.size());
  if (components == 1) {
    function.registers.push_back({std::string(name), type});
    return first;
  }
  for (unsigned i = 0; i < components; ++i)
    function.registers.push_back({std::string(name) + '.' + "xyzw"[i], type});
  return first;
}
