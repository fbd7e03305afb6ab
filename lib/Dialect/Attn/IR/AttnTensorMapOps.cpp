//===- AttnTensorMapOps.cpp - einsum and map ------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tensors computed from named coordinates around attention.
//
//===----------------------------------------------------------------------===//

#include "Syntax.h"

using namespace mlir;
using namespace mlir::attn;

/// The names in an array of strings.
static SmallVector<std::string> getNames(ArrayAttr letters) {
  SmallVector<std::string> names;
  for (auto letter : letters.getAsRange<StringAttr>())
    names.push_back(letter.str());
  return names;
}

//===----------------------------------------------------------------------===//
// attn.einsum
//===----------------------------------------------------------------------===//

ParseResult EinsumOp::parse(OpAsmParser &parser, OperationState &result) {
  ClauseParser clauses(parser, result);
  Builder &b = parser.getBuilder();
  SmallVector<Unresolved> inputs, bias;
  SmallVector<MapExprs> inputMaps;
  MapExprs biasMap, outMap;
  if (clauses.parseWith(/*collect=*/true) ||
      parser.parseCommaSeparatedList(OpAsmParser::Delimiter::Paren, [&]() {
        return failure(
            parser.parseOperand(inputs.emplace_back()) ||
            clauses.parseMap(inputMaps.emplace_back(), /*collect=*/true));
      }))
    return failure();
  if (succeeded(parser.parseOptionalKeyword("bias")) &&
      (parser.parseLParen() || parser.parseOperand(bias.emplace_back()) ||
       clauses.parseMap(biasMap, /*collect=*/true) || parser.parseRParen()))
    return failure();
  SmallVector<Type> types;
  Type type;
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseArrow() || clauses.parseMap(outMap, /*collect=*/true) ||
      parser.parseOptionalAttrDict(result.attributes) ||
      parser.parseColonTypeList(types) || parser.parseArrow() ||
      parser.parseType(type))
    return failure();
  if (types.size() != inputs.size() + bias.size())
    return parser.emitError(loc, "expected ")
           << inputs.size() + bias.size() << " operand types, found "
           << types.size();
  result.addTypes(type);
  result.addAttribute("bindingInfos", clauses.getBindingInfos());
  result.addAttribute("letters", b.getStrArrayAttr(clauses.dims));
  result.addAttribute("inputMaps", clauses.getMaps(inputMaps));
  if (!bias.empty())
    result.addAttribute("biasMap", AffineMapAttr::get(clauses.getMap(biasMap)));
  result.addAttribute("outMap", AffineMapAttr::get(clauses.getMap(outMap)));
  result.addAttribute(
      "operandSegmentSizes",
      b.getDenseI32ArrayAttr({int32_t(inputs.size()), int32_t(bias.size()),
                              int32_t(clauses.bindingOperands.size())}));
  ArrayRef<Type> all = types;
  return failure(parser.resolveOperands(inputs, all.take_front(inputs.size()),
                                        loc, result.operands) ||
                 parser.resolveOperands(bias, all.drop_front(inputs.size()),
                                        loc, result.operands) ||
                 parser.resolveOperands(clauses.bindingOperands,
                                        clauses.bindingTypes, loc,
                                        result.operands));
}

void EinsumOp::print(OpAsmPrinter &p) {
  ClausePrinter clauses(p, getNames(getLetters()), getBindingInfos());
  clauses.printWith(getBindingInfos(), getBindings());
  p << " (";
  SmallVector<Type> types;
  for (auto [n, input] : llvm::enumerate(getInputs())) {
    p << (n ? ", " : "") << input;
    clauses.printMap(cast<AffineMapAttr>(getInputMaps()[n]).getValue());
    types.push_back(input.getType());
  }
  p << ')';
  if (getBias()) {
    p << " bias(" << getBias();
    clauses.printMap(*getBiasMap());
    p << ')';
    types.push_back(getBias().getType());
  }
  p << " -> ";
  clauses.printMap(getOutMap());
  p.printOptionalAttrDict((*this)->getAttrs(),
                          {"bindingInfos", "letters", "inputMaps", "biasMap",
                           "outMap", "operandSegmentSizes"});
  p << " : " << types << " -> " << getType();
}

