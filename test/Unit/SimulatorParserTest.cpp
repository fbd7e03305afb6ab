// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tests of the PTX parser. "SimulatorParserTest parse FILE..." parses files and
// prints what they took, "SimulatorParserTest fuzz SECONDS FILE..." parses
// mutated files for that long.

#include "Check.h"
#include "attn/Simulator/Module.h"

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <random>
#include <sstream>

using namespace attn::sim;
using Kind = Operand::Kind;

static const std::string header =
    ".version 8.7\n.target sm_90a\n.address_size 64\n";

/// Parses `text` after the usual header; reports an error as a failure.
static Module parse(const std::string &text) {
  Result<Module> module = parseModule(header + text, "k.ptx");
  if (module)
    return std::move(*module);
  check::report(__FILE__, __LINE__,
                "cannot parse " + text + ": " + module.error().str("k.ptx"));
  Module empty;
  empty.functions.emplace_back();
  empty.functions[0].body.resize(64);
  for (Instruction &instruction : empty.functions[0].body)
    instruction.operands.resize(8);
  empty.variables.resize(64);
  return empty;
}

/// Parses the body of a kernel with registers of all kinds.
static Function parseKernel(const std::string &body) {
  Module module = parse(".entry k() {\n.reg .pred %p<9>; .reg .b32 %r<9>; "
                        ".reg .b64 %rd<9>;\n" +
                        body + "\n}");
  return module.functions[0];
}

/// Returns the message for a text without header, "" if it can be parsed.
static std::string errorOf(const std::string &text) {
  Result<Module> module = parseModule(text, "k.ptx");
  return module ? "" : module.error().str("k.ptx");
}

/// Returns the message for the body of a kernel; the body starts in line 1.
static std::string bodyError(const std::string &body) {
  return errorOf(".version 8.7 .target sm_90a .address_size 64 .entry k() { "
                 ".reg .pred %p<9>; .reg .b32 %r<9>; .reg .b64 %rd<9>;\n" +
                 body + "\n}");
}

/// Checks that the body of a kernel fails with `message`, whose line is in the
/// body.
#define CHECK_BODY_ERROR(body, place, message)                                 \
  CHECK_EQ(bodyError(body), "k.ptx:" place ": error: " message)

/// Checks that a declaration in a module, in line 4, fails with `message`.
#define CHECK_MODULE_ERROR(text, column, message)                              \
  CHECK_EQ(errorOf(header + text), "k.ptx:4:" column ": error: " message)

/// Returns the name of the register `operand`.
static std::string nameOf(const Function &function, const Operand &operand) {
  if (operand.kind != Kind::Register ||
      operand.index >= function.registers.size())
    return "no register";
  return function.registers[operand.index].name;
}

static void testModuleDirectives() {
  Result<Module> module = parseModule(".version 8.7\n.target sm_80, debug\n"
                                      ".address_size 64\n",
                                      "k.ptx");
  CHECK(bool(module));
  CHECK_EQ(module->file, "k.ptx");
  CHECK_EQ(module->version, 87u);
  CHECK_EQ(module->target, "sm_80");
  CHECK_EQ(module->targetOptions.size(), 1u);
  CHECK_EQ(module->targetOptions[0], "debug");
  CHECK_EQ(errorOf(""), "k.ptx:1:1: error: expected .version at the start of a "
                        "module, found end of file");
  CHECK_EQ(errorOf(".version 87"), "k.ptx:1:10: error: expected a version such "
                                   "as 8.7, found '87'");
  CHECK_EQ(errorOf(".version 8.71"), "k.ptx:1:10: error: expected a version "
                                     "such as 8.7, found '8.71'");
  CHECK_EQ(parseModule(".version 10.2 .target sm_80", "k")->version, 102u);
  CHECK_EQ(errorOf(".version 8.7\n.target x86"),
           "k.ptx:2:9: error: expected a target such as sm_80, found 'x86'");
  CHECK_EQ(errorOf(".version 8.7\n.target sm_80\n.address_size 32"),
           "k.ptx:3:15: error: expected an address size of 64, found '32'");
  CHECK_MODULE_ERROR("add.s32;", "1",
                     "expected a variable, a function or a directive of a "
                     "module, found 'add'");
}

