// RUN: %catalog %s

// S099. FuseMax: Leveraging Extended Einsums to Optimize Attention Accelerator Design:
// attention in one pass over the keys, with the running statistics after each tile.

func.func @fusemax_one_pass_cascade(
    %q: tensor<?x2x48x16xf32>, %k: tensor<?x2x?x16xf32>, %v: tensor<?x2x?x16xf32>)
    -> (tensor<?x2x48x16xf32>, tensor<?x2x?x48xf32>, tensor<?x2x?x48xf32>) {
  %av = attn.attention dots(%q * %k) values(%v) scale = 0.25
    : tensor<?x2x48x16xf32>, tensor<?x2x?x16xf32>, tensor<?x2x?x16xf32>
    -> tensor<?x2x48x16xf32>
  %max, %den = attn.partial dots(%q * %k) values() scale = 0.25 split j by 16
    : tensor<?x2x48x16xf32>, tensor<?x2x?x16xf32>
    -> (tensor<?x2x?x48xf32>, tensor<?x2x?x48xf32>)
  %running_max, %running_den = attn.prefix exp (%max, %den) along 2
    : tensor<?x2x?x48xf32>, tensor<?x2x?x48xf32>
  return %av, %running_max, %running_den
    : tensor<?x2x48x16xf32>, tensor<?x2x?x48xf32>, tensor<?x2x?x48xf32>
}
