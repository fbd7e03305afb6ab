// RUN: %catalog %s

// S026. OAT: Object-Level Attention Transformer for Gaze Scanpath Prediction: objects as
// tokens with learned position codes; the next fixation is a pointer distribution over the
// objects, from two scaled dot products mixed linearly.

func.func @object_pointer_attention(
    %app_src: tensor<?x27x32xf32>, %pos_src: tensor<?x27x3xi32>, %app_tgt: tensor<?x9x32xf32>,
    %pos_tgt: tensor<?x9x3xi32>, %pe: tensor<15x12xf32>, %w_q: tensor<64x64xf32>,
    %b_q: tensor<64xf32>, %w_k: tensor<64x64xf32>, %b_k: tensor<64xf32>,
    %w_v: tensor<64x64xf32>, %b_v: tensor<64xf32>, %w_o: tensor<64x64xf32>,
    %b_o: tensor<64xf32>, %w_enc: tensor<2x64x64xf32>, %b_enc: tensor<2x64xf32>,
    %w_dec: tensor<2x64x64xf32>, %b_dec: tensor<2x64xf32>, %w_read: tensor<2xf32>,
    %b_read: tensor<1xf32>) -> (tensor<?x9x28xf32>, tensor<?x9x28xf32>) {
  // Row, column and flag code, 36 features cut to 32, behind the appearance.
  %code_src = attn.map [b, s, c]
    with (p = %pos_src[b, s, c floordiv 12] : tensor<?x27x3xi32>,
          %code = %pe[p, c mod 12] : tensor<15x12xf32>) {
      attn.yield %code : f32
    } -> tensor<?x27x32xf32>
  %src = tensor.concat dim(2) %app_src, %code_src
    : (tensor<?x27x32xf32>, tensor<?x27x32xf32>) -> tensor<?x27x64xf32>
  %code_tgt = attn.map [b, t, c]
    with (p = %pos_tgt[b, t, c floordiv 12] : tensor<?x9x3xi32>,
          %code = %pe[p, c mod 12] : tensor<15x12xf32>) {
      attn.yield %code : f32
    } -> tensor<?x9x32xf32>
  %embedded = tensor.concat dim(2) %app_tgt, %code_tgt
    : (tensor<?x9x32xf32>, tensor<?x9x32xf32>) -> tensor<?x9x64xf32>
  // Sines on even and cosines on odd columns, of frequencies 10000^(-2i/64).
  %tgt = attn.map [b, t, c]
    with (%x = %embedded[b, t, c] : tensor<?x9x64xf32>,
          %time = float(t), %pair = float(c floordiv 2), odd = index(c mod 2)) {
      %c0 = arith.constant 0 : index
      %rate = arith.constant -0.28782313662425574 : f32
      %e = arith.mulf %rate, %pair : f32
      %frequency = math.exp %e : f32
      %angle = arith.mulf %time, %frequency : f32
      %sin = math.sin %angle : f32
      %cos = math.cos %angle : f32
      %even = arith.cmpi eq, %odd, %c0 : index
      %wave = arith.select %even, %sin, %cos : f32
      %y = arith.addf %x, %wave : f32
      attn.yield %y : f32
    } -> tensor<?x9x64xf32>

  %wq = tensor.expand_shape %w_q [[0], [1, 2]] output_shape [64, 4, 16]
    : tensor<64x64xf32> into tensor<64x4x16xf32>
  %wk = tensor.expand_shape %w_k [[0], [1, 2]] output_shape [64, 4, 16]
    : tensor<64x64xf32> into tensor<64x4x16xf32>
  %wv = tensor.expand_shape %w_v [[0], [1, 2]] output_shape [64, 4, 16]
    : tensor<64x64xf32> into tensor<64x4x16xf32>
  %wo = tensor.expand_shape %w_o [[0, 1], [2]] output_shape [4, 16, 64]
    : tensor<64x64xf32> into tensor<4x16x64xf32>
  %bq = tensor.expand_shape %b_q [[0, 1]] output_shape [4, 16] : tensor<64xf32> into tensor<4x16xf32>
  %bk = tensor.expand_shape %b_k [[0, 1]] output_shape [4, 16] : tensor<64xf32> into tensor<4x16xf32>
  %bv = tensor.expand_shape %b_v [[0, 1]] output_shape [4, 16] : tensor<64xf32> into tensor<4x16xf32>
  %q = attn.einsum (%tgt[b, n, c], %wq[c, h, d]) bias(%bq[h, d]) -> [b, h, n, d]
    : tensor<?x9x64xf32>, tensor<64x4x16xf32>, tensor<4x16xf32> -> tensor<?x4x9x16xf32>
  %k = attn.einsum (%src[b, n, c], %wk[c, h, d]) bias(%bk[h, d]) -> [b, h, n, d]
    : tensor<?x27x64xf32>, tensor<64x4x16xf32>, tensor<4x16xf32> -> tensor<?x4x27x16xf32>
  %v = attn.einsum (%src[b, n, c], %wv[c, h, d]) bias(%bv[h, d]) -> [b, h, n, d]
    : tensor<?x27x64xf32>, tensor<64x4x16xf32>, tensor<4x16xf32> -> tensor<?x4x27x16xf32>
  %o = attn.attention dots(%q * %k) values(%v) scale = 0.25
    : tensor<?x4x9x16xf32>, tensor<?x4x27x16xf32>, tensor<?x4x27x16xf32> -> tensor<?x4x9x16xf32>
  %mha = attn.einsum (%o[b, h, n, d], %wo[h, d, c]) bias(%b_o[c]) -> [b, n, c]
    : tensor<?x4x9x16xf32>, tensor<4x16x64xf32>, tensor<64xf32> -> tensor<?x9x64xf32>
  %dec = linalg.add ins(%tgt, %mha : tensor<?x9x64xf32>, tensor<?x9x64xf32>)
    outs(%mha : tensor<?x9x64xf32>) -> tensor<?x9x64xf32>

  // Two pointers, mixed; the last slot has the score 0 in both.
  %pd = attn.einsum (%dec[b, t, c], %w_dec[g, c, d]) bias(%b_dec[g, d]) -> [b, g, t, d]
    : tensor<?x9x64xf32>, tensor<2x64x64xf32>, tensor<2x64xf32> -> tensor<?x2x9x64xf32>
  %ps = attn.einsum (%src[b, s, c], %w_enc[g, c, d]) bias(%b_enc[g, d]) -> [b, g, s, d]
    : tensor<?x27x64xf32>, tensor<2x64x64xf32>, tensor<2x64xf32> -> tensor<?x2x27x64xf32>
  %scores = attn.einsum (%w_read[g], %pd[b, g, t, d], %ps[b, g, s, d]) -> [b, t, s]
    : tensor<2xf32>, tensor<?x2x9x64xf32>, tensor<?x2x27x64xf32> -> tensor<?x9x27xf32>
  %zero = arith.constant 0.0 : f32
  %padded = tensor.pad %scores low[0, 0, 0] high[0, 0, 1] {
  ^bb0(%b: index, %t: index, %s: index):
    tensor.yield %zero : f32
  } : tensor<?x9x27xf32> to tensor<?x9x28xf32>
  %logits = attn.map [b, t, s]
    with (%x = %padded[b, t, s] : tensor<?x9x28xf32>, %bias = %b_read[0] : tensor<1xf32>) {
      // 1 / sqrt(512)
      %scale = arith.constant 0.04419417382415922 : f32
      %y = arith.mulf %x, %scale : f32
      %z = arith.addf %y, %bias : f32
      attn.yield %z : f32
    } -> tensor<?x9x28xf32>
  %prob = attn.softmax %logits : tensor<?x9x28xf32>
  return %logits, %prob : tensor<?x9x28xf32>, tensor<?x9x28xf32>
}
