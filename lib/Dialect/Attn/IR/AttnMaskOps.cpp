//===- AttnMaskOps.cpp - which pairs interact -----------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Syntax, types and verifiers of masks.
//
//===----------------------------------------------------------------------===//

#include "Syntax.h"

using namespace mlir;
using namespace mlir::attn;

//===----------------------------------------------------------------------===//
// attn.mask, attn.mask.any
//===----------------------------------------------------------------------===//

/// Parses `[h, i, j]` before the names are known.
static ParseResult
parseRawNames(OpAsmParser &parser,
              SmallVectorImpl<std::pair<SMLoc, StringRef>> &names) {
  return parser.parseCommaSeparatedList(
      OpAsmParser::Delimiter::OptionalSquare, [&]() {
        SMLoc loc = parser.getCurrentLocation();
        names.emplace_back(loc, StringRef());
        return parser.parseKeyword(&names.back().second);
      });
}

/// Turns names into dimensions.
static ParseResult resolveNames(ClauseParser &clauses,
                                ArrayRef<std::pair<SMLoc, StringRef>> names,
                                SmallVectorImpl<int64_t> &coordinates) {
  for (auto [loc, name] : names) {
    auto it = llvm::find(clauses.dims, name);
    if (it == clauses.dims.end())
      return clauses.parser.emitError(loc, "unknown coordinate '")
             << name << "'";
    int64_t dim = it - clauses.dims.begin();
    if (llvm::is_contained(coordinates, dim))
      return clauses.parser.emitError(loc, "coordinate '")
             << name << "' occurs twice";
    coordinates.push_back(dim);
  }
  return success();
}

/// Parses `with`, then `where {..}` or a region, and drops the batch
/// coordinates if none is read. Sets the attributes both mask ops share.
static ParseResult parsePredicate(ClauseParser &clauses, ArrayAttr over,
                                  SmallVector<int64_t> coordinates,
                                  bool deriveCoordinates, bool countUsesOver) {
  OpAsmParser &parser = clauses.parser;
  OperationState &result = clauses.result;
  Builder &b = clauses.b;
  if (clauses.parseWith())
    return failure();
  Region *region = result.addRegion();
  if (succeeded(parser.parseOptionalKeyword("where"))) {
    if (clauses.parseWhere(*region, coordinates, deriveCoordinates))
      return failure();
  } else if (clauses.parseRegion(*region, {}, coordinates)) {
    return failure();
  }
  if (parser.parseOptionalAttrDict(result.attributes))
    return failure();

  unsigned numOver = over.size();
  bool usesOver =
      countUsesOver || clauses.bindingsUseLeadingDims(numOver) ||
      llvm::any_of(coordinates, [&](int64_t dim) { return dim < numOver; });
  if (!usesOver) {
    clauses.dropLeadingDims(numOver);
    for (int64_t &dim : coordinates)
      dim -= numOver;
    over = b.getArrayAttr({});
  }
  result.addAttribute("bindingInfos", clauses.getBindingInfos());
  result.addAttribute("over", over);
  result.addAttribute("coordinates", b.getDenseI64ArrayAttr(coordinates));
  result.addAttribute("queryGrid", b.getDenseI64ArrayAttr(clauses.queryGrid));
  result.addAttribute("keyGrid", b.getDenseI64ArrayAttr(clauses.keyGrid));
  unsigned queryRank = std::max<size_t>(clauses.queryGrid.size(), 1);
  unsigned keyRank = std::max<size_t>(clauses.keyGrid.size(), 1);
  result.addTypes(
      MaskType::get(b.getContext(), queryRank, keyRank, over.size()));
  return success();
}

