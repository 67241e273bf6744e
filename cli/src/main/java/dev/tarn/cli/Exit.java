package dev.tarn.cli;

import dev.tarn.error.CancelledException;
import dev.tarn.error.ParameterException;
import dev.tarn.error.StoreException;
import dev.tarn.error.TarnException;
import dev.tarn.io.store.Storage;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.FileSystemException;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;

/// The exit codes of the command line; the numbers are those of `sysexits.h`, and 128 plus the
/// signal for signals.
enum Exit {
  OK(0),
  /// A command, option or value that is not possible.
  USAGE(64),
  /// Input that is there but not fit: malformed, unsupported, unsafe, too large, not finite.
  DATA(65),
  /// Input that is not there or not readable.
  NO_INPUT(66),
  /// Our own fault.
  BUG(70),
  /// Output that cannot be created.
  CANNOT_CREATE(73),
  /// Output that cannot be written.
  CANNOT_WRITE(74),
  INTERRUPTED(130);

  private final int code;

  Exit(int code) {
    this.code = code;
  }

  int code() {
    return code;
  }

  /// The code for what went wrong.
  static Exit of(Throwable fault) {
    return switch (fault) {
      case MissingInput e -> NO_INPUT;
      case ParameterException e -> USAGE;
      case StoreException e ->
          e.getCause() instanceof IOException io ? ofOutput(io) : CANNOT_CREATE;
      case CancelledException e -> INTERRUPTED;
      case TarnException e -> DATA;
      case InvalidPathException e -> USAGE;
      case NoSuchFileException e -> NO_INPUT;
      case FileNotFoundException e -> NO_INPUT;
      case CharacterCodingException e -> DATA;
      case FileSystemException e -> CANNOT_CREATE;
      case OutputFault e -> CANNOT_WRITE;
      case OutOfMemoryError e -> DATA;
      default -> BUG;
    };
  }

  /// Names, folders and permissions are faults of creating, and come as FileSystemException; what
  /// happens while bytes are written (a full disk) comes as IOException itself.
  private static Exit ofOutput(IOException fault) {
    return fault instanceof FileSystemException || fault instanceof Storage.LockedException
        ? CANNOT_CREATE
        : CANNOT_WRITE;
  }
}
