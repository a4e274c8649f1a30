import Files
import Foundation
import SegmentationData

extension Trainer {
  /// Looks through the validation files before the run begins: says how many classes the mean IoU will cover.
  /// - Throws: `TrainingError` for files that cannot be read, unless they may be left out, and if no pixel is labelled.
  func describeValidation() throws {
    guard let split = try DataChecker(dataset).check([.val]).splits.first else { return }
    if let bad = split.badFiles.first, !options.data.skipBadValidationFiles {
      let others = split.badFiles.count - 1
      throw TrainingError(
        "a validation file cannot be used: \(LeftOutFile(file: bad.file, reason: bad.reason))"
          + (others > 0 ? " (and \(others) more, which rtseg data check lists)" : "")
          + "; mend it, or set data.skip_bad_validation_files to score on the others")
    }
    let absent = split.classes.filter { $0.pixels == 0 }.map { $0.name.printable(limit: 80) }
    let all = split.classes.count
    guard absent.count < all else {
      throw TrainingError(
        "none of the \(validationData?.sampleCount ?? 0) validation images has a labelled pixel, so that nothing can be "
          + "scored: rtseg data check shows the values in the masks and proposes a map")
    }
    guard !absent.isEmpty else { return log.message("the mean IoU covers all \(all) classes") }
    if options.validation.absentClasses == .zero {
      return log.message(
        "the mean IoU covers all \(all) classes; those without labelled pixels in val count as 0: "
          + absent.joined(separator: ", "))
    }
    log.message(
      "the mean IoU covers \(all - absent.count) of \(all) classes; without labelled pixels in val: "
        + absent.joined(separator: ", "))
  }

  /// Writes files that were newly left out into the log and the manifest.
  func noteLeftOutFiles() throws {
    let found = trainingData.leftOut + (validationData?.leftOut ?? [])
    let new = Set(found).subtracting(leftOut).sorted { $0.file < $1.file }
    guard !new.isEmpty else { return }
    leftOut.formUnion(new)
    for file in new { log.message("left out: \(file)") }
    guard var manifest = readManifest() else { return }
    manifest.leftOut = leftOut.sorted { $0.file < $1.file }
    try AtomicFile.write(manifest.json(), to: folder.manifest)
  }

  /// The run's manifest; nil if it is not there or is not one.
  func readManifest() -> RunManifest? {
    (try? InputFile.contents(of: folder.manifest.path, limit: 1 << 28)).flatMap { try? RunManifest(json: Data($0)) }
  }

  /// Throws if a run that is resumed has trained more epochs than it is now asked for.
  func refuseFewerEpochs(than checkpoint: TrainingCheckpoint) throws {
    let isInsideEpoch = checkpoint.stepInEpoch > 0 && checkpoint.stepInEpoch < stepsPerEpoch
    guard checkpoint.epoch > options.epochs || (checkpoint.epoch == options.epochs && isInsideEpoch) else { return }
    let done = "\(checkpoint.epoch) epoch\(checkpoint.epoch == 1 ? "" : "s")\(isInsideEpoch ? " and a part" : "")"
    throw TrainingError(
      "epochs: the run in \(folder.url.relativePath) has trained \(done) already, more than the \(options.epochs) asked "
        + "for; give --epochs \(checkpoint.epoch + 1) or more to go on")
  }
}
