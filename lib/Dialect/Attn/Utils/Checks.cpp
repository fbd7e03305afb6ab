//===- Checks.cpp - run-time checks of sizes ------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Dialect/Attn/Utils/Checks.h"

#include "attn/Dialect/Attn/Utils/Divisors.h"

#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::attn;
using tile::CheckKind;

void mlir::attn::emitCheck(OpBuilder &b, Location loc, CheckKind kind,
                           Value found, Value expected, const Twine &message) {
  if (matchPattern(found, m_Constant()) && matchPattern(expected, m_Constant()))
    return;
  tile::CheckOp::create(b, loc, kind, found, expected,
                        b.getStringAttr(message));
}

Value mlir::attn::emitSize(OpBuilder &b, Location loc, Value tensor,
                           unsigned axis) {
  auto type = cast<RankedTensorType>(tensor.getType());
  if (!type.isDynamicDim(axis))
    return arith::ConstantIndexOp::create(b, loc, type.getDimSize(axis));
  return tensor::DimOp::create(b, loc, tensor, axis);
}

namespace {

/// Emits the checks of one op over pairs.
class PairChecker {
public:
  PairChecker(OpBuilder &b, const PairView &view)
      : b(b), view(view), c(view.getCoordinates()), loc(view.op->getLoc()) {}

  LogicalResult emit();

private:
  void checkSigns();
  void checkCoordinate(unsigned dim);
  /// Checks an axis of a result whose type knows more than the operands.
  void checkResult(Value result, unsigned axis, Value extent, StringRef name);
  void checkResults();
  void checkMask(Value mask, Value queries, Value keys);
  void checkPieces(MaskPiecewiseOp op);
  template <typename OpTy>
  void checkGrids(OpTy op, Value queries, Value keys);
  void checkLengths(MaskPiecewiseOp op, ValueRange lengths);
  void checkProducts();
  /// `product` * `size`, checked to stay below 2^62; `product` may be null.
  Value multiply(Value product, Value size, const Twine &what);
  void checkGrid(Operation *op, ArrayRef<int64_t> sizes, ValueRange operands,
                 Value tokens, StringRef letter);

  /// A static size, or the next of `operands`.
  Value getSize(int64_t size, ValueRange &operands) {
    if (!ShapedType::isDynamic(size))
      return arith::ConstantIndexOp::create(b, loc, size);
    Value value = operands.front();
    operands = operands.drop_front();
    return value;
  }
  std::string prefix(Operation *op) const {
    return (op->getName().getStringRef() + ": ").str();
  }

  OpBuilder &b;
  const PairView &view;
  PairCoordinates c;
  Location loc;
};

} // namespace

LogicalResult PairChecker::emit() {
  checkSigns();
  checkProducts();
  for (unsigned dim = 0; dim < c.inner(); ++dim)
    checkCoordinate(dim);
  checkResults();
  if (view.mask)
    checkMask(view.mask, emitExtent(b, view, c.query()),
              emitExtent(b, view, c.key()));
  return emitUniformDivisorChecks(b, view);
}

void PairChecker::checkSigns() {
  Value zero = arith::ConstantIndexOp::create(b, loc, 0);
  for (Value size : view.grid)
    emitCheck(b, loc, CheckKind::AtLeast, size, zero,
              Twine(prefix(view.op)) + "grid size");
  for (Value size : view.extents)
    emitCheck(b, loc, CheckKind::AtLeast, size, zero,
              Twine(prefix(view.op)) + "extent");
}

Value PairChecker::multiply(Value product, Value size, const Twine &what) {
  std::optional<int64_t> before = 1, factor = getConstantIntValue(size);
  if (product)
    before = getConstantIntValue(product);
  auto index = [&](int64_t value) -> Value {
    return arith::ConstantIndexOp::create(b, loc, value);
  };
  // The verifier has seen products of constants.
  if (before && factor)
    return index(multiplyExtents({*before, *factor}).value_or(kMaxExtent));
  Value most;
  if (before)
    most = index(kMaxExtent / std::max<int64_t>(*before, 1));
  else
    most = arith::DivSIOp::create(
        b, loc, index(kMaxExtent),
        arith::MaxSIOp::create(b, loc, product, index(1)));
  emitCheck(b, loc, CheckKind::AtMost, size, most,
            what + " in a product below 2^62");
  return product ? Value(arith::MulIOp::create(b, loc, product, size)) : size;
}

void PairChecker::checkProducts() {
  ValueRange operands = view.grid;
  for (ArrayRef<int64_t> grid : {view.queryGrid, view.keyGrid}) {
    Value product;
    for (int64_t size : grid)
      product = multiply(product, getSize(size, operands),
                         Twine(prefix(view.op)) + "grid size");
  }
  auto dims = llvm::to_vector(llvm::seq(c.numOver()));
  dims.append({c.query(), c.key()});
  Value product;
  for (unsigned dim : dims)
    product = multiply(product, emitExtent(b, view, dim),
                       Twine(prefix(view.op)) + "extent of '" +
                           c.getNames()[dim] + "'");
}

void PairChecker::checkCoordinate(unsigned dim) {
  unsigned numDefining;
  SmallVector<OperandAxis> axes = view.findAxes(dim, numDefining);
  if (axes.empty())
    return;
  Value extent = emitExtent(b, view, dim);
  bool isDefined = ShapedType::isDynamic(view.getStaticExtent(dim)) &&
                   !view.hasExtentClause(dim);
  bool isHead = c.numOver() && dim == c.numOver() - 1;
  StringRef letter = c.getNames()[dim];
  for (auto [position, axis] : llvm::enumerate(axes)) {
    if (position == 0 && isDefined)
      continue;
    Value size = emitSize(b, loc, axis.tensor, axis.axis);
    if (isHead && position >= numDefining)
      emitCheck(b, loc, CheckKind::Multiple, extent, size,
                Twine(prefix(view.op)) + "extent of '" + letter +
                    "' over heads of " + axis.name);
    else
      emitCheck(b, loc, CheckKind::Equal, size, extent,
                Twine(prefix(view.op)) + "extent of '" + letter + "' in " +
                    axis.name);
  }
}

