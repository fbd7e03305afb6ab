//===- Syntax.cpp - clauses over named coordinates ------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Syntax.h"

#include "mlir/IR/AffineExprVisitor.h"
#include "mlir/IR/TypeUtilities.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace mlir::attn;

//===----------------------------------------------------------------------===//
// Names and maps
//===----------------------------------------------------------------------===//

StringRef ClauseParser::save(const Twine &text) {
  return storage.emplace_back(text.str());
}

void ClauseParser::addDim(StringRef name) { dims.push_back(save(name)); }

void ClauseParser::addPairDims(ArrayAttr over, unsigned queryAxes,
                               unsigned keyAxes, StringRef entry) {
  PairCoordinates coordinates(over, queryAxes, keyAxes, entry);
  for (const std::string &name : coordinates.getNames())
    addDim(name);
}

std::optional<unsigned> ClauseParser::lookupDim(StringRef name) const {
  auto it = llvm::find(dims, name);
  if (it == dims.end())
    return std::nullopt;
  return std::distance(dims.begin(), it);
}

ParseResult ClauseParser::parseExpr(AffineExpr &expr, bool collect) {
  if (collect)
    return parseSum(expr);
  SmallVector<std::pair<StringRef, AffineExpr>> names;
  for (auto [position, name] : llvm::enumerate(dims))
    if (name != ":")
      names.emplace_back(name, b.getAffineDimExpr(position));
  for (auto [position, binding] : llvm::enumerate(bindings))
    if (binding.argumentType.isIndex())
      names.emplace_back(binding.name, b.getAffineSymbolExpr(position));
  return parser.parseAffineExpr(names, expr);
}

/// factor := integer | name | `(` sum `)` | `-` factor
ParseResult ClauseParser::parseFactor(AffineExpr &expr) {
  if (succeeded(parser.parseOptionalLParen()))
    return failure(parseSum(expr) || parser.parseRParen());
  if (succeeded(parser.parseOptionalMinus())) {
    if (parseFactor(expr))
      return failure();
    expr = -expr;
    return success();
  }
  int64_t number;
  OptionalParseResult constant = parser.parseOptionalInteger(number);
  if (constant.has_value()) {
    expr = b.getAffineConstantExpr(number);
    return *constant;
  }
  StringRef letter;
  SMLoc loc = parser.getCurrentLocation();
  if (failed(parser.parseOptionalKeyword(&letter)))
    return parser.emitError(loc, "expected a letter or a number");
  auto *bound = llvm::find_if(
      bindings, [&](const Binding &x) { return x.name == letter; });
  if (bound != bindings.end()) {
    if (!bound->argumentType.isIndex())
      return parser.emitError(loc, "name '") << letter << "' is no index";
    expr = b.getAffineSymbolExpr(bound - bindings.begin());
    return success();
  }
  if (!lookupDim(letter))
    addDim(letter);
  expr = b.getAffineDimExpr(*lookupDim(letter));
  return success();
}

/// product := factor ((`*` | `floordiv` | `ceildiv` | `mod`) factor)*
ParseResult ClauseParser::parseProduct(AffineExpr &expr) {
  if (parseFactor(expr))
    return failure();
  while (true) {
    SMLoc loc = parser.getCurrentLocation();
    bool isMul = succeeded(parser.parseOptionalStar());
    bool isFloor = !isMul && succeeded(parser.parseOptionalKeyword("floordiv"));
    bool isCeil =
        !isMul && !isFloor && succeeded(parser.parseOptionalKeyword("ceildiv"));
    bool isMod = !isMul && !isFloor && !isCeil &&
                 succeeded(parser.parseOptionalKeyword("mod"));
    if (!isMul && !isFloor && !isCeil && !isMod)
      return success();
    AffineExpr rhs;
    if (parseFactor(rhs))
      return failure();
    if (isMul && !rhs.isSymbolicOrConstant())
      std::swap(expr, rhs);
    if (!rhs.isSymbolicOrConstant())
      return parser.emitError(loc,
                              "expected a number or a bound name on one side");
    auto number = dyn_cast<AffineConstantExpr>(rhs);
    if (!isMul && number && number.getValue() < 1)
      return parser.emitError(loc, "expected a positive divisor, found ")
             << number.getValue();
    expr = isMul     ? expr * rhs
           : isFloor ? expr.floorDiv(rhs)
           : isCeil  ? expr.ceilDiv(rhs)
                     : expr % rhs;
  }
}

