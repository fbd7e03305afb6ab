//===- TileOps.cpp - operations inside a kernel ---------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Dialect/Tile/IR/Tile.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/OpImplementation.h"

using namespace mlir;
using namespace mlir::tile;

//===----------------------------------------------------------------------===//
// LoadOp, StoreOp
//===----------------------------------------------------------------------===//

/// Returns whether a scalar, or a 2-D vector whose sizes are 1 or those of
/// `tile`, of type `type` says something about each element of `tile`.
static bool broadcastsTo(Type type, VectorType tile) {
  auto vector = dyn_cast<VectorType>(type);
  if (!vector)
    return true;
  return llvm::all_of_zip(
      vector.getShape(), tile.getShape(),
      [](int64_t from, int64_t to) { return from == 1 || from == to; });
}

/// Verifies what loads and stores have in common: C1 to C4 of both.
static LogicalResult verifyAccess(Operation *op, MemRefType memory,
                                  VectorType tile, ValueRange indices,
                                  ValueRange valid) {
  if (static_cast<int64_t>(indices.size()) != memory.getRank())
    return op->emitOpError("expected ")
           << memory.getRank() << " indices, found " << indices.size(); // C1
  if (tile.getElementType() != memory.getElementType())
    return op->emitOpError("expected the memory's element type ")
           << memory.getElementType() << ", found "
           << tile.getElementType(); // C2
  for (Type type : indices.getTypes())
    if (!broadcastsTo(type, tile))
      return op->emitOpError("expected indices that broadcast to ")
             << tile << ", found " << type; // C3
  for (Type type : valid.getTypes())
    if (!broadcastsTo(type, tile))
      return op->emitOpError("expected masks that broadcast to ")
             << tile << ", found " << type; // C4
  return success();
}

void LoadOp::build(OpBuilder &builder, OperationState &state,
                   ArrayRef<int64_t> shape, Value memory, ValueRange indices,
                   ValueRange valid) {
  Type element = cast<MemRefType>(memory.getType()).getElementType();
  build(builder, state, VectorType::get(shape, element), memory, indices,
        valid);
}

LogicalResult LoadOp::verify() {
  return verifyAccess(*this, cast<MemRefType>(getMemory().getType()),
                      cast<VectorType>(getResult().getType()), getIndices(),
                      getValid());
}

LogicalResult StoreOp::verify() {
  return verifyAccess(*this, cast<MemRefType>(getMemory().getType()),
                      cast<VectorType>(getValue().getType()), getIndices(),
                      getValid());
}

//===----------------------------------------------------------------------===//
// IotaOp
//===----------------------------------------------------------------------===//

void IotaOp::build(OpBuilder &builder, OperationState &state, Value base,
                   int64_t dim, int64_t size) {
  int64_t shape[2] = {1, 1};
  shape[dim] = size;
  build(builder, state, VectorType::get(shape, builder.getIndexType()), base,
        builder.getI64IntegerAttr(dim));
}

LogicalResult IotaOp::verify() {
  int64_t other = 1 - getDim();
  int64_t found = cast<VectorType>(getType()).getDimSize(other);
  if (found != 1)
    return emitOpError("expected size 1 along dimension ")
           << other << ", found " << found; // C1
  return success();
}

//===----------------------------------------------------------------------===//
// DotOp
//===----------------------------------------------------------------------===//

LogicalResult DotOp::verify() {
  auto lhs = cast<VectorType>(getLhs().getType());
  auto rhs = cast<VectorType>(getRhs().getType());
  auto acc = cast<VectorType>(getAcc().getType());
  if (lhs.getDimSize(1) != rhs.getDimSize(0))
    return emitOpError("expected lhs columns (")
           << lhs.getDimSize(1) << ") to match rhs rows, found "
           << rhs.getDimSize(0); // C3
  if (acc.getDimSize(0) != lhs.getDimSize(0) ||
      acc.getDimSize(1) != rhs.getDimSize(1))
    return emitOpError("expected acc of shape ")
           << lhs.getDimSize(0) << "x" << rhs.getDimSize(1) << ", found "
           << acc; // C4
  bool wide = lhs.getElementType().isF64();
  if (wide ? !acc.getElementType().isF64() : !acc.getElementType().isF32())
    return emitOpError("expected acc of ")
           << (wide ? "f64" : "f32") << ", found "
           << acc.getElementType(); // C5
  if (Value mask = getMask())
    if (cast<VectorType>(mask.getType()).getShape() != lhs.getShape())
      return emitOpError("expected a mask of the shape of lhs ")
             << lhs << ", found " << mask.getType(); // C6
  return success();
}

