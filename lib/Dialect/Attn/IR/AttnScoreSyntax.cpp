//===- AttnScoreSyntax.cpp - parser and printer of ops over pairs ---------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The clauses of attention, its partial states and observation.
//
//===----------------------------------------------------------------------===//

#include "Syntax.h"
#include "attn/Dialect/Attn/IR/PairView.h"

using namespace mlir;
using namespace mlir::attn;

//===----------------------------------------------------------------------===//
// Parsing
//===----------------------------------------------------------------------===//

namespace {

enum class PairKind { Attention, Partial, Observe };

/// Parses the clauses of an op over pairs, in any order after over, grid and
/// extents.
class PairParser : public ClauseParser {
public:
  PairParser(OpAsmParser &parser, OperationState &result, PairKind kind)
      : ClauseParser(parser, result), kind(kind) {}

  ParseResult parse();

private:
  ParseResult parseExtents();
  ParseResult parseClauses();
  /// Parses the clause `keyword`; sets `known` if there is such a clause.
  ParseResult parseClause(StringRef keyword, bool &known);
  ParseResult parseDots();
  ParseResult parseMapped(Unresolved &operand, MapExprs &map, bool isQuery);
  ParseResult parseScale();
  ParseResult parseBias();
  ParseResult parseScore();
  ParseResult parseWeight();
  ParseResult parseNormalise();
  ParseResult parseInto();
  ParseResult parseTypes();
  MapExprs getDefaultMap(bool isQuery, bool withInner);

  PairKind kind;
  ArrayAttr over;
  SmallVector<Unresolved> lhs, rhs, values, mask, scale, bias, normaliser, sink,
      lse, extents;
  SmallVector<MapExprs> lhsMaps, rhsMaps, biasMaps, intoMaps;
  MapExprs valueMap, sinkMap, outMap;
  bool hasOutMap = false, hasNormalise = false;
  SmallVector<int64_t> staticExtents{kNoExtent, kNoExtent};
  SmallVector<int64_t> scoreCoordinates, observeCoordinates;
  Region *score = nullptr, *second = nullptr;
  SmallVector<StringRef> resultNames;
  SmallVector<int32_t> kinds;
  SmallVector<double> inits;
};

} // namespace

MapExprs PairParser::getDefaultMap(bool isQuery, bool withInner) {
  PairCoordinates c(over, queryGrid.size(), keyGrid.size());
  MapExprs exprs;
  for (unsigned dim = 0; dim < c.numOver(); ++dim)
    exprs.push_back(b.getAffineDimExpr(dim));
  exprs.push_back(b.getAffineDimExpr(isQuery ? c.query() : c.key()));
  if (withInner)
    exprs.push_back(b.getAffineDimExpr(c.inner()));
  return exprs;
}

ParseResult PairParser::parseExtents() {
  if (failed(parser.parseOptionalKeyword("extents")))
    return success();
  return parser.parseCommaSeparatedList(
      OpAsmParser::Delimiter::Paren, [&]() -> ParseResult {
        SMLoc loc = parser.getCurrentLocation();
        StringRef name;
        if (parser.parseKeyword(&name) || parser.parseEqual())
          return failure();
        if (name != "i" && name != "j")
          return parser.emitError(loc, "expected the extent of 'i' or 'j'");
        int64_t &extent = staticExtents[name == "j"];
        OptionalParseResult number = parser.parseOptionalInteger(extent);
        if (number.has_value())
          return *number;
        extent = ShapedType::kDynamic;
        return parser.parseOperand(extents.emplace_back());
      });
}

ParseResult PairParser::parseMapped(Unresolved &operand, MapExprs &map,
                                    bool isQuery) {
  if (parser.parseOperand(operand))
    return failure();
  if (succeeded(parser.parseOptionalLSquare())) {
    return parseMapTail(map);
  }
  map = getDefaultMap(isQuery, /*withInner=*/true);
  return success();
}

ParseResult PairParser::parseDots() {
  return parser.parseCommaSeparatedList(OpAsmParser::Delimiter::Paren, [&]() {
    return failure(
        parseMapped(lhs.emplace_back(), lhsMaps.emplace_back(), true) ||
        parser.parseStar() ||
        parseMapped(rhs.emplace_back(), rhsMaps.emplace_back(), false));
  });
}

