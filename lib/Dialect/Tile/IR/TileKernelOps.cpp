//===- TileKernelOps.cpp - kernels and their launches ---------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "attn/Dialect/Tile/IR/Tile.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace mlir::tile;

//===----------------------------------------------------------------------===//
// KernelOp
//===----------------------------------------------------------------------===//

void KernelOp::build(OpBuilder &builder, OperationState &state, StringRef name,
                     int64_t gridRank, TypeRange argumentTypes,
                     ScheduleAttr schedule) {
  auto &properties = state.getOrAddProperties<Properties>();
  properties.sym_name = builder.getStringAttr(name);
  properties.grid_rank = builder.getI64IntegerAttr(gridRank);
  properties.schedule = schedule;
  OpBuilder::InsertionGuard guard(builder);
  Block *entry = builder.createBlock(state.addRegion());
  for (int64_t i = 0; i < gridRank; ++i)
    entry->addArgument(builder.getIndexType(), state.location);
  for (Type type : argumentTypes)
    entry->addArgument(type, state.location);
}

ParseResult KernelOp::parse(OpAsmParser &parser, OperationState &result) {
  auto &properties = result.getOrAddProperties<Properties>();
  Builder &builder = parser.getBuilder();
  StringRef visibility;
  if (succeeded(parser.parseOptionalKeyword(&visibility, {"private"})))
    properties.sym_visibility = builder.getStringAttr(visibility);
  SmallVector<OpAsmParser::Argument> grid, arguments;
  if (parser.parseSymbolName(properties.sym_name) ||
      parser.parseKeyword("grid") ||
      parser.parseArgumentList(grid, OpAsmParser::Delimiter::Paren) ||
      parser.parseKeyword("args") ||
      parser.parseArgumentList(arguments, OpAsmParser::Delimiter::Paren,
                               /*allowType=*/true))
    return failure();
  properties.grid_rank = builder.getI64IntegerAttr(grid.size());
  for (OpAsmParser::Argument &index : grid)
    index.type = builder.getIndexType();

  if (succeeded(parser.parseOptionalKeyword("schedule"))) {
    Attribute schedule = ScheduleAttr::parse(parser, Type());
    if (!schedule)
      return failure();
    properties.schedule = cast<ScheduleAttr>(schedule);
  }
  if (parser.parseOptionalAttrDictWithKeyword(result.attributes))
    return failure();
  llvm::append_range(grid, arguments);
  return parser.parseRegion(*result.addRegion(), grid);
}

void KernelOp::print(OpAsmPrinter &printer) {
  printer << ' ';
  if (std::optional<StringRef> visibility = getSymVisibility())
    printer << *visibility << ' ';
  printer.printSymbolName(getSymName());
  printer << " grid(";
  llvm::interleaveComma(getGridIndices(), printer,
                        [&](BlockArgument a) { printer << a; });
  printer << ") args(";
  llvm::interleaveComma(getKernelArguments(), printer, [&](BlockArgument a) {
    printer.printRegionArgument(a);
  });
  printer << ')';
  if (ScheduleAttr schedule = getScheduleAttr()) {
    printer << " schedule ";
    schedule.print(printer);
  }
  printer.printOptionalAttrDictWithKeyword(
      (*this)->getAttrs(), {getSymNameAttrName(), getSymVisibilityAttrName(),
                            getGridRankAttrName(), getScheduleAttrName()});
  printer << ' ';
  printer.printRegion(getBody(), /*printEntryBlockArgs=*/false);
}

LogicalResult KernelOp::verifyRegions() {
  int64_t found = getBody().getNumArguments();
  int64_t gridRank = getGridRank();
  if (found < gridRank)
    return emitOpError("expected a block argument for each of the ")
           << gridRank << " grid indices, found " << found; // C1
  for (BlockArgument index : getGridIndices())
    if (!index.getType().isIndex())
      return emitOpError("expected grid indices of type 'index', found ")
             << index.getType(); // C1
  for (BlockArgument argument : getKernelArguments())
    if (!isa<MemRefType, FloatType, IntegerType, IndexType>(argument.getType()))
      return emitOpError("expected arguments that are memrefs or scalars, "
                         "found ")
             << argument.getType(); // C2
  if (!isa<ReturnOp>(getBody().front().back()))
    return emitOpError("expected the body to end in tile.return, found ")
           << getBody().front().back().getName(); // C3
  return success();
}

