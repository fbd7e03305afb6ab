//===- DecomposeMaps.cpp - einsum and map to linalg -----------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Rewrites the ops over named letters into linalg.generic.
//
//===----------------------------------------------------------------------===//

#include "attn/Dialect/Attn/Transforms/Passes.h"

#include "attn/Dialect/Attn/IR/Attn.h"
#include "attn/Dialect/Attn/Utils/Checks.h"
#include "attn/Dialect/Attn/Utils/Divisors.h"
#include "attn/Dialect/Attn/Utils/Emit.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Transforms/WalkPatternRewriteDriver.h"

namespace mlir::attn {
#define GEN_PASS_DEF_ATTNDECOMPOSEMAPSPASS
#include "attn/Dialect/Attn/Transforms/Passes.h.inc"
} // namespace mlir::attn

using namespace mlir;
using namespace mlir::attn;

//===----------------------------------------------------------------------===//
// Letters
//===----------------------------------------------------------------------===//

namespace {

using LetterSet = llvm::SmallBitVector;

/// A tensor that is read at a position; diagnostics call it `name`.
struct Access {
  Value tensor;
  AffineMap map;
  std::string name;
};

/// The `with` clause of an op over letters.
struct Bindings {
  Bindings(ArrayAttr infos, ValueRange all) {
    for (auto info : infos.getAsRange<BindingAttr>()) {
      this->infos.push_back(info);
      operands.push_back(info.hasOperand() ? all.front() : Value());
      all = all.drop_front(info.hasOperand());
    }
  }

  /// Marks the letters and bound names that the positions of `map` depend on.
  /// A bound name depends on earlier ones only, so this ends.
  void mark(AffineMap map, LetterSet &letters, LetterSet &names) const {
    map.walkExprs([&](AffineExpr expr) {
      if (auto dim = dyn_cast<AffineDimExpr>(expr))
        letters.set(dim.getPosition());
      auto symbol = dyn_cast<AffineSymbolExpr>(expr);
      if (!symbol || names.test(symbol.getPosition()))
        return;
      names.set(symbol.getPosition());
      mark(infos[symbol.getPosition()].getMap(), letters, names);
    });
  }

  SmallVector<Access> getLoads() const {
    SmallVector<Access> loads;
    for (auto [info, operand] : llvm::zip(infos, operands))
      if (info.getKind() == BindingKind::Load)
        loads.push_back({operand, info.getMap(), info.getName().str()});
    return loads;
  }

  SmallVector<BindingAttr> infos;
  /// Null for expressions.
  SmallVector<Value> operands;
};

} // namespace

/// Whether the positions of `map` are different plain letters.
static bool isPlain(AffineMap map) {
  LetterSet seen(map.getNumDims());
  for (AffineExpr expr : map.getResults()) {
    auto dim = dyn_cast<AffineDimExpr>(expr);
    if (!dim || seen.test(dim.getPosition()))
      return false;
    seen.set(dim.getPosition());
  }
  return true;
}

/// Returns the static size of an axis of `access`.
static int64_t getStaticSize(const Access &access, unsigned axis) {
  return cast<RankedTensorType>(access.tensor.getType()).getDimSize(axis);
}

/// Returns an empty tensor of `type` whose dynamic sizes are among `extents`.
static Value createEmpty(OpBuilder &b, Location loc, RankedTensorType type,
                         ValueRange extents) {
  SmallVector<Value> dynamic;
  for (auto [axis, extent] : llvm::enumerate(extents))
    if (type.isDynamicDim(axis))
      dynamic.push_back(extent);
  return tensor::EmptyOp::create(b, loc, type, dynamic);
}

//===----------------------------------------------------------------------===//
// One loop nest
//===----------------------------------------------------------------------===//

namespace {

/// Builds one `linalg.generic` over letters.
class LetterLoops {
public:
  /// The first `numParallel` of the letters `loops` are axes of the outputs.
  LetterLoops(OpBuilder &b, Location loc, const Bindings &with,
              ArrayRef<unsigned> loops, unsigned numParallel)
      : b(b), loc(loc), with(with), loops(loops), numParallel(numParallel) {}