void PairChecker::checkResult(Value result, unsigned axis, Value extent,
                              StringRef name) {
  auto type = cast<RankedTensorType>(result.getType());
  if (type.isDynamicDim(axis))
    return;
  Value size = arith::ConstantIndexOp::create(b, loc, type.getDimSize(axis));
  emitCheck(b, loc, CheckKind::Equal, extent, size,
            Twine(prefix(view.op)) + "extent of '" + name + "' in a result");
}

void PairChecker::checkResults() {
  auto check = [&](Value result, unsigned axis, unsigned dim) {
    if (dim != c.inner())
      checkResult(result, axis, emitExtent(b, view, dim), c.getNames()[dim]);
  };
  if (auto op = dyn_cast<AttentionOp>(view.op)) {
    if (op.getOut())
      for (auto [axis, expr] : llvm::enumerate(op.getOutMap()->getResults()))
        check(op.getOut(), axis, cast<AffineDimExpr>(expr).getPosition());
    if (op.getStat())
      for (unsigned dim = 0; dim <= c.query(); ++dim)
        check(op.getStat(), dim, dim);
  }
  auto op = dyn_cast<PartialOp>(view.op);
  if (!op)
    return;
  unsigned query = c.query() + (op.getSplit() ? 1 : 0);
  for (Value result : op->getResults()) {
    for (unsigned dim = 0; dim < c.query(); ++dim)
      check(result, dim, dim);
    check(result, query, c.query());
    if (!op.getSplit())
      continue;
    Value size = arith::ConstantIndexOp::create(b, loc, *op.getSplit());
    Value pieces =
        arith::CeilDivSIOp::create(b, loc, emitExtent(b, view, c.key()), size);
    if (ShapedType::isDynamic(view.getStaticExtent(c.key())))
      checkResult(result, c.query(), pieces, "split");
  }
}

//===----------------------------------------------------------------------===//
// Masks
//===----------------------------------------------------------------------===//

void PairChecker::checkGrid(Operation *op, ArrayRef<int64_t> sizes,
                            ValueRange operands, Value tokens,
                            StringRef letter) {
  Value product, zero = arith::ConstantIndexOp::create(b, loc, 0);
  bool isStatic = operands.empty() && matchPattern(tokens, m_Constant());
  if (sizes.empty() || isStatic)
    return;
  for (int64_t size : sizes) {
    Value value = getSize(size, operands);
    std::string what = prefix(op) + "grid size";
    emitCheck(b, loc, CheckKind::AtLeast, value, zero, what);
    product = multiply(product, value, what);
  }
  emitCheck(b, loc, CheckKind::AtLeast, product, tokens,
            Twine(prefix(op)) + "tokens in the grid of '" + letter + "'");
}

template <typename OpTy>
void PairChecker::checkGrids(OpTy op, Value queries, Value keys) {
  size_t numQuery = llvm::count_if(op.getQueryGrid(), ShapedType::isDynamic);
  ValueRange grid = op.getGrid();
  checkGrid(op, op.getQueryGrid(), grid.take_front(numQuery), queries, "i");
  checkGrid(op, op.getKeyGrid(), grid.drop_front(numQuery), keys, "j");
}

void PairChecker::checkLengths(MaskPiecewiseOp op, ValueRange lengths) {
  Value zero = arith::ConstantIndexOp::create(b, loc, 0), begin = zero;
  Value most = arith::ConstantIndexOp::create(b, loc, kMaxExtent);
  std::string what = prefix(op) + "length of a segment";
  for (Value length : lengths) {
    emitCheck(b, loc, CheckKind::AtLeast, length, zero, what);
    Value rest = arith::SubIOp::create(b, loc, most, begin);
    emitCheck(b, loc, CheckKind::AtMost, length, rest,
              what + " in a sum below 2^62");
    begin = arith::AddIOp::create(b, loc, begin, length);
  }
}

void PairChecker::checkPieces(MaskPiecewiseOp op) {
  checkLengths(op, op.getQueryLengths());
  checkLengths(op, op.getKeyLengths());
  size_t columns = op.getKeyLengths().size();
  for (auto [position, piece] : llvm::enumerate(op.getLayout()))
    if (piece >= 0)
      checkMask(op.getPieces()[piece], op.getQueryLengths()[position / columns],
                op.getKeyLengths()[position % columns]);
}

void PairChecker::checkMask(Value mask, Value queries, Value keys) {
  Operation *definition = mask.getDefiningOp();
  if (!definition)
    return;
  llvm::TypeSwitch<Operation *>(definition)
      .Case<MaskAndOp, MaskOrOp>([&](auto op) {
        checkMask(op.getLhs(), queries, keys);
        checkMask(op.getRhs(), queries, keys);
      })
      .Case([&](MaskNotOp op) { checkMask(op.getMask(), queries, keys); })
      .Case([&](MaskPiecewiseOp op) { checkPieces(op); })
      .Case<MaskOp, MaskAnyOp, MaskNeighborhoodOp>(
          [&](auto op) { checkGrids(op, queries, keys); })
      .Default([](Operation *) {});
}

LogicalResult mlir::attn::emitPairChecks(OpBuilder &b, const PairView &view) {
  return PairChecker(b, view).emit();
}