/// sum := product ((`+` | `-`) product)*
ParseResult ClauseParser::parseSum(AffineExpr &expr) {
  if (parseProduct(expr))
    return failure();
  while (true) {
    bool isPlus = succeeded(parser.parseOptionalPlus());
    if (!isPlus && failed(parser.parseOptionalMinus()))
      return success();
    AffineExpr rhs;
    if (parseProduct(rhs))
      return failure();
    expr = isPlus ? expr + rhs : expr - rhs;
  }
}

ParseResult ClauseParser::parseMap(MapExprs &exprs, bool collect) {
  if (parser.parseLSquare())
    return failure();
  return parseMapTail(exprs, collect);
}

ParseResult ClauseParser::parseMapTail(MapExprs &exprs, bool collect) {
  if (succeeded(parser.parseOptionalRSquare()))
    return success();
  if (parser.parseCommaSeparatedList([&]() -> ParseResult {
        if (std::optional<unsigned> inner = lookupDim(":");
            inner && succeeded(parser.parseOptionalColon())) {
          exprs.push_back(b.getAffineDimExpr(*inner));
          return success();
        }
        return parseExpr(exprs.emplace_back(), collect);
      }))
    return failure();
  return parser.parseRSquare();
}

AffineMap ClauseParser::getMap(ArrayRef<AffineExpr> exprs) {
  return AffineMap::get(dims.size(), bindings.size(), exprs, b.getContext());
}

ArrayAttr ClauseParser::getMaps(ArrayRef<MapExprs> maps) {
  SmallVector<AffineMap> result;
  for (const MapExprs &exprs : maps)
    result.push_back(getMap(exprs));
  return b.getAffineMapArrayAttr(result);
}

ArrayAttr ClauseParser::getBindingInfos() {
  SmallVector<Attribute> infos;
  for (const Binding &binding : bindings)
    infos.push_back(BindingAttr::get(b.getContext(),
                                     b.getStringAttr(binding.name),
                                     binding.kind, getMap(binding.exprs)));
  return b.getArrayAttr(infos);
}

bool ClauseParser::bindingsUseLeadingDims(unsigned count) const {
  return llvm::any_of(bindings, [&](const Binding &binding) {
    return llvm::any_of(binding.exprs, [&](AffineExpr expr) {
      for (unsigned dim = 0; dim < count; ++dim)
        if (expr.isFunctionOfDim(dim))
          return true;
      return false;
    });
  });
}

void ClauseParser::dropLeadingDims(unsigned count) {
  for (Binding &binding : bindings)
    for (AffineExpr &expr : binding.exprs)
      expr = expr.shiftDims(dims.size(), -static_cast<int>(count), count);
  dims.erase(dims.begin(), dims.begin() + count);
}

//===----------------------------------------------------------------------===//
// over, grid, with
//===----------------------------------------------------------------------===//

ParseResult ClauseParser::parseOver(ArrayAttr &over) {
  if (failed(parser.parseOptionalKeyword("over"))) {
    over = b.getStrArrayAttr({"b", "h"});
    return success();
  }
  SmallVector<StringRef> names;
  if (parser.parseCommaSeparatedList(OpAsmParser::Delimiter::Square, [&]() {
        return parser.parseKeyword(&names.emplace_back());
      }))
    return failure();
  over = b.getStrArrayAttr(names);
  return success();
}

