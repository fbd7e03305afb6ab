//===- Syntax.h - clauses over named coordinates ----------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Parses and prints what the ops of the dialect share: maps, `with`, `where`,
// `grid`, coordinate lists and regions.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_DIALECT_ATTN_IR_SYNTAX_H
#define ATTN_LIB_DIALECT_ATTN_IR_SYNTAX_H

#include "attn/Dialect/Attn/IR/Attn.h"
#include "attn/Dialect/Attn/IR/Coordinates.h"

#include <deque>

namespace mlir {
namespace attn {

using Unresolved = OpAsmParser::UnresolvedOperand;
using MapExprs = SmallVector<AffineExpr>;

/// Parses the clauses of one op. Names live as long as the parser, since the
/// arguments of regions refer to them.
class ClauseParser {
public:
  ClauseParser(OpAsmParser &parser, OperationState &result)
      : parser(parser), result(result), b(parser.getBuilder()) {}

  /// Declares `name` as the next dimension of the op's maps.
  void addDim(StringRef name);
  /// Declares the coordinates of a pair op.
  void addPairDims(ArrayAttr over, unsigned queryAxes, unsigned keyAxes,
                   StringRef entry = "");

  /// An index expression. With `collect`, unknown letters become dimensions.
  ParseResult parseExpr(AffineExpr &expr, bool collect = false);
  /// `[expr, :, ..]`; `:` is allowed if the op has an inner axis.
  ParseResult parseMap(MapExprs &exprs, bool collect = false);
  /// The same, after the opening bracket.
  ParseResult parseMapTail(MapExprs &exprs, bool collect = false);
  /// `over [b, h]`, or the default.
  ParseResult parseOver(ArrayAttr &over);
  /// `grid i(..) j(..)`, or nothing; sizes go to the attributes and `grid`.
  ParseResult parseGrid();
  /// `i(4, %n)` without the letter.
  ParseResult parseSizes(SmallVectorImpl<int64_t> &sizes,
                         SmallVectorImpl<Unresolved> &operands);
  /// `with (..)`, or nothing.
  ParseResult parseWith(bool collect = false);
  /// `[h, i, j]`: dimensions handed to a region.
  ParseResult parseCoordinates(SmallVectorImpl<int64_t> &coordinates);
  /// A region whose arguments are `leading`, the bindings, the coordinates.
  ParseResult parseRegion(Region &region,
                          ArrayRef<OpAsmParser::Argument> leading,
                          ArrayRef<int64_t> coordinates);
  /// `where {..}` (the keyword is consumed): fills `region` and, if the list is
  /// empty, `coordinates`.
  ParseResult parseWhere(Region &region, SmallVectorImpl<int64_t> &coordinates,
                         bool deriveCoordinates);

  /// `(%a: f32, %b)`: names of leading region arguments, f32 by default.
  ParseResult parseArguments(SmallVectorImpl<OpAsmParser::Argument> &arguments);

  AffineMap getMap(ArrayRef<AffineExpr> exprs);
  ArrayAttr getMaps(ArrayRef<MapExprs> maps);
  ArrayAttr getBindingInfos();
  /// Removes the `count` first dimensions from every binding.
  void dropLeadingDims(unsigned count);
  /// True if a binding's map uses one of the first `count` dimensions.
  bool bindingsUseLeadingDims(unsigned count) const;

  OpAsmParser &parser;
  OperationState &result;
  Builder &b;

  struct Binding {
    std::string name;
    BindingKind kind;
    MapExprs exprs;
    Type argumentType;
  };
  std::deque<std::string> storage;
  SmallVector<StringRef> dims;
  SmallVector<Binding> bindings;
  SmallVector<Unresolved> bindingOperands;
  SmallVector<Type> bindingTypes;
  SmallVector<int64_t> queryGrid, keyGrid;
  SmallVector<Unresolved> grid;

private:
  /// The parts of an index expression whose letters may be unknown.
  ParseResult parseSum(AffineExpr &expr);
  ParseResult parseProduct(AffineExpr &expr);
  ParseResult parseFactor(AffineExpr &expr);
  ParseResult parseBinding(bool collect);
  OpAsmParser::Argument getArgument(StringRef name, Type type);
  StringRef save(const Twine &text);
  std::optional<unsigned> lookupDim(StringRef name) const;
};

/// Prints the clauses of one op.
class ClausePrinter {
public:
  ClausePrinter(OpAsmPrinter &p, ArrayRef<std::string> dims,
                ArrayAttr bindingInfos);

  void printExpr(AffineExpr expr);
  void printMap(AffineMap map);
  void printOver(ArrayAttr over);
  void printGrid(ArrayRef<int64_t> queryGrid, ArrayRef<int64_t> keyGrid,
                 OperandRange operands);
  void printSizes(ArrayRef<int64_t> sizes, OperandRange operands,
                  unsigned &next);
  void printWith(ArrayAttr bindingInfos, OperandRange operands);
  void printCoordinates(ArrayRef<int64_t> coordinates);
  void printRegion(Region &region);

  OpAsmPrinter &p;
  SmallVector<std::string> dims, symbols;
};

/// The type a region sees for an element or scalar of type `type`: index for
/// integers other than i1, else the type itself; null if it cannot be bound.
Type getBoundType(Type type);

/// Checks the bindings of `op`: ranks of maps, earlier names, types.
LogicalResult verifyBindings(Operation *op, ArrayAttr bindingInfos,
                             OperandRange operands, ArrayRef<std::string> dims);

/// Checks that `region` is one block that ends in `attn.yield`.
LogicalResult verifyBlock(Operation *op, Region &region, StringRef what);

/// Checks that `map` has a position for each axis of `operand`, is over `dims`
/// (of which ":" may not be used unless `allowInner`), and uses no bound names
/// but those of type index.
LogicalResult verifyMap(Operation *op, const Twine &what, AffineMap map,
                        Type operand, ArrayRef<std::string> dims,
                        ArrayRef<Type> bindingTypes, bool allowInner = false);

/// The types that regions see for bindings that were verified.
SmallVector<Type> getBindingTypes(ArrayAttr bindingInfos, ValueRange operands);

/// Checks that no two coordinates of `op` have the same name.
LogicalResult verifyNames(Operation *op, ArrayRef<std::string> names);

/// Checks that coordinates handed to a region exist.
LogicalResult verifyCoordinates(Operation *op, ArrayRef<int64_t> coordinates,
                                int64_t count);

/// Checks that ops in the regions of `op` have no effects.
LogicalResult verifyPureRegions(Operation *op);

/// Checks that the entry block of `region` has the arguments `leading`, the
/// bindings, and one index per coordinate.
LogicalResult verifyRegionArguments(Operation *op, Region &region,
                                    StringRef what, ArrayRef<Type> leading,
                                    ArrayAttr bindingInfos,
                                    OperandRange operands, size_t coordinates);

/// Names the block arguments of a region: leading names, bindings, coordinates.
void nameRegionArguments(Region &region, ArrayRef<StringRef> leading,
                         ArrayAttr bindingInfos, ArrayRef<std::string> dims,
                         ArrayRef<int64_t> coordinates,
                         OpAsmSetValueNameFn setName);

/// Checks that the number of dynamic sizes in the grids is that of operands.
LogicalResult verifyGrid(Operation *op, ArrayRef<int64_t> queryGrid,
                         ArrayRef<int64_t> keyGrid, OperandRange operands);

} // namespace attn
} // namespace mlir

#endif // ATTN_LIB_DIALECT_ATTN_IR_SYNTAX_H
