//===- PairLaunch.cpp - the kernel of attention and its launch ------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PairKernel.h"

#include "attn/Dialect/Attn/Utils/Checks.h"

#include "llvm/ADT/ScopeExit.h"

using namespace mlir;
using namespace mlir::attn;

LogicalResult PairKernelBuilder::createKernel(OpBuilder &outside) {
  for (unsigned dim = 0; dim < coordinates.numOver(); ++dim)
    overExtents.push_back(emitExtent(outside, view, dim));
  queryExtent = emitExtent(outside, view, coordinates.query());
  keyExtent = emitExtent(outside, view, coordinates.key());
  int64_t gridRank =
      coordinates.numOver() + (split ? 1 : 0) + (slabs > 1 ? 1 : 0) + 1;
  kernel = tile::KernelOp::create(b, loc, op->getName().stripDialect(),
                                  gridRank, TypeRange(), tile::ScheduleAttr());
  arguments = std::make_unique<KernelArguments>(kernel);
  b.setInsertionPointToEnd(&kernel.getBody().front());
  SmallVector<Value> point(kernel.getGridIndices());
  over.assign(point.begin(), point.begin() + coordinates.numOver());
  if (split)
    splitIndex = point[coordinates.numOver()];
  if (slabs > 1)
    slab = point[point.size() - 2];
  if (maskGrids) {
    grid.emplace(outside, loc, *maskGrids, sides, queryExtent, keyExtent);
    return placeOnGrid(point.back());
  }
  Value size = arith::ConstantIndexOp::create(b, loc, getQueriesOfHead());
  firstQuery = arith::MulIOp::create(b, loc, point.back(), size);
  createQueries();
  queryValid = isLess(b, queries, arguments->get(b, queryExtent));
  return success();
}

/// Makes the boxes of queries and of keys of the tile with the given number.
LogicalResult PairKernelBuilder::placeOnGrid(Value number) {
  SmallVector<Value> heads(over);
  firstQuery = arith::ConstantIndexOp::create(b, loc, 0);
  createQueries();
  if (packed > 1)
    heads.back() = firstHead;
  grid->placeQueries(b, *arguments, number);
  FailureOr<GridBox::Tokens> tokens =
      grid->queries.emitTokens(b, *arguments, queries);
  if (failed(tokens))
    return failure();
  queryValid = tokens->exist;
  return grid->placeKeys(b, *arguments, view.mask, heads,
                         packed > 1 ? getLastHead() : Value());
}

/// The last head of a tile of queries that has several.
Value PairKernelBuilder::getLastHead() {
  Value others = arith::ConstantIndexOp::create(b, loc, packed - 1);
  return arith::AddIOp::create(b, loc, firstHead, others);
}

/// Makes the tile of queries. Packed heads take turns, so that the queries that
/// exist are the first rows.
void PairKernelBuilder::createQueries() {
  if (packed == 1) {
    queries = tile::IotaOp::create(b, loc, firstQuery, 0, sizes.queries);
    return;
  }
  Value count = arith::ConstantIndexOp::create(b, loc, packed);
  firstHead = arith::MulIOp::create(b, loc, over.back(), count);
  Value zero = arith::ConstantIndexOp::create(b, loc, 0);
  Value row = tile::IotaOp::create(b, loc, zero, 0, sizes.queries);
  SmallVector<int64_t> shape{sizes.queries, 1};
  Value divisor = wide(b, count, shape);
  Value turn = arith::DivUIOp::create(b, loc, row, divisor);
  Value head = arith::RemUIOp::create(b, loc, row, divisor);
  queries = arith::AddIOp::create(b, loc, wide(b, firstQuery, shape), turn);
  over.back() = arith::AddIOp::create(b, loc, wide(b, firstHead, shape), head);
}

SmallVector<Value> PairKernelBuilder::emitLaunchGrid(OpBuilder &outside) {
  auto constant = [&](int64_t value) -> Value {
    return arith::ConstantIndexOp::create(outside, loc, value);
  };
  SmallVector<Value> extents(overExtents);
  if (packed > 1)
    extents.back() =
        arith::DivUIOp::create(outside, loc, extents.back(), constant(packed));
  if (split)
    extents.push_back(
        arith::CeilDivSIOp::create(outside, loc, keyExtent, constant(*split)));
  if (slabs > 1)
    extents.push_back(constant(slabs));
  if (grid)
    extents.push_back(grid->emitTileCount(outside));
  else
    extents.push_back(arith::CeilDivSIOp::create(outside, loc, queryExtent,
                                                 constant(getQueriesOfHead())));
  return extents;
}

LogicalResult PairKernelBuilder::build(SymbolTable &symbolTable,
                                       IRRewriter &rewriter) {
  rewriter.setInsertionPoint(op);
  host = &rewriter;
  symbols = &symbolTable;
  if (failed(emitPairChecks(rewriter, view)))
    return failure();
  LogicalResult created = createKernel(rewriter);
  auto cleanup = llvm::scope_exit([&] { kernel->erase(); });
  if (failed(created) || failed(loadQueries()))
    return failure();
  FailureOr<State> state = emitLoop();
  if (failed(state))
    return failure();
  auto attention = dyn_cast<AttentionOp>(op);
  if (failed(attention ? emitAttention(attention, *state)
                       : emitPartial(cast<PartialOp>(op), *state)))
    return failure();
  tile::ReturnOp::create(b, loc);
  cleanup.release();
  symbolTable.insert(kernel);

  ReifiedRankedShapedTypeDims shapes;
  if (failed(cast<ReifyRankedShapedTypeOpInterface>(op).reifyResultShapes(
          rewriter, shapes)))
    return op->emitOpError("has results of unknown shape");
  SmallVector<Value> empties;
  for (auto [result, shape] : llvm::zip(outputs, shapes))
    empties.push_back(tensor::EmptyOp::create(
        rewriter, loc, shape, getElementTypeOrSelf(result.getType())));
  auto launch =
      tile::LaunchOp::create(rewriter, loc, kernel, emitLaunchGrid(rewriter),
                             arguments->getInputs(), empties);
  SmallVector<Value> results;
  for (auto [result, original] : llvm::zip(launch.getResults(), outputs))
    results.push_back(result.getType() == original.getType()
                          ? Value(result)
                          : Value(tensor::CastOp::create(
                                rewriter, loc, original.getType(), result)));
  rewriter.replaceOp(op, results);
  return success();
}