static void testFunctionDirectives() {
  Module module =
      parse(".visible .entry k(.param .u64 .ptr .global .align 16 a,\n"
            " .param .align 64 .b8 b[128])\n"
            ".reqntid 128\n.maxntid 256, 2, 3 .minnctapersm 2 .maxnreg 64\n"
            ".explicitcluster .reqnctapercluster 2, 1, 1 .maxclusterrank 8\n"
            ".pragma \"nounroll\"; .blocksareclusters { ret; }\n");
  const Function &k = module.functions[0];
  CHECK_EQ(k.name, "k");
  CHECK(k.isEntry && !k.isDeclaration && k.explicitCluster);
  CHECK(k.blocksAreClusters);
  CHECK_EQ(k.requiredThreads.x, 128u);
  CHECK_EQ(k.requiredThreads.z, 1u);
  CHECK_EQ(k.maxThreads.y, 2u);
  CHECK_EQ(k.maxThreads.z, 3u);
  CHECK_EQ(k.minBlocksPerMultiprocessor, 2u);
  CHECK_EQ(k.maxRegisters, 64u);
  CHECK_EQ(k.maxClusterRank, 8u);
  CHECK_EQ(k.requiredCluster.x, 2u);
  CHECK_EQ(k.parameters.size(), 2u);
  CHECK_EQ(k.variables[0].name, "a");
  CHECK_EQ(k.variables[0].size, 8u);
  CHECK_EQ(k.variables[0].alignment, 8u);
  CHECK(k.variables[0].space == Space::Param);
  CHECK_EQ(k.variables[1].size, 128u);
  CHECK_EQ(k.variables[1].alignment, 64u);
  CHECK_EQ(k.where.line, 4u);
  CHECK_EQ(k.where.column, 17u);
  CHECK(module.lookupFunction("k") == &k);
  CHECK(module.lookupFunction("j") == nullptr);
  CHECK_MODULE_ERROR(".entry k() .maxtid 5 {}", "12",
                     "expected a directive of a function, its body or ';', "
                     "found '.maxtid'");
  CHECK_MODULE_ERROR(".entry k() { ret;", "18",
                     "expected '}' after the body of 'k', found end of file");
  CHECK_MODULE_ERROR(".entry k() { } .entry k() { }", "23",
                     "'k' is already declared in line 4");
}

static void testFunctions() {
  Module module =
      parse(".extern .func (.param .b32 r) vprintf (.param .b64 a,\n"
            " .param .b64 b) ;\n"
            ".func (.reg .b32 out) f(.reg .b32 in, .param .b8 p[])\n"
            "{ mov.b32 out, in; ret; }\n"
            ".func g; .func h() .noreturn { call (_), vprintf, (0, 1); }\n"
            ".func g { ret; }\n.entry k() { .reg .b32 a; .reg .b64 t;\n"
            "{ .param .b32 retval0; .param .b64 param0;\n"
            "call.uni (retval0),\nvprintf,\n(\nparam0,\nparam0\n);\n}\n"
            "call g; call (a), f, (a, 5); mov.u64 t, g;\n"
            "q: .callprototype (.param .b32 _) _ (.param .align 8 .b8 _[4])\n"
            ".noreturn;\ncall (a), t, (a), q;\n}\n");
  CHECK_EQ(module.functions.size(), 5u);
  const Function &f = module.functions[1];
  CHECK(module.functions[0].isDeclaration);
  CHECK_EQ(module.functions[0].results.size(), 1u);
  CHECK_EQ(module.functions[0].parameters.size(), 2u);
  CHECK(f.results[0].isRegister && f.parameters[0].isRegister);
  CHECK_EQ(f.registers[f.results[0].index].name, "out");
  CHECK_EQ(f.registers[f.parameters[0].index].name, "in");
  CHECK(!f.parameters[1].isRegister);
  CHECK_EQ(f.variables[f.parameters[1].index].size, 0u);
  CHECK_EQ(module.functions[2].name, "g");
  CHECK(!module.functions[2].isDeclaration);
  const Function &k = module.functions[4];
  const Instruction &call = k.body[0];
  CHECK_EQ(call.opcode, "call");
  CHECK_EQ(call.operands.size(), 3u);
  CHECK(call.operands[0].kind == Kind::List);
  CHECK(call.operands[1].kind == Kind::Function);
  CHECK_EQ(call.operands[1].index, 0u);
  CHECK_EQ(call.operands[2].parts.size(), 2u);
  CHECK(call.operands[2].parts[0].kind == Kind::Variable);
  CHECK_EQ(k.body[1].operands[0].index, 2u);
  CHECK(k.body[3].operands[1].kind == Kind::Function);
  CHECK(k.body[4].operands[1].kind == Kind::Register);
  CHECK(k.body[4].operands[3].kind == Kind::Label);
  CHECK_EQ(k.labels[k.body[4].operands[3].index].name, "q");
  CHECK_BODY_ERROR("call nowhere;", "2:6",
                   "unknown function or label 'nowhere'");
}

static void testAlias() {
  Module module = parse(".func f { ret; } .func g; .global .u64 x = g;\n"
                        ".entry k() { call g; } .alias g, f;");
  CHECK_EQ(module.functions[2].body[0].operands[0].index, 0u);
  CHECK_EQ(module.variables[0].relocations[0].index, 0u);
  CHECK_MODULE_ERROR(".func f; .func g; .alias g, f;", "26",
                     "expected a declared function and one with a body, found "
                     "'g' and 'f'");
  CHECK_MODULE_ERROR(".alias g, f;", "8", "unknown function 'g'");
}