/// Checks that the extents of plain letters in one operand agree with others.
static LogicalResult verifyLetters(EinsumOp op, const Twine &what,
                                   Value operand, AffineMap map,
                                   SmallVectorImpl<int64_t> &extents,
                                   llvm::SmallBitVector &defined) {
  auto type = cast<RankedTensorType>(operand.getType());
  for (auto [axis, expr] : llvm::enumerate(map.getResults())) {
    auto dim = dyn_cast<AffineDimExpr>(expr);
    if (!dim)
      continue;
    int64_t size = type.getDimSize(axis);
    int64_t &extent = extents[dim.getPosition()];
    defined.set(dim.getPosition());
    if (ShapedType::isDynamic(size))
      continue;
    if (!ShapedType::isDynamic(extent) && extent != size)
      return op.emitOpError("expected extent ")
             << extent << " of '"
             << cast<StringAttr>(op.getLetters()[dim.getPosition()]).getValue()
             << "' in " << what << ", found " << size;
    extent = size;
  }
  return success();
}

/// Checks the maps of inputs and bias (C1), and finds the extents of letters.
static LogicalResult verifyInputs(EinsumOp op,
                                  SmallVectorImpl<int64_t> &extents,
                                  llvm::SmallBitVector &defined) {
  SmallVector<std::string> names = getNames(op.getLetters());
  SmallVector<Type> types =
      getBindingTypes(op.getBindingInfos(), op.getBindings());
  auto verifyOne = [&](const Twine &what, Value operand, AffineMap map) {
    return failure(
        failed(verifyMap(op, what, map, operand.getType(), names, types)) ||
        failed(verifyLetters(op, what, operand, map, extents, defined)));
  };
  if (op.getInputs().empty() ||
      op.getInputMaps().size() != op.getInputs().size())
    return op.emitOpError(
        "expected at least one operand, and one map for each");
  for (auto [n, input] : llvm::enumerate(op.getInputs()))
    if (failed(verifyOne("operand " + Twine(n), input,
                         cast<AffineMapAttr>(op.getInputMaps()[n]).getValue())))
      return failure();
  if (static_cast<bool>(op.getBias()) != op.getBiasMap().has_value())
    return op.emitOpError("expected a map of the bias if there is a bias");
  if (op.getBias() &&
      failed(verifyOne("the bias", op.getBias(), *op.getBiasMap())))
    return failure();
  unsigned next = 0;
  for (auto info : op.getBindingInfos().getAsRange<BindingAttr>()) {
    Value operand =
        info.hasOperand() ? Value(op.getBindings()[next++]) : Value();
    if (info.getKind() == BindingKind::Load &&
        failed(verifyLetters(op, "'" + info.getName().getValue() + "'", operand,
                             info.getMap(), extents, defined)))
      return failure();
  }
  return success();
}

/// Marks the letters that `map` depends on, also by way of bound names, which
/// depend on earlier ones only.
static void markLetters(EinsumOp op, AffineMap map,
                        llvm::SmallBitVector &letters) {
  map.walkExprs([&](AffineExpr expr) {
    if (auto dim = dyn_cast<AffineDimExpr>(expr))
      letters.set(dim.getPosition());
    if (auto symbol = dyn_cast<AffineSymbolExpr>(expr))
      markLetters(op,
                  cast<BindingAttr>(op.getBindingInfos()[symbol.getPosition()])
                      .getMap(),
                  letters);
  });
}

/// Checks that the output is a list of letters (C3) of the known extents.
static LogicalResult verifyOutput(EinsumOp op, ArrayRef<int64_t> extents) {
  SmallVector<std::string> names = getNames(op.getLetters());
  auto type = cast<RankedTensorType>(op.getType());
  AffineMap map = op.getOutMap();
  if (failed(verifyMap(op, "the result", map, type, names, {})))
    return failure();
  llvm::SmallBitVector seen(names.size()), biasLetters(names.size());
  for (auto [axis, expr] : llvm::enumerate(map.getResults())) {
    auto dim = dyn_cast<AffineDimExpr>(expr);
    if (!dim || seen.test(dim.getPosition()))
      return op.emitOpError(
          "expected the output to be a list of different letters");
    seen.set(dim.getPosition());
    int64_t extent = extents[dim.getPosition()], size = type.getDimSize(axis);
    if (!ShapedType::isDynamic(extent) && !ShapedType::isDynamic(size) &&
        extent != size)
      return op.emitOpError("expected extent ")
             << extent << " of '" << names[dim.getPosition()]
             << "' in the result, found " << size;
  }
  if (op.getBias())
    markLetters(op, *op.getBiasMap(), biasLetters);
  for (unsigned letter : biasLetters.set_bits())
    if (!seen.test(letter))
      return op.emitOpError("the bias must not depend on '")
             << names[letter] << "', which is summed";
  return success();
}

