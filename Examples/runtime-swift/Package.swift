// swift-tools-version: 6.0
import PackageDescription

// The compiler finds the library through pkg-config: PKG_CONFIG_PATH must name the folder of rtseg.pc.
let package = Package(
  name: "runtime-swift",
  targets: [
    .systemLibrary(name: "Crtseg", pkgConfig: "rtseg"),
    .executableTarget(name: "classes", dependencies: ["Crtseg"]),
  ])