static void testRegisters() {
  Function k = parseKernel(
      ".reg.b32 r; .reg .f32 a<5>, b; .reg .v4 .b32 v; .reg .v2 .f32 w<3>;\n"
      ".reg .b32 %big<4000000000>;\n"
      "add.f32 a0, a4, b; mov.b32 r, %big3999999999; mov.b32 v.y, %r0;\n"
      "mov.v4.b32 v, {%r0, %r1, _, v.w}; mov.f32 w2.x, w1.g;");
  CHECK_EQ(nameOf(k, k.body[0].operands[0]), "a0");
  CHECK_EQ(nameOf(k, k.body[0].operands[1]), "a4");
  CHECK_EQ(nameOf(k, k.body[1].operands[1]), "%big3999999999");
  CHECK_EQ(nameOf(k, k.body[2].operands[0]), "v.y");
  CHECK(k.body[3].operands[0].kind == Kind::Vector);
  CHECK_EQ(k.body[3].operands[0].parts.size(), 4u);
  CHECK_EQ(nameOf(k, k.body[3].operands[0].parts[3]), "v.w");
  CHECK(k.body[3].operands[1].parts[2].kind == Kind::Sink);
  CHECK_EQ(nameOf(k, k.body[4].operands[0]), "w2.x");
  CHECK_EQ(nameOf(k, k.body[4].operands[1]), "w1.y");
  // What is declared and not used needs no room.
  CHECK(k.registers.size() < 20);
  CHECK_BODY_ERROR("mov.b32 %r1, %r9;", "2:14", "unknown register '%r9'");
  CHECK_BODY_ERROR("mov.b32 %r1, %r01;", "2:14", "unknown register '%r01'");
  CHECK_BODY_ERROR("mov.b32 %r1, x;", "2:14", "unknown name 'x'");
  CHECK_BODY_ERROR("mov.b32 %r1, %r2.x;", "2:17",
                   "register '%r2' has no element '.x'");
  CHECK_BODY_ERROR(".reg .v2 .b32 v; mov.b32 %r1, v.z;", "2:32",
                   "register 'v' has no element '.z'");
  CHECK_BODY_ERROR(".reg .b32 %r5;", "2:11",
                   "'%r5' is already declared in line 1");
  CHECK_BODY_ERROR(".reg .b32 x3; .reg .b32 x<4>;", "2:25",
                   "'x' is already declared in line 2");
  CHECK_BODY_ERROR(".reg .b32 x<99999999999>;", "2:13",
                   "expected at most 4294967295 as the number of registers, "
                   "found 99999999999");
  CHECK_BODY_ERROR(".reg .bf16 x;", "2:6", "expected a type, found '.bf16'");
  CHECK_BODY_ERROR(".reg .b33 x;", "2:6", "expected a type, found '.b33'");
  CHECK_BODY_ERROR("@%r1 ret;", "2:2",
                   "expected a predicate register after '@', found '%r1'");
}

static void testSpecialRegisters() {
  Function k = parseKernel("mov.u32 %r1, %tid.x; mov.u32 %r1, %laneid;\n"
                           "mov.u64 %rd1, %clock64; mov.u32 %r1, %envreg31;\n"
                           "mov.u32 %r1, %cluster_ctaid.z;");
  CHECK(k.body[0].operands[1].kind == Kind::Special);
  CHECK_EQ(k.body[0].operands[1].name, "%tid.x");
  CHECK_EQ(k.body[1].operands[1].name, "%laneid");
  CHECK_EQ(k.body[2].operands[1].name, "%clock64");
  CHECK_EQ(k.body[3].operands[1].name, "%envreg31");
  CHECK_EQ(k.body[4].operands[1].name, "%cluster_ctaid.z");
  CHECK_BODY_ERROR("mov.u32 %r1, %tidx;", "2:14", "unknown register '%tidx'");
  CHECK_BODY_ERROR("mov.u32 %r1, %tid;", "2:18",
                   "expected .x, .y or .z after %tid, found ';'");
  CHECK_BODY_ERROR("mov.u32 %r1, %tid.q;", "2:18",
                   "expected .x, .y or .z after %tid, found '.q'");
  CHECK_BODY_ERROR("mov.u32 %r1, %envreg32;", "2:14",
                   "unknown register '%envreg32'");
}