  /// Adds an operand at a plain position.
  void addInput(Value tensor, AffineMap map);
  /// Makes the bound names `names` inputs where they are read at plain
  /// positions.
  void addBindings(const LetterSet &names);
  /// Adds inputs that nobody reads, so that each loop has an extent.
  void addShapes(ArrayRef<Value> extents);

  using Body = function_ref<SmallVector<Value>(
      PairEmitter &emit, OpBuilder &b, ValueRange inputs, ValueRange outputs)>;
  SmallVector<Value> create(ValueRange outputs, bool wide, Body body);

  /// Within the body: the indices of the loops over `letters`, null elsewhere.
  SmallVector<Value> getDims(OpBuilder &body, const LetterSet &letters);
  /// Within the body: the values of the bound names `names`, null elsewhere.
  SmallVector<Value> emitBindings(PairEmitter &emit, const LetterSet &names,
                                  ValueRange dims, ValueRange inputs);

private:
  OpBuilder &b;
  Location loc;
  const Bindings &with;
  SmallVector<unsigned> loops;
  unsigned numParallel;
  SmallVector<Value> inputs;
  SmallVector<AffineMap> maps;
  /// The input that holds the elements of a bound name.
  llvm::SmallDenseMap<unsigned, unsigned> bindingInputs;
};

} // namespace

void LetterLoops::addInput(Value tensor, AffineMap map) {
  SmallVector<AffineExpr> exprs;
  for (AffineExpr expr : map.getResults()) {
    unsigned letter = cast<AffineDimExpr>(expr).getPosition();
    exprs.push_back(
        b.getAffineDimExpr(llvm::find(loops, letter) - loops.begin()));
  }
  inputs.push_back(tensor);
  maps.push_back(AffineMap::get(loops.size(), 0, exprs, b.getContext()));
}

void LetterLoops::addBindings(const LetterSet &names) {
  for (unsigned name : names.set_bits()) {
    BindingAttr info = with.infos[name];
    if (info.getKind() != BindingKind::Load || !isPlain(info.getMap()))
      continue;
    bindingInputs[name] = inputs.size();
    addInput(with.operands[name], info.getMap());
  }
}

void LetterLoops::addShapes(ArrayRef<Value> extents) {
  for (unsigned loop = numParallel; loop < loops.size(); ++loop) {
    auto hasLoop = [&](AffineMap map) { return map.isFunctionOfDim(loop); };
    if (llvm::any_of(maps, hasLoop))
      continue;
    OpFoldResult extent = extents[loops[loop]];
    inputs.push_back(
        tensor::EmptyOp::create(b, loc, ArrayRef(extent), b.getF32Type()));
    maps.push_back(AffineMap::get(loops.size(), 0, b.getAffineDimExpr(loop),
                                  b.getContext()));
  }
}

SmallVector<Value> LetterLoops::create(ValueRange outputs, bool wide,
                                       Body body) {
  using Kind = utils::IteratorType;
  SmallVector<AffineExpr> axes;
  for (unsigned loop = 0; loop < numParallel; ++loop)
    axes.push_back(b.getAffineDimExpr(loop));
  AffineMap output = AffineMap::get(loops.size(), 0, axes, b.getContext());
  maps.append(outputs.size(), output);
  SmallVector<Kind> kinds(loops.size(), Kind::reduction);
  std::fill_n(kinds.begin(), numParallel, Kind::parallel);
  auto build = [&](OpBuilder &inner, Location, ValueRange arguments) {
    PairEmitter emit(inner, loc, wide);
    SmallVector<Value> results =
        body(emit, inner, arguments.take_front(inputs.size()),
             arguments.drop_front(inputs.size()));
    for (auto [result, argument] :
         llvm::zip(results, arguments.drop_front(inputs.size())))
      if (isa<FloatType>(argument.getType()))
        result = emit.convertFloat(result, argument.getType());
    linalg::YieldOp::create(inner, loc, results);
  };
  auto op = linalg::GenericOp::create(b, loc, outputs.getTypes(), inputs,
                                      outputs, maps, kinds, build);
  return llvm::to_vector_of<Value>(op.getResults());
}