ParseResult ClauseParser::parseSizes(SmallVectorImpl<int64_t> &sizes,
                                     SmallVectorImpl<Unresolved> &operands) {
  return parser.parseCommaSeparatedList(
      OpAsmParser::Delimiter::Paren, [&]() -> ParseResult {
        int64_t size;
        OptionalParseResult number = parser.parseOptionalInteger(size);
        if (number.has_value()) {
          sizes.push_back(size);
          return *number;
        }
        sizes.push_back(ShapedType::kDynamic);
        return parser.parseOperand(operands.emplace_back());
      });
}

ParseResult ClauseParser::parseGrid() {
  if (failed(parser.parseOptionalKeyword("grid")))
    return success();
  if (succeeded(parser.parseOptionalKeyword("i")) &&
      parseSizes(queryGrid, grid))
    return failure();
  if (succeeded(parser.parseOptionalKeyword("j")) && parseSizes(keyGrid, grid))
    return failure();
  if (queryGrid.size() > 3 || keyGrid.size() > 3)
    return parser.emitError(parser.getCurrentLocation(),
                            "expected a grid of at most 3 axes");
  return success();
}

Type mlir::attn::getBoundType(Type type) {
  if (type.isInteger(1) || isa<FloatType>(type) || type.isIndex())
    return type;
  if (isa<IntegerType>(type))
    return IndexType::get(type.getContext());
  return {};
}

ParseResult ClauseParser::parseWith(bool collect) {
  if (failed(parser.parseOptionalKeyword("with")))
    return success();
  return parser.parseCommaSeparatedList(
      OpAsmParser::Delimiter::Paren, [&]() { return parseBinding(collect); });
}

ParseResult ClauseParser::parseBinding(bool collect) {
  SMLoc loc = parser.getCurrentLocation();
  OpAsmParser::Argument argument;
  StringRef name;
  OptionalParseResult ssa = parser.parseOptionalArgument(argument);
  if (ssa.has_value()) {
    if (*ssa)
      return failure();
    name = argument.ssaName.name.drop_front();
  } else if (parser.parseKeyword(&name)) {
    return failure();
  }
  if (name.empty() || !(llvm::isAlpha(name[0]) || name[0] == '_'))
    return parser.emitError(loc, "expected a name that starts with a letter");
  if (lookupDim(name) ||
      llvm::any_of(bindings, [&](const Binding &x) { return x.name == name; }))
    return parser.emitError(loc, "name '") << name << "' is already in use";
  Binding binding{name.str(), BindingKind::Scalar, {}, b.getIndexType()};
  if (parser.parseEqual())
    return failure();

  bool isFloat = succeeded(parser.parseOptionalKeyword("float"));
  if (isFloat || succeeded(parser.parseOptionalKeyword("index"))) {
    binding.kind = isFloat ? BindingKind::Float : BindingKind::Index;
    if (isFloat)
      binding.argumentType = b.getF32Type();
    if (parser.parseLParen() ||
        parseExpr(binding.exprs.emplace_back(), collect) ||
        parser.parseRParen())
      return failure();
    bindings.push_back(std::move(binding));
    return success();
  }

  Type type;
  if (parser.parseOperand(bindingOperands.emplace_back()))
    return failure();
  if (succeeded(parser.parseOptionalLSquare())) {
    binding.kind = BindingKind::Load;
    if (parseMapTail(binding.exprs, collect))
      return failure();
  }
  if (parser.parseColonType(type))
    return failure();
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (binding.kind == BindingKind::Load && !tensor)
    return parser.emitError(loc, "expected a ranked tensor to be read at a "
                                 "position, found ")
           << type;
  binding.argumentType = getBoundType(
      binding.kind == BindingKind::Load ? tensor.getElementType() : type);
  if (!binding.argumentType)
    return parser.emitError(loc, "expected a scalar, or a tensor with a "
                                 "position, found ")
           << type;
  bindingTypes.push_back(type);
  bindings.push_back(std::move(binding));
  return success();
}

//===----------------------------------------------------------------------===//
// Regions
//===----------------------------------------------------------------------===//

