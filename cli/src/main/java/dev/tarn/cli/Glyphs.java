package dev.tarn.cli;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/// Letters of 5×7 dots, so that pictures have words on machines without any font.
final class Glyphs {
  static final int WIDTH = 5;
  static final int HEIGHT = 7;

  /// One letter a line: the letter, then seven rows from the top, five bits each.
  private static final Map<Character, int[]> ROWS =
      rows(
          """
          0 0E 11 13 15 19 11 0E
          1 04 0C 04 04 04 04 0E
          2 0E 11 01 02 04 08 1F
          3 1F 02 04 02 01 11 0E
          4 02 06 0A 12 1F 02 02
          5 1F 10 1E 01 01 11 0E
          6 06 08 10 1E 11 11 0E
          7 1F 01 02 04 08 08 08
          8 0E 11 11 0E 11 11 0E
          9 0E 11 11 0F 01 02 0C
          a 00 00 0E 01 0F 11 0F
          b 10 10 16 19 11 11 1E
          c 00 00 0E 10 10 11 0E
          d 01 01 0D 13 11 11 0F
          e 00 00 0E 11 1F 10 0E
          f 06 09 08 1C 08 08 08
          g 00 00 0F 11 0F 01 0E
          h 10 10 16 19 11 11 11
          i 04 00 0C 04 04 04 0E
          j 02 00 06 02 02 12 0C
          k 10 10 12 14 18 14 12
          l 0C 04 04 04 04 04 0E
          m 00 00 1A 15 15 11 11
          n 00 00 16 19 11 11 11
          o 00 00 0E 11 11 11 0E
          p 00 00 1E 11 1E 10 10
          q 00 00 0D 13 0F 01 01
          r 00 00 16 19 10 10 10
          s 00 00 0E 10 0E 01 1E
          t 08 08 1C 08 08 09 06
          u 00 00 11 11 11 13 0D
          v 00 00 11 11 11 0A 04
          w 00 00 11 11 15 15 0A
          x 00 00 11 0A 04 0A 11
          y 00 00 11 11 0F 01 0E
          z 00 00 1F 02 04 08 1F
          . 00 00 00 00 00 0C 0C
          , 00 00 00 00 0C 04 08
          : 00 0C 0C 00 0C 0C 00
          - 00 00 00 1F 00 00 00
          _ 00 00 00 00 00 00 1F
          % 18 19 02 04 08 13 03
          / 00 01 02 04 08 10 00
          ( 02 04 08 08 08 04 02
          ) 08 04 02 02 02 04 08
          × 00 11 0A 04 0A 11 00
          → 00 04 02 1F 02 04 00
          """);

  private static final int[] UNKNOWN = {0x1F, 0x11, 0x11, 0x11, 0x11, 0x11, 0x1F};
  private static final int[] BLANK = new int[HEIGHT];

  private Glyphs() {}

  /// The rows of a letter from the top, the leftmost dot in bit 4; capitals look like small letters
  /// and what is not known is a box.
  static int[] rows(char letter) {
    if (letter == ' ') {
      return BLANK.clone();
    }
    String small = String.valueOf(letter).toLowerCase(Locale.ROOT);
    return ROWS.getOrDefault(small.charAt(0), UNKNOWN).clone();
  }

  private static Map<Character, int[]> rows(String table) {
    Map<Character, int[]> rows = new HashMap<>();
    for (String line : table.lines().toList()) {
      int[] bits = new int[HEIGHT];
      for (int y = 0; y < HEIGHT; y++) {
        bits[y] = Integer.parseInt(line.substring(2 + 3 * y, 4 + 3 * y), 16);
      }
      rows.put(line.charAt(0), bits);
    }
    return rows;
  }
}
