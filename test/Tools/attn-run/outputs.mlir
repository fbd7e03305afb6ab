// Results go to files that numpy reads; nothing is printed then.

// RUN: attn-run %s --input=random:1:int:0:7 --output=%t.0.npy --output=%t.1.npy \
// RUN:   --output=%t.2.npy | count 0
// RUN: %python -c "import numpy as np; a, b, c = (np.load('%t.%%d.npy' %% i) for i in range(3)); assert a.dtype == np.float32 and a.shape == (4, 3) and b.dtype == bool and (b == (a.T > 3)).all(); assert c.dtype == np.dtype('V2') and c.shape == ()"

func.func @outputs(%x: tensor<3x4xf32>)
    -> (tensor<4x3xf32>, tensor<3x4xi1>, bf16) {
  %three = arith.constant 3.0 : f32
  %one = arith.constant 1.0 : bf16
  %init = tensor.empty() : tensor<4x3xf32>
  %t = linalg.transpose ins(%x : tensor<3x4xf32>) outs(%init : tensor<4x3xf32>)
      permutation = [1, 0]
  %bits = tensor.empty() : tensor<3x4xi1>
  %greater = linalg.map ins(%x : tensor<3x4xf32>) outs(%bits : tensor<3x4xi1>)
      (%in: f32, %out: i1) {
        %c = arith.cmpf ogt, %in, %three : f32
        linalg.yield %c : i1
      }
  return %t, %greater, %one : tensor<4x3xf32>, tensor<3x4xi1>, bf16
}