//===----------------------------------------------------------------------===//
// LaunchOp
//===----------------------------------------------------------------------===//

void LaunchOp::build(OpBuilder &builder, OperationState &state, KernelOp kernel,
                     ValueRange grid, ValueRange inputs, ValueRange outputs) {
  SmallVector<Type> results;
  for (Type type : outputs.getTypes())
    if (isa<RankedTensorType>(type))
      results.push_back(type);
  build(builder, state, results, FlatSymbolRefAttr::get(kernel), grid, inputs,
        outputs);
}

LogicalResult LaunchOp::verify() {
  bool hasTensor = false, hasBuffer = false;
  SmallVector<Type> expected;
  for (Type type : getOutputs().getTypes()) {
    if (!isa<RankedTensorType, MemRefType>(type))
      return emitOpError("expected outputs that are ranked tensors or memrefs, "
                         "found ")
             << type; // C5
    if (isa<RankedTensorType>(type))
      expected.push_back(type);
  }
  if (expected != SmallVector<Type>(getResultTypes()))
    return emitOpError("expected result types (")
           << expected << ") of the tensors in outs, found ("
           << getResultTypes() << ")"; // C5
  for (Type type : getOperandTypes()) {
    hasTensor |= isa<TensorType>(type);
    hasBuffer |= isa<BaseMemRefType>(type);
  }
  if (hasTensor && hasBuffer)
    return emitOpError("expected operands that are all tensors or all memrefs, "
                       "found both"); // C6
  return success();
}

/// Returns whether an operand of type `operand` can bind to a kernel argument
/// of type `argument`.
static bool bindsTo(Type operand, Type argument) {
  auto shaped = dyn_cast<ShapedType>(operand);
  if (!shaped)
    return operand == argument;
  auto memref = dyn_cast<MemRefType>(argument);
  return memref && shaped.hasRank() &&
         shaped.getElementType() == memref.getElementType() &&
         succeeded(verifyCompatibleShape(shaped.getShape(), memref.getShape()));
}

LogicalResult LaunchOp::verifySymbolUses(SymbolTableCollection &symbolTable) {
  auto kernel =
      symbolTable.lookupNearestSymbolFrom<KernelOp>(*this, getKernelAttr());
  if (!kernel)
    return emitOpError("expected the name of a tile.kernel, found ")
           << getKernelAttr(); // C1
  if (getGrid().size() != kernel.getGridRank())
    return emitOpError("expected ")
           << kernel.getGridRank() << " grid extents, found "
           << getGrid().size(); // C2

  SmallVector<Value> operands(getInputs());
  llvm::append_range(operands, getOutputs());
  auto arguments = kernel.getKernelArguments();
  if (operands.size() != arguments.size())
    return emitOpError("expected ")
           << arguments.size() << " operands in ins and outs, found "
           << operands.size(); // C3
  for (auto [i, operand, argument] : llvm::enumerate(operands, arguments))
    if (!bindsTo(operand.getType(), argument.getType()))
      return emitOpError("expected operand ")
             << i << " to bind to " << argument.getType() << ", found "
             << operand.getType(); // C4
  return success();
}

void LaunchOp::getEffects(
    SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>>
        &effects) {
  for (OpOperand &input : getInputsMutable())
    if (isa<MemRefType>(input.get().getType()))
      effects.emplace_back(MemoryEffects::Read::get(), &input,
                           SideEffects::DefaultResource::get());
  for (OpOperand &output : getOutputsMutable())
    if (isa<MemRefType>(output.get().getType()))
      effects.emplace_back(MemoryEffects::Write::get(), &output,
                           SideEffects::DefaultResource::get());
}
