// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Decodes instructions and control flow; copies functions to where they are
// called.

#include "Decoder.h"

#include "attn/Simulator/Memory.h"

#include <algorithm>

using namespace attn::sim;

/// The site of operations that no instruction stands for, until the program is
/// complete.
static constexpr uint32_t kJumpSite = ~uint32_t(0);

Decoder::Decoder(const Module &module, const Function &entry, unsigned target)
    : module(module), entry(entry), nextGlobal(kModuleWindow) {
  program.name = entry.name;
  program.file = module.file;
  program.target = target;
  program.maxThreads = entry.maxThreads;
  program.requiredThreads = entry.requiredThreads;
  program.requiredCluster = entry.requiredCluster;
  program.constantPredicates = {kAllLanes, 0};
  // The carry flag.
  program.predicates = kCarry + 1;
}

Result<Program> Decoder::run() {
  if (Status status = placeModuleVariables(); !status)
    return status.error();
  for (auto [name, handler] : {std::pair("bra", &jump), {"exit", &exit}})
    if (Status status = findHandler(name, *handler); !status)
      return status.error();

  Frame frame = makeFrame(entry);
  placeParameters(frame);
  callStack.push_back(&entry);
  if (Status status = decodeBody(frame); !status)
    return status.error();
  // What runs off the end of the entry exits.
  Operation op;
  op.handler = exit;
  op.site = uint32_t(program.sites.size());
  push(op, /*fallsThrough=*/false);
  program.jumpSite = op.site;
  program.sites.push_back({entry.where, "", InstructionClass::Control, ""});
  for (FlowOperation &operation : flow)
    if (operation.op.site == kJumpSite)
      operation.op.site = program.jumpSite;

  layOutBlocks(std::move(flow), jump, program);
  return std::move(program);
}

/// Finds the handler of a branch or exit that no instruction asks for.
Status Decoder::findHandler(std::string_view opcode, Handler &handler) {
  Instruction instruction;
  instruction.opcode = std::string(opcode);
  instruction.where = entry.where;
  if (opcode == "bra") {
    instruction.operands.emplace_back();
    instruction.operands[0].kind = Operand::Kind::Label;
  }
  Result<Operation> op = makeOperation(instruction, {}, {});
  if (!op)
    return op.error();
  handler = op->handler;
  return success();
}

/// Binds an instruction whose operands have these slots.
Result<Operation> Decoder::makeOperation(const Instruction &instruction,
                                         std::array<Slot, 6> operands,
                                         std::array<unsigned, 6> bits) {
  Result<const FormSyntax *> form = findForm(instruction);
  if (!form)
    return form.error();
  Operation op;
  op.operands = operands;
  Binding binding{instruction, op, program};
  binding.bits = bits;
  binding.target = program.target;
  for (const std::string &name : instruction.qualifiers)
    if (Type type = lookupType(name); type != Type::None)
      binding.types.push_back(type);
  (*form)->form->bind(binding);
  if (!binding.error.empty())
    return Diagnostic{instruction.where, binding.error};
  return op;
}

Status Decoder::decodeBody(Frame &frame) {
  const Function &function = *frame.function;
  for (const Instruction &instruction : function.body) {
    frame.starts.push_back(uint32_t(flow.size()));
    Status status = instruction.opcode == "call"
                        ? decodeCall(frame, instruction)
                        : decodeInstruction(frame, instruction);
    if (!status)
      return status;
  }
  frame.starts.push_back(uint32_t(flow.size()));
  for (const Frame::Branch &branch : frame.branches)
    for (uint32_t target : branch.instructions)
      flow[branch.operation].targets.push_back(frame.starts[target]);
  return success();
}

uint32_t Decoder::addSite(const Frame &frame, const Instruction &instruction,
                          InstructionClass kind) {
  program.sites.push_back(
      {instruction.where, getText(instruction), kind, frame.function->name});
  return uint32_t(program.sites.size() - 1);
}