OpAsmParser::Argument ClauseParser::getArgument(StringRef name, Type type) {
  OpAsmParser::Argument argument;
  argument.ssaName = {parser.getCurrentLocation(), save("%" + name), 0};
  argument.type = type;
  return argument;
}

ParseResult
ClauseParser::parseCoordinates(SmallVectorImpl<int64_t> &coordinates) {
  return parser.parseCommaSeparatedList(
      OpAsmParser::Delimiter::OptionalSquare, [&]() -> ParseResult {
        SMLoc loc = parser.getCurrentLocation();
        StringRef name;
        if (parser.parseKeyword(&name))
          return failure();
        std::optional<unsigned> dim = lookupDim(name);
        if (!dim)
          return parser.emitError(loc, "unknown coordinate '") << name << "'";
        if (llvm::is_contained(coordinates, static_cast<int64_t>(*dim)))
          return parser.emitError(loc, "coordinate '")
                 << name << "' occurs twice";
        coordinates.push_back(*dim);
        return success();
      });
}

ParseResult ClauseParser::parseArguments(
    SmallVectorImpl<OpAsmParser::Argument> &arguments) {
  return parser.parseCommaSeparatedList(
      OpAsmParser::Delimiter::Paren, [&]() -> ParseResult {
        OpAsmParser::Argument &argument = arguments.emplace_back();
        if (parser.parseArgument(argument))
          return failure();
        argument.type = b.getF32Type();
        if (succeeded(parser.parseOptionalColon()))
          return parser.parseType(argument.type);
        return success();
      });
}

ParseResult ClauseParser::parseRegion(Region &region,
                                      ArrayRef<OpAsmParser::Argument> leading,
                                      ArrayRef<int64_t> coordinates) {
  SmallVector<OpAsmParser::Argument> arguments(leading);
  for (const Binding &binding : bindings)
    arguments.push_back(getArgument(binding.name, binding.argumentType));
  for (int64_t dim : coordinates)
    arguments.push_back(getArgument(dims[dim], b.getIndexType()));
  return parser.parseRegion(region, arguments, /*enableNameShadowing=*/true);
}

namespace {

/// A parsed `where` clause: a tree of and, or and comparisons.
struct Condition {
  enum Kind { And, Or, Compare } kind;
  std::vector<Condition> children;
  AffineExpr lhs, rhs;
  arith::CmpIPredicate predicate = arith::CmpIPredicate::eq;

  template <typename Fn>
  void walkExprs(Fn fn) const {
    if (kind == Compare) {
      lhs.walk(fn);
      rhs.walk(fn);
    }
    for (const Condition &child : children)
      child.walkExprs(fn);
  }
};

/// Parses the grammar of `where`.
struct ConditionParser {
  ClauseParser &clauses;
  OpAsmParser &parser = clauses.parser;

  /// or := and (`|` and)*, inside braces.
  ParseResult parseBraces(Condition &condition) {
    condition.kind = Condition::Or;
    if (parser.parseLBrace())
      return failure();
    do {
      if (parseAnd(condition.children.emplace_back()))
        return failure();
    } while (succeeded(parser.parseOptionalVerticalBar()));
    return parser.parseRBrace();
  }

  /// and := (group | comparison) (`,` ..)*
  ParseResult parseAnd(Condition &condition) {
    condition.kind = Condition::And;
    do {
      Condition &child = condition.children.emplace_back();
      if (succeeded(parser.parseOptionalLBrace())) {
        child.kind = Condition::Or;
        do {
          if (parseAnd(child.children.emplace_back()))
            return failure();
        } while (succeeded(parser.parseOptionalVerticalBar()));
        if (parser.parseRBrace())
          return failure();
        continue;
      }
      child.kind = Condition::Compare;
      if (clauses.parseExpr(child.lhs) || parsePredicate(child.predicate) ||
          clauses.parseExpr(child.rhs))
        return failure();
    } while (succeeded(parser.parseOptionalComma()));
    return success();
  }

