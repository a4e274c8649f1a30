import Files
import Foundation

extension TrainingOptions {
  /// Makes sure that a new run does not write over the files that it is made from, such as a configuration that lies in
  /// its folder.
  /// - Parameter configuration: The path of the configuration file, if there is one.
  /// - Throws: `OutputConflict`.
  package func refuseReplacingInputs(configuration: String?) throws(OutputConflict) {
    var plan = OutputPlan()
    let inputs = [
      configuration, data.dataset, model.initial, model.backboneWeights, distillation.checkpoint, continueFrom,
    ]
    for input in inputs.compactMap({ $0 }) { plan.add(input: input) }
    for file in RunFolder.unopened(URL(filePath: output)).files { plan.add(output: file.path, of: "--output") }
    try plan.check()
  }
}