ParseResult PairParser::parseScale() {
  if (succeeded(parser.parseOptionalEqual())) {
    double value;
    if (parser.parseFloat(value))
      return failure();
    result.addAttribute("scaleAttr", b.getF64FloatAttr(value));
    return success();
  }
  return failure(parser.parseLParen() ||
                 parser.parseOperand(scale.emplace_back()) ||
                 parser.parseRParen());
}

ParseResult PairParser::parseBias() {
  return parser.parseCommaSeparatedList(OpAsmParser::Delimiter::Paren, [&]() {
    return failure(parser.parseOperand(bias.emplace_back()) ||
                   parseMap(biasMaps.emplace_back()));
  });
}

ParseResult PairParser::parseScore() {
  SmallVector<OpAsmParser::Argument> arguments;
  return failure(parseArguments(arguments) ||
                 parseCoordinates(scoreCoordinates) ||
                 parseRegion(*score, arguments, scoreCoordinates));
}

ParseResult PairParser::parseWeight() {
  SMLoc loc = parser.getCurrentLocation();
  auto set = [&](Weight weight) {
    result.addAttribute("weight",
                        b.getI32IntegerAttr(static_cast<int32_t>(weight)));
  };
  StringRef name;
  if (failed(parser.parseOptionalKeyword(&name))) {
    set(Weight::Custom);
    SmallVector<OpAsmParser::Argument> arguments;
    if (parseArguments(arguments))
      return failure();
    return parser.parseRegion(*second, arguments, /*enableNameShadowing=*/true);
  }
  std::optional<Weight> weight = symbolizeWeight(name);
  if (!weight || *weight == Weight::Custom)
    return parser.emitError(
               loc, "expected exp, sigmoid, relu, softplus, identity or a "
                    "region as weight, found '")
           << name << "'";
  set(*weight);
  int64_t power;
  OptionalParseResult number = parser.parseOptionalInteger(power);
  if (!number.has_value())
    return success();
  result.addAttribute("power", b.getI64IntegerAttr(power));
  return *number;
}

ParseResult PairParser::parseNormalise() {
  SMLoc loc = parser.getCurrentLocation();
  StringRef name;
  if (parser.parseKeyword(&name))
    return failure();
  std::optional<Normalise> normalise = symbolizeNormalise(name);
  if (!normalise)
    return parser.emitError(loc, "expected sum, none or const(%value), found '")
           << name << "'";
  hasNormalise = true;
  result.addAttribute("normalise",
                      b.getI32IntegerAttr(static_cast<int32_t>(*normalise)));
  if (*normalise != Normalise::Const)
    return success();
  return failure(parser.parseLParen() ||
                 parser.parseOperand(normaliser.emplace_back()) ||
                 parser.parseRParen());
}

ParseResult PairParser::parseInto() {
  return parser.parseCommaSeparatedList(
      OpAsmParser::Delimiter::Square, [&]() -> ParseResult {
        SMLoc loc;
        StringRef name;
        if (parseMap(intoMaps.emplace_back()))
          return failure();
        loc = parser.getCurrentLocation();
        if (parser.parseKeyword(&name))
          return failure();
        std::optional<ReduceKind> reduce = symbolizeReduceKind(name);
        if (!reduce)
          return parser.emitError(loc, "expected add, max or min, found '")
                 << name << "'";
        kinds.push_back(static_cast<int32_t>(*reduce));
        double infinity = std::numeric_limits<double>::infinity();
        inits.push_back(*reduce == ReduceKind::Add   ? 0.0
                        : *reduce == ReduceKind::Max ? -infinity
                                                     : infinity);
        if (failed(parser.parseOptionalKeyword("init")))
          return success();
        return failure(parser.parseLParen() ||
                       parser.parseFloat(inits.back()) || parser.parseRParen());
      });
}

