package dev.tarn.cli;

import java.io.FileDescriptor;
import java.lang.reflect.Field;

/// Points standard error at another descriptor.
///
/// The JVM prints a warning about incubating modules that no option turns off, so the launcher lets
/// the JVM's own messages go through a filter and hands the real standard error over as another
/// descriptor, which `-Dtarn.stderr` names. (It also opens `java.io` for this.)
final class Stderr {
  private Stderr() {}

  static void useDescriptorOfLauncher() {
    Integer descriptor = Integer.getInteger("tarn.stderr");
    if (descriptor == null) {
      return;
    }
    try {
      Field number = FileDescriptor.class.getDeclaredField("fd");
      number.setAccessible(true);
      number.setInt(FileDescriptor.err, descriptor);
    } catch (ReflectiveOperationException | RuntimeException e) {
      // Then messages go through the filter too: they arrive, perhaps a moment after the end.
      System.err.flush();
    }
  }
}