static void testOperands() {
  Function k = parseKernel(
      ".shared .align 16 .b8 s[64];\n"
      "@!%p1 ld.shared::cta.v2.b32 {%r1, %r2}, [ s + 16 ];\n"
      "st.shared.b32 [%rd1+-4], 1073758336; setp.eq.s32 %p1|%p2, %r1, %r2;\n"
      "selp.b32 %r1, -1, 0, !%p1; elect.sync _|%p1, 0xffffffff;\n"
      "cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx"
      "::bytes [%r1], [%rd1, {%r2, %r3}], [%r4];\n"
      "mov.u64 %rd1, s+8; tcgen05.ld.sync.aligned.16x32bx2.x1.b32 {%r1},"
      " [%r2 + 0], 32; ld.shared.b32 %r1, [16+4];\nmov.b64 {%r1, _}, %rd1;\n"
      "ld.shared.b32 %r1, [s+4+4];");
  const Instruction &load = k.body[0];
  CHECK(load.guard && load.guardNegated);
  CHECK_EQ(k.registers[*load.guard].name, "%p1");
  CHECK_EQ(load.opcode, "ld");
  CHECK_EQ(load.qualifiers.size(), 3u);
  CHECK_EQ(load.qualifiers[0], "shared::cta");
  CHECK(load.operands[0].kind == Kind::Vector);
  const Operand &address = load.operands[1];
  CHECK(address.kind == Kind::Address);
  CHECK_EQ(address.offset, 16);
  CHECK(address.parts[0].kind == Kind::Variable);
  CHECK(!address.parts[0].moduleScope);
  CHECK_EQ(address.parts[0].offset, 0);
  CHECK_EQ(k.body[1].operands[0].offset, -4);
  CHECK_EQ(nameOf(k, k.body[1].operands[0].parts[0]), "%rd1");
  CHECK_EQ(k.body[1].operands[1].bits, 1073758336u);
  CHECK(k.body[2].operands[0].kind == Kind::Pair);
  CHECK_EQ(nameOf(k, k.body[2].operands[0].parts[1]), "%p2");
  CHECK_EQ(k.body[3].operands[1].bits, UINT64_MAX);
  CHECK(k.body[3].operands[3].negated);
  CHECK(k.body[4].operands[0].parts[0].kind == Kind::Sink);
  const Instruction &copy = k.body[5];
  CHECK_EQ(copy.qualifiers.size(), 7u);
  CHECK_EQ(copy.qualifiers[6], "mbarrier::complete_tx::bytes");
  CHECK_EQ(copy.operands[1].parts.size(), 2u);
  CHECK(copy.operands[1].parts[1].kind == Kind::Vector);
  CHECK_EQ(copy.operands[1].parts[1].parts.size(), 2u);
  CHECK(k.body[6].operands[1].kind == Kind::Variable);
  CHECK_EQ(k.body[6].operands[1].offset, 8);
  CHECK_EQ(k.body[7].qualifiers[3], "16x32bx2");
  CHECK_EQ(k.body[7].operands[2].bits, 32u);
  CHECK(k.body[8].operands[1].parts[0].kind == Kind::Integer);
  CHECK_EQ(k.body[8].operands[1].parts[0].bits, 20u);
  CHECK(k.body[9].operands[0].parts[1].kind == Kind::Sink);
  CHECK_EQ(k.body[10].operands[1].offset, 8);
}

static void testOperandErrors() {
  CHECK_BODY_ERROR("add.s32 %r1, %r2, %r3 }", "2:23",
                   "expected ';' after the operands of add.s32, found '}'");
  CHECK_BODY_ERROR("add.s32 %r1, ;", "2:14", "expected an operand, found ';'");
  CHECK_BODY_ERROR("ld.b32 %r1, [%r1;", "2:17",
                   "expected ']' after an address, found ';'");
  CHECK_BODY_ERROR("ld.b32 %r1, [1.5];", "2:14",
                   "expected a register, a variable or an integer as address");
  CHECK_BODY_ERROR("mov.b64 %rd1, {%r1 %r2};", "2:20",
                   "expected '}' after the elements of a vector, found '%r2'");
  CHECK_BODY_ERROR("mov.b64 %rd1, {{%r1}};", "2:16",
                   "expected an operand, found '{'");
  CHECK_BODY_ERROR("setp.eq.s32 %p1|5, %r1, %r2;", "2:17",
                   "expected registers or '_' on both sides of '|'");
  CHECK_BODY_ERROR("mov.b32 %r1, !_;", "2:15",
                   "expected a predicate after '!', found '_'");
  CHECK_BODY_ERROR("bra 5;", "2:5", "expected a label, found '5'");
  CHECK_BODY_ERROR(";", "2:1", "expected an instruction, found ';'");
}

/// Checks kind and bits of one operand.
static void checkConstant(const Operand &operand, Kind kind, uint64_t bits) {
  CHECK_EQ(int(operand.kind), int(kind));
  CHECK_EQ(operand.bits, bits);
}

