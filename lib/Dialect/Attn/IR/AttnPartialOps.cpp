//===- AttnPartialOps.cpp - partial states of attention -------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Syntax, verifiers, types and folds of attn.combine, attn.prefix,
// attn.finalize and attn.merge.
//
//===----------------------------------------------------------------------===//

#include "AttnPartialSyntax.h"

#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace mlir::attn;

//===----------------------------------------------------------------------===//
// Syntax of states and outputs
//===----------------------------------------------------------------------===//

/// Returns the spellings of a state of `kind`.
static StringRef describeState(PartialKind kind) {
  switch (kind) {
  case PartialKind::Exp:
    return "(acc, max, den) or (max, den)";
  case PartialKind::Sum:
    return "(acc, den) or (den)";
  case PartialKind::None:
    return "(acc)";
  }
  llvm_unreachable("unknown kind of partial state");
}

/// Parses one parenthesised state of `kind` and appends its components.
static ParseResult parseOneState(OpAsmParser &parser, UnresolvedOperands &accs,
                                 UnresolvedOperands &maxes,
                                 UnresolvedOperands &dens, PartialKind kind) {
  SMLoc loc = parser.getCurrentLocation();
  SmallVector<UnresolvedOperand> state;
  if (parser.parseOperandList(state, OpAsmParser::Delimiter::Paren))
    return failure();
  ArrayRef<UnresolvedOperand> rest(state);
  size_t most = kind == PartialKind::Exp ? 3 : kind == PartialKind::Sum ? 2 : 1;
  bool hasAcc = rest.size() == most;
  if (!hasAcc && (most == 1 || rest.size() + 1 != most))
    return parser.emitError(loc, "expected a state ")
           << describeState(kind) << ", found " << rest.size() << " components";
  if (hasAcc)
    accs.push_back(rest.consume_front());
  if (kind == PartialKind::Exp)
    maxes.push_back(rest.consume_front());
  if (kind != PartialKind::None)
    dens.push_back(rest.consume_front());
  return success();
}

ParseResult mlir::attn::parseStates(OpAsmParser &parser,
                                    UnresolvedOperands &accs,
                                    UnresolvedOperands &maxes,
                                    UnresolvedOperands &dens,
                                    PartialKindAttr kind) {
  return parser.parseCommaSeparatedList([&] {
    return parseOneState(parser, accs, maxes, dens, kind.getValue());
  });
}

/// Prints the present ones of `components` in parentheses.
static void printOneState(OpAsmPrinter &printer, ArrayRef<Value> components) {
  printer << '(';
  llvm::interleaveComma(
      llvm::make_filter_range(components,
                              [](Value value) { return bool(value); }),
      printer);
  printer << ')';
}

void mlir::attn::printStates(OpAsmPrinter &printer, Operation *,
                             OperandRange accs, OperandRange maxes,
                             OperandRange dens, PartialKindAttr) {
  auto get = [](OperandRange values, size_t i) {
    return i < values.size() ? values[i] : Value();
  };
  size_t count = std::max(accs.size(), dens.size());
  llvm::interleaveComma(llvm::seq<size_t>(0, count), printer, [&](size_t i) {
    printOneState(printer, {get(accs, i), get(maxes, i), get(dens, i)});
  });
}

ParseResult mlir::attn::parseState(OpAsmParser &parser,
                                   std::optional<UnresolvedOperand> &acc,
                                   std::optional<UnresolvedOperand> &max,
                                   std::optional<UnresolvedOperand> &den,
                                   PartialKindAttr kind) {
  SmallVector<UnresolvedOperand, 1> accs, maxes, dens;
  if (parseOneState(parser, accs, maxes, dens, kind.getValue()))
    return failure();
  if (!accs.empty())
    acc = accs.front();
  if (!maxes.empty())
    max = maxes.front();
  if (!dens.empty())
    den = dens.front();
  return success();
}

void mlir::attn::printState(OpAsmPrinter &printer, Operation *, Value acc,
                            Value max, Value den, PartialKindAttr) {
  printOneState(printer, {acc, max, den});
}

ParseResult
mlir::attn::parseStateTypes(OpAsmParser &parser, SmallVectorImpl<Type> &accs,
                            SmallVectorImpl<Type> &maxes,
                            SmallVectorImpl<Type> &dens,
                            ArrayRef<UnresolvedOperand> accOperands,
                            ArrayRef<UnresolvedOperand> maxOperands,
                            ArrayRef<UnresolvedOperand> denOperands) {
  bool first = true;
  for (auto [types, operands] :
       {std::pair(&accs, accOperands), std::pair(&maxes, maxOperands),
        std::pair(&dens, denOperands)}) {
    if (operands.empty())
      continue;
    Type type;
    if ((!first && parser.parseComma()) || parser.parseType(type))
      return failure();
    first = false;
    types->assign(operands.size(), type);
  }
  return success();
}