/// Sets the guard of `op`; with `complement`, where the instruction does not
/// run.
void Decoder::setGuard(const Frame &frame, const Instruction &instruction,
                       Operation &op, bool complement) const {
  if (!instruction.guard)
    return;
  op.guard = frame.registers[*instruction.guard];
  op.guardFlip = instruction.guardNegated != complement ? kAllLanes : 0;
}

/// Blocks may wait for others that write global memory with atomics or read it
/// again and again.
void Decoder::noteInterleaving(const Binding &binding, InstructionClass kind) {
  if (binding.space != Space::Global && binding.space != Space::Generic)
    return;
  if (kind == InstructionClass::Atomic ||
      (kind == InstructionClass::Load &&
       binding.choose({"volatile", "acquire", "relaxed", "mmio"}) >= 0))
    program.interleavesBlocks = true;
}

static Space getSpaceOfQualifier(std::string_view name) {
  if (name == "global")
    return Space::Global;
  if (name.substr(0, 6) == "shared")
    return Space::Shared;
  if (name == "local")
    return Space::Local;
  if (name == "const")
    return Space::Const;
  return name.substr(0, 5) == "param" ? Space::Param : Space::Generic;
}

Status Decoder::decodeInstruction(const Instruction &instruction,
                                  const FormSyntax &form, Frame &frame,
                                  FlowOperation &result) {
  Operation &op = result.op;
  Binding binding{instruction, op, program};
  binding.target = program.target;
  for (const std::string &name : instruction.qualifiers) {
    if (Type type = lookupType(name); type != Type::None)
      binding.types.push_back(type);
    if (binding.space == Space::Generic)
      binding.space = getSpaceOfQualifier(name);
    // Parameters of functions that are not the entry are local memory.
    if (binding.space == Space::Param && frame.function != &entry)
      binding.space = Space::Local;
  }
  Cursor cursor;
  for (size_t i = 0; i < form.operands.size(); ++i) {
    const OperandSyntax &syntax = form.operands[i];
    if (i < instruction.operands.size()) {
      if (Status status = decodeOperand(frame, binding, instruction.operands[i],
                                        syntax, cursor);
          !status)
        return status;
      continue;
    }
    // Left out: its place stays empty.
    using Kind = OperandSyntax::Kind;
    if (syntax.kind == Kind::Register || syntax.kind == Kind::Address)
      ++cursor.scalars;
    else if (syntax.kind == Kind::Pair)
      cursor.scalars += 2;
    else if (syntax.kind == Kind::Vector)
      binding.lengths.push_back(0);
  }
  op.list = uint32_t(program.slots.size());
  program.slots.insert(program.slots.end(), cursor.list.begin(),
                       cursor.list.end());
  setGuard(frame, instruction, op, /*complement=*/false);
  op.site = addSite(frame, instruction, form.form->kind);
  noteInterleaving(binding, form.form->kind);
  form.form->bind(binding);
  if (!binding.error.empty())
    return Diagnostic{instruction.where, binding.error};
  return success();
}

Status Decoder::decodeInstruction(Frame &frame,
                                  const Instruction &instruction) {
  Result<const FormSyntax *> form = findForm(instruction);
  if (!form)
    return form.error();
  if (unsigned first = (*form)->form->minTarget; program.target < first)
    return Diagnostic{instruction.where,
                      "'" + getText(instruction) + "' needs sm_" +
                          std::to_string(first) + "; the target is sm_" +
                          std::to_string(program.target)};
  FlowOperation result;
  if (Status status = decodeInstruction(instruction, **form, frame, result);
      !status)
    return status;
  decodeFlow(frame, instruction, result);
  flow.push_back(std::move(result));
  return success();
}

