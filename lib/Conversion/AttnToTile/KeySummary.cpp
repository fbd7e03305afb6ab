//===- KeySummary.cpp - least and greatest elements of groups of tiles ----===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KeySummary.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::attn;

namespace {

/// Builds the kernel and the launch of one summary.
struct SummaryBuilder {
  SummaryHost &host;
  Location loc;
  Value source;
  unsigned axis;
  int64_t step;
  OpBuilder b;

  Value run();

private:
  Value constant(OpBuilder &at, int64_t value) {
    return arith::ConstantIndexOp::create(at, loc, value);
  }
  Value getLeaves();
  std::pair<Value, Value> getKeys(Value node, Value leaves, Value extent);
  SmallVector<Value> scan(Value memory, SmallVector<Value> indices, Value begin,
                          Value end);
};

} // namespace

/// The number of leaves: the least power of two that covers all tiles.
Value SummaryBuilder::getLeaves() {
  OpBuilder &at = host.builder;
  Type i64 = at.getI64Type();
  Value one = constant(at, 1);
  Value tiles =
      arith::CeilDivSIOp::create(at, loc, host.keyExtent, constant(at, step));
  Value last = arith::SubIOp::create(
      at, loc, arith::MaxSIOp::create(at, loc, tiles, one), one);
  Value zeros = math::CountLeadingZerosOp::create(
      at, loc, arith::IndexCastOp::create(at, loc, i64, last));
  zeros = arith::IndexCastOp::create(at, loc, at.getIndexType(), zeros);
  Value log = arith::SubIOp::create(at, loc, constant(at, 64), zeros);
  return arith::ShLIOp::create(at, loc, one, log);
}

/// The keys below node `node` of the tree: its level has equal shares.
std::pair<Value, Value> SummaryBuilder::getKeys(Value node, Value leaves,
                                                Value extent) {
  Type i64 = b.getI64Type();
  Value one = constant(b, 1);
  Value zeros = math::CountLeadingZerosOp::create(
      b, loc, arith::IndexCastOp::create(b, loc, i64, node));
  zeros = arith::IndexCastOp::create(b, loc, b.getIndexType(), zeros);
  Value level = arith::SubIOp::create(b, loc, constant(b, 63), zeros);
  Value first = arith::ShLIOp::create(b, loc, one, level);
  Value tiles = arith::ShRUIOp::create(b, loc, leaves, level);
  Value keys = arith::MulIOp::create(b, loc, tiles, constant(b, step));
  Value begin = arith::MulIOp::create(
      b, loc, arith::SubIOp::create(b, loc, node, first), keys);
  Value end = arith::AddIOp::create(b, loc, begin, keys);
  return {arith::MinSIOp::create(b, loc, begin, extent),
          arith::MinSIOp::create(b, loc, end, extent)};
}

/// The least and the greatest element at keys [begin, end). Elements behind the
/// tensor are 0, as attn.extract reads them.
SmallVector<Value> SummaryBuilder::scan(Value memory,
                                        SmallVector<Value> indices, Value begin,
                                        Value end) {
  Value size = memref::DimOp::create(b, loc, memory, axis);
  Value inside = arith::MinSIOp::create(b, loc, end, size);
  Value one = constant(b, 1), zero = constant(b, 0);
  constexpr int64_t huge = int64_t(1) << 62;
  Value reaches =
      arith::CmpIOp::create(b, loc, arith::CmpIPredicate::slt, inside, end);
  Value lowest =
      arith::SelectOp::create(b, loc, reaches, zero, constant(b, huge));
  Value highest =
      arith::SelectOp::create(b, loc, reaches, zero, constant(b, -huge));
  auto loop = scf::ForOp::create(b, loc, begin, inside, one,
                                 ValueRange{lowest, highest});
  OpBuilder body = OpBuilder::atBlockEnd(loop.getBody());
  indices[axis] = loop.getInductionVar();
  Value element = memref::LoadOp::create(body, loc, memory, indices);
  if (!element.getType().isIndex())
    element = arith::IndexCastOp::create(body, loc, b.getIndexType(), element);
  Value low =
      arith::MinSIOp::create(body, loc, loop.getRegionIterArg(0), element);
  Value high =
      arith::MaxSIOp::create(body, loc, loop.getRegionIterArg(1), element);
  scf::YieldOp::create(body, loc, ValueRange{low, high});
  return {loop.getResult(0), loop.getResult(1)};
}