void mlir::attn::printStateTypes(OpAsmPrinter &printer, Operation *,
                                 TypeRange accs, TypeRange maxes,
                                 TypeRange dens, OperandRange, OperandRange,
                                 OperandRange) {
  SmallVector<Type> types;
  for (TypeRange range : {accs, maxes, dens})
    llvm::append_range(types, range.take_front(1));
  llvm::interleaveComma(types, printer);
}

ParseResult mlir::attn::parseStateTypes(
    OpAsmParser &parser, Type &acc, Type &max, Type &den,
    const std::optional<UnresolvedOperand> &accOperand,
    const std::optional<UnresolvedOperand> &maxOperand,
    const std::optional<UnresolvedOperand> &denOperand) {
  bool first = true;
  for (auto [type, present] : {std::pair(&acc, accOperand.has_value()),
                               std::pair(&max, maxOperand.has_value()),
                               std::pair(&den, denOperand.has_value())}) {
    if (!present)
      continue;
    if ((!first && parser.parseComma()) || parser.parseType(*type))
      return failure();
    first = false;
  }
  return success();
}

void mlir::attn::printStateTypes(OpAsmPrinter &printer, Operation *, Type acc,
                                 Type max, Type den, Value, Value, Value) {
  SmallVector<Type> types;
  for (Type type : {acc, max, den})
    if (type)
      types.push_back(type);
  llvm::interleaveComma(types, printer);
}

ParseResult mlir::attn::parseOutputs(OpAsmParser &parser,
                                     UnresolvedOperands &outs,
                                     UnresolvedOperands &lses) {
  return parser.parseCommaSeparatedList([&]() -> ParseResult {
    return failure(
        parser.parseLParen() || parser.parseOperand(outs.emplace_back()) ||
        parser.parseComma() || parser.parseOperand(lses.emplace_back()) ||
        parser.parseRParen());
  });
}

void mlir::attn::printOutputs(OpAsmPrinter &printer, Operation *,
                              OperandRange outs, OperandRange lses) {
  llvm::interleaveComma(llvm::zip(outs, lses), printer, [&](auto pair) {
    printOneState(printer, {std::get<0>(pair), std::get<1>(pair)});
  });
}

ParseResult mlir::attn::parseOutputTypes(OpAsmParser &parser,
                                         SmallVectorImpl<Type> &outs,
                                         SmallVectorImpl<Type> &lses,
                                         ArrayRef<UnresolvedOperand> operands) {
  Type out, lse;
  if (parser.parseType(out) || parser.parseComma() || parser.parseType(lse))
    return failure();
  outs.assign(operands.size(), out);
  lses.assign(operands.size(), lse);
  return success();
}

void mlir::attn::printOutputTypes(OpAsmPrinter &printer, Operation *,
                                  TypeRange outs, TypeRange lses,
                                  OperandRange) {
  printer << outs.front() << ", " << lses.front();
}

//===----------------------------------------------------------------------===//
// Types of states
//===----------------------------------------------------------------------===//

/// Returns `type` without `axis`; unchanged if there is no such axis, which a
/// verifier reports.
static Type dropAxis(Type type, std::optional<uint64_t> axis) {
  auto tensor = cast<RankedTensorType>(type);
  if (!axis || *axis >= static_cast<uint64_t>(tensor.getRank()))
    return tensor;
  auto shape = llvm::to_vector(tensor.getShape());
  shape.erase(shape.begin() + *axis);
  return tensor.clone(shape);
}

/// Returns the sizes of `value` without `axis`.
static SmallVector<OpFoldResult> getSizes(OpBuilder &builder, Location loc,
                                          Value value,
                                          std::optional<uint64_t> axis = {}) {
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(builder, loc, value);
  if (axis)
    sizes.erase(sizes.begin() + *axis);
  return sizes;
}

/// Verifies that `large` has the shape of `small` and one more axis.
static LogicalResult verifyFeatures(Operation *op, RankedTensorType large,
                                    RankedTensorType small, StringRef largeName,
                                    StringRef smallName) {
  if (large.getRank() != small.getRank() + 1 ||
      failed(verifyCompatibleShape(large.getShape().drop_back(),
                                   small.getShape())))
    return op->emitOpError("expected ")
           << largeName << " of the shape of " << smallName << " " << small
           << " and one more axis, found " << large;
  return success();
}

/// Verifies that the values of `range`, called `name`, have one type.
static LogicalResult verifyOneType(Operation *op, ValueRange range,
                                   StringRef name) {
  for (Value value : range)
    if (value.getType() != range.front().getType())
      return op->emitOpError("expected every ")
             << name << " of type " << range.front().getType() << ", found "
             << value.getType();
  return success();
}