static void testIntegers() {
  Function k = parseKernel(
      "f -5, 0x1fU, 017, 0b101, 18446744073709551615, 0XfFfFfFfFfFfFfFfF;\n"
      "f 3+4*2, (1|2), ~1, -7/2, -7 % 4, (1 ? 2 : 3), 1<<4, WARP_SZ, !5;\n"
      "f (.u64) -8 / 2, (-8 >> 1), (-1 < 1), (0xffffffffffffffff < 1),\n"
      "  (1 && 0 || 1), 10-3-2, (-0x7fffffffffffffff-1) / -1, ~0 / 2,\n"
      "  (-1|0) / 2, 1 << 65, (-1 >> 64);\n");
  const std::vector<Operand> &literals = k.body[0].operands;
  checkConstant(literals[0], Kind::Integer, uint64_t(-5));
  checkConstant(literals[1], Kind::Integer, 31);
  checkConstant(literals[2], Kind::Integer, 15);
  checkConstant(literals[3], Kind::Integer, 5);
  checkConstant(literals[4], Kind::Integer, UINT64_MAX);
  checkConstant(literals[5], Kind::Integer, UINT64_MAX);
  const uint64_t results[] = {11, 3, uint64_t(-2), uint64_t(-3), 1, 2, 16,
                              32, 0};
  for (size_t i = 0; i < std::size(results); ++i)
    checkConstant(k.body[1].operands[i], Kind::Integer, results[i]);
  const uint64_t more[] = {(UINT64_MAX - 7) / 2, uint64_t(-4), 1, 0, 1, 5,
                           uint64_t(1) << 63};
  for (size_t i = 0; i < std::size(more); ++i)
    checkConstant(k.body[2].operands[i], Kind::Integer, more[i]);
  CHECK_BODY_ERROR("f 1/0;", "2:4",
                   "division by zero in a constant expression");
  CHECK_BODY_ERROR("f 1.5+1;", "2:6", "operator '+' needs integers");
  CHECK_BODY_ERROR("f 12ab;", "2:3", "malformed number: '12a'");
  CHECK_BODY_ERROR("f 08;", "2:3", "malformed number: '08'");
  CHECK_BODY_ERROR("f 0x;", "2:3", "malformed number: '0x;'");
  CHECK_BODY_ERROR("f 18446744073709551616;", "2:3",
                   "integer of more than 64 bits: '18446744073709551616'");
}

static void testFloats() {
  Function k = parseKernel("f 0f3f800000, 0F3F800000, 0d3FF0000000000000;\n"
                           "f 1.5, -1.5, .5, 1., 1e3, 2.5E-1, -0f3F800000;");
  checkConstant(k.body[0].operands[0], Kind::Float32, 0x3f800000);
  checkConstant(k.body[0].operands[1], Kind::Float32, 0x3f800000);
  checkConstant(k.body[0].operands[2], Kind::Float64, 0x3ff0000000000000);
  const double values[] = {1.5, -1.5, .5, 1., 1e3, .25};
  for (size_t i = 0; i < std::size(values); ++i) {
    uint64_t bits;
    std::memcpy(&bits, &values[i], sizeof(bits));
    checkConstant(k.body[1].operands[i], Kind::Float64, bits);
  }
  checkConstant(k.body[1].operands[6], Kind::Float32, 0xbf800000);
  CHECK_BODY_ERROR("f 0f3f80000;", "2:3",
                   "too few hexadecimal digits in a number: '0f3f80000'");
  CHECK_BODY_ERROR("f 0f3f8000000;", "2:3",
                   "too many digits in a number: '0f3f8000000'");
  CHECK_BODY_ERROR("f 1e999;", "2:3",
                   "malformed or unrepresentable number: '1e999'");
}

static void testScopes() {
  Function k = parseKernel(
      "{ .reg .pred p; .reg .b32 %r<3>; L: mov.b32 %r1, 1; @p bra L; }\n"
      "{ .reg .pred p; L: @p bra DONE; bra L; DONE: }\n"
      "L: mov.b32 %r1, %r7; bra.uni L; bra DONE; DONE: ret;\n"
      "{ bra L; L: { bra L; } }");
  auto target = [&](size_t instruction) {
    const Operand &operand = k.body[instruction].operands[0];
    CHECK(operand.kind == Kind::Label);
    return k.labels[operand.index].instruction;
  };
  CHECK_EQ(target(1), 0u);
  CHECK_EQ(target(2), 4u);
  CHECK_EQ(target(3), 2u);
  CHECK_EQ(target(5), 4u);
  CHECK_EQ(target(6), 7u);
  CHECK_EQ(target(8), 9u);
  CHECK_EQ(target(9), 9u);
  CHECK(k.body[0].operands[0].index != k.body[4].operands[0].index);
  CHECK(*k.body[1].guard != *k.body[2].guard);
  CHECK_BODY_ERROR("bra L; { L: ret; }", "2:5", "unknown label 'L'");
  CHECK_BODY_ERROR("{ .reg .b32 x; }\nmov.b32 x, 1;", "3:9",
                   "unknown name 'x'");
  CHECK_BODY_ERROR("L: ret;\nL: ret;", "3:1",
                   "'L' is already declared in line 2");
}