LogicalResult EinsumOp::verify() {
  SmallVector<std::string> names = getNames(getLetters());
  SmallVector<int64_t> extents(names.size(), ShapedType::kDynamic);
  llvm::SmallBitVector defined(names.size());
  if (failed(verifyNames(*this, names)) ||
      failed(verifyBindings(*this, getBindingInfos(), getBindings(), names)) ||
      failed(verifyInputs(*this, extents, defined)))
    return failure();
  for (auto [dim, name] : llvm::enumerate(names))
    if (!defined.test(dim))
      return emitOpError("the extent of '")
             << name << "' follows from no operand";
  if (failed(verifyOutput(*this, extents)))
    return failure();
  Type element =
      cast<RankedTensorType>(getInputs()[0].getType()).getElementType();
  if (cast<RankedTensorType>(getType()).getElementType() != element)
    return emitOpError("expected a result of ")
           << element << ", found " << getType();
  return success();
}

//===----------------------------------------------------------------------===//
// attn.map
//===----------------------------------------------------------------------===//

ParseResult MapOp::parse(OpAsmParser &parser, OperationState &result) {
  ClauseParser clauses(parser, result);
  Builder &b = parser.getBuilder();
  SmallVector<Unresolved> extents;
  SmallVector<int64_t> extentCoordinates, coordinates;
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseCommaSeparatedList(
          OpAsmParser::Delimiter::Square, [&]() -> ParseResult {
            SMLoc nameLoc = parser.getCurrentLocation();
            StringRef name;
            if (parser.parseKeyword(&name))
              return failure();
            if (llvm::is_contained(clauses.dims, name))
              return parser.emitError(nameLoc, "coordinate '")
                     << name << "' occurs twice";
            coordinates.push_back(clauses.dims.size());
            clauses.addDim(name);
            return success();
          }))
    return failure();
  if (succeeded(parser.parseOptionalKeyword("extents")) &&
      parser.parseCommaSeparatedList(
          OpAsmParser::Delimiter::Paren, [&]() -> ParseResult {
            SMLoc nameLoc = parser.getCurrentLocation();
            StringRef name;
            if (parser.parseKeyword(&name) || parser.parseEqual())
              return failure();
            auto *it = llvm::find(clauses.dims, name);
            if (it == clauses.dims.end())
              return parser.emitError(nameLoc, "unknown coordinate '")
                     << name << "'";
            extentCoordinates.push_back(it - clauses.dims.begin());
            return parser.parseOperand(extents.emplace_back());
          }))
    return failure();
  SmallVector<Type> types;
  if (clauses.parseWith() ||
      clauses.parseRegion(*result.addRegion(), {}, coordinates) ||
      parser.parseOptionalAttrDict(result.attributes) ||
      parser.parseArrowTypeList(types))
    return failure();
  result.addTypes(types);
  result.addAttribute("bindingInfos", clauses.getBindingInfos());
  result.addAttribute("letters", b.getStrArrayAttr(clauses.dims));
  result.addAttribute("extentCoordinates",
                      b.getDenseI64ArrayAttr(extentCoordinates));
  result.addAttribute(
      "operandSegmentSizes",
      b.getDenseI32ArrayAttr(
          {int32_t(clauses.bindingOperands.size()), int32_t(extents.size())}));
  return failure(
      parser.resolveOperands(clauses.bindingOperands, clauses.bindingTypes, loc,
                             result.operands) ||
      parser.resolveOperands(extents, b.getIndexType(), result.operands));
}

void MapOp::print(OpAsmPrinter &p) {
  SmallVector<std::string> names = getNames(getLetters());
  ClausePrinter clauses(p, names, getBindingInfos());
  p << " [";
  llvm::interleaveComma(names, p);
  p << ']';
  if (!getExtents().empty()) {
    p << " extents(";
    for (auto [n, dim] : llvm::enumerate(getExtentCoordinates()))
      p << (n ? ", " : "") << names[dim] << " = " << getExtents()[n];
    p << ')';
  }
  clauses.printWith(getBindingInfos(), getBindings());
  clauses.printRegion(getBody());
  p.printOptionalAttrDict(
      (*this)->getAttrs(),
      {"bindingInfos", "letters", "extentCoordinates", "operandSegmentSizes"});
  p.printArrowTypeList(getResultTypes());
}

