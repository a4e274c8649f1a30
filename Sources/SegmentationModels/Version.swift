/// The program's version, by semantic versioning.
public let rtsegVersion = "0.1.0"
