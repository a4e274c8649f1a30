import ArgumentParser
import Foundation
import SegmentationImage
import SegmentationInference
import SegmentationServer
import Torch

struct Serve: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Label images for clients over HTTP, and show a page for people.",
    discussion: """
      Examples:
        rtseg serve street.rtseg
        rtseg serve street=runs/first/best.pth field.rtseg --port 9000 --log
        rtseg serve net.onnx --size 512x1024 --dataset cityscapes
        rtseg serve street.rtseg --host 0.0.0.0 --token-file token

      The page at http://127.0.0.1:8080/ labels images, videos and the camera's picture. Programs send an image to \
      /v1/models/NAME:predict and get a mask, or send tensors by the Open Inference Protocol to /v2/models/NAME/infer. \
      /openapi.json describes all addresses.

      A network's name in these addresses is the name of its file without the extension, or NAME in NAME=FILE. Files of \
      rtseg compile label images of other sizes than their own, too; checkpoints are compiled for each size that comes.

      Without --host only this machine reaches the server. SIGTERM and Ctrl-C stop it: requests that have begun are still \
      answered.
      """)

  @Argument(
    help: ArgumentHelp(
      """
      The networks: compiled ones (.rtseg), ONNX files, or weights as a file (.pth, .safetensors, .pdparams), an address, or a name \
      such as fastscnn@cityscapes.
      """, valueName: "network"), completion: .weights)
  var networks: [String]
  @OptionGroup(title: "Server") var flags: ServeFlags
  @OptionGroup(title: "Network") var networkFlags: NetworkFlags
  @Option(
    help: ArgumentHelp(
      "The size of images in pixels that an ONNX file is run on. (default: the file's own)", valueName: "HEIGHTxWIDTH"))
  var size: ImageSize?
  @OptionGroup(title: "ONNX files") var importFlags: ImportFlags
  @Option(
    help: ArgumentHelp(
      """
      The data set with the names and colors of the classes: a name such as cityscapes or the path of a card. (default: \
      those in the file, or cityscapes if it has none)
      """, valueName: "name"), completion: .dataSets)
  var dataset: String?
  @Option(help: "The inference engine: kernels (RTSeg's own) or eager (plain libtorch).")
  var engine = Engine.kernels
  @Option(help: "The numeric precision of checkpoints. float16 needs a GPU; for int8 use rtseg compile.")
  var precision = Precision.float32
  @Option(
    help: ArgumentHelp("The device: auto, cpu, cuda, cuda:N or mps.", valueName: "name"), completion: .devices)
  var device = "auto"

  func validate() throws {
    try refuseOption(
      precision == .int8,
      "--precision int8 needs images to learn from: rtseg compile takes them and writes a file to serve")
    try checkOption("size", size, in: 1...16384)
    for (_, file) in named {
      try importFlags.check(file, size: size)
      try refuseProgramOptions(file, network: networkFlags, engine: engine, precision: precision, device: device)
    }
  }

  /// The names of the networks in addresses, and their files.
  private var named: [(name: String, file: String)] {
    networks.map { text in
      if let match = text.wholeMatch(of: /([A-Za-z0-9_.-]+)=(.+)/) { return (String(match.1), String(match.2)) }
      let last = text.split(separator: "/").last.map(String.init) ?? text
      let stem = (last as NSString).deletingPathExtension
      return (stem.replacing(/[^A-Za-z0-9_.-]+/, with: "-"), text)
    }
  }

  func run() throws {
    let options = try flags.options()
    let device = try Device(named: device)
    try engine.check(precision, on: device)
    let models = try named.map { name, file in
      let source = PredictorSource(
        checkpoint: file, network: networkFlags, importFlags: importFlags, size: size, dataset: dataset, device: device,
        precision: precision, engine: engine)
      return try ServedModel(name: name, makePredictor: source.open())
    }
    if !options.isLoopback, options.token == nil {
      Terminal.report(
        "every machine that reaches \(options.host) can use the server; --token-file or --token-variable asks for a token"
      )
    }
    let server = try InferenceServer(models, options: options)
    let names = named.map(\.name).joined(separator: ", ")
    let scheme = options.tls == nil ? "http" : "https"
    let host = options.host.contains(":") ? "[\(options.host)]" : options.host
    let result = AsynchronousResult<Void>()
    Task.detached {
      do {
        try await server.run { port in print("serving \(names) at \(scheme)://\(host):\(port)/") }
        result.set(.success(()))
      } catch {
        result.set(.failure(error))
      }
    }
    try result.get()
  }
}
