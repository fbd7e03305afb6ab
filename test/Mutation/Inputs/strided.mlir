// Rows are no multiple of 16 bytes apart, so that the kernel copies single
// elements.
func.func @strided(%a: tensor<?x2x?x69xbf16>, %b: tensor<?x2x?x69xbf16>,
                   %c: tensor<?x2x?x69xbf16>) -> tensor<?x2x?x64xbf16> {
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %n = tensor.dim %a, %c0 : tensor<?x2x?x69xbf16>
  %i = tensor.dim %a, %c2 : tensor<?x2x?x69xbf16>
  %j = tensor.dim %b, %c2 : tensor<?x2x?x69xbf16>
  %q = tensor.extract_slice %a[0, 0, 0, 3] [%n, 2, %i, 64] [1, 1, 1, 1]
    : tensor<?x2x?x69xbf16> to tensor<?x2x?x64xbf16>
  %k = tensor.extract_slice %b[0, 0, 0, 3] [%n, 2, %j, 64] [1, 1, 1, 1]
    : tensor<?x2x?x69xbf16> to tensor<?x2x?x64xbf16>
  %v = tensor.extract_slice %c[0, 0, 0, 3] [%n, 2, %j, 64] [1, 1, 1, 1]
    : tensor<?x2x?x69xbf16> to tensor<?x2x?x64xbf16>
  %o = attn.attention dots(%q * %k) values(%v)
    : tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16>, tensor<?x2x?x64xbf16> -> tensor<?x2x?x64xbf16>
  return %o : tensor<?x2x?x64xbf16>
}