ParseResult MaskOp::parse(OpAsmParser &parser, OperationState &result) {
  ClauseParser clauses(parser, result);
  ArrayAttr over;
  SmallVector<std::pair<SMLoc, StringRef>> names;
  if (clauses.parseOver(over) || parseRawNames(parser, names) ||
      clauses.parseGrid())
    return failure();
  clauses.addPairDims(over, clauses.queryGrid.size(), clauses.keyGrid.size());
  SmallVector<int64_t> coordinates;
  if (resolveNames(clauses, names, coordinates) ||
      parsePredicate(clauses, over, coordinates, names.empty(), false))
    return failure();
  result.addAttribute("operandSegmentSizes",
                      parser.getBuilder().getDenseI32ArrayAttr(
                          {int32_t(clauses.bindingOperands.size()),
                           int32_t(clauses.grid.size())}));
  return failure(
      parser.resolveOperands(clauses.bindingOperands, clauses.bindingTypes,
                             parser.getCurrentLocation(), result.operands) ||
      parser.resolveOperands(clauses.grid, parser.getBuilder().getIndexType(),
                             result.operands));
}

static PairCoordinates getCoordinates(MaskOp op) {
  return PairCoordinates(op.getOver(), op.getQueryGrid().size(),
                         op.getKeyGrid().size());
}

static PairCoordinates getCoordinates(MaskAnyOp op) {
  return PairCoordinates(op.getOver(), op.getQueryGrid().size(),
                         op.getKeyGrid().size(),
                         op.getCountInfo().getName().getValue());
}

static constexpr StringRef kMaskAttrs[] = {
    "bindingInfos", "over",      "coordinates", "queryGrid",
    "keyGrid",      "countInfo", "disjoint",    "operandSegmentSizes"};

void MaskOp::print(OpAsmPrinter &p) {
  PairCoordinates coordinates = ::getCoordinates(*this);
  ClausePrinter clauses(p, coordinates.getNames(), getBindingInfos());
  if (!getOver().empty())
    clauses.printOver(getOver());
  clauses.printCoordinates(getCoordinatesAttr());
  clauses.printGrid(getQueryGrid(), getKeyGrid(), getGrid());
  clauses.printWith(getBindingInfos(), getBindings());
  clauses.printRegion(getPredicate());
  p.printOptionalAttrDict((*this)->getAttrs(), kMaskAttrs);
}

void MaskOp::getAsmBlockArgumentNames(Region &region,
                                      OpAsmSetValueNameFn setName) {
  nameRegionArguments(region, {}, getBindingInfos(),
                      ::getCoordinates(*this).getNames(), getCoordinatesAttr(),
                      setName);
}

/// What `attn.mask` and `attn.mask.any` have in common.
template <typename OpTy>
static LogicalResult verifyMask(OpTy op) {
  PairCoordinates coordinates = ::getCoordinates(op);
  if (failed(verifyNames(op, coordinates.getNames())) ||
      failed(
          verifyGrid(op, op.getQueryGrid(), op.getKeyGrid(), op.getGrid())) ||
      failed(verifyBindings(op, op.getBindingInfos(), op.getBindings(),
                            coordinates.getNames())))
    return failure();
  if (failed(verifyCoordinates(op, op.getCoordinates(), coordinates.inner())))
    return failure();
  if (failed(verifyRegionArguments(op, op.getPredicate(), "predicate", {},
                                   op.getBindingInfos(), op.getBindings(),
                                   op.getCoordinates().size())))
    return failure();
  Operation *yield = op.getPredicate().front().getTerminator();
  if (yield->getNumOperands() != 1 ||
      !yield->getOperand(0).getType().isInteger(1))
    return op.emitOpError("expected the predicate to yield one i1");
  unsigned queryRank = std::max<size_t>(op.getQueryGrid().size(), 1);
  unsigned keyRank = std::max<size_t>(op.getKeyGrid().size(), 1);
  auto expected =
      MaskType::get(op.getContext(), queryRank, keyRank, op.getOver().size());
  if (op.getType() != expected)
    return op.emitOpError("expected the result type ")
           << expected << ", found " << op.getType();
  return success();
}

LogicalResult MaskOp::verify() { return verifyMask(*this); }

LogicalResult MaskOp::verifyRegions() { return verifyPureRegions(*this); }

