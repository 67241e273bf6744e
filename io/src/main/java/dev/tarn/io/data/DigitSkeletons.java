package dev.tarn.io.data;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// How several hands write each digit: the path of the pen, without width, slant or shake.
///
/// A path is a row of points `x,y` in a box 100 high with `y` downwards; the pen passes smoothly
/// through all of them, turns sharply at a point that is written twice, and is lifted at `|`.
final class DigitSkeletons {
  private DigitSkeletons() {}

  /// The strokes of one way to write one digit; each stroke is a row of smooth pieces that share
  /// their end points.
  record Skeleton(List<Stroke> strokes) {
    static Skeleton parse(String text) {
      return new Skeleton(Stream.of(text.split("\\|", -1)).map(Stroke::parse).toList());
    }
  }

  /// One movement of the pen on the paper.
  record Stroke(List<Point> points) {
    static Stroke parse(String text) {
      List<Point> points = new ArrayList<>();
      for (String pair : text.strip().split(" +", -1)) {
        int comma = pair.indexOf(',');
        points.add(
            new Point(
                Integer.parseInt(pair.substring(0, comma)),
                Integer.parseInt(pair.substring(comma + 1))));
      }
      return new Stroke(List.copyOf(points));
    }
  }

  record Point(int x, int y) {}

  /// The ways to write `digit`.
  static List<Skeleton> of(int digit) {
    return HANDS.get(digit);
  }

  private static List<Skeleton> hands(String... paths) {
    return Stream.of(paths).map(Skeleton::parse).toList();
  }