static void testBranchTargets() {
  Function k = parseKernel("$L_brx_0: .branchtargets $L1, $L2;\n"
                           "brx.idx %r1, $L_brx_0;\n$L1: ret; $L2: exit;");
  CHECK_EQ(nameOf(k, k.body[0].operands[0]), "%r1");
  const Label &list = k.labels[k.body[0].operands[1].index];
  CHECK_EQ(list.targets.size(), 2u);
  CHECK_EQ(k.labels[list.targets[0]].instruction, 1u);
  CHECK_EQ(k.labels[list.targets[1]].instruction, 2u);
  CHECK_BODY_ERROR(".branchtargets L; L: ret;", "2:1",
                   "expected a label before .branchtargets");
  CHECK_BODY_ERROR("T: .branchtargets L;", "2:19", "unknown label 'L'");
}

static void testVariables() {
  Module module = parse(
      ".extern .shared .align 128 .b8 dyn[];\n.shared .align 1 .u8 flag;\n"
      ".const .align 4 .f32 table[4] = {0f3F800000, 0.5, 0d3FF0000000000000};\n"
      ".global .align 1 .b8 $str$2[3] = {104, 105};\n"
      ".visible .global .attribute(.managed) .align 8 .b32 m[2][3] =\n"
      "  {{1, 2}, {-1}};\n"
      ".global .v2 .f32 pairs[2]; .global .s32 open[][2] = {{1,2},{3,4}};\n"
      ".global .f64 wide = 0f3F800000; .extern .global .b32 later;\n"
      ".global .b32 later = 7; .global .b8 small = 300;\n"
      ".global .b128 huge = -2;");
  const std::vector<Variable> &v = module.variables;
  CHECK(v[0].isExtern && v[0].space == Space::Shared);
  CHECK_EQ(v[0].size, 0u);
  CHECK_EQ(v[0].alignment, 128u);
  CHECK_EQ(v[1].size, 1u);
  CHECK(v[2].space == Space::Const);
  CHECK_EQ(v[2].size, 16u);
  const uint8_t table[] = {0, 0, 0x80, 0x3f, 0, 0, 0, 0x3f, 0, 0, 0x80, 0x3f};
  CHECK(v[2].initial == std::vector<uint8_t>(table, std::end(table)));
  CHECK_EQ(v[3].size, 3u);
  CHECK_EQ(v[3].initial.size(), 2u);
  CHECK_EQ(v[4].size, 24u);
  CHECK_EQ(v[4].alignment, 8u);
  CHECK_EQ(v[4].initial.size(), 16u);
  CHECK_EQ(int(v[4].initial[4]), 2);
  CHECK_EQ(int(v[4].initial[12]), 255);
  CHECK_EQ(v[5].size, 16u);
  CHECK_EQ(v[5].alignment, 8u);
  CHECK_EQ(v[6].size, 16u);
  CHECK_EQ(int(v[6].initial[8]), 3);
  CHECK_EQ(int(v[7].initial[7]), 0x3f);
  CHECK_EQ(v[8].name, "later");
  CHECK(!v[8].isExtern);
  CHECK_EQ(int(v[8].initial[0]), 7);
  CHECK_EQ(int(v[9].initial[0]), 300 - 256);
  CHECK_EQ(int(v[10].initial[0]), 254);
  CHECK_EQ(int(v[10].initial[7]), 255);
  CHECK_EQ(int(v[10].initial[15]), 0);
}

static void testAddressesInVariables() {
  Module module = parse(
      ".global .b32 x[9]; .func f { ret; }\n"
      ".global .u64 a[3] = {x+4, generic(x)-4, f};\n"
      ".global .b8 b[10] = {1, 0xFF(generic(x)+8), 0xFF00(generic(x)+8),\n"
      " 0xFF0000(generic(x)+8), 0xFF000000(generic(x)+8),\n"
      " 0xFF00000000(generic(x)+8), 0xFF0000000000(generic(x)+8),\n"
      " 0xFF000000000000(generic(x)+8), 0xFF00000000000000(generic(x)+8), 2};");
  const std::vector<Variable::Relocation> &a = module.variables[1].relocations;
  CHECK_EQ(a.size(), 3u);
  CHECK_EQ(a[0].addend, 4);
  CHECK(!a[0].generic && a[1].generic && a[2].isFunction);
  CHECK_EQ(a[1].offset, 8u);
  CHECK_EQ(a[1].addend, -4);
  const std::vector<Variable::Relocation> &b = module.variables[2].relocations;
  CHECK_EQ(b.size(), 1u);
  CHECK_EQ(b[0].offset, 1u);
  CHECK_EQ(b[0].addend, 8);
  CHECK(b[0].generic);
  CHECK_EQ(int(module.variables[2].initial[9]), 2);
  CHECK_MODULE_ERROR(".global .u64 y = x;", "18",
                     "unknown variable or function 'x'");
  CHECK_MODULE_ERROR(".global .u32 x; .global .u32 y = x;", "34",
                     "an address needs an element of 64 bits, found .u32");
  CHECK_MODULE_ERROR(".global .u32 x; .global .b8 y[9] = {0xFF(x), 1};", "46",
                     "expected the next byte of an address, found '1'");
  CHECK_MODULE_ERROR(".global .u32 x; .global .b8 y[9] = {0xFF00(x)};", "37",
                     "expected the mask of byte 0 of an address");
}

