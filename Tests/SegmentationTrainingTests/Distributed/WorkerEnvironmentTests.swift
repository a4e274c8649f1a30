import SegmentationTraining
import TestSupport
import Testing

@Suite struct WorkerEnvironmentTests {
  private static let torchrun = [
    "RANK": "3", "LOCAL_RANK": "1", "WORLD_SIZE": "4", "LOCAL_WORLD_SIZE": "2", "MASTER_ADDR": "node1",
    "MASTER_PORT": "29500", "TORCHELASTIC_USE_AGENT_STORE": "True", "TORCHELASTIC_RESTART_COUNT": "2",
  ]

  @Test func `a process is alone unless the environment says otherwise`() throws {
    #expect(try WorkerEnvironment.find(in: [:]) == nil)
    #expect(try WorkerEnvironment.find(in: ["MASTER_ADDR": "x", "LOCAL_RANK": "1"]) == nil)
    // A shell within an allocation of SLURM, without a place to meet.
    #expect(try WorkerEnvironment.find(in: ["SLURM_PROCID": "0", "SLURM_NTASKS": "8"]) == nil)
  }

  @Test func `the variables of torchrun are read`() throws {
    let found = try #require(try WorkerEnvironment.find(in: Self.torchrun))
    #expect(found.rank == 3 && found.size == 4 && found.localRank == 1 && found.localSize == 2)
    #expect(found.address == "node1" && found.port == 29500 && found.isServedByAgent && found.attempt == 2)
  }

  /// Kubernetes' PyTorchJob gives each pod a rank and nothing local.
  @Test func `a process without a local rank is the first of its machine`() throws {
    var environment = Self.torchrun
    for key in ["LOCAL_RANK", "LOCAL_WORLD_SIZE", "TORCHELASTIC_USE_AGENT_STORE", "TORCHELASTIC_RESTART_COUNT"] {
      environment[key] = nil
    }
    let found = try #require(try WorkerEnvironment.find(in: environment))
    #expect(found.rank == 3 && found.localRank == 0 && found.localSize == nil && !found.isServedByAgent)
  }

  @Test func `the variables of srun are read`() throws {
    let found = try #require(
      try WorkerEnvironment.find(in: [
        "SLURM_PROCID": "5", "SLURM_NTASKS": "8", "SLURM_LOCALID": "1", "MASTER_ADDR": "10.0.0.1",
        "MASTER_PORT": "1234",
      ]))
    #expect(found.rank == 5 && found.size == 8 && found.localRank == 1 && found.port == 1234)
  }

  @Test(arguments: [
    ("RANK", nil, "the environment has no RANK"),
    ("RANK", "4", "RANK: expected the number of a process, 0 to 3, found '4'"),
    ("RANK", "-1", "RANK: expected the number of a process"),
    ("RANK", "x\u{1B}", "RANK: expected the number of a process"),
    ("WORLD_SIZE", nil, "the environment has no WORLD_SIZE"),
    ("WORLD_SIZE", "", "WORLD_SIZE: expected a whole number, 1 to 65536, found ''"),
    ("WORLD_SIZE", "99999999999999999999", "WORLD_SIZE: expected a whole number"),
    ("LOCAL_RANK", "9", "LOCAL_RANK: expected a whole number, 0 to 3"),
    ("LOCAL_WORLD_SIZE", "1", "LOCAL_WORLD_SIZE: expected a whole number, 2 to 4"),
    ("MASTER_ADDR", nil, "the environment has no MASTER_ADDR"),
    ("MASTER_ADDR", "", "the environment has no MASTER_ADDR"),
    ("MASTER_ADDR", "a b", "MASTER_ADDR: expected the name or address of a machine, found 'a b'"),
    ("MASTER_PORT", nil, "the environment has no MASTER_PORT"),
    ("MASTER_PORT", "0", "MASTER_PORT: expected a port, 1 to 65535, found '0'"),
    ("TORCHELASTIC_RESTART_COUNT", "x", "TORCHELASTIC_RESTART_COUNT: expected a whole number"),
  ])
  func `what cannot be is refused in one line`(key: String, value: String?, problem: String) {
    var environment = Self.torchrun
    environment[key] = value
    let text = message { _ = try WorkerEnvironment.find(in: environment) }
    #expect(text?.contains(problem) == true && text?.contains("\u{1B}") == false, "\(text ?? "nothing")")
    #expect(text?.contains("\n") == false)
  }
}
