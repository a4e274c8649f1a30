import Foundation
import TestSupport
import Testing
import Torch

/// Two processes train as one does.
@Suite(.enabled(if: ProcessGroup.backends.contains(.gloo), "this build has no gloo")) struct ProcessEqualityTests {
  let runs: ProcessRuns

  init() throws { runs = try ProcessRuns() }

  /// Without synchronization, batch normalizations must not depend on the batch for two processes to equal one.
  static let frozen = ["--set", "model.frozen_statistics=[\"*\"]"]

  /// One step: with batch normalization, roundings grow from step to step, on one process as well.
  private static let oneStep = ProcessRuns.synchronized + ["--epochs", "1", "--batch-size", "12"]

  @Test(arguments: [
    ("synchronized", 2, oneStep, 0.05),
    ("three processes", 3, oneStep, 0.05),
    ("cross entropy", 2, oneStep + ["--set", "objective.terms=[ce]"], 0.05),
    ("accumulation", 2, oneStep + ["--batch-size", "4", "--accumulation", "3"], 0.05),
    ("averaging", 2, oneStep + ["--set", "averaging.enabled=true"], 0.05),
    ("frozen statistics", 2, frozen, 1e-3),
    ("four processes", 4, frozen, 1e-3),
    ("accumulated steps", 2, frozen + ["--accumulation", "2", "--batch-size", "2"], 1e-3),
    (
      "weights of classes", 2, frozen + ["--set", "objective.class_weights=median", "--set", "objective.terms=[ce]"],
      1e-3
    ),
    ("focal loss", 2, frozen + ["--set", "objective.terms=[focal]"], 1e-3),
    ("a limit of gradients", 2, frozen + ["--set", "optimizer.clip_norm=0.01"], 1e-3),
    ("frozen parts", 2, frozen + ["--set", "model.frozen=['learning_to_downsample.*']"], 1e-3),
  ])
  func `several processes equal one`(what: String, count: Int, flags: [String], tolerance: Double) throws {
    let shared = ProcessRuns.constantRate + flags
    try runs.makeStart()
    try runs.run(runs.arguments("one", shared))
    try runs.run(runs.arguments("two", shared + ["--processes", "\(count)"]))
    let difference = try runs.difference("one", "two")
    #expect(difference < tolerance, "\(what): \(difference)")
    for (a, b) in zip(try runs.rows("one"), try runs.rows("two")) {
      guard let loss = a["loss"] as? Double, let other = b["loss"] as? Double else { continue }
      #expect(abs(loss - other) < 1e-3 * abs(loss), "\(what)")
    }
    // The running statistics, too, are those of all images.
    for (name, tensor) in try runs.weights("one").entries where name.contains("running_var") {
      let other = try #require(try runs.weights("two")[name])
      #expect(((tensor - other).abs().max() / tensor.abs().max()).item < 1e-2, "\(what): \(name)")
    }
  }

  @Test func `the networks with auxiliary and detail heads train alike`() throws {
    for (model, flags) in [("bisenetv2", ["--aux"]), ("stdc-stdc1", ["--detail"])] {
      let shared = ProcessRuns.constantRate + Self.frozen + flags + ["--epochs", "1"]
      try runs.run(runs.arguments("\(model)-1", model: model, shared))
      try runs.run(runs.arguments("\(model)-2", model: model, shared + ["--processes", "2"]))
      try runs.makeStart(model: model, flags, model)
      let difference = try runs.difference("\(model)-1", "\(model)-2", start: model)
      #expect(difference < 1e-3, "\(model): \(difference)")
    }
  }

  @Test func `two processes learn from a teacher as one does`() throws {
    try runs.run(runs.arguments("teacher", ["--epochs", "1"]))
    let flags =
      ProcessRuns.constantRate + Self.oneStep + [
        "--teacher", "fastscnn", "--teacher-checkpoint", runs.path("teacher/best.pth"), "--set",
        "distillation.unlabelled_pixels=false",
      ]
    try runs.run(runs.arguments("one", flags))
    try runs.run(runs.arguments("two", flags + ["--processes", "2"]))
    try runs.makeStart()
    let difference = try runs.difference("one", "two")
    #expect(difference < 0.05, "\(difference)")
  }

  /// Numbers of 8 bits round differently in other orders: equal is what bfloat16 can hold apart.
  @Test func `bfloat16 on two processes comes as near to float32 as on one`() throws {
    let flags = ProcessRuns.constantRate + Self.oneStep
    try runs.run(runs.arguments("whole", flags))
    try runs.run(runs.arguments("one", flags + ["--amp", "bfloat16"]))
    try runs.run(runs.arguments("two", flags + ["--amp", "bfloat16", "--processes", "2"]))
    try runs.makeStart()
    let one = try runs.difference("whole", "one")
    let two = try runs.difference("whole", "two")
    #expect(two < 1.5 * one + 0.01, "\(two), on one process \(one)")
  }

  /// Each image is scored once: the counts of pixels are whole numbers, and equal.
  @Test func `the scores are those of all images, of different sizes too`() throws {
    let more = try Program.run("data", "synthesize", "--output", runs.path("small"), "--count", "3", "--size", "64x64")
    #expect(more.status == 0)
    _ = try Program.shell(
      """
      cd '\(runs.path("small"))' && find . -type f | while read f; do
        t='\(runs.path("scenes"))'/$(dirname "$f" | sed s,/train,/val,); mkdir -p "$t"; cp "$f" "$t/x$(basename "$f")"
      done
      """)
    let flags = Self.frozen + ["--lr", "1e-12", "--set", "validation.metrics=[boundary_iou, calibration_error]"]
    try runs.run(runs.arguments("one", flags))
    for count in [2, 4] {
      try runs.run(runs.arguments("\(count)", flags + ["--processes", "\(count)"]))
      let rows = try ["one", "\(count)"].map { name in try runs.rows(name).filter { $0["mean_iou"] != nil } }
      #expect(rows[0].count == 2 && rows[1].count == 2)
      for (a, b) in zip(rows[0], rows[1]) {
        for key in ["mean_iou", "pixel_accuracy", "boundary_iou"] {
          #expect(a[key] as? Double == b[key] as? Double, "\(key) on \(count)")
        }
        let pixels = [a, b].map { $0["class_pixels"] as? [String: Int] }
        #expect(pixels[0] != nil && pixels[0] == pixels[1])
      }
    }
  }
}
