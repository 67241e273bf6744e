/// Tarn's library: convolutional networks built around the pooling layer. Needs the JDK alone.
module dev.tarn {
  requires static jdk.incubator.vector;
  requires static transitive org.jspecify;

  exports dev.tarn.engine;
  exports dev.tarn.engine.reference;
  exports dev.tarn.error;
  exports dev.tarn.insight;
  exports dev.tarn.layer;
  exports dev.tarn.model;
  exports dev.tarn.plan;
  exports dev.tarn.tensor;
  exports dev.tarn.train;
}
