/// For each command, the options that it offers and what shows that it uses them.
enum OptionEffects {
  static let none = "/no/such/file"

  /// Options that name the network of a checkpoint.
  private static let network: [String: OptionEffect] = [
    "--model": .isRefused(["--model", "enet"], telling: "weights.safetensors"),
    "--encoder": .isRefused(["--encoder", "resnet18"], telling: "encoder"),
    "--decoder": .isRefused(["--decoder", "unet"], telling: "decoder"),
  ]

  /// Options that tell what an ONNX file may leave out.
  private static let imported: [String: OptionEffect] = [
    "--output-name": .isTested(by: "ImportTests"), "--mean": .isTested(by: "ImportTests"),
    "--std": .isTested(by: "ImportTests"),
  ]

  /// Options that say how a network is applied to an image.
  private static let inference: [String: OptionEffect] = [
    "--scale": .changes(["--scale", "0.5"]), "--flip": .changes(["--flip"]), "--tta": .changes(["--tta"]),
    "--tile": .changes(["--tile", "32x32"]),
    "--overlap": .changes(["--overlap", "0.5"], besides: ["--tile", "32x32"]),
    "--blend": .changes(["--blend", "uniform"], besides: ["--tile", "32x32"]),
  ]

  static let validate = network.merging(inference) { $1 }.merging(imported) { $1 }.merging([
    "--size": .isTested(by: "ImportTests"),
    "--checkpoint": .isRefused(["--checkpoint", none], telling: none),
    "--split": .changes(["--split", "train"]), "--output": .isTested(by: "ValidateTests"),
    "--worst": .isTested(by: "ValidateTests"), "--json": .isTested(by: "ValidateTests"),
    "--config": .isRefused(["--config", none], telling: none),
    "--set": .changes(["--set", "augmentation.scale=0.5"]),
    "--dataset": .isRefused(["--dataset", none + ".yaml"], telling: none),
    "--data-root": .isRefused(["--data-root", none], telling: none),
    "--device": .isRefused(["--device", "abacus"], telling: "abacus"),
    "--amp": .changes(["--amp", "bfloat16"]), "--threads": .isTested(by: "ValidateTests"),
    "--precision": .changes(["--precision", "bfloat16"]), "--calibration": .isTested(by: "LibraryTests"),
    "--agreement": .isTested(by: "LibraryTests"),
    "--engine": .changes(["--engine", "eager"]), "--compare": .changes(["--compare"]),
    "--metrics": .changes(["--metrics", "boundary_iou"]),
    "--absent-classes": .changes(["--absent-classes", "zero"]),
  ]) { $1 }

  static let predict = network.merging(inference) { $1 }.merging(imported) { $1 }.merging([
    "--size": .isTested(by: "ImportTests"),
    "--checkpoint": .isRefused(["--checkpoint", none], telling: none),
    "--input": .isRefused(["--input", none], telling: none), "--output": .isTested(by: "PredictTests"),
    "--recursive": .changes(["--recursive"]), "--fail-fast": .isTested(by: "PredictTests"),
    "--save": .changes(["--save", "color"]), "--alpha": .changes(["--alpha", "0.9"], besides: ["--save", "overlay"]),
    "--exif-orientation": .isTested(by: "PredictTests"),
    "--dataset": .isRefused(["--dataset", none + ".yaml"], telling: none),
    "--engine": .changes(["--engine", "eager"]), "--precision": .changes(["--precision", "bfloat16"]),
    "--calibration": .isTested(by: "PredictTests"), "--agreement": .isTested(by: "PredictTests"),
    "--smoothing": .isTested(by: "PredictVideoTests"), "--video-encoder": .isTested(by: "PredictVideoTests"),
    "--batch-size": .isTested(by: "PredictTests"), "--device": .isRefused(["--device", "abacus"], telling: "abacus"),
    "--threads": .isTested(by: "PredictTests"),
  ]) { $1 }

  static let compile = network.merging(imported) { $1 }.merging([
    "checkpoint": .isTested(by: "CompileTests"), "--size": .changes(["--size", "32x48"]),
    "--output": .isTested(by: "CompileTests"),
    "--dataset": .isRefused(["--dataset", none + ".yaml"], telling: none),
    "--precision": .changes(["--precision", "bfloat16"]), "--calibration": .isTested(by: "CompileTests"),
    "--agreement": .isTested(by: "CompileTests"), "--images": .isRefused(["--images", none], telling: none),
    "--threads": .isTested(by: "CompileTests"),
  ]) { $1 }

