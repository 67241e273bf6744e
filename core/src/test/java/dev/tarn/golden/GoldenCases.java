package dev.tarn.golden;

import dev.tarn.tensor.Indices;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;

/// Reads what `core/src/test/golden/make_golden.py` wrote: cases of `case NAME | word=value …` and
/// lines `array shape values…`.
public final class GoldenCases {
  private GoldenCases() {}

  /// One case: its options and its arrays, each kept as the words of its line.
  public record Case(String name, Map<String, String> words, Map<String, String[]> arrays) {
    public String word(String key, String otherwise) {
      return words.getOrDefault(key, otherwise);
    }

    public String word(String key) {
      String value = words.get(key);
      if (value == null) {
        throw new IllegalStateException("case %s has no %s".formatted(name, key));
      }
      return value;
    }

    public int[] numbers(String key, int... otherwise) {
      return words.containsKey(key) ? wholes(word(key).split(",")) : otherwise;
    }

    public double number(String key, double otherwise) {
      return words.containsKey(key) ? Double.parseDouble(word(key)) : otherwise;
    }

    public boolean has(String array) {
      return arrays.containsKey(array);
    }

    /// The array with Tarn's answer: the framework's own, or the one beside it where Tarn decided
    /// otherwise.
    public String ours(String array) {
      return has("ours_" + array) ? "ours_" + array : array;
    }

    /// The array with the answer of Tarn's default where it differs from the profile's.
    public String byDefault(String array) {
      return has("default_" + array) ? "default_" + array : array;
    }

    public Shape shape(String array) {
      return Shape.of(wholes(line(array)[1].split(",")));
    }

    public Tensor tensor(String array) {
      return Tensor.of(shape(array), floats(array));
    }

    public Indices indices(String array) {
      return new Indices(shape(array), ints(array));
    }

    public float[] floats(String array) {
      double[] from = doubles(array);
      float[] to = new float[from.length];
      for (int i = 0; i < to.length; i++) {
        to[i] = (float) from[i];
      }
      return to;
    }

    public double[] doubles(String array) {
      return values(array).mapToDouble(Double::parseDouble).toArray();
    }

    public int[] ints(String array) {
      return values(array).mapToInt(Integer::parseInt).toArray();
    }

    private Stream<String> values(String array) {
      return Arrays.stream(line(array)).skip(2);
    }

    private String[] line(String array) {
      String[] line = arrays.get(array);
      if (line == null) {
        throw new IllegalStateException("case %s has no array %s".formatted(name, array));
      }
      return line;
    }
  }

  static int[] wholes(String[] words) {
    return Arrays.stream(words).mapToInt(Integer::parseInt).toArray();
  }

  /// All cases of a file, in its order.
  public static List<Case> read(String file) {
    List<Case> cases = new ArrayList<>();
    try (var in =
        new BufferedReader(
            new InputStreamReader(
                new GZIPInputStream(
                    GoldenCases.class.getResourceAsStream("/dev/tarn/golden/" + file + ".txt.gz")),
                StandardCharsets.US_ASCII))) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        if (line.startsWith("case ")) {
          String[] sides = line.substring(5).split(" \\| ", 2);
          Map<String, String> words =
              Arrays.stream(sides[1].split(" "))
                  .map(word -> word.split("=", 2))
                  .collect(Collectors.toMap(pair -> pair[0], pair -> pair[1]));
          cases.add(new Case(sides[0], words, new LinkedHashMap<>()));
        } else if (!line.isEmpty()) {
          String[] words = line.split(" ");
          cases.getLast().arrays().put(words[0], words);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(file, e);
    }
    return cases;
  }
}
