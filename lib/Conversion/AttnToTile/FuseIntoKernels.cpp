//===- FuseIntoKernels.cpp - elementwise ops move into kernels ------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What is done to each element before a kernel loads it, or after it stores it,
// is done in the kernel.
//
//===----------------------------------------------------------------------===//

#include "attn/Conversion/AttnToTile.h"

#include "Widener.h"

#include "attn/Dialect/Attn/Utils/Divisors.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNFUSEINTOKERNELSPASS
#include "attn/Conversion/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

//===----------------------------------------------------------------------===//
// Elementwise ops
//===----------------------------------------------------------------------===//

/// Returns whether tiles can hold elements of type `type`.
static bool isElement(Type type) {
  return type.isF16() || type.isBF16() || type.isF32() || type.isF64() ||
         type.isIndex() || type.isSignlessInteger();
}

/// Returns whether `op`, of the body of a linalg op, can be done on tiles.
static bool isArithmetic(Operation &op) {
  if (isa<linalg::IndexOp>(op))
    return true;
  return op.getNumRegions() == 0 && isMemoryEffectFree(&op) &&
         (op.getNumOperands() == 0 ||
          OpTrait::hasElementwiseMappableTraits(&op)) &&
         !getUncertainDivisor(&op) &&
         llvm::all_of(op.getOperandTypes(), isElement) &&
         llvm::all_of(op.getResultTypes(), isElement);
}

/// Returns whether `loop` is the last axis of all operands of `op` that have
/// it: along it, elements stay next to each other.
static bool isLastAxis(linalg::LinalgOp op, AffineExpr loop) {
  return llvm::all_of(op.getIndexingMapsArray(), [&](AffineMap map) {
    return !llvm::is_contained(map.getResults(), loop) ||
           map.getResults().back() == loop;
  });
}

/// Returns whether each element of the result of `op` is arithmetic on an
/// element of each operand.
static bool isFusible(linalg::LinalgOp op) {
  if (!op.hasPureTensorSemantics() || op->getNumResults() != 1 ||
      op.getNumLoops() == 0 || op.getNumLoops() != op.getNumParallelLoops() ||
      op.payloadUsesValueFromOperand(op.getDpsInitOperand(0)) ||
      !op.getMatchingIndexingMap(op.getDpsInitOperand(0)).isPermutation())
    return false;
  for (OpOperand *input : op.getDpsInputOperands())
    if (!isElement(getElementTypeOrSelf(input->get().getType())) ||
        !op.getMatchingIndexingMap(input).isProjectedPermutation(
            /*allowZeroInResults=*/true))
      return false;
  return isElement(getElementTypeOrSelf(op->getResult(0).getType())) &&
         llvm::all_of(op.getBlock()->without_terminator(), isArithmetic);
}

/// Returns whether `op` does nothing but convert the elements of one tensor to
/// a wider type.
static bool isWidening(linalg::LinalgOp op) {
  return op.getNumDpsInputs() == 1 &&
         llvm::all_of(
             op.getBlock()->without_terminator(),
             [](Operation &inner) { return isa<arith::ExtFOp>(inner); });
}

/// Returns whether `op` makes 0 of elements that are 0.
static bool keepsZero(linalg::LinalgOp op) {
  DenseSet<Value> zeros;
  for (OpOperand *input : op.getDpsInputOperands())
    if (isa<RankedTensorType>(input->get().getType()))
      zeros.insert(op.getMatchingBlockArgument(input));
  auto isZero = [&](Value value) {
    return zeros.contains(value) || matchPattern(value, m_AnyZeroFloat());
  };
  auto isFinite = [](Value value) {
    FloatAttr constant;
    return matchPattern(value, m_Constant(&constant)) &&
           constant.getValue().isFinite();
  };
  for (Operation &inner : op.getBlock()->without_terminator()) {
    bool isProduct = isa<arith::MulFOp>(inner);
    bool keeps = isProduct || isa<arith::ExtFOp, arith::TruncFOp, arith::NegFOp,
                                  arith::AddFOp, arith::SubFOp>(inner);
    if (keeps && llvm::any_of(inner.getOperands(), isZero) &&
        llvm::all_of(inner.getOperands(), [&](Value operand) {
          return isZero(operand) || (isProduct && isFinite(operand));
        }))
      zeros.insert(inner.getResult(0));
  }
  return isZero(op.getBlock()->getTerminator()->getOperand(0));
}

