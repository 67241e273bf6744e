package dev.tarn.io.data;

import dev.tarn.error.ParameterException;
import dev.tarn.tensor.Shape;
import dev.tarn.train.Dataset;
import java.util.ArrayList;
import java.util.List;

/// One way to vary an image at random, so that a network sees each example a little different in
/// each epoch.
///
/// Steps are put in front of a data set with [Augmented#of]. What lies outside the image is 0.
public sealed interface Augmentation {
  /// Moves by whole pixels, up to `pixels` in each direction; other values stay as they are, bit
  /// for bit.
  static Augmentation shift(int pixels) {
    return new Shift(pixels);
  }

  /// Pads each side by `padding` and cuts out the original size at a random place: the same as
  /// [#shift].
  static Augmentation crop(int padding) {
    return new Shift(padding);
  }

  /// Turns about the centre by up to `degrees` either way.
  static Augmentation rotate(float degrees) {
    return new Rotate(degrees);
  }

  /// Enlarges or shrinks about the centre by a factor between 1 - `fraction` and 1 + `fraction`.
  static Augmentation scale(float fraction) {
    return new Scale(fraction);
  }

  /// Slants: rows move sideways in proportion to their distance from the middle, by up to `degrees`
  /// either way.
  static Augmentation shear(float degrees) {
    return new Shear(degrees);
  }

  /// Mirrors left and right, every other time.
  static Augmentation flip() {
    return new Flip();
  }

  /// Moves every pixel by a smooth random field: uniform noise, smoothed by a Gaussian of `sigma`
  /// pixels, times `alpha`.
  ///
  /// 34 and 4 suit digits of 28×28. Source: Simard, Steinkraus and Platt 2003, "Best practices for
  /// convolutional neural networks", §2.
  static Augmentation elastic(float alpha, float sigma) {
    return new Elastic(alpha, sigma);
  }

  /// Adds normally distributed noise of standard deviation `deviation`; values may leave 0 to 1.
  static Augmentation noise(float deviation) {
    return new Noise(deviation);
  }

  /// With `probability`, sets a rectangle of 2 % up to `largest` of the area to 0. Source: Zhong
  /// and others 2020, "Random erasing data augmentation".
  static Augmentation erase(float probability, float largest) {
    return new Erase(probability, largest);
  }

  /// Subtracts `means` and divides by `deviations`, one number per channel; done in evaluation too.
  static Augmentation normalise(List<Float> means, List<Float> deviations) {
    return new Normalise(List.copyOf(means), List.copyOf(deviations));
  }

  /// [#normalise] by the mean and the standard deviation of each channel of `data`; a constant
  /// channel is only centred.
  static Augmentation normaliseLike(Dataset data) {
    Shape shape = data.shape();
    int channels = shape.channels();
    int positions = shape.positions();
    double[] sums = new double[channels];
    double[] squares = new double[channels];
    float[] example = new float[shape.arraySize()];
    for (int i = 0; i < data.size(); i++) {
      data.read(i, 0, example, 0);
      for (int at = 0; at < example.length; at++) {
        sums[at / positions] += example[at];
        squares[at / positions] += (double) example[at] * example[at];
      }
    }
    double count = Math.max(1, (double) data.size() * positions);
    List<Float> means = new ArrayList<>();
    List<Float> deviations = new ArrayList<>();
    for (int c = 0; c < channels; c++) {
      double mean = sums[c] / count;
      double variance = squares[c] / count - mean * mean;
      means.add((float) mean);
      deviations.add(variance > 1e-12 ? (float) Math.sqrt(variance) : 1f);
    }
    return normalise(means, deviations);
  }

  /// A step that moves pixels by one affine map; steps of this kind in a row are done as one, so
  /// that an image is blurred once.
  sealed interface Affine extends Augmentation {}

  /// See [Augmentation#shift].
  record Shift(int pixels) implements Affine {
    public Shift {
      require("shift", pixels, pixels >= 0, "at least 0 pixels");
    }
  }

  /// See [Augmentation#rotate].
  record Rotate(float degrees) implements Affine {
    public Rotate {
      require("rotate", degrees, degrees >= 0 && degrees <= 180, "0 to 180 degrees");
    }
  }

  /// See [Augmentation#scale].
  record Scale(float fraction) implements Affine {
    public Scale {
      require("scale", fraction, fraction >= 0 && fraction < 1, "at least 0 and less than 1");
    }
  }

  /// See [Augmentation#shear].
  record Shear(float degrees) implements Affine {
    public Shear {
      require("shear", degrees, degrees >= 0 && degrees < 90, "0 to less than 90 degrees");
    }
  }

  /// See [Augmentation#flip].
  record Flip() implements Affine {}

  /// See [Augmentation#elastic].
  record Elastic(float alpha, float sigma) implements Augmentation {
    public Elastic {
      require("elastic alpha", alpha, alpha >= 0 && alpha <= 1e6, "0 to 1000000");
      require(
          "elastic sigma", sigma, sigma > 0 && sigma <= 1000, "more than 0, at most 1000 pixels");
    }
  }

  /// See [Augmentation#noise].
  record Noise(float deviation) implements Augmentation {
    public Noise {
      require("noise", deviation, deviation >= 0 && deviation <= 1e6, "0 to 1000000");
    }
  }

  /// See [Augmentation#erase].
  record Erase(float probability, float largest) implements Augmentation {
    public Erase {
      require("erase probability", probability, probability >= 0 && probability <= 1, "0 to 1");
      require("largest erased area", largest, largest >= 0.02f && largest <= 1, "0.02 to 1");
    }
  }

  /// See [Augmentation#normalise].
  record Normalise(List<Float> means, List<Float> deviations) implements Augmentation {
    public Normalise {
      if (means.size() != deviations.size()) {
        throw new ParameterException(
            "normalise: %d means but %d deviations; needed one of each per channel."
                .formatted(means.size(), deviations.size()));
      }
      for (int c = 0; c < means.size(); c++) {
        require(
            "mean of channel " + c, means.get(c), Float.isFinite(means.get(c)), "a finite number");
        require(
            "deviation of channel " + c,
            deviations.get(c),
            deviations.get(c) > 0 && Float.isFinite(deviations.get(c)),
            "a finite number above 0");
      }
    }
  }

  private static void require(String what, float value, boolean holds, String needed) {
    if (!holds) {
      throw new ParameterException(
          "augmentation: %s is %s; needed %s.".formatted(what, value, needed));
    }
  }
}
