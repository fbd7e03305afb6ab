// A query sees the keys up to its own position.
func.func @causal(%q: tensor<?x2x?x64xbf16>, %k: tensor<?x2x?x64xbf16>,
                  %v: tensor<?x2x?x64xbf16>) -> tensor<?x2x?x64xbf16> {
  %c = attn.mask.causal
  %o = attn.attention dots(%q * %k) values(%v) mask(%c)
    : tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>, !attn.mask<1, 1> -> tensor<?x2x?x64xbf16>
  return %o : tensor<?x2x?x64xbf16>
}
