import CKernels
import Testing
import Torch

/// Some matrices with memory of their own and NaN between rows and matrices.
private struct Matrices {
  let memory: KernelMap
  let areBetweenRows: Bool

  /// The matrices [batch, rows, columns], one after another or, as the heads of attention are, between each other's rows.
  init(_ tensor: Tensor, type: ck_type, areBetweenRows: Bool, gap: Int) {
    let (batch, rows, columns) = (tensor.shape[0], tensor.shape[1], tensor.shape[2])
    self.areBetweenRows = areBetweenRows
    let lines = areBetweenRows ? tensor.transpose(0, 1) : tensor
    memory = KernelMap(
      lines.reshape([1] + (areBetweenRows ? [rows, batch] : [batch, rows]) + [columns]).permute([0, 3, 1, 2]),
      type: type, gap: gap)
  }

  var value: ck_matrices {
    let map = memory.map
    return ck_matrices(
      data: map.data, batch: areBetweenRows ? map.width : map.height, rows: areBetweenRows ? map.height : map.width,
      columns: map.channels, type: map.type, batch_stride: areBetweenRows ? map.pixel : map.row,
      row: areBetweenRows ? map.row : map.pixel)
  }

  /// [batch, rows, columns]
  var tensor: Tensor {
    let lines = memory.tensor.permute([0, 2, 3, 1])
    let shape = Array(lines.shape[1...])
    return areBetweenRows ? lines.reshape(shape).transpose(0, 1) : lines.reshape(shape)
  }
}

extension KernelTests {
  /// Against libtorch's products.
  @Suite struct MatrixTests {
    private func check(
      batch: Int, rows: Int, inner: Int, columns: Int, type: ck_type, _ draw: inout Draw, _ pool: OpaquePointer
    ) {
      func factor(_ rows: Int, _ columns: Int, _ isTransposed: Bool) -> (Tensor, Matrices) {
        let count = draw.bool() ? batch : 1
        let tensor = draw.tensor([count, rows, columns], scale: 1 / Float(inner).squareRoot(), type: type)
        let stored = isTransposed ? tensor.transpose(1, 2).contiguous() : tensor
        return (tensor, Matrices(stored, type: type, areBetweenRows: draw.bool(), gap: draw.int(0...2)))
      }
      let (transposesA, transposesB) = (draw.bool(), draw.bool())
      let (a, first) = factor(rows, inner, transposesA)
      let (b, second) = factor(inner, columns, transposesB)
      let out = Matrices(
        Tensor([Float](repeating: 9, count: batch * rows * columns), shape: [batch, rows, columns]), type: type,
        areBetweenRows: draw.bool(), gap: draw.int(0...2))
      var (firstValue, secondValue, outValue) = (first.value, second.value, out.value)
      #expect(
        ck_matmul(pool, &firstValue, transposesA, &secondValue, transposesB, &outValue),
        "\(String(cString: ck_last_error()))")
      let expected = a.expand([batch, rows, inner]).contiguous().matmul(b.expand([batch, inner, columns]).contiguous())
      let error = ((out.tensor - expected).abs() / (expected.abs() + 1)).max().item
      #expect(
        error <= (type == CK_FLOAT32 ? 2e-6 : 1e-2),
        "\(batch) of \(rows)x\(inner)x\(columns), \(transposesA), \(transposesB), isa \(ck_current_isa())")
    }

    @Test(arguments: [CK_FLOAT32, CK_BFLOAT16]) func `matrix products match libtorch`(type: ck_type) throws {
      try KernelTests.rounds(24) { draw, pool in
        check(
          batch: draw.int(1...3), rows: draw.int(1...70), inner: draw.int(1...70), columns: draw.int(1...150),
          type: type,
          &draw, pool)
      }
    }

    /// Sums in several blocks, and in parts that are added at the end.
    @Test(arguments: [CK_FLOAT32, CK_BFLOAT16]) func `products with many summands match libtorch`(type: ck_type) throws
    {
      try KernelTests.rounds(6) { draw, pool in
        check(
          batch: draw.int(1...2), rows: draw.int(1...20), inner: draw.int(1000...3000), columns: draw.int(1...40),
          type: type, &draw, pool)
        check(
          batch: 8, rows: draw.int(57...90), inner: draw.element([512, 513, 1024, 1100]), columns: draw.int(1...40),
          type: type, &draw, pool)
      }
    }

    @Test func `products that do not fit are refused`() throws {
      let pool = try #require(ck_pool_create(1))
      defer { ck_pool_free(pool) }
      func matrices(_ batch: Int, _ rows: Int, _ columns: Int) -> Matrices {
        Matrices(
          Tensor([Float](repeating: 0, count: batch * rows * columns), shape: [batch, rows, columns]), type: CK_FLOAT32,
          areBetweenRows: false, gap: 0)
      }
      let (small, large) = (matrices(1, 2, 3), matrices(2, 3, 4))
      var (a, b, out) = (small.value, large.value, large.value)
      #expect(!ck_matmul(pool, &a, false, &b, false, &out))
      #expect(
        String(cString: ck_last_error()) == "matrix product, first factor: expected matrices of 3x3, found 2x3")
      let three = matrices(3, 3, 3)
      a = three.value
      #expect(!ck_matmul(pool, &a, false, &b, false, &out))
      #expect(String(cString: ck_last_error()) == "matrix product: a batch of 3 for one of 2")
      a.type = CK_BFLOAT16
      #expect(!ck_matmul(pool, &a, false, &b, false, &out))
    }
  }
}
