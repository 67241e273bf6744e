package dev.tarn.io.data;

import static dev.tarn.error.TarnException.quote;

import dev.tarn.error.FormatException;
import dev.tarn.error.ShapeException;
import dev.tarn.error.StoreException;
import dev.tarn.error.TarnException;
import dev.tarn.io.image.Colours;
import dev.tarn.io.image.ImageFile;
import dev.tarn.tensor.Shape;
import dev.tarn.train.Dataset;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A folder with one folder of images per class, the class named after it; files in the order of
/// their names.
///
/// Every file is decoded once when the folder is opened, so that bad ones are known before training
/// starts. The first gibibyte of values stays in memory, one byte each; what lies beyond is decoded
/// anew whenever it is read.
public final class ImageFolder implements Dataset {
  private static final long KEPT_BYTES = 1L << 30;
  private static final int NAMED_BAD_FILES = 10;

  private final Shape shape;
  private final int sample;
  private final List<String> labels;
  private final List<Example> examples;
  private final List<String> skipped;

  /// @param kept the values of the image, or null if they are to be read from the file
  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Example(Path file, int label, byte @Nullable [] kept) {}

  /// A file that is still to be decoded.
  record Candidate(Path file, int label) {}

  private ImageFolder(
      Shape shape, List<String> labels, List<Example> examples, List<String> skipped) {
    this.shape = shape;
    this.sample = shape.arraySize();
    this.labels = labels;
    this.examples = examples;
    this.skipped = skipped;
  }

  /// Opens a folder; every image is stretched to `shape`, `[1 or 3, height, width]`.
  ///
  /// @throws FormatException if there is no class, a class has no images, or, unless they are
  ///   skipped, a file is bad
  /// @throws StoreException if the folder cannot be read
  public static ImageFolder open(Path folder, Shape shape, BadFiles badFiles, Progress progress) {
    List<String> labels = classes(folder);
    return decode(folder, labels, candidates(folder, labels), shape, badFiles, progress);
  }

  /// Opens a folder as examples to learn from and examples to test with.
  ///
  /// If it holds a folder `train` and a folder `test` (or `val`), these are the two. Otherwise a
  /// fifth of each class, chosen by `seed`, is kept for the test. Errors as of [#open].
  public static DataSplits splits(
      Path folder, Shape shape, BadFiles badFiles, long seed, Progress progress) {
    String name = String.valueOf(folder.getFileName());
    @Nullable Path training = first(folder, "train", "training");
    @Nullable Path test = first(folder, "test", "val", "valid", "validation");
    if (training != null && test != null) {
      List<String> labels = classes(training);
      if (!labels.equals(classes(test))) {
        throw new FormatException(
            "%s: its classes %s differ from those of %s, %s; needed the same folders in both."
                .formatted(
                    quote(test.toString()),
                    quote(classes(test).toString()),
                    quote(training.toString()),
                    quote(labels.toString())));
      }
      return new DataSplits(
          name, open(training, shape, badFiles, progress), open(test, shape, badFiles, progress));
    }
    List<String> labels = classes(folder);
    List<Candidate> toLearn = new ArrayList<>();
    List<Candidate> toTest = new ArrayList<>();
    List<Candidate> all = candidates(folder, labels);
    for (int label = 0; label < labels.size(); label++) {
      int number = label;
      List<Candidate> ofClass = all.stream().filter(c -> c.label() == number).toList();
      int[] order = Dataset.order(ofClass.size(), Seeds.mix(seed, label));
      int tested = ofClass.size() / 5;
      for (int i = 0; i < ofClass.size(); i++) {
        (order[i] < tested ? toTest : toLearn).add(ofClass.get(i));
      }
    }
    if (toTest.isEmpty()) {
      throw new FormatException(
          "%s: no class has 5 images, so none can be kept for the test; needed at least 5 in a class, or folders train and test."
              .formatted(quote(folder.toString())));
    }
    return new DataSplits(
        name,
        decode(folder, labels, toLearn, shape, badFiles, progress),
        decode(folder, labels, toTest, shape, badFiles, progress));
  }

