package dev.tarn.io.image;

import dev.tarn.error.ParameterException;
import dev.tarn.io.image.Canvas.Align;
import dev.tarn.io.image.Canvas.Ink;
import dev.tarn.io.image.Canvas.Shades;
import dev.tarn.tensor.Layout;
import dev.tarn.tensor.Shape;
import dev.tarn.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Images or feature maps in rows and columns, each with a label below it.
///
/// @param columns how many lie side by side
/// @param cell the width of each in pixels; its height follows from its shape
/// @param pictures what is shown, row by row
public record ImageSheet(int columns, int cell, List<Picture> pictures) {
  private static final int GAP = 10;
  private static final double SIZE = 8;
  private static final int CAPTION = 18;

  /// One picture with a label, which may be empty.
  public sealed interface Picture {
    String label();

    /// The colour of the label.
    Ink ink();

    Tensor values();
  }

  /// An image of shape `[1 or 3, height, width]`, values 0 to 1.
  public record Image(String label, Ink ink, Tensor values) implements Picture {
    public Image {
      Colours.of(values.shape());
    }
  }

  /// A feature map of shape `[height, width]`, shaded between its own least and greatest value.
  public record Map(String label, Ink ink, Tensor values, Shades shades) implements Picture {
    public Map {
      if (values.shape().rank() != 2 || values.shape().elements() == 0) {
        throw new ParameterException(
            "feature map of shape %s; needed [height, width].".formatted(values.shape()));
      }
    }
  }

  public ImageSheet {
    pictures = List.copyOf(pictures);
    if (columns < 1 || cell < 1 || pictures.isEmpty()) {
      throw new ParameterException(
          "sheet: %d columns of %d pixels, %d pictures; needed at least 1 of each."
              .formatted(columns, cell, pictures.size()));
    }
  }

  /// Every channel of example `index` of `maps`, shape `[N, channels, height, width]`, as a map
  /// `[height, width]`.
  public static List<Tensor> maps(Tensor maps, int index) {
    Shape shape = maps.shape();
    int plane = shape.sample().positions();
    float[] values = maps.slice(index, index + 1).to(Layout.NCHW).array();
    List<Tensor> planes = new ArrayList<>();
    for (int c = 0; c < shape.size(1); c++) {
      planes.add(
          Tensor.of(
              Shape.of(shape.size(2), shape.size(3)),
              Arrays.copyOfRange(values, c * plane, (c + 1) * plane)));
    }
    return planes;
  }

  /// The sheet, drawn.
  ///
  /// @throws dev.tarn.error.LimitException if it has more than [ImageFile#MOST_PIXELS] pixels
  public Canvas draw() {
    int rows = Math.ceilDiv(pictures.size(), columns);
    boolean labelled = pictures.stream().anyMatch(p -> !p.label().isEmpty());
    int caption = labelled ? CAPTION : 0;
    int high = pictures.stream().mapToInt(this::height).max().orElse(cell);
    int used = Math.min(columns, pictures.size());
    var canvas =
        new Canvas(
            Math.toIntExact(GAP + used * (long) (cell + GAP)),
            Math.toIntExact(GAP + rows * (long) (high + caption + GAP)));
    for (int i = 0; i < pictures.size(); i++) {
      Picture picture = pictures.get(i);
      int x = GAP + i % columns * (cell + GAP);
      int y = GAP + i / columns * (high + caption + GAP);
      switch (picture) {
        case Image image -> canvas.image(x, y, cell, height(image), image.values());
        case Map map -> canvas.map(x, y, cell, height(map), map.values(), map.shades());
      }
      String label = Canvas.fitted(picture.label(), SIZE, cell);
      canvas.text(x + cell / 2.0, y + high + SIZE + 5, SIZE, label, Align.CENTRED, picture.ink());
    }
    return canvas;
  }

  private int height(Picture picture) {
    Shape shape = picture.values().shape();
    long height = (long) cell * shape.size(shape.rank() - 2) / shape.size(shape.rank() - 1);
    return (int) Math.max(1, Math.min(10_000, height));
  }
}