/// Parses `(s < count)`; the name of the entry becomes a dimension.
static ParseResult parseCount(ClauseParser &clauses, ArrayAttr over,
                              std::string &name, BindingKind &kind,
                              MapExprs &exprs,
                              SmallVectorImpl<Unresolved> &operands,
                              Type &type) {
  OpAsmParser &parser = clauses.parser;
  StringRef entry;
  if (parser.parseLParen() || parser.parseKeyword(&entry) || parser.parseLess())
    return failure();
  name = entry.str();
  clauses.addPairDims(over, clauses.queryGrid.size(), clauses.keyGrid.size(),
                      name);
  int64_t number;
  OptionalParseResult constant = parser.parseOptionalInteger(number);
  if (constant.has_value()) {
    kind = BindingKind::Index;
    exprs.push_back(clauses.b.getAffineConstantExpr(number));
    return failure(*constant || parser.parseRParen());
  }
  if (parser.parseOperand(operands.emplace_back()))
    return failure();
  kind = BindingKind::Scalar;
  type = clauses.b.getIndexType();
  if (succeeded(parser.parseOptionalLSquare())) {
    kind = BindingKind::Load;
    if (clauses.parseMapTail(exprs) || parser.parseColonType(type))
      return failure();
  }
  return parser.parseRParen();
}

ParseResult MaskAnyOp::parse(OpAsmParser &parser, OperationState &result) {
  ClauseParser clauses(parser, result);
  Builder &b = parser.getBuilder();
  ArrayAttr over;
  std::string name;
  BindingKind kind;
  MapExprs exprs;
  SmallVector<Unresolved> count;
  Type countType;
  SmallVector<int64_t> coordinates;
  if (clauses.parseOver(over) || clauses.parseGrid() ||
      parseCount(clauses, over, name, kind, exprs, count, countType))
    return failure();
  if (succeeded(parser.parseOptionalKeyword("disjoint")))
    result.addAttribute("disjoint", b.getUnitAttr());
  SmallVector<std::pair<SMLoc, StringRef>> names;
  if (parseRawNames(parser, names) || resolveNames(clauses, names, coordinates))
    return failure();
  unsigned numOver = over.size();
  bool countUsesOver = llvm::any_of(exprs, [&](AffineExpr expr) {
    for (unsigned dim = 0; dim < numOver; ++dim)
      if (expr.isFunctionOfDim(dim))
        return true;
    return false;
  });
  size_t allDims = clauses.dims.size();
  if (parsePredicate(clauses, over, coordinates, names.empty(), countUsesOver))
    return failure();
  if (size_t dropped = allDims - clauses.dims.size())
    for (AffineExpr &expr : exprs)
      expr = expr.shiftDims(allDims, -static_cast<int>(dropped), dropped);
  result.addAttribute("countInfo",
                      BindingAttr::get(b.getContext(), b.getStringAttr(name),
                                       kind, clauses.getMap(exprs)));
  result.addAttribute(
      "operandSegmentSizes",
      b.getDenseI32ArrayAttr({int32_t(count.size()),
                              int32_t(clauses.bindingOperands.size()),
                              int32_t(clauses.grid.size())}));
  SMLoc loc = parser.getCurrentLocation();
  if (!count.empty() &&
      parser.resolveOperands(count, countType, result.operands))
    return failure();
  return failure(
      parser.resolveOperands(clauses.bindingOperands, clauses.bindingTypes, loc,
                             result.operands) ||
      parser.resolveOperands(clauses.grid, b.getIndexType(), result.operands));
}

void MaskAnyOp::print(OpAsmPrinter &p) {
  PairCoordinates coordinates = ::getCoordinates(*this);
  ClausePrinter clauses(p, coordinates.getNames(), getBindingInfos());
  if (!getOver().empty())
    clauses.printOver(getOver());
  clauses.printGrid(getQueryGrid(), getKeyGrid(), getGrid());
  BindingAttr count = getCountInfo();
  p << " (" << count.getName().getValue() << " < ";
  if (count.getKind() == BindingKind::Index)
    clauses.printExpr(count.getMap().getResult(0));
  else
    p << getCount();
  if (count.getKind() == BindingKind::Load) {
    clauses.printMap(count.getMap());
    p << " : " << getCount().getType();
  }
  p << ')' << (getDisjoint() ? " disjoint" : "");
  clauses.printCoordinates(getCoordinatesAttr());
  clauses.printWith(getBindingInfos(), getBindings());
  clauses.printRegion(getPredicate());
  p.printOptionalAttrDict((*this)->getAttrs(), kMaskAttrs);
}

