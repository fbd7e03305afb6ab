// RUN: attn-opt %s --attn-decompose-tensor-ops -o %t.mlir
// RUN: attn-opt %s --attn-decompose-tensor-ops=wide -o %t.wide.mlir
// RUN: %python %S/tensor_ops.py %t.mlir
// RUN: %python %S/tensor_ops.py %t.wide.mlir

// Each op without named coordinates, decomposed, compiled and run on odd sizes,
// against the formula of its documentation in numpy.

func.func @softmax_rows(%x: tensor<6x?xf32>) -> tensor<6x?xf32> {
  %y = attn.softmax %x : tensor<6x?xf32>
  return %y : tensor<6x?xf32>
}

func.func @softmax_half(%x: tensor<?x5xf16>) -> tensor<?x5xf16> {
  %y = attn.softmax %x : tensor<?x5xf16>
  return %y : tensor<?x5xf16>
}

func.func @norm_layer(%x: tensor<3x?x7xf32>, %g: tensor<7xf32>, %b: tensor<7xf32>)
    -> tensor<3x?x7xf32> {
  %y = attn.norm layer %x gain(%g : tensor<7xf32>) offset(%b : tensor<7xf32>)
    : tensor<3x?x7xf32>
  return %y : tensor<3x?x7xf32>
}

func.func @norm_rms(%x: tensor<5x?xf16>, %g: tensor<?xf32>) -> tensor<5x?xf16> {
  %y = attn.norm rms %x gain(%g : tensor<?xf32>) eps = 0.25 : tensor<5x?xf16>
  return %y : tensor<5x?xf16>
}

func.func @norm_l2(%x: tensor<5x9xf32>) -> tensor<5x9xf32> {
  %y = attn.norm l2 %x : tensor<5x9xf32>
  return %y : tensor<5x9xf32>
}

func.func @norm_vector(%x: tensor<9xf64>) -> tensor<9xf64> {
  %y = attn.norm layer %x : tensor<9xf64>
  return %y : tensor<9xf64>
}

func.func @maps() -> (tensor<4x7xf32>, tensor<7x4xf32>, tensor<14x7xf32>,
                      tensor<5x9xf32>, tensor<9x5xf32>, tensor<1x6xf32>) {
  %0 = attn.linear_map pool_adaptive(7 -> 4)
  %1 = attn.linear_map pool_adaptive(4 -> 7)
  %2 = attn.linear_map resize_bilinear(7 -> 14) half_pixel
  %3 = attn.linear_map resize_bilinear(9 -> 5) half_pixel
  %4 = attn.linear_map resize_bilinear(5 -> 9)
  %5 = attn.linear_map resize_bilinear(6 -> 1)
  return %0, %1, %2, %3, %4, %5
    : tensor<4x7xf32>, tensor<7x4xf32>, tensor<14x7xf32>, tensor<5x9xf32>,
      tensor<9x5xf32>, tensor<1x6xf32>
}

func.func @expm(%a: tensor<2x?x5x5xf32>) -> tensor<2x?x5x5xf32> {
  %r = attn.expm %a : tensor<2x?x5x5xf32>
  return %r : tensor<2x?x5x5xf32>
}

func.func @expm_scalar(%a: tensor<1x1xf64>) -> tensor<1x1xf64> {
  %r = attn.expm %a : tensor<1x1xf64>
  return %r : tensor<1x1xf64>
}

func.func @rotary_length(%n: index, %past: index)
    -> (tensor<?x5xf32>, tensor<?x5xf32>) {
  %c, %s = attn.rotary_table length(%n) dims(10) base(1.0e4) offset(%past)
    : tensor<?x5xf32>
  return %c, %s : tensor<?x5xf32>, tensor<?x5xf32>
}

func.func @rotary_positions(%p: tensor<2x?xi32>)
    -> (tensor<2x?x3xf64>, tensor<2x?x3xf64>) {
  %c, %s = attn.rotary_table positions(%p : tensor<2x?xi32>) dims(6) base(500.0)
    : tensor<2x?x3xf64>
  return %c, %s : tensor<2x?x3xf64>, tensor<2x?x3xf64>
}

