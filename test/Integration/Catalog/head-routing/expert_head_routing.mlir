// RUN: %catalog %s

// S129. SHRP: Specialized Head Routing and Pruning for Efficient Encoder Compression: each
// token takes the output of one head through a shared feed-forward layer; the head that is
// used most stays at deployment.

// The head of largest logit, weighted by its softmax, then the expander.
func.func private @expert(
    %logits: tensor<?x?x4xf32>, %heads: tensor<?x4x?x16xf32>, %w1: tensor<16x48xf32>,
    %b1: tensor<48xf32>, %w2: tensor<48x64xf32>, %b2: tensor<64xf32>)
    -> (tensor<?x?x64xf32>, tensor<?x?xi32>) {
  %p = attn.softmax %logits : tensor<?x?x4xf32>
  %best, %at = attn.topk %logits, 1 : tensor<?x?x4xf32>
  %o = attn.map [b, n, d]
    with (e = %at[b, n, 0] : tensor<?x?x1xi32>, %w = %p[b, n, e] : tensor<?x?x4xf32>,
          %a = %heads[b, e, n, d] : tensor<?x4x?x16xf32>) {
      %y = arith.mulf %w, %a : f32
      attn.yield %y : f32
    } -> tensor<?x?x16xf32>
  %hidden = attn.einsum (%o[b, n, d], %w1[d, f]) bias(%b1[f]) -> [b, n, f]
    : tensor<?x?x16xf32>, tensor<16x48xf32>, tensor<48xf32> -> tensor<?x?x48xf32>
  %gelu = attn.map [b, n, f] with (%x = %hidden[b, n, f] : tensor<?x?x48xf32>) {
    %half = arith.constant 0.5 : f32
    %one = arith.constant 1.0 : f32
    %root = arith.constant 0.70710678118654752 : f32
    %scaled = arith.mulf %x, %root : f32
    %erf = math.erf %scaled : f32
    %gate = arith.addf %one, %erf : f32
    %hx = arith.mulf %half, %x : f32
    %y = arith.mulf %hx, %gate : f32
    attn.yield %y : f32
  } -> tensor<?x?x48xf32>
  %y = attn.einsum (%gelu[b, n, f], %w2[f, c]) bias(%b2[c]) -> [b, n, c]
    : tensor<?x?x48xf32>, tensor<48x64xf32>, tensor<64xf32> -> tensor<?x?x64xf32>
  %route = tensor.collapse_shape %at [[0], [1, 2]] : tensor<?x?x1xi32> into tensor<?x?xi32>
  return %y, %route : tensor<?x?x64xf32>, tensor<?x?xi32>
}

func.func @expert_head_routing(
    %x: tensor<?x?x64xf32>, %q: tensor<?x4x?x16xf32>, %k: tensor<?x4x?x16xf32>,
    %v: tensor<?x4x?x16xf32>, %wr: tensor<64x4xf32>, %w1: tensor<16x48xf32>, %b1: tensor<48xf32>,
    %w2: tensor<48x64xf32>, %b2: tensor<64xf32>, %valid: tensor<?x?xi1>)
    -> (tensor<?x?x64xf32>, tensor<4xf32>, tensor<?x?x64xf32>, tensor<?x?xi32>, tensor<4xi32>) {
  %real = attn.mask [j] with (%w = %valid[b, j] : tensor<?x?xi1>) {
    attn.yield %w : i1
  }
  %heads = attn.attention dots(%q * %k) values(%v) mask(%real) scale = 0.25
    : tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>, tensor<?x4x?x16xf32>,
      !attn.mask<1, 1, over = 2> -> tensor<?x4x?x16xf32>
  %logits = attn.einsum (%x[b, n, c], %wr[c, h]) -> [b, n, h]
    : tensor<?x?x64xf32>, tensor<64x4xf32> -> tensor<?x?x4xf32>
  %y, %route = call @expert(%logits, %heads, %w1, %b1, %w2, %b2)
    : (tensor<?x?x4xf32>, tensor<?x4x?x16xf32>, tensor<16x48xf32>, tensor<48xf32>,
       tensor<48x64xf32>, tensor<64xf32>) -> (tensor<?x?x64xf32>, tensor<?x?xi32>)

  // The share of each head among the valid tokens.
  %uses = attn.map [b, n, h]
    with (e = %route[b, n] : tensor<?x?xi32>, %w = %valid[b, n] : tensor<?x?xi1>) {
      %same = arith.cmpi eq, %e, %h : index
      %used = arith.andi %same, %w : i1
      %y = arith.uitofp %used : i1 to f32
      attn.yield %y : f32
    } -> tensor<?x?x4xf32>
  %counts = attn.einsum (%uses[b, n, h]) -> [h] : tensor<?x?x4xf32> -> tensor<4xf32>
  %total = attn.einsum (%counts[h]) -> [] : tensor<4xf32> -> tensor<f32>
  %usage = attn.map [h] with (%c = %counts[h] : tensor<4xf32>, %t = %total[] : tensor<f32>) {
    %y = arith.divf %c, %t : f32
    attn.yield %y : f32
  } -> tensor<4xf32>
  %most, %which, %kept = attn.topk %usage, 1 keep : tensor<4xf32>
  %pruned = attn.map [b, n, h]
    with (%l = %logits[b, n, h] : tensor<?x?x4xf32>, %w = %kept[h] : tensor<4xi1>) {
      %gone = arith.constant 0xFF800000 : f32
      %y = arith.select %w, %l, %gone : f32
      attn.yield %y : f32
    } -> tensor<?x?x4xf32>
  %y_pruned, %pruned_route = call @expert(%pruned, %heads, %w1, %b1, %w2, %b2)
    : (tensor<?x?x4xf32>, tensor<?x4x?x16xf32>, tensor<16x48xf32>, tensor<48xf32>,
       tensor<48x64xf32>, tensor<64xf32>) -> (tensor<?x?x64xf32>, tensor<?x?xi32>)
  %keep = arith.extui %kept : tensor<4xi1> to tensor<4xi32>
  return %y, %usage, %y_pruned, %route, %keep
    : tensor<?x?x64xf32>, tensor<4xf32>, tensor<?x?x64xf32>, tensor<?x?xi32>, tensor<4xi32>
}