ParseResult PairParser::parseClause(StringRef keyword, bool &known) {
  known = true;
  auto single = [&](SmallVectorImpl<Unresolved> &operands) -> ParseResult {
    return failure(parser.parseLParen() ||
                   parser.parseOperand(operands.emplace_back()) ||
                   parser.parseRParen());
  };
  bool weighted = kind != PairKind::Observe;
  if (keyword == "dots")
    return parseDots();
  if (keyword == "mask")
    return single(mask);
  if (keyword == "scale")
    return parseScale();
  if (keyword == "bias")
    return parseBias();
  if (keyword == "score")
    return parseScore();
  if (keyword == "values" && weighted) {
    if (parser.parseLParen())
      return failure();
    if (succeeded(parser.parseOptionalRParen()))
      return success();
    return failure(parseMapped(values.emplace_back(), valueMap, false) ||
                   parser.parseRParen());
  }
  if (keyword == "weight" && weighted)
    return parseWeight();
  if (keyword == "normalise" && weighted)
    return parseNormalise();
  if (keyword == "split" && kind == PairKind::Partial) {
    int64_t size;
    if (parser.parseKeyword("j") || parser.parseKeyword("by") ||
        parser.parseInteger(size))
      return failure();
    result.addAttribute("split", b.getI64IntegerAttr(size));
    return success();
  }
  if (keyword == "sink" && kind == PairKind::Attention) {
    if (parser.parseLParen() || parser.parseOperand(sink.emplace_back()))
      return failure();
    sinkMap = {b.getAffineDimExpr(over.size() - 1)};
    if (succeeded(parser.parseOptionalLSquare())) {
      sinkMap.clear();
      if (parseMapTail(sinkMap))
        return failure();
    }
    return parser.parseRParen();
  }
  if (keyword == "results" && kind == PairKind::Attention)
    return parser.parseCommaSeparatedList(OpAsmParser::Delimiter::Paren, [&]() {
      return parser.parseKeyword(&resultNames.emplace_back());
    });
  if (keyword == "lse" && kind == PairKind::Observe)
    return single(lse);
  if (keyword == "into" && kind == PairKind::Observe)
    return parseInto();
  if (keyword == "observe" && kind == PairKind::Observe) {
    SmallVector<OpAsmParser::Argument> arguments;
    return failure(parseArguments(arguments) ||
                   parseCoordinates(observeCoordinates) ||
                   parseRegion(*second, arguments, observeCoordinates));
  }
  known = false;
  return success();
}

ParseResult PairParser::parseClauses() {
  while (true) {
    if (succeeded(parser.parseOptionalArrow())) {
      hasOutMap = true;
      if (kind != PairKind::Attention)
        return parser.emitError(parser.getCurrentLocation(),
                                "expected ':' and types");
      if (parseMap(outMap))
        return failure();
      continue;
    }
    size_t before = bindings.size();
    if (parseWith())
      return failure();
    if (bindings.size() != before)
      continue;
    SMLoc loc = parser.getCurrentLocation();
    StringRef keyword;
    if (failed(parser.parseOptionalKeyword(&keyword)))
      return success();
    bool known;
    if (parseClause(keyword, known))
      return failure();
    if (!known)
      return parser.emitError(loc, "unknown clause '") << keyword << "'";
  }
}