SmallVector<Value> LetterLoops::getDims(OpBuilder &body,
                                        const LetterSet &letters) {
  SmallVector<Value> dims(letters.size());
  for (unsigned letter : letters.set_bits())
    dims[letter] = linalg::IndexOp::create(
        body, loc, llvm::find(loops, letter) - loops.begin());
  return dims;
}

SmallVector<Value> LetterLoops::emitBindings(PairEmitter &emit,
                                             const LetterSet &names,
                                             ValueRange dims,
                                             ValueRange inputs) {
  SmallVector<Value> values(with.infos.size());
  for (unsigned name : names.set_bits()) {
    auto input = bindingInputs.find(name);
    Value element =
        input == bindingInputs.end() ? Value() : inputs[input->second];
    values[name] = emit.emitBinding(with.infos[name], with.operands[name], dims,
                                    values, element);
  }
  return values;
}

//===----------------------------------------------------------------------===//
// attn.einsum
//===----------------------------------------------------------------------===//

namespace {

/// Builds the sums of products of one einsum.
class EinsumLowering {
public:
  EinsumLowering(OpBuilder &b, EinsumOp op, bool wide);
  Value lower();

private:
  /// What is multiplied, and all letters it depends on.
  struct Factor : Access {
    LetterSet letters, names;
  };

  Factor makeFactor(Value tensor, AffineMap map, const Twine &name);
  void findExtents();
  void contractPairs();
  bool contractPair(unsigned first, unsigned second);
  Value emitProduct(ArrayRef<Factor> product, ArrayRef<unsigned> parallel,
                    const Factor *bias, RankedTensorType type);
  Value emitInit(ArrayRef<unsigned> parallel, const Factor *bias,
                 RankedTensorType type);
  Value emitElement(PairEmitter &emit, const Factor &factor, ValueRange dims,
                    ValueRange bindings, ValueRange inputs, unsigned &next);
  Value emitRounded(Value tensor, RankedTensorType type);
  SmallVector<Value> getExtents(ArrayRef<unsigned> letters);

  OpBuilder &b;
  EinsumOp op;
  Location loc;
  Bindings with;
  unsigned numLetters;
  /// The type of sums.
  FloatType type;
  SmallVector<unsigned> outLetters;
  SmallVector<Factor> factors;
  std::optional<Factor> bias;
  SmallVector<Value> extents;
};

} // namespace

EinsumLowering::EinsumLowering(OpBuilder &b, EinsumOp op, bool wide)
    : b(b), op(op), loc(op.getLoc()),
      with(op.getBindingInfos(), op.getBindings()),
      numLetters(op.getLetters().size()), type(b.getF32Type()) {
  for (auto [n, input] : llvm::enumerate(op.getInputs()))
    factors.push_back(
        makeFactor(input, cast<AffineMapAttr>(op.getInputMaps()[n]).getValue(),
                   "operand " + Twine(n)));
  if (op.getBias())
    bias = makeFactor(op.getBias(), *op.getBiasMap(), "the bias");
  for (Value operand : op->getOperands())
    wide |= getElementTypeOrSelf(operand).isF64();
  if (wide)
    type = b.getF64Type();
  for (AffineExpr expr : op.getOutMap().getResults())
    outLetters.push_back(cast<AffineDimExpr>(expr).getPosition());
}

EinsumLowering::Factor EinsumLowering::makeFactor(Value tensor, AffineMap map,
                                                  const Twine &name) {
  Factor factor;
  factor.tensor = tensor;
  factor.map = map;
  factor.name = name.str();
  factor.letters.resize(numLetters);
  factor.names.resize(with.infos.size());
  with.mark(map, factor.letters, factor.names);
  return factor;
}

