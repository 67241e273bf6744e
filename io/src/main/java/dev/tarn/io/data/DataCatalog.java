package dev.tarn.io.data;

import static dev.tarn.error.TarnException.quote;

import dev.tarn.error.ParameterException;
import dev.tarn.error.StoreException;
import dev.tarn.io.store.FileStorage;
import dev.tarn.tensor.Shape;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Finds data sets: `digits`, `mnist` and `cifar10` by name, a folder of images or NumPy arrays by
/// its path.
///
/// MNIST and CIFAR-10 are taken from the data folder if one is given, else from the cache, else
/// they are downloaded into the cache and checked against their published checksums.
public final class DataCatalog {
  private static final List<String> DIGITS =
      IntStream.range(0, 10).mapToObj(String::valueOf).toList();

  private static final List<URI> MNIST_MIRRORS =
      List.of(
          URI.create("https://storage.googleapis.com/cvdf-datasets/mnist/"),
          URI.create("https://ossci-datasets.s3.amazonaws.com/mnist/"));

  /// Sizes and checksums as the TensorFlow data sets and many others publish them.
  private static final List<Download> MNIST =
      List.of(
          new Download(
              "train-images-idx3-ubyte.gz",
              9_912_422,
              "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
          new Download(
              "train-labels-idx1-ubyte.gz",
              28_881,
              "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
          new Download(
              "t10k-images-idx3-ubyte.gz",
              1_648_877,
              "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
          new Download(
              "t10k-labels-idx1-ubyte.gz",
              4_542,
              "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"));

  private final @Nullable Path dataFolder;
  private final Path cache;
  private final boolean downloads;
  private final BadFiles badFiles;
  private final long seed;
  private final Progress progress;

  private DataCatalog(
      @Nullable Path dataFolder,
      Path cache,
      boolean downloads,
      BadFiles badFiles,
      long seed,
      Progress progress) {
    this.dataFolder = dataFolder;
    this.cache = cache;
    this.downloads = downloads;
    this.badFiles = badFiles;
    this.seed = seed;
    this.progress = progress;
  }

  /// A catalogue with this user's cache, `$XDG_CACHE_HOME/tarn` or `~/.cache/tarn`, that may
  /// download.
  public static DataCatalog standard() {
    return new DataCatalog(
        null,
        cacheFolder(System.getenv(), System.getProperty("user.home", ".")),
        true,
        BadFiles.REFUSE,
        1,
        Progress.NONE);
  }

  /// The names that [#open] knows besides paths of folders.
  public static List<String> names() {
    return List.of("digits", "mnist", "cifar10");
  }

  /// The same with MNIST and CIFAR-10 taken from files in `folder`, or in a folder `mnist` or
  /// `cifar-10` within it.
  public DataCatalog dataFolder(Path folder) {
    return new DataCatalog(folder, cache, downloads, badFiles, seed, progress);
  }

  /// The same with another cache.
  public DataCatalog cache(Path folder) {
    return new DataCatalog(dataFolder, folder, downloads, badFiles, seed, progress);
  }

  /// The same, never using the network.
  public DataCatalog withoutDownloads() {
    return new DataCatalog(dataFolder, cache, false, badFiles, seed, progress);
  }

  /// The same with another way to treat bad files in folders of images; at first they are refused.
  public DataCatalog badFiles(BadFiles wanted) {
    return new DataCatalog(dataFolder, cache, downloads, wanted, seed, progress);
  }

  /// The same with another seed for the built-in digits and for splitting folders of images; at
  /// first 1.
  public DataCatalog seed(long wanted) {
    return new DataCatalog(dataFolder, cache, downloads, badFiles, wanted, progress);
  }

  /// The same, telling `listener` how far downloads and folders have come.
  public DataCatalog progress(Progress listener) {
    return new DataCatalog(dataFolder, cache, downloads, badFiles, seed, listener);
  }

  /// The data set called `name`, or the one at that path: a folder of images ([ImageFolder#splits])
  /// or NumPy arrays ([NumpyData#splits]).
  ///
  /// @param imageShape the shape to which images of a folder are stretched; data sets with names
  ///   have shapes of their own
  /// @throws ParameterException if it is neither a known name nor a folder
  /// @throws StoreException if its files are missing and cannot be downloaded
  /// @throws dev.tarn.error.FormatException if its files are damaged
  public DataSplits open(String name, Shape imageShape) {
    return switch (name) {
      case "digits" -> Digits.splits(seed);
      case "mnist" -> mnist();
      case "cifar10" -> cifar10();
      default -> folder(name, imageShape);
    };
  }

  private DataSplits folder(String name, Shape imageShape) {
    Path folder = FileStorage.path(name);
    if (NumpyData.isAt(folder)) {
      return NumpyData.splits(folder, seed);
    }
    if (!Files.isDirectory(folder)) {
      throw new ParameterException(
          "data \"%s\" is neither a name nor a folder; needed %s, or the path of a folder with one folder of images per class or with NumPy arrays, or of an .npz file."
              .formatted(quote(name), String.join(", ", names())));
    }
    return ImageFolder.splits(folder, imageShape, badFiles, seed, progress);
  }

  private DataSplits mnist() {
    Path folder =
        dataFolder != null ? within(dataFolder, "mnist") : fetched("mnist", MNIST, MNIST_MIRRORS);
    return new DataSplits(
        "mnist",
        Idx.read(
            found(folder, "train-images-idx3-ubyte"),
            found(folder, "train-labels-idx1-ubyte"),
            DIGITS),
        Idx.read(
            found(folder, "t10k-images-idx3-ubyte"),
            found(folder, "t10k-labels-idx1-ubyte"),
            DIGITS));
  }

  private DataSplits cifar10() {
    Path folder;
    if (dataFolder != null) {
      folder = within(within(dataFolder, "cifar-10"), "cifar-10-batches-bin");
    } else {
      folder = cache.resolve("cifar10");
      if (!Cifar10Archive.isComplete(folder)) {
        fetched("cifar10", List.of(Cifar10Archive.FILE), List.of(Cifar10Archive.MIRROR));
        Cifar10Archive.unpack(folder);
      }
    }
    return new DataSplits(
        "cifar10",
        Cifar10.read(batches(folder, "data_batch_")),
        Cifar10.read(batches(folder, "test_batch")));
  }

  /// The cache folder of a data set with all its files in it.
  private Path fetched(String name, List<Download> files, List<URI> mirrors) {
    Path folder = cache.resolve(name);
    var way = new Download.Way(mirrors, Duration.ofSeconds(30), progress);
    try {
      for (Download file : files) {
        if (!downloads && !Files.isRegularFile(folder.resolve(file.name()))) {
          throw new StoreException("%s is missing, and downloads are off.".formatted(file.name()));
        }
        file.into(folder, way);
      }
    } catch (StoreException e) {
      throw new StoreException(
          "data %s is not in %s: %s Connect to the network; or put the files of %s into a folder and name it as the data folder; or use the built-in data \"digits\"."
              .formatted(name, quote(folder.toString()), e.getMessage(), mirrors.getFirst()),
          e);
    }
    return folder;
  }

  private static Path within(Path folder, String name) {
    Path inner = folder.resolve(name);
    return Files.isDirectory(inner) ? inner : folder;
  }

  /// The file called `name`, plain or packed, or with the dot some copies have in place of the
  /// first hyphen before `idx`.
  private static Path found(Path folder, String name) {
    String dotted = name.replace("-idx", ".idx");
    return Stream.of(name + ".gz", name, dotted + ".gz", dotted)
        .map(folder::resolve)
        .filter(Files::isRegularFile)
        .findFirst()
        .orElseThrow(() ->
            new StoreException(
                "%s holds no file %s or %s.gz; needed the four files of MNIST."
                    .formatted(quote(folder.toString()), name, name)));
  }

  private static List<Path> batches(Path folder, String prefix) {
    List<Path> files =
        ImageFolder.list(folder).stream()
            .filter(path -> path.getFileName().toString().matches(prefix + "[0-9_]*\\.bin(\\.gz)?"))
            .toList();
    if (files.isEmpty()) {
      throw new StoreException(
          "%s holds no file %s….bin or .bin.gz; needed the binary version of CIFAR-10."
              .formatted(quote(folder.toString()), prefix));
    }
    return files;
  }

  static Path cacheFolder(Map<String, String> environment, String home) {
    String wanted = environment.getOrDefault("XDG_CACHE_HOME", "");
    // a relative path there is invalid and to be ignored, says the XDG base directory specification
    Path base =
        !wanted.isEmpty() && Path.of(wanted).isAbsolute()
            ? Path.of(wanted)
            : Path.of(home, ".cache");
    return base.resolve("tarn");
  }
}