void MaskAnyOp::getAsmBlockArgumentNames(Region &region,
                                         OpAsmSetValueNameFn setName) {
  nameRegionArguments(region, {}, getBindingInfos(),
                      ::getCoordinates(*this).getNames(), getCoordinatesAttr(),
                      setName);
}

LogicalResult MaskAnyOp::verifyRegions() { return verifyPureRegions(*this); }

LogicalResult MaskAnyOp::verify() {
  BindingAttr info = getCountInfo();
  StringRef entry = info.getName().getValue();
  if (info.getKind() == BindingKind::Float ||
      info.hasOperand() != static_cast<bool>(getCount()))
    return emitOpError("expected the count to be a number or an operand");
  PairCoordinates coordinates = ::getCoordinates(*this);
  if (entry.empty() || llvm::count(coordinates.getNames(), entry) != 1)
    return emitOpError(
               "expected a name of the entry that is not in use, found '")
           << entry << "'";
  if (info.getKind() == BindingKind::Index &&
      info.getMap().getNumResults() != 1)
    return emitOpError("expected one expression for the count");
  if (info.getKind() == BindingKind::Scalar && !getCount().getType().isIndex())
    return emitOpError("expected the count to be an index, found ")
           << getCount().getType();
  if (info.getKind() == BindingKind::Load) {
    auto tensor = dyn_cast<RankedTensorType>(getCount().getType());
    if (!tensor || !isa<IntegerType, IndexType>(tensor.getElementType()))
      return emitOpError(
                 "expected the count to be read from a tensor of integers, "
                 "found ")
             << getCount().getType();
  }
  if (info.getKind() != BindingKind::Scalar) {
    Type operand = getCount() ? getCount().getType() : Type();
    if (failed(verifyMap(*this, "the count", info.getMap(), operand,
                         coordinates.getNames(), {})))
      return failure();
    if (info.getMap().isFunctionOfDim(coordinates.entry()))
      return emitOpError("the count must not depend on the entry '")
             << entry << "'";
  }
  return verifyMask(*this);
}

//===----------------------------------------------------------------------===//
// Combinations
//===----------------------------------------------------------------------===//

/// The type of a mask joined from two, or null.
static MaskType joinTypes(std::optional<Location> loc, MaskType lhs,
                          MaskType rhs) {
  if (lhs.getQueryRank() != rhs.getQueryRank() ||
      lhs.getKeyRank() != rhs.getKeyRank()) {
    (void)emitOptionalError(loc, "expected masks of equal ranks, found ", lhs,
                            " and ", rhs);
    return {};
  }
  if (lhs.getOver() && rhs.getOver() && lhs.getOver() != rhs.getOver()) {
    (void)emitOptionalError(
        loc, "expected masks over equally many batch coordinates, found ",
        lhs.getOver(), " and ", rhs.getOver());
    return {};
  }
  return lhs.getOver() ? lhs : rhs;
}

/// Infers the type of `attn.mask.and` and `attn.mask.or`.
static LogicalResult inferJoin(std::optional<Location> loc, ValueRange operands,
                               SmallVectorImpl<Type> &types) {
  auto lhs = dyn_cast<MaskType>(operands[0].getType());
  auto rhs = dyn_cast<MaskType>(operands[1].getType());
  MaskType type = lhs && rhs ? joinTypes(loc, lhs, rhs) : MaskType();
  if (!type)
    return failure();
  types.push_back(type);
  return success();
}

