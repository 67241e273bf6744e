package dev.tarn.io.data;

/// What to do about files of a folder that cannot be read.
public enum BadFiles {
  /// Refuse the folder and name them.
  REFUSE,
  /// Leave them out, and count them.
  SKIP
}
