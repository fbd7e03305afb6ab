// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Gives variables and parameters their addresses.

#include "Decoder.h"

#include "attn/Simulator/Memory.h"

#include <algorithm>
#include <cstring>

using namespace attn::sim;

static uint64_t alignTo(uint64_t value, uint64_t alignment) {
  alignment = std::max<uint64_t>(alignment, 1);
  return (value + alignment - 1) / alignment * alignment;
}

uint64_t Decoder::allocateLocal(uint64_t size, uint64_t alignment) {
  uint64_t offset = alignTo(program.local, alignment);
  // Whole granules: bytes of different lanes share none.
  program.local = alignTo(offset + size, 16);
  return offset;
}

/// Gives a variable in global or constant memory an address, away from others.
void Decoder::placeGlobal(const Variable &variable,
                          std::optional<Place> &place) {
  if (place || variable.isExtern)
    return;
  constexpr uint64_t gap = 256;
  nextGlobal = alignTo(nextGlobal, std::max<uint64_t>(variable.alignment, gap));
  place = Place{variable.space, nextGlobal};
  program.globals.push_back({variable, nextGlobal});
  nextGlobal += variable.size + gap;
}

void Decoder::placeShared(const Variable &variable,
                          std::optional<Place> &place) {
  if (place)
    return;
  place = Place{Space::Shared, 0};
  program.sharedAlignment =
      std::max(program.sharedAlignment, variable.alignment);
  if (variable.size == 0) {
    dynamicAlignment = std::max(dynamicAlignment, variable.alignment);
    dynamicPlaces.push_back(&place);
    return;
  }
  place->offset = alignTo(program.staticShared, variable.alignment);
  program.staticShared = place->offset + variable.size;
  program.sharedVariables.push_back(
      {variable.name, place->offset, variable.size});
}

/// Places the shared variables that `operand` names, and those of a function
/// that it calls.
void Decoder::collectShared(const Function &function, const Operand &operand,
                            std::vector<bool> &seen) {
  for (const Operand &part : operand.parts)
    collectShared(function, part, seen);
  if (operand.kind == Operand::Kind::Function)
    collectShared(module.functions[operand.index], seen);
  if (operand.kind != Operand::Kind::Variable)
    return;
  const Variable &variable = operand.moduleScope
                                 ? module.variables[operand.index]
                                 : function.variables[operand.index];
  if (variable.space == Space::Shared)
    placeShared(variable, operand.moduleScope
                              ? moduleVariables[operand.index]
                              : functionVariables[{&function, operand.index}]);
}

void Decoder::collectShared(const Function &function, std::vector<bool> &seen) {
  size_t index = size_t(&function - module.functions.data());
  if (seen[index])
    return;
  seen[index] = true;
  for (const Instruction &instruction : function.body)
    for (const Operand &operand : instruction.operands)
      collectShared(function, operand, seen);
}

Status Decoder::placeModuleVariables() {
  moduleVariables.resize(module.variables.size());
  std::vector<bool> seen(module.functions.size(), false);
  collectShared(entry, seen);
  program.dynamicShared = alignTo(program.staticShared, dynamicAlignment);
  for (std::optional<Place> *place : dynamicPlaces)
    (*place)->offset = program.dynamicShared;

  for (size_t i = 0; i < module.variables.size(); ++i) {
    const Variable &variable = module.variables[i];
    if (variable.space == Space::Global || variable.space == Space::Const)
      placeGlobal(variable, moduleVariables[i]);
  }
  for (size_t i = 0; i < module.functions.size(); ++i) {
    const Function &function = module.functions[i];
    for (VariableId id = 0; seen[i] && id < function.variables.size(); ++id) {
      const Variable &variable = function.variables[id];
      if (variable.space == Space::Global || variable.space == Space::Const)
        placeGlobal(variable, functionVariables[{&function, id}]);
    }
  }
  for (Program::Global &global : program.globals)
    if (Status status = relocate(global.variable); !status)
      return status;
  return success();
}

/// Writes the addresses in the initial value of `variable`.
Status Decoder::relocate(Variable &variable) {
  for (const Variable::Relocation &relocation : variable.relocations) {
    if (relocation.isFunction)
      return Diagnostic{variable.where, "the initial value of '" +
                                            variable.name +
                                            "' has the address of a function, "
                                            "which the simulator cannot call"};
    const std::optional<Place> &place = moduleVariables[relocation.index];
    if (!place)
      return Diagnostic{variable.where,
                        "variable '" + module.variables[relocation.index].name +
                            "' has no definition"};
    uint64_t address = place->offset + uint64_t(relocation.addend);
    if (relocation.generic && place->space == Space::Shared)
      address += kSharedWindow;
    if (variable.initial.size() < relocation.offset + 8)
      variable.initial.resize(relocation.offset + 8);
    std::memcpy(&variable.initial[relocation.offset], &address, 8);
  }
  variable.relocations.clear();
  return success();
}

/// Lays the parameters of the entry out in the parameter window.
void Decoder::placeParameters(Frame &frame) {
  for (const Function::Parameter &parameter : entry.parameters) {
    const Variable &variable = entry.variables[parameter.index];
    uint64_t offset = alignTo(program.parameterBytes, variable.alignment);
    frame.variables[parameter.index] = Place{Space::Param, offset};
    program.parameters.push_back(
        {variable.name, variable.type, offset, variable.size});
    program.parameterBytes = offset + variable.size;
  }
}

/// Returns a copy of `function` with registers of its own. Its parameters have
/// no place yet.
Frame Decoder::makeFrame(const Function &function) {
  Frame frame;
  frame.function = &function;
  for (const Register &reg : function.registers) {
    if (reg.type.isPredicate()) {
      frame.registers.push_back(program.predicates++);
      continue;
    }
    frame.registers.push_back(program.rows);
    program.rows += std::max(1u, reg.type.bits / 32);
  }
  frame.variables.resize(function.variables.size());
  std::vector<bool> isParameter(function.variables.size(), false);
  for (const auto *list : {&function.parameters, &function.results})
    for (const Function::Parameter &parameter : *list)
      if (!parameter.isRegister)
        isParameter[parameter.index] = true;
  for (VariableId id = 0; id < function.variables.size(); ++id) {
    const Variable &variable = function.variables[id];
    if (isParameter[id])
      continue;
    if (variable.space == Space::Local || variable.space == Space::Param)
      frame.variables[id] =
          Place{Space::Local,
                allocateLocal(variable.size,
                              std::max<uint64_t>(variable.alignment, 8))};
    else if (auto found = functionVariables.find({&function, id});
             found != functionVariables.end())
      frame.variables[id] = found->second;
  }
  return frame;
}

const Variable &Decoder::getVariable(const Frame &frame,
                                     const Operand &operand) const {
  return operand.moduleScope ? module.variables[operand.index]
                             : frame.function->variables[operand.index];
}

Result<Place> Decoder::findPlace(const Frame &frame, const Operand &operand) {
  const std::optional<Place> &place = operand.moduleScope
                                          ? moduleVariables[operand.index]
                                          : frame.variables[operand.index];
  if (place)
    return *place;
  return Diagnostic{operand.where, "variable '" +
                                       getVariable(frame, operand).name +
                                       "' has no definition"};
}
