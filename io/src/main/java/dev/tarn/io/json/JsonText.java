package dev.tarn.io.json;

import static dev.tarn.error.TarnException.quote;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import dev.tarn.error.FormatException;
import dev.tarn.error.LimitException;
import dev.tarn.error.ParameterException;
import java.io.IOException;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;

/// JSON text to [Json] and back.
///
/// Reading is strict (RFC 8259): one value and nothing after it, unique names, no comments, no NaN,
/// no lone surrogates, nesting up to [#DEEPEST] at most [#LONGEST] characters and [#MOST_TOKENS]
/// tokens.
public final class JsonText {
  /// How deep objects and lists may lie in each other.
  public static final int DEEPEST = 16;

  /// The longest text, in characters.
  public static final int LONGEST = 25_000_000;

  /// The most values, names and brackets: a tree takes about 60 bytes for each.
  public static final int MOST_TOKENS = 1_000_000;

  private static final int LONGEST_NUMBER = 64;
  private static final int LONGEST_NAME = 10_000;
  private static final int LONGEST_STRING = 1_000_000;

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(DEEPEST)
                  .maxDocumentLength(LONGEST)
                  .maxTokenCount(MOST_TOKENS)
                  .maxNumberLength(LONGEST_NUMBER)
                  .maxNameLength(LONGEST_NAME)
                  .maxStringLength(LONGEST_STRING)
                  .build())
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
          // Names from files must not grow a table that lives as long as the process.
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .build();

  private JsonText() {}

  /// Reads one value.
  ///
  /// @param file what messages call the text's origin
  /// @throws FormatException if it is not strict JSON
  /// @throws LimitException if it is deeper or longer than allowed
  public static Json parse(String file, String text) {
    if (text.length() > LONGEST) {
      throw new LimitException(
          "%s: the JSON text has %d characters; at most %d are read."
              .formatted(quote(file), text.length(), LONGEST));
    }
    try (JsonParser parser = FACTORY.createParser(text)) {
      if (parser.nextToken() == null) {
        throw new FormatException("%s: the JSON text is empty.".formatted(quote(file)));
      }
      Json value = new Reading(file, parser).value();
      if (parser.nextToken() != null) {
        throw new FormatException(
            "%s: character %d: there is more after the end of the JSON value."
                .formatted(quote(file), parser.currentTokenLocation().getCharOffset()));
      }
      return value;
    } catch (StreamConstraintsException e) {
      throw new LimitException(
          "%s: %s. JSON is read to depth %d, %d tokens, and strings of %d characters."
              .formatted(
                  quote(file), quote(e.getOriginalMessage()), DEEPEST, MOST_TOKENS, LONGEST_STRING),
          e);
    } catch (JsonProcessingException e) {
      throw new FormatException(
          "%s: character %d: not JSON: %s"
              .formatted(
                  quote(file), e.getLocation().getCharOffset(), quote(e.getOriginalMessage())),
          e);
    } catch (IOException e) {
      throw new FormatException("%s: not JSON: %s".formatted(quote(file), e), e);
    }
  }

  /// The value without any white space.
  public static String compact(Json value) {
    return write(value, Layout.COMPACT);
  }

  /// The value indented for people, with a line end after it.
  public static String indented(Json value) {
    return write(value, Layout.INDENTED) + "\n";
  }

  private enum Layout {
    COMPACT,
    INDENTED
  }

  private static String write(Json value, Layout layout) {
    var text = new StringWriter();
    try (JsonGenerator generator = FACTORY.createGenerator(text)) {
      if (layout == Layout.INDENTED) {
        var printer = new DefaultPrettyPrinter();
        printer.indentObjectsWith(new DefaultIndenter("  ", "\n"));
        generator.setPrettyPrinter(printer);
      }
      write(value, generator);
    } catch (IOException e) {
      throw new ParameterException("JSON: cannot be written: " + e.getMessage(), e);
    }
    return text.toString();
  }

  private static void write(Json value, JsonGenerator to) throws IOException {
    switch (value) {
      case Json.Members members -> {
        to.writeStartObject();
        for (var member : members.members().entrySet()) {
          to.writeFieldName(member.getKey());
          write(member.getValue(), to);
        }
        to.writeEndObject();
      }
      case Json.Items items -> {
        to.writeStartArray();
        for (Json item : items.items()) {
          write(item, to);
        }
        to.writeEndArray();
      }
      case Json.Text text -> to.writeString(text.value());
      case Json.Whole whole -> to.writeNumber(whole.value());
      case Json.Real real -> {
        if (!Double.isFinite(real.value())) {
          throw new ParameterException(
              "JSON: %s is not a JSON number; needed a finite one.".formatted(real.value()));
        }
        to.writeNumber(real.value());
      }
      case Json.Truth truth -> to.writeBoolean(truth.value());
      case Json.Nothing nothing -> to.writeNull();
    }
  }

  private record Reading(String file, JsonParser parser) {
    /// The value that starts at the current token. Recursion is bounded by the parser's nesting
    /// limit.
    Json value() throws IOException {
      return switch (parser.currentToken()) {
        case START_OBJECT -> {
          var members = new LinkedHashMap<String, Json>();
          while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = wellFormed(parser.currentName());
            parser.nextToken();
            members.put(name, value());
          }
          yield new Json.Members(members);
        }
        case START_ARRAY -> {
          var items = new ArrayList<Json>();
          while (parser.nextToken() != JsonToken.END_ARRAY) {
            items.add(value());
          }
          yield new Json.Items(items);
        }
        case VALUE_STRING -> new Json.Text(wellFormed(parser.getText()));
        case VALUE_NUMBER_INT -> whole();
        case VALUE_NUMBER_FLOAT -> real();
        case VALUE_TRUE -> new Json.Truth(true);
        case VALUE_FALSE -> new Json.Truth(false);
        case VALUE_NULL -> new Json.Nothing();
        case null, default -> throw fault("ends in the middle of a value", "a value");
      };
    }

    private Json whole() throws IOException {
      if (parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
        throw fault("holds " + parser.getText(), "a whole number that fits in 64 bits");
      }
      // -0 is a number of its own only among doubles.
      return parser.getText().equals("-0")
          ? new Json.Real(-0.0)
          : new Json.Whole(parser.getLongValue());
    }

    private Json real() throws IOException {
      double value = parser.getDoubleValue();
      if (!Double.isFinite(value)) {
        throw fault("holds " + parser.getText(), "a number a double can hold");
      }
      return new Json.Real(value);
    }

    private String wellFormed(String text) {
      for (int i = 0; i < text.length(); i++) {
        char c = text.charAt(i);
        boolean pair =
            Character.isHighSurrogate(c)
                && i + 1 < text.length()
                && Character.isLowSurrogate(text.charAt(i + 1));
        if (pair) {
          i++;
        } else if (Character.isSurrogate(c)) {
          throw fault("has half a surrogate pair in a text", "Unicode text");
        }
      }
      return text;
    }

    private FormatException fault(String found, String expected) {
      return new FormatException(
          "%s: character %d: the JSON text %s; expected %s."
              .formatted(
                  quote(file),
                  parser.currentTokenLocation().getCharOffset(),
                  quote(found),
                  expected));
    }
  }
}
