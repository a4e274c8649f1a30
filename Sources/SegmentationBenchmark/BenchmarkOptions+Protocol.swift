extension BenchmarkOptions {
  /// A description of how the networks are measured, in lines for people.
  var protocolText: [String] {
    let result =
      output == .classes
      ? "classes [\(size.height), \(size.width)]" : "scores [1, \(classes), \(size.height), \(size.width)]"
    var lines = [
      "batch 1: float32 [1, 3, \(size.height), \(size.width)] in, \(result) out; \(engine), \(precision), \(device), "
        + "\(threads) thread\(threads == 1 ? "" : "s")",
      "each network in \(rounds == 1 ? "a process" : "processes") of its own; warm-up of at least \(budget.warmupRuns) "
        + "runs and \(budget.warmupSeconds) s; then up to \(budget.repetitions) runs within \(budget.seconds) s",
      "FPS: 1000 / p50; +processing: with resizing and normalizing a frame and coloring the classes; +files: with "
        + "decoding the frame's JPEG and writing a PNG as well; MB moved: weights and all operators' results, once each",
    ]
    if let file = selection.file { lines.append("kernels chosen by measurement, once: \(file.path)") }
    if let instructionSet {
      lines.append(
        "instructions limited to \(instructionSet.rawValue), in libtorch and oneDNN too"
          + (peers == nil ? "" : "; ONNX Runtime, MNN, ncnn and LiteRT cannot be limited"))
    }
    switch contention {
    case .core: lines.append("contended: one other process keeps a core busy all the time")
    case .memory: lines.append("contended: one other process copies memory all the time")
    case nil: break
    }
    if let onnx { lines.append("the peers run \(onnx.lastPathComponent) as it is; ours ends in what is said above") }
    if let peers {
      lines.append(
        "peers in \(peers.precision)\(peers.atOwnSize ? ", classes at the scores' own size" : ""), in processes of their "
          + "own, alternating with ours; \(rounds) round\(rounds == 1 ? "" : "s"), medians")
    }
    return lines
  }
}
