package dev.tarn.io.data;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/// Real data that lies beside the project: `-Dtests.shared.data=DIR`, else `../shared/data` of the
/// repository.
final class SharedData {
  private SharedData() {}

  /// A folder of real data; without it the test is skipped, and says so.
  static Path folder(String name) {
    String given = System.getProperty("tests.shared.data");
    Path data = given != null ? Path.of(given) : repository().resolve("../shared/data").normalize();
    Path folder = data.resolve(name);
    if (!Files.isDirectory(folder)) {
      System.err.println(
          "SKIPPED, NO REAL DATA: %s is missing; give -Dtests.shared.data=DIR to test with %s."
              .formatted(folder, name));
      Assumptions.abort("no real data at " + folder);
    }
    return folder;
  }

  private static Path repository() {
    Path at = Path.of("").toAbsolutePath();
    while (at.getParent() != null && !Files.exists(at.resolve(".git"))) {
      at = at.getParent();
    }
    return at;
  }
}
