//===- AttnAttrs.td - attributes of the attn dialect --------*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Bindings of a `with` clause, and the small enumerations of the ops.
//
//===----------------------------------------------------------------------===//

#ifndef ATTN_DIALECT_ATTN_IR_ATTNATTRS
#define ATTN_DIALECT_ATTN_IR_ATTNATTRS

include "attn/Dialect/Attn/IR/AttnDialect.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"

/// A number of 64 bits that may be negative; the accessor of I64Attr may not.
def Attn_IntAttr
    : TypedSignlessIntegerAttrBase<I64, "int64_t", "64-bit signless integer attribute">;

class Attn_Enum<string name, string summary, list<I32EnumAttrCase> cases>
    : I32EnumAttr<name, summary, cases> {
  let cppNamespace = "::mlir::attn";
}

def Attn_BindingKind : Attn_Enum<"BindingKind", "where a bound name comes from", [
    I32EnumAttrCase<"Load", 0, "load">,
    I32EnumAttrCase<"Scalar", 1, "scalar">,
    I32EnumAttrCase<"Float", 2, "float">,
    I32EnumAttrCase<"Index", 3, "index">,
  ]>;

def Attn_Weight : Attn_Enum<"Weight", "what turns a score into a weight", [
    I32EnumAttrCase<"Exp", 0, "exp">,
    I32EnumAttrCase<"Sigmoid", 1, "sigmoid">,
    I32EnumAttrCase<"Relu", 2, "relu">,
    I32EnumAttrCase<"Softplus", 3, "softplus">,
    I32EnumAttrCase<"Identity", 4, "identity">,
    I32EnumAttrCase<"Custom", 5, "custom">,
  ]>;

def Attn_Normalise : Attn_Enum<"Normalise", "what a row of weights is divided by", [
    I32EnumAttrCase<"Sum", 0, "sum">,
    I32EnumAttrCase<"None", 1, "none">,
    I32EnumAttrCase<"Const", 2, "const">,
  ]>;

def Attn_NormKind : Attn_Enum<"NormKind", "how a vector is normalised", [
    I32EnumAttrCase<"Layer", 0, "layer">,
    I32EnumAttrCase<"Rms", 1, "rms">,
    I32EnumAttrCase<"L2", 2, "l2">,
  ]>;

def Attn_RotaryLayout : Attn_Enum<"RotaryLayout", "which features form a pair", [
    I32EnumAttrCase<"Interleaved", 0, "interleaved">,
    I32EnumAttrCase<"Halves", 1, "halves">,
  ]>;

def Attn_ReduceKind : Attn_Enum<"ReduceKind", "how observed values are joined", [
    I32EnumAttrCase<"Add", 0, "add">,
    I32EnumAttrCase<"Max", 1, "max">,
    I32EnumAttrCase<"Min", 2, "min">,
  ]>;

def Attn_LinearMapKind : Attn_Enum<"LinearMapKind", "a resampling of one axis", [
    I32EnumAttrCase<"PoolAdaptive", 0, "pool_adaptive">,
    I32EnumAttrCase<"ResizeBilinear", 1, "resize_bilinear">,
  ]>;

def Attn_BindingAttr : AttrDef<Attn_Dialect, "Binding"> {
  let mnemonic = "binding";
  let summary = "one name bound by a `with` clause";
  let description = [{
    `map` gives the position read (`load`) or the value of the expression
    (`float`, `index`); it is empty for `scalar`. Its dimensions are the
    coordinates of the op, its symbols the bindings of the op, of which only
    earlier ones of type index may be used.
  }];
  let parameters = (ins "::mlir::StringAttr":$name, "::mlir::attn::BindingKind":$kind,
                        "::mlir::AffineMap":$map);
  let assemblyFormat = "`<` $name `,` $kind `,` $map `>`";
  let extraClassDeclaration = [{
    /// Whether the op has an operand for this binding.
    bool hasOperand() const {
      return getKind() == BindingKind::Load || getKind() == BindingKind::Scalar;
    }
  }];
}

def Attn_BindingArrayAttr : TypedArrayAttrBase<Attn_BindingAttr, "array of bindings">;

#endif // ATTN_DIALECT_ATTN_IR_ATTNATTRS
