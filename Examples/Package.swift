// swift-tools-version: 6.2
import PackageDescription

// The programs built here find libtorch where `make setup` of the package above puts it.
let libtorch = Context.environment["LIBTORCH"] ?? Context.packageDirectory + "/../.libtorch/torch"
let runPaths: [LinkerSetting] = [.unsafeFlags(["-Xlinker", "-rpath", "-Xlinker", "\(libtorch)/lib"])]

func rtseg(_ library: String) -> Target.Dependency { .product(name: library, package: "RTSeg") }

let package = Package(
  name: "Examples",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "RTSeg", path: "..")],
  targets: [
    .target(
      name: "Shapes",
      dependencies: [
        rtseg("Torch"), rtseg("SegmentationImage"), rtseg("SegmentationModels"), rtseg("SegmentationData"),
        rtseg("SegmentationTraining"), rtseg("SegmentationInference"),
      ]),
    .executableTarget(name: "train-shapes", dependencies: ["Shapes"], linkerSettings: runPaths),
  ],
  swiftLanguageModes: [.v6]
)
