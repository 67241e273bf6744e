package dev.tarn.io.json;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/// A JSON value. Whole numbers that fit in 64 bits stay whole; everything else is a finite double.
public sealed interface Json {
  /// Members in the order they were written; names are unique.
  record Members(SequencedMap<String, Json> members) implements Json {
    public Members {
      members = java.util.Collections.unmodifiableSequencedMap(new LinkedHashMap<>(members));
    }

    /// The same with one more member at the end, or with another value if the name is there.
    public Members with(String name, Json value) {
      var more = new LinkedHashMap<>(members);
      more.put(name, value);
      return new Members(more);
    }

    public Members with(String name, String value) {
      return with(name, new Text(value));
    }

    public Members with(String name, long value) {
      return with(name, new Whole(value));
    }
  }

  record Items(List<Json> items) implements Json {
    public Items {
      items = List.copyOf(items);
    }
  }

  record Text(String value) implements Json {}

  record Whole(long value) implements Json {}

  /// @param value finite
  record Real(double value) implements Json {}

  record Truth(boolean value) implements Json {}

  record Nothing() implements Json {}

  /// An object without members, to be filled by [Members#with].
  static Members members() {
    return new Members(new LinkedHashMap<>());
  }

  static Members texts(Map<String, String> texts) {
    var members = new LinkedHashMap<String, Json>();
    texts.forEach((name, text) -> members.put(name, new Text(text)));
    return new Members(members);
  }

  static Items texts(List<String> texts) {
    return new Items(texts.stream().<Json>map(Text::new).toList());
  }

  static Items wholes(List<Integer> numbers) {
    return new Items(numbers.stream().<Json>map(n -> new Whole(n)).toList());
  }

  /// What kind of value this is, for messages.
  default String kind() {
    return switch (this) {
      case Members m -> "an object";
      case Items i -> "a list of %d".formatted(i.items().size());
      case Text t -> "the text \"%s\"".formatted(t.value());
      case Whole w -> "the number " + w.value();
      case Real r -> "the number " + r.value();
      case Truth t -> String.valueOf(t.value());
      case Nothing n -> "null";
    };
  }
}