/// Notes where branches go, and what ends a block.
void Decoder::decodeFlow(Frame &frame, const Instruction &instruction,
                         FlowOperation &result) {
  const std::string &opcode = instruction.opcode;
  const Function &function = *frame.function;
  if (opcode == "bra") {
    uint32_t label = instruction.operands[0].index;
    frame.branches.push_back(
        {uint32_t(flow.size()), {function.labels[label].instruction}});
  } else if (opcode == "brx") {
    std::vector<uint32_t> targets;
    for (LabelId id : function.labels[instruction.operands[1].index].targets)
      targets.push_back(function.labels[id].instruction);
    frame.branches.push_back({uint32_t(flow.size()), std::move(targets)});
  } else if (opcode == "ret" && &function != &entry) {
    result.op.handler = jump;
    frame.branches.push_back(
        {uint32_t(flow.size()), {uint32_t(function.body.size())}});
  } else if (opcode != "exit" && opcode != "ret" && opcode != "trap") {
    return;
  }
  // A trap that nobody hits goes on.
  result.fallsThrough = instruction.guard.has_value() || opcode == "trap";
}

namespace {
struct CallOperands {
  FunctionId callee = 0;
  std::vector<Operand> results, arguments;
};
} // namespace

/// Splits the operands of a call.
static Status splitCall(const Instruction &instruction, CallOperands &result) {
  const auto &operands = instruction.operands;
  size_t at = 0;
  if (at < operands.size() && operands[at].kind == Operand::Kind::List)
    result.results = operands[at++].parts;
  if (at == operands.size() || operands[at].kind != Operand::Kind::Function)
    return Diagnostic{instruction.where,
                      "a call names a function; the simulator has no calls "
                      "through addresses"};
  result.callee = operands[at++].index;
  if (at < operands.size() && operands[at].kind == Operand::Kind::List)
    result.arguments = operands[at++].parts;
  if (at < operands.size())
    return Diagnostic{instruction.where, "too many operands of 'call'"};
  return success();
}

/// Puts a copy of the called function here.
Status Decoder::decodeCall(Frame &frame, const Instruction &instruction) {
  Result<const FormSyntax *> form = findForm(instruction);
  if (!form)
    return form.error();
  CallOperands call;
  if (Status status = splitCall(instruction, call); !status)
    return status;
  const Function &function = module.functions[call.callee];
  if (function.isDeclaration)
    return Diagnostic{instruction.where,
                      "call of '" + function.name + "', which has no body"};
  if (std::find(callStack.begin(), callStack.end(), &function) !=
      callStack.end())
    return Diagnostic{instruction.where,
                      "'" + function.name +
                          "' calls itself; the simulator has no recursion"};

  // The call itself: counted, and the branch of lanes that do not take part.
  FlowOperation begin;
  Binding binding{instruction, begin.op, program};
  (*form)->form->bind(binding);
  begin.op.site = addSite(frame, instruction, InstructionClass::Control);
  if (instruction.guard) {
    begin.op.handler = jump;
    setGuard(frame, instruction, begin.op, /*complement=*/true);
    frame.branches.push_back(
        {uint32_t(flow.size()),
         {uint32_t(&instruction - frame.function->body.data() + 1)}});
  }
  flow.push_back(std::move(begin));

  Frame callee = makeFrame(function);
  if (Status status = bindParameters(frame, callee, call.arguments,
                                     function.parameters, instruction);
      !status)
    return status;
  if (Status status = bindParameters(frame, callee, call.results,
                                     function.results, instruction);
      !status)
    return status;
  if (Status status = copyRegisters(frame, callee, call.arguments,
                                    function.parameters, instruction, false);
      !status)
    return status;
  callStack.push_back(&function);
  if (Status status = decodeBody(callee); !status)
    return status;
  callStack.pop_back();
  return copyRegisters(frame, callee, call.results, function.results,
                       instruction, true);
}

