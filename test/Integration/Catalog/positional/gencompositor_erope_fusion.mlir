// RUN: %catalog %s

// S073. GenCompositor: Generative Video Compositing with Diffusion Transformer: text,
// background and foreground attend jointly; the foreground's positions (t, y + Y, x) lie
// below the background's; a branch is added to the background outside the edit mask.

func.func @gencompositor_erope_fusion(
    %q_text: tensor<?x2x?x16xf32>, %q_bg: tensor<?x2x48x16xf32>, %q_fg: tensor<?x2x48x16xf32>,
    %k_text: tensor<?x2x?x16xf32>, %k_bg: tensor<?x2x48x16xf32>, %k_fg: tensor<?x2x48x16xf32>,
    %v_text: tensor<?x2x?x16xf32>, %v_bg: tensor<?x2x48x16xf32>, %v_fg: tensor<?x2x48x16xf32>,
    %branch: tensor<?x2x48x16xf32>, %edit_mask: tensor<?x48xi1>)
    -> (tensor<?x2x?x16xf32>, tensor<?x2x48x16xf32>, tensor<?x2x48x16xf32>) {
  // Of 16 features, 4 turn with t, 6 with y and 6 with x; Y = 4, X = 6.
  %t, %y, %x = attn.map [n]
    with (t = index(n floordiv 24), y = index(n floordiv 6 mod 4), x = index(n mod 6)) {
      %ti = arith.index_cast %t : index to i32
      %yi = arith.index_cast %y : index to i32
      %xi = arith.index_cast %x : index to i32
      attn.yield %ti, %yi, %xi : i32, i32, i32
    } -> (tensor<48xi32>, tensor<48xi32>, tensor<48xi32>)
  %below = arith.constant 4 : index
  %ct, %st = attn.rotary_table positions(%t : tensor<48xi32>) dims(4) base(1.0e4)
    : tensor<48x2xf32>
  %cy, %sy = attn.rotary_table positions(%y : tensor<48xi32>) dims(6) base(1.0e4)
    : tensor<48x3xf32>
  %cyf, %syf = attn.rotary_table positions(%y : tensor<48xi32>) dims(6) base(1.0e4) offset(%below)
    : tensor<48x3xf32>
  %cx, %sx = attn.rotary_table positions(%x : tensor<48xi32>) dims(6) base(1.0e4)
    : tensor<48x3xf32>
  %cos_bg = tensor.concat dim(1) %ct, %cy, %cx
    : (tensor<48x2xf32>, tensor<48x3xf32>, tensor<48x3xf32>) -> tensor<48x8xf32>
  %sin_bg = tensor.concat dim(1) %st, %sy, %sx
    : (tensor<48x2xf32>, tensor<48x3xf32>, tensor<48x3xf32>) -> tensor<48x8xf32>
  %cos_fg = tensor.concat dim(1) %ct, %cyf, %cx
    : (tensor<48x2xf32>, tensor<48x3xf32>, tensor<48x3xf32>) -> tensor<48x8xf32>
  %sin_fg = tensor.concat dim(1) %st, %syf, %sx
    : (tensor<48x2xf32>, tensor<48x3xf32>, tensor<48x3xf32>) -> tensor<48x8xf32>
  %qr_bg = attn.rotate interleaved %q_bg, %cos_bg, %sin_bg : tensor<?x2x48x16xf32>, tensor<48x8xf32>
  %kr_bg = attn.rotate interleaved %k_bg, %cos_bg, %sin_bg : tensor<?x2x48x16xf32>, tensor<48x8xf32>
  %qr_fg = attn.rotate interleaved %q_fg, %cos_fg, %sin_fg : tensor<?x2x48x16xf32>, tensor<48x8xf32>
  %kr_fg = attn.rotate interleaved %k_fg, %cos_fg, %sin_fg : tensor<?x2x48x16xf32>, tensor<48x8xf32>

  %q = tensor.concat dim(2) %q_text, %qr_bg, %qr_fg
    : (tensor<?x2x?x16xf32>, tensor<?x2x48x16xf32>, tensor<?x2x48x16xf32>) -> tensor<?x2x?x16xf32>
  %k = tensor.concat dim(2) %k_text, %kr_bg, %kr_fg
    : (tensor<?x2x?x16xf32>, tensor<?x2x48x16xf32>, tensor<?x2x48x16xf32>) -> tensor<?x2x?x16xf32>
  %v = tensor.concat dim(2) %v_text, %v_bg, %v_fg
    : (tensor<?x2x?x16xf32>, tensor<?x2x48x16xf32>, tensor<?x2x48x16xf32>) -> tensor<?x2x?x16xf32>
  %o = attn.attention dots(%q * %k) values(%v) scale = 0.25
    : tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32> -> tensor<?x2x?x16xf32>

  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %c48 = arith.constant 48 : index
  %batch = tensor.dim %q_text, %c0 : tensor<?x2x?x16xf32>
  %l = tensor.dim %q_text, %c2 : tensor<?x2x?x16xf32>
  %l48 = arith.addi %l, %c48 : index
  %o_text = tensor.extract_slice %o[0, 0, 0, 0] [%batch, 2, %l, 16] [1, 1, 1, 1]
    : tensor<?x2x?x16xf32> to tensor<?x2x?x16xf32>
  %o_bg = attn.map [b, h, n, d]
    with (l = %l : index, %joint = %o[b, h, l + n, d] : tensor<?x2x?x16xf32>,
          %add = %branch[b, h, n, d] : tensor<?x2x48x16xf32>,
          %edited = %edit_mask[b, n] : tensor<?x48xi1>) {
      %sum = arith.addf %joint, %add : f32
      %z = arith.select %edited, %joint, %sum : f32
      attn.yield %z : f32
    } -> tensor<?x2x48x16xf32>
  %o_fg = tensor.extract_slice %o[0, 0, %l48, 0] [%batch, 2, 48, 16] [1, 1, 1, 1]
    : tensor<?x2x?x16xf32> to tensor<?x2x48x16xf32>
  return %o_text, %o_bg, %o_fg
    : tensor<?x2x?x16xf32>, tensor<?x2x48x16xf32>, tensor<?x2x48x16xf32>
}
