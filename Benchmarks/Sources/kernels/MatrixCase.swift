import CKernels
import Torch

/// A product of dense matrices.
struct MatrixCase: KernelCase {
  let name: String
  var batch = 1
  let rows: Int
  let inner: Int
  let columns: Int
  var transposesA = false
  var transposesB = false
  var type = CK_FLOAT32

  var operations: Double { 2 * Double(batch * rows * inner * columns) }
  var bytes: Double {
    Double(batch * (rows * inner + inner * columns + rows * columns) * (type == CK_FLOAT32 ? 4 : 2))
  }

  func prepare(pool: OpaquePointer) -> (kernel: () -> Void, peer: (() -> Void)?) {
    func matrices(_ rows: Int, _ columns: Int) -> (ck_matrices, Tensor) {
      let (map, image) = randomMap(batch, rows, columns, type: type)
      let value = ck_matrices(
        data: map.data, batch: Int32(batch), rows: Int32(rows), columns: Int32(columns), type: type,
        batch_stride: Int64(rows * columns), row: Int64(columns))
      return (value, image.permute([0, 2, 3, 1]).reshape([batch, rows, columns]))
    }
    let (a, first) = transposesA ? matrices(inner, rows) : matrices(rows, inner)
    let (b, second) = transposesB ? matrices(columns, inner) : matrices(inner, columns)
    let (out, held) = matrices(rows, columns)
    let (left, right) = (
      transposesA ? first.transpose(1, 2) : first, transposesB ? second.transpose(1, 2) : second
    )
    return (
      {
        var (a, b, out) = (a, b, out)
        withExtendedLifetime((first, second, held)) {
          precondition(ck_matmul(pool, &a, transposesA, &b, transposesB, &out))
        }
      }, { _ = left.matmul(right) }
    )
  }

  static var all: [any KernelCase] {
    [
      Self(name: "product 2048x32x32, 8 heads", batch: 8, rows: 2048, inner: 32, columns: 32),
      Self(name: "product 2048x64x64", rows: 2048, inner: 64, columns: 64),
      Self(name: "product 2048x32x2048 (b transposed)", rows: 2048, inner: 32, columns: 2048, transposesB: true),
      Self(name: "product 2048x2048x32", rows: 2048, inner: 2048, columns: 32),
      Self(name: "product 64x32768x64", rows: 64, inner: 32768, columns: 64),
      Self(name: "product 64x32768x64 (a transposed)", rows: 64, inner: 32768, columns: 64, transposesA: true),
      Self(name: "product 32768x64x64", rows: 32768, inner: 64, columns: 64),
      Self(name: "product 512x512x512", rows: 512, inner: 512, columns: 512),
      Self(name: "bf16 product 512x512x512", rows: 512, inner: 512, columns: 512, type: CK_BFLOAT16),
    ]
  }
}