/// Gives parameters in memory the places of what the caller passes.
Status Decoder::bindParameters(Frame &caller, Frame &callee,
                               const std::vector<Operand> &actuals,
                               const std::vector<Function::Parameter> &formals,
                               const Instruction &call) {
  const std::string &name = callee.function->name;
  if (actuals.size() != formals.size())
    return Diagnostic{call.where, "'" + name + "' has " +
                                      std::to_string(formals.size()) +
                                      " parameters or results here, not " +
                                      std::to_string(actuals.size())};
  for (size_t i = 0; i < formals.size(); ++i) {
    if (formals[i].isRegister)
      continue;
    const Variable &formal = callee.function->variables[formals[i].index];
    if (actuals[i].kind != Operand::Kind::Variable || actuals[i].moduleScope)
      return Diagnostic{actuals[i].where, "expected a .param variable for '" +
                                              formal.name + "' of '" + name +
                                              "'"};
    const Variable &actual = caller.function->variables[actuals[i].index];
    Result<Place> place = findPlace(caller, actuals[i]);
    if (!place)
      return place.error();
    if (place->space != Space::Local || actual.size != formal.size)
      return Diagnostic{actuals[i].where, "'" + actual.name + "' has " +
                                              std::to_string(actual.size) +
                                              " bytes, '" + formal.name +
                                              "' of '" + name + "' has " +
                                              std::to_string(formal.size)};
    callee.variables[formals[i].index] = *place;
  }
  return success();
}

/// Copies arguments or results that are registers.
Status Decoder::copyRegisters(Frame &caller, Frame &callee,
                              const std::vector<Operand> &actuals,
                              const std::vector<Function::Parameter> &formals,
                              const Instruction &call, bool isResult) {
  for (size_t i = 0; i < formals.size(); ++i) {
    if (!formals[i].isRegister)
      continue;
    const Register &formal = callee.function->registers[formals[i].index];
    Slot inside = callee.registers[formals[i].index];
    bool isPredicate = formal.type.isPredicate();
    std::string typeName =
        isPredicate ? "pred"
                    : "b" + std::to_string(std::max(16u, formal.type.bits));
    Instruction move;
    move.opcode = "mov";
    move.qualifiers = {typeName};
    move.where = call.where;
    move.operands.resize(2);
    for (Operand &operand : move.operands)
      operand.kind = Operand::Kind::Register;
    unsigned bits = 0;
    OperandSyntax syntax;
    if (isResult && actuals[i].kind == Operand::Kind::Sink)
      continue;
    if (isResult && actuals[i].kind != Operand::Kind::Register)
      return Diagnostic{actuals[i].where, "a result needs a register"};
    Result<Slot> outside = decodeScalar(caller, move, actuals[i], syntax,
                                        lookupType(typeName), bits);
    if (!outside)
      return outside.error();
    std::array<Slot, 6> slots = {inside, *outside, kNone, kNone, kNone, kNone};
    if (isResult)
      std::swap(slots[0], slots[1]);
    Result<Operation> op =
        makeOperation(move, slots, {formal.type.bits, formal.type.bits});
    if (!op)
      return op.error();
    op->site = kJumpSite;
    push(*op);
  }
  return success();
}

/// `sm_90a` is 90; 0 if there is no number.
static unsigned parseTarget(std::string_view name) {
  unsigned result = 0;
  for (char c : name)
    if (c >= '0' && c <= '9')
      result = result * 10 + unsigned(c - '0');
  return result;
}

Result<Program> attn::sim::decode(const Module &module, std::string_view name,
                                  unsigned target) {
  const Function *entry = module.lookupFunction(name);
  if (!entry || !entry->isEntry) {
    std::string known;
    for (const Function &function : module.functions)
      if (function.isEntry)
        known += (known.empty() ? "" : ", ") + function.name;
    return Diagnostic{{},
                      "no entry '" + std::string(name) +
                          "'; there are: " + (known.empty() ? "none" : known)};
  }
  if (target == 0)
    target = parseTarget(module.target);
  return Decoder(module, *entry, target).run();
}