LogicalResult MaskAndOp::inferReturnTypes(MLIRContext *,
                                          std::optional<Location> loc,
                                          ValueRange operands, DictionaryAttr,
                                          OpaqueProperties, RegionRange,
                                          SmallVectorImpl<Type> &types) {
  return inferJoin(loc, operands, types);
}

LogicalResult MaskOrOp::inferReturnTypes(MLIRContext *,
                                         std::optional<Location> loc,
                                         ValueRange operands, DictionaryAttr,
                                         OpaqueProperties, RegionRange,
                                         SmallVectorImpl<Type> &types) {
  return inferJoin(loc, operands, types);
}

OpFoldResult MaskAndOp::fold(FoldAdaptor) {
  return getLhs() == getRhs() ? getLhs() : Value();
}

OpFoldResult MaskOrOp::fold(FoldAdaptor) {
  return getLhs() == getRhs() ? getLhs() : Value();
}

OpFoldResult MaskNotOp::fold(FoldAdaptor) {
  if (auto inner = getMask().getDefiningOp<MaskNotOp>())
    return inner.getMask();
  return {};
}

LogicalResult MaskOffsetOp::inferReturnTypes(
    MLIRContext *, std::optional<Location>, ValueRange operands, DictionaryAttr,
    OpaqueProperties, RegionRange, SmallVectorImpl<Type> &types) {
  types.push_back(operands[0].getType());
  return success();
}

LogicalResult MaskOffsetOp::verify() {
  MaskType type = getMask().getType();
  if ((getQueryOffset() && type.getQueryRank() != 1) ||
      (getKeyOffset() && type.getKeyRank() != 1))
    return emitOpError("expected a mask over tokens in a line, found ") << type;
  if (!getOverOffsets().empty() && getOverOffsets().size() != type.getOver())
    return emitOpError("expected one offset for each of ")
           << type.getOver() << " batch coordinates, found "
           << getOverOffsets().size();
  return success();
}

OpFoldResult MaskOffsetOp::fold(FoldAdaptor) {
  bool shifts = getQueryOffset() || getKeyOffset() || !getOverOffsets().empty();
  return shifts ? Value() : getMask();
}

ParseResult MaskPiecewiseOp::parse(OpAsmParser &parser,
                                   OperationState &result) {
  Builder &b = parser.getBuilder();
  SmallVector<Unresolved> pieces, queries, keys;
  SmallVector<int64_t> layout;
  SmallVector<Type> types;
  auto parsePiece = [&]() -> ParseResult {
    if (succeeded(parser.parseOptionalKeyword("full"))) {
      layout.push_back(kFull);
      return success();
    }
    if (succeeded(parser.parseOptionalKeyword("empty"))) {
      layout.push_back(kEmpty);
      return success();
    }
    layout.push_back(pieces.size());
    return parser.parseOperand(pieces.emplace_back());
  };
  auto parseRow = [&]() -> ParseResult {
    SMLoc row = parser.getCurrentLocation();
    size_t before = layout.size();
    if (parser.parseCommaSeparatedList(OpAsmParser::Delimiter::Square,
                                       parsePiece))
      return failure();
    if (layout.size() - before != keys.size())
      return parser.emitError(row, "expected ")
             << keys.size() << " pieces in a row, found "
             << layout.size() - before;
    return success();
  };
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseKeyword("i") ||
      parser.parseOperandList(queries, OpAsmParser::Delimiter::Paren) ||
      parser.parseKeyword("j") ||
      parser.parseOperandList(keys, OpAsmParser::Delimiter::Paren) ||
      parser.parseCommaSeparatedList(OpAsmParser::Delimiter::Square,
                                     parseRow) ||
      parser.parseOptionalAttrDict(result.attributes))
    return failure();
  if (!pieces.empty() && parser.parseColonTypeList(types))
    return failure();
  unsigned over = 0;
  for (Type type : types)
    if (auto mask = dyn_cast<MaskType>(type))
      over = std::max(over, mask.getOver());
  result.addAttribute("layout", b.getDenseI64ArrayAttr(layout));
  result.addAttribute(
      "operandSegmentSizes",
      b.getDenseI32ArrayAttr({int32_t(pieces.size()), int32_t(queries.size()),
                              int32_t(keys.size())}));
  result.addTypes(MaskType::get(b.getContext(), 1, 1, over));
  return failure(
      parser.resolveOperands(pieces, types, loc, result.operands) ||
      parser.resolveOperands(queries, b.getIndexType(), result.operands) ||
      parser.resolveOperands(keys, b.getIndexType(), result.operands));
}

