import Foundation
import TestSupport
import Testing
import Torch

/// Every option that a command offers does something: none is accepted and dropped.
@Suite struct OptionEffectTests {
  /// The files on which the commands work, made once.
  private static let files: ProgramFolder = {
    let files = try! ProgramFolder()
    _ = try! Program.run("data", "synthesize", "--output", files.path("scenes"), "--count", "10", "--size", "64x96")
    try! files.writeWeights(of: "fssnet", to: "weights.safetensors")
    try! files.writeImage("images/a.png")
    try! files.writeImage("images/below/b.png")
    try! Data().write(to: files.url.appending(path: "space.yaml"))
    try! Npy.write(Formula.input([1, 3, 64, 64]), to: files.url.appending(path: "x.npy"))
    _ = try! Program.run(
      "compile", files.path("weights.safetensors"), "--model", "fssnet", "--size", "32x48", "--output",
      files.path("net.rtseg"))
    return files
  }()

  /// The arguments of each command; `OUT` stands for a new folder.
  private static let arguments: [String: [String]] = [
    "train": ["train", "--model", "fssnet", "--data-root", files.path("scenes"), "--output", "OUT/run"],
    "search": [
      "search", "--model", "fssnet", "--data-root", files.path("scenes"), "--space", files.path("space.yaml"),
      "--output", "OUT/search",
    ],
    "val": [
      "val", "--model", "fssnet", "--checkpoint", files.path("weights.safetensors"), "--threads", "1", "--data-root",
      files.path("scenes"), "--json",
    ],
    "predict": [
      "predict", "--model", "fssnet", "--checkpoint", files.path("weights.safetensors"), "--input",
      files.path("images"), "--output", "OUT", "--threads", "1",
    ],
    "compile": [
      "compile", files.path("weights.safetensors"), "--model", "fssnet", "--size", "64x96", "--output", "OUT/net.rtseg",
      "--threads", "1",
    ],
    "deploy": [
      "deploy", files.path("weights.safetensors"), "--model", "fssnet", "--output", "OUT/merged.pth",
    ],
    "export": [
      "export", files.path("weights.safetensors"), "--model", "fssnet", "--size", "64x96", "--output", "OUT/net.onnx",
      "--threads", "1",
    ],
    "info": ["info", files.path("net.rtseg")],
    "forward": [
      "forward", "--model", "fssnet", "--weights", files.path("weights.safetensors"), "--input",
      files.path("x.npy"), "--output", "OUT/y.npy",
    ],
    "models": ["models", "fssnet"],
    "serve": ["serve", files.path("weights.safetensors"), "--model", "fssnet", "--port", "0"],
    "data import": ["data", "import"],
    "data preview": [
      "data", "preview", "cityscapes", "--data-root", files.path("scenes"), "--output", "OUT/sheet.png", "--count", "2",
    ],
    "data view": [
      "data", "view", "cityscapes", "--data-root", files.path("scenes"), "--output", "OUT/page.html",
    ],
    "data synthesize": ["data", "synthesize", "--output", "OUT", "--count", "2", "--size", "32x32"],
    "data pack": ["data", "pack", "cityscapes", "--data-root", files.path("scenes"), "--output", "OUT/shards"],
    "data check": ["data", "check", "--dataset", "cityscapes", "--data-root", files.path("scenes")],
    "doctor": ["doctor"], "runs": ["runs", "OUT"], "config show": ["config"], "config check": ["config", "check"],
  ]

  @Test func theTableHasEveryOptionOfEveryCommand() {
    for command in CommandHelp.commands where !command.options.isEmpty {
      let name = String(command.name.dropFirst("rtseg ".count))
      #expect(
        command.options.map(\.name).sorted() == OptionEffects.all[name]?.keys.sorted(),
        "\(name): an option needs a test")
    }
  }

  @Test(arguments: OptionEffects.all.keys.sorted()) func everyOptionHasAnEffect(command: String) throws {
    var results: [[String]: [String: String]] = [:]
    func result(_ more: [String]) throws -> [String: String] {
      if let known = results[more] { return known }
      let result = try run(command, more)
      results[more] = result
      return result
    }
    for (option, effect) in OptionEffects.all[command]! {
      switch effect {
      case .changes(let arguments, let besides):
        let changed = try result(besides + arguments) != result(besides)
        #expect(changed, "\(command) \(option) is dropped")
      case .isRefused(let arguments, let text):
        let found = try result(arguments)
        #expect(found["status"] != "0", "\(command) \(option) is dropped")
        let said = "\(found["output"] ?? "")\(found["errors"] ?? "")"
        #expect(said.contains(text), "\(command) \(option): \(said)")
      case .isTested(let suite):
        #expect(
          Self.sources[suite]?.contains("\"\(option)\"") ?? false || !option.hasPrefix("--"), "\(option): \(suite)")
      }
    }
  }

  /// Options of a run that no value is refused for.
  @Test(arguments: [["--no-tensorboard"], ["--set", "logging.tensorboard=false", "--tensorboard"]])
  func seedAndTensorBoardReachTheConfiguration(tensorboard: [String]) throws {
    let folder = try ProgramFolder()
    let result = try Program.run(
      [
        "train", "--model", "fssnet", "--data-root", Self.files.path("scenes"), "--output", folder.path("run"),
        "--epochs", "1", "--batch-size", "4", "--crop-size", "32x32", "--device", "cpu", "--threads", "1", "--seed",
        "77", "--set", "schedule.warmup_epochs=0",
      ] + tensorboard)
    #expect(result.status == 0, "\(result.errors)")
    let yaml = try String(contentsOf: folder.url.appending(path: "run/config.yaml"), encoding: .utf8)
    let isOn = tensorboard.last == "--tensorboard"
    #expect(yaml.contains("seed: 77") && yaml.contains("tensorboard: \(isOn)"))
    #expect(FileManager.default.fileExists(atPath: folder.path("run/tensorboard")) == isOn)
  }

  /// The status, the output and the files that a command gives.
  private func run(_ command: String, _ more: [String]) throws -> [String: String] {
    let folder = try ProgramFolder()
    let arguments = Self.arguments[command]!.map { $0.replacing("OUT", with: folder.url.path) }
    let result = try Program.run(arguments + more)
    var found = [
      "status": "\(result.status)",
      "output": result.output.replacing(folder.url.path, with: "OUT")
        .replacing(/"milliseconds_per_image" : [0-9.e-]+/, with: ""),
      "errors": result.errors,
    ]
    for file in folder.tree("") {
      found[file] = try Data(contentsOf: folder.url.appending(path: file)).base64EncodedString()
    }
    return found
  }

  /// The texts of the suites of program tests by the suites' names.
  private static let sources: [String: String] = {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    var texts: [String: String] = [:]
    for case let file as URL in FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)!
    where file.pathExtension == "swift" {
      texts[file.deletingPathExtension().lastPathComponent] = try? String(contentsOf: file, encoding: .utf8)
    }
    return texts
  }()
}
