//===- embedding-example.cpp - a compiler that contains this one ----------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Builds a function around attention in C++ and compiles it for CPUs: first to
// an object, then by the pipeline, whose result it prints.
//
//===----------------------------------------------------------------------===//

#include "attn/Compiler/Compiler.h"
#include "attn/Dialect/Attn/IR/Attn.h"
#include "attn/Pipelines.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/raw_ostream.h"

using namespace mlir;

int main() {
  // The dialects: this compiler's, and upstream's for what it lowers to.
  DialectRegistry registry;
  attn::registerProgramDialects(registry);
  MLIRContext context(registry);
  context.loadAllAvailableDialects();

  // func.func @attend(q, k, v): causal attention with 4 heads of 32 features.
  OpBuilder builder(&context);
  Location loc = builder.getUnknownLoc();
  OwningOpRef<ModuleOp> module = ModuleOp::create(loc);
  builder.setInsertionPointToStart(module->getBody());
  int64_t dynamic = ShapedType::kDynamic;
  auto type =
      RankedTensorType::get({dynamic, 4, dynamic, 32}, builder.getF32Type());
  auto function =
      func::FuncOp::create(builder, loc, "attend",
                           builder.getFunctionType({type, type, type}, {type}));
  Block *body = function.addEntryBlock();
  builder.setInsertionPointToStart(body);
  Value causal = attn::MaskCausalOp::create(builder, loc, Value());
  auto attention = attn::AttentionOp::create(
      builder, loc, type, body->getArgument(0), body->getArgument(1),
      body->getArgument(2), causal, /*scale=*/0.1767766952966369);
  func::ReturnOp::create(builder, loc, attention.getOut());

  // An object and what its function takes.
  auto cpu = attn::resolveCPU("x86-64-v3", attn_rt_cpu_level());
  auto kernel = attn::compileKernel(function, *cpu);
  if (!kernel)
    return 1;

  // The pipeline: one call, with the passes of the host before and after it.
  PassManager manager(&context);
  attn::AttnToCPUOptions options;
  options.target = "x86-64-v3";
  attn::buildAttnToCPUPipeline(manager, options);
  if (failed(verify(*module)) || failed(manager.run(*module)))
    return 1;
  module->print(llvm::outs());
  llvm::outs() << kernel->symbol << ": " << kernel->image.size()
               << " bytes of code for " << kernel->signature.parameters.size()
               << " inputs\n";
  return 0;
}