/// Verifies C1 to C3 of `attn.combine` for states of `kind`.
static LogicalResult verifyStates(Operation *op, PartialKind kind,
                                  ValueRange accs, ValueRange maxes,
                                  ValueRange dens) {
  bool hasDen = kind != PartialKind::None, hasMax = kind == PartialKind::Exp;
  size_t count = hasDen ? dens.size() : accs.size();
  if (!count || (hasDen && !accs.empty() && accs.size() != count) ||
      dens.size() != (hasDen ? count : 0) ||
      maxes.size() != (hasMax ? count : 0))
    return op->emitOpError("expected states ")
           << describeState(kind) << ", found " << accs.size()
           << " accumulators, " << maxes.size() << " maxima and " << dens.size()
           << " denominators"; // C1
  if (failed(verifyOneType(op, accs, "acc")) ||
      failed(verifyOneType(op, maxes, "max")) ||
      failed(verifyOneType(op, dens, "den"))) // C1
    return failure();

  auto getType = [](ValueRange values) {
    return values.empty() ? RankedTensorType()
                          : cast<RankedTensorType>(values.front().getType());
  };
  RankedTensorType acc = getType(accs), max = getType(maxes),
                   den = getType(dens);
  if (max && failed(verifyCompatibleShape(max, den)))
    return op->emitOpError("expected max of the shape of den ")
           << den << ", found " << max;                                 // C2
  if (acc && den && failed(verifyFeatures(op, acc, den, "acc", "den"))) // C2
    return failure();
  if (acc && acc.getRank() < 1)
    return op->emitOpError("expected acc of rank 1 or more, found rank 0");
  for (RankedTensorType type : {max, acc})
    if (type && den && type.getElementType() != den.getElementType())
      return op->emitOpError("expected states of one element type (")
             << den.getElementType() << "), found "
             << type.getElementType(); // C3
  return success();
}

/// Verifies that `axis` is one of the axes along which states lie.
static LogicalResult verifyStateAxis(Operation *op, uint64_t axis,
                                     ValueRange accs, ValueRange dens) {
  uint64_t rank =
      dens.empty()
          ? cast<RankedTensorType>(accs.front().getType()).getRank() - 1
          : cast<RankedTensorType>(dens.front().getType()).getRank();
  if (axis >= rank)
    return op->emitOpError("expected along to be an axis before the features (")
           << rank << " axes), found " << axis;
  return success();
}

//===----------------------------------------------------------------------===//
// CombineOp
//===----------------------------------------------------------------------===//

LogicalResult
CombineOp::inferReturnTypes(MLIRContext *, std::optional<Location>,
                            Adaptor adaptor,
                            SmallVectorImpl<Type> &inferredReturnTypes) {
  for (ValueRange range :
       {adaptor.getAccs(), adaptor.getMaxes(), adaptor.getDens()})
    if (!range.empty())
      inferredReturnTypes.push_back(
          dropAxis(range.front().getType(), adaptor.getAxis()));
  return success();
}

LogicalResult CombineOp::verify() {
  if (failed(verifyStates(*this, getKind(), getAccs(), getMaxes(), getDens())))
    return failure();
  if (!getAxis())
    return success();
  if (getNumStates() != 1)
    return emitOpError("expected one state to combine along an axis, found ")
           << getNumStates();                                      // C4
  return verifyStateAxis(*this, *getAxis(), getAccs(), getDens()); // C4
}

LogicalResult
CombineOp::reifyResultShapes(OpBuilder &builder,
                             ReifiedRankedShapedTypeDims &reifiedReturnShapes) {
  for (ValueRange range : {getAccs(), getMaxes(), getDens()})
    if (!range.empty())
      reifiedReturnShapes.push_back(
          getSizes(builder, getLoc(), range.front(), getAxis()));
  return success();
}

/// One state is its own sum.
LogicalResult CombineOp::fold(FoldAdaptor,
                              SmallVectorImpl<OpFoldResult> &results) {
  if (getAxis() || getNumStates() != 1)
    return failure();
  llvm::append_range(results, getOperands());
  return success();
}

//===----------------------------------------------------------------------===//
// PrefixOp
//===----------------------------------------------------------------------===//

LogicalResult
PrefixOp::inferReturnTypes(MLIRContext *, std::optional<Location>,
                           Adaptor adaptor,
                           SmallVectorImpl<Type> &inferredReturnTypes) {
  llvm::append_range(inferredReturnTypes, adaptor.getOperands().getTypes());
  return success();
}

LogicalResult PrefixOp::verify() {
  ValueRange acc = getODSOperands(0), max = getODSOperands(1),
             den = getODSOperands(2);
  if (failed(verifyStates(*this, getKind(), acc, max, den)))
    return failure();
  return verifyStateAxis(*this, getAxis(), acc, den); // C4
}

