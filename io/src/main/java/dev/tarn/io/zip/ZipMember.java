package dev.tarn.io.zip;

/// A file inside a zip archive, after everything the archive says about it was checked.
///
/// @param name its name, which leaves no folder
/// @param method 0 stored, 8 deflated
/// @param crc CRC32 of its bytes
/// @param packed bytes it takes in the archive
/// @param size its bytes
/// @param headerAt where its local header begins
/// @param dataAt where its packed bytes begin
public record ZipMember(
    String name, int method, long crc, long packed, long size, long headerAt, long dataAt) {
  static final int STORED = 0;
  static final int DEFLATED = 8;

  long end() {
    return dataAt + packed;
  }
}
