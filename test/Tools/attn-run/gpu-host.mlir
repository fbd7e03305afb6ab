// What is around attention and not of the attn dialect runs on the host.

// RUN: attn-run %s --entry=scaled --target=sm_80 --device=sim --input=random:1@1x2x37x64 --input=random:2@1x2x70x64 \
// RUN:   --input=random:3@1x2x70x64 --input=value:0.5 --check | FileCheck %s
// RUN: attn-run %s --entry=filled --target=sm_80 --device=sim --input=random:1@5x7 --check | FileCheck %s
// CHECK: relative error

func.func @scaled(%q: tensor<1x2x?x64xbf16>, %k: tensor<1x2x?x64xbf16>,
                  %v: tensor<1x2x?x64xbf16>, %scale: f32) -> tensor<1x2x?x64xbf16> {
  %o = attn.attention dots(%q * %k) values(%v) scale = 0.125
    : tensor<1x2x?x64xbf16>, tensor<1x2x?x64xbf16>, tensor<1x2x?x64xbf16> -> tensor<1x2x?x64xbf16>
  %c2 = arith.constant 2 : index
  %n = tensor.dim %o, %c2 : tensor<1x2x?x64xbf16>
  %init = tensor.empty(%n) : tensor<1x2x?x64xbf16>
  %scaled = linalg.generic {
      indexing_maps = [affine_map<(b, h, n, d) -> (b, h, n, d)>, affine_map<(b, h, n, d) -> (b, h, n, d)>],
      iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%o : tensor<1x2x?x64xbf16>) outs(%init : tensor<1x2x?x64xbf16>) {
    ^bb0(%x: bf16, %unused: bf16):
      %wide = arith.extf %x : bf16 to f32
      %product = arith.mulf %wide, %scale : f32
      %y = arith.truncf %product : f32 to bf16
      linalg.yield %y : bf16
  } -> tensor<1x2x?x64xbf16>
  return %scaled : tensor<1x2x?x64xbf16>
}

func.func @filled(%a: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = tensor.dim %a, %c0 : tensor<?x?xf32>
  %m = tensor.dim %a, %c1 : tensor<?x?xf32>
  %init = tensor.empty(%n, %m) : tensor<?x?xf32>
  %filled = linalg.fill ins(%one : f32) outs(%init : tensor<?x?xf32>) -> tensor<?x?xf32>
  %sum = linalg.add ins(%a, %filled : tensor<?x?xf32>, tensor<?x?xf32>) outs(%init : tensor<?x?xf32>) -> tensor<?x?xf32>
  return %sum : tensor<?x?xf32>
}