ParseResult PairParser::parseTypes() {
  SmallVector<SmallVectorImpl<Unresolved> *> typed;
  SmallVector<Unresolved> dots;
  for (auto [left, right] : llvm::zip(lhs, rhs)) {
    dots.push_back(left);
    dots.push_back(right);
  }
  SmallVector<Type> types;
  SMLoc loc = parser.getCurrentLocation();
  size_t count = dots.size() + values.size() + mask.size() + scale.size() +
                 bias.size() + normaliser.size() + sink.size() + lse.size();
  if (count && (parser.parseColon() || parser.parseTypeList(types)))
    return failure();
  SmallVector<Type> results;
  if (parser.parseArrowTypeList(results))
    return failure();
  if (types.size() != count)
    return parser.emitError(loc, "expected ")
           << count
           << " operand types (dots, values, mask, scale, bias, normaliser, "
              "sink, "
           << "lse), found " << types.size();
  result.addTypes(results);
  ArrayRef<Type> rest = types;
  auto take = [&](size_t n) {
    ArrayRef<Type> taken = rest.take_front(n);
    rest = rest.drop_front(n);
    return taken;
  };
  SmallVector<Type> lhsTypes, rhsTypes;
  for (auto [position, type] : llvm::enumerate(take(dots.size())))
    (position % 2 ? rhsTypes : lhsTypes).push_back(type);
  auto resolve = [&](ArrayRef<Unresolved> operands,
                     ArrayRef<Type> operandTypes) {
    return parser.resolveOperands(operands, operandTypes, loc, result.operands);
  };
  auto resolveIndex = [&](ArrayRef<Unresolved> operands) {
    return parser.resolveOperands(operands, b.getIndexType(), result.operands);
  };
  // Operands in the order of the op's definition.
  if (resolve(lhs, lhsTypes) || resolve(rhs, rhsTypes) ||
      resolve(values, take(values.size())) ||
      resolve(mask, take(mask.size())) || resolve(scale, take(scale.size())) ||
      resolve(bias, take(bias.size())) ||
      resolve(bindingOperands, bindingTypes) || resolveIndex(grid) ||
      resolveIndex(extents) || resolve(normaliser, take(normaliser.size())) ||
      resolve(sink, take(sink.size())) || resolve(lse, take(lse.size())))
    return failure();
  SmallVector<int32_t> segments{int32_t(lhs.size()), int32_t(rhs.size())};
  if (kind != PairKind::Observe)
    segments.push_back(values.size());
  for (size_t size : {mask.size(), scale.size(), bias.size(),
                      bindingOperands.size(), grid.size(), extents.size()})
    segments.push_back(size);
  if (kind == PairKind::Attention) {
    segments.push_back(normaliser.size());
    segments.push_back(sink.size());
  }
  if (kind == PairKind::Observe)
    segments.push_back(lse.size());
  result.addAttribute("operandSegmentSizes", b.getDenseI32ArrayAttr(segments));
  return success();
}

ParseResult PairParser::parse() {
  score = result.addRegion();
  second = result.addRegion();
  if (parseOver(over) || parseGrid() || parseExtents())
    return failure();
  addPairDims(over, queryGrid.size(), keyGrid.size());
  if (parseClauses() || parser.parseOptionalAttrDict(result.attributes) ||
      parseTypes())
    return failure();

  result.addAttribute("bindingInfos", getBindingInfos());
  result.addAttribute("over", over);
  result.addAttribute("queryGrid", b.getDenseI64ArrayAttr(queryGrid));
  result.addAttribute("keyGrid", b.getDenseI64ArrayAttr(keyGrid));
  result.addAttribute("staticExtents", b.getDenseI64ArrayAttr(staticExtents));
  result.addAttribute("lhsMaps", getMaps(lhsMaps));
  result.addAttribute("rhsMaps", getMaps(rhsMaps));
  result.addAttribute("biasMaps", getMaps(biasMaps));
  result.addAttribute("scoreCoordinates",
                      b.getDenseI64ArrayAttr(scoreCoordinates));
  if (kind == PairKind::Observe) {
    result.addAttribute("observeCoordinates",
                        b.getDenseI64ArrayAttr(observeCoordinates));
    result.addAttribute("intoMaps", getMaps(intoMaps));
    result.addAttribute("kinds", b.getDenseI32ArrayAttr(kinds));
    result.addAttribute("inits", DenseF64ArrayAttr::get(b.getContext(), inits));
    return success();
  }
  if (!values.empty())
    result.addAttribute("valueMap", AffineMapAttr::get(getMap(valueMap)));
  bool exp = !result.attributes.get("weight");
  if (exp)
    result.addAttribute("weight",
                        b.getI32IntegerAttr(static_cast<int32_t>(Weight::Exp)));
  if (!hasNormalise) {
    auto weight = cast<IntegerAttr>(result.attributes.get("weight")).getInt();
    if (weight != static_cast<int64_t>(Weight::Exp))
      return parser.emitError(
          parser.getNameLoc(),
          "expected 'normalise sum | none | const(%value)' for a "
          "weight other than exp");
    result.addAttribute(
        "normalise", b.getI32IntegerAttr(static_cast<int32_t>(Normalise::Sum)));
  }
  if (kind == PairKind::Partial) {
    auto weight = cast<IntegerAttr>(result.attributes.get("weight")).getInt();
    auto normalise =
        cast<IntegerAttr>(result.attributes.get("normalise")).getInt();
    bool isExp = weight == static_cast<int64_t>(Weight::Exp);
    bool isSum = normalise == static_cast<int64_t>(Normalise::Sum);
    result.addAttribute(
        "resultSegmentSizes",
        b.getDenseI32ArrayAttr(
            {int32_t(!values.empty()), int32_t(isExp), int32_t(isSum)}));
    return success();
  }
  if (!sink.empty())
    result.addAttribute("sinkMap", AffineMapAttr::get(getMap(sinkMap)));
  bool out = resultNames.empty() ? !values.empty()
                                 : llvm::is_contained(resultNames, "out");
  bool stat = resultNames.empty() ? values.empty()
                                  : llvm::is_contained(resultNames, "lse") ||
                                        llvm::is_contained(resultNames, "den");
  for (StringRef name : resultNames)
    if (name != "out" && name != "lse" && name != "den")
      return parser.emitError(parser.getNameLoc(),
                              "expected results out, lse or den, found '")
             << name << "'";
  if (out) {
    if (!hasOutMap)
      outMap = getDefaultMap(
          true,
          llvm::is_contained(valueMap, b.getAffineDimExpr(dims.size() - 1)));
    result.addAttribute("outMap", AffineMapAttr::get(getMap(outMap)));
  }
  result.addAttribute("resultSegmentSizes",
                      b.getDenseI32ArrayAttr({int32_t(out), int32_t(stat)}));
  return success();
}