//===----------------------------------------------------------------------===//
// Loads
//===----------------------------------------------------------------------===//

/// Returns the block arguments that `value` depends on.
static DenseSet<Value> getBlockArguments(Value value) {
  DenseSet<Value> arguments, seen;
  SmallVector<Value> worklist{value};
  while (!worklist.empty()) {
    Value next = worklist.pop_back_val();
    if (!seen.insert(next).second)
      continue;
    Operation *definition = next.getDefiningOp();
    if (!definition) {
      arguments.insert(next);
      continue;
    }
    definition->walk([&](Operation *inner) {
      llvm::append_range(worklist, inner->getOperands());
    });
  }
  return arguments;
}

/// Returns whether the kernel of `launch` may load an element by `load` more
/// than a few times: no index tells the points of an axis of the grid apart, or
/// the iterations of a loop.
static bool isRepeated(tile::LoadOp load, tile::KernelOp kernel,
                       tile::LaunchOp launch) {
  SmallVector<Value> loops;
  for (Block *block = load->getBlock(); block->getParentOp() != kernel;
       block = block->getParentOp()->getBlock())
    if (isa<tile::ForEachOp, scf::ForOp>(block->getParentOp()))
      loops.push_back(block->getArgument(0));
  SmallVector<DenseSet<Value>> indices;
  for (Value index : load.getIndices())
    indices.push_back(getBlockArguments(index));

  // Tiles of queries that start their keys anywhere have them in common.
  auto dependsOnLoop = [&](const DenseSet<Value> &index) {
    return llvm::any_of(loops,
                        [&](Value loop) { return index.contains(loop); });
  };
  auto isTold = [&](Value point) {
    return llvm::any_of(indices, [&](const DenseSet<Value> &index) {
      return index.contains(point) && !dependsOnLoop(index);
    });
  };
  for (auto [extent, point] :
       llvm::zip(launch.getGrid(), kernel.getGridIndices()))
    if (!matchPattern(extent, m_One()) && !isTold(point))
      return true;
  return llvm::any_of(loops, [&](Value loop) {
    return llvm::none_of(indices, [&](const DenseSet<Value> &index) {
      return index.contains(loop);
    });
  });
}

//===----------------------------------------------------------------------===//
// Fusion
//===----------------------------------------------------------------------===//

namespace {

/// A tile of the loops of an elementwise op.
struct LoopTile {
  /// What stands for each loop: one index, or one per row, column or element.
  SmallVector<Value> loops;
  /// The masks of the elements that exist.
  SmallVector<Value> valid;
  SmallVector<int64_t> shape;
};

/// Fuses what is around one launch into its kernel.
class KernelFusion {
public:
  KernelFusion(tile::LaunchOp launch, tile::KernelOp kernel,
               RewriterBase &rewriter)
      : launch(launch), kernel(kernel), rewriter(rewriter) {}

  /// Fuses until nothing is left that can be.
  void run() {
    while (fuseAnyConsumer() || fuseAnyProducer())
      ;
  }

private:
  bool fuseAnyConsumer();
  bool fuseAnyProducer();
  linalg::LinalgOp findConsumer(OpResult result);
  linalg::LinalgOp findProducer(unsigned input);
  bool canReadThrough(linalg::LinalgOp producer, BlockArgument memory);
  void fuseConsumer(OpResult result, linalg::LinalgOp consumer);
  void fuseProducer(unsigned input, linalg::LinalgOp producer);
  Value getUninitialised(Value init);
  void replaceStore(tile::StoreOp store, linalg::LinalgOp consumer,
                    OpOperand *stored, KernelArguments &arguments);
  void replaceLoad(tile::LoadOp load, linalg::LinalgOp producer,
                   KernelArguments &arguments);
  void replaceDim(memref::DimOp dim, linalg::LinalgOp producer,
                  KernelArguments &arguments);
  Value emitLoad(OpBuilder &b, Location loc, Value memory, AffineMap map,
                 const LoopTile &tile);
  Value emitBody(OpBuilder &b, linalg::LinalgOp op, const LoopTile &tile,
                 KernelArguments &arguments, OpOperand *given, Value value);
  BlockArgument getArgument(unsigned operand) {
    return kernel.getKernelArguments()[operand];
  }

  tile::LaunchOp launch;
  tile::KernelOp kernel;
  RewriterBase &rewriter;
};

} // namespace

