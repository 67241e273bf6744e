package dev.tarn.io.model;

import static dev.tarn.error.TarnException.quote;

import dev.tarn.error.FormatException;
import dev.tarn.io.json.JsonCursor;
import dev.tarn.io.zip.ZipMember;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.zip.CRC32C;

/// Compares the bytes of an archive before its manifest, which pass by in order, with the checksums
/// in the manifest.
final class ArchiveCheck {
  private final String name;
  private final JsonCursor manifest;
  private final List<ZipMember> sections = new ArrayList<>();
  private final long end;
  private final MessageDigest sha = TarnArchive.sha256();
  private final CRC32C crc = new CRC32C();
  private final List<Long> found = new ArrayList<>();
  private long at;

  /// @param name what messages call the archive
  /// @param members the sections by name
  /// @param end where the manifest begins
  ArchiveCheck(String name, JsonCursor manifest, Map<String, ZipMember> members, long end) {
    this.name = name;
    this.manifest = manifest;
    this.end = end;
    for (JsonCursor listed : manifest.get("sections").items()) {
      sections.add(Objects.requireNonNull(members.get(listed.get("name").text())));
    }
    pass();
  }

  void update(byte[] bytes, int count) {
    sha.update(bytes, 0, count);
    for (int done = 0; done < count; ) {
      int now = (int) Math.min(count - done, next() - at);
      crc.update(bytes, done, now);
      done += now;
      at += now;
      pass();
    }
  }

  /// Where the data of a section begin or end next.
  private long next() {
    if (found.size() == sections.size()) {
      return end;
    }
    ZipMember section = sections.get(found.size());
    return at < section.dataAt() ? section.dataAt() : section.dataAt() + section.size();
  }

  /// Takes note of the sections that end here, and forgets what stands between them.
  private void pass() {
    while (found.size() < sections.size()) {
      ZipMember section = sections.get(found.size());
      if (at == section.dataAt()) {
        crc.reset();
      }
      if (at < section.dataAt() + section.size()) {
        return;
      }
      found.add(crc.getValue());
    }
  }

  /// @throws FormatException if a byte that passed by is not as it was written
  void requireUnchanged() {
    List<JsonCursor> listed = manifest.get("sections").items();
    for (int i = 0; i < listed.size(); i++) {
      String is = "%d bytes with CRC32C %08x".formatted(sections.get(i).size(), found.get(i));
      String expected =
          "%d bytes with CRC32C %s"
              .formatted(
                  listed.get(i).get("bytes").whole(0, Long.MAX_VALUE),
                  listed.get(i).get("crc32c").text());
      if (!is.equals(expected)) {
        throw new FormatException(
            "%s: the section %s has %s; expected %s. The file is damaged."
                .formatted(name, sections.get(i).name(), is, quote(expected)));
      }
    }
    String is = HexFormat.of().formatHex(sha.digest());
    String expected = manifest.get("sha256").text();
    if (!is.equals(expected)) {
      throw new FormatException(
          "%s: its bytes have SHA-256 %s; expected %s. The file is damaged."
              .formatted(name, is, quote(expected)));
    }
  }
}