/// Finds the extent of each letter, and checks that all axes agree.
void EinsumLowering::findExtents() {
  SmallVector<Access> accesses(factors.begin(), factors.end());
  if (bias)
    accesses.push_back(*bias);
  accesses.append(with.getLoads());
  for (unsigned letter = 0; letter < numLetters; ++letter) {
    SmallVector<std::pair<Access *, unsigned>> axes;
    for (Access &access : accesses)
      for (auto [axis, expr] : llvm::enumerate(access.map.getResults()))
        if (expr == b.getAffineDimExpr(letter))
          axes.emplace_back(&access, axis);
    auto isStatic = [](auto entry) {
      return !ShapedType::isDynamic(getStaticSize(*entry.first, entry.second));
    };
    auto *defining = llvm::find_if(axes, isStatic);
    if (defining == axes.end())
      defining = axes.begin();
    Value extent = emitSize(b, loc, defining->first->tensor, defining->second);
    StringRef name = cast<StringAttr>(op.getLetters()[letter]).getValue();
    for (auto &entry : axes)
      if (&entry != defining)
        emitCheck(b, loc, tile::CheckKind::Equal,
                  emitSize(b, loc, entry.first->tensor, entry.second), extent,
                  "attn.einsum: extent of '" + name + "' in " +
                      entry.first->name);
    extents.push_back(extent);
  }
  for (auto [axis, letter] : llvm::enumerate(outLetters)) {
    auto result = cast<RankedTensorType>(op.getType());
    if (!result.isDynamicDim(axis))
      emitCheck(b, loc, tile::CheckKind::Equal, extents[letter],
                arith::ConstantIndexOp::create(b, loc, result.getDimSize(axis)),
                "attn.einsum: extent of '" +
                    cast<StringAttr>(op.getLetters()[letter]).getValue() +
                    "' in the result");
  }
}

SmallVector<Value> EinsumLowering::getExtents(ArrayRef<unsigned> letters) {
  return llvm::map_to_vector(letters,
                             [&](unsigned letter) { return extents[letter]; });
}

/// Replaces two plain factors by their product if a letter is summed by that.
bool EinsumLowering::contractPair(unsigned first, unsigned second) {
  if (!isPlain(factors[first].map) || !isPlain(factors[second].map))
    return false;
  LetterSet kept(numLetters), letters = factors[first].letters;
  letters |= factors[second].letters;
  for (unsigned letter : outLetters)
    kept.set(letter);
  for (auto [n, factor] : llvm::enumerate(factors))
    if (n != first && n != second)
      kept |= factor.letters;
  kept &= letters;
  if (kept == letters)
    return false;
  // Letters to be summed later are innermost.
  SmallVector<unsigned> parallel;
  for (unsigned letter : outLetters)
    if (kept.test(letter)) {
      parallel.push_back(letter);
      kept.reset(letter);
    }
  parallel.append(kept.set_bits_begin(), kept.set_bits_end());
  SmallVector<AffineExpr> exprs;
  SmallVector<int64_t> shape;
  for (unsigned letter : parallel) {
    exprs.push_back(b.getAffineDimExpr(letter));
    std::optional<int64_t> size = getConstantIntValue(extents[letter]);
    shape.push_back(size.value_or(ShapedType::kDynamic));
  }
  Factor pair[] = {factors[first], factors[second]};
  Value product = emitProduct(pair, parallel, /*bias=*/nullptr,
                              RankedTensorType::get(shape, type));
  factors[first] = makeFactor(
      product,
      AffineMap::get(numLetters, with.infos.size(), exprs, b.getContext()), "");
  factors.erase(factors.begin() + second);
  return true;
}

/// Contracts pairs of factors until two are left or no pair sums a letter.
void EinsumLowering::contractPairs() {
  auto contractOne = [&] {
    for (unsigned first = 0; first < factors.size(); ++first)
      for (unsigned second = first + 1; second < factors.size(); ++second)
        if (contractPair(first, second))
          return true;
    return false;
  };
  while (factors.size() > 2 && contractOne())
    ;
}