/// Emits the load of what `map` reads of `memory` at the loops of `tile`.
Value KernelFusion::emitLoad(OpBuilder &b, Location loc, Value memory,
                             AffineMap map, const LoopTile &tile) {
  SmallVector<Value> indices;
  for (AffineExpr expr : map.getResults()) {
    if (auto loop = dyn_cast<AffineDimExpr>(expr))
      indices.push_back(tile.loops[loop.getPosition()]);
    else
      indices.push_back(arith::ConstantIndexOp::create(b, loc, 0));
  }
  // All masks count, also where they tell more elements apart.
  SmallVector<Value> all(indices);
  llvm::append_range(all, tile.valid);
  SmallVector<int64_t> shape = Widener::joinShapes(all);
  if (shape.empty() && tile.valid.empty())
    return memref::LoadOp::create(b, loc, memory, indices);
  if (shape.empty())
    shape.assign(2, 1);
  return tile::LoadOp::create(b, loc, shape, memory, indices, tile.valid);
}

/// Emits the body of `op` on a tile; `given`, if not null, is the operand whose
/// elements are `value`.
Value KernelFusion::emitBody(OpBuilder &b, linalg::LinalgOp op,
                             const LoopTile &tile, KernelArguments &arguments,
                             OpOperand *given, Value value) {
  Widener widener(b, b, arguments, tile.shape[0], tile.shape[1]);
  for (OpOperand *input : op.getDpsInputOperands()) {
    Value element = value;
    if (input != given) {
      element = arguments.get(b, input->get());
      if (isa<MemRefType>(element.getType()))
        element = emitLoad(b, op.getLoc(), element,
                           op.getMatchingIndexingMap(input), tile);
    }
    widener.map(op.getMatchingBlockArgument(input), element);
  }
  for (Operation &inner : op.getBlock()->without_terminator()) {
    if (auto index = dyn_cast<linalg::IndexOp>(inner))
      widener.map(index, tile.loops[index.getDim()]);
    else if (failed(widener.widen(inner)))
      llvm_unreachable("the body is arithmetic");
  }
  Value result = widener.lookup(op.getBlock()->getTerminator()->getOperand(0));
  return widener.broadcast(b, op.getLoc(), result, tile.shape);
}

//===----------------------------------------------------------------------===//
// Consumers
//===----------------------------------------------------------------------===//

/// Returns the elementwise op that `result` can be fused with, or null.
linalg::LinalgOp KernelFusion::findConsumer(OpResult result) {
  if (!result.hasOneUse())
    return {};
  OpOperand &use = *result.use_begin();
  auto op = dyn_cast<linalg::LinalgOp>(use.getOwner());
  if (!op || op->getBlock() != launch->getBlock() || !op.isDpsInput(&use) ||
      !isFusible(op))
    return {};
  AffineMap map = op.getMatchingIndexingMap(&use);
  if (!map.isPermutation() || !isLastAxis(op, map.getResults().back()))
    return {};
  // The launch moves to the op.
  for (OpResult other : launch.getResults())
    for (Operation *user : other.getUsers()) {
      Operation *ancestor = launch->getBlock()->findAncestorOpInBlock(*user);
      if (other != result && !op->isBeforeInBlock(ancestor))
        return {};
    }
  BlockArgument memory =
      getArgument(launch.getInputs().size() + result.getResultNumber());
  bool isOnlyStored = llvm::all_of(memory.getUses(), [](OpOperand &use) {
    auto store = dyn_cast<tile::StoreOp>(use.getOwner());
    return store && store.getMemory() == use.get();
  });
  return isOnlyStored ? op : linalg::LinalgOp();
}

/// Stores what `consumer` makes of the tile, where that wants it.
void KernelFusion::replaceStore(tile::StoreOp store, linalg::LinalgOp consumer,
                                OpOperand *stored, KernelArguments &arguments) {
  OpBuilder b(store);
  LoopTile tile{SmallVector<Value>(consumer.getNumLoops()), store.getValid(),
                SmallVector<int64_t>(store.getValue().getType().getShape())};
  AffineMap map = consumer.getMatchingIndexingMap(stored);
  for (auto [axis, index] : llvm::enumerate(store.getIndices()))
    tile.loops[map.getDimPosition(axis)] = index;
  Value value =
      emitBody(b, consumer, tile, arguments, stored, store.getValue());
  AffineMap out =
      consumer.getMatchingIndexingMap(consumer.getDpsInitOperand(0));
  SmallVector<Value> indices;
  for (unsigned axis = 0; axis < out.getNumResults(); ++axis)
    indices.push_back(tile.loops[out.getDimPosition(axis)]);
  tile::StoreOp::create(b, store.getLoc(), value, store.getMemory(), indices,
                        store.getValid());
  store.erase();
}

