package dev.tarn.cli;

import java.util.Objects;
import picocli.CommandLine.IVersionProvider;

/// `tarn 0.1.0`, and the Java it runs on.
final class Version implements IVersionProvider {
  @Override
  public String[] getVersion() {
    String version = Version.class.getPackage().getImplementationVersion();
    return new String[] {
      "tarn " + Objects.requireNonNullElse(version, "(not packaged)"),
      "Java %s (%s) on %s %s, %d processors"
          .formatted(
              Runtime.version(),
              System.getProperty("java.vendor"),
              System.getProperty("os.name"),
              System.getProperty("os.arch"),
              Runtime.getRuntime().availableProcessors())
    };
  }
}
