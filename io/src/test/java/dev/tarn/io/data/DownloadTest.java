package dev.tarn.io.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tarn.error.CancelledException;
import dev.tarn.error.StoreException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class DownloadTest {
  private static final byte[] CONTENT = new byte[300_000];

  static {
    for (int i = 0; i < CONTENT.length; i++) {
      CONTENT[i] = (byte) ((i * 31) >> 3);
    }
  }

  @TempDir Path folder;
  private ServerSocket server;
  private final AtomicInteger requests = new AtomicInteger();

  /// A web server of six places: good, gone, damaged, short, long and silent.
  @BeforeEach
  void start() throws IOException {
    server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual()
        .start(() -> {
          while (!server.isClosed()) {
            try {
              Socket socket = server.accept();
              Thread.ofVirtual().start(() -> serve(socket));
            } catch (IOException e) {
              break; // closed by stop()
            }
          }
        });
  }

  @AfterEach
  void stop() throws IOException {
    server.close();
  }

  private void serve(Socket socket) {
    try (socket) {
      var in =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
      String request = in.readLine();
      if (request == null) {
        return;
      }
      for (String line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {}
      requests.incrementAndGet();
      switch (request.split("/", -1)[1]) {
        case "good" -> answer(socket, 200, CONTENT.length, CONTENT);
        case "damaged" -> answer(socket, 200, CONTENT.length, new byte[CONTENT.length]);
        case "short" -> answer(socket, 200, 1000, new byte[1000]);
        case "long" -> answer(socket, 200, CONTENT.length + 1, new byte[CONTENT.length + 1]);
        case "silent" -> {
          answer(socket, 200, CONTENT.length, new byte[1000]);
          Thread.sleep(20_000);
        }
        default -> answer(socket, 404, 0, new byte[0]);
      }
    } catch (IOException | InterruptedException e) {
      // the client went away, which is what some tests are about
    }
  }

  private static void answer(Socket socket, int status, int length, byte[] body)
      throws IOException {
    String head =
        "HTTP/1.1 %d X\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
            .formatted(status, length);
    socket.getOutputStream().write(head.getBytes(StandardCharsets.ISO_8859_1));
    socket.getOutputStream().write(body);
    socket.getOutputStream().flush();
  }

  private URI mirror(String name) {
    return URI.create("http://127.0.0.1:%d/%s/".formatted(server.getLocalPort(), name));
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  private Path fetch(Progress progress, URI... mirrors) {
    return new Download("file.gz", CONTENT.length, sha256(CONTENT))
        .into(
            folder.resolve("cache"),
            new Download.Way(List.of(mirrors), Duration.ofMillis(700), progress));
  }

  private void refused(String part, URI... mirrors) {
    var e = assertThrows(StoreException.class, () -> fetch(Progress.NONE, mirrors));
    assertTrue(e.getMessage().contains(part), () -> "\"" + part + "\" in: " + e.getMessage());
    assertEquals(List.of(), leftovers());
  }

  private List<Path> leftovers() {
    try (Stream<Path> files = Files.list(folder.resolve("cache"))) {
      return files.toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void a_file_arrives_whole_and_is_not_fetched_twice() throws IOException {
    AtomicLong last = new AtomicLong();
    Path file = fetch((what, done, total) -> last.set(done), mirror("good"));
    assertArrayEquals(CONTENT, Files.readAllBytes(file));
    assertEquals(CONTENT.length, last.get(), "progress ends at the whole");
    assertEquals(file, fetch(Progress.NONE, mirror("good")));
    assertEquals(1, requests.get());
    assertEquals(List.of(file), leftovers());
  }

  @Test
  void the_next_mirror_helps_out_whatever_is_wrong_with_the_first() throws IOException {
    for (String bad : List.of("gone", "damaged", "short", "long", "silent")) {
      Path file = fetch(Progress.NONE, mirror(bad), mirror("good"));
      assertArrayEquals(CONTENT, Files.readAllBytes(file), bad);
      Files.delete(file);
    }
  }

  @Test
  void what_is_wrong_is_said_and_nothing_is_left_behind() {
    refused("127.0.0.1: HTTP status 404", mirror("gone"));
    refused("its SHA-256 is ", mirror("damaged"));
    refused("1000 bytes instead of 300000", mirror("short"));
    refused("300001 bytes instead of 300000", mirror("long"));
    refused("nothing arrived for", mirror("silent"));
  }

  @Test
  void without_a_network_every_mirror_is_named() throws IOException {
    URI nobody = mirror("good");
    server.close();
    refused("127.0.0.1: ConnectException; 127.0.0.1: ConnectException", nobody, nobody);
  }

  @Test
  void an_interrupt_cancels_and_keeps_the_flag() {
    Thread.currentThread().interrupt();
    assertThrows(CancelledException.class, () -> fetch(Progress.NONE, mirror("silent")));
    assertTrue(Thread.interrupted());
    assertEquals(List.of(), leftovers());
  }
}