/// Returns a tensor of the type and sizes of `init`, whatever it holds.
Value KernelFusion::getUninitialised(Value init) {
  if (init.getDefiningOp<tensor::EmptyOp>())
    return init;
  Location loc = init.getLoc();
  auto type = cast<RankedTensorType>(init.getType());
  SmallVector<Value> sizes;
  for (auto [axis, size] : llvm::enumerate(type.getShape()))
    if (ShapedType::isDynamic(size))
      sizes.push_back(tensor::DimOp::create(rewriter, loc, init, axis));
  return tensor::EmptyOp::create(rewriter, loc, type, sizes);
}

void KernelFusion::fuseConsumer(OpResult result, linalg::LinalgOp consumer) {
  unsigned number = result.getResultNumber();
  OpOperand *stored = nullptr;
  for (OpOperand *input : consumer.getDpsInputOperands())
    if (input->get() == result)
      stored = input;
  auto type = cast<RankedTensorType>(consumer->getResult(0).getType());
  BlockArgument memory = getArgument(launch.getInputs().size() + number);
  memory.setType(getKernelMemRefType(type));
  KernelArguments arguments(kernel, launch);
  for (Operation *user : llvm::to_vector(memory.getUsers()))
    replaceStore(cast<tile::StoreOp>(user), consumer, stored, arguments);

  rewriter.setInsertionPoint(consumer);
  SmallVector<Value> outputs(launch.getOutputs());
  outputs[number] = getUninitialised(consumer.getDpsInits()[0]);
  auto fused =
      tile::LaunchOp::create(rewriter, launch.getLoc(), kernel,
                             launch.getGrid(), arguments.getInputs(), outputs);
  rewriter.replaceOp(consumer, fused.getResult(number));
  for (OpResult other : launch.getResults())
    if (other != result)
      rewriter.replaceAllUsesWith(other,
                                  fused.getResult(other.getResultNumber()));
  rewriter.eraseOp(launch);
  launch = fused;
}

bool KernelFusion::fuseAnyConsumer() {
  for (OpResult result : launch.getResults())
    if (linalg::LinalgOp consumer = findConsumer(result)) {
      fuseConsumer(result, consumer);
      return true;
    }
  return false;
}

//===----------------------------------------------------------------------===//
// Producers
//===----------------------------------------------------------------------===//

/// Returns an input of `op` with an axis that `loop` walks, and the axis.
static std::pair<OpOperand *, unsigned> findAxis(linalg::LinalgOp op,
                                                 AffineExpr loop) {
  for (OpOperand *input : op.getDpsInputOperands())
    for (auto [axis, expr] :
         llvm::enumerate(op.getMatchingIndexingMap(input).getResults()))
      if (expr == loop)
        return {input, axis};
  return {nullptr, 0};
}

/// Returns the loop of `op` that walks `axis` of its result.
static AffineExpr getLoop(linalg::LinalgOp op, unsigned axis) {
  return op.getMatchingIndexingMap(op.getDpsInitOperand(0)).getResult(axis);
}

/// Returns whether all that the kernel does with `memory` can be done with the
/// operands of `producer`, which makes it.
bool KernelFusion::canReadThrough(linalg::LinalgOp producer,
                                  BlockArgument memory) {
  for (OpOperand &use : memory.getUses()) {
    Operation *user = use.getOwner();
    if (auto dim = dyn_cast<memref::DimOp>(user)) {
      std::optional<int64_t> axis = dim.getConstantIndex();
      if (!axis || !findAxis(producer, getLoop(producer, *axis)).first)
        return false;
      continue;
    }
    auto load = dyn_cast<tile::LoadOp>(user);
    if (!load || (isRepeated(load, kernel, launch) && !isWidening(producer)))
      return false;
  }
  return true;
}

/// Returns the elementwise op that makes only the input `input`, if it can be
/// fused, or null.
linalg::LinalgOp KernelFusion::findProducer(unsigned input) {
  Value value = launch.getInputs()[input];
  auto op = value.getDefiningOp<linalg::LinalgOp>();
  if (!op || !value.hasOneUse() || !isFusible(op) || op.getNumDpsInputs() == 0)
    return {};
  unsigned rank = cast<RankedTensorType>(value.getType()).getRank();
  if (!isLastAxis(op, getLoop(op, rank - 1)) ||
      !canReadThrough(op, getArgument(input)))
    return {};
  return op;
}

