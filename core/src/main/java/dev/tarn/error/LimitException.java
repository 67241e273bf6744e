package dev.tarn.error;

/// More than a documented budget allows: elements, bytes, depth or time.
public final class LimitException extends TarnException {
  private static final long serialVersionUID = 1L;

  public LimitException(String message) {
    super(message);
  }

  public LimitException(String message, Throwable cause) {
    super(message, cause);
  }

  @Override
  public LimitException at(String where) {
    return new LimitException(where + ": " + getMessage(), this);
  }
}
