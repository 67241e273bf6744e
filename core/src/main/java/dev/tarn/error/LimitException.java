package dev.tarn.error;

import java.util.OptionalLong;

/// More than a documented budget allows: elements, bytes, depth or time.
public final class LimitException extends TarnException {
  private static final long serialVersionUID = 1L;

  private final long needed;

  public LimitException(String message) {
    this(message, -1);
  }

  /// @param needed the least limit that would have been enough
  public LimitException(String message, long needed) {
    super(message);
    this.needed = needed;
  }

  public LimitException(String message, Throwable cause) {
    super(message, cause);
    this.needed = cause instanceof LimitException limit ? limit.needed : -1;
  }

  /// The least limit that would have been enough, where that is known.
  public OptionalLong needed() {
    return needed < 0 ? OptionalLong.empty() : OptionalLong.of(needed);
  }

  @Override
  public LimitException at(String where) {
    return new LimitException(where + ": " + getMessage(), this);
  }
}
