package dev.tarn.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import java.util.function.Supplier;

/// A library that can do the named cases, or some of them.
public interface Library {
  /// Tarn, and the libraries that the class path offers as services.
  static List<Library> all() {
    List<Library> all = new ArrayList<>(List.of(new TarnLibrary()));
    ServiceLoader.load(Library.class).forEach(all::add);
    return all;
  }

  /// As a column of the table: `tarn`, `djl-pytorch`, …
  String name();

  /// Whether this library can do a case: `pool.max2s2.nchw.8x64x112x112`, …
  boolean has(String name);

  /// How often one call of what is [#prepare]d does the work of a case.
  default int times(String name) {
    return 1;
  }

  /// Makes a case ready that it [#has].
  ///
  /// @param threads to compute on
  Prepared prepare(String name, int threads);

  /// A case made ready: each call does the work [#times] and returns something of its result, so
  /// that no compiler drops the work.
  interface Prepared extends Supplier<Object>, AutoCloseable {
    @Override
    default void close() {}
  }
}
