package dev.tarn.error;

/// Something only running code from a file, opening a connection or leaving a folder could serve.
public final class UnsafeException extends TarnException {
  private static final long serialVersionUID = 1L;

  public UnsafeException(String message) {
    super(message);
  }

  public UnsafeException(String message, Throwable cause) {
    super(message, cause);
  }

  @Override
  public UnsafeException at(String where) {
    return new UnsafeException(where + ": " + getMessage(), this);
  }
}
