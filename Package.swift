// swift-tools-version: 6.2
import PackageDescription

// `make setup` puts libtorch here; LIBTORCH=/path uses another. The C compiler finds it through pkg-config
// (PKG_CONFIG_PATH, see README), the programs built here through these run paths.
let libtorch = Context.environment["LIBTORCH"] ?? Context.packageDirectory + "/.libtorch/torch"
let runPaths: [LinkerSetting] = [
  .unsafeFlags(
    ["-Xlinker", "-rpath=$ORIGIN/../lib/rtseg", "-Xlinker", "-rpath=\(libtorch)/lib"], .when(platforms: [.linux])),
  .unsafeFlags(["-Xlinker", "-rpath", "-Xlinker", "\(libtorch)/lib"], .when(platforms: [.macOS])),
]

let package = Package(
  name: "RTSeg",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "rtseg", targets: ["rtseg"]),
    .library(name: "Basics", targets: ["Basics"]),
    .library(name: "CKernels", targets: ["CKernels"]),
    .library(name: "CRuntime", targets: ["CRuntime", "CKernels"]),
    .library(name: "Files", targets: ["Files"]),
    .library(name: "Torch", targets: ["Torch"]),
    .library(name: "SegmentationImage", targets: ["SegmentationImage"]),
    .library(name: "SegmentationModels", targets: ["SegmentationModels"]),
    .library(name: "SegmentationWeights", targets: ["SegmentationWeights"]),
    .library(name: "SegmentationData", targets: ["SegmentationData"]),
    .library(name: "SceneSynthesis", targets: ["SceneSynthesis"]),
    .library(name: "SegmentationTraining", targets: ["SegmentationTraining"]),
    .library(name: "SegmentationInference", targets: ["SegmentationInference"]),
    .library(name: "SegmentationVideo", targets: ["SegmentationVideo"]),
    .library(name: "SegmentationExchange", targets: ["SegmentationExchange"]),
    .library(name: "SegmentationBenchmark", targets: ["SegmentationBenchmark"]),
    .library(name: "SegmentationServer", targets: ["SegmentationServer"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
  ],
  targets: [
    // C and C++ below
    .systemLibrary(name: "Clibtorch", pkgConfig: "libtorch"),
    .systemLibrary(
      name: "CLibjpeg", pkgConfig: "libjpeg", providers: [.apt(["libjpeg62-turbo-dev"]), .brew(["jpeg-turbo"])]),
    .systemLibrary(name: "CLibpng", pkgConfig: "libpng", providers: [.apt(["libpng-dev"]), .brew(["libpng"])]),
    .systemLibrary(name: "CLibtiff", pkgConfig: "libtiff-4", providers: [.apt(["libtiff-dev"]), .brew(["libtiff"])]),
    .systemLibrary(name: "CLibwebp", pkgConfig: "libwebp", providers: [.apt(["libwebp-dev"]), .brew(["webp"])]),
    .systemLibrary(name: "CLibcrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"]), .brew(["openssl"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),
    .target(name: "CKernels", exclude: ["README.md"], cxxSettings: [.headerSearchPath(".")]),
    // It needs CKernels, too, and so does every target that depends on it. As a dependency CKernels would come with a
    // module map, which C++20 cannot include.
    .target(name: "CRuntime", exclude: ["README.md"], cxxSettings: [.headerSearchPath("../CKernels/include")]),
    .target(
      name: "CTorch", dependencies: ["Clibtorch", "CKernels"], cxxSettings: [.headerSearchPath("../CKernels")]),
    .target(name: "CImageCodecs", dependencies: ["CLibjpeg", "CLibpng", "CLibtiff", "CLibwebp"]),
    .target(name: "CVideoFrames"),

    // Libraries
    .target(name: "Basics"),
    .target(name: "Files", dependencies: ["CLibcrypto"]),
    .target(name: "Torch", dependencies: ["CTorch", "Basics", "Files"]),
    .target(name: "SegmentationImage", dependencies: ["CImageCodecs", "Basics", "Files"]),
    .target(name: "SegmentationModels", dependencies: ["Torch", "Basics"]),
    .target(name: "SegmentationWeights", dependencies: ["SegmentationModels", "Torch", "Files"]),
    .target(
      name: "SegmentationData",
      dependencies: ["Torch", "SegmentationImage", "CZlib", "Basics", "Files", "Yams"],
      resources: [.embedInCode("Cards"), .embedInCode("Viewing/Page")]),
    .target(name: "SceneSynthesis", dependencies: ["SegmentationData", "SegmentationImage", "Basics"]),
    .target(
      name: "SegmentationTraining",
      dependencies: [
        "SegmentationModels", "SegmentationWeights", "SegmentationData", "Basics", "Files", "Yams",
        .product(name: "SwiftProtobuf", package: "swift-protobuf"),
        .product(name: "Subprocess", package: "swift-subprocess"),
      ]),
    .target(
      name: "SegmentationInference",
      dependencies: [
        "SegmentationModels", "SegmentationWeights", "SegmentationImage", "CRuntime", "CKernels", "Basics", "Files",
      ]),
    // The format of ONNX files, generated.
    .target(name: "ONNX", dependencies: [.product(name: "SwiftProtobuf", package: "swift-protobuf")]),
    .target(
      name: "SegmentationExchange",
      dependencies: [
        "SegmentationInference", "SegmentationModels", "SegmentationImage", "Torch", "ONNX", "Basics", "Files",
        .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ]
    ),
    .target(
      name: "SegmentationVideo",
      dependencies: ["SegmentationInference", "SegmentationImage", "CVideoFrames", "CKernels", "Basics", "Files"]),
    .target(
      name: "SegmentationBenchmark",
      dependencies: ["SegmentationInference", "SegmentationModels", "SegmentationImage", "Basics"]),
    .target(
      name: "SegmentationServer",
      dependencies: [
        "SegmentationInference", "SegmentationModels", "SegmentationImage", "Torch", "Files",
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HummingbirdCore", package: "hummingbird"),
        .product(name: "HummingbirdTLS", package: "hummingbird"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
      ],
      resources: [.embedInCode("Page")]),

    // Program
    .executableTarget(
      name: "rtseg",
      dependencies: [
        "SegmentationTraining", "SegmentationInference", "SegmentationExchange", "SegmentationVideo",
        "SegmentationServer", "SegmentationWeights", "SegmentationBenchmark", "SegmentationData",
        "SceneSynthesis", "Basics", "Files",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      linkerSettings: runPaths),

    // Tests
    .target(name: "TestSupport", dependencies: ["Torch", "SegmentationModels", "Basics"], path: "Tests/TestSupport"),
    .testTarget(name: "BasicsTests", dependencies: ["Basics"]),
    .testTarget(name: "FilesTests", dependencies: ["Files", "TestSupport"], linkerSettings: runPaths),
    .testTarget(name: "CKernelsTests", dependencies: ["CKernels", "Torch", "Basics"], linkerSettings: runPaths),
    .testTarget(
      name: "CRuntimeTests", dependencies: ["CRuntime", "CKernels", "Torch", "Basics"], linkerSettings: runPaths),
    .testTarget(
      name: "TorchTests", dependencies: ["Torch", "Basics", "Files", "TestSupport"], linkerSettings: runPaths),
    .testTarget(
      name: "SegmentationImageTests", dependencies: ["SegmentationImage", "Files", "TestSupport"], exclude: ["Fixtures"]
    ),
    .testTarget(name: "SegmentationModelsTests", dependencies: ["SegmentationModels", "TestSupport"]),
    .testTarget(name: "SegmentationWeightsTests", dependencies: ["SegmentationWeights", "Files", "TestSupport"]),
    .testTarget(
      name: "SegmentationDataTests", dependencies: ["SegmentationData", "Files", "TestSupport"], exclude: ["Fixtures"],
      linkerSettings: runPaths),
    .testTarget(name: "SceneSynthesisTests", dependencies: ["SceneSynthesis", "SegmentationData", "TestSupport"]),
    .testTarget(
      name: "SegmentationTrainingTests",
      dependencies: ["SegmentationTraining", "SceneSynthesis", "Basics", "TestSupport"]),
    .testTarget(name: "SegmentationInferenceTests", dependencies: ["SegmentationInference", "TestSupport"]),
    .testTarget(name: "SegmentationVideoTests", dependencies: ["SegmentationVideo", "TestSupport"]),
    .testTarget(
      name: "SegmentationExchangeTests",
      dependencies: [
        "SegmentationExchange", "SegmentationInference", "SegmentationModels", "SegmentationImage", "ONNX", "Torch",
        "Files", "TestSupport",
      ],
      exclude: ["Fixtures", "check_exports.py"]),
    .testTarget(name: "SegmentationBenchmarkTests", dependencies: ["SegmentationBenchmark", "Basics", "TestSupport"]),
    .testTarget(
      name: "SegmentationServerTests",
      dependencies: [
        "SegmentationServer", "SegmentationInference", "SegmentationModels", "SegmentationImage", "Torch",
        "TestSupport",
      ],
      linkerSettings: runPaths),
    // The sources of the package in Examples, which `scripts/check-examples` builds by itself.
    .testTarget(
      name: "ExamplesTests", dependencies: ["SegmentationTraining", "SegmentationInference", "TestSupport"],
      path: "Examples",
      exclude: ["Package.swift", "README.md", "Sources/train-shapes", "runtime-c", "runtime-cpp", "runtime-swift"],
      sources: ["Sources/Shapes", "Tests"], linkerSettings: runPaths),
    .testTarget(
      name: "rtsegTests",
      dependencies: [
        "rtseg", "SegmentationImage", "SegmentationInference", "SegmentationBenchmark", "SegmentationData",
        "SegmentationTraining", "TestSupport",
      ]),
    .testTarget(
      name: "FuzzTests",
      dependencies: [
        "SegmentationTraining", "SegmentationExchange", "SegmentationImage", "Torch", "CRuntime", "CKernels",
      ],
      exclude: ["Corpus", "main.swift", "make_corpus.py"], linkerSettings: runPaths),
  ],
  swiftLanguageModes: [.v6],
  cxxLanguageStandard: .cxx20
)

// `make fuzz` and `make sanitize` build the readers, the kernels and the loader with their tests, and in place of the tests
// that replay the fuzzers' corpora the program that fuzzes.
if Context.environment["RTSEG_FUZZ"] != nil {
  let unused = [
    "ExamplesTests", "FuzzTests", "rtseg", "rtsegTests", "SegmentationInferenceTests", "SegmentationExchangeTests",
    "SegmentationVideo", "SegmentationVideoTests", "CVideoFrames",
    "SegmentationBenchmark", "SegmentationBenchmarkTests", "SegmentationModelsTests", "SegmentationWeightsTests",
    "SegmentationServer", "SegmentationServerTests",
  ]
  // The server alone needs these.
  let servers = [
    "hummingbird", "swift-nio", "swift-nio-extras", "swift-nio-ssl", "swift-http-types", "swift-log",
    "swift-service-lifecycle",
  ]
  package.dependencies.removeAll { dependency in
    guard case .sourceControl(_, let location, _) = dependency.kind else { return false }
    return servers.contains { location.hasSuffix("/\($0)") }
  }
  package.products.removeAll { unused.contains($0.name) }
  package.targets.removeAll { unused.contains($0.name) }
  package.targets.append(
    .executableTarget(
      name: "fuzz",
      dependencies: [
        "SegmentationTraining", "SegmentationExchange", "SegmentationImage", "Torch", "CRuntime", "CKernels",
      ],
      path: "Tests/FuzzTests", exclude: ["Corpus", "CorpusTests.swift", "make_corpus.py"], linkerSettings: runPaths))
}

// Tests run once for each build, so that optimizing them takes longer than they do. Those of kernels compute much themselves.
for target in package.targets where target.type == .test && !["CKernelsTests", "CRuntimeTests"].contains(target.name) {
  target.swiftSettings = (target.swiftSettings ?? []) + [.unsafeFlags(["-Onone"])]
}

// Continuous integration treats warnings as errors; builds with compilers yet to come do not.
if Context.environment["RTSEG_STRICT"] != nil {
  for target in package.targets where ![.system, .plugin].contains(target.type) {
    target.swiftSettings = (target.swiftSettings ?? []) + [.treatAllWarnings(as: .error)]
    target.cxxSettings = (target.cxxSettings ?? []) + [.treatAllWarnings(as: .error)]
    target.cSettings = (target.cSettings ?? []) + [.treatAllWarnings(as: .error)]
  }
}
