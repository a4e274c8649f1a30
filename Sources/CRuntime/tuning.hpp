// The numbers that were found by measuring the runtime, in one place. They change speed and memory, not results. They were
// measured on two cores of an AMD EPYC of the Zen 3 generation (per core 512 KiB of level 2, 32 MiB of level 3), with
// thirteen networks at 512x1024, runs before and after a change in turn.
#pragma once

#include <cstdint>

namespace rt::tuning {

/// The most smaller operations between two large ones that take turns with them.
constexpr int kMostBetween = 3;

// Chains. Sizes are shares of a core's own cache.

/// The most operations of a chain.
constexpr int kMostOfChain = 12;
/// The strips for each thread. With more than one, a thread that has lost its core delays less.
constexpr int kStripsOfThread = 2;
/// The least bytes of the maps between operations. Smaller ones stay in the caches by themselves.
constexpr double kChainMaps = 4;
/// The most bytes of all weights, which each turn reads.
constexpr double kChainWeights = 2;
/// The bytes that a strip's operations write in one turn, and the most bytes of the rows that it keeps. The caches behind
/// the core's own one help: turns of a quarter of it were slower.
constexpr double kChainTurn = 2, kChainRows = 4;
/// The most multiplications for each byte of inputs and outputs. With more of them, maps cost little.
constexpr double kChainIntensity = 10;
/// The most work that several strips do, as a share of all.
constexpr double kChainRepeated = 0.06;
/// The multiplications that take as long as a byte of a map.
constexpr double kMultiplicationsPerByte = 4;
/// Operations on large maps form chains in place of taking turns if chains have this share of their maps' bytes.
constexpr double kChainCover = 0.75;

}  // namespace rt::tuning
