package dev.tarn.error;

/// Tarn's own state could not be written or read.
public final class StoreException extends TarnException {
  private static final long serialVersionUID = 1L;

  public StoreException(String message) {
    super(message);
  }

  public StoreException(String message, Throwable cause) {
    super(message, cause);
  }

  @Override
  public StoreException at(String where) {
    return new StoreException(where + ": " + getMessage(), this);
  }
}