  private static final List<List<Skeleton>> HANDS =
      List.of(
          hands( // 0: closed oval, overlapping oval, narrow, round, with a curl, not quite closed
              "45,3 22,6 6,30 4,58 12,86 32,98 52,88 63,62 61,30 45,3",
              "38,6 15,16 3,46 8,82 32,99 58,84 66,48 54,14 34,2 20,8",
              "30,3 12,22 5,56 14,90 30,98 46,82 52,50 44,16 30,3",
              "40,4 14,14 2,50 14,86 42,97 72,84 82,48 68,14 40,4",
              "58,8 30,4 8,28 4,62 20,94 48,94 66,66 62,30 44,10 34,16",
              "34,10 12,26 4,58 16,92 40,96 60,72 62,38 48,10"),
          hands( // 1: a stroke, slanted, with a flag, with flag and foot, with a long upstroke
              "9,0 8,50 6,100",
              "10,0 11,34 9,70 10,100",
              "26,0 14,50 0,100",
              "0,22 14,14 24,0 24,0 23,50 20,100",
              "2,20 16,12 26,0 26,0 24,50 22,98 | 2,99 22,98 44,99",
              "0,36 16,22 32,0 32,0 31,50 27,100"),
          hands( // 2: plain, with a loop, angular, with a curl, with a wavy foot
              "5,25 15,6 35,1 55,12 56,34 38,62 5,97 5,97 35,96 66,95",
              "6,22 22,3 46,3 58,22 48,50 24,82 8,96 2,88 12,80 30,88 50,98 70,90",
              "6,10 34,2 54,16 46,44 6,98 6,98 34,95 64,93",
              "14,30 5,20 16,4 40,0 57,16 50,44 28,72 4,95 4,95 22,86 44,97 68,86",
              "2,18 26,0 50,10 50,38 28,70 4,90 12,84 34,92 64,98",
              "8,16 30,2 56,6 62,30 40,64 12,92 2,96 10,86 30,86 52,96 76,88"),
          hands( // 3: two bowls, with a loop in the waist, flat top, shallow waist, pointed waist
              "6,14 24,1 48,4 52,26 38,44 20,48 20,48 44,52 58,70 48,92 24,100 2,88",
              "8,12 30,0 52,12 46,36 26,48 20,43 30,44 54,58 55,84 30,100 4,90",
              "6,4 30,3 54,3 54,3 42,20 26,40 26,40 50,48 58,70 46,94 20,100 2,88",
              "4,10 30,0 52,18 32,46 32,46 58,64 54,88 28,100 2,92",
              "2,8 26,0 48,10 44,32 16,50 16,50 48,54 54,76 36,96 4,98"),
          hands( // 4: open, closed, open with a round bend, in one movement, narrow and open, with
              // a long bar
              "10,4 6,30 2,58 2,58 30,58 66,54 | 50,4 46,50 42,100",
              "44,0 22,28 0,62 0,62 34,62 68,60 | 44,0 43,50 41,100",
              "8,6 4,34 12,54 34,54 54,44 | 57,0 50,50 44,100",
              "6,4 2,40 12,54 34,52 54,38 54,38 58,4 58,4 50,56 44,100",
              "14,8 8,38 6,60 6,60 28,62 50,58 | 44,14 40,60 36,100",
              "38,2 18,32 2,64 2,64 40,66 80,64 | 56,26 52,64 48,100"),
          hands( // 5: bar drawn last, in one movement, round like an S, with a short bar, with a
              // flat belly, with a long bar
              "14,3 11,24 8,44 8,44 32,36 54,50 58,74 42,96 18,100 0,90 | 14,3 36,4 60,1",
              "60,2 38,4 16,5 16,5 12,26 8,45 8,45 34,37 56,54 54,82 28,100 2,92",
              "54,4 30,6 14,20 18,38 40,50 54,70 42,94 20,100 2,90",
              "12,8 10,28 8,48 8,48 28,42 48,56 48,82 28,98 0,94 | 12,8 30,8 44,5",
              "62,0 36,4 18,8 18,8 14,28 10,46 10,46 44,46 62,64 50,90 22,100 0,96",
              "24,20 20,34 18,46 18,46 36,44 46,60 40,84 20,98 0,94 | 22,18 50,10 84,2"),
          hands( // 6: round, straight stem, big loop, small low loop, curled inwards, wide
              "48,2 24,18 8,48 4,76 20,99 46,94 54,74 40,56 18,60 6,78",
              "36,0 20,30 8,64 10,90 28,100 46,86 44,66 28,60 11,74",
              "54,10 40,1 20,14 6,44 6,80 26,100 52,88 56,64 36,48 12,62",
              "30,0 14,36 4,70 10,96 32,99 46,84 38,68 20,68 7,80",
              "58,4 30,14 8,46 4,80 24,99 50,90 58,68 44,54 24,60 20,76",
              "30,0 8,36 4,74 24,98 60,96 76,80 62,66 36,70 22,92"),
          hands( // 7: plain, with a bar, with a serif, round shoulder, bar and serif, in one bend
              "2,6 30,4 58,2 58,2 42,44 26,100",
              "2,4 30,4 58,2 58,2 40,46 26,100 | 16,52 34,50 56,47",
              "3,20 4,4 4,4 30,4 60,2 60,2 44,46 32,100",
              "2,10 20,3 42,6 58,4 58,4 46,28 34,60 31,100",
              "4,16 6,3 6,3 34,4 62,1 62,1 46,40 30,100 | 22,50 38,49 60,46",
              "0,8 22,2 50,6 54,20 38,56 22,100"),
          hands( // 8: an S closed upwards, two rings, open at the top, narrow waist crossing, small
              // head, wide
              "52,14 34,1 12,8 10,28 30,46 50,64 50,90 28,100 6,88 10,66 32,46 50,30 52,14",
              "30,46 10,34 12,8 32,0 50,12 46,36 30,46 6,62 5,88 28,100 54,90 54,64 30,46",
              "48,5 22,2 10,20 28,42 48,62 46,92 22,100 4,84 14,62 38,40 56,14",
              "44,4 18,6 14,26 36,48 52,72 38,97 12,96 6,76 28,50 52,26 44,4",
              "40,8 24,2 14,16 28,36 50,58 54,86 28,100 2,86 8,60 32,36 44,20 40,8",
              "70,8 40,0 14,12 20,34 44,52 50,78 32,98 8,92 8,72 34,50 62,30 70,8"),
          hands( // 9: straight stem, tail to the left, slanted, round in one movement, small head,
              // wide, begun inside
              "50,20 38,3 16,4 4,24 10,46 32,48 48,30 52,6 52,6 50,50 46,100",
              "50,20 32,0 8,12 6,38 28,50 48,34 52,14 53,50 42,86 18,100 4,90",
              "46,12 24,2 6,20 12,42 34,42 50,16 50,16 44,54 28,100",
              "54,16 34,1 10,10 6,34 26,48 50,36 56,14 54,44 44,74 32,100",
              "42,10 22,2 8,16 14,36 32,36 44,18 44,18 46,60 44,100",
              "52,8 26,0 4,20 16,44 40,38 54,8 54,8 52,54 46,100",
              "48,30 26,46 6,34 12,10 34,0 52,12 50,44 40,76 26,100"));
}
