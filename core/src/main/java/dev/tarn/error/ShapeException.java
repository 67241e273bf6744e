package dev.tarn.error;

/// Shapes, sizes or types that do not fit together.
public final class ShapeException extends TarnException {
  private static final long serialVersionUID = 1L;

  public ShapeException(String message) {
    super(message);
  }

  public ShapeException(String message, Throwable cause) {
    super(message, cause);
  }

  @Override
  public ShapeException at(String where) {
    return new ShapeException(where + ": " + getMessage(), this);
  }
}
