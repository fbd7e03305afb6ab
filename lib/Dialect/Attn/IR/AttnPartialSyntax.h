//===- AttnPartialSyntax.h - syntax of partial states -----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The `custom` directives of the ops on partial states: pairs of a parser and a
// printer that the generated code calls.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_LIB_DIALECT_ATTN_IR_ATTNPARTIALSYNTAX_H
#define ATTN_LIB_DIALECT_ATTN_IR_ATTNPARTIALSYNTAX_H

#include "attn/Dialect/Attn/IR/Attn.h"

namespace mlir::attn {

using UnresolvedOperand = OpAsmParser::UnresolvedOperand;
using UnresolvedOperands = SmallVectorImpl<OpAsmParser::UnresolvedOperand>;

/// `(acc, max, den), ...`: one or more states, by kind of state.
ParseResult parseStates(OpAsmParser &parser, UnresolvedOperands &accs,
                        UnresolvedOperands &maxes, UnresolvedOperands &dens,
                        PartialKindAttr kind);
void printStates(OpAsmPrinter &printer, Operation *, OperandRange accs,
                 OperandRange maxes, OperandRange dens, PartialKindAttr);

/// `(acc, max, den)`: one state, by kind of state.
ParseResult parseState(OpAsmParser &parser,
                       std::optional<UnresolvedOperand> &acc,
                       std::optional<UnresolvedOperand> &max,
                       std::optional<UnresolvedOperand> &den,
                       PartialKindAttr kind);
void printState(OpAsmPrinter &printer, Operation *, Value acc, Value max,
                Value den, PartialKindAttr);

/// The types of one state, which all states have.
ParseResult parseStateTypes(OpAsmParser &parser, SmallVectorImpl<Type> &accs,
                            SmallVectorImpl<Type> &maxes,
                            SmallVectorImpl<Type> &dens,
                            ArrayRef<UnresolvedOperand> accOperands,
                            ArrayRef<UnresolvedOperand> maxOperands,
                            ArrayRef<UnresolvedOperand> denOperands);
void printStateTypes(OpAsmPrinter &printer, Operation *, TypeRange accs,
                     TypeRange maxes, TypeRange dens, OperandRange,
                     OperandRange, OperandRange);

/// The types of a single state.
ParseResult parseStateTypes(OpAsmParser &parser, Type &acc, Type &max,
                            Type &den,
                            const std::optional<UnresolvedOperand> &accOperand,
                            const std::optional<UnresolvedOperand> &maxOperand,
                            const std::optional<UnresolvedOperand> &denOperand);
void printStateTypes(OpAsmPrinter &printer, Operation *, Type acc, Type max,
                     Type den, Value, Value, Value);

/// `(out, lse), ...`: one or more outputs and their log-sum-exps.
ParseResult parseOutputs(OpAsmParser &parser, UnresolvedOperands &outs,
                         UnresolvedOperands &lses);
void printOutputs(OpAsmPrinter &printer, Operation *, OperandRange outs,
                  OperandRange lses);

/// The types of one pair, which all pairs have.
ParseResult parseOutputTypes(OpAsmParser &parser, SmallVectorImpl<Type> &outs,
                             SmallVectorImpl<Type> &lses,
                             ArrayRef<UnresolvedOperand> operands);
void printOutputTypes(OpAsmPrinter &printer, Operation *, TypeRange outs,
                      TypeRange lses, OperandRange);

} // namespace mlir::attn

#endif // ATTN_LIB_DIALECT_ATTN_IR_ATTNPARTIALSYNTAX_H
