// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Turns an entry of a module, and copies of the functions that it calls, into a
// program.

#ifndef ATTN_SIMULATOR_DECODER_H
#define ATTN_SIMULATOR_DECODER_H

#include "BlockLayout.h"
#include "FormSyntax.h"

#include <map>
#include <optional>
#include <unordered_map>

namespace attn::sim {

/// Where a variable lies in its space.
struct Place {
  Space space = Space::Generic;
  uint64_t offset = 0;
};

/// A function, copied to where it is called.
struct Frame {
  const Function *function = nullptr;
  /// The row or predicate of each register.
  std::vector<Slot> registers;
  std::vector<std::optional<Place>> variables;
  /// Where the operations of each instruction begin; the last is the end.
  std::vector<uint32_t> starts;
  /// Branches: the operation, and the instructions to which it goes.
  struct Branch {
    uint32_t operation;
    std::vector<uint32_t> instructions;
  };
  std::vector<Branch> branches;
};

class Decoder {
public:
  Decoder(const Module &module, const Function &entry, unsigned target);

  Result<Program> run();

private:
  // Variables.
  Status placeModuleVariables();
  void collectShared(const Function &function, std::vector<bool> &seen);
  void collectShared(const Function &function, const Operand &operand,
                     std::vector<bool> &seen);
  void placeShared(const Variable &variable, std::optional<Place> &place);
  void placeGlobal(const Variable &variable, std::optional<Place> &place);
  void placeParameters(Frame &frame);
  Status relocate(Variable &variable);
  uint64_t allocateLocal(uint64_t size, uint64_t alignment);
  const Variable &getVariable(const Frame &frame, const Operand &operand) const;
  Result<Place> findPlace(const Frame &frame, const Operand &operand);

  // Operands.
  Slot addConstant(uint64_t bits);
  Result<Slot> addSpecial(const Operand &operand, unsigned &bits);
  /// The slot of an operand of the given type and, in `bits`, the width of the
  /// register.
  Result<Slot> decodeScalar(const Frame &frame, const Instruction &instruction,
                            const Operand &operand, const OperandSyntax &syntax,
                            Type type, unsigned &bits);
  Result<Slot> decodeRegister(const Frame &frame,
                              const Instruction &instruction,
                              const Operand &operand, Type type,
                              unsigned factor, unsigned &bits);
  Result<Slot> decodeImmediate(const Operand &operand, Type type,
                               unsigned factor);
  Result<Slot> decodePredicate(const Frame &frame, const Operand &operand);
  /// What has been decoded of an instruction.
  struct Cursor {
    unsigned scalars = 0;
    unsigned addresses = 0;
    std::vector<Slot> list;
  };
  Status decodeOperand(const Frame &frame, Binding &binding,
                       const Operand &operand, const OperandSyntax &syntax,
                       Cursor &cursor);
  Status decodeAddress(const Frame &frame, Binding &binding,
                       const Operand &operand, const OperandSyntax &syntax,
                       Cursor &cursor);
  Status decodeVector(const Frame &frame, Binding &binding,
                      const Operand &operand, const OperandSyntax &syntax,
                      Cursor &cursor);
  Status addScalar(Binding &binding, Cursor &cursor, Slot slot, unsigned bits);

  // Instructions.
  Status decodeBody(Frame &frame);
  Status decodeInstruction(Frame &frame, const Instruction &instruction);
  Status decodeInstruction(const Instruction &instruction,
                           const FormSyntax &form, Frame &frame,
                           FlowOperation &result);
  void decodeFlow(Frame &frame, const Instruction &instruction,
                  FlowOperation &result);
  Status decodeCall(Frame &frame, const Instruction &instruction);
  Status bindParameters(Frame &caller, Frame &callee,
                        const std::vector<Operand> &actuals,
                        const std::vector<Function::Parameter> &formals,
                        const Instruction &call);
  Status copyRegisters(Frame &caller, Frame &callee,
                       const std::vector<Operand> &actuals,
                       const std::vector<Function::Parameter> &formals,
                       const Instruction &call, bool isResult);
  Result<Operation> makeOperation(const Instruction &instruction,
                                  std::array<Slot, 6> operands,
                                  std::array<unsigned, 6> bits);
  Status findHandler(std::string_view opcode, Handler &handler);
  void push(const Operation &op, bool fallsThrough = true) {
    flow.push_back({op, {}, fallsThrough});
  }
  Frame makeFrame(const Function &function);
  void setGuard(const Frame &frame, const Instruction &instruction,
                Operation &op, bool complement) const;
  uint32_t addSite(const Frame &frame, const Instruction &instruction,
                   InstructionClass kind);
  void noteInterleaving(const Binding &binding, InstructionClass kind);

  const Module &module;
  const Function &entry;
  Program program;
  std::vector<FlowOperation> flow;
  std::vector<const Function *> callStack;
  std::vector<std::optional<Place>> moduleVariables;
  std::unordered_map<uint64_t, Slot> constants;
  uint64_t dynamicAlignment = 16;
  std::vector<std::optional<Place> *> dynamicPlaces;
  /// Variables of functions that all copies share.
  std::map<std::pair<const Function *, VariableId>, std::optional<Place>>
      functionVariables;
  uint64_t nextGlobal;
  Handler jump = nullptr, exit = nullptr;
};

} // namespace attn::sim

#endif // ATTN_SIMULATOR_DECODER_H
