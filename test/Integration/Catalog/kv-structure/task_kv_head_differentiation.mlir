// RUN: %catalog %s

// S011. Task-KV: Task-aware KV Cache Optimization via Semantic Differentiation of Attention
// Heads: the two heads whose output over the last eight queries is farthest from the mean head
// keep every key; the others keep 4 sinks, 16 recent and the 8 most attended keys between.

func.func @task_kv_head_differentiation(
    %q: tensor<?x8x?x16xf32>, %k: tensor<?x8x?x16xf32>, %v: tensor<?x8x?x16xf32>,
    %q_new: tensor<?x8x16xf32>) -> (tensor<?x8x16xf32>, tensor<?x8xi32>) {
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %c8 = arith.constant 8 : index
  %batch = tensor.dim %q, %c0 : tensor<?x8x?x16xf32>
  %n = tensor.dim %q, %c2 : tensor<?x8x?x16xf32>
  %rows = arith.minsi %n, %c8 : index
  %first = arith.subi %n, %rows : index
  %last = tensor.extract_slice %q[0, 0, %first, 0] [%batch, 8, %rows, 16] [1, 1, 1, 1]
    : tensor<?x8x?x16xf32> to tensor<?x8x?x16xf32>
  %causal = attn.mask.causal offset(%first)
  %a, %lse = attn.attention dots(%last * %k) values(%v) mask(%causal) scale = 0.25
    results(out, lse)
    : tensor<?x8x?x16xf32>, tensor<?x8x?x16xf32>, tensor<?x8x?x16xf32>, !attn.mask<1, 1>
    -> (tensor<?x8x?x16xf32>, tensor<?x8x?xf32>)

  // Distances of the heads from their center. Sums over the rows order them as means do.
  %head = attn.einsum (%a[b, h, n, d]) -> [b, h, d]
    : tensor<?x8x?x16xf32> -> tensor<?x8x16xf32>
  %eighth = arith.constant dense<0.125> : tensor<1xf32>
  %center = attn.einsum (%eighth[one], %head[b, h, d]) -> [b, d]
    : tensor<1xf32>, tensor<?x8x16xf32> -> tensor<?x16xf32>
  %away = attn.map [b, h, d]
    with (%x = %head[b, h, d] : tensor<?x8x16xf32>, %c = %center[b, d] : tensor<?x16xf32>) {
      %y = arith.subf %x, %c : f32
      attn.yield %y : f32
    } -> tensor<?x8x16xf32>
  %distance = attn.einsum (%away[b, h, d], %away[b, h, d]) -> [b, h]
    : tensor<?x8x16xf32>, tensor<?x8x16xf32> -> tensor<?x8xf32>
  %far, %far_heads, %hetero = attn.topk %distance, 2 keep : tensor<?x8xf32>

  // Keys outside of the middle receive 0 here: chosen last, and kept anyway.
  %middle = attn.mask with (l = %n : index) where { 4 <= j, j < l - 16 }
  %received = attn.observe dots(%last * %k) mask(%middle) scale = 0.25 lse(%lse)
    observe(%p) {
      attn.yield %p : f32
    } into [[b, h, j] add]
    : tensor<?x8x?x16xf32>, tensor<?x8x?x16xf32>, !attn.mask<1, 1>, tensor<?x8x?xf32>
    -> tensor<?x8x?xf32>
  %most, %most_keys, %chosen = attn.topk %received, 8 keep : tensor<?x8x?xf32>

  %outside = attn.mask.not %middle : !attn.mask<1, 1>
  %routed = attn.mask [b, h, j]
    with (%all = %hetero[b, h] : tensor<?x8xi1>, %some = %chosen[b, h, j] : tensor<?x8x?xi1>) {
      %x = arith.ori %all, %some : i1
      attn.yield %x : i1
    }
  %kept = attn.mask.or %outside, %routed : !attn.mask<1, 1>, !attn.mask<1, 1, over = 2>
  %o = attn.attention extents(i = 1) dots(%q_new[b, h, :] * %k) values(%v) mask(%kept) scale = 0.25
    : tensor<?x8x16xf32>, tensor<?x8x?x16xf32>, tensor<?x8x?x16xf32>,
      !attn.mask<1, 1, over = 2> -> tensor<?x8x1x16xf32>
  %o_new = tensor.collapse_shape %o [[0], [1, 2], [3]]
    : tensor<?x8x1x16xf32> into tensor<?x8x16xf32>
  %full = attn.map [b, h] with (%x = %hetero[b, h] : tensor<?x8xi1>) {
    %y = arith.extui %x : i1 to i32
    attn.yield %y : i32
  } -> tensor<?x8xi32>
  return %o_new, %full : tensor<?x8x16xf32>, tensor<?x8xi32>
}
