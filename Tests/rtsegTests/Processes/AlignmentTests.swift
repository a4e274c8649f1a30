import Foundation
import TestSupport
import Testing
import Torch

/// SCTNet beside a SegFormer, as a program.
@Suite(.enabled(if: ProcessGroup.backends.contains(.gloo), "this build has no gloo")) struct AlignmentTests {
  @Test(arguments: ["1", "2"])
  func `a run that is aligned goes on as if it had not stopped`(processes: String) throws {
    let runs = try ProcessRuns()
    try runs.run(runs.arguments("teacher", model: "smp-segformer-mit_b0", ["--epochs", "1"]))
    let flags =
      ProcessRuns.constantRate + [
        "--processes", processes, "--teacher", "smp-segformer-mit_b0", "--teacher-checkpoint",
        runs.path("teacher/last.pth"), "--set", "distillation.kind=cwd", "--set", "distillation.compare=alignment",
        "--set", "distillation.coefficient=3",
      ]
    try runs.run(runs.arguments("whole", model: "sctnet", flags))
    try runs.run(runs.arguments("parts", model: "sctnet", flags + ["--epochs", "1"]))
    try runs.run(["train", "--resume", runs.path("parts"), "--epochs", "2", "--processes", processes])
    #expect(try runs.bytes("parts/last.pth") == runs.bytes("whole/last.pth"))
    let saved = try Checkpoint.read(from: runs.folder.appending(path: "whole/last.pth"))
    #expect(saved["rtseg"]?["adapter"]?.dictionary?.pairs.count == 6)
  }
}
