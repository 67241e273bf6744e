package dev.tarn.io.data;

import dev.tarn.error.ShapeException;
import dev.tarn.io.image.Colours;
import dev.tarn.io.image.ImageFile;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import dev.tarn.train.Dataset;
import java.util.Arrays;
import java.util.List;

/// Images of one shape made to fit a network of another.
public final class Fitted {
  private Fitted() {}

  /// The images in the middle of a larger black frame, as LeNet-5 pads 28×28 to 32×32; of an odd
  /// difference the extra row or column comes last.
  ///
  /// @throws ShapeException if the channels differ or the frame is smaller than the images
  public static Dataset framed(Dataset data, Shape shape) {
    Shape from = data.shape();
    if (from.rank() != 3
        || shape.rank() != 3
        || from.size(0) != shape.size(0)
        || from.size(1) > shape.size(1)
        || from.size(2) > shape.size(2)) {
      throw new ShapeException(
          "framing images of shape %s as %s; needed the same channels, and at least their height and width."
              .formatted(from, shape));
    }
    return new Decorated(data, shape) {
      @Override
      public void read(int index, long seed, float[] to, int at) {
        float[] image = new float[from.arraySize()];
        data.read(index, seed, image, 0);
        int height = from.size(1);
        int width = from.size(2);
        int top = (shape.size(1) - height) / 2;
        int left = (shape.size(2) - width) / 2;
        Arrays.fill(to, at, at + shape.arraySize(), 0);
        for (int c = 0; c < shape.size(0); c++) {
          for (int y = 0; y < height; y++) {
            System.arraycopy(
                image,
                (c * height + y) * width,
                to,
                at + (c * shape.size(1) + y + top) * shape.size(2) + left,
                width);
          }
        }
      }
    };
  }

  /// The images stretched to another height and width; grey becomes three equal channels, colours
  /// become their brightness.
  ///
  /// @throws ShapeException if one of the shapes is not that of an image
  public static Dataset stretched(Dataset data, Shape shape) {
    Colours.of(data.shape());
    Colours.of(shape);
    return new Decorated(data, shape) {
      @Override
      public void read(int index, long seed, float[] to, int at) {
        Tensor image = Tensor.zeros(data.shape());
        data.read(index, seed, image.array(), 0);
        float[] fitted = ImageFile.fit(image, shape).array();
        System.arraycopy(fitted, 0, to, at, fitted.length);
      }
    };
  }

  /// Another data set with other values of another shape.
  private abstract static class Decorated implements Dataset {
    private final Dataset data;
    private final Shape shape;

    Decorated(Dataset data, Shape shape) {
      this.data = data;
      this.shape = shape;
    }

    @Override
    public int size() {
      return data.size();
    }

    @Override
    public Shape shape() {
      return shape;
    }

    @Override
    public List<String> labels() {
      return data.labels();
    }

    @Override
    public int label(int index) {
      return data.label(index);
    }
  }
}
