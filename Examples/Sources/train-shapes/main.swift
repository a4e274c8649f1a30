import Foundation
import Shapes

let folder = URL(filePath: CommandLine.arguments.dropFirst().first ?? "runs/shapes")
let training = ShapeTraining(in: folder)
do {
  try training.train(until: 10)
  try training.train(resume: true)
  print(
    "\(training.checkpoint.path) labels \(Int((try training.test() * 100).rounded())) % of a new image's pixels right")
} catch {
  FileHandle.standardError.write(Data("train-shapes: \(error)\n".utf8))
  exit(1)
}