/// The element of `factor` in the type of sums. Plain factors are inputs, in
/// order; `next` counts them.
Value EinsumLowering::emitElement(PairEmitter &emit, const Factor &factor,
                                  ValueRange dims, ValueRange bindings,
                                  ValueRange inputs, unsigned &next) {
  Value element = isPlain(factor.map) ? inputs[next++]
                                      : emit.emitLoad(factor.tensor, factor.map,
                                                      dims, bindings);
  return emit.convertFloat(element, type);
}

/// What a sum over letters starts with: the bias, or 0.
Value EinsumLowering::emitInit(ArrayRef<unsigned> parallel, const Factor *bias,
                               RankedTensorType type) {
  if (bias)
    return emitProduct(*bias, parallel, /*bias=*/nullptr, type);
  Value empty = createEmpty(b, loc, type, getExtents(parallel));
  Value zero =
      arith::ConstantOp::create(b, loc, b.getZeroAttr(type.getElementType()));
  return linalg::FillOp::create(b, loc, zero, empty).getResult(0);
}

/// Emits the product of factors, summed over all letters but `parallel`. The
/// element type of a sum is the type of sums.
Value EinsumLowering::emitProduct(ArrayRef<Factor> product,
                                  ArrayRef<unsigned> parallel,
                                  const Factor *bias, RankedTensorType type) {
  SmallVector<Factor> terms(product);
  LetterSet letters(numLetters), indexed(numLetters), names(with.infos.size());
  SmallVector<unsigned> loops(parallel);
  for (const Factor &factor : product)
    letters |= factor.letters;
  for (unsigned letter : letters.set_bits())
    if (!llvm::is_contained(parallel, letter))
      loops.push_back(letter);
  bool isSum = loops.size() > parallel.size();
  if (bias && !isSum)
    terms.push_back(*bias);

  LetterLoops nest(b, loc, with, loops, parallel.size());
  for (const Factor &factor : terms)
    if (isPlain(factor.map))
      nest.addInput(factor.tensor, factor.map);
    else
      names |= factor.names, indexed |= factor.letters;
  nest.addBindings(names);
  nest.addShapes(extents);
  Value init = isSum ? emitInit(parallel, bias, type)
                     : createEmpty(b, loc, type, getExtents(parallel));
  auto body = [&](PairEmitter &emit, OpBuilder &inner, ValueRange inputs,
                  ValueRange outputs) {
    SmallVector<Value> dims = nest.getDims(inner, indexed);
    SmallVector<Value> bindings = nest.emitBindings(emit, names, dims, inputs);
    unsigned next = 0;
    auto element = [&](const Factor &factor) {
      return emitElement(emit, factor, dims, bindings, inputs, next);
    };
    Value value = element(terms.front());
    for (const Factor &factor : ArrayRef(terms).slice(1, product.size() - 1))
      value = arith::MulFOp::create(inner, loc, value, element(factor));
    if (isSum)
      value = arith::AddFOp::create(inner, loc, outputs[0], value);
    else if (bias)
      value = arith::AddFOp::create(inner, loc, value, element(terms.back()));
    return SmallVector<Value>{value};
  };
  return nest.create(init, /*wide=*/false, body)[0];
}

/// Rounds the elements of `tensor` to those of `type`.
Value EinsumLowering::emitRounded(Value tensor, RankedTensorType type) {
  if (tensor.getType() == type)
    return tensor;
  AffineMap map = op.getOutMap();
  LetterLoops nest(b, loc, with, outLetters, outLetters.size());
  nest.addInput(tensor, map);
  Value empty = createEmpty(b, loc, type, getExtents(outLetters));
  return nest.create(
      empty, /*wide=*/false,
      [](PairEmitter &, OpBuilder &, ValueRange inputs, ValueRange) {
        return SmallVector<Value>{inputs[0]};
      })[0];
}

