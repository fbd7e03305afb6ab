//===- OperandChecks.cpp - run-time checks of the sizes of operands -------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Dialect/Attn/Utils/Checks.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::attn;

namespace {

/// Emits the checks of one op.
class OperandChecker {
public:
  OperandChecker(OpBuilder &b, Operation *op)
      : b(b), op(op), loc(op->getLoc()) {}

  void checkStates(ValueRange accs, ValueRange maxes, ValueRange dens,
                   StringRef accName, StringRef maxName);
  void checkSink(Value sink, Value max);
  void checkTable(Value table, Value x, unsigned inner, StringRef name);
  void checkAxis(Value tensor, unsigned axis, Value expected,
                 unsigned expectedAxis, const Twine &name);

private:
  void checkLike(Value tensor, Value expected, unsigned axes,
                 const Twine &name);

  OpBuilder &b;
  Operation *op;
  Location loc;
};

} // namespace

static unsigned getRank(Value tensor) {
  return cast<RankedTensorType>(tensor.getType()).getRank();
}

/// Checks the size of one axis against that of another tensor.
void OperandChecker::checkAxis(Value tensor, unsigned axis, Value expected,
                               unsigned expectedAxis, const Twine &name) {
  emitCheck(b, loc, tile::CheckKind::Equal, emitSize(b, loc, tensor, axis),
            emitSize(b, loc, expected, expectedAxis),
            op->getName().getStringRef() + ": size of axis " + Twine(axis) +
                " of " + name);
}

/// Checks the first `axes` axes against those of another tensor.
void OperandChecker::checkLike(Value tensor, Value expected, unsigned axes,
                               const Twine &name) {
  if (tensor != expected)
    for (unsigned axis = 0; axis < axes; ++axis)
      checkAxis(tensor, axis, expected, axis, name);
}

/// Checks that states have the rows of the first maximum (else denominator,
/// else accumulator), and accumulators the features of the first.
void OperandChecker::checkStates(ValueRange accs, ValueRange maxes,
                                 ValueRange dens, StringRef accName,
                                 StringRef maxName) {
  Value first = !maxes.empty()  ? maxes.front()
                : !dens.empty() ? dens.front()
                                : accs.front();
  unsigned rows = getRank(first) - (maxes.empty() && dens.empty() ? 1 : 0);
  auto checkRows = [&](ValueRange values, StringRef name) {
    for (auto [n, value] : llvm::enumerate(values))
      checkLike(value, first, rows, name + " " + Twine(n));
  };
  checkRows(maxes, maxName);
  checkRows(dens, "den");
  checkRows(accs, accName);
  for (auto [n, acc] : llvm::enumerate(accs.drop_front(accs.empty() ? 0 : 1)))
    checkAxis(acc, rows, accs.front(), rows, accName + " " + Twine(n + 1));
}

/// Checks that there is one sink per head.
void OperandChecker::checkSink(Value sink, Value max) {
  if (sink)
    checkAxis(sink, 0, max, getRank(max) - 2, "the sink");
}

/// Checks that a table, but for its last `inner` axes and those of static size
/// 1, has the sizes of the axes in front of the last of `x`.
void OperandChecker::checkTable(Value table, Value x, unsigned inner,
                                StringRef name) {
  auto type = cast<RankedTensorType>(table.getType());
  unsigned axes = type.getRank() - inner, first = getRank(x) - 1 - axes;
  for (unsigned axis = 0; axis < axes; ++axis)
    if (type.getDimSize(axis) != 1)
      checkAxis(table, axis, x, first + axis, name);
}

void mlir::attn::emitOperandChecks(OpBuilder &b, Operation *op) {
  OperandChecker checker(b, op);
  llvm::TypeSwitch<Operation *>(op)
      .Case([&](CombineOp op) {
        checker.checkStates(op.getAccs(), op.getMaxes(), op.getDens(), "acc",
                            "max");
      })
      .Case([&](MergeOp op) {
        checker.checkStates(op.getOuts(), op.getLses(), {}, "output", "lse");
      })
      .Case<PrefixOp, FinalizeOp>([&](auto op) {
        SmallVector<Value> acc, max, den;
        for (auto [value, list] : {std::pair(Value(op.getAcc()), &acc),
                                   {Value(op.getMax()), &max},
                                   {Value(op.getDen()), &den}})
          if (value)
            list->push_back(value);
        checker.checkStates(acc, max, den, "acc", "max");
      })
      .Case([&](RotateOp op) {
        checker.checkTable(op.getCos(), op.getX(), 1, "cos");
        checker.checkTable(op.getSin(), op.getX(), 1, "sin");
      })
      .Case([&](RotateBlocksOp op) {
        checker.checkTable(op.getR(), op.getX(), 3, "r");
      });
  if (auto finalize = dyn_cast<FinalizeOp>(op))
    checker.checkSink(finalize.getSink(), finalize.getMax());
}