//===----------------------------------------------------------------------===//
// ReduceOp
//===----------------------------------------------------------------------===//

LogicalResult
ReduceOp::inferReturnTypes(MLIRContext *context,
                           std::optional<Location> location, Adaptor adaptor,
                           SmallVectorImpl<Type> &inferredReturnTypes) {
  auto source = cast<VectorType>(adaptor.getSource().getType());
  inferredReturnTypes.push_back(source.cloneWith(
      ArrayRef<int64_t>{source.getDimSize(0), 1}, source.getElementType()));
  return success();
}

//===----------------------------------------------------------------------===//
// RangesOp
//===----------------------------------------------------------------------===//

void RangesOp::build(OpBuilder &builder, OperationState &state,
                     ValueRange begins, ValueRange ends,
                     ArrayRef<RangeKind> kinds) {
  state.addOperands(begins);
  state.addOperands(ends);
  auto &properties = state.getOrAddProperties<Properties>();
  properties.operandSegmentSizes = {static_cast<int32_t>(begins.size()),
                                    static_cast<int32_t>(ends.size())};
  SmallVector<Attribute> attributes;
  for (RangeKind kind : kinds)
    attributes.push_back(RangeKindAttr::get(builder.getContext(), kind));
  properties.kinds = builder.getArrayAttr(attributes);
  state.addTypes(RangesType::get(builder.getContext()));
}

unsigned RangesOp::countKind(RangeKind kind) {
  return llvm::count(getKinds(), RangeKindAttr::get(getContext(), kind));
}

LogicalResult RangesOp::verify() {
  if (getBegins().size() != getEnds().size() ||
      getBegins().size() != getKinds().size())
    return emitOpError("expected as many begins as ends and kinds, found ")
           << getBegins().size() << ", " << getEnds().size() << " and "
           << getKinds().size(); // C1
  return success();
}

/// Parses `[begin, end, kind], ...`.
static ParseResult
parseRangeList(OpAsmParser &parser,
               SmallVectorImpl<OpAsmParser::UnresolvedOperand> &begins,
               SmallVectorImpl<OpAsmParser::UnresolvedOperand> &ends,
               ArrayAttr &kinds) {
  SmallVector<Attribute> attributes;
  auto parseRange = [&]() -> ParseResult {
    StringRef kind;
    if (parser.parseOperand(begins.emplace_back()) || parser.parseComma() ||
        parser.parseOperand(ends.emplace_back()) || parser.parseComma() ||
        parser.parseKeyword(&kind))
      return failure();
    std::optional<RangeKind> value = symbolizeRangeKind(kind);
    if (!value)
      return parser.emitError(parser.getCurrentLocation(),
                              "expected full or partial, found ")
             << kind;
    if (parser.parseRSquare())
      return failure();
    attributes.push_back(RangeKindAttr::get(parser.getContext(), *value));
    return success();
  };
  if (succeeded(parser.parseOptionalLSquare())) {
    if (parseRange())
      return failure();
    while (succeeded(parser.parseOptionalComma()))
      if (parser.parseLSquare() || parseRange())
        return failure();
  }
  kinds = parser.getBuilder().getArrayAttr(attributes);
  return success();
}

/// Prints `[begin, end, kind], ...`.
static void printRangeList(OpAsmPrinter &printer, RangesOp op,
                           OperandRange begins, OperandRange ends,
                           ArrayAttr kinds) {
  llvm::interleaveComma(
      llvm::zip(begins, ends, kinds), printer, [&](auto range) {
        auto [begin, end, kind] = range;
        printer << '[' << begin << ", " << end << ", "
                << stringifyRangeKind(cast<RangeKindAttr>(kind).getValue())
                << ']';
      });
}

//===----------------------------------------------------------------------===//
// FindRangesOp
//===----------------------------------------------------------------------===//

void FindRangesOp::build(OpBuilder &builder, OperationState &state, Value begin,
                         Value end, int64_t step, ClassifyBuilder body) {
  state.addOperands({begin, end});
  state.addTypes(RangesType::get(builder.getContext()));
  state.getOrAddProperties<Properties>().step = builder.getI64IntegerAttr(step);
  OpBuilder::InsertionGuard guard(builder);
  Location loc = state.location;
  SmallVector<Type> types(4, builder.getIndexType());
  SmallVector<Location> locations(4, loc);
  Block *block = builder.createBlock(state.addRegion(), {}, types, locations);
  auto [may, must] =
      body(builder, loc, block->getArgument(0), block->getArgument(1),
           block->getArgument(2), block->getArgument(3));
  ClassifyOp::create(builder, loc, may, must);
}

