// RUN: %catalog %s

// S060. DynamiCtrl: Rethinking the Basic Structure and the Role of Text for High-quality
// Human Image Animation: pose tokens, normalised and modulated on their own, are added to
// the video tokens before text and video attend jointly. 10 text and 48 video tokens.

func.func @pose_adaptive_joint_attention(
    %video: tensor<?x48x32xf32>, %text: tensor<?x10x32xf32>, %pose: tensor<?x48x32xf32>,
    %temb: tensor<?x24xf32>, %mod_w: tensor<192x24xf32>, %mod_b: tensor<192xf32>,
    %ln_g: tensor<32xf32>, %ln_b: tensor<32xf32>, %pose_w: tensor<96x24xf32>,
    %pose_b: tensor<96xf32>, %pose_g: tensor<32xf32>, %pose_be: tensor<32xf32>,
    %qn_g: tensor<16xf32>, %qn_b: tensor<16xf32>, %kn_g: tensor<16xf32>, %kn_b: tensor<16xf32>,
    %cos: tensor<48x8xf32>, %sin: tensor<48x8xf32>, %wq: tensor<32x32xf32>, %bq: tensor<32xf32>,
    %wk: tensor<32x32xf32>, %bk: tensor<32xf32>, %wv: tensor<32x32xf32>, %bv: tensor<32xf32>,
    %wo: tensor<32x32xf32>, %bo: tensor<32xf32>)
    -> (tensor<?x48x32xf32>, tensor<?x10x32xf32>, tensor<?x48x32xf32>) {
  // Shift, scale and gate of video and of text, and of pose.
  %mod_w3 = tensor.expand_shape %mod_w [[0, 1], [2]] output_shape [6, 32, 24]
    : tensor<192x24xf32> into tensor<6x32x24xf32>
  %mod_b2 = tensor.expand_shape %mod_b [[0, 1]] output_shape [6, 32]
    : tensor<192xf32> into tensor<6x32xf32>
  %pose_w3 = tensor.expand_shape %pose_w [[0, 1], [2]] output_shape [3, 32, 24]
    : tensor<96x24xf32> into tensor<3x32x24xf32>
  %pose_b2 = tensor.expand_shape %pose_b [[0, 1]] output_shape [3, 32]
    : tensor<96xf32> into tensor<3x32xf32>
  %e = attn.map [b, t] with (%x = %temb[b, t] : tensor<?x24xf32>) {
    %one = arith.constant 1.0 : f32
    %minus = arith.negf %x : f32
    %exp = math.exp %minus : f32
    %e1 = arith.addf %exp, %one : f32
    %silu = arith.divf %x, %e1 : f32
    attn.yield %silu : f32
  } -> tensor<?x24xf32>
  %mod = attn.einsum (%e[b, t], %mod_w3[s, c, t]) bias(%mod_b2[s, c]) -> [b, s, c]
    : tensor<?x24xf32>, tensor<6x32x24xf32>, tensor<6x32xf32> -> tensor<?x6x32xf32>
  %pose_mod = attn.einsum (%e[b, t], %pose_w3[s, c, t]) bias(%pose_b2[s, c]) -> [b, s, c]
    : tensor<?x24xf32>, tensor<3x32x24xf32>, tensor<3x32xf32> -> tensor<?x3x32xf32>

  %ln_video = attn.norm layer %video gain(%ln_g : tensor<32xf32>) offset(%ln_b : tensor<32xf32>)
    : tensor<?x48x32xf32>
  %ln_text = attn.norm layer %text gain(%ln_g : tensor<32xf32>) offset(%ln_b : tensor<32xf32>)
    : tensor<?x10x32xf32>
  %ln_pose = attn.norm layer %pose gain(%pose_g : tensor<32xf32>) offset(%pose_be : tensor<32xf32>)
    : tensor<?x48x32xf32>
  // x (1 + scale) + shift
  %np = attn.map [b, n, c]
    with (%x = %ln_pose[b, n, c] : tensor<?x48x32xf32>,
          %shift = %pose_mod[b, 0, c] : tensor<?x3x32xf32>,
          %scale = %pose_mod[b, 1, c] : tensor<?x3x32xf32>) {
      %y = math.fma %x, %scale, %x : f32
      %z = arith.addf %y, %shift : f32
      attn.yield %z : f32
    } -> tensor<?x48x32xf32>
  %nv = attn.map [b, n, c]
    with (%x = %ln_video[b, n, c] : tensor<?x48x32xf32>, %p = %np[b, n, c] : tensor<?x48x32xf32>,
          %shift = %mod[b, 0, c] : tensor<?x6x32xf32>,
          %scale = %mod[b, 1, c] : tensor<?x6x32xf32>) {
      %y = math.fma %x, %scale, %x : f32
      %z = arith.addf %y, %shift : f32
      %sum = arith.addf %z, %p : f32
      attn.yield %sum : f32
    } -> tensor<?x48x32xf32>
  %nt = attn.map [b, n, c]
    with (%x = %ln_text[b, n, c] : tensor<?x10x32xf32>,
          %shift = %mod[b, 3, c] : tensor<?x6x32xf32>,
          %scale = %mod[b, 4, c] : tensor<?x6x32xf32>) {
      %y = math.fma %x, %scale, %x : f32
      %z = arith.addf %y, %shift : f32
      attn.yield %z : f32
    } -> tensor<?x10x32xf32>

  // Joint attention of two heads; text tokens turn by no angle.
  %z = tensor.concat dim(1) %nt, %nv
    : (tensor<?x10x32xf32>, tensor<?x48x32xf32>) -> tensor<?x58x32xf32>
  %wq3 = tensor.expand_shape %wq [[0, 1], [2]] output_shape [2, 16, 32]
    : tensor<32x32xf32> into tensor<2x16x32xf32>
  %wk3 = tensor.expand_shape %wk [[0, 1], [2]] output_shape [2, 16, 32]
    : tensor<32x32xf32> into tensor<2x16x32xf32>
  %wv3 = tensor.expand_shape %wv [[0, 1], [2]] output_shape [2, 16, 32]
    : tensor<32x32xf32> into tensor<2x16x32xf32>
  %wo3 = tensor.expand_shape %wo [[0], [1, 2]] output_shape [32, 2, 16]
    : tensor<32x32xf32> into tensor<32x2x16xf32>
  %bq2 = tensor.expand_shape %bq [[0, 1]] output_shape [2, 16] : tensor<32xf32> into tensor<2x16xf32>
  %bk2 = tensor.expand_shape %bk [[0, 1]] output_shape [2, 16] : tensor<32xf32> into tensor<2x16xf32>
  %bv2 = tensor.expand_shape %bv [[0, 1]] output_shape [2, 16] : tensor<32xf32> into tensor<2x16xf32>
  %q = attn.einsum (%z[b, n, c], %wq3[h, d, c]) bias(%bq2[h, d]) -> [b, h, n, d]
    : tensor<?x58x32xf32>, tensor<2x16x32xf32>, tensor<2x16xf32> -> tensor<?x2x58x16xf32>
  %k = attn.einsum (%z[b, n, c], %wk3[h, d, c]) bias(%bk2[h, d]) -> [b, h, n, d]
    : tensor<?x58x32xf32>, tensor<2x16x32xf32>, tensor<2x16xf32> -> tensor<?x2x58x16xf32>
  %v = attn.einsum (%z[b, n, c], %wv3[h, d, c]) bias(%bv2[h, d]) -> [b, h, n, d]
    : tensor<?x58x32xf32>, tensor<2x16x32xf32>, tensor<2x16xf32> -> tensor<?x2x58x16xf32>
  %qn = attn.norm layer %q gain(%qn_g : tensor<16xf32>) offset(%qn_b : tensor<16xf32>) eps = 1.0e-6
    : tensor<?x2x58x16xf32>
  %kn = attn.norm layer %k gain(%kn_g : tensor<16xf32>) offset(%kn_b : tensor<16xf32>) eps = 1.0e-6
    : tensor<?x2x58x16xf32>
  %ones = arith.constant dense<1.0> : tensor<10x8xf32>
  %zeros = arith.constant dense<0.0> : tensor<10x8xf32>
  %cos_z = tensor.concat dim(0) %ones, %cos
    : (tensor<10x8xf32>, tensor<48x8xf32>) -> tensor<58x8xf32>
  %sin_z = tensor.concat dim(0) %zeros, %sin
    : (tensor<10x8xf32>, tensor<48x8xf32>) -> tensor<58x8xf32>
  %qr = attn.rotate interleaved %qn, %cos_z, %sin_z : tensor<?x2x58x16xf32>, tensor<58x8xf32>
  %kr = attn.rotate interleaved %kn, %cos_z, %sin_z : tensor<?x2x58x16xf32>, tensor<58x8xf32>
  %a = attn.attention dots(%qr * %kr) values(%v) scale = 0.25
    : tensor<?x2x58x16xf32>, tensor<?x2x58x16xf32>, tensor<?x2x58x16xf32> -> tensor<?x2x58x16xf32>
  %o = attn.einsum (%a[b, h, n, d], %wo3[c, h, d]) bias(%bo[c]) -> [b, n, c]
    : tensor<?x2x58x16xf32>, tensor<32x2x16xf32>, tensor<32xf32> -> tensor<?x58x32xf32>

  %video_next = attn.map [b, n, c]
    with (%x = %video[b, n, c] : tensor<?x48x32xf32>, %y = %o[b, n + 10, c] : tensor<?x58x32xf32>,
          %gate = %mod[b, 2, c] : tensor<?x6x32xf32>) {
      %r = math.fma %gate, %y, %x : f32
      attn.yield %r : f32
    } -> tensor<?x48x32xf32>
  %text_next = attn.map [b, n, c]
    with (%x = %text[b, n, c] : tensor<?x10x32xf32>, %y = %o[b, n, c] : tensor<?x58x32xf32>,
          %gate = %mod[b, 5, c] : tensor<?x6x32xf32>) {
      %r = math.fma %gate, %y, %x : f32
      attn.yield %r : f32
    } -> tensor<?x10x32xf32>
  %pose_next = attn.map [b, n, c]
    with (%x = %np[b, n, c] : tensor<?x48x32xf32>, %gate = %pose_mod[b, 2, c] : tensor<?x3x32xf32>) {
      %r = math.fma %gate, %x, %x : f32
      attn.yield %r : f32
    } -> tensor<?x48x32xf32>
  return %video_next, %text_next, %pose_next
    : tensor<?x48x32xf32>, tensor<?x10x32xf32>, tensor<?x48x32xf32>
}
