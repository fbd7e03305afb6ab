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

/// A processor must have the instructions that are asked for.
static void testProcessors() {
  auto v3 = resolveCPU("x86-64-v3", ATTN_RT_CPU_AVX512);
  CHECK_EQUAL(v3->model, "x86-64-v3");
  CHECK_EQUAL(getMessage(resolveCPU("x86-64-v4", ATTN_RT_CPU_AVX2)),
              "cpu x86-64-v4 needs AVX-512, which this processor (x86-64-v3) "
              "does not have");
  CHECK_EQUAL(getMessage(resolveCPU("x86-64-v3", ATTN_RT_CPU_BASELINE)),
              "cpu x86-64-v3 needs AVX2, which this processor (x86-64) does "
              "not have");
  CHECK_EQUAL(getMessage(resolveCPU("native", ATTN_RT_CPU_BASELINE)),
              "cpu native needs AVX2, which this processor (x86-64) does not "
              "have");
  CHECK_EQUAL(getMessage(resolveCPU("z80", ATTN_RT_CPU_AVX512)),
              "unknown cpu 'z80': expected native, x86-64-v3 or x86-64-v4");
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
  registerRunnerDialects(registry);
  MLIRContext context(registry, MLIRContext::Threading::DISABLED);
  testProcessors();
  testOwnership(context);
  return check::finish("RunnerTest");
}