/// Makes the tile of `load` from the operands of `producer`. What masks hide
/// stays 0.
void KernelFusion::replaceLoad(tile::LoadOp load, linalg::LinalgOp producer,
                               KernelArguments &arguments) {
  OpBuilder b(load);
  Location loc = load.getLoc();
  LoopTile tile{SmallVector<Value>(producer.getNumLoops()), load.getValid(),
                SmallVector<int64_t>(load.getResult().getType().getShape())};
  AffineMap out =
      producer.getMatchingIndexingMap(producer.getDpsInitOperand(0));
  for (auto [axis, index] : llvm::enumerate(load.getIndices()))
    tile.loops[out.getDimPosition(axis)] = index;
  Value value = emitBody(b, producer, tile, arguments, nullptr, Value());
  if (!load.getValid().empty() && !keepsZero(producer)) {
    auto bits = VectorType::get(tile.shape, b.getI1Type());
    Value exists;
    for (Value mask : load.getValid()) {
      if (mask.getType() != bits)
        mask = vector::BroadcastOp::create(b, loc, bits, mask);
      exists = exists ? arith::AndIOp::create(b, loc, exists, mask) : mask;
    }
    Value zero =
        arith::ConstantOp::create(b, loc, b.getZeroAttr(value.getType()));
    value = arith::SelectOp::create(b, loc, exists, value, zero);
  }
  load.replaceAllUsesWith(value);
  load.erase();
}

/// Takes a size of what `producer` makes from its operands.
void KernelFusion::replaceDim(memref::DimOp dim, linalg::LinalgOp producer,
                              KernelArguments &arguments) {
  OpBuilder b(dim);
  auto [input, axis] =
      findAxis(producer, getLoop(producer, *dim.getConstantIndex()));
  Value memory = arguments.get(b, input->get());
  dim.replaceAllUsesWith(
      memref::DimOp::create(b, dim.getLoc(), memory, axis).getResult());
  dim.erase();
}

void KernelFusion::fuseProducer(unsigned input, linalg::LinalgOp producer) {
  BlockArgument memory = getArgument(input);
  KernelArguments arguments(kernel, launch);
  for (Operation *user : llvm::to_vector(memory.getUsers())) {
    if (auto load = dyn_cast<tile::LoadOp>(user))
      replaceLoad(load, producer, arguments);
    else
      replaceDim(cast<memref::DimOp>(user), producer, arguments);
  }
  kernel.getBody().eraseArgument(kernel.getGridRank() + input);
  SmallVector<Value> inputs(arguments.getInputs());
  inputs.erase(inputs.begin() + input);
  rewriter.setInsertionPoint(launch);
  auto fused =
      tile::LaunchOp::create(rewriter, launch.getLoc(), kernel,
                             launch.getGrid(), inputs, launch.getOutputs());
  rewriter.replaceOp(launch, fused);
  rewriter.eraseOp(producer);
  launch = fused;
}

bool KernelFusion::fuseAnyProducer() {
  for (unsigned input = 0; input < launch.getInputs().size(); ++input)
    if (linalg::LinalgOp producer = findProducer(input)) {
      fuseProducer(input, producer);
      return true;
    }
  return false;
}

//===----------------------------------------------------------------------===//
// Pass
//===----------------------------------------------------------------------===//

namespace {

/// Fuses into every kernel of a module that has one launch.
struct AttnFuseIntoKernelsPass final
    : attn::impl::AttnFuseIntoKernelsPassBase<AttnFuseIntoKernelsPass> {
  void runOnOperation() override {
    llvm::MapVector<tile::KernelOp, SmallVector<tile::LaunchOp>> launches;
    getOperation().walk([&](tile::LaunchOp launch) {
      if (auto kernel = SymbolTable::lookupNearestSymbolFrom<tile::KernelOp>(
              launch, launch.getKernelAttr()))
        launches[kernel].push_back(launch);
    });
    IRRewriter rewriter(&getContext());
    for (auto &[kernel, list] : launches)
      if (list.size() == 1 &&
          list.front()->getNumResults() == list.front().getOutputs().size())
        KernelFusion(list.front(), kernel, rewriter).run();
  }
};

} // namespace
