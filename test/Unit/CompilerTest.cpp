// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tests what the compiler knows of processors, and how embedders compile one
// function.

#include "attn/Compiler/Compiler.h"
#include "Check.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"

using namespace mlir;
using namespace mlir::attn;

#define CHECK_EQUAL(found, expected)                                           \
  check::equal(__FILE__, __LINE__, #found, found, expected)

/// Returns the sentence of what must be an error.
template <typename T>
static std::string getMessage(llvm::Expected<T> value) {
  return value ? "no error" : llvm::toString(value.takeError());
}

/// Names of processors stand for a model and for what LLVM knows of them.
static void testProcessors() {
  int level = ATTN_RT_CPU_AVX512;
  CHECK_EQUAL(resolveCPU("x86-64-v3", level)->model, "x86-64-v3");
  CHECK_EQUAL(resolveCPU("x86-64-v3", level)->bf16Rounding, false);
  CHECK_EQUAL(resolveCPU("sapphirerapids", level)->model, "sapphirerapids");
  CHECK_EQUAL(resolveCPU("znver5", level)->bf16Rounding, true);
  CHECK_EQUAL(resolveCPU("znver5", level)->model, "znver4");
  CHECK_EQUAL(getMessage(resolveCPU("native", ATTN_RT_CPU_BASELINE)),
              "cpu native needs AVX2, which this processor (x86-64) does not "
              "have");
  CHECK_EQUAL(getMessage(resolveCPU("z80", level)),
              "unknown cpu 'z80': expected native, x86-64-v3, x86-64-v4, "
              "sapphirerapids or znver5");
}

/// Code is for machines that have all instructions which it may use.
static void testMissingInstructions() {
  auto missing = [](StringRef cpu, ArrayRef<StringRef> absent) {
    llvm::StringMap<bool> host;
    for (StringRef feature :
         {"sse",     "sse2",     "sse3",     "ssse3",    "sse4.1",
          "sse4.2",  "avx",      "avx2",     "fma",      "f16c",
          "bmi",     "bmi2",     "lzcnt",    "movbe",    "popcnt",
          "avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"})
      host[feature] = !llvm::is_contained(absent, feature);
    return getMissingInstructions(*resolveCPU(cpu, ATTN_RT_CPU_AVX512), host);
  };
  CHECK_EQUAL(missing("x86-64-v4", {}), "");
  CHECK_EQUAL(missing("x86-64-v4", {"avx512dq"}), "avx512dq");
  CHECK_EQUAL(missing("x86-64-v3", {"avx512dq"}), "");
  CHECK_EQUAL(missing("x86-64-v3", {"avx2", "fma"}), "avx2, fma");
  CHECK_EQUAL(missing("native", {"avx2"}), "");
  CHECK_EQUAL(StringRef(missing("sapphirerapids", {})).contains("amx-tile"),
              true);
}

/// An embedder gets an object, its symbols and what the function takes.
static void testCompileKernel(MLIRContext &context) {
  auto module = parseSourceString<ModuleOp>(
      R"(func.func @first(%x: tensor<?x3xf32>, %s: i32) -> tensor<?x3xf32> {
           return %x : tensor<?x3xf32>
         }
         func.func @second() { return })",
      &context);
  auto cpu = resolveCPU("x86-64-v3", ATTN_RT_CPU_AVX2);
  auto kernel = compileKernel(module->lookupSymbol("first"), *cpu);
  if (!kernel)
    return check::report(__FILE__, __LINE__,
                         llvm::toString(kernel.takeError()));
  CHECK_EQUAL(kernel->symbol, "first");
  CHECK_EQUAL(kernel->entrySymbol, "attn_entry_first");
  CHECK_EQUAL(StringRef(kernel->image)
                  .starts_with("\x7f"
                               "ELF"),
              true);
  CHECK_EQUAL(kernel->image.find("second"), std::string::npos);
  CHECK_EQUAL(kernel->signature.parameters.size(), size_t(2));
  CHECK_EQUAL(describeShape(kernel->signature.parameters[0].shape), "?x3");
  CHECK_EQUAL(kernel->signature.parameters[1].isScalar, true);
  CHECK_EQUAL(getMessage(compileKernel(*module, *cpu)),
              "compileKernel: expected a func.func in a module, found "
              "builtin.module");
}

int main() {
  DialectRegistry registry;
  registerProgramDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  testProcessors();
  testMissingInstructions();
  testCompileKernel(context);
  return check::finish("CompilerTest");
}
