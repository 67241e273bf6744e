package dev.tarn.error;

/// The root of everything Tarn throws. A message reads: where · what we got · what is needed · what
/// to do.
public abstract sealed class TarnException extends RuntimeException
    permits ParameterException,
        ShapeException,
        LimitException,
        FormatException,
        UnsupportedException,
        UnsafeException,
        StoreException,
        NonFiniteException,
        CancelledException {
  private static final long serialVersionUID = 1L;
  private static final int LONGEST_QUOTE = 200;

  TarnException(String message, Throwable cause) {
    super(message, cause);
  }

  TarnException(String message) {
    super(message);
  }

  /// The same fault with `where` (a layer or file) put before its message.
  public abstract TarnException at(String where);

  /// Text from a file or a user made safe for a message: at most 200 characters, control characters
  /// escaped.
  public static String quote(String text) {
    var safe = new StringBuilder();
    text.codePoints()
        .limit(LONGEST_QUOTE)
        .forEach(c -> {
          if (Character.isISOControl(c) || Character.getType(c) == Character.FORMAT) {
            safe.append("\\u%04x".formatted(c));
          } else {
            safe.appendCodePoint(c);
          }
        });
    return text.codePointCount(0, text.length()) > LONGEST_QUOTE ? safe + "…" : safe.toString();
  }
}
