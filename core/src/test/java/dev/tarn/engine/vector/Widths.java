package dev.tarn.engine.vector;

import dev.tarn.engine.Engine;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShape;

/// Vector engines of every width in one process.
///
/// The width is a constant of the class, so each width gets classes of its own: a loader that
/// defines the package anew while the property `tarn.vector.bits` holds that width.
public final class Widths {
  private static final String PACKAGE = "dev.tarn.engine.vector.";

  private Widths() {}

  /// The widths this machine has: 128 and, where they exist, 256 and 512.
  public static int[] bits() {
    int widest = FloatVector.SPECIES_MAX.vectorBitSize();
    return Arrays.stream(new int[] {128, 256, 512}).filter(b -> b <= widest).toArray();
  }

  /// A vector engine whose vectors have this many bits.
  public static synchronized Engine engine(int bits) {
    assert VectorShape.preferredShape() != null;
    String before = System.getProperty("tarn.vector.bits");
    System.setProperty("tarn.vector.bits", String.valueOf(bits));
    try {
      Engine engine =
          new Loader()
              .loadClass(PACKAGE + "VectorEngine")
              .asSubclass(Engine.class)
              .getDeclaredConstructor()
              .newInstance();
      if (!engine.name().equals("vector " + bits)) {
        throw new AssertionError("asked for %d bits, got %s".formatted(bits, engine.name()));
      }
      return engine;
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(e.getMessage(), e);
    } finally {
      if (before == null) {
        System.clearProperty("tarn.vector.bits");
      } else {
        System.setProperty("tarn.vector.bits", before);
      }
    }
  }

  private static final class Loader extends ClassLoader {
    Loader() {
      super(Widths.class.getClassLoader());
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      if (!name.startsWith(PACKAGE)) {
        return super.loadClass(name, resolve);
      }
      synchronized (getClassLoadingLock(name)) {
        Class<?> loaded = findLoadedClass(name);
        return loaded != null ? loaded : define(name);
      }
    }

    private Class<?> define(String name) throws ClassNotFoundException {
      try (InputStream in = getResourceAsStream(name.replace('.', '/') + ".class")) {
        if (in == null) {
          throw new ClassNotFoundException(name);
        }
        byte[] code = in.readAllBytes();
        return defineClass(name, code, 0, code.length);
      } catch (IOException e) {
        throw new ClassNotFoundException(name, e);
      }
    }
  }
}
