// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Extents of results of attn ops that analyses of value bounds find.

#include "Check.h"

#include "attn/InitAll.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Interfaces/ValueBoundsOpInterface.h"
#include "mlir/Parser/Parser.h"

using namespace mlir;

/// A function whose results have axes with the extents of axes of arguments.
static const char *program = R"mlir(
func.func @extents(%q: tensor<?x4x?x8xf32>, %k: tensor<?x2x?x8xf32>,
                   %t: tensor<?x?x?xf32>)
    -> (tensor<?x4x?x8xf32>, tensor<?x4x?xf32>, tensor<?x4x?x?xf32>,
        tensor<?x4x?xf32>, tensor<?x?xf32>, tensor<?x4x?xf32>,
        tensor<?x?xf32>, tensor<?x?x?xf32>) {
  %o, %l = attn.attention dots(%q * %k) values(%k) results(out, lse)
    : tensor<?x4x?x8xf32>, tensor<?x2x?x8xf32>, tensor<?x2x?x8xf32>
    -> (tensor<?x4x?x8xf32>, tensor<?x4x?xf32>)
  %m, %d = attn.partial dots(%q * %k) split j by 16
    : tensor<?x4x?x8xf32>, tensor<?x2x?x8xf32>
    -> (tensor<?x4x?x?xf32>, tensor<?x4x?x?xf32>)
  %m1, %d1 = attn.combine exp (%m, %d) along 2
    : tensor<?x4x?x?xf32>, tensor<?x4x?x?xf32>
  %f = attn.finalize exp (%m1, %d1) : tensor<?x4x?xf32>, tensor<?x4x?xf32>
  %c = attn.observe dots(%q * %k) observe(%p) {
      attn.yield %p : f32
    } into [[b, j] add] : tensor<?x4x?x8xf32>, tensor<?x2x?x8xf32> -> tensor<?x?xf32>
  %s = attn.softmax %t : tensor<?x?x?xf32>
  return %o, %l, %m, %f, %c, %m1, %c, %s
    : tensor<?x4x?x8xf32>, tensor<?x4x?xf32>, tensor<?x4x?x?xf32>,
      tensor<?x4x?xf32>, tensor<?x?xf32>, tensor<?x4x?xf32>,
      tensor<?x?xf32>, tensor<?x?x?xf32>
}
)mlir";

namespace {

/// The parsed program.
struct Program {
  Program() {
    DialectRegistry registry;
    registry.insert<func::FuncDialect, tensor::TensorDialect>();
    attn::registerAllDialects(registry);
    context.appendDialectRegistry(registry);
    module = parseSourceString<ModuleOp>(program, &context);
    function = cast<func::FuncOp>(module->getBody()->front());
  }

  /// Whether result `result` has along `axis` the extent of an argument.
  bool isEqual(unsigned result, unsigned axis, unsigned argument,
               unsigned argumentAxis) {
    Value value = function.front().getTerminator()->getOperand(result);
    FailureOr<bool> equal = ValueBoundsConstraintSet::areEqual(
        {value, axis}, {function.getArgument(argument), argumentAxis});
    return succeeded(equal) && *equal;
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
  func::FuncOp function;
};

} // namespace

int main() {
  Program p;
  const unsigned q = 0, k = 1, t = 2;
  CHECK_EQ(p.isEqual(0, 0, q, 0), true); // out: b
  CHECK_EQ(p.isEqual(0, 2, q, 2), true); // out: i
  CHECK_EQ(p.isEqual(0, 2, k, 2), false);
  CHECK_EQ(p.isEqual(1, 2, q, 2), true); // lse: i
  CHECK_EQ(p.isEqual(2, 3, q, 2), true); // split state: i
  CHECK_EQ(p.isEqual(2, 2, q, 2), false);
  CHECK_EQ(p.isEqual(3, 2, q, 2), true); // lse of joined states: i
  CHECK_EQ(p.isEqual(3, 0, q, 0), true);
  CHECK_EQ(p.isEqual(4, 1, k, 2), true); // observed: j
  CHECK_EQ(p.isEqual(4, 1, q, 2), false);
  CHECK_EQ(p.isEqual(5, 2, q, 2), true); // joined: i, behind the splits
  CHECK_EQ(p.isEqual(7, 2, t, 2), true); // softmax
  CHECK_EQ(p.isEqual(7, 2, t, 1), false);
  return check::finish("ValueBoundsTest");
}
