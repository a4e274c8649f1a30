import Foundation
import SegmentationTraining
import TestSupport
import Testing
import Torch

/// The program on an NVIDIA GPU.
@Suite(.serialized, .enabled(if: hasGPU, "this machine has no NVIDIA GPU")) final class GPUProgramTests {
  private let programFolder: ProgramFolder
  private var folder: URL { programFolder.url }

  init() throws {
    programFolder = try ProgramFolder()
    try programFolder.drawScenes(10)
  }

  private func path(_ name: String) -> String { folder.appending(path: name).path }

  private func arguments(_ output: String, _ more: String...) -> [String] {
    [
      "train", "--output", path(output), "--model", "linknet-resnet18", "--data-root", path("scenes"), "--epochs", "2",
      "--batch-size", "4", "--crop-size", "64x64", "--device", "cuda", "--no-validation", "--set",
      "logging.step_interval=1", "--set", "optimizer.kind=sgd",
    ] + more
  }

  private func losses(_ name: String) throws -> [Double] {
    try MetricsLog(folder.appending(path: "\(name)/metrics.jsonl")).rows().filter(\.isStep).compactMap(\.loss)
  }

  @Test func `a single process that is asked for finds the GPU`() throws {
    let result = try Program.run(arguments("one", "--processes", "1"))
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.contains("on cuda:0"), "\(result.output)")
  }

  @Test func `more processes than GPUs are refused`() throws {
    let result = try Program.run(arguments("many", "--processes", "64"))
    #expect(result.status == 1 && result.errorLines.count == 1, "\(result.errors)")
    #expect(result.errors.contains("each process needs a CUDA device"), "\(result.errors)")
  }

  /// Two processes on one GPU, which NCCL takes for processes on two machines if their machines have different names.
  private func together(_ output: String, machines: [String]) throws -> Program.Result {
    let port = try RendezvousServer().port  // free again
    let command = arguments(output, "--process-timeout", "60").map { "'\($0)'" }.joined(separator: " ")
    let starts = machines.enumerated().map { rank, machine in
      "RANK=\(rank) NCCL_HOSTID=\(machine) \"$RTSEG\" \(command) > /dev/null & processes+=($!)"
    }
    return try Program.shell(
      """
      export WORLD_SIZE=2 LOCAL_RANK=0 MASTER_ADDR=127.0.0.1 MASTER_PORT=\(port) NCCL_SOCKET_IFNAME=lo
      \(starts.joined(separator: "\n"))
      status=0
      for process in "${processes[@]}"; do wait $process || status=$?; done
      exit $status
      """)
  }

  @Test func `two processes over NCCL do what one does`() throws {
    let result = try together("two", machines: ["a", "b"])
    #expect(result.status == 0, "\(result.errors)")
    #expect(try Program.run(arguments("alone", "--processes", "1")).status == 0)
    let (found, expected) = (try losses("two"), try losses("alone"))
    #expect(found.count == 4 && expected.count == 4)
    for (a, b) in zip(found, expected) { #expect(abs(a - b) <= 0.02 * b) }
  }

  @Test func `two processes on one GPU are told what NCCL says of it`() throws {
    let result = try together("same", machines: ["a", "a"])
    #expect(result.status == 1 && result.errorLines.count == 2, "\(result.errors)")
    #expect(result.errors.contains("Duplicate GPU detected"), "\(result.errors)")
  }
}
