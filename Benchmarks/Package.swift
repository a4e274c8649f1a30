// swift-tools-version: 6.2
import PackageDescription

// As in the package above: where the programs built here find libtorch.
let libtorch = Context.environment["LIBTORCH"] ?? Context.packageDirectory + "/../.libtorch/torch"
let runPaths: [LinkerSetting] = [.unsafeFlags(["-Xlinker", "-rpath", "-Xlinker", "\(libtorch)/lib"])]

let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
func rtseg(_ library: String) -> Target.Dependency { .product(name: library, package: "RTSeg") }

let package = Package(
  name: "Benchmarks",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(name: "RTSeg", path: ".."),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
  ],
  targets: [
    .target(name: "Measurement"),
    .executableTarget(
      name: "training-step",
      dependencies: [
        "Measurement", arguments, rtseg("Torch"), rtseg("SegmentationImage"), rtseg("SegmentationModels"),
        rtseg("SegmentationTraining"),
      ],
      linkerSettings: runPaths),
    .executableTarget(
      name: "loader",
      dependencies: ["Measurement", arguments, rtseg("SegmentationImage"), rtseg("SegmentationData")],
      linkerSettings: runPaths),
    .executableTarget(
      name: "kernels",
      dependencies: [
        "Measurement", arguments, rtseg("CKernels"), rtseg("SegmentationBenchmark"), rtseg("SegmentationInference"),
        rtseg("Torch"),
      ],
      linkerSettings: runPaths),
    .executableTarget(
      name: "collectives", dependencies: ["Measurement", arguments, rtseg("Torch")], linkerSettings: runPaths),
  ],
  swiftLanguageModes: [.v6]
)
