import Foundation

/// The local file that a checkpoint's text on the command line stands for.
func checkpointFile(_ text: String) throws -> URL { URL(filePath: text) }