ParseResult AttentionOp::parse(OpAsmParser &parser, OperationState &result) {
  return PairParser(parser, result, PairKind::Attention).parse();
}

ParseResult PartialOp::parse(OpAsmParser &parser, OperationState &result) {
  return PairParser(parser, result, PairKind::Partial).parse();
}

ParseResult ObserveOp::parse(OpAsmParser &parser, OperationState &result) {
  return PairParser(parser, result, PairKind::Observe).parse();
}

//===----------------------------------------------------------------------===//
// Printing
//===----------------------------------------------------------------------===//

static constexpr StringRef kPairAttrs[] = {"bindingInfos",
                                           "over",
                                           "queryGrid",
                                           "keyGrid",
                                           "lhsMaps",
                                           "rhsMaps",
                                           "valueMap",
                                           "biasMaps",
                                           "scaleAttr",
                                           "power",
                                           "scoreCoordinates",
                                           "staticExtents",
                                           "sinkMap",
                                           "outMap",
                                           "weight",
                                           "normalise",
                                           "split",
                                           "intoMaps",
                                           "observeCoordinates",
                                           "kinds",
                                           "inits",
                                           "operandSegmentSizes",
                                           "resultSegmentSizes"};

namespace {
/// Prints the clauses of an op over pairs.
struct PairPrinter : ClausePrinter {
  PairPrinter(OpAsmPrinter &p, const PairView &view)
      : ClausePrinter(p, view.getCoordinates().getNames(), view.bindingInfos),
        view(view), c(view.getCoordinates()) {}

  const PairView &view;
  PairCoordinates c;
  SmallVector<Type> types;

  bool isDefault(AffineMap map, bool isQuery, bool withInner = true) {
    unsigned rank = c.numOver() + 1 + withInner;
    if (map.getNumResults() != rank)
      return false;
    for (auto [position, expr] : llvm::enumerate(map.getResults())) {
      unsigned dim = position < c.numOver()    ? position
                     : position == c.numOver() ? (isQuery ? c.query() : c.key())
                                               : c.inner();
      if (expr != getAffineDimExpr(dim, map.getContext()))
        return false;
    }
    return true;
  }

  void printMapped(Value operand, AffineMap map, bool isQuery) {
    p << operand;
    if (!isDefault(map, isQuery))
      printMap(map);
    types.push_back(operand.getType());
  }

  /// True if a map outside `with` and the regions uses a bound name.
  bool usesBindings() {
    auto uses = [](AffineMap map) {
      bool used = false;
      map.walkExprs([&](AffineExpr e) { used |= isa<AffineSymbolExpr>(e); });
      return used;
    };
    for (ArrayAttr maps : {view.lhsMaps, view.rhsMaps, view.biasMaps})
      for (AffineMap map : maps.getAsValueRange<AffineMapAttr>())
        if (uses(map))
          return true;
    return (view.valueMap && uses(view.valueMap));
  }