Value EinsumLowering::lower() {
  findExtents();
  contractPairs();
  auto result = cast<RankedTensorType>(op.getType());
  LetterSet letters(numLetters);
  for (const Factor &factor : factors)
    letters |= factor.letters;
  for (unsigned letter : outLetters)
    letters.reset(letter);
  RankedTensorType sumType = letters.any() ? result.clone(type) : result;
  Value sum =
      emitProduct(factors, outLetters, bias ? &*bias : nullptr, sumType);
  return emitRounded(sum, result);
}

//===----------------------------------------------------------------------===//
// attn.map
//===----------------------------------------------------------------------===//

namespace {

/// Builds the loops of one `attn.map`.
class MapLowering {
public:
  MapLowering(OpBuilder &b, MapOp op, bool wide)
      : b(b), op(op), loc(op.getLoc()),
        with(op.getBindingInfos(), op.getBindings()),
        numLetters(op.getLetters().size()), wide(wide) {}

  SmallVector<Value> lower();

private:
  void findExtents();
  void findExtent(unsigned letter, ArrayRef<Access> loads);
  /// Cuts operands at plain positions to the extents.
  void cutOperands();

  OpBuilder &b;
  MapOp op;
  Location loc;
  Bindings with;
  unsigned numLetters;
  bool wide;
  SmallVector<Value> extents;
  /// Letters whose extent is that of every axis they are read along.
  LetterSet exact;
};

} // namespace

/// Finds the extent of `letter`: static in the results, given, or read.
void MapLowering::findExtent(unsigned letter, ArrayRef<Access> loads) {
  auto result = cast<RankedTensorType>(op.getResultTypes()[0]);
  auto *given =
      llvm::find(op.getExtentCoordinates(), static_cast<int64_t>(letter));
  bool isGiven = given != op.getExtentCoordinates().end();
  Value extent;
  if (isGiven)
    extent = op.getExtents()[given - op.getExtentCoordinates().begin()];
  StringRef name = cast<StringAttr>(op.getLetters()[letter]).getValue();
  if (!result.isDynamicDim(letter)) {
    Value size =
        arith::ConstantIndexOp::create(b, loc, result.getDimSize(letter));
    if (isGiven)
      emitCheck(b, loc, tile::CheckKind::Equal, extent, size,
                "attn.map: extent of '" + name + "'");
    extent = size;
  }
  bool isRead = !extent;
  for (const Access &load : loads)
    for (auto [axis, expr] : llvm::enumerate(load.map.getResults())) {
      if (expr != b.getAffineDimExpr(letter))
        continue;
      Value size = emitSize(b, loc, load.tensor, axis);
      if (extent)
        emitCheck(b, loc,
                  isRead ? tile::CheckKind::Equal : tile::CheckKind::AtLeast,
                  size, extent,
                  "attn.map: extent of '" + name + "' in '" + load.name + "'");
      else
        extent = size;
    }
  extents.push_back(extent);
  if (isRead)
    exact.set(letter);
}

void MapLowering::cutOperands() {
  for (auto [info, operand] : llvm::zip(with.infos, with.operands)) {
    if (info.getKind() != BindingKind::Load || !isPlain(info.getMap()))
      continue;
    auto type = cast<RankedTensorType>(operand.getType());
    SmallVector<OpFoldResult> sizes;
    bool isWhole = true;
    for (auto [axis, expr] : llvm::enumerate(info.getMap().getResults())) {
      unsigned letter = cast<AffineDimExpr>(expr).getPosition();
      std::optional<int64_t> extent = getConstantIntValue(extents[letter]);
      isWhole &=
          exact.test(letter) || (extent && type.getDimSize(axis) == *extent);
      sizes.push_back(getAsOpFoldResult(extents[letter]));
    }
    if (isWhole)
      continue;
    SmallVector<OpFoldResult> zeros(sizes.size(), b.getIndexAttr(0));
    SmallVector<OpFoldResult> ones(sizes.size(), b.getIndexAttr(1));
    operand =
        tensor::ExtractSliceOp::create(b, loc, operand, zeros, sizes, ones);
  }
}