void MaskPiecewiseOp::print(OpAsmPrinter &p) {
  p << " i(" << getQueryLengths() << ") j(" << getKeyLengths() << ") [";
  size_t columns = getKeyLengths().size();
  for (auto [position, piece] : llvm::enumerate(getLayout())) {
    size_t column = columns ? position % columns : 0;
    p << (column ? ", " : position ? "], [" : "[");
    if (piece == kFull)
      p << "full";
    else if (piece == kEmpty)
      p << "empty";
    else
      p << getPieces()[piece];
  }
  p << "]]";
  p.printOptionalAttrDict((*this)->getAttrs(),
                          {"layout", "operandSegmentSizes"});
  if (!getPieces().empty())
    p << " : " << getPieces().getTypes();
}

LogicalResult MaskPiecewiseOp::verify() {
  size_t expected = getQueryLengths().size() * getKeyLengths().size();
  if (getLayout().size() != expected || expected == 0)
    return emitOpError("expected ")
           << getQueryLengths().size() << " x " << getKeyLengths().size()
           << " pieces, found " << getLayout().size();
  int64_t next = 0;
  for (int64_t piece : getLayout()) {
    if (piece == kFull || piece == kEmpty)
      continue;
    if (piece != next++)
      return emitOpError("expected piece ")
             << next - 1 << " of the list, found " << piece;
  }
  if (next != static_cast<int64_t>(getPieces().size()))
    return emitOpError("expected ")
           << next << " masks as pieces, found " << getPieces().size();
  unsigned over = 0;
  for (Value piece : getPieces()) {
    unsigned found = cast<MaskType>(piece.getType()).getOver();
    if (over && found && over != found)
      return emitOpError("expected pieces over equally many batch coordinates, "
                         "found ")
             << over << " and " << found;
    over = std::max(over, found);
  }
  if (getType() != MaskType::get(getContext(), 1, 1, over))
    return emitOpError("expected the result type ")
           << MaskType::get(getContext(), 1, 1, over) << ", found "
           << getType();
  return success();
}

//===----------------------------------------------------------------------===//
// Named masks
//===----------------------------------------------------------------------===//

/// Most named masks are over tokens in a line and read no batch coordinate.
static LogicalResult inferLine(MLIRContext *context,
                               SmallVectorImpl<Type> &types) {
  types.push_back(MaskType::get(context, 1, 1, 0));
  return success();
}

#define ATTN_INFER_LINE(OP)                                                    \
  LogicalResult OP::inferReturnTypes(                                          \
      MLIRContext *context, std::optional<Location>, ValueRange,               \
      DictionaryAttr, OpaqueProperties, RegionRange,                           \
      SmallVectorImpl<Type> &types) {                                          \
    return inferLine(context, types);                                          \
  }
ATTN_INFER_LINE(MaskCausalOp)
ATTN_INFER_LINE(MaskSlidingOp)
ATTN_INFER_LINE(MaskBlocksOp)
ATTN_INFER_LINE(MaskPrefixOp)
#undef ATTN_INFER_LINE

