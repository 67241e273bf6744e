package dev.tarn.train;

import java.util.Map;

/// What a [GenerativeTrainer] tells after every step.
///
/// @param epoch from 0
/// @param step within the epoch, from 0
/// @param steps of an epoch
/// @param losses means over the epoch so far, by name
public record GenerativeStep(int epoch, int step, int steps, Map<String, Double> losses) {}
