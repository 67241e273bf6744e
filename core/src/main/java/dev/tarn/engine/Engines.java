package dev.tarn.engine;

import dev.tarn.engine.reference.ReferenceEngine;
import java.util.Locale;

/// The engines of this Java process.
///
/// The vector engine needs the module `jdk.incubator.vector` (`--add-modules
/// jdk.incubator.vector`); without it everything runs on the reference engine, slower, and [#note]
/// says so. The property `tarn.engine` forces `reference` or `vector`.
public final class Engines {
  private static final String VECTOR = "dev.tarn.engine.vector.VectorEngine";

  private Engines() {}

  /// The fastest engine that runs here.
  public static Engine best() {
    return Best.FOUND.engine;
  }

  /// One line: which engine [#best] is, and if it is not the fast one, why and what helps.
  public static String note() {
    return Best.FOUND.note;
  }

  /// Finds the engine once, when it is first asked for.
  private record Best(Engine engine, String note) {
    static final Best FOUND = find();

    private static Best find() {
      String wanted = System.getProperty("tarn.engine", "").toLowerCase(Locale.ROOT);
      if (wanted.equals("reference")) {
        return new Best(new ReferenceEngine(), "engine: reference, as tarn.engine says");
      }
      try {
        // Named by a string: this class must load where the vector module is absent.
        Engine vector =
            Class.forName(VECTOR).asSubclass(Engine.class).getDeclaredConstructor().newInstance();
        return new Best(vector, "engine: " + vector.name());
      } catch (ReflectiveOperationException | LinkageError | ClassCastException e) {
        return new Best(
            new ReferenceEngine(),
            "engine: reference (slow); start Java with --add-modules jdk.incubator.vector for the fast one");
      }
    }
  }
}