  ParseResult parsePredicate(arith::CmpIPredicate &predicate) {
    using P = arith::CmpIPredicate;
    if (succeeded(parser.parseOptionalLess())) {
      predicate = succeeded(parser.parseOptionalEqual()) ? P::sle : P::slt;
      return success();
    }
    if (succeeded(parser.parseOptionalGreater())) {
      predicate = succeeded(parser.parseOptionalEqual()) ? P::sge : P::sgt;
      return success();
    }
    if (succeeded(parser.parseOptionalEqual())) {
      predicate = P::eq;
      return parser.parseEqual();
    }
    return parser.emitError(parser.getCurrentLocation(),
                            "expected one of <, <=, >, >=, ==");
  }
};

/// Emits a condition as arith ops on index values and i1.
Value emitCondition(OpBuilder &b, Location loc, const Condition &condition,
                    ValueRange dims, ValueRange symbols) {
  if (condition.kind == Condition::Compare) {
    Value lhs = emitIndexExpr(b, loc, condition.lhs, dims, symbols);
    Value rhs = emitIndexExpr(b, loc, condition.rhs, dims, symbols);
    return arith::CmpIOp::create(b, loc, condition.predicate, lhs, rhs);
  }
  Value result;
  for (const Condition &child : condition.children) {
    Value value = emitCondition(b, loc, child, dims, symbols);
    if (!result)
      result = value;
    else if (condition.kind == Condition::And)
      result = arith::AndIOp::create(b, loc, result, value);
    else
      result = arith::OrIOp::create(b, loc, result, value);
  }
  return result;
}

} // namespace

ParseResult ClauseParser::parseWhere(Region &region,
                                     SmallVectorImpl<int64_t> &coordinates,
                                     bool deriveCoordinates) {
  SMLoc where = parser.getCurrentLocation();
  Condition condition;
  if (ConditionParser{*this}.parseBraces(condition))
    return failure();
  llvm::SmallBitVector used(dims.size());
  condition.walkExprs([&](AffineExpr expr) {
    if (auto dim = dyn_cast<AffineDimExpr>(expr))
      used.set(dim.getPosition());
  });
  if (deriveCoordinates)
    coordinates.assign(used.set_bits_begin(), used.set_bits_end());
  for (unsigned dim : used.set_bits())
    if (!llvm::is_contained(coordinates, static_cast<int64_t>(dim)))
      return parser.emitError(where, "coordinate '")
             << dims[dim] << "' is used but not listed";

  Location loc = parser.getEncodedSourceLoc(where);
  Block &block = region.emplaceBlock();
  SmallVector<Value> symbols, values(dims.size());
  for (const Binding &binding : bindings)
    symbols.push_back(block.addArgument(binding.argumentType, loc));
  for (int64_t dim : coordinates)
    values[dim] = block.addArgument(b.getIndexType(), loc);
  OpBuilder builder(b.getContext());
  builder.setInsertionPointToEnd(&block);
  Value visible = emitCondition(builder, loc, condition, values, symbols);
  YieldOp::create(builder, loc, visible);
  return success();
}

//===----------------------------------------------------------------------===//
// Printing
//===----------------------------------------------------------------------===//

ClausePrinter::ClausePrinter(OpAsmPrinter &p, ArrayRef<std::string> dims,
                             ArrayAttr bindingInfos)
    : p(p), dims(dims) {
  for (auto info : bindingInfos.getAsRange<BindingAttr>())
    symbols.push_back(info.getName().str());
}

void ClausePrinter::printExpr(AffineExpr expr) {
  printIndexExpr(p.getStream(), expr, dims, symbols);
}

void ClausePrinter::printMap(AffineMap map) {
  p << '[';
  llvm::interleaveComma(map.getResults(), p,
                        [&](AffineExpr e) { printExpr(e); });
  p << ']';
}

