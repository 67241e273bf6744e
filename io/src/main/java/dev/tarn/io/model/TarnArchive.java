package dev.tarn.io.model;

import static dev.tarn.error.TarnException.quote;

import dev.tarn.error.FormatException;
import dev.tarn.error.LimitException;
import dev.tarn.error.StoreException;
import dev.tarn.error.TarnException;
import dev.tarn.error.UnsafeException;
import dev.tarn.error.UnsupportedException;
import dev.tarn.io.binary.Cursor;
import dev.tarn.io.binary.Source;
import dev.tarn.io.json.Json;
import dev.tarn.io.json.JsonCursor;
import dev.tarn.io.json.JsonText;
import dev.tarn.io.store.Content;
import dev.tarn.io.store.Storage;
import dev.tarn.io.zip.ZipMember;
import dev.tarn.io.zip.ZipReader;
import dev.tarn.io.zip.ZipWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Function;
import java.util.zip.CRC32C;

/// The container of a `.tarn` file: an ordinary zip archive of stored members under checksums.
///
/// Its last member, `manifest.json`, holds the format version, the number of the save, every
/// section's length and CRC32C, and the SHA-256 of all bytes before it. Whatever the checksums do
/// not cover must be exactly what the writer would write, so every changed bit and every cut is
/// found. Nothing is ever unpacked to disk.
final class TarnArchive {
  /// The format this program writes, and the newest it reads.
  static final int VERSION = 1;

  static final String MODEL = "model.json";
  static final String ABOUT = "about.json";
  static final String WEIGHTS = "weights.safetensors";
  static final String TRAINING = "training.json";
  static final String TRAINING_ARRAYS = "training.safetensors";
  private static final String MANIFEST = "manifest.json";
  private static final List<String> KNOWN =
      List.of(MODEL, ABOUT, WEIGHTS, TRAINING, TRAINING_ARRAYS);
  private static final int LONGEST_MANIFEST = 10_000;
  private static final int BLOCK_BYTES = 1 << 20;

  /// From this size on, checking takes long enough to be worth a thread.
  private static final long LARGE_BYTES = 16L << 20;

  private final String name;
  private final ZipReader zip;
  private final Map<String, ZipMember> sections;
  private final JsonCursor manifest;
  private final long manifestAt;

  private TarnArchive(
      String name,
      ZipReader zip,
      Map<String, ZipMember> sections,
      JsonCursor manifest,
      long manifestAt) {
    this.name = name;
    this.zip = zip;
    this.sections = sections;
    this.manifest = manifest;
    this.manifestAt = manifestAt;
  }

  /// The bytes of an archive; the same sections give the same bytes.
  ///
  /// @param generation number of the save, from 1
  static Content content(Map<String, Content> sections, long generation) {
    return out -> {
      MessageDigest sha = sha256();
      var zip = new ZipWriter(hashing(out, sha));
      var list = new ArrayList<Json>();
      for (var section : sections.entrySet()) {
        var crc = new CRC32C();
        long[] length = {0};
        zip.add(
            section.getKey(),
            to -> {
              crc.reset();
              length[0] = 0;
              section.getValue().writeTo(counting(to, crc, length));
            });
        list.add(
            Json.members()
                .with("name", section.getKey())
                .with("bytes", length[0])
                .with("crc32c", "%08x".formatted(crc.getValue())));
      }
      Json manifest =
          Json.members()
              .with("format", "tarn")
              .with("version", VERSION)
              .with("generation", generation)
              .with("sections", new Json.Items(list))
              .with("sha256", HexFormat.of().formatHex(sha.digest()));
      zip.add(MANIFEST, text(manifest));
      zip.finish();
    };
  }

  static Content text(Json value) {
    return Content.of(JsonText.indented(value).getBytes(StandardCharsets.UTF_8));
  }

  /// Reads an archive and checks all of it.
  ///
  /// @throws FormatException if a bit is not as it was written, or it is no `.tarn` file
  /// @throws UnsupportedException if it was written by a newer format
  static TarnArchive read(Source source) {
    TarnArchive archive = directory(source);
    archive.requireUnchanged(source);
    return archive;
  }

  /// Reads an archive and what is wanted of it. All of it is checked, a large one by a second
  /// thread meanwhile, since a hash takes longer than reading; nothing of an archive that fails is
  /// returned.
  ///
  /// @throws FormatException if a bit is not as it was written, whatever `use` made of that
  static <T> T read(Source source, Function<TarnArchive, T> use) {
    if (source.size() < LARGE_BYTES) {
      return use.apply(read(source));
    }
    TarnArchive archive = directory(source);
    var check = CompletableFuture.runAsync(() -> archive.requireUnchanged(source));
    try {
      T result = use.apply(archive);
      await(check);
      return result;
    } catch (TarnException e) {
      await(check); // Damage explains everything else.
      throw e;
    } finally {
      check.exceptionally(fault -> null).join(); // The source is open as long as it is read.
    }
  }

