// RUN: %catalog %s

// S083. Efficient Long-context Language Model Training by Core Attention Disaggregation: a
// task is a shard of queries (first query, number of queries) with its causal context inside
// its document (first token); a server's load is the number of pairs of its tasks.

func.func @core_attention_tasks(
    %q: tensor<1x4x128x16xf32>, %k: tensor<1x2x128x16xf32>, %v: tensor<1x2x128x16xf32>,
    %tasks: tensor<9x3xi32>, %server: tensor<9xi32>)
    -> (tensor<1x4x128x16xf32>, tensor<1x4x128xf32>, tensor<3xi32>) {
  %any = attn.mask.any (t < 9) disjoint
    with (first = %tasks[t, 0] : tensor<9x3xi32>, count = %tasks[t, 1] : tensor<9x3xi32>,
          document = %tasks[t, 2] : tensor<9x3xi32>)
    where { first <= i, i < first + count, document <= j, j <= i }
  %o, %lse = attn.attention dots(%q * %k) values(%v) mask(%any) scale = 0.25 results(out, lse)
    : tensor<1x4x128x16xf32>, tensor<1x2x128x16xf32>, tensor<1x2x128x16xf32>, !attn.mask<1, 1>
    -> (tensor<1x4x128x16xf32>, tensor<1x4x128xf32>)
  // The tasks as a batch axis: every pair is counted at the server of its task.
  %each = attn.mask over [t]
    with (first = %tasks[t, 0] : tensor<9x3xi32>, count = %tasks[t, 1] : tensor<9x3xi32>,
          document = %tasks[t, 2] : tensor<9x3xi32>)
    where { first <= i, i < first + count, document <= j, j <= i }
  %pairs = attn.observe over [t] extents(i = 128, j = 128) mask(%each)
    with (s = %server[t] : tensor<9xi32>)
    observe(%p) {
      %one = arith.constant 1.0 : f32
      attn.yield %one : f32
    } into [[s] add] : !attn.mask<1, 1, over = 1> -> tensor<3xf32>
  %load = attn.map [s] with (%x = %pairs[s] : tensor<3xf32>) {
    %n = arith.fptosi %x : f32 to i32
    attn.yield %n : i32
  } -> tensor<3xi32>
  return %o, %lse, %load : tensor<1x4x128x16xf32>, tensor<1x4x128xf32>, tensor<3xi32>
}