void ClausePrinter::printOver(ArrayAttr over) {
  if (over.size() == 2 && cast<StringAttr>(over[0]).getValue() == "b" &&
      cast<StringAttr>(over[1]).getValue() == "h")
    return;
  p << " over [";
  llvm::interleaveComma(over.getAsRange<StringAttr>(), p,
                        [&](StringAttr name) { p << name.getValue(); });
  p << ']';
}

void ClausePrinter::printSizes(ArrayRef<int64_t> sizes, OperandRange operands,
                               unsigned &next) {
  p << '(';
  llvm::interleaveComma(sizes, p, [&](int64_t size) {
    if (ShapedType::isDynamic(size))
      p << operands[next++];
    else
      p << size;
  });
  p << ')';
}

void ClausePrinter::printGrid(ArrayRef<int64_t> queryGrid,
                              ArrayRef<int64_t> keyGrid,
                              OperandRange operands) {
  if (queryGrid.empty() && keyGrid.empty())
    return;
  unsigned next = 0;
  p << " grid";
  if (!queryGrid.empty()) {
    p << " i";
    printSizes(queryGrid, operands, next);
  }
  if (!keyGrid.empty()) {
    p << " j";
    printSizes(keyGrid, operands, next);
  }
}

void ClausePrinter::printWith(ArrayAttr bindingInfos, OperandRange operands) {
  if (bindingInfos.empty())
    return;
  unsigned next = 0;
  p << " with (";
  llvm::interleaveComma(
      bindingInfos.getAsRange<BindingAttr>(), p, [&](BindingAttr info) {
        BindingKind kind = info.getKind();
        bool expression =
            kind == BindingKind::Float || kind == BindingKind::Index;
        Type type = expression ? Type() : operands[next].getType();
        Type element = type;
        if (auto tensor = dyn_cast_or_null<RankedTensorType>(type))
          element = tensor.getElementType();
        bool isIndex = kind == BindingKind::Index ||
                       (element && getBoundType(element).isIndex());
        p << (isIndex ? "" : "%") << info.getName().getValue() << " = ";
        if (expression) {
          p << stringifyBindingKind(kind) << '(';
          printExpr(info.getMap().getResult(0));
          p << ')';
          return;
        }
        p << operands[next++];
        if (kind == BindingKind::Load)
          printMap(info.getMap());
        p << " : " << type;
      });
  p << ')';
}

void ClausePrinter::printCoordinates(ArrayRef<int64_t> coordinates) {
  if (coordinates.empty())
    return;
  p << " [";
  llvm::interleaveComma(coordinates, p, [&](int64_t dim) { p << dims[dim]; });
  p << ']';
}

void ClausePrinter::printRegion(Region &region) {
  p << ' ';
  p.printRegion(region, /*printEntryBlockArgs=*/false,
                /*printBlockTerminators=*/true);
}

//===----------------------------------------------------------------------===//
// Verification
//===----------------------------------------------------------------------===//

LogicalResult mlir::attn::verifyMap(Operation *op, const Twine &what,
                                    AffineMap map, Type operand,
                                    ArrayRef<std::string> dims,
                                    ArrayRef<Type> bindingTypes,
                                    bool allowInner) {
  auto tensor = dyn_cast_or_null<RankedTensorType>(operand);
  if (tensor && map.getNumResults() != tensor.getRank())
    return op->emitOpError("expected ")
           << tensor.getRank() << " positions for " << what << " of type "
           << tensor << ", found " << map.getNumResults();
  if (map.getNumDims() != dims.size())
    return op->emitOpError("expected the map of ")
           << what << " over " << dims.size() << " coordinates, found "
           << map.getNumDims();
  for (AffineExpr expr : map.getResults()) {
    bool usesInner = !dims.empty() && dims.back() == ":" &&
                     expr.isFunctionOfDim(dims.size() - 1);
    if (usesInner && !(allowInner && isa<AffineDimExpr>(expr)))
      return op->emitOpError("the map of ")
             << what
             << (allowInner ? " uses ':' within an expression" : " uses ':'");
    bool isBad = false;
    expr.walk([&](AffineExpr e) {
      if (auto symbol = dyn_cast<AffineSymbolExpr>(e))
        isBad |= symbol.getPosition() >= bindingTypes.size() ||
                 !bindingTypes[symbol.getPosition()].isIndex();
    });
    if (isBad)
      return op->emitOpError("the map of ")
             << what << " uses a name that is no index bound before";
  }
  return success();
}

