/// Networks by name.
module dev.tarn.zoo {
  requires transitive dev.tarn;
  requires static org.jspecify;

  exports dev.tarn.zoo;
}