LogicalResult
PrefixOp::reifyResultShapes(OpBuilder &builder,
                            ReifiedRankedShapedTypeDims &reifiedReturnShapes) {
  for (Value value : getOperands())
    reifiedReturnShapes.push_back(getSizes(builder, getLoc(), value));
  return success();
}

//===----------------------------------------------------------------------===//
// FinalizeOp
//===----------------------------------------------------------------------===//

LogicalResult
FinalizeOp::inferReturnTypes(MLIRContext *, std::optional<Location>,
                             Adaptor adaptor,
                             SmallVectorImpl<Type> &inferredReturnTypes) {
  for (Value value : {adaptor.getAcc(), adaptor.getMax()})
    if (value)
      inferredReturnTypes.push_back(value.getType());
  return success();
}

LogicalResult FinalizeOp::verify() {
  if (failed(verifyStates(*this, getKind(), getODSOperands(0),
                          getODSOperands(1), getODSOperands(2))))
    return failure();
  if (getKind() == PartialKind::Sum && !getAcc())
    return emitOpError("expected an acc to divide by den, found none"); // C6
  if (!getSink())
    return success();
  if (getKind() != PartialKind::Exp)
    return emitOpError("expected a sink with exp, found ")
           << stringifyPartialKind(getKind()); // C4
  RankedTensorType max = getMax().getType(), sink = getSink().getType();
  if (sink.getRank() != 1 || max.getRank() < 2)
    return emitOpError("expected a sink of rank 1 and max of rank 2 or more, "
                       "found ranks ")
           << sink.getRank() << " and " << max.getRank(); // C5
  int64_t heads = max.getDimSize(max.getRank() - 2);
  if (failed(verifyCompatibleDims({heads, sink.getDimSize(0)})))
    return emitOpError("expected a sink for each head (")
           << heads << "), found " << sink.getDimSize(0); // C5
  return success();
}

LogicalResult FinalizeOp::reifyResultShapes(
    OpBuilder &builder, ReifiedRankedShapedTypeDims &reifiedReturnShapes) {
  for (Value value : {Value(getAcc()), Value(getMax())})
    if (value)
      reifiedReturnShapes.push_back(getSizes(builder, getLoc(), value));
  return success();
}

/// Without a normaliser, the accumulator is the output.
LogicalResult FinalizeOp::fold(FoldAdaptor,
                               SmallVectorImpl<OpFoldResult> &results) {
  if (getKind() != PartialKind::None)
    return failure();
  results.push_back(getAcc());
  return success();
}

//===----------------------------------------------------------------------===//
// MergeOp
//===----------------------------------------------------------------------===//

LogicalResult
MergeOp::inferReturnTypes(MLIRContext *, std::optional<Location>,
                          Adaptor adaptor,
                          SmallVectorImpl<Type> &inferredReturnTypes) {
  if (adaptor.getOuts().empty() || adaptor.getLses().empty())
    return failure();
  for (Value value : {adaptor.getOuts().front(), adaptor.getLses().front()})
    inferredReturnTypes.push_back(dropAxis(value.getType(), adaptor.getAxis()));
  return success();
}

LogicalResult MergeOp::verify() {
  if (getOuts().empty() || getOuts().size() != getLses().size())
    return emitOpError("expected as many outputs as lses, at least one, found ")
           << getOuts().size() << " and " << getLses().size(); // C1
  if (failed(verifyOneType(*this, getOuts(), "output")) ||
      failed(verifyOneType(*this, getLses(), "lse"))) // C1
    return failure();
  auto out = cast<RankedTensorType>(getOuts().front().getType());
  auto lse = cast<RankedTensorType>(getLses().front().getType());
  if (failed(verifyFeatures(*this, out, lse, "outputs", "lse"))) // C2
    return failure();
  if (!getAxis())
    return success();
  if (getOuts().size() != 1)
    return emitOpError("expected one pair to merge along an axis, found ")
           << getOuts().size();                                    // C3
  return verifyStateAxis(*this, *getAxis(), getOuts(), getLses()); // C3
}

LogicalResult
MergeOp::reifyResultShapes(OpBuilder &builder,
                           ReifiedRankedShapedTypeDims &reifiedReturnShapes) {
  for (Value value : {getOuts().front(), getLses().front()})
    reifiedReturnShapes.push_back(
        getSizes(builder, getLoc(), value, getAxis()));
  return success();
}

/// One output is its own merge.
LogicalResult MergeOp::fold(FoldAdaptor,
                            SmallVectorImpl<OpFoldResult> &results) {
  if (getAxis() || getOuts().size() != 1)
    return failure();
  llvm::append_range(results, getOperands());
  return success();
}