  private static void await(CompletableFuture<Void> check) {
    try {
      check.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof TarnException fault) {
        throw fault;
      }
      throw e;
    }
  }

  private void requireUnchanged(Source source) {
    var check = new ArchiveCheck(name, manifest, sections, manifestAt);
    Cursor file = Cursor.of(source);
    byte[] block = new byte[(int) Math.min(BLOCK_BYTES, source.size())];
    while (file.position() < manifestAt) {
      int count = (int) Math.min(block.length, manifestAt - file.position());
      file.bytes(block, 0, count, "file");
      check.update(block, count);
    }
    check.requireUnchanged();
  }

  /// Everything but the bytes under checksums.
  private static TarnArchive directory(Source source) {
    String name = quote(source.name());
    ZipReader zip;
    try {
      zip = ZipReader.read(source);
    } catch (UnsafeException | UnsupportedException | LimitException e) {
      // What this program writes has none of this, so it is damage or another file.
      throw new FormatException(e.getMessage() + " It is no .tarn file, or damaged.", e);
    }
    var sections = new LinkedHashMap<String, ZipMember>();
    zip.members().forEach(m -> sections.put(m.name(), m));
    ZipMember last = sections.remove(MANIFEST);
    if (last == null || !zip.members().getLast().equals(last)) {
      throw new FormatException(
          "%s: has no manifest.json as its last member; expected a .tarn file.".formatted(name));
    }
    Cursor text = zip.open(last);
    if (text.remaining() > LONGEST_MANIFEST) {
      throw text.tooMuch("manifest", text.remaining(), LONGEST_MANIFEST, "bytes");
    }
    JsonCursor manifest =
        JsonCursor.parse(
            source.name() + "!" + MANIFEST, text.utf8((int) text.remaining(), "manifest"));
    if (!manifest.get("format").text().equals("tarn")) {
      throw manifest.get("format").malformed("is not \"tarn\"", "a .tarn file");
    }
    long version = manifest.get("version").whole(1, Integer.MAX_VALUE);
    if (version > VERSION) {
      throw new UnsupportedException(
          "%s: is of format version %d; this program reads up to %d. Use a newer Tarn."
              .formatted(name, version, VERSION));
    }
    manifest.only("format", "version", "generation", "sections", "sha256");
    ZipWriter.requireCanonical(source, zip.members());
    requireListed(manifest, sections);
    manifest.get("generation").whole(1, Long.MAX_VALUE);
    return new TarnArchive(name, zip, sections, manifest, last.headerAt());
  }

  private static void requireListed(JsonCursor manifest, Map<String, ZipMember> sections) {
    List<String> names = manifest.get("sections").list(s -> s.get("name").text());
    for (JsonCursor section : manifest.get("sections").items()) {
      section.only("name", "bytes", "crc32c");
      if (!KNOWN.contains(section.get("name").text())) {
        throw section.get("name").malformed("is " + section.get("name").text(), "one of " + KNOWN);
      }
    }
    if (!names.equals(List.copyOf(sections.keySet()))) {
      throw manifest
          .get("sections")
          .malformed(
              "are %s, but the members are %s".formatted(names, sections.keySet()), "both alike");
    }
  }

  /// Number of the save, which orders files whatever their clocks say.
  long generation() {
    return manifest.get("generation").whole(1, Long.MAX_VALUE);
  }

  boolean has(String section) {
    return sections.containsKey(section);
  }

  /// The bytes of a section.
  ///
  /// @throws FormatException if it is not there
  Cursor open(String section) {
    ZipMember member = sections.get(section);
    if (member == null) {
      throw new FormatException(
          "%s: has no %s, only %s.".formatted(name, section, sections.keySet()));
    }
    return zip.stored(member);
  }

  /// A section of JSON.
  JsonCursor json(String section) {
    Cursor cursor = open(section);
    if (cursor.remaining() > JsonText.LONGEST) {
      throw cursor.tooMuch(section, cursor.remaining(), JsonText.LONGEST, "bytes");
    }
    return JsonCursor.parse(name + "!" + section, cursor.utf8((int) cursor.remaining(), section));
  }

  /// Reads an archive in a file.
  static <T> T read(Storage storage, Path file, Function<Source, T> read) {
    try (Source source = storage.source(file)) {
      return read.apply(source);
    } catch (IOException e) {
      throw new StoreException(
          "%s could not be closed: %s.".formatted(quote(file.toString()), quote(Storage.reason(e))),
          e);
    }
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  private static OutputStream hashing(OutputStream out, MessageDigest sha) {
    return new OutputStream() {
      @Override
      public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
      }

      @Override
      public void write(byte[] bytes, int from, int count) throws IOException {
        sha.update(bytes, from, count);
        out.write(bytes, from, count);
      }
    };
  }

  private static OutputStream counting(OutputStream out, CRC32C crc, long[] length) {
    return new OutputStream() {
      @Override
      public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
      }

      @Override
      public void write(byte[] bytes, int from, int count) throws IOException {
        crc.update(bytes, from, count);
        length[0] += count;
        out.write(bytes, from, count);
      }
    };
  }
}