  void printWithClause() {
    printWith(view.bindingInfos,
              cast<OperandRange>(view.op->getOperands())
                  .slice(firstBinding(), view.bindings.size()));
  }
  unsigned firstBinding() {
    unsigned first = view.lhs.size() + view.rhs.size() + (view.values ? 1 : 0) +
                     (view.mask ? 1 : 0) + (view.scale ? 1 : 0) +
                     view.bias.size();
    return first;
  }

  void printHead() {
    printOver(view.over);
    OperandRange operands = view.op->getOperands();
    unsigned gridBegin = firstBinding() + view.bindings.size();
    printGrid(view.queryGrid, view.keyGrid,
              operands.slice(gridBegin, view.grid.size()));
    printExtents();
    bool early = usesBindings();
    if (early)
      printWithClause();
    printDots();
    if (view.values) {
      p << " values(";
      printMapped(view.values, view.valueMap, false);
      p << ')';
    }
    if (view.mask) {
      p << " mask(" << view.mask << ')';
      types.push_back(view.mask.getType());
    }
    if (view.scaleAttr) {
      p << " scale = ";
      p.printFloat(APFloat(*view.scaleAttr));
    }
    if (view.scale) {
      p << " scale(" << view.scale << ')';
      types.push_back(view.scale.getType());
    }
    printBias();
    if (!early)
      printWithClause();
    if (!view.score->empty()) {
      p << " score";
      printArguments(*view.score, view.lhs.size());
      printCoordinates(view.scoreCoordinates);
      printRegion(*view.score);
    }
  }

  void printDots() {
    if (view.lhs.empty())
      return;
    p << " dots(";
    for (unsigned n = 0; n < view.lhs.size(); ++n) {
      p << (n ? ", " : "");
      printMapped(view.lhs[n], PairView::getMap(view.lhsMaps, n), true);
      p << " * ";
      printMapped(view.rhs[n], PairView::getMap(view.rhsMaps, n), false);
    }
    p << ')';
  }

  void printBias() {
    if (view.bias.empty())
      return;
    p << " bias(";
    for (unsigned n = 0; n < view.bias.size(); ++n) {
      p << (n ? ", " : "") << view.bias[n];
      printMap(PairView::getMap(view.biasMaps, n));
      types.push_back(view.bias[n].getType());
    }
    p << ')';
  }

  void printExtents() {
    if (llvm::all_equal(view.staticExtents) &&
        view.staticExtents[0] == kNoExtent)
      return;
    unsigned next = 0;
    bool first = true;
    p << " extents(";
    const StringRef names[] = {"i", "j"};
    for (auto [extent, name] : llvm::zip(view.staticExtents, names)) {
      if (extent == kNoExtent)
        continue;
      p << (first ? "" : ", ") << name << " = ";
      first = false;
      if (ShapedType::isDynamic(extent))
        p << view.extents[next++];
      else
        p << extent;
    }
    p << ')';
  }

  void printArguments(Region &region, unsigned count) {
    p << '(';
    llvm::interleaveComma(region.getArguments().take_front(count), p,
                          [&](Value argument) {
                            p << argument;
                            if (!argument.getType().isF32())
                              p << ": " << argument.getType();
                          });
    p << ')';
  }

  void printWeight() {
    if (view.weight == Weight::Custom) {
      p << " weight";
      printArguments(*view.weightRegion, 1);
      printRegion(*view.weightRegion);
    } else if (view.weight != Weight::Exp) {
      p << " weight " << stringifyWeight(view.weight);
      if (view.power != 1)
        p << ' ' << view.power;
    }
  }

  void printTail() {
    p.printOptionalAttrDict(view.op->getAttrs(), kPairAttrs);
    if (!types.empty())
      p << " : " << types;
    p.printArrowTypeList(view.op->getResultTypes());
  }
};
} // namespace

