//===- Coordinates.cpp - named coordinates of attn ops --------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Dialect/Attn/IR/Coordinates.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/BuiltinTypes.h"

using namespace mlir;
using namespace mlir::attn;

/// Appends the names of a token coordinate and of its `axes` grid axes.
static void appendTokenNames(SmallVectorImpl<std::string> &names, char letter,
                             unsigned axes) {
  static constexpr StringLiteral letters = "tyx";
  names.push_back(std::string(1, letter));
  // Grids of more axes are refused by the verifiers, which need names too.
  for (unsigned axis = axes; axis-- > 0;)
    names.push_back({letter, axis < 3 ? letters[2 - axis] : '?'});
}

PairCoordinates::PairCoordinates(ArrayAttr overNames, unsigned queryAxes,
                                 unsigned keyAxes, StringRef entry)
    : over(overNames.size()), queryAxes(queryAxes), keyAxes(keyAxes),
      hasEntry(!entry.empty()) {
  for (Attribute name : overNames)
    names.push_back(cast<StringAttr>(name).str());
  appendTokenNames(names, 'i', queryAxes);
  appendTokenNames(names, 'j', keyAxes);
  if (hasEntry)
    names.push_back(entry.str());
  names.push_back(":");
}

bool PairCoordinates::dependsOnQuery(AffineExpr expr) const {
  for (unsigned dim = query(); dim < key(); ++dim)
    if (expr.isFunctionOfDim(dim))
      return true;
  return false;
}

bool PairCoordinates::dependsOnKey(AffineExpr expr) const {
  for (unsigned dim = key(); dim < entry(); ++dim)
    if (expr.isFunctionOfDim(dim))
      return true;
  return false;
}

std::optional<int64_t> mlir::attn::multiplyExtents(ArrayRef<int64_t> sizes) {
  if (llvm::is_contained(sizes, 0))
    return 0;
  int64_t product = 1;
  for (int64_t size : sizes) {
    if (ShapedType::isDynamic(size))
      continue;
    if (size > kMaxExtent / product)
      return std::nullopt;
    product *= size;
  }
  return product;
}

//===----------------------------------------------------------------------===//
// Index expressions
//===----------------------------------------------------------------------===//

/// Emits the arithmetic of one binary expression on emitted operands.
static Value emitBinary(OpBuilder &b, Location loc, AffineExprKind kind,
                        Value lhs, Value rhs) {
  switch (kind) {
  case AffineExprKind::Add:
    return arith::AddIOp::create(b, loc, lhs, rhs);
  case AffineExprKind::Mul:
    return arith::MulIOp::create(b, loc, lhs, rhs);
  case AffineExprKind::FloorDiv:
    return arith::FloorDivSIOp::create(b, loc, lhs, rhs);
  case AffineExprKind::CeilDiv:
    return arith::CeilDivSIOp::create(b, loc, lhs, rhs);
  case AffineExprKind::Mod: {
    Value quotient = arith::FloorDivSIOp::create(b, loc, lhs, rhs);
    Value multiple = arith::MulIOp::create(b, loc, quotient, rhs);
    return arith::SubIOp::create(b, loc, lhs, multiple);
  }
  default:
    llvm_unreachable("not a binary expression");
  }
}

Value mlir::attn::emitIndexExpr(OpBuilder &b, Location loc, AffineExpr expr,
                                ValueRange dims, ValueRange symbols) {
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return dims[dim.getPosition()];
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expr))
    return symbols[symbol.getPosition()];
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return arith::ConstantIndexOp::create(b, loc, constant.getValue());
  auto binary = cast<AffineBinaryOpExpr>(expr);
  Value lhs = emitIndexExpr(b, loc, binary.getLHS(), dims, symbols);
  Value rhs = emitIndexExpr(b, loc, binary.getRHS(), dims, symbols);
  return emitBinary(b, loc, expr.getKind(), lhs, rhs);
}

/// Binding strength of an expression: sums are weaker than products.
static unsigned getStrength(AffineExpr expr) {
  switch (expr.getKind()) {
  case AffineExprKind::Add:
    return 0;
  case AffineExprKind::DimId:
  case AffineExprKind::SymbolId:
    return 2;
  case AffineExprKind::Constant:
    return cast<AffineConstantExpr>(expr).getValue() < 0 ? 0 : 2;
  default:
    return 1;
  }
}

static StringRef getOperatorName(AffineExprKind kind) {
  switch (kind) {
  case AffineExprKind::Mul:
    return " * ";
  case AffineExprKind::FloorDiv:
    return " floordiv ";
  case AffineExprKind::CeilDiv:
    return " ceildiv ";
  case AffineExprKind::Mod:
    return " mod ";
  default:
    return " + ";
  }
}

namespace {
/// Prints index expressions with the names of one op.
struct IndexExprPrinter {
  raw_ostream &os;
  ArrayRef<std::string> dims, symbols;

  void print(AffineExpr expr) {
    if (auto dim = dyn_cast<AffineDimExpr>(expr))
      os << dims[dim.getPosition()];
    else if (auto symbol = dyn_cast<AffineSymbolExpr>(expr))
      os << symbols[symbol.getPosition()];
    else if (auto constant = dyn_cast<AffineConstantExpr>(expr))
      os << constant.getValue();
    else if (expr.getKind() == AffineExprKind::Add)
      printSum(cast<AffineBinaryOpExpr>(expr));
    else
      printProduct(cast<AffineBinaryOpExpr>(expr));
  }

  void printOperand(AffineExpr expr, unsigned strength) {
    bool parens = getStrength(expr) < strength;
    os << (parens ? "(" : "");
    print(expr);
    os << (parens ? ")" : "");
  }

  /// Prints `a + (-1) * b` as `a - b`, and `a + (-3)` as `a - 3`.
  void printSum(AffineBinaryOpExpr sum) {
    AffineExpr rhs = sum.getRHS();
    print(sum.getLHS());
    if (auto constant = dyn_cast<AffineConstantExpr>(rhs);
        constant && constant.getValue() < 0) {
      os << " - " << -constant.getValue();
      return;
    }
    auto product = dyn_cast<AffineBinaryOpExpr>(rhs);
    auto factor = product && product.getKind() == AffineExprKind::Mul
                      ? dyn_cast<AffineConstantExpr>(product.getRHS())
                      : AffineConstantExpr();
    if (factor && factor.getValue() == -1) {
      os << " - ";
      printOperand(product.getLHS(), 1);
      return;
    }
    os << " + ";
    printOperand(rhs, 1);
  }

  void printProduct(AffineBinaryOpExpr product) {
    printOperand(product.getLHS(), 1);
    os << getOperatorName(product.getKind());
    printOperand(product.getRHS(), 2);
  }
};
} // namespace

void mlir::attn::printIndexExpr(raw_ostream &os, AffineExpr expr,
                                ArrayRef<std::string> dims,
                                ArrayRef<std::string> symbols) {
  IndexExprPrinter{os, dims, symbols}.print(expr);
}
