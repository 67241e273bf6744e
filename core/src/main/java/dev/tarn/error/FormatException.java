package dev.tarn.error;

/// A malformed file: names the path, the place, what was found and what was expected.
public final class FormatException extends TarnException {
  private static final long serialVersionUID = 1L;

  public FormatException(String message) {
    super(message);
  }

  public FormatException(String message, Throwable cause) {
    super(message, cause);
  }

  @Override
  public FormatException at(String where) {
    return new FormatException(where + ": " + getMessage(), this);
  }
}
