package dev.tarn.error;

/// A loss, gradient or weight became NaN or infinite.
public final class NonFiniteException extends TarnException {
  private static final long serialVersionUID = 1L;

  public NonFiniteException(String message) {
    super(message);
  }

  public NonFiniteException(String message, Throwable cause) {
    super(message, cause);
  }

  @Override
  public NonFiniteException at(String where) {
    return new NonFiniteException(where + ": " + getMessage(), this);
  }
}