ParseResult MaskSlidingOp::parse(OpAsmParser &parser, OperationState &result) {
  Builder &b = parser.getBuilder();
  SmallVector<Unresolved> window;
  int64_t number;
  if (parser.parseKeyword("window") || parser.parseLParen())
    return failure();
  OptionalParseResult constant = parser.parseOptionalInteger(number);
  if (constant.has_value()) {
    if (*constant)
      return failure();
    result.addAttribute("staticWindow", b.getI64IntegerAttr(number));
  } else if (parser.parseOperand(window.emplace_back())) {
    return failure();
  }
  if (parser.parseRParen())
    return failure();
  if (succeeded(parser.parseOptionalKeyword("symmetric")))
    result.addAttribute("symmetric", b.getUnitAttr());
  for (StringRef name : {"sink", "dilation"})
    if (succeeded(parser.parseOptionalKeyword(name))) {
      if (parser.parseLParen() || parser.parseInteger(number) ||
          parser.parseRParen())
        return failure();
      result.addAttribute(name, b.getI64IntegerAttr(number));
    }
  result.addTypes(MaskType::get(b.getContext(), 1, 1, 0));
  return failure(
      parser.parseOptionalAttrDict(result.attributes) ||
      parser.resolveOperands(window, b.getIndexType(), result.operands));
}

void MaskSlidingOp::print(OpAsmPrinter &p) {
  p << " window(";
  if (getWindow())
    p << getWindow();
  else
    p << *getStaticWindow();
  p << ')' << (getSymmetric() ? " symmetric" : "");
  if (getSink())
    p << " sink(" << getSink() << ')';
  if (getDilation() != 1)
    p << " dilation(" << getDilation() << ')';
  p.printOptionalAttrDict((*this)->getAttrs(),
                          {"staticWindow", "symmetric", "sink", "dilation"});
}

LogicalResult MaskSlidingOp::verify() {
  if (static_cast<bool>(getWindow()) == getStaticWindow().has_value())
    return emitOpError("expected either a number or a value as window");
  if (getDilation() < 1)
    return emitOpError("expected a dilation of at least 1, found ")
           << getDilation();
  if (getSink() < 0)
    return emitOpError("expected a sink that is not negative, found ")
           << getSink();
  return success();
}

LogicalResult MaskBlocksOp::verify() {
  if (getSize() < 1)
    return emitOpError("expected a block size of at least 1, found ")
           << getSize();
  return success();
}

LogicalResult MaskDocumentOp::inferReturnTypes(
    MLIRContext *context, std::optional<Location> location, ValueRange operands,
    DictionaryAttr attrs, OpaqueProperties properties, RegionRange regions,
    SmallVectorImpl<Type> &types) {
  Adaptor adaptor(operands, attrs, properties, regions);
  auto ids = dyn_cast<RankedTensorType>(operands[0].getType());
  int64_t over = ids && ids.getRank() == 2 ? 2 : 0;
  // The verifier refuses others.
  if (adaptor.getOver() && *adaptor.getOver() > 0)
    over = *adaptor.getOver();
  types.push_back(MaskType::get(context, 1, 1, over));
  return success();
}

LogicalResult MaskDocumentOp::verify() {
  if (getOver() && (*getOver() < 1 || getQueryIds().getType().getRank() != 2))
    return emitOpError("expected over of at least 1 with ids of rank 2, found ")
           << *getOver() << " with " << getQueryIds().getType();
  if (!getKeyIds())
    return success();
  auto query = cast<RankedTensorType>(getQueryIds().getType());
  auto key = cast<RankedTensorType>(getKeyIds().getType());
  if (query.getRank() != key.getRank() ||
      query.getElementType() != key.getElementType())
    return emitOpError("expected ids of equal rank and element type, found ")
           << query << " and " << key;
  return success();
}

LogicalResult MaskNeighborhoodOp::inferReturnTypes(
    MLIRContext *context, std::optional<Location>, ValueRange,
    DictionaryAttr attrs, OpaqueProperties properties, RegionRange,
    SmallVectorImpl<Type> &types) {
  auto *typed = properties.as<Properties *>();
  unsigned rank = typed ? typed->window.size()
                        : attrs.getAs<DenseI64ArrayAttr>("window").size();
  rank = std::min(std::max(rank, 1u), 3u);
  types.push_back(MaskType::get(context, rank, rank, 0));
  return success();
}

