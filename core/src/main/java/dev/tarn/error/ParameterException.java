package dev.tarn.error;

/// A parameter outside its range, whatever the input may be.
public final class ParameterException extends TarnException {
  private static final long serialVersionUID = 1L;

  public ParameterException(String message) {
    super(message);
  }

  public ParameterException(String message, Throwable cause) {
    super(message, cause);
  }

  @Override
  public ParameterException at(String where) {
    return new ParameterException(where + ": " + getMessage(), this);
  }
}
