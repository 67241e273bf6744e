package dev.tarn.io.data;

import static dev.tarn.error.TarnException.quote;

import dev.tarn.error.CancelledException;
import dev.tarn.error.StoreException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/// One file of a public data set: where it can be fetched from, its size and its checksum.
///
/// @param name the file's name
/// @param bytes its exact size
/// @param sha256 its checksum, in lower-case hexadecimal digits
record Download(String name, long bytes, String sha256) {
  private static final Duration CONNECT = Duration.ofSeconds(10);
  private static final long POLL_MILLIS = 200;
  private static final int STALLED = -1;
  private static final int TOO_LONG = -2;

  /// How to fetch.
  ///
  /// @param mirrors places that hold the file, each ending in `/`; tried in order
  /// @param patience how long nothing may arrive
  /// @param progress hears how many bytes have come
  record Way(List<URI> mirrors, Duration patience, Progress progress) {}

  /// Fetches the file into `folder`, unless it is there already. It appears under its name only
  /// when it is complete and its checksum is right.
  ///
  /// @throws StoreException if no mirror gives the file, or the folder cannot be written; names
  ///   every mirror's reason
  /// @throws CancelledException if the thread is interrupted
  Path into(Path folder, Way way) {
    Path target = folder.resolve(name);
    if (Files.isRegularFile(target)) {
      return target;
    }
    List<String> reasons = new ArrayList<>();
    Path temporary = null;
    try {
      Files.createDirectories(folder);
      temporary = Files.createTempFile(folder, name, ".part");
      for (URI mirror : way.mirrors()) {
        String reason = fetch(mirror.resolve(name), temporary, way);
        if (reason.isEmpty()) {
          Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
          return target;
        }
        reasons.add("%s: %s".formatted(mirror.getHost(), reason));
      }
    } catch (IOException e) {
      throw new StoreException(
          "%s: cannot be written (%s). Make room or choose another cache folder."
              .formatted(quote(target.toString()), quote(e.toString())),
          e);
    } finally {
      remove(temporary);
    }
    throw new StoreException(
        "%s could not be downloaded (%s).".formatted(name, String.join("; ", reasons)));
  }

  private static void remove(@Nullable Path temporary) {
    try {
      if (temporary != null) {
        Files.deleteIfExists(temporary);
      }
    } catch (IOException e) {
      // a stump with a name of its own harms nobody; the fault that led here is reported
    }
  }

  /// Why fetching failed, or nothing if it did not.
  private String fetch(URI address, Path temporary, Way way) throws IOException {
    HttpClient client =
        HttpClient.newBuilder()
            .connectTimeout(CONNECT)
            .followRedirects(HttpClient.Redirect.NORMAL)
            .build();
    try {
      HttpRequest request = HttpRequest.newBuilder(address).timeout(way.patience()).build();
      int status = arrival(client.sendAsync(request, overwriting(temporary)), temporary, way);
      switch (status) {
        case 200 -> {}
        case STALLED -> {
          return "nothing arrived for %d s".formatted(way.patience().toSeconds());
        }
        case TOO_LONG -> {
          return "more than the expected %d bytes".formatted(bytes);
        }
        default -> {
          return "HTTP status " + status;
        }
      }
      long size = Files.size(temporary);
      if (size != bytes) {
        return "%d bytes instead of %d".formatted(size, bytes);
      }
      String checksum = sha256(temporary);
      return checksum.equals(sha256)
          ? ""
          : "its SHA-256 is %s instead of %s".formatted(checksum, sha256);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      String message = cause.getMessage();
      return quote(cause.getClass().getSimpleName() + (message == null ? "" : ": " + message));
    } finally {
      client.shutdownNow();
    }
  }

  private static BodyHandler<Path> overwriting(Path file) {
    return BodyHandlers.ofFile(
        file, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING);
  }

  /// Waits for the answer: its HTTP status, [#TOO_LONG] or [#STALLED].
  private int arrival(CompletableFuture<HttpResponse<Path>> answer, Path temporary, Way way)
      throws ExecutionException, IOException {
    long seen = 0;
    long lastNews = System.nanoTime();
    while (true) {
      try {
        int status = answer.get(POLL_MILLIS, TimeUnit.MILLISECONDS).statusCode();
        way.progress().at(name, status == 200 ? Files.size(temporary) : 0, bytes);
        return status;
      } catch (TimeoutException e) {
        long size = Files.size(temporary);
        long now = System.nanoTime();
        if (size != seen) {
          seen = size;
          lastNews = now;
          way.progress().at(name, size, bytes);
        }
        if (size > bytes || now - lastNews > way.patience().toNanos()) {
          answer.cancel(true);
          return size > bytes ? TOO_LONG : STALLED;
        }
      } catch (InterruptedException e) {
        answer.cancel(true);
        Thread.currentThread().interrupt();
        throw new CancelledException("%s: the download was cancelled.".formatted(name), e);
      }
    }
  }

  private static String sha256(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      byte[] buffer = new byte[1 << 16];
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        digest.update(buffer, 0, n);
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }
}
