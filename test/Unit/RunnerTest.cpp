// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tests what attn-run decides about processors and calls, without a command
// line.

#include "Check.h"
#include "attn/Runner/CompiledModule.h"
#include "attn/Runtime/Runtime.h"

#include "mlir/IR/BuiltinOps.h"
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
  CHECK_EQUAL(resolveCPU("sapphirerapids", level)->model, "x86-64-v4");
  CHECK_EQUAL(resolveCPU("znver5", level)->bf16Rounding, true);
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

/// Arguments stay as they are, and results own their memory even if they are
/// the arguments.
static void testOwnership(MLIRContext &context) {
  auto module = parseSourceString<ModuleOp>(
      R"(func.func @negate(%x: tensor<?xf32>)
             -> (tensor<?xf32>, tensor<?xf32>, tensor<?xf32>) {
           %y = linalg.negf ins(%x : tensor<?xf32>)
               outs(%x : tensor<?xf32>) -> tensor<?xf32>
           return %x, %y, %y : tensor<?xf32>, tensor<?xf32>, tensor<?xf32>
         })",
      &context);
  auto compiled = CompiledModule::compile(*module, CompileOptions());
  if (!compiled)
    return check::report(__FILE__, __LINE__,
                         llvm::toString(compiled.takeError()));
  SmallVector<Array> arguments;
  arguments.push_back(std::move(*Array::create(ElementKind::F32, {3})));
  arguments[0].setDouble(1, 2.0);
  auto results = (*compiled)->invoke(arguments);
  CHECK_EQUAL(arguments[0].getDouble(1), 2.0);
  CHECK_EQUAL((*results)[0].getDouble(1), 2.0);
  CHECK_EQUAL((*results)[1].getDouble(1), -2.0);
  CHECK_EQUAL((*results)[2].getDouble(1), -2.0);
  CHECK_EQUAL((*results)[0].data() != arguments[0].data(), true);
  CHECK_EQUAL((*results)[1].data() != (*results)[2].data(), true);
}

int main() {
  DialectRegistry registry;
  registerProgramDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  testProcessors();
  testMissingInstructions();
  testOwnership(context);
  return check::finish("RunnerTest");
}
