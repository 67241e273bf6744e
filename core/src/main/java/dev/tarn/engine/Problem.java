package dev.tarn.engine;

/// A contract that a kernel fulfils: what is to be computed, from which buffers, into which.
///
/// Problems know no layer. Unless one says *accumulates*, it overwrites all of its output; input
/// and output buffers never overlap, except where a record says they may be the same. Activations
/// lie channels last.
public sealed interface Problem
    permits PoolProblem,
        ConvProblem,
        DenseProblem,
        PointwiseProblem,
        NormProblem,
        MoveProblem,
        ReduceProblem {}
