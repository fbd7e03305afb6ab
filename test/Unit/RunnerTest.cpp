// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tests how attn-run calls compiled code, without a command line.

#include "Check.h"
#include "attn/Runner/CompiledModule.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"

using namespace mlir;
using namespace mlir::attn;

#define CHECK_EQUAL(found, expected)                                           \
  check::equal(__FILE__, __LINE__, #found, found, expected)

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
  testOwnership(context);
  return check::finish("RunnerTest");
}