  static let export = network.merging([
    "checkpoint": .isTested(by: "ExportTests"), "--output": .isTested(by: "ExportTests"),
    "--format": .isTested(by: "ExportTests"), "--classes": .isTested(by: "ExportTests"),
    "--seed": .isTested(by: "ExportTests"), "--size": .changes(["--size", "32x64"]),
    "--dynamic": .changes(["--dynamic"]), "--batch-size": .changes(["--batch-size", "2"]),
    "--dynamic-batch": .changes(["--dynamic-batch"]), "--input": .changes(["--input", "uint8-nhwc"]),
    "--normalize": .changes(["--normalize"]), "--output-kind": .changes(["--output-kind", "classes"]),
    "--fold-batch-norm": .changes(["--fold-batch-norm"], besides: ["--no-fold-batch-norm"]),
    "--no-fold-batch-norm": .changes(["--no-fold-batch-norm"]), "--opset": .changes(["--opset", "20"]),
    "--precision": .isTested(by: "ExportTests"),
    "--dataset": .isRefused(["--dataset", none + ".yaml"], telling: none),
    "--calibration": .isRefused(["--precision", "int8", "--calibration", none], telling: none),
    "--agreement": .isTested(by: "ExportTests"), "--verify": .isRefused(["--verify", none], telling: none),
    "--data-root": .isTested(by: "ExportTests"), "--threads": .isTested(by: "ExportTests"),
  ]) { $1 }

  static let deploy = network.merging([
    "checkpoint": .isTested(by: "DeployTests"), "--output": .isTested(by: "DeployTests"),
  ]) { $1 }

  static let forward = network.merging([
    "--output-name": .isTested(by: "ImportTests"),
    "--weights": .isRefused(["--weights", none], telling: none),
    "--input": .isRefused(["--input", none], telling: none), "--output": .isTested(by: "ProgramTests"),
    "--input-channels": .isRefused(["--input-channels", "4"], telling: "4"),
    "--aux": .isRefused(["--aux"], telling: "auxiliary"), "--detail": .isRefused(["--detail"], telling: "detail"),
    "--classes": .isRefused(["--classes", "7"], telling: "--classes 19"),
    "--device": .isRefused(["--device", "abacus"], telling: "abacus"),
  ]) { $1 }

  static let models: [String: OptionEffect] = [
    "name": .changes(["enet"]), "--family": .isRefused(["--family", "real-time"], telling: "--family"),
    "--size": .changes(["--size", "64x64"]), "--classes": .changes(["--classes", "7"]),
    "--aux": .isRefused(["--aux"], telling: "auxiliary"), "--detail": .isRefused(["--detail"], telling: "detail"),
  ]

  static let preview: [String: OptionEffect] = [
    "dataset": .isTested(by: "PreviewDataTests"), "--output": .isTested(by: "PreviewDataTests"),
    "--config": .isRefused(["--config", none], telling: none),
    "--set": .changes(["--set", "augmentation.horizontal_flip=1"]),
    "--data-root": .isRefused(["--data-root", none], telling: none), "--seed": .changes(["--seed", "2"]),
    "--split": .changes(["--split", "val"]), "--count": .changes(["--count", "3"]),
    "--columns": .changes(["--columns", "1"]),
  ]

  static let view: [String: OptionEffect] = [
    "dataset": .isTested(by: "ViewDataTests"), "--output": .isTested(by: "ViewDataTests"),
    "--data-root": .isRefused(["--data-root", none], telling: none), "--limit": .changes(["--limit", "1"]),
    "--size": .changes(["--size", "32"]), "--exif-orientation": .isTested(by: "ViewDataTests"),
    "--channels": .isTested(by: "ViewDataTests"), "--pixel-type": .isTested(by: "ViewDataTests"),
  ]

  static let synthesize: [String: OptionEffect] = [
    "--output": .isTested(by: "ValidateTests"), "--count": .changes(["--count", "3"]),
    "--size": .changes(["--size", "32x48"]), "--seed": .changes(["--seed", "2"]),
  ]

  static let importing: [String: OptionEffect] = [
    "format": .isRefused(["abacus"], telling: "abacus"), "path": .isTested(by: "ImportDataTests"),
    "--output": .isTested(by: "ImportDataTests"), "--classes": .isTested(by: "ImportDataTests"),
    "--background": .isTested(by: "ImportDataTests"), "--split": .isTested(by: "ImportDataTests"),
    "--strict": .isTested(by: "ImportDataTests"), "--allow-outside": .isTested(by: "ImportDataTests"),
  ]

