// RUN: %catalog %s

// S089. DuoAttention: Efficient Long-Context LLM Inference with Retrieval and Streaming
// Heads: per key head, full attention or sink and recent tokens; trained as a blend.

func.func @duoattention_retrieval_streaming(
    %q: tensor<?x8x?x16xf32>, %k: tensor<?x4x?x16xf32>, %v: tensor<?x4x?x16xf32>,
    %alpha: tensor<4xf32>) -> (tensor<?x8x?x16xf32>, tensor<?x8x?x16xf32>) {
  %causal = attn.mask.causal
  %streaming = attn.mask.sliding window(12) sink(4)
  %retrieval = attn.mask [i, j] with (%a = %alpha[h floordiv 2] : tensor<4xf32>) {
    %threshold = arith.constant 0.5 : f32
    %full = arith.cmpf ogt, %a, %threshold : f32
    attn.yield %full : i1
  }
  %either = attn.mask.or %retrieval, %streaming : !attn.mask<1, 1, over = 2>, !attn.mask<1, 1>
  %mixed = attn.mask.and %causal, %either : !attn.mask<1, 1>, !attn.mask<1, 1, over = 2>
  %full = attn.attention dots(%q * %k) values(%v) mask(%causal) scale = 0.25
    : tensor<?x8x?x16xf32>, tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>, !attn.mask<1, 1>
    -> tensor<?x8x?x16xf32>
  %stream = attn.attention dots(%q * %k) values(%v) mask(%streaming) scale = 0.25
    : tensor<?x8x?x16xf32>, tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>, !attn.mask<1, 1>
    -> tensor<?x8x?x16xf32>
  %deploy = attn.attention dots(%q * %k) values(%v) mask(%mixed) scale = 0.25
    : tensor<?x8x?x16xf32>, tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>,
      !attn.mask<1, 1, over = 2> -> tensor<?x8x?x16xf32>
  %identify = attn.map [b, h, n, d]
    with (%f = %full[b, h, n, d] : tensor<?x8x?x16xf32>,
          %s = %stream[b, h, n, d] : tensor<?x8x?x16xf32>,
          %a = %alpha[h floordiv 2] : tensor<4xf32>) {
      %one = arith.constant 1.0 : f32
      %rest = arith.subf %one, %a : f32
      %x = arith.mulf %a, %f : f32
      %y = arith.mulf %rest, %s : f32
      %z = arith.addf %x, %y : f32
      attn.yield %z : f32
    } -> tensor<?x8x?x16xf32>
  return %identify, %deploy : tensor<?x8x?x16xf32>, tensor<?x8x?x16xf32>
}
