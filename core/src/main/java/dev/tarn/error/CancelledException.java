package dev.tarn.error;

/// The caller cancelled the work; what was complete before is intact.
public final class CancelledException extends TarnException {
  private static final long serialVersionUID = 1L;

  public CancelledException(String message) {
    super(message);
  }

  public CancelledException(String message, Throwable cause) {
    super(message, cause);
  }

  @Override
  public CancelledException at(String where) {
    return new CancelledException(where + ": " + getMessage(), this);
  }
}