func.func @rotate_interleaved(%x: tensor<2x3x?x6xf32>, %c: tensor<?x3xf32>,
                              %s: tensor<?x3xf32>) -> tensor<2x3x?x6xf32> {
  %y = attn.rotate interleaved %x, %c, %s : tensor<2x3x?x6xf32>, tensor<?x3xf32>
  return %y : tensor<2x3x?x6xf32>
}

func.func @rotate_halves_part(%x: tensor<2x3x?x9xf16>, %c: tensor<2x1x?x3xf32>,
                              %s: tensor<2x1x?x3xf32>) -> tensor<2x3x?x9xf16> {
  %y = attn.rotate halves %x, %c, %s dims(6)
    : tensor<2x3x?x9xf16>, tensor<2x1x?x3xf32>
  return %y : tensor<2x3x?x9xf16>
}

func.func @rotate_interleaved_part(%x: tensor<5x3x4xf32>, %c: tensor<5x1x1xf32>,
                                   %s: tensor<5x1x1xf32>) -> tensor<5x3x4xf32> {
  %y = attn.rotate interleaved %x, %c, %s dims(2)
    : tensor<5x3x4xf32>, tensor<5x1x1xf32>
  return %y : tensor<5x3x4xf32>
}

func.func @rotate_blocks(%x: tensor<2x3x?x6xf32>, %r: tensor<?x2x3x3xf32>)
    -> tensor<2x3x?x6xf32> {
  %y = attn.rotate_blocks %x, %r : tensor<2x3x?x6xf32>, tensor<?x2x3x3xf32>
  return %y : tensor<2x3x?x6xf32>
}

func.func @rotate_blocks_heads(%x: tensor<2x3x?x6xf16>,
                               %r: tensor<3x1x3x2x2xf32>)
    -> tensor<2x3x?x6xf16> {
  %y = attn.rotate_blocks %x, %r : tensor<2x3x?x6xf16>, tensor<3x1x3x2x2xf32>
  return %y : tensor<2x3x?x6xf16>
}

func.func @topk(%x: tensor<2x?x11xf32>)
    -> (tensor<2x?x4xf32>, tensor<2x?x4xi32>, tensor<2x?x11xi1>) {
  %v, %i, %k = attn.topk %x, 4 keep : tensor<2x?x11xf32>
  return %v, %i, %k : tensor<2x?x4xf32>, tensor<2x?x4xi32>, tensor<2x?x11xi1>
}

func.func @topk_least(%x: tensor<6x?xf16>) -> (tensor<6x7xf16>, tensor<6x7xi32>) {
  %v, %i = attn.topk %x, 7 least : tensor<6x?xf16>
  return %v, %i : tensor<6x7xf16>, tensor<6x7xi32>
}

func.func @topk_vector(%x: tensor<3xf64>) -> (tensor<5xf64>, tensor<5xi32>) {
  %v, %i = attn.topk %x, 5 : tensor<3xf64>
  return %v, %i : tensor<5xf64>, tensor<5xi32>
}

func.func @combine(%a0: tensor<2x?x5xf32>, %m0: tensor<2x?xf32>, %d0: tensor<2x?xf32>,
                   %a1: tensor<2x?x5xf32>, %m1: tensor<2x?xf32>, %d1: tensor<2x?xf32>,
                   %a2: tensor<2x?x5xf32>, %m2: tensor<2x?xf32>, %d2: tensor<2x?xf32>)
    -> (tensor<2x?x5xf32>, tensor<2x?xf32>, tensor<2x?xf32>) {
  %a, %m, %d = attn.combine exp (%a0, %m0, %d0), (%a1, %m1, %d1), (%a2, %m2, %d2)
    : tensor<2x?x5xf32>, tensor<2x?xf32>, tensor<2x?xf32>
  return %a, %m, %d : tensor<2x?x5xf32>, tensor<2x?xf32>, tensor<2x?xf32>
}

func.func @combine_along(%a0: tensor<2x?x3x5xf32>, %m0: tensor<2x?x3xf32>,
                         %d0: tensor<2x?x3xf32>)
    -> (tensor<2x3x5xf32>, tensor<2x3xf32>, tensor<2x3xf32>) {
  %a, %m, %d = attn.combine exp (%a0, %m0, %d0) along 1
    : tensor<2x?x3x5xf32>, tensor<2x?x3xf32>, tensor<2x?x3xf32>
  return %a, %m, %d : tensor<2x3x5xf32>, tensor<2x3xf32>, tensor<2x3xf32>
}

