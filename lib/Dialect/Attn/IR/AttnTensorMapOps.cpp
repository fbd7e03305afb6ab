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

/// Checks the rank of one map, and that extents of plain letters agree.
static LogicalResult verifyOperand(EinsumOp op, StringRef what, Value operand,
                                   AffineMap map,
                                   SmallVectorImpl<int64_t> &extents,
                                   llvm::SmallBitVector &defined) {
  auto type = cast<RankedTensorType>(operand.getType());
  if (map.getNumResults() != type.getRank())
    return op.emitOpError("expected ")
           << type.getRank() << " positions for the " << what << " of type "
           << type << ", found " << map.getNumResults();
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
             << "', found " << size;
    extent = size;
  }
  return success();
}

LogicalResult EinsumOp::verify() {
  SmallVector<std::string> names = getNames(getLetters());
  if (failed(verifyBindings(*this, getBindingInfos(), getBindings(), names)))
    return failure();
  if (getInputs().empty() || getInputMaps().size() != getInputs().size())
    return emitOpError("expected at least one operand, and one map for each");
  SmallVector<int64_t> extents(names.size(), ShapedType::kDynamic);
  llvm::SmallBitVector defined(names.size());
  for (auto [n, input] : llvm::enumerate(getInputs()))
    if (failed(verifyOperand(*this, "operand", input,
                             cast<AffineMapAttr>(getInputMaps()[n]).getValue(),
                             extents, defined)))
      return failure();
  if (getBias() && failed(verifyOperand(*this, "bias", getBias(), *getBiasMap(),
                                        extents, defined)))
    return failure();
  unsigned next = 0;
  for (auto info : getBindingInfos().getAsRange<BindingAttr>()) {
    bool expression = info.getKind() == BindingKind::Float ||
                      info.getKind() == BindingKind::Index;
    Value operand = expression ? Value() : Value(getBindings()[next++]);
    if (info.getKind() == BindingKind::Load &&
        failed(verifyOperand(*this, info.getName(), operand, info.getMap(),
                             extents, defined)))
      return failure();
  }
  for (auto [dim, name] : llvm::enumerate(names))
    if (!defined.test(dim))
      return emitOpError("the extent of '")
             << name << "' follows from no operand";
  llvm::SmallBitVector seen(names.size());
  auto type = cast<RankedTensorType>(getType());
  if (getOutMap().getNumResults() != type.getRank())
    return emitOpError("expected a result of rank ")
           << getOutMap().getNumResults() << ", found " << type;
  for (auto [axis, expr] : llvm::enumerate(getOutMap().getResults())) {
    auto dim = dyn_cast<AffineDimExpr>(expr);
    if (!dim || seen.test(dim.getPosition()))
      return emitOpError(
          "expected the output to be a list of different letters");
    seen.set(dim.getPosition());
    int64_t extent = extents[dim.getPosition()], size = type.getDimSize(axis);
    if (!ShapedType::isDynamic(extent) && !ShapedType::isDynamic(size) &&
        extent != size)
      return emitOpError("expected extent ")
             << extent << " of '" << names[dim.getPosition()]
             << "' in the result, found " << size;
  }
  Type element =
      cast<RankedTensorType>(getInputs()[0].getType()).getElementType();
  if (type.getElementType() != element)
    return emitOpError("expected a result of ")
           << element << ", found " << type;
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
            StringRef name;
            if (parser.parseKeyword(&name))
              return failure();
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

LogicalResult MapOp::verify() {
  SmallVector<std::string> names = getNames(getLetters());
  if (failed(verifyBindings(*this, getBindingInfos(), getBindings(), names)) ||
      failed(verifyRegionArguments(*this, getBody(), "region", {},
                                   getBindingInfos(), getBindings(),
                                   names.size())))
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