static void testVariableErrors() {
  CHECK_MODULE_ERROR(".global .b32 x[2] = {1, 2, 3};", "28",
                     "more initial values than the 2 elements of the array");
  CHECK_MODULE_ERROR(".shared .b32 x = 3;", "16",
                     "only variables in global and constant memory have an "
                     "initial value");
  CHECK_MODULE_ERROR(".global .f32 x = 3;", "18",
                     "a variable of type .f32 cannot have this initial value");
  CHECK_MODULE_ERROR(".global .b16 x = 0d4004000000000000;", "18",
                     "a variable of type .b16 cannot have this initial value");
  CHECK_MODULE_ERROR(".global .s32 x = 3.5;", "18",
                     "a variable of type .s32 cannot have this initial value");
  CHECK_MODULE_ERROR(".global .b8 x[];", "13",
                     "the size of 'x' is neither given nor follows from an "
                     "initial value");
  CHECK_MODULE_ERROR(
      ".global .align 3 .b8 x;", "16",
      "expected a power of two up to 1048576 as alignment, found "
      "3");
  CHECK_MODULE_ERROR(".global .pred x;", "15",
                     "predicates can only be registers");
  CHECK_MODULE_ERROR(".global .b8 x[-1];", "14",
                     "expected 1 to 17592186044416 as the size of an array, "
                     "found -1");
  CHECK_MODULE_ERROR(".global .b8 x[8388608][8388608];", "13",
                     "variable 'x' is larger than 17592186044416 bytes");
  CHECK_MODULE_ERROR(".global .b8 x[8][1073741824] = {{1}, {2}};", "39",
                     "initial value is longer than 67108864 bytes");
  CHECK_MODULE_ERROR(".global .b8 x; .global .b32 x;", "29",
                     "'x' is already declared in line 4");
  CHECK_MODULE_ERROR(
      ".extern .global .b8 x; .global .b32 x;", "37",
      "'x' was declared with another type or state space in line "
      "4");
  CHECK_MODULE_ERROR(".global .b8 x<4>;", "14",
                     "only registers can be declared as a range");
}

static void testInformation() {
  Module module = parse(
      ".file 1 \"a.cu\", 123, 456\n.entry k() {\n.loc 1 5 3\n$L__tmp0:\n"
      ".loc 1 6 3, function_name $L__info_string0+16, inlined_at 1 4 2\n"
      "ret; // @p bra nowhere; }\n/* { \n */ .pragma \"used_bytes_mask 5\";\n"
      "# 7 \"a.cu\"\n}\n.file 2 \"b.cu\"\n"
      ".section .debug_abbrev\n{\n.b8 1\n$L__abc: .b32 a-b\n}\n"
      ".section .debug_macinfo { }\n");
  CHECK_EQ(module.functions[0].body.size(), 1u);
  CHECK_EQ(module.functions[0].body[0].where.line, 9u);
  CHECK_MODULE_ERROR(".section .debug_str { .b8 1", "28",
                     "expected '}' after the content of a section, found end "
                     "of file");
  CHECK_MODULE_ERROR("/* x", "1", "comment without end: '/*'");
  CHECK_MODULE_ERROR(".file 1 \"x", "9", "string without end: '\"'");
  CHECK_MODULE_ERROR("\x01", "1", "unexpected character: '\\x01'");
  CHECK_MODULE_ERROR(".", "1", "a dot must be followed by a word: '.'");
}

/// Returns `count` times `text`.
static std::string repeat(const std::string &text, size_t count) {
  std::string result;
  for (size_t i = 0; i < count; ++i)
    result += text;
  return result;
}

static void testNesting() {
  CHECK_BODY_ERROR(repeat("{", 100000), "2:255",
                   "scopes are nested too deeply");
  CHECK_BODY_ERROR("f " + repeat("(", 100000), "2:67",
                   "constant expression is nested too deeply");
  CHECK_BODY_ERROR("f " + repeat("-", 100000), "2:67",
                   "constant expression is nested too deeply");
  CHECK_BODY_ERROR("f (" + repeat("1?", 100000), "2:131",
                   "constant expression is nested too deeply");
  CHECK_MODULE_ERROR(".global .b8 x" + repeat("[1]", 100000), "62",
                     "array has more than 16 dimensions");
  CHECK_MODULE_ERROR(".global .b8 x[1] = " + repeat("{", 100000), "21",
                     "expected an initial value, found '{'");
}