void MapOp::getAsmBlockArgumentNames(Region &region,
                                     OpAsmSetValueNameFn setName) {
  SmallVector<std::string> names = getNames(getLetters());
  SmallVector<int64_t> coordinates =
      llvm::to_vector(llvm::seq<int64_t>(0, names.size()));
  nameRegionArguments(region, {}, getBindingInfos(), names, coordinates,
                      setName);
}

/// Checks that a dynamic extent of coordinate `dim` is known (C3), and that
/// static ones agree with what is read.
static LogicalResult verifyExtent(MapOp op, unsigned dim, int64_t extent,
                                  StringRef name) {
  bool known =
      !ShapedType::isDynamic(extent) ||
      llvm::is_contained(op.getExtentCoordinates(), static_cast<int64_t>(dim));
  unsigned next = 0;
  for (auto info : op.getBindingInfos().getAsRange<BindingAttr>()) {
    if (info.getKind() == BindingKind::Float ||
        info.getKind() == BindingKind::Index)
      continue;
    Value operand = op.getBindings()[next++];
    if (info.getKind() != BindingKind::Load)
      continue;
    auto type = cast<RankedTensorType>(operand.getType());
    for (auto [axis, expr] : llvm::enumerate(info.getMap().getResults())) {
      if (expr != getAffineDimExpr(dim, op.getContext()))
        continue;
      known = true;
      int64_t size = type.getDimSize(axis);
      if (!ShapedType::isDynamic(size) && !ShapedType::isDynamic(extent) &&
          size < extent)
        return op.emitOpError("expected '")
               << info.getName().getValue() << "' to have extent " << extent
               << " of '" << name << "', found " << size;
    }
  }
  if (!known)
    return op.emitOpError("the extent of '") << name << "' is not known";
  return success();
}

LogicalResult MapOp::verifyRegions() { return verifyPureRegions(*this); }

LogicalResult MapOp::verify() {
  SmallVector<std::string> names = getNames(getLetters());
  if (failed(verifyNames(*this, names)) ||
      failed(verifyBindings(*this, getBindingInfos(), getBindings(), names)) ||
      failed(verifyRegionArguments(*this, getBody(), "region", {},
                                   getBindingInfos(), getBindings(),
                                   names.size())) ||
      failed(verifyCoordinates(*this, getExtentCoordinates(), names.size())))
    return failure();
  if (getExtentCoordinates().size() != getExtents().size())
    return emitOpError("expected one value per extent");
  if (getNumResults() == 0)
    return emitOpError("expected at least one result");
  auto first = cast<RankedTensorType>(getResultTypes()[0]);
  for (Type type : getResultTypes()) {
    auto tensor = cast<RankedTensorType>(type);
    if (tensor.getRank() != static_cast<int64_t>(names.size()) ||
        tensor.getShape() != first.getShape())
      return emitOpError("expected results of ")
             << names.size() << " axes and equal shapes, found " << tensor;
  }
  Operation *yield = getBody().front().getTerminator();
  if (yield->getNumOperands() != getNumResults())
    return emitOpError("expected the region to yield ")
           << getNumResults() << " elements, found " << yield->getNumOperands();
  for (auto [value, type] : llvm::zip(yield->getOperands(), getResultTypes()))
    if (value.getType() != cast<RankedTensorType>(type).getElementType())
      return emitOpError("expected the region to yield ")
             << cast<RankedTensorType>(type).getElementType() << ", found "
             << value.getType();
  for (auto [dim, name] : llvm::enumerate(names))
    if (failed(verifyExtent(*this, dim, first.getDimSize(dim), name)))
      return failure();
  return success();
}

//===----------------------------------------------------------------------===//
// attn.extract
//===----------------------------------------------------------------------===//

LogicalResult ExtractOp::verify() {
  auto type = cast<RankedTensorType>(getSource().getType());
  if (static_cast<int64_t>(getIndices().size()) != type.getRank())
    return emitOpError("expected ")
           << type.getRank() << " indices, found " << getIndices().size();
  return success();
}
