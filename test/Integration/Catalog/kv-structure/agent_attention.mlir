// RUN: %catalog %s

// S126. Agent Attention: On the Integration of Softmax and Linear Attention: 7 x 7 pooled
// queries attend to the 14 x 14 keys, then all queries attend to them; both with biases,
// and a depthwise convolution of the values is added.

func.func @agent_attention(
    %q: tensor<?x2x196x16xf32>, %k: tensor<?x2x196x16xf32>, %v: tensor<?x2x196x16xf32>,
    %an: tensor<2x49x7x7xf32>, %ah: tensor<2x49x14xf32>, %aw: tensor<2x49x14xf32>,
    %na: tensor<2x49x7x7xf32>, %ha: tensor<2x14x49xf32>, %wa: tensor<2x14x49xf32>,
    %dw: tensor<32x3x3xf32>, %db: tensor<32xf32>) -> tensor<?x2x196x16xf32> {
  %c0 = arith.constant 0 : index
  %batch = tensor.dim %q, %c0 : tensor<?x2x196x16xf32>
  %pool = attn.linear_map pool_adaptive(14 -> 7)
  %resize = attn.linear_map resize_bilinear(7 -> 14) half_pixel
  %q5 = tensor.expand_shape %q [[0], [1], [2, 3], [4]] output_shape [%batch, 2, 14, 14, 16]
    : tensor<?x2x196x16xf32> into tensor<?x2x14x14x16xf32>
  %grid = attn.einsum (%pool[s, y], %pool[t, x], %q5[b, h, y, x, d]) -> [b, h, s, t, d]
    : tensor<7x14xf32>, tensor<7x14xf32>, tensor<?x2x14x14x16xf32> -> tensor<?x2x7x7x16xf32>
  %agents = tensor.collapse_shape %grid [[0], [1], [2, 3], [4]]
    : tensor<?x2x7x7x16xf32> into tensor<?x2x49x16xf32>
  %bias1 = attn.einsum (%resize[y, s], %resize[x, t], %an[h, a, s, t]) -> [h, a, y, x]
    : tensor<14x7xf32>, tensor<14x7xf32>, tensor<2x49x7x7xf32> -> tensor<2x49x14x14xf32>
  %bias2 = attn.einsum (%resize[y, s], %resize[x, t], %na[h, a, s, t]) -> [h, a, y, x]
    : tensor<14x7xf32>, tensor<14x7xf32>, tensor<2x49x7x7xf32> -> tensor<2x49x14x14xf32>
  %va = attn.attention grid j(14, 14) dots(%agents * %k) values(%v) scale = 0.25
    bias(%bias1[h, i, jy, jx], %ah[h, i, jy], %aw[h, i, jx])
    : tensor<?x2x49x16xf32>, tensor<?x2x196x16xf32>, tensor<?x2x196x16xf32>,
      tensor<2x49x14x14xf32>, tensor<2x49x14xf32>, tensor<2x49x14xf32> -> tensor<?x2x49x16xf32>
  %o = attn.attention grid i(14, 14) dots(%q * %agents) values(%va) scale = 0.25
    bias(%bias2[h, j, iy, ix], %ha[h, iy, j], %wa[h, ix, j])
    : tensor<?x2x196x16xf32>, tensor<?x2x49x16xf32>, tensor<?x2x49x16xf32>,
      tensor<2x49x14x14xf32>, tensor<2x14x49xf32>, tensor<2x14x49xf32> -> tensor<?x2x196x16xf32>

  // The depthwise 3 x 3 convolution of the values, with a border of zeros; the ones carry
  // the extents of y and x.
  %zero = arith.constant 0.0 : f32
  %v5 = tensor.expand_shape %v [[0], [1], [2, 3], [4]] output_shape [%batch, 2, 14, 14, 16]
    : tensor<?x2x196x16xf32> into tensor<?x2x14x14x16xf32>
  %padded = tensor.pad %v5 low[0, 0, 1, 1, 0] high[0, 0, 1, 1, 0] {
  ^bb0(%b: index, %h: index, %y: index, %x: index, %d: index):
    tensor.yield %zero : f32
  } : tensor<?x2x14x14x16xf32> to tensor<?x2x16x16x16xf32>
  %dw4 = tensor.expand_shape %dw [[0, 1], [2], [3]] output_shape [2, 16, 3, 3]
    : tensor<32x3x3xf32> into tensor<2x16x3x3xf32>
  %db2 = tensor.expand_shape %db [[0, 1]] output_shape [2, 16] : tensor<32xf32> into tensor<2x16xf32>
  %ones = arith.constant dense<1.0> : tensor<14x14xf32>
  %conv = attn.einsum (%ones[y, x], %padded[b, h, y + s, x + t, d], %dw4[h, d, s, t])
    bias(%db2[h, d]) -> [b, h, y, x, d]
    : tensor<14x14xf32>, tensor<?x2x16x16x16xf32>, tensor<2x16x3x3xf32>, tensor<2x16xf32>
    -> tensor<?x2x14x14x16xf32>
  %tokens = tensor.collapse_shape %conv [[0], [1], [2, 3], [4]]
    : tensor<?x2x14x14x16xf32> into tensor<?x2x196x16xf32>
  %sum = linalg.add ins(%o, %tokens : tensor<?x2x196x16xf32>, tensor<?x2x196x16xf32>)
    outs(%o : tensor<?x2x196x16xf32>) -> tensor<?x2x196x16xf32>
  return %sum : tensor<?x2x196x16xf32>
}