  static let check: [String: OptionEffect] = [
    "--dataset": .isRefused(["--dataset", none + ".yaml"], telling: none),
    "--data-root": .isRefused(["--data-root", none], telling: none),
    "--exif-orientation": .isTested(by: "CheckDataTests"), "--channels": .isTested(by: "CheckDataTests"),
    "--pixel-type": .isTested(by: "CheckDataTests"), "--no-cache": .isTested(by: "CheckDataTests"),
    "--json": .changes(["--json"]),
  ]

  static let packing: [String: OptionEffect] = [
    "dataset": .isTested(by: "PackDataTests"), "--output": .isTested(by: "PackDataTests"),
    "--data-root": .isRefused(["--data-root", none], telling: none), "--split": .changes(["--split", "val"]),
    "--samples-per-shard": .changes(["--samples-per-shard", "2"]), "--shard-size": .changes(["--shard-size", "30kB"]),
  ]

  /// Options of the configuration: a value that the key refuses shows that the option sets the key.
  private static let configuration: [String: OptionEffect] = [
    "--config": .isRefused(["--config", none], telling: none),
    "--set": .isRefused(["--set", "epochs=0"], telling: "epochs: expected 1 to"),
    "--model": .isRefused(["--model", "abacus"], telling: "abacus"),
    "--encoder": .isRefused(["--encoder", "resnet18"], telling: "encoder"),
    "--decoder": .isRefused(["--decoder", "unet"], telling: "decoder"),
    "--dataset": .isRefused(["--dataset", none + ".yaml"], telling: none),
    "--data-root": .isTested(by: "TrainingProgramTests"),
    "--device": .isRefused(["--device", "abacus"], telling: "--device: device: expected"),
    "--amp": .isRefused(["--amp", "int3"], telling: "--amp: amp: expected"),
    "--threads": .isTested(by: "TrainingProgramTests"),
    "--epochs": .isRefused(["--epochs", "0"], telling: "--epochs: epochs: expected"),
    "--batch-size": .isRefused(["--batch-size", "0"], telling: "--batch-size: batch_size: expected"),
    "--accumulation": .isRefused(["--accumulation", "0"], telling: "--accumulation: accumulation: expected"),
    "--lr": .isRefused(["--lr", "0"], telling: "--lr: optimizer.learning_rate: expected"),
    "--crop-size": .isRefused(["--crop-size", "0x0"], telling: "--crop-size: augmentation.crop_size: expected"),
    "--seed": .isTested(by: "OptionEffectTests"), "--aux": .isTested(by: "TrainingProgramTests"),
    "--detail": .isRefused(["--detail"], telling: "has no detail head"),
    "--no-validation": .isTested(by: "SearchRefusalTests"),
    "--tensorboard": .isTested(by: "OptionEffectTests"), "--no-tensorboard": .isTested(by: "OptionEffectTests"),
    "--mlflow": .isRefused(["--mlflow", "ftp://a"], telling: "logging.mlflow"),
    "--teacher": .isRefused(["--teacher", "fastscnn"], telling: "distillation.teacher"),
    "--teacher-checkpoint": .isRefused(["--teacher-checkpoint", none], telling: "distillation.teacher"),
  ]

  static let train = configuration.merging([
    "--output": .isTested(by: "TrainingProgramTests"), "--resume": .isTested(by: "TrainingProgramTests"),
    "--find-learning-rate": .isTested(by: "TrainingProgramTests"),
    "--init": .isTested(by: "ProgramTests"), "--backbone-weights": .isTested(by: "ProgramTests"),
    "--continue-from": .isTested(by: "TrainingProgramTests"), "--processes": .isTested(by: "ProcessEqualityTests"),
    "--process-timeout": .isTested(by: "ProcessFailureTests"), "--quiet": .isTested(by: "TrackingProgramTests"),
    "--json-log": .isTested(by: "TrackingProgramTests"),
  ]) { $1 }

  /// `search` has the flags of `train`; it reads its space before it opens the data set and looks at the network's heads.
  static let search = configuration.merging([
    "--dataset": .isTested(by: "OptionEffects"), "--detail": .isTested(by: "OptionEffects"),
    "--space": .isTested(by: "SearchTests"), "--output": .isTested(by: "SearchTests"),
    "--apply": .isTested(by: "SearchTests"), "--trials": .isTested(by: "SearchTests"),
    "--storage": .isTested(by: "SearchTests"), "--study-name": .isTested(by: "SearchTests"),
    "--sampler": .isTested(by: "SearchTests"), "--pruner": .isTested(by: "SearchTests"),
    "--sampler-seed": .isTested(by: "SearchTests"), "--heartbeat": .isTested(by: "SearchRefusalTests"),
    "--processes": .isTested(by: "SearchTests"),
  ]) { $1 }