  /// The files left out because they are bad, each with the reason.
  public List<String> skipped() {
    return skipped;
  }

  /// The file that example `index` is read from.
  public Path file(int index) {
    return examples.get(index).file();
  }

  @Override
  public int size() {
    return examples.size();
  }

  @Override
  public Shape shape() {
    return shape;
  }

  @Override
  public List<String> labels() {
    return labels;
  }

  @Override
  public int label(int index) {
    return examples.get(index).label();
  }

  @Override
  public void read(int index, long seed, float[] to, int at) {
    Example example = examples.get(index);
    byte[] kept = example.kept();
    if (kept == null) {
      kept = bytes(example.file(), shape);
    }
    ByteImages.toFloats(kept, 0, sample, to, at);
  }

  private static @Nullable Path first(Path folder, String... names) {
    return Stream.of(names)
        .map(folder::resolve)
        .filter(Files::isDirectory)
        .findFirst()
        .orElse(null);
  }

  private static List<String> classes(Path folder) {
    List<String> classes =
        list(folder).stream()
            .filter(Files::isDirectory)
            .map(path -> path.getFileName().toString())
            .toList();
    if (classes.isEmpty()) {
      throw new FormatException(
          "%s: holds no folders; needed one folder of images for each class, as in cats/1.png, dogs/2.jpg."
              .formatted(quote(folder.toString())));
    }
    return classes;
  }

  private static List<Candidate> candidates(Path folder, List<String> labels) {
    List<Candidate> found = new ArrayList<>();
    for (int label = 0; label < labels.size(); label++) {
      Path ofClass = folder.resolve(labels.get(label));
      List<Path> files = list(ofClass).stream().filter(Files::isRegularFile).toList();
      if (files.isEmpty()) {
        throw new FormatException(
            "%s: a class without images; add some, or remove the folder."
                .formatted(quote(ofClass.toString())));
      }
      for (Path file : files) {
        found.add(new Candidate(file, label));
      }
    }
    return found;
  }

  /// What lies in a folder, by name; hidden files are passed over.
  static List<Path> list(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(path -> !path.getFileName().toString().startsWith("."))
          .sorted((a, b) -> a.getFileName().toString().compareTo(b.getFileName().toString()))
          .toList();
    } catch (IOException e) {
      throw new StoreException(
          "%s: the folder cannot be read (%s). Check the path."
              .formatted(quote(folder.toString()), quote(e.getClass().getSimpleName())),
          e);
    }
  }

  private static ImageFolder decode(
      Path folder,
      List<String> labels,
      List<Candidate> candidates,
      Shape shape,
      BadFiles badFiles,
      Progress progress) {
    Colours.of(shape);
    List<Example> examples = new ArrayList<>();
    List<String> bad = new ArrayList<>();
    long room = KEPT_BYTES;
    int done = 0;
    for (Candidate candidate : candidates) {
      try {
        byte[] values = bytes(candidate.file(), shape);
        room -= values.length;
        examples.add(new Example(candidate.file(), candidate.label(), room >= 0 ? values : null));
      } catch (TarnException e) {
        if (e instanceof ShapeException) {
          throw e; // the wanted shape is at fault, not the file
        }
        bad.add(String.valueOf(e.getMessage()));
      }
      progress.at(String.valueOf(folder.getFileName()), ++done, candidates.size());
    }
    if (!bad.isEmpty() && (badFiles == BadFiles.REFUSE || examples.isEmpty())) {
      throw new FormatException(
          "%s: %d of %d files cannot be read:\n  %s%s\nRemove them, or skip bad files."
              .formatted(
                  quote(folder.toString()),
                  bad.size(),
                  candidates.size(),
                  String.join("\n  ", bad.subList(0, Math.min(NAMED_BAD_FILES, bad.size()))),
                  bad.size() > NAMED_BAD_FILES ? "\n  …" : ""));
    }
    return new ImageFolder(shape, labels, List.copyOf(examples), List.copyOf(bad));
  }

  private static byte[] bytes(Path file, Shape shape) {
    float[] values = ImageFile.read(file, shape).array();
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) Math.round(255 * values[i]);
    }
    return bytes;
  }
}