SmallVector<Value> MapLowering::lower() {
  exact.resize(numLetters);
  SmallVector<Access> loads = with.getLoads();
  for (unsigned letter = 0; letter < numLetters; ++letter)
    findExtent(letter, loads);
  cutOperands();
  SmallVector<unsigned> loops = llvm::to_vector(llvm::seq(numLetters));
  LetterLoops nest(b, loc, with, loops, numLetters);
  LetterSet letters(numLetters), names(with.infos.size(), true),
      seen(with.infos.size());
  for (BindingAttr info : with.infos)
    if (info.getKind() != BindingKind::Load || !isPlain(info.getMap()))
      with.mark(info.getMap(), letters, seen);
  for (auto [letter, argument] :
       llvm::enumerate(op.getBody().getArguments().take_back(numLetters)))
    if (!argument.use_empty())
      letters.set(letter);
  nest.addBindings(names);
  SmallVector<Value> outputs;
  for (Type type : op.getResultTypes())
    outputs.push_back(
        createEmpty(b, loc, cast<RankedTensorType>(type), extents));
  return nest.create(
      outputs, wide,
      [&](PairEmitter &emit, OpBuilder &inner, ValueRange inputs, ValueRange) {
        SmallVector<Value> dims = nest.getDims(inner, letters);
        SmallVector<Value> arguments =
            nest.emitBindings(emit, names, dims, inputs);
        arguments.append(dims);
        return emit.inlineRegion(op.getBody(), arguments);
      });
}

//===----------------------------------------------------------------------===//
// Patterns and pass
//===----------------------------------------------------------------------===//

namespace {

/// Replaces `op` by what `Lowering` makes of it, with checks of its divisors.
template <typename Lowering, typename Op>
static void lowerChecked(PatternRewriter &rewriter, Op op, bool wide) {
  Operation *before = op->getPrevNode();
  auto results = Lowering(rewriter, op, wide).lower();
  Block::iterator first =
      before ? std::next(before->getIterator()) : op->getBlock()->begin();
  SmallVector<linalg::LinalgOp> created;
  for (Operation &next : llvm::make_range(first, op->getIterator()))
    if (auto loops = dyn_cast<linalg::LinalgOp>(next))
      created.push_back(loops);
  for (linalg::LinalgOp loops : created)
    emitBodyDivisorChecks(rewriter, loops, op->getName().getStringRef());
  rewriter.replaceOp(op, results);
}

/// Rewrites `attn.einsum` into contractions.
struct DecomposeEinsum final : OpRewritePattern<EinsumOp> {
  DecomposeEinsum(MLIRContext *context, bool wide)
      : OpRewritePattern(context), wide(wide) {}

  LogicalResult matchAndRewrite(EinsumOp op,
                                PatternRewriter &rewriter) const override {
    lowerChecked<EinsumLowering>(rewriter, op, wide);
    return success();
  }

private:
  bool wide;
};

/// Rewrites `attn.map` into one elementwise op.
struct DecomposeMap final : OpRewritePattern<MapOp> {
  DecomposeMap(MLIRContext *context, bool wide)
      : OpRewritePattern(context), wide(wide) {}

  LogicalResult matchAndRewrite(MapOp op,
                                PatternRewriter &rewriter) const override {
    lowerChecked<MapLowering>(rewriter, op, wide);
    return success();
  }

private:
  bool wide;
};

/// Applies the patterns once to each op; folds nothing.
struct AttnDecomposeMapsPass final
    : attn::impl::AttnDecomposeMapsPassBase<AttnDecomposeMapsPass> {
  using Base::Base;

  void runOnOperation() override {
    RewritePatternSet maps(&getContext()), extracts(&getContext());
    populateDecomposeMapsPatterns(maps, wide);
    walkAndApplyPatterns(getOperation(), std::move(maps));
    populateLowerExtractPatterns(extracts);
    walkAndApplyPatterns(getOperation(), std::move(extracts));
  }
};

} // namespace

void mlir::attn::populateDecomposeMapsPatterns(RewritePatternSet &patterns,
                                               bool wide) {
  patterns.add<DecomposeEinsum, DecomposeMap>(patterns.getContext(), wide);
}