Value SummaryBuilder::run() {
  auto type = cast<RankedTensorType>(source.getType());
  OpBuilder &at = host.builder;
  Value leaves = getLeaves();
  Value nodes = arith::MulIOp::create(at, loc, leaves, constant(at, 2));
  SmallVector<Value> grid;
  SmallVector<int64_t> shape(type.getRank() + 1, ShapedType::kDynamic);
  for (int64_t dim = 0; dim < type.getRank(); ++dim)
    grid.push_back(dim == axis ? nodes
                               : tensor::DimOp::create(at, loc, source, dim));

  auto kernel = tile::KernelOp::create(b, loc, "key_summary", grid.size(),
                                       TypeRange(), tile::ScheduleAttr());
  KernelArguments arguments(kernel);
  b.setInsertionPointToEnd(&kernel.getBody().front());
  SmallVector<Value> indices(kernel.getGridIndices());
  Value memory = arguments.get(b, source);
  Value extent = arguments.get(b, host.keyExtent);
  auto [begin, end] = getKeys(indices[axis], arguments.get(b, leaves), extent);
  SmallVector<Value> ends = scan(memory, indices, begin, end);
  Value tree =
      arguments.addOutput(RankedTensorType::get(shape, b.getIndexType()), loc);
  indices.push_back(Value());
  for (auto [side, value] : llvm::enumerate(ends)) {
    indices.back() = constant(b, side);
    auto tileType = VectorType::get({1, 1}, b.getIndexType());
    Value tile = vector::BroadcastOp::create(b, loc, tileType, value);
    tile::StoreOp::create(b, loc, tile, tree, indices, ValueRange());
  }
  tile::ReturnOp::create(b, loc);
  host.symbols.insert(kernel);

  SmallVector<OpFoldResult> sizes = getAsOpFoldResult(grid);
  sizes.push_back(at.getIndexAttr(2));
  Value empty = tensor::EmptyOp::create(at, loc, sizes, at.getIndexType());
  if (empty.getType() != RankedTensorType::get(shape, at.getIndexType()))
    empty = tensor::CastOp::create(
        at, loc, RankedTensorType::get(shape, at.getIndexType()), empty);
  auto launch = tile::LaunchOp::create(at, loc, kernel, grid,
                                       arguments.getInputs(), empty);
  return launch.getResult(0);
}

Value KeySummaries::getTree(Location loc, Value source, unsigned axis,
                            int64_t step) {
  Value &tree = trees[{source, axis}];
  if (!tree)
    tree = SummaryBuilder{host, loc,  source,
                          axis, step, OpBuilder(host.builder.getContext())}
               .run();
  return tree;
}

std::pair<Value, Value> KeySummaries::load(OpBuilder &b, Location loc,
                                           KernelArguments &arguments,
                                           Value tree, unsigned axis,
                                           SmallVector<Value> indices,
                                           Value first, Value count) {
  Value memory = arguments.get(b, tree);
  auto constant = [&](int64_t value) -> Value {
    return arith::ConstantIndexOp::create(b, loc, value);
  };
  Value nodes = memref::DimOp::create(b, loc, memory, axis);
  Value leaves = arith::DivUIOp::create(b, loc, nodes, constant(2));
  Value leaf = arith::AddIOp::create(b, loc, leaves, first);
  Value node = arith::DivUIOp::create(b, loc, leaf, count);
  // The root covers every group that is larger.
  indices[axis] = arith::MaxUIOp::create(b, loc, node, constant(1));
  Value inside;
  for (auto [dim, index] : llvm::enumerate(indices)) {
    if (dim == axis)
      continue;
    Value size = memref::DimOp::create(b, loc, memory, dim);
    Value fits =
        arith::CmpIOp::create(b, loc, arith::CmpIPredicate::ult, index, size);
    inside = inside ? Value(arith::AndIOp::create(b, loc, inside, fits)) : fits;
  }
  // Elsewhere attn.extract reads 0.
  auto read = [&](int64_t side) -> Value {
    SmallVector<Value> position(indices);
    position.push_back(constant(side));
    if (!inside)
      return memref::LoadOp::create(b, loc, memory, position);
    auto branch = scf::IfOp::create(
        b, loc, inside,
        [&](OpBuilder &then, Location loc) {
          Value value = memref::LoadOp::create(then, loc, memory, position);
          scf::YieldOp::create(then, loc, value);
        },
        [&](OpBuilder &otherwise, Location loc) {
          Value zero = arith::ConstantIndexOp::create(otherwise, loc, 0);
          scf::YieldOp::create(otherwise, loc, zero);
        });
    return branch.getResult(0);
  };
  Value low = read(0);
  return {low, read(1)};
}