func.func @combine_sum(%a0: tensor<3x5xf64>, %d0: tensor<3xf64>,
                       %a1: tensor<3x5xf64>, %d1: tensor<3xf64>)
    -> (tensor<3x5xf64>, tensor<3xf64>) {
  %a, %d = attn.combine sum (%a0, %d0), (%a1, %d1) : tensor<3x5xf64>, tensor<3xf64>
  return %a, %d : tensor<3x5xf64>, tensor<3xf64>
}

func.func @combine_none_along(%a0: tensor<3x?x5xf32>) -> tensor<3x5xf32> {
  %a = attn.combine none (%a0) along 1 : tensor<3x?x5xf32>
  return %a : tensor<3x5xf32>
}

func.func @prefix(%a0: tensor<2x?x3x5xf32>, %m0: tensor<2x?x3xf32>,
                  %d0: tensor<2x?x3xf32>)
    -> (tensor<2x?x3x5xf32>, tensor<2x?x3xf32>, tensor<2x?x3xf32>) {
  %a, %m, %d = attn.prefix exp (%a0, %m0, %d0) along 1
    : tensor<2x?x3x5xf32>, tensor<2x?x3xf32>, tensor<2x?x3xf32>
  return %a, %m, %d : tensor<2x?x3x5xf32>, tensor<2x?x3xf32>, tensor<2x?x3xf32>
}

func.func @prefix_sum(%d0: tensor<7x3xf32>) -> tensor<7x3xf32> {
  %d = attn.prefix sum (%d0) along 0 : tensor<7x3xf32>
  return %d : tensor<7x3xf32>
}

func.func @finalize(%a: tensor<2x3x?x5xf32>, %m: tensor<2x3x?xf32>,
                    %d: tensor<2x3x?xf32>)
    -> (tensor<2x3x?x5xf32>, tensor<2x3x?xf32>) {
  %o, %l = attn.finalize exp (%a, %m, %d)
    : tensor<2x3x?x5xf32>, tensor<2x3x?xf32>, tensor<2x3x?xf32>
  return %o, %l : tensor<2x3x?x5xf32>, tensor<2x3x?xf32>
}

func.func @finalize_sink(%a: tensor<2x3x?x5xf32>, %m: tensor<2x3x?xf32>,
                         %d: tensor<2x3x?xf32>, %s: tensor<3xf32>)
    -> (tensor<2x3x?x5xf32>, tensor<2x3x?xf32>) {
  %o, %l = attn.finalize exp (%a, %m, %d) sink(%s : tensor<3xf32>)
    : tensor<2x3x?x5xf32>, tensor<2x3x?xf32>, tensor<2x3x?xf32>
  return %o, %l : tensor<2x3x?x5xf32>, tensor<2x3x?xf32>
}

func.func @finalize_lse(%m: tensor<?xf32>, %d: tensor<?xf32>) -> tensor<?xf32> {
  %l = attn.finalize exp (%m, %d) : tensor<?xf32>, tensor<?xf32>
  return %l : tensor<?xf32>
}

func.func @finalize_sum(%a: tensor<?x5xf32>, %d: tensor<?xf32>) -> tensor<?x5xf32> {
  %o = attn.finalize sum (%a, %d) : tensor<?x5xf32>, tensor<?xf32>
  return %o : tensor<?x5xf32>
}

func.func @merge(%o0: tensor<2x?x5xf16>, %l0: tensor<2x?xf32>, %o1: tensor<2x?x5xf16>,
                 %l1: tensor<2x?xf32>) -> (tensor<2x?x5xf16>, tensor<2x?xf32>) {
  %o, %l = attn.merge (%o0, %l0), (%o1, %l1) : tensor<2x?x5xf16>, tensor<2x?xf32>
  return %o, %l : tensor<2x?x5xf16>, tensor<2x?xf32>
}

func.func @merge_along(%o0: tensor<2x3x?x5xf32>, %l0: tensor<2x3x?xf32>)
    -> (tensor<2x3x5xf32>, tensor<2x3xf32>) {
  %o, %l = attn.merge (%o0, %l0) along 2 : tensor<2x3x?x5xf32>, tensor<2x3x?xf32>
  return %o, %l : tensor<2x3x5xf32>, tensor<2x3xf32>
}