LogicalResult FindRangesOp::verifyRegions() {
  Block &block = getBody().front();
  SmallVector<Type> expected(4, IndexType::get(getContext()));
  if (!llvm::equal(block.getArgumentTypes(), expected))
    return emitOpError("expected arguments of types (")
           << expected << "), found (" << block.getArgumentTypes() << ")"; // C1
  if (block.empty() || !isa<ClassifyOp>(block.back()))
    return emitOpError("expected the region to end in tile.classify"); // C1
  return success();
}

//===----------------------------------------------------------------------===//
// ForEachOp
//===----------------------------------------------------------------------===//

/// Adds a region to `state` whose block `body` fills, or an absent region.
static void addBody(OpBuilder &builder, OperationState &state, TypeRange types,
                    ForEachBodyBuilder body) {
  Region *region = state.addRegion();
  if (!body)
    return;
  OpBuilder::InsertionGuard guard(builder);
  Block *block = builder.createBlock(region);
  for (unsigned i = 0; i < 2; ++i)
    block->addArgument(builder.getIndexType(), state.location);
  for (Type type : types)
    block->addArgument(type, state.location);
  body(builder, state.location, block->getArgument(0), block->getArgument(1),
       block->getArguments().drop_front(2));
}

void ForEachOp::build(OpBuilder &builder, OperationState &state, Value ranges,
                      int64_t step, ValueRange initial, ForEachBodyBuilder full,
                      ForEachBodyBuilder partial) {
  state.addOperands(ranges);
  state.addOperands(initial);
  state.addTypes(initial.getTypes());
  state.getOrAddProperties<Properties>().step = builder.getI64IntegerAttr(step);
  addBody(builder, state, initial.getTypes(), full);
  addBody(builder, state, initial.getTypes(), partial);
}

LogicalResult
ForEachOp::inferReturnTypes(MLIRContext *context,
                            std::optional<Location> location, Adaptor adaptor,
                            SmallVectorImpl<Type> &inferredReturnTypes) {
  llvm::append_range(inferredReturnTypes, adaptor.getInitial().getTypes());
  return success();
}

/// Verifies C2 and C3 of the region called `name`.
static LogicalResult verifyBody(ForEachOp op, Region &region, StringRef name) {
  Block &block = region.front();
  SmallVector<Type> expected(2, IndexType::get(op.getContext()));
  llvm::append_range(expected, op.getInitial().getTypes());
  if (!llvm::equal(block.getArgumentTypes(), expected))
    return op.emitOpError("expected the ")
           << name << " region to have arguments of types (" << expected
           << "), found (" << block.getArgumentTypes() << ")"; // C2
  auto yield = dyn_cast<YieldOp>(block.back());
  if (!yield)
    return op.emitOpError("expected the ")
           << name << " region to end in tile.yield, found "
           << block.back().getName(); // C3
  if (!llvm::equal(yield.getValues().getTypes(), op.getInitial().getTypes()))
    return op.emitOpError("expected the ")
           << name << " region to yield (" << op.getInitial().getTypes()
           << "), found (" << yield.getValues().getTypes() << ")"; // C3
  return success();
}

LogicalResult ForEachOp::verifyRegions() {
  auto list = getRanges().getDefiningOp<RangesOp>();
  auto found = getRanges().getDefiningOp<FindRangesOp>();
  if (found && found.getStep() != getStep())
    return emitOpError("expected the step ")
           << found.getStep() << " of tile.find_ranges, found "
           << getStep(); // C5
  if (found && getPartial().empty())
    return emitOpError("expected a partial region for the ranges of "
                       "tile.find_ranges, found none"); // C4
  for (auto [region, kind] : {std::pair(&getFull(), RangeKind::Full),
                              std::pair(&getPartial(), RangeKind::Partial)}) {
    StringRef name = stringifyRangeKind(kind);
    if (!region->empty()) {
      if (failed(verifyBody(*this, *region, name)))
        return failure();
      continue;
    }
    if (list && list.countKind(kind))
      return emitOpError("expected a ") << name << " region for the " << name
                                        << " ranges, found none"; // C4
  }
  return success();
}

SmallVector<Region *> ForEachOp::getLoopRegions() {
  return {&getFull(), &getPartial()};
}

//===----------------------------------------------------------------------===//
// Generated definitions
//===----------------------------------------------------------------------===//

#define GET_OP_CLASSES
#include "attn/Dialect/Tile/IR/TileOps.cpp.inc"