  static let bench: [String: OptionEffect] = Dictionary(
    uniqueKeysWithValues: [
      "--model", "--all", "--weights", "--seed", "--against", "--peer-precision", "--peers-at-own-size", "--peers",
      "--reference", "--size", "--frame", "--classes", "--threads", "--precision", "--calibration", "--agreement",
      "--device", "--engine", "--output", "--repetitions", "--seconds", "--warmup", "--warmup-seconds", "--rounds",
      "--contended", "--contended-memory", "--selection", "--profile", "--timeout", "--json", "--plot", "--isa",
    ].map { ($0, OptionEffect.isTested(by: "BenchTests")) }
  ).merging(["--output-name": .isTested(by: "ImportTests")]) { $1 }

  static let recommend: [String: OptionEffect] = Dictionary(
    uniqueKeysWithValues: [
      "--budget", "--size", "--classes", "--threads", "--precision", "--runs", "--measured", "--json",
    ].map { ($0, OptionEffect.isTested(by: "RecommendTests")) })

  static let report: [String: OptionEffect] = Dictionary(
    uniqueKeysWithValues: ["--output", "--evaluate", "--images", "--data-root", "--device", "--threads"]
      .map { ($0, OptionEffect.isTested(by: "RunsTests")) }
  ).merging(["run": .isTested(by: "RunsTests")]) { $1 }

  static let serve = network.merging([
    "network": .isTested(by: "ServeTests"), "--host": .isTested(by: "ServeTests"),
    "--port": .isTested(by: "ServeTests"),
    "--contexts": .isTested(by: "ServeTests"), "--threads": .isRefused(["--threads", "0"], telling: "--threads"),
    "--queue": .isTested(by: "ServeTests"),
    "--connections": .isRefused(["--connections", "0"], telling: "--connections"),
    "--body-limit": .isTested(by: "ServeTests"), "--pixel-limit": .isTested(by: "ServeTests"),
    "--client-timeout": .isRefused(["--client-timeout", "0"], telling: "--client-timeout"),
    "--queue-timeout": .isRefused(["--queue-timeout", "0"], telling: "--queue-timeout"),
    "--timeout": .isRefused(["--timeout", "0"], telling: "--timeout"),
    "--tls-certificate": .isTested(by: "ServeTests"), "--tls-key": .isTested(by: "ServeTests"),
    "--token-file": .isTested(by: "ServeTests"), "--token-variable": .isTested(by: "ServeTests"),
    "--cors-origin": .isRefused(["--cors-origin", "here"], telling: "https://example.org"),
    "--log": .isTested(by: "ServeTests"), "--dataset": .isRefused(["--dataset", none + ".yaml"], telling: none),
    "--engine": .isTested(by: "ServeTests"),
    "--precision": .isRefused(["--precision", "int8"], telling: "rtseg compile"),
    "--device": .isRefused(["--device", "abacus"], telling: "abacus"),
    "--size": .isRefused(["--size", "64x64"], telling: "--size is for ONNX files"),
    "--output-name": .isRefused(["--output-name", "scores"], telling: "are for ONNX files"),
    "--mean": .isRefused(["--mean", "0.5,0.5,0.5"], telling: "--mean and --std belong together"),
    "--std": .isRefused(["--std", "0.5,0.5,0.5"], telling: "--mean and --std belong together"),
  ]) { $1 }

  /// All commands that take options.
  static let all: [String: [String: OptionEffect]] = [
    "train": train, "val": validate, "predict": predict, "compile": compile, "deploy": deploy, "export": export,
    "forward": forward,
    "models": models, "data import": importing, "data preview": preview, "data synthesize": synthesize,
    "data view": view, "data check": check, "data pack": packing, "search": search, "bench": bench,
    "recommend": recommend,
    "serve": serve,
    "report": report,
    "doctor": ["--verbose": .changes(["--verbose"])],
    "info": [
      "file": .isTested(by: "CompileTests"), "--json": .changes(["--json"]), "--size": .isTested(by: "ImportTests"),
    ],
    "runs": [
      "folder": .isTested(by: "RunsTests"), "--sort": .isTested(by: "RunsTests"), "--json": .changes(["--json"]),
    ],
    "config show": [
      "key": .changes(["epochs"]), "--all": .changes(["--all"]), "--json": .changes(["--json"]),
    ],
    "config check": ["file": .isRefused([none], telling: none)],
  ]
}
