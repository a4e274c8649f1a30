import ArgumentParser
import Files
import Foundation
import SegmentationBenchmark
import SegmentationInference
import Torch

/// The other engines.
struct BenchPeers: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Other engines to measure beside this one, separated by commas: \(Peer.allCases.map(\.rawValue).joined(separator: ", ")).
      """, valueName: "engines"), completion: .list(Peer.allCases.map(\.rawValue)))
  var against: String?
  @Option(help: "The numeric precision of the other engines. (default: that of --precision)")
  var peerPrecision: Precision?
  @Flag(
    help: "Let the other engines choose classes before the last upsampling, which is cheaper and less exact.")
  var peersAtOwnSize = false
  @Option(
    help: ArgumentHelp(
      "The folder with the other engines, which make setup-peers makes. (default: .peers)", valueName: "folder"),
    completion: .directory)
  var peers: String?
  @Option(
    help: ArgumentHelp(
      """
      A checkout of github.com/zh320/realtime-semantic-segmentation-pytorch. (default: reference in the folder of --peers)
      """,
      valueName: "folder"), completion: .directory)
  var reference: String?

  func validate() throws {
    if against != nil { return }
    for (option, isGiven) in [
      ("--peer-precision", peerPrecision != nil), ("--peers-at-own-size", peersAtOwnSize), ("--peers", peers != nil),
      ("--reference", reference != nil),
    ] {
      try refuseOption(isGiven, "\(option) is for other engines: name them with --against")
    }
  }

  /// - Parameter readsONNX: Whether the engines are to run an ONNX file as it is.
  func options(precision: Precision, readsONNX: Bool) throws -> PeerOptions? {
    guard let against else { return nil }
    let chosen = try against.split(separator: ",").map { name in
      guard let peer = Peer(rawValue: name.trimmingCharacters(in: .whitespaces)) else {
        let known = Peer.allCases.map(\.rawValue).joined(separator: ", ")
        throw ValidationError("--against: expected some of \(known), found \(name)")
      }
      return peer
    }
    let readers = Peer.readersOfONNX
    if readsONNX {
      let names = readers.map(\.rawValue).joined(separator: " and ")
      try refuseOption(
        !chosen.allSatisfy(readers.contains), "--against: only \(names) run an ONNX file as it is: name these")
      try refuseOption(
        peersAtOwnSize || reference != nil, "--peers-at-own-size and --reference have no effect on an ONNX file")
      try refuseOption(
        peerPrecision ?? .float32 == .int8, "--peer-precision: engines run an ONNX file as it is, not in int8")
    }
    let peers = peers ?? ".peers"
    var options = PeerOptions(
      peers: chosen, precision: peerPrecision ?? (readsONNX ? .float32 : precision),
      python: try existing("\(peers)/venv/bin/python", "run make setup-peers, or name its folder with --peers"),
      script: try existing("Benchmarks/peers/inference.py", "run this in the repository's root"),
      reference: try readsONNX
        ? nil
        : existing(
          "\(reference ?? "\(peers)/reference")/models",
          "git clone https://github.com/zh320/realtime-semantic-segmentation-pytorch there, or name it with --reference"
        ).deletingLastPathComponent())
    options.atOwnSize = peersAtOwnSize
    return options
  }

  private func existing(_ path: String, _ advice: String) throws -> URL {
    guard FileSystem.exists(path) else {
      throw CommandError("--against: \(path) does not exist: \(advice)")
    }
    return URL(filePath: path)
  }
}
