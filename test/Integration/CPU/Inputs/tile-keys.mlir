// Cuts the keys of partial attention into parts of 40: one after the other for
// ops marked with `in_order`, in parallel for `at_once`. Cuts batch, heads and
// queries of those marked with `by_queries`, whose keys stay whole.
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %inOrder = transform.structured.match ops{["attn.partial"]} attributes {in_order} in %root
      : (!transform.any_op) -> !transform.any_op
    %fill0:3, %part0, %join0, %loop0 = transform.structured.tile_reduction_using_for %inOrder
      by tile_sizes = [0, 0, 0, 40]
      : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op)
    %atOnce = transform.structured.match ops{["attn.partial"]} attributes {at_once} in %root
      : (!transform.any_op) -> !transform.any_op
    %fill1:2, %part1, %join1, %loop1 = transform.structured.tile_reduction_using_forall %atOnce
      by num_threads = [0, 0, 0, 3] tile_sizes = [0, 0, 0, 40]
      : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op)
    %byQueries = transform.structured.match ops{["attn.partial"]} attributes {by_queries} in %root
      : (!transform.any_op) -> !transform.any_op
    %part2, %loops2:3 = transform.structured.tile_using_for %byQueries tile_sizes [1, 3, 32, 0]
      : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op)
    transform.yield
  }
}