void AttentionOp::print(OpAsmPrinter &p) {
  PairView view = PairView::get(*this);
  PairPrinter printer(p, view);
  printer.printHead();
  printer.printWeight();
  if (view.weight != Weight::Exp || view.normalise != Normalise::Sum) {
    p << " normalise " << stringifyNormalise(view.normalise);
    if (getNormaliser()) {
      p << '(' << getNormaliser() << ')';
      printer.types.push_back(getNormaliser().getType());
    }
  }
  if (getSink()) {
    p << " sink(" << getSink();
    AffineMap map = *getSinkMap();
    if (map.getNumResults() != 1 ||
        map.getResult(0) !=
            getAffineDimExpr(getOver().size() - 1, getContext()))
      printer.printMap(map);
    p << ')';
    printer.types.push_back(getSink().getType());
  }
  StringRef stat = view.weight == Weight::Exp ? "lse" : "den";
  if (getOut() && getStat())
    p << " results(out, " << stat << ')';
  else if (getStat() && getValues())
    p << " results(" << stat << ')';
  if (getOut()) {
    bool withInner =
        view.valueMap && view.valueMap.isFunctionOfDim(printer.c.inner());
    if (!printer.isDefault(*getOutMap(), true, withInner)) {
      p << " -> ";
      printer.printMap(*getOutMap());
    }
  }
  printer.printTail();
}

void PartialOp::print(OpAsmPrinter &p) {
  PairView view = PairView::get(*this);
  PairPrinter printer(p, view);
  printer.printHead();
  printer.printWeight();
  if (view.weight != Weight::Exp || view.normalise != Normalise::Sum)
    p << " normalise " << stringifyNormalise(view.normalise);
  if (getSplit())
    p << " split j by " << *getSplit();
  printer.printTail();
}

void ObserveOp::print(OpAsmPrinter &p) {
  PairView view = PairView::get(*this);
  PairPrinter printer(p, view);
  printer.printHead();
  if (getLse()) {
    p << " lse(" << getLse() << ')';
    printer.types.push_back(getLse().getType());
  }
  p << " observe";
  printer.printArguments(getObserveRegion(), 1);
  printer.printCoordinates(getObserveCoordinates());
  printer.printRegion(getObserveRegion());
  p << " into [";
  for (auto [n, map] :
       llvm::enumerate(getIntoMaps().getAsValueRange<AffineMapAttr>())) {
    p << (n ? ", " : "");
    printer.printMap(map);
    auto kind = static_cast<ReduceKind>(getKinds()[n]);
    p << ' ' << stringifyReduceKind(kind);
    double init = getInits()[n];
    if (std::isinf(init) || (kind == ReduceKind::Add && init == 0.0))
      continue;
    p << " init(";
    p.printFloat(APFloat(init));
    p << ')';
  }
  p << ']';
  printer.printTail();
}

/// Names the arguments of the score region: s0, s1, .. or s.
static void nameScores(const PairView &view, OpAsmSetValueNameFn setName) {
  SmallVector<std::string> storage;
  for (unsigned n = 0; n < view.lhs.size(); ++n)
    storage.push_back(view.lhs.size() == 1 ? "s" : "s" + std::to_string(n));
  SmallVector<StringRef> names(storage.begin(), storage.end());
  nameRegionArguments(*view.score, names, view.bindingInfos,
                      view.getCoordinates().getNames(), view.scoreCoordinates,
                      setName);
}

void AttentionOp::getAsmBlockArgumentNames(Region &region,
                                           OpAsmSetValueNameFn setName) {
  if (&region == &getScore())
    nameScores(PairView::get(*this), setName);
  else if (!region.empty())
    setName(region.getArgument(0), "x");
}

void PartialOp::getAsmBlockArgumentNames(Region &region,
                                         OpAsmSetValueNameFn setName) {
  if (&region == &getScore())
    nameScores(PairView::get(*this), setName);
  else if (!region.empty())
    setName(region.getArgument(0), "x");
}

void ObserveOp::getAsmBlockArgumentNames(Region &region,
                                         OpAsmSetValueNameFn setName) {
  PairView view = PairView::get(*this);
  if (&region == &getScore())
    return nameScores(view, setName);
  nameRegionArguments(region, {"p"}, view.bindingInfos,
                      view.getCoordinates().getNames(), getObserveCoordinates(),
                      setName);
}
