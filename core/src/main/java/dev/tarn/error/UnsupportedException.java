package dev.tarn.error;

/// Valid, but not something Tarn does.
public final class UnsupportedException extends TarnException {
  private static final long serialVersionUID = 1L;

  public UnsupportedException(String message) {
    super(message);
  }

  public UnsupportedException(String message, Throwable cause) {
    super(message, cause);
  }

  @Override
  public UnsupportedException at(String where) {
    return new UnsupportedException(where + ": " + getMessage(), this);
  }
}