ParseResult MaskNeighborhoodOp::parse(OpAsmParser &parser,
                                      OperationState &result) {
  Builder &b = parser.getBuilder();
  ClauseParser clauses(parser, result);
  SmallVector<int64_t> lists[4];
  StringRef names[] = {"window", "stride", "dilation", "causal"};
  for (auto [name, list] : llvm::zip(names, lists)) {
    if (failed(parser.parseOptionalKeyword(name)))
      continue;
    if (parser.parseCommaSeparatedList(
            OpAsmParser::Delimiter::Square, [&, &list = list]() {
              return parser.parseInteger(list.emplace_back());
            }))
      return failure();
  }
  size_t axes = lists[0].size();
  const int64_t defaults[] = {0, 1, 1, 0};
  for (auto [name, list, absent] : llvm::zip(names, lists, defaults)) {
    if (list.empty())
      list.assign(axes, absent);
    result.addAttribute(name, b.getDenseI64ArrayAttr(list));
  }
  if (clauses.parseGrid() || parser.parseOptionalAttrDict(result.attributes) ||
      parser.resolveOperands(clauses.grid, b.getIndexType(), result.operands))
    return failure();
  result.addAttribute("queryGrid", b.getDenseI64ArrayAttr(clauses.queryGrid));
  result.addAttribute("keyGrid", b.getDenseI64ArrayAttr(clauses.keyGrid));
  unsigned rank = std::min<size_t>(std::max<size_t>(axes, 1), 3);
  result.addTypes(MaskType::get(b.getContext(), rank, rank, 0));
  return success();
}

void MaskNeighborhoodOp::print(OpAsmPrinter &p) {
  auto printList = [&](StringRef name, ArrayRef<int64_t> list, int64_t absent) {
    if (llvm::all_equal(list) && !list.empty() && list.front() == absent)
      return;
    p << ' ' << name << " [";
    llvm::interleaveComma(list, p);
    p << ']';
  };
  printList("window", getWindow(), 0);
  printList("stride", getStride(), 1);
  printList("dilation", getDilation(), 1);
  printList("causal", getCausal(), 0);
  ClausePrinter(p, {}, ArrayAttr::get(getContext(), {}))
      .printGrid(getQueryGrid(), getKeyGrid(), getGrid());
  p.printOptionalAttrDict(
      (*this)->getAttrs(),
      {"window", "stride", "dilation", "causal", "queryGrid", "keyGrid"});
}

LogicalResult MaskNeighborhoodOp::verify() {
  size_t axes = getWindow().size();
  if (axes < 1 || axes > 3)
    return emitOpError("expected 1 to 3 axes, found ") << axes;
  std::pair<StringRef, size_t> counts[] = {
      {"stride", getStride().size()},
      {"dilation", getDilation().size()},
      {"causal", getCausal().size()},
      {"query grid", getQueryGrid().size()},
      {"key grid", getKeyGrid().size()}};
  for (auto [name, count] : counts)
    if (count != axes)
      return emitOpError("expected ")
             << name << " of " << axes << " axes, as window has, found "
             << count;
  if (failed(verifyGrid(*this, getQueryGrid(), getKeyGrid(), getGrid())))
    return failure();
  if (getQueryGrid() != getKeyGrid())
    return emitOpError("expected equal grids of queries and keys");
  for (size_t axis = 0; axis < axes; ++axis) {
    int64_t window = getWindow()[axis], stride = getStride()[axis];
    int64_t dilation = getDilation()[axis], extent = getKeyGrid()[axis];
    if (stride < 1 || stride > window)
      return emitOpError("expected 1 <= stride <= window on axis ")
             << axis << ", found stride " << stride << " and window " << window;
    if (dilation < 1)
      return emitOpError("expected a dilation of at least 1 on axis ")
             << axis << ", found " << dilation;
    if (!ShapedType::isDynamic(extent) && window * dilation > extent)
      return emitOpError("expected window * dilation <= extent on axis ")
             << axis << ", found " << window << " * " << dilation << " > "
             << extent;
  }
  return success();
}