/// Checks one binding and appends the type that regions see.
static LogicalResult verifyBinding(Operation *op, BindingAttr info, Type type,
                                   ArrayRef<std::string> dims,
                                   SmallVectorImpl<Type> &types) {
  std::string name = ("'" + info.getName().getValue() + "'").str();
  BindingKind kind = info.getKind();
  bool isLoad = kind == BindingKind::Load;
  auto tensor = dyn_cast_or_null<RankedTensorType>(type);
  if (isLoad && !tensor)
    return op->emitOpError("expected a ranked tensor for ")
           << name << ", found " << type;
  // A scalar has no position, whose map would be empty.
  if (kind != BindingKind::Scalar &&
      failed(verifyMap(op, name, info.getMap(), isLoad ? tensor : Type(), dims,
                       types)))
    return failure();
  if (!info.hasOperand()) {
    if (info.getMap().getNumResults() != 1)
      return op->emitOpError("expected one expression for ") << name;
    MLIRContext *context = op->getContext();
    types.push_back(kind == BindingKind::Float ? Type(Float32Type::get(context))
                                               : Type(IndexType::get(context)));
    return success();
  }
  Type bound = getBoundType(isLoad ? tensor.getElementType() : type);
  if (!bound)
    return op->emitOpError("expected a number for ")
           << name << ", found " << type;
  types.push_back(bound);
  return success();
}

LogicalResult mlir::attn::verifyBindings(Operation *op, ArrayAttr bindingInfos,
                                         OperandRange operands,
                                         ArrayRef<std::string> dims) {
  SmallVector<Type> types;
  llvm::SmallDenseSet<StringRef> names;
  for (const std::string &dim : dims)
    names.insert(dim);
  unsigned next = 0;
  for (auto info : bindingInfos.getAsRange<BindingAttr>()) {
    StringRef name = info.getName().getValue();
    if (!names.insert(name).second)
      return op->emitOpError("the name '") << name << "' is already in use";
    if (info.hasOperand() && next == operands.size())
      return op->emitOpError("expected an operand for '") << name << "'";
    Type type = info.hasOperand() ? operands[next++].getType() : Type();
    if (failed(verifyBinding(op, info, type, dims, types)))
      return failure();
  }
  if (next != operands.size())
    return op->emitOpError("expected ")
           << next << " operands of bindings, found " << operands.size();
  return success();
}

SmallVector<Type> mlir::attn::getBindingTypes(ArrayAttr bindingInfos,
                                              ValueRange operands) {
  SmallVector<Type> types;
  for (auto info : bindingInfos.getAsRange<BindingAttr>()) {
    MLIRContext *context = bindingInfos.getContext();
    if (!info.hasOperand()) {
      types.push_back(info.getKind() == BindingKind::Float
                          ? Type(Float32Type::get(context))
                          : Type(IndexType::get(context)));
      continue;
    }
    types.push_back(getBoundType(getElementTypeOrSelf(operands.front())));
    operands = operands.drop_front();
  }
  return types;
}

LogicalResult mlir::attn::verifyBlock(Operation *op, Region &region,
                                      StringRef what) {
  if (!region.hasOneBlock() || region.front().empty() ||
      !isa<YieldOp>(region.front().back()))
    return op->emitOpError("expected the ")
           << what << " to be one block that ends in attn.yield";
  return success();
}

LogicalResult mlir::attn::verifyNames(Operation *op,
                                      ArrayRef<std::string> names) {
  llvm::SmallDenseSet<StringRef> seen;
  for (StringRef name : names)
    if (name.empty() || !seen.insert(name).second)
      return op->emitOpError("expected different names of coordinates, found '")
             << name << "' twice";
  return success();
}