/// Returns the content of a file.
static std::string readFile(const char *path) {
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream content;
  content << stream.rdbuf();
  if (!stream)
    check::report(__FILE__, __LINE__, std::string("cannot read ") + path);
  return content.str();
}

static double secondsSince(std::chrono::steady_clock::time_point start) {
  std::chrono::duration<double> elapsed =
      std::chrono::steady_clock::now() - start;
  return elapsed.count();
}

/// Parses one file and prints what is in it.
static void parseFile(const char *path) {
  std::string text = readFile(path);
  auto start = std::chrono::steady_clock::now();
  Result<Module> module = parseModule(text, path);
  double seconds = secondsSince(start);
  if (!module)
    return check::report(__FILE__, __LINE__, module.error().str(path));
  size_t instructions = 0;
  for (const Function &function : module->functions)
    instructions += function.body.size();
  std::cout << path << ": " << text.size() << " bytes, "
            << module->functions.size() << " functions, " << instructions
            << " instructions, " << seconds * 1e3 << " ms\n";
}

/// Changes one place of `text`: a byte, a stretch removed, repeated, or taken
/// from `other`.
static void mutate(std::string &text, const std::string &other,
                   std::mt19937 &random) {
  static constexpr std::string_view snippets[] = {"{",
                                                  "}",
                                                  "(",
                                                  ")",
                                                  "[",
                                                  "]",
                                                  "<4000000000>",
                                                  ".reg .b32 ",
                                                  "@",
                                                  "!",
                                                  "|",
                                                  ":",
                                                  ";",
                                                  ",",
                                                  "-",
                                                  "0f",
                                                  "0x",
                                                  ".",
                                                  "_",
                                                  "%r",
                                                  "/*",
                                                  "\"",
                                                  ".v4",
                                                  ".param ",
                                                  "call",
                                                  "+",
                                                  "?",
                                                  "=",
                                                  "\n",
                                                  "99999999999999999999",
                                                  ".section ",
                                                  ".func ",
                                                  ".alias ",
                                                  ".branchtargets "};
  auto pick = [&](size_t count) { return count ? random() % count : 0; };
  size_t at = pick(text.size());
  size_t length = pick(40);
  switch (pick(5)) {
  case 0:
    if (!text.empty())
      text[at] = char(random());
    break;
  case 1:
    text.erase(at, length);
    break;
  case 2:
    text.insert(at, snippets[pick(std::size(snippets))]);
    break;
  case 3:
    text.insert(at, text.substr(pick(text.size()), length));
    break;
  case 4:
    text.insert(at, other.substr(pick(other.size()), length));
    break;
  }
}

/// Parses mutated files for some seconds.
static void fuzz(double seconds, const std::vector<std::string> &files) {
  std::mt19937 random(std::random_device{}());
  auto start = std::chrono::steady_clock::now();
  size_t count = 0, parsed = 0;
  while (secondsSince(start) < seconds) {
    std::string text = files[random() % files.size()];
    // Most mutants of a part of a file differ early.
    if (random() % 2)
      text.resize(random() % (text.size() + 1));
    for (unsigned i = random() % 8 + 1; i > 0; --i)
      mutate(text, files[random() % files.size()], random);
    auto begin = std::chrono::steady_clock::now();
    Result<Module> module = parseModule(text, "fuzz.ptx");
    CHECK(secondsSince(begin) < 5);
    parsed += bool(module);
    CHECK(module || !module.error().message.empty());
    ++count;
  }
  std::cout << count << " mutants, " << parsed << " parsed\n";
}

int main(int argc, char **argv) {
  std::string mode = argc > 1 ? argv[1] : "";
  if (mode == "parse") {
    for (int i = 2; i < argc; ++i)
      parseFile(argv[i]);
    return check::finish("SimulatorParserTest");
  }
  if (mode == "fuzz" && argc > 3) {
    std::vector<std::string> files;
    for (int i = 3; i < argc; ++i)
      files.push_back(readFile(argv[i]));
    fuzz(std::atof(argv[2]), files);
    return check::finish("SimulatorParserTest");
  }
  testModuleDirectives();
  testFunctionDirectives();
  testFunctions();
  testAlias();
  testRegisters();
  testSpecialRegisters();
  testOperands();
  testOperandErrors();
  testIntegers();
  testFloats();
  testScopes();
  testBranchTargets();
  testVariables();
  testAddressesInVariables();
  testVariableErrors();
  testInformation();
  testNesting();
  return check::finish("SimulatorParserTest");
}