LogicalResult mlir::attn::verifyCoordinates(Operation *op,
                                            ArrayRef<int64_t> coordinates,
                                            int64_t count) {
  for (auto [position, dim] : llvm::enumerate(coordinates)) {
    if (dim < 0 || dim >= count)
      return op->emitOpError("coordinate ") << dim << " does not exist";
    if (llvm::is_contained(coordinates.take_front(position), dim))
      return op->emitOpError("coordinate ") << dim << " occurs twice";
  }
  return success();
}

LogicalResult mlir::attn::verifyPureRegions(Operation *op) {
  for (Region &region : op->getRegions())
    for (Operation &inner : region.getOps())
      if (!isMemoryEffectFree(&inner))
        return op->emitOpError("expected regions without effects, found '")
               << inner.getName() << "'";
  return success();
}

LogicalResult mlir::attn::verifyRegionArguments(
    Operation *op, Region &region, StringRef what, ArrayRef<Type> leading,
    ArrayAttr bindingInfos, OperandRange operands, size_t coordinates) {
  if (failed(verifyBlock(op, region, what)))
    return failure();
  SmallVector<Type> expected(leading);
  expected.append(getBindingTypes(bindingInfos, operands));
  expected.append(coordinates, IndexType::get(op->getContext()));
  TypeRange found = region.front().getArgumentTypes();
  if (found.size() != expected.size())
    return op->emitOpError("expected ")
           << expected.size() << " arguments of the " << what << ", found "
           << found.size();
  for (auto [position, pair] : llvm::enumerate(llvm::zip(expected, found)))
    if (std::get<0>(pair) != std::get<1>(pair))
      return op->emitOpError("expected argument ")
             << position << " of the " << what << " to be " << std::get<0>(pair)
             << ", found " << std::get<1>(pair);
  return success();
}

void mlir::attn::nameRegionArguments(Region &region,
                                     ArrayRef<StringRef> leading,
                                     ArrayAttr bindingInfos,
                                     ArrayRef<std::string> dims,
                                     ArrayRef<int64_t> coordinates,
                                     OpAsmSetValueNameFn setName) {
  SmallVector<std::string> names;
  for (StringRef name : leading)
    names.push_back(name.str());
  for (auto info : bindingInfos.getAsRange<BindingAttr>())
    names.push_back(info.getName().str());
  for (int64_t dim : coordinates)
    names.push_back(dims[dim]);
  for (auto [argument, name] : llvm::zip(region.getArguments(), names))
    setName(argument, name);
}

LogicalResult mlir::attn::verifyGrid(Operation *op, ArrayRef<int64_t> queryGrid,
                                     ArrayRef<int64_t> keyGrid,
                                     OperandRange operands) {
  size_t axes = std::max(queryGrid.size(), keyGrid.size());
  if (axes > 3)
    return op->emitOpError("expected a grid of at most 3 axes, found ") << axes;
  size_t dynamic = llvm::count_if(queryGrid, ShapedType::isDynamic) +
                   llvm::count_if(keyGrid, ShapedType::isDynamic);
  if (dynamic != operands.size())
    return op->emitOpError("expected ")
           << dynamic << " operands of the grid, found " << operands.size();
  for (ArrayRef<int64_t> grid : {queryGrid, keyGrid})
    for (int64_t size : grid)
      if (!ShapedType::isDynamic(size) && size < 0)
        return op->emitOpError(
                   "expected grid sizes that are not negative, found ")
               << size;
  for (ArrayRef<int64_t> grid : {queryGrid, keyGrid})
    if (!multiplyExtents(grid)) {
      InFlightDiagnostic error =
          op->emitOpError("expected a grid of fewer than 2^62 tokens, found (");
      llvm::interleaveComma(grid, error, [&](int64_t size) {
        ShapedType::isDynamic(size) ? error << '?' : error << size;
      });
      return error << ')';
    }
  return success();
}
